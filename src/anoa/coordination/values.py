"""The things that institutions coordinate over, and the rules their operation gives them.

Every thing is a frozen value with an id, the institution that opened it (its owner) and a handling.
None has a field for a person, a party, a candidate or a result; a test holds that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from anoa.coordination import field as of_the_field
from anoa.coordination import institutions as of_institutions
from anoa.coordination import retention as of_retention
from anoa.coordination import sealed as of_sealed
from anoa.coordination.duty import Duty
from anoa.coordination.reporting import Incident as Incident
from anoa.coordination.reporting import Report as Report
from anoa.coordination.reporting import Verdict as Verdict
from anoa.coordination.sealing import Sealing
from anoa.errors import DataError
from anoa.ladder import Ladder, Rung
from anoa.oplog import Handling

RULES_AGENCY = "anoa"  # the agency of entries that a written rule made, not an institution
Screen = Callable[[str], tuple[str, ...]]  # what in a text names a person or a party


class ActionClass(StrEnum):
    """What an action of a protocol is; the order is the order in which rungs allow them."""

    DIALOGUE = "dialogue"
    SERVICE = "service"
    INFORMATION = "information"
    PROTECTION = "protection"
    PRESENCE = "presence"
    ENFORCEMENT = "enforcement"


_GENTLE = frozenset({ActionClass.DIALOGUE, ActionClass.SERVICE, ActionClass.INFORMATION})
ALLOWED_CLASSES: Mapping[Rung, frozenset[ActionClass]] = {
    Rung.CLOSED: frozenset(),
    Rung.POTENTIAL: _GENTLE,
    Rung.THRESHOLD: _GENTLE | {ActionClass.PROTECTION, ActionClass.PRESENCE},
    Rung.ACTUAL: frozenset(ActionClass),
}


class CommitmentState(StrEnum):
    """Where a promise stands between debtor and creditor."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CLAIMED = "claimed"
    DISCHARGED = "discharged"
    BROKEN = "broken"
    RELEASED = "released"


class TaskState(StrEnum):
    """Where an action that a protocol assigned stands."""

    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation itself, as its first entry says it."""

    id: str
    name: str
    pack_digest: str
    time_zone: str
    exercise: bool
    opened_at: datetime
    handling: Handling = Handling.PUBLIC
    owner: str = RULES_AGENCY


@dataclass(frozen=True, slots=True)
class Member:
    """An opaque member id, the institution it acts for, its role, and the limits of its part.

    ``regions`` are codes of regions or ids of units in which it acts; none: everywhere. ``reads``
    is the narrowest handling it sees: its institution's own, what all institutions see, or public.
    """

    id: str
    owner: str
    role: str
    handling: Handling = Handling.INSTITUTIONS
    left: bool = False
    regions: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reads: str = "own"


@dataclass(frozen=True, slots=True)
class Edition:
    """The edition of an index that the operation works with; ``classes`` is category by region."""

    id: str
    index: str
    edition: str
    klass: str
    as_of: str
    source: str
    digest: str
    adopted_at: datetime
    owner: str
    classes: Mapping[str, str]
    coverage: float | None = None
    handling: Handling = Handling.PUBLIC


@dataclass(frozen=True, slots=True)
class Post:
    """When a region was last heard from, by an institution that answers for it."""

    id: str  # region code
    owner: str  # the institution that reported last
    heard_at: datetime
    handling: Handling = Handling.INSTITUTIONS


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a threat on the ladder, as every report prints it."""

    at: datetime
    to: Rung
    agency: str
    seq: int
    reason: str = ""
    rule: str = ""
    provisional: bool = False
    signed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Threat:
    """A concern of one threat type in one region, and where it stands on the ladder."""

    id: str
    owner: str
    handling: Handling
    region: str
    threat_type: str
    rung: Rung
    since: datetime
    opened_at: datetime
    confidence: str
    evidence: tuple[str, ...]
    moves: tuple[Move, ...]
    review_by: datetime
    held_until: datetime | None = None
    provisional_until: datetime | None = None
    fall_back: Rung | None = None  # where a provisional standing returns to

    @property
    def state(self) -> str:
        """The rung's name."""
        return str(self.rung)

    @property
    def is_provisional(self) -> bool:
        """Whether it stands at actual only on a duty officer's word, for a short time."""
        return self.provisional_until is not None


