"""What institutions may do next: each verb checks how things stand and drafts entries.

Who opened a thing owns it; others link, comment or dispute. No verb takes the name of a person,
a party or a result, and none moves a threat to actual by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from anoa.coordination.actors import Actor, State
from anoa.coordination.institutions import voice_of
from anoa.coordination.kinds import VERSION, Field, Form, check_values, fields
from anoa.coordination.parts import need_part, need_within
from anoa.coordination.seeing import CIRCLES, eyes_of, is_as_wide, may_see
from anoa.coordination.values import Member, Rules, thing_of
from anoa.errors import AccessDenied, AnoaError, InputError, NotAllowed
from anoa.oplog import Entry, Handling, Json, parse_instant

Drafts = tuple[Entry, ...]

REPORTER = frozenset({"reporter", "operator", "secretary", "duty_officer"})
OPERATOR = frozenset({"operator", "secretary", "duty_officer"})
DUTY = frozenset({"duty_officer"})
AGENDA_REPORTS = 50  # a meeting speaks about no more; the list of reports has them all
EARLIEST_ZONE = timedelta(hours=14)  # an edition's day is local, and no zone is further ahead
HANDLING_FIELD = "handling:word(public|institutions|sealed)"


@dataclass(frozen=True, slots=True)
class Act:
    """One verb that somebody does to a thing, with all that decides whether it may be done."""

    state: State
    rules: Rules
    actor: Actor
    verb: str
    subject: str
    data: Mapping[str, Json]
    at: datetime
    reads: str = "own"  # how far the member's part lets it read

    def entry(
        self, kind: str, subject: str | None = None, data: Mapping[str, Any] | None = None,
        handling: Handling | str | None = None,
    ) -> Entry:  # fmt: skip
        """A draft by this actor; the handling of a thing's later entries is the thing's own."""
        chosen = self.data if data is None else data
        kept = {k: v for k, v in chosen.items() if v not in (None, "") and k != "handling"}
        if handling is None:
            item: Any = self.state.find(kind.partition(".")[0], subject or self.subject)
            handling = item.handling if item is not None else Handling.INSTITUTIONS
        return Entry(
            0, self.at, self.actor.member, self.actor.agency, kind, VERSION,
            subject or self.subject, kept, Handling(handling),
        )  # fmt: skip

    def opening(
        self, kind: str, data: Mapping[str, Any] | None = None, handling: str | None = None
    ) -> Entry:
        """A draft that opens a new thing, with the next id."""
        thing = kind.partition(".")[0]
        chosen = handling or self.data.get("handling") or Handling.INSTITUTIONS
        return self.entry(kind, self.state.next_id(thing), data, chosen)

    def item(self, thing: str, ident: str | None = None) -> Any:
        """The thing the verb is about; NotAllowed when it is not there.

        What the actor may not see is not there for it.
        """
        wanted = ident if ident is not None else self.subject
        found = self.state.find(thing, wanted)
        if found is None or not self.sees(found):
            raise NotAllowed("There is no {thing} {id}.", thing=thing, id=wanted or "?")
        return found

    def sees(self, item: Any) -> bool:
        """Whether the actor may see the thing."""
        widest = self.rules.agencies[self.actor.agency].sees
        eyes = eyes_of(self.actor.agency, widest, self.reads)
        return may_see(Handling(item.handling), item.owner, *eyes)

    def need(self, condition: bool, sentence: str, **values: object) -> None:
        """Refuse with that sentence unless the condition holds."""
        if not condition:
            raise NotAllowed(sentence, **values)

    def need_owner(self, item: Any) -> None:
        """Refuse unless the actor's institution opened the thing, or speaks for who did."""
        self.need(
            self.speaks_for(item.owner),
            "{id} belongs to {owner}: comment on it or dispute it instead.",
            id=item.id, owner=item.owner,
        )  # fmt: skip

    def speaks_for(self, agency: str) -> bool:
        """Whether the actor's institution is that one, or follows it where it left."""
        mine = self.actor.agency
        return mine in (agency, voice_of(self.state.institutions, agency))

    def need_as_wide(self, item: Any, handling: Handling | str) -> None:
        """Refuse to name a thing in something that more may see than the thing itself."""
        self.need(
            is_as_wide(item.handling, by=handling),
            "{id} may be seen by fewer than this: leave it out, or let fewer see this.",
            id=item.id,
        )

    def need_other(self, agency: str) -> None:
        """Refuse when the actor's institution is that one."""
        self.need(
            agency != self.actor.agency,
            "Another institution than {agency} must do this.", agency=agency,
        )  # fmt: skip

    def when(self, name: str) -> datetime | None:
        """A time of the data, or None."""
        text = self.data.get(name)
        return parse_instant(text) if text else None

    @property
    def chain(self) -> str:
        """The chain of command of the actor's institution."""
        return self.rules.chain(self.actor.agency)


