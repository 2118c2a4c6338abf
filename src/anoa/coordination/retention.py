"""What of people is kept how long, what the log tells of its deletion, and what is held back.

A pack says for each class of stored material how many days it is kept after which moment. Nothing
of it stands in the log, so that it can be deleted and the log still verifies. A ``deletion`` is
the certificate that something of a class was deleted; a ``hold`` keeps what belongs to one thing,
as for a case at court.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anoa.errors import DataError
from anoa.oplog import Entry, Handling

CERTIFIED = "deletion.certified"
SETTLED, RECEIVED, ENDED = "settled", "received", "operation_end"
MOMENTS = (SETTLED, RECEIVED, ENDED)
CLASSES: Mapping[str, tuple[str, ...]] = {  # of material, and the moments it may count from
    "words": MOMENTS,  # what was sent, with contact data in it, and why a person looked at it
    "pictures": MOMENTS,  # pictures and files that came with it
    "sealed": MOMENTS,  # envelopes that only their owner opens
    "imports": (RECEIVED, ENDED),  # tables that somebody brought in and did not take over
    "drafts": (RECEIVED,),  # what members began to write, and pasted messages
    "files": (RECEIVED,),  # files of lists that members had made
    "tries": (RECEIVED,),  # counts of wrong passwords and codes, by a keyed address
}
OF_SUBMISSIONS = ("words", "pictures", "sealed")
LONGEST: Mapping[str, int] = {"drafts": 14, "files": 1}  # days: the room itself keeps no longer
MOST_DAYS = 3650
HOLDABLE = ("report", "incident", "help", "finding", "word", "sealed")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long one class is kept: ``days`` after a moment."""

    klass: str
    after: str
    days: int

    def __post_init__(self) -> None:
        if self.klass not in CLASSES:
            raise DataError("there is no class of stored material '{klass}'", klass=self.klass)
        if self.after not in CLASSES[self.klass]:
            raise DataError(
                "{klass} cannot be kept from '{after}' on: choose one of {moments}",
                klass=self.klass, after=self.after, moments=", ".join(CLASSES[self.klass]),
            )  # fmt: skip
        most = LONGEST.get(self.klass, MOST_DAYS)
        if not 0 <= self.days <= most:
            raise DataError(
                "{klass} is kept 0 to {most} days", klass=self.klass, most=most
            )  # fmt: skip

    @property
    def rule(self) -> str:
        """The rule as an entry names it.

        >>> Keeping("words", "settled", 30).rule
        'settled-30d'
        """
        return f"{self.after}-{self.days}d"

    def due(self, moment: datetime) -> datetime:
        """When it is to go, counted from that moment."""
        return moment + timedelta(days=self.days)


DEFAULTS: Mapping[str, Keeping] = {  # where a pack is silent; first proposals, no law
    one.klass: one
    for one in (
        Keeping("words", SETTLED, 30), Keeping("pictures", SETTLED, 30),
        Keeping("sealed", ENDED, 90), Keeping("imports", RECEIVED, 30),
        Keeping("drafts", RECEIVED, 14), Keeping("files", RECEIVED, 1),
        Keeping("tries", RECEIVED, 7),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deletion:
    """A certificate: what was deleted of one institution's material, by which rule, by whom."""

    id: str
    owner: str  # the institution that deleted
    handling: Handling
    klass: str
    of: str  # whose material it was
    rule: str
    count: int
    root: str  # RFC 6962 root over the sorted names of what was deleted
    made_at: datetime
    by: str
    first: str | None = None  # local days between which it came in
    last: str | None = None
    again: bool = False  # after a restore brought back what had been deleted


@dataclass(frozen=True, slots=True)
class Hold:
    """That what belongs to one thing is not deleted, and why."""

    id: str
    owner: str
    handling: Handling
    about: str
    reason: str
    placed_at: datetime
    lifted_at: datetime | None = None
    lifted_reason: str | None = None

    @property
    def state(self) -> str:
        """placed or lifted."""
        return "lifted" if self.lifted_at else "placed"


RetentionItem = Deletion | Hold
THINGS: Mapping[str, type] = {"deletion": Deletion, "hold": Hold}
LETTERS: Mapping[str, str] = {"deletion": "E", "hold": "B"}


def deletion_certified(entry: Entry) -> Deletion:
    """The thing of ``deletion.certified``."""
    data = entry.data
    return Deletion(
        entry.subject, entry.agency, entry.handling, data["class"], data["whose"], data["rule"],
        data["deleted"], data["root"], entry.at, entry.by, data.get("first"), data.get("last"),
        bool(data.get("again")),
    )  # fmt: skip


def hold_placed(entry: Entry) -> Hold:
    """The thing of ``hold.placed``."""
    return Hold(
        entry.subject, entry.agency, entry.handling, entry.data["about"], entry.data["reason"],
        entry.at,
    )  # fmt: skip


def hold_lifted(hold: Hold, entry: Entry) -> dict[str, Any]:
    """The change of ``hold.lifted``."""
    return {"lifted_at": entry.at, "lifted_reason": entry.data["reason"]}


def held_things(holds: Iterable[Any], incidents: Mapping[str, Any]) -> dict[str, str]:
    """What is held, by id, with the hold that keeps it; an incident holds its reports too."""
    held: dict[str, str] = {}
    for hold in holds:
        if not isinstance(hold, Hold) or hold.lifted_at is not None:
            continue
        incident = incidents.get(hold.about)
        for ident in (hold.about, *(incident.reports if incident else ())):
            held.setdefault(ident, hold.id)
    return held


@dataclass(frozen=True, slots=True)
class Settled:
    """Since when a thing is settled; None, and by what it is open."""

    at: datetime | None
    open_by: str = ""


class Settling:
    """When the things of a picture were settled, so that what lies behind them may go.

    A report is settled when an institution of another chain judged it, or it was withdrawn, and
    no threat of its place and type stands on the ladder any more; a call for help when somebody
    answered, or nobody did; anything else when it is on record.
    """

    def __init__(self, state: Any, withdrawn: Mapping[str, datetime]) -> None:
        self._state, self._withdrawn = state, withdrawn
        self._threats: dict[tuple[str, str], Settled] = {}
        for threat in state.threats.values():
            place = (threat.region, threat.threat_type)
            known = self._threats.get(place)
            if threat.rung != "closed":
                self._threats[place] = Settled(None, threat.id)
            elif known is None or (known.at is not None and known.at < threat.since):
                self._threats[place] = Settled(threat.since)

    def of(self, subject: str, filed_at: datetime) -> Settled:
        """Since when the thing of that id is settled."""
        report = self._state.reports.get(subject)
        if report is not None:
            return self._of_report(report)
        call = self._state.find("help", subject)
        if call is not None:
            return Settled(call.acknowledged_at or call.expired_at, subject)
        return Settled(filed_at)

    def _of_report(self, report: Any) -> Settled:
        if report.withdrawn:
            at = self._withdrawn.get(report.id)
        else:
            at = None if report.taken_by or report.same_chain else report.judged_at
        if at is None:
            return Settled(None, report.id)
        threat = self._threats.get((report.region, report.threat_type))
        if threat is None or threat.at is None:
            return Settled(at) if threat is None else threat
        return Settled(max(at, threat.at))