@dataclass(frozen=True, slots=True)
class Task:
    """An action that a protocol asked of an institution; its words stand in the pack."""

    id: str
    owner: str  # the institution that must act
    handling: Handling
    threat: str
    region: str
    protocol: str
    action: str
    klass: ActionClass
    due: datetime
    assigned_at: datetime
    state: TaskState = TaskState.ASSIGNED
    proof: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in (TaskState.ASSIGNED, TaskState.ACKNOWLEDGED)

    def is_overdue(self, at: datetime) -> bool:
        """Whether its deadline has passed without an answer."""
        return self.is_open and at > self.due


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a meeting's minutes that is not a commitment."""

    at: datetime
    agency: str
    line: str  # decision, question or dissent
    text: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A coordination meeting: its agenda as drawn from the picture, and what was recorded."""

    id: str
    owner: str
    handling: Handling
    title: str
    place: str
    chair: str
    opened_at: datetime
    agenda: tuple[str, ...]  # ids of the things to speak about, in order
    attending: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    closed_at: datetime | None = None

    @property
    def state(self) -> str:
        """open or closed."""
        return "closed" if self.closed_at else "open"


@dataclass(frozen=True, slots=True)
class Commitment:
    """Who promised what to whom, where, by when, with what proof."""

    id: str
    owner: str  # who wrote it down
    handling: Handling
    debtor: str
    creditor: str
    what: str
    proof: str
    due: datetime
    requested_at: datetime
    region: str | None = None
    stage: str | None = None
    meeting: str | None = None
    state: CommitmentState = CommitmentState.REQUESTED
    late_at: datetime | None = None
    explain_by: datetime | None = None
    explanation: str | None = None
    claim: str | None = None
    reason: str | None = None
    changed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still owed or to be answered."""
        return self.state in (
            CommitmentState.REQUESTED,
            CommitmentState.ACCEPTED,
            CommitmentState.CLAIMED,
        )

    @property
    def is_late(self) -> bool:
        """Open, and its day has passed."""
        return self.is_open and self.late_at is not None


@dataclass(frozen=True, slots=True)
class Signature:
    """One institution's consent to a proposal."""

    agency: str
    chain: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that needs two institutions: to lower an actual, refute, merge or reclassify."""

    id: str
    owner: str
    handling: Handling
    about: str
    action: str  # lower, refute, merge, reclassify
    to: str
    reason: str
    rule: str
    made_at: datetime
    signatures: tuple[Signature, ...] = ()
    state: str = "open"  # open, carried, declined

    @property
    def is_open(self) -> bool:
        """Whether signatures are still missing."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class SignalNote:
    """A named fact that an institution put on record for one region and threat type."""

    id: str
    owner: str
    handling: Handling
    signal: str
    region: str
    threat_type: str
    reason: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment or a dispute on another institution's thing, kept in print."""

    id: str
    owner: str
    handling: Handling
    about: str
    stance: str  # comment or dispute
    text: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Assembly:
    """A planned assembly: a fact of the calendar, which no rule reads."""

    id: str
    owner: str
    handling: Handling
    region: str
    date: str
    place_class: str
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class Sitrep:
    """A numbered report, frozen at a seq of the log."""

    id: str
    owner: str
    handling: Handling
    report: str
    number: int
    as_of: datetime
    at_seq: int
    digest: str
    language: str
    issued_at: datetime
    tree: str = "civil"  # of the pack, by which it counts


Item = (
    Operation | Member | Edition | Post | Report | Incident | Threat | Task | Meeting | Commitment
    | Proposal | SignalNote | Remark | Assembly | Sitrep | Sealing | Duty
    | of_the_field.FieldItem | of_sealed.SealedItem | of_retention.RetentionItem
    | of_institutions.AdminItem
)  # fmt: skip