Do = Callable[[Act], Drafts]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: what it works on, which roles may do it, and the fields a person fills in."""

    name: str
    roles: frozenset[str]
    fields: tuple[Field, ...]
    do: Do
    opens: bool = False

    @property
    def thing(self) -> str:
        """What the verb is about, the first half of its name."""
        return self.name.partition(".")[0]


VERBS: dict[str, Verb] = {}


def verb(name: str, roles: frozenset[str], *specs: str, opens: bool = False) -> Callable[[Do], Do]:
    """Register a function as a verb with these roles and fields."""

    def register(do: Do) -> Do:
        VERBS[name] = Verb(name, roles, fields(*specs), do, opens)
        return do

    return register


def act(
    state: State, rules: Rules, actor: Actor, name: str, subject: str,
    data: Mapping[str, Json], at: datetime,
) -> Drafts:  # fmt: skip
    """Draft the entries of one verb, or say why it may not be done.

    Raises AccessDenied (the role may not, or the member's part is over), InputError (fields, one
    by one) or NotAllowed.
    """
    found = VERBS.get(name)
    if found is None:
        raise NotAllowed("There is no verb '{verb}'.", verb=name)
    if actor.role not in found.roles or actor.agency not in rules.agencies:
        raise AccessDenied("Your role ({role}) does not include this.", role=actor.role)
    known = state.find("member", actor.member)
    member = known if isinstance(known, Member) else Member(actor.member, actor.agency, actor.role)
    need_part(member, actor, at)
    _check_input(found, rules, data)
    asked = Act(state, rules, actor, name, subject, data, at, member.reads)
    need_within(member, asked)
    return found.do(asked)


def _check_input(found: Verb, rules: Rules, data: Mapping[str, Json]) -> None:
    wrong = check_values(found.fields, data)
    known = {field.name: field.form for field in found.fields}
    for name, value in data.items():
        if name in wrong or value in (None, ""):
            continue
        if known[name] is Form.PROSE and (hits := rules.screen(value)):
            wrong[name] = AnoaError(
                "this may name a person or a party: {found}. Write it without.",
                found="; ".join(hits),
            )  # fmt: skip
        elif (why := _unknown(rules, name, value)) is not None:
            wrong[name] = why
    if wrong:
        raise InputError(wrong)


def _unknown(rules: Rules, name: str, value: Json) -> AnoaError | None:
    known: Mapping[str, Any] = {
        "region": rules.regions, "sub_district": rules.regions,
        "threat_type": rules.threat_types, "place_class": rules.place_classes,
        "debtor": rules.agencies, "creditor": rules.agencies, "chair": rules.agencies,
        "stage": rules.stages, "signal": rules.ladder.signals,
    }  # fmt: skip
    if name in known and value not in known[name]:
        return AnoaError("the pack does not know '{value}'", value=value)
    if name == "attending" and (missing := [v for v in value if v not in rules.agencies]):
        return AnoaError("the pack does not know '{value}'", value=", ".join(missing))
    return None


# --- remarks, calendar, clock -------------------------------------------------------------------


@verb(
    "remark.make", OPERATOR, "about:id!", "stance:word(comment|dispute)!", "text:prose!", opens=True
)
def make_remark(act: Act) -> Drafts:
    """Comment on another institution's thing, or dispute it in print."""
    thing = thing_of(act.data["about"])
    if thing is None:
        raise NotAllowed("There is no thing {id}.", id=act.data["about"])
    item = act.item(thing, act.data["about"])
    return (act.opening("remark.made", handling=item.handling),)


@verb(
    "assembly.note", OPERATOR, "region:id!", "date:date!", "place_class:id!", HANDLING_FIELD,
    opens=True,
)  # fmt: skip
def note_assembly(act: Act) -> Drafts:
    """Put a planned assembly into the calendar, as a fact that no rule reads."""
    return (act.opening("assembly.noted"),)


@verb("clock.advance", DUTY, opens=True)
def advance_clock(act: Act) -> Drafts:
    """Move the clock of an exercise; a real operation has the clock on the wall."""
    operation = act.state.operation
    act.need(operation is not None and operation.exercise, "Only an exercise has a clock to move.")
    return (act.entry("clock.advanced", "clock", {}, Handling.PUBLIC),)


@verb("post.report", REPORTER, "region:id!", opens=True)
def report_post(act: Act) -> Drafts:
    """Say that a region was heard from and has nothing to report."""
    return (act.entry("post.reported", str(act.data["region"]), handling="institutions"),)


@verb(
    "edition.adopt", DUTY, "index:id!", "edition:id!", "class:id!", "as_of:date!", "source:prose!",
    "digest:id!", "coverage:share", "classes:words_by_region!", opens=True,
)  # fmt: skip
def adopt_edition(act: Act) -> Drafts:
    """Work with this edition of an index from now on."""
    ident = f"{act.data['index']}/{act.data['edition']}"
    act.need(act.state.find("edition", ident) is None, "Edition {id} is in use already.", id=ident)
    today = (act.at + EARLIEST_ZONE).date().isoformat()
    act.need(act.data["as_of"] <= today, "Edition {id} was not known yet on that day.", id=ident)
    return (act.entry("edition.adopted", ident, handling=Handling.PUBLIC),)


