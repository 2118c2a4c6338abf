"""What comes in from the field besides reports: stations, materials, help, findings, words.

None of these has a field for a person, a party or a result, and only late materials are read by
the ladder, by a rule that the pack writes. A call for help is no report: it stays open until a
person answers, for two hours. A word that somebody passes on is read by those whom the sender
chose; other institutions learn where and at which part of the day, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anoa.oplog import Entry, Handling, parse_instant

PHASES = ("arrival", "opening", "closing", "escort")
DAY_PARTS = ("night", "morning", "midday", "afternoon", "evening")
HELP_HOLDS = timedelta(hours=2)
LATE_MATERIALS = "late_materials"  # the signal that a pack's rules may read
REGISTER = "register"  # the id of the one register of an operation


def part_of_day(hour: int) -> str:
    """The part of the day in which a local hour lies.

    >>> part_of_day(5), part_of_day(13), part_of_day(23)
    ('morning', 'midday', 'night')
    """
    for until, part in ((4, "night"), (11, "morning"), (15, "midday"), (18, "afternoon"),
                        (22, "evening")):  # fmt: skip
        if hour < until:
            return part
    return "night"


@dataclass(frozen=True, slots=True)
class Station:
    """A polling station as those on duty last reported it; never what is counted there."""

    id: str  # its code in the register, or that of a placeholder
    owner: str  # the institution that reported last
    handling: Handling
    region: str
    sub_district: str
    phase: str
    reported_at: datetime
    condition: str | None = None  # calm or attention
    leg: str | None = None  # of the escort: left or arrived
    late: tuple[str, ...] = ()  # phases that were late
    phases: Mapping[str, str] | None = None  # phase → when it was reported, as RFC 3339 text

    @property
    def state(self) -> str:
        """The phase that was reported last."""
        return self.phase


@dataclass(frozen=True, slots=True)
class Materials:
    """Boxes and booths at a polling station or in a sub-district, beside what there must be."""

    id: str  # the code of the station or the sub-district
    owner: str
    handling: Handling
    region: str
    sub_district: str
    stations: int
    boxes: int
    booths: int
    boxes_expected: int
    booths_expected: int
    stated_at: datetime
    late: bool = False
    papers: str | None = None  # complete, short, damaged, swapped, absent

    @property
    def boxes_missing(self) -> int:
        """How many boxes are missing; negative: too many."""
        return self.boxes_expected - self.boxes

    @property
    def booths_missing(self) -> int:
        """How many booths are missing; negative: too many."""
        return self.booths_expected - self.booths

    @property
    def is_short(self) -> bool:
        """Whether anything that must be there is not."""
        return (
            self.boxes_missing > 0
            or self.booths_missing > 0
            or self.papers in ("short", "swapped", "absent")
        )

    @property
    def is_late(self) -> bool:
        """Whether the pack's rules may read it as late materials."""
        return self.late or self.is_short

    @property
    def state(self) -> str:
        """late, short or complete."""
        if self.late:
            return "late"
        return "short" if self.is_short else "complete"


@dataclass(frozen=True, slots=True)
class HelpCall:
    """A call for help from a polling station, until a person answers or two hours are over."""

    id: str
    owner: str
    handling: Handling
    region: str
    sub_district: str | None  # none where only the region is known
    polling_station: str  # its code; that of the place where it is not known
    need: str
    asked_at: datetime
    expires_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    expired_at: datetime | None = None

    @property
    def state(self) -> str:
        """asked, acknowledged or expired."""
        if self.acknowledged_at:
            return "acknowledged"
        return "expired" if self.expired_at else "asked"

    @property
    def station(self) -> str:
        """The code of the polling station; empty when nobody could tell which."""
        known = self.polling_station not in (self.sub_district, self.region)
        return self.polling_station if known else ""

    @property
    def is_open(self) -> bool:
        """Whether nobody answered yet and no entry ended it."""
        return self.state == "asked"

    def waits(self, at: datetime) -> bool:
        """Whether a person may still answer it; over two hours it does not hold any more."""
        return self.is_open and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Finding:
    """The summary of a supervision report; procedure and remedies, which no ladder reads."""

    id: str
    owner: str
    handling: Handling
    form_number: str
    region: str
    finding: str  # none, finding or dispute
    recorded_at: datetime
    sub_district: str | None = None
    stage: str | None = None
    matter: str | None = None
    remedy: str | None = None
    observed_at: datetime | None = None

    @property
    def state(self) -> str:
        """none, finding or dispute."""
        return self.finding


