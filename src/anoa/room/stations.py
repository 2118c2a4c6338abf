"""The register of polling stations of an operation, and the places that answers are read by."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from anoa.coordination.actors import Actor
from anoa.coordination.verbs import act
from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import Entry
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import access, actions, record
from anoa.room.models import Member, Operation, StationRow
from anoa.stations import (
    PollingStation,
    RegisterRules,
    digest_of,
    placeholders,
    read_register,
)

VERB = "register.import"
LOOK_S = 2.0  # another machine's import is seen after so long


@dataclass(frozen=True)
class Places:
    """The places of an operation: those of the pack, and its polling stations.

    Without a register the stations are numbered placeholders, as far as their number is known.
    """

    pack: Pack
    register: Mapping[str, tuple[PollingStation, ...]] = field(default_factory=dict)
    digest: str = ""  # of the register

    @property
    def has_register(self) -> bool:
        """Whether the stations are those of a register."""
        return bool(self.register)

    def stations_in(self, sub_district: str) -> tuple[PollingStation, ...]:
        """The stations of a sub-district, in order of code."""
        if self.has_register:
            return self.register.get(sub_district, ())
        known = self.pack.sub_districts.get(sub_district)
        return placeholders(sub_district, known.polling_stations if known else None)

    @cached_property
    def _above(self) -> Mapping[str, str]:
        return {
            one.code: sub_district
            for sub_district in self.pack.sub_districts
            for one in self.stations_in(sub_district)
        }

    @property
    def codes(self) -> Collection[str]:
        """The codes of all stations."""
        return self._above.keys()

    def sub_district_of(self, station: str) -> str:
        """The sub-district of a polling station; empty when it is not known."""
        return self._above.get(station, "")

    def is_region(self, code: str) -> bool:
        """Whether it is a region; a sub-district is none."""
        return code in self.pack.regions

    def is_sub_district(self, code: str) -> bool:
        """Whether it is a sub-district."""
        return code in self.pack.sub_districts

    def is_station(self, code: str) -> bool:
        """Whether it is a polling station of the register, or a placeholder without one."""
        return code in self._above

    def lies_in(self, code: str, above: str) -> bool:
        """Whether the one place lies in the other."""
        return above in self.pack.above(self._above.get(code, code)) or above == code


_KNOWN: dict[str, tuple[float, str, Places]] = {}


def places_of(pack: Pack) -> Places:
    """The places of the operation that runs this pack; asks the database every few seconds."""
    held = _KNOWN.get(pack.digest)
    now = time.monotonic()
    if held and now - held[0] < LOOK_S:
        return held[2]
    operation = record.current_operation()
    digest = _digest(operation)
    if held is None or held[1] != digest:
        held = (now, digest, Places(pack, _register(operation) if digest else {}, digest))
    _KNOWN[pack.digest] = (now, held[1], held[2])
    return held[2]


def forget() -> None:
    """Ask the database anew at the next question."""
    _KNOWN.clear()


def _digest(operation: Operation | None) -> str:
    if operation is None:
        return ""
    found = record.current_picture(operation).find("register", "register")
    return str(getattr(found, "digest", ""))


def _register(operation: Operation | None) -> dict[str, tuple[PollingStation, ...]]:
    below: dict[str, list[PollingStation]] = {}
    for row in StationRow.objects.filter(operation=operation).order_by("code"):
        value: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in row.value.items()
        }
        below.setdefault(row.sub_district, []).append(PollingStation(**value))
    return {code: tuple(stations) for code, stations in below.items()}


def import_register(member: Member, content: bytes, file: str = "") -> tuple[Entry, ...]:
    """Import a register: it takes the place of an earlier one, in one transaction with its entry.

    Raises RegisterError with every problem, AccessDenied or NotAllowed; then nothing is changed.
    """
    operation = member.operation
    if not keeps_register(member):
        raise AccessDenied("The register of polling stations is not kept by your institution.")
    pack = record.pack_of(operation)
    rules = RegisterRules(
        frozenset(pack.sub_districts), pack.operation.pattern, pack.screen_sentences
    )
    stations = read_register(content, rules, file)
    data = {"digest": digest_of(stations), "rows": len(stations)}
    if data["digest"] == _digest(operation):
        raise NotAllowed("This register is in use already.")
    at = actions.now_of(operation)
    actions.let_clocks_run(operation, at)
    actor = Actor(member.ident, member.agency, member.role)

    def decide(picture: Picture) -> tuple[Entry, ...]:
        _replace(operation, stations)
        now = max(at, picture.at or at)
        return tuple(act(picture, pack.rules, actor, VERB, "", data, now))

    made = record.write(operation, decide)
    forget()
    return made


def keeps_register(member: Member) -> bool:
    """Whether that member may import the register."""
    owner = record.pack_of(member.operation).operation.stations_owner
    own = record.rules_of(member.operation).agencies.get(member.agency)
    return access.may(member.role, VERB) and own is not None and owner in ("", own.kind)


def _replace(operation: Operation, stations: list[PollingStation]) -> None:
    StationRow.objects.filter(operation=operation).delete()
    rows = (
        StationRow(
            operation=operation, code=one.code, sub_district=one.sub_district, value=asdict(one)
        )
        for one in stations
    )
    StationRow.objects.bulk_create(rows, batch_size=1000)