# --- meetings -----------------------------------------------------------------------------------


@verb(
    "meeting.open", OPERATOR, "title:prose!", "place:prose!", "chair:id", "attending:ids",
    HANDLING_FIELD, opens=True,
)  # fmt: skip
def open_meeting(act: Act) -> Drafts:
    """Open a coordination meeting; its agenda is drawn from the picture."""
    attending = list(act.data.get("attending") or [act.actor.agency])
    handling = Handling(act.data.get("handling") or Handling.INSTITUTIONS)
    data = dict(act.data) | {
        "chair": act.data.get("chair") or act.actor.agency, "attending": attending,
        "agenda": list(agenda(act.state, act.at, handling)),
    }  # fmt: skip
    return (act.opening("meeting.opened", data),)


def agenda(state: State, at: datetime, handling: Handling) -> tuple[str, ...]:
    """What a meeting should speak about, in order; sealed things are never on it.

    Of a public meeting it names only what is public.

    Editions of an index that were adopted since the last meeting, late promises, decisions
    waiting, threats from the highest rung down, the oldest reports that nobody answered in time.
    """
    last = max((m.opened_at for m in state.meetings.values()), default=None)
    editions = [e for e in state.editions.values() if last is None or e.adopted_at > last]
    late = [c for c in state.commitments.values() if c.is_late]
    proposals = [p for p in state.proposals.values() if p.is_open]
    threats = sorted(
        (t for t in state.threats.values() if t.state != "closed"),
        key=lambda threat: (-threat.rung.height, threat.since),
    )
    widest = min(handling, Handling.INSTITUTIONS, key=CIRCLES.index)
    open_reports = (r for r in state.unanswered_reports(at) if is_as_wide(r.handling, by=widest))
    unanswered = list(islice(open_reports, AGENDA_REPORTS))
    things: list[Any] = [*editions, *late, *proposals, *threats, *unanswered]
    return tuple(thing.id for thing in things if is_as_wide(thing.handling, by=widest))


@verb("meeting.record_line", OPERATOR, "line:word(decision|question|dissent)!", "text:prose!")
def record_line(act: Act) -> Drafts:
    """Record a decision or question, or an institution's dissent, which stays in print."""
    meeting = act.item("meeting")
    act.need(meeting.closed_at is None, "Meeting {id} is closed.", id=meeting.id)
    return (act.entry("meeting.line_recorded"),)


@verb("meeting.close", OPERATOR)
def close_meeting(act: Act) -> Drafts:
    """Close the meeting; its lines and commitments stay."""
    meeting = act.item("meeting")
    act.need_owner(meeting)
    act.need(meeting.closed_at is None, "Meeting {id} is closed.", id=meeting.id)
    return (act.entry("meeting.closed", data={}),)


# --- tasks --------------------------------------------------------------------------------------


def _my_task(act: Act) -> Any:
    task = act.item("task")
    mine = act.rules.chain(task.owner) == act.chain
    act.need(mine, "{id} was asked of {owner}.", id=task.id, owner=task.owner)
    act.need(task.is_open, "{id} is {state} already.", id=task.id, state=str(task.state))
    return task


@verb("task.acknowledge", OPERATOR)
def acknowledge_task(act: Act) -> Drafts:
    """Say that the institution has taken the task on."""
    task = _my_task(act)
    act.need(task.state == "assigned", "{id} is acknowledged already.", id=task.id)
    return (act.entry("task.acknowledged", data={}),)


@verb("task.decline", OPERATOR, "reason:prose!")
def decline_task(act: Act) -> Drafts:
    """Say that the institution will not do it, and why."""
    _my_task(act)
    return (act.entry("task.declined"),)


@verb("task.do", OPERATOR, "proof:prose!")
def do_task(act: Act) -> Drafts:
    """Say what was done, with the proof that the protocol asks for."""
    _my_task(act)
    return (act.entry("task.done"),)


# --- frozen reports and seals: the room computes their data -------------------------------------


@verb(
    "sitrep.issue", OPERATOR, "report:word(daily|handover)!", "number:count!", "as_of:instant!",
    "at_seq:count!", "digest:id!", "language:id!", "tree:id", HANDLING_FIELD, opens=True,
)  # fmt: skip
def issue_sitrep(act: Act) -> Drafts:
    """Freeze a numbered report; a hand-over is for its own institution alone."""
    handling = Handling.SEALED if act.data["report"] == "handover" else None
    return (act.opening("sitrep.issued", handling=handling),)


@verb("seal.sign", DUTY, "size:count!", "root:id!", "key:key!", opens=True)
def sign_seal(act: Act) -> Drafts:
    """Record that the log was sealed up to a size."""
    return (act.entry("seal.signed", f"seal-{act.data['size']}", handling=Handling.PUBLIC),)


@verb("seal.countersign", DUTY, "key:key!")
def countersign_seal(act: Act) -> Drafts:
    """Record that an institution countersigned a seal."""
    act.item("seal")
    return (act.entry("seal.countersigned"),)