@dataclass(frozen=True, slots=True)
class Word:
    """A word passed on to chosen institutions; what it says stays outside the log."""

    id: str
    owner: str
    handling: Handling
    region: str
    sub_district: str
    part_of_day: str
    to: tuple[str, ...] = ()
    concern: str | None = None
    passed_at: datetime | None = None
    submission: str | None = None
    acknowledged: tuple[str, ...] = ()  # institutions that read it

    @property
    def state(self) -> str:
        """passed, or acknowledged when any receiver read it."""
        return "acknowledged" if self.acknowledged else "passed"

    def is_for(self, agency: str | None) -> bool:
        """Whether that institution passed it on or receives it."""
        return agency is not None and (agency == self.owner or agency in self.to)

    def outline(self) -> Word:
        """What other institutions see: where, and at which part of the day."""
        return Word(self.id, "", self.handling, self.region, self.sub_district, self.part_of_day)


@dataclass(frozen=True, slots=True)
class Register:
    """That the register of polling stations was imported; what it says stays outside the log."""

    id: str
    owner: str
    handling: Handling
    digest: str
    rows: int
    imported_at: datetime


FieldItem = Station | Materials | HelpCall | Finding | Word | Register
THINGS: Mapping[str, type] = {
    "station": Station, "logistics": Materials, "help": HelpCall, "finding": Finding,
    "word": Word, "register": Register,
}  # fmt: skip
LETTERS: Mapping[str, str] = {"help": "H", "finding": "F", "word": "W"}


def station_reported(find: Any, entry: Entry) -> tuple[Station]:
    """The step of ``station.reported``: the station as it now stands."""
    data, old = entry.data, find("station", entry.subject)
    phase, at = data["phase"], data.get("observed_at") or _text(entry.at)
    late = set(old.late) if old else set()
    if data.get("on_time") is False:
        late.add(phase)
    return (
        Station(
            entry.subject, entry.agency, entry.handling, data["region"], data["sub_district"],
            phase, entry.at, data.get("condition"), data.get("leg"), tuple(sorted(late)),
            {**(old.phases if old and old.phases else {}), phase: at},
        ),
    )  # fmt: skip


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def logistics_stated(find: Any, entry: Entry) -> tuple[Materials]:
    """The step of ``logistics.stated``: the last statement stands."""
    data = entry.data
    return (
        Materials(
            entry.subject, entry.agency, entry.handling, data["region"], data["sub_district"],
            data["stations"], data["boxes"], data["booths"], data["boxes_expected"],
            data["booths_expected"], entry.at, data["late"], data.get("papers"),
        ),
    )  # fmt: skip


def help_asked(entry: Entry) -> HelpCall:
    """The thing of ``help.asked``."""
    data = entry.data
    return HelpCall(
        entry.subject, entry.agency, entry.handling, data["region"], data.get("sub_district"),
        data["polling_station"], data["need"], entry.at, parse_instant(data["expires_at"]),
    )  # fmt: skip


def finding_recorded(entry: Entry) -> Finding:
    """The thing of ``finding.recorded``."""
    data = entry.data
    seen = data.get("observed_at")
    return Finding(
        entry.subject, entry.agency, entry.handling, data["form_number"], data["region"],
        data["finding"], entry.at, data.get("sub_district"), data.get("stage"),
        data.get("matter"), data.get("remedy"), parse_instant(seen) if seen else None,
    )  # fmt: skip


def word_passed(entry: Entry) -> Word:
    """The thing of ``word.passed``."""
    data = entry.data
    return Word(
        entry.subject, entry.agency, entry.handling, data["region"], data["sub_district"],
        data["part_of_day"], tuple(data["to"]), data.get("concern"), entry.at,
        data.get("submission"),
    )  # fmt: skip


def word_acknowledged(word: Word, entry: Entry) -> dict[str, Any]:
    """The change of ``word.acknowledged``: one more institution read it."""
    return {"acknowledged": tuple(dict.fromkeys((*word.acknowledged, entry.agency)))}


def register_imported(find: Any, entry: Entry) -> tuple[Register]:
    """The step of ``register.imported``: a later import takes the place of an earlier one."""
    data = entry.data
    return (
        Register(
            entry.subject, entry.agency, entry.handling, data["digest"], data["rows"], entry.at
        ),
    )