THINGS: Mapping[str, type] = {
    "operation": Operation, "member": Member, "edition": Edition, "post": Post, "report": Report,
    "incident": Incident, "threat": Threat, "task": Task, "meeting": Meeting, "remark": Remark,
    "commitment": Commitment, "proposal": Proposal, "signal": SignalNote, "assembly": Assembly,
    "sitrep": Sitrep, "seal": Sealing, "duty": Duty, **of_the_field.THINGS, **of_sealed.THINGS,
    **of_retention.THINGS, **of_institutions.THINGS,
}  # fmt: skip
LETTERS: Mapping[str, str] = {
    "report": "R", "incident": "I", "threat": "T", "task": "A", "meeting": "M", "commitment": "C",
    "proposal": "P", "signal": "S", "remark": "N", "assembly": "U", "sitrep": "L", "duty": "D",
    **of_the_field.LETTERS, **of_sealed.LETTERS, **of_retention.LETTERS,
    **of_institutions.LETTERS,
}  # fmt: skip


def thing_of(subject: str) -> str | None:
    """Which thing an id names, by its letter; None when the letter is unknown.

    >>> thing_of("T-0002")
    'threat'
    """
    if "/" in subject:
        return "edition"
    letter = subject.partition("-")[0]
    return next((thing for thing, known in LETTERS.items() if known == letter), None)


@dataclass(frozen=True, slots=True)
class AgencySpec:
    """What the rules must know of an institution."""

    id: str
    kind: str
    chain: str
    regions: frozenset[str]  # codes it answers for; {"*"}: all
    sees: Handling = Handling.INSTITUTIONS

    def answers_for(self, region: str) -> bool:
        """Whether the region is one of those it answers for by name."""
        return region in self.regions


@dataclass(frozen=True, slots=True)
class ThreatType:
    """A type of threat in the pack's catalogue; ``owner_kind`` is the kind of its institution."""

    id: str
    object: str
    owner_kind: str
    handling: Handling = Handling.INSTITUTIONS


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a response protocol; who acts is an institution or a kind of institution."""

    id: str
    klass: ActionClass
    due: timedelta
    agency: str | None = None
    agency_kind: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseProtocol:
    """What is asked of whom when a threat of these types reaches that rung."""

    id: str
    rung: Rung
    actions: tuple[Action, ...]
    threats: frozenset[str] = frozenset()  # empty: every threat type

    def __post_init__(self) -> None:
        for action in self.actions:
            if action.klass not in ALLOWED_CLASSES[self.rung]:
                raise DataError(
                    "protocol '{protocol}' asks for {klass} at {rung}, which that rung forbids",
                    protocol=self.id, klass=action.klass, rung=self.rung,
                )  # fmt: skip

    def speaks_of(self, threat_type: str) -> bool:
        """Whether the protocol is meant for this threat type."""
        return not self.threats or threat_type in self.threats


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long institutions have to answer, and after how long a region counts as silent."""

    acknowledge: timedelta
    silent_after: timedelta
    explain: timedelta
    assess: timedelta = timedelta(hours=2)  # a report that was taken up is held so long


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pack lays down for the institutions of one operation."""

    agencies: Mapping[str, AgencySpec]
    regions: Mapping[str, str | None]  # region or sub-district code → parent
    threat_types: Mapping[str, ThreatType]
    place_classes: frozenset[str]
    stages: frozenset[str]
    ladder: Ladder
    protocols: tuple[ResponseProtocol, ...]
    clocks: Clocks
    starts: datetime
    ends: datetime
    screen: Screen = field(default=lambda text: ())
    stations_owner: str = ""  # the kind of institution that keeps the register; blank: any
    top_categories: Mapping[str, str] = field(default_factory=dict)  # index → highest category
    retention: Mapping[str, of_retention.Keeping] = field(
        default_factory=lambda: of_retention.DEFAULTS
    )
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)  # unit → places under it

    def chain(self, agency: str) -> str:
        """The chain of command of an institution; unknown ones are a chain of their own."""
        known = self.agencies.get(agency)
        return known.chain if known else agency

    def above(self, region: str) -> tuple[str, ...]:
        """The region and all that it lies in, nearest first."""
        path = [region]
        while (parent := self.regions.get(path[-1])) is not None and parent not in path:
            path.append(parent)
        return tuple(path)

    def agency_for(self, kind: str, region: str) -> str | None:
        """The institution of that kind nearest to the region; one for all regions comes last."""
        kin = [agency for agency in self.agencies.values() if agency.kind == kind]
        for code in self.above(region):
            for agency in kin:
                if agency.answers_for(code):
                    return agency.id
        return next((agency.id for agency in kin if "*" in agency.regions), None)
