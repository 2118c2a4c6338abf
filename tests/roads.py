"""The two countries that the tests of the road run over, and who does what in each.

Members and places are found in the pack by role, kind and chain, so that a test of the road names
no country. ``INDONESIAN`` stands for a reader whose language the second pack does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from itertools import count
from pathlib import Path

from tests.exercise_parts import first_week

from anoa.coordination.values import RULES_AGENCY
from anoa.ladder import Rung
from anoa.oplog import Entry, instant_text
from anoa.pack import CastMember, Pack, load_pack
from anoa.picture import Picture, play

PACKS = Path(__file__).resolve().parent.parent / "packs"
FOLDERS = (PACKS / "sultra-2024", PACKS / "velmarra-2025")
NAMES = tuple(folder.name for folder in FOLDERS)
BY_THE_ROOM = frozenset({"sitrep.issue", "seal.sign"})
PLACE = re.compile(r"\b74\.\d\d\b")  # how the pages of the reference pack are written down
ROOT = re.compile(r"\b74\b")


@dataclass(frozen=True)
class Road:
    """One pack of the road."""

    folder: Path

    @cached_property
    def pack(self) -> Pack:
        """The pack itself."""
        return load_pack(self.folder)

    @property
    def notice(self) -> dict[str, str]:
        """What every page prints, by the reader's language."""
        return {one: self.pack.text(self.pack.exercise.notice, one) for one in ("id", "en")}

    def members(self, *roles: str, sees: str = "institutions") -> Iterator[CastMember]:
        """The members of these roles whose institution sees that far."""
        for one in self.pack.cast.values():
            known = self.pack.agencies.get(one.agency)
            if one.role in roles and known is not None and known.sees == sees:
                yield one

    def chain(self, agency: str) -> str:
        """The chain of command of an institution."""
        return self.pack.agencies[agency].chain

    @property
    def chair(self) -> str:
        """The duty officer of the institution that chairs."""
        chair = self.pack.operation.chair
        found = (m for m in self.members("duty_officer") if m.agency == chair)
        return next(found).id

    @cached_property
    def local(self) -> CastMember:
        """The duty officer of the institution whose reporter is in the field."""
        found = (m for m in self.members("duty_officer") if m.agency == self.reporter.agency)
        return next(found)

    @cached_property
    def region(self) -> str:
        """The region of the incident of the exercise."""
        found = (i for i in self.pack.exercise.injects if i.verb == "incident.open")
        return str(next(found).data["region"])

    @property
    def stranger(self) -> CastMember:
        """A duty officer of another chain of command than the local one."""
        mine = self.chain(self.local.agency)
        found = (m for m in self.members("duty_officer") if self.chain(m.agency) != mine)
        return next(m for m in found if m.id != self.chair)

    @property
    def reporter(self) -> CastMember:
        """The member who only reports."""
        return next(self.members("reporter"))

    @property
    def reader(self) -> str:
        """Who reads what institutions see and does nothing."""
        return next(self.members("reader")).id

    @property
    def outsider(self) -> str:
        """Who sees only what is public."""
        return next(self.members("reader", sees="public")).id

    @property
    def auditor(self) -> str:
        """Who holds keys and reads the log alone."""
        return next(m.id for m in self.pack.cast.values() if m.role == "auditor")

    @property
    def host(self) -> str:
        """Who runs the machine."""
        return next(m.id for m in self.pack.cast.values() if m.role == "host_admin")

    @cached_property
    def quiet_region(self) -> str:
        """A region in which the exercise does nothing."""
        told = {str(i.data.get("region", "")) for i in first_week(self.pack)}
        return next(code for code in self.pack.leaf_regions if code not in told)

    @cached_property
    def threat_type(self) -> str:
        """A type of threat that is raised at each rung by its protocol and is not sealed."""
        found = (t for t in self.pack.threat_types.values() if not t.context)
        return next(t.id for t in found if t.handling != "sealed" and self.asks_of(t.id))

    def asks_of(self, threat_type: str) -> bool:
        """Whether a protocol asks something at the lowest rung and at the next."""
        rungs = {
            p.rung for p in self.pack.protocols.values()
            if not p.threats or threat_type in p.threats
        }  # fmt: skip
        return {Rung.POTENTIAL, Rung.THRESHOLD} <= rungs

    def report(self, at, **changed: str) -> dict[str, str]:
        """The fields of a report from the region where nothing happened."""
        kind = self.pack.threat_types[self.threat_type]
        return {
            "region": self.quiet_region, "threat_type": kind.id, "object": kind.object,
            "place_class": next(iter(self.pack.place_classes)), "reliability": "B",
            "credibility": "2", "obtained": "told",
            "observed_at": instant_text(at - timedelta(minutes=30)),
        } | changed  # fmt: skip

    def pages(self, paths: Iterable[str]) -> list[str]:
        """Pages written for the reference pack as they are called here.

        One that names an institution which is not here is left out.
        """
        agencies = load_road(NAMES[0]).pack.agencies.keys() - self.pack.agencies.keys()
        return [
            ROOT.sub(self.pack.root, PLACE.sub(self.region, path))
            for path in paths
            if not set(re.split(r"[/?&=]", path)) & agencies
        ]

    def played(
        self, *, to_the_end: bool = True, without: frozenset[str] = frozenset()
    ) -> tuple[Picture, tuple[Entry, ...]]:
        """The first week of the exercise without a database, but for what only the room issues."""
        injects = first_week(self.pack)
        injects = injects if to_the_end else injects[: self.pack.exercise.play_until]
        salts = count(1)
        chosen = [i for i in injects if i.verb not in BY_THE_ROOM | without]
        return play(self.pack, chosen, lambda: f"{next(salts):032x}")

    def by_people(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries that institutions made, not written rules."""
        return [entry for entry in entries if entry.agency != RULES_AGENCY]


@cache
def load_road(name: str) -> Road:
    """The road over the pack of that name."""
    return Road(PACKS / name)
