"""The common operating picture: a pure fold of the entries of the log.

``settle`` is how entries come to be: it numbers what a verb drafted, applies it, and lets the
written rules answer until nothing follows. The room does it inside one transaction; an exercise
without a database does it in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from anoa.cells import Cell, Cells, Strings, along
from anoa.coordination.actors import Actor
from anoa.coordination.consequences import ANSWERED, LOCAL, cell_of, follow, tick
from anoa.coordination.duty import Duty
from anoa.coordination.field import Finding, HelpCall, Materials, Station, Word
from anoa.coordination.institutions import CountersignKey, Institution
from anoa.coordination.kinds import VERSION, check_entry
from anoa.coordination.retention import Hold
from anoa.coordination.sealed import SealedNote, SealingKey
from anoa.coordination.sealing import Sealing
from anoa.coordination.standing import changes
from anoa.coordination.values import (
    LETTERS,
    RULES_AGENCY,
    THINGS,
    Assembly,
    Commitment,
    Edition,
    Incident,
    Item,
    Meeting,
    Member,
    Operation,
    Post,
    Proposal,
    Remark,
    Report,
    Rules,
    SignalNote,
    Sitrep,
    Task,
    Threat,
)
from anoa.coordination.verbs import act
from anoa.errors import AnoaError, LogError
from anoa.logfile import HiddenEntry
from anoa.oplog import Entry, Handling, instant_text
from anoa.seals import root_of
from anoa.shelf import Box, Shelf
from anoa.sight import SeenThings, Sight, Things

if TYPE_CHECKING:
    from anoa.pack import Inject, Pack

NOTHING: Things = MappingProxyType({thing: Shelf[Item]() for thing in THINGS})
THING_OF: Mapping[type, str] = {kind: thing for thing, kind in THINGS.items()}
CHAIN_LIMIT = 500  # entries that rules may make of one draft; more: they chase each other


@dataclass(frozen=True)
class Picture:
    """Everything the log says up to ``seq``; frozen, so that every reader has the same."""

    seq: int = 0
    at: datetime | None = None
    things: Things = field(default_factory=lambda: NOTHING)
    known: tuple[Things, Cells] | None = field(default=None, compare=False, repr=False)
    sight: Sight | None = field(default=None, compare=False, repr=False)

    def find(self, thing: str, ident: str) -> Item | None:
        """The thing of that id, or None."""
        return self.things[thing].get(ident)

    def apply(self, entry: Entry) -> Picture:
        """The picture after one more entry, which shares what did not change.

        Raises LogError when the entry is out of its place or cannot follow.
        """
        return self.extended((entry,))

    def extended(self, entries: Iterable[Entry]) -> Picture:
        """The picture after several more entries, which shares what did not change.

        Raises LogError like ``apply``.
        """
        work = _Work(self)
        for entry in entries:
            work.fold(entry)
        return work.picture()

    @classmethod
    def replay(
        cls, lines: Iterable[Entry | HiddenEntry], *, until: datetime | None = None
    ) -> Picture:
        """The picture after all lines of a log, or after those known by ``until``.

        A hidden entry keeps its place and says nothing; its time is not known, so those that
        end the part before ``until`` are left out.
        """
        work, hidden = _Work(cls()), 0
        for line in lines:
            if line.seq != hidden + 1:
                raise LogError(
                    "entry {seq} does not follow entry {last}", seq=line.seq, last=hidden
                )
            hidden = line.seq
            if isinstance(line, HiddenEntry):
                continue
            if until is not None and line.at > until:
                return work.picture()
            work.seq = line.seq - 1
            work.fold(line)
        found = work.picture()
        return found if until is not None else replace(found, seq=hidden)

    def seen_by(self, agency: str | None, sees: Handling = Handling.INSTITUTIONS) -> Picture:
        """What a reader of that institution may see of the picture; None is an outsider.

        A thing that is hidden is also taken out of the lists of ids of what stays visible. Nothing
        is copied: each thing is looked at when it is asked for.
        """
        sight = Sight(self.things, agency, sees)
        things = {thing: SeenThings(items, sight) for thing, items in self.things.items()}
        return Picture(self.seq, self.at, things, (self.things, self.cells), sight)

    @property
    def cells(self) -> Cells:
        """What the ladder reads of the whole picture, whoever sees it."""
        whole = self.sight.things if self.sight else self.things
        if self.known is None or self.known[0] is not whole:
            pairs = ((None, item) for thing in ("report", "incident")
                     for item in whole[thing].values())  # fmt: skip
            object.__setattr__(self, "known", (whole, Cells().changed(pairs)))
        assert self.known is not None
        return self.known[1]

    def unanswered_reports(self, at: datetime) -> Iterator[Report]:
        """The reports that nobody acknowledged in time, the oldest first.

        Each box remembers which of its reports nobody has answered, so the others are not visited.
        """
        items = self.things["report"]
        whole = items.whole if isinstance(items, SeenThings) else items
        waiting: Iterator[Any] = (one for box in _shelf(whole).boxes for one in _recorded(box)
                                  if one.is_unanswered(at))  # fmt: skip
        if isinstance(items, SeenThings):
            waiting = items.seen(waiting)
        yield from waiting

    def taken_reports(self) -> Iterator[Report]:
        """The reports that somebody is verifying, the oldest first, found box by box as above."""
        items = self.things["report"]
        whole = items.whole if isinstance(items, SeenThings) else items
        held: Iterator[Any] = (one for box in _shelf(whole).boxes for one in _taken(box))
        if isinstance(items, SeenThings):
            held = items.seen(held)
        yield from held

    def credible_reports(self, region: str, threat_type: str) -> Iterator[Iterator[Report]]:
        """Reports that came in as credible, by institution, each the newest first."""
        return self._along("report", self.cells.credible, (region, threat_type))

    def verified_reports(self, region: str, threat_type: str) -> Iterator[Iterator[Report]]:
        """Reports that were verified, by the institution that filed them, the last first."""
        return self._along("report", self.cells.verified, (region, threat_type))

    def verified_incidents(self, region: str, threat_type: str) -> Iterator[Iterator[Incident]]:
        """Incidents that were verified, by the chain that did so, the last first."""
        return self._along("incident", self.cells.incidents, (region, threat_type))

    def _along(self, thing: str, strings: Strings, cell: Cell) -> Iterator[Iterator[Any]]:
        for chain in strings.get(cell, {}).values():
            found: Iterator[Any] = (self.find(thing, ident) for ident in along(chain))
            yield (one for one in found if one and (one.region, one.threat_type) == cell)

    def next_id(self, thing: str, more: int = 0) -> str:
        """The id of the next thing to be opened; ``more`` counts those drafted but not applied."""
        return f"{LETTERS[thing]}-{len(self.things[thing]) + 1 + more:04d}"

    def remarks_on(self, ident: str) -> tuple[Remark, ...]:
        """Comments and disputes on that thing, oldest first."""
        return tuple(remark for remark in self.remarks.values() if remark.about == ident)

    def _of(self, thing: str) -> Mapping[str, Any]:
        return self.things[thing]

    @property
    def operation(self) -> Operation | None:
        """The operation, once its first entry is there."""
        found = next(iter(self.things["operation"].values()), None)
        return found if isinstance(found, Operation) else None

    @property
    def members(self) -> Mapping[str, Member]:
        """Members by id."""
        return self._of("member")

    @property
    def editions(self) -> Mapping[str, Edition]:
        """Adopted editions by "index/edition"."""
        return self._of("edition")

    @property
    def posts(self) -> Mapping[str, Post]:
        """When each region was last heard from, by region."""
        return self._of("post")

    @property
    def reports(self) -> Mapping[str, Report]:
        """Reports by id."""
        return self._of("report")

    @property
    def incidents(self) -> Mapping[str, Incident]:
        """Incidents by id."""
        return self._of("incident")

    @property
    def threats(self) -> Mapping[str, Threat]:
        """Threats by id."""
        return self._of("threat")

    @property
    def tasks(self) -> Mapping[str, Task]:
        """Tasks by id."""
        return self._of("task")

    @property
    def meetings(self) -> Mapping[str, Meeting]:
        """Meetings by id."""
        return self._of("meeting")

    @property
    def commitments(self) -> Mapping[str, Commitment]:
        """Commitments by id."""
        return self._of("commitment")

    @property
    def proposals(self) -> Mapping[str, Proposal]:
        """Proposals by id."""
        return self._of("proposal")

    @property
    def signals(self) -> Mapping[str, SignalNote]:
        """Signals that institutions put on record, by id."""
        return self._of("signal")

    @property
    def remarks(self) -> Mapping[str, Remark]:
        """Comments and disputes by id."""
        return self._of("remark")

    @property
    def assemblies(self) -> Mapping[str, Assembly]:
        """Planned assemblies by id; no rule reads them."""
        return self._of("assembly")

    @property
    def sitreps(self) -> Mapping[str, Sitrep]:
        """Frozen reports by id."""
        return self._of("sitrep")

    @property
    def seals(self) -> Mapping[str, Sealing]:
        """Digital seals of the record by id."""
        return self._of("seal")

    @property
    def duties(self) -> Mapping[str, Duty]:
        """Who had the duty at which institution, by id."""
        return self._of("duty")

    @property
    def stations(self) -> Mapping[str, Station]:
        """Polling stations that were reported on, by code."""
        return self._of("station")

    @property
    def logistics(self) -> Mapping[str, Materials]:
        """What was last stated of materials, by the code of the station or sub-district."""
        return self._of("logistics")

    @property
    def helps(self) -> Mapping[str, HelpCall]:
        """Calls for help by id."""
        return self._of("help")

    @property
    def findings(self) -> Mapping[str, Finding]:
        """Summaries of supervision reports by id."""
        return self._of("finding")

    @property
    def words(self) -> Mapping[str, Word]:
        """Words passed on to chosen institutions, by id."""
        return self._of("word")

    @property
    def sealed(self) -> Mapping[str, SealedNote]:
        """That something sealed came in, and on which day, by id."""
        return self._of("sealed")

    @property
    def sealing_keys(self) -> Mapping[str, SealingKey]:
        """The public keys to which text is sealed, by id."""
        return self._of("sealing_key")

    @property
    def holds(self) -> Mapping[str, Hold]:
        """What is held back from deletion, by id."""
        return self._of("hold")

    @property
    def institutions(self) -> Mapping[str, Institution]:
        """Institutions that left, or left and came back, by id."""
        return self._of("institution")

    @property
    def countersign_keys(self) -> Mapping[str, CountersignKey]:
        """The public keys by which institutions countersign, by id."""
        return self._of("countersign_key")


class _Work:
    """A picture while entries are folded into it; what was there is shared, not copied."""

    def __init__(self, start: Picture) -> None:
        self.seq, self.at = start.seq, start.at
        self._start = start
        self._changed: dict[str, dict[str, Item]] = {thing: {} for thing in THINGS}

    def find(self, thing: str, ident: str) -> Item | None:
        """The thing as the entries so far leave it."""
        return self._changed[thing].get(ident) or self._start.things[thing].get(ident)

    def fold(self, entry: Entry) -> None:
        """Take one more entry."""
        if entry.seq != self.seq + 1:
            raise LogError("entry {seq} does not follow entry {last}", seq=entry.seq, last=self.seq)
        if self.at is not None and entry.at < self.at:
            raise LogError("entry {seq} is dated before the entry it follows", seq=entry.seq)
        check_entry(entry)
        for item in changes(self.find, entry):
            self._changed[THING_OF[type(item)]][item.id] = item
        self.seq, self.at = entry.seq, entry.at

    def picture(self) -> Picture:
        """The picture after the entries so far."""
        before = self._start.things
        things = {
            thing: _shelf(before[thing]).with_changed(items.values()) if items else before[thing]
            for thing, items in self._changed.items()
        }
        pairs = ((before[thing].get(ident), item) for thing in ("report", "incident")
                 for ident, item in self._changed[thing].items())  # fmt: skip
        cells = self._start.cells.changed(pairs)
        return Picture(self.seq, self.at, things, (things, cells))


def _recorded(box: Box[Any]) -> tuple[Report, ...]:
    return box.chosen("recorded", lambda one: bool(one.state == "recorded"))


def _taken(box: Box[Any]) -> tuple[Report, ...]:
    return box.chosen("taken", lambda one: bool(one.taken_by))


def _shelf(items: Mapping[str, Item]) -> Shelf[Item]:
    return items if isinstance(items, Shelf) else Shelf.of(items.values())


Salt = Callable[[], str]


def settle(
    picture: Picture, rules: Rules, drafts: Iterable[Entry], salt: Salt
) -> tuple[Picture, tuple[Entry, ...]]:
    """Number the drafts, apply them, and let the written rules answer until nothing follows.

    ``salt`` gives 32 fresh hex characters at each call. Returns the new picture and the entries.
    """
    work, waiting, made, answers = picture, list(drafts), list[Entry](), _Answers(rules)
    most = CHAIN_LIMIT * len(waiting)
    while waiting:
        if len(made) >= most:
            raise LogError("the rules of the pack chase each other: mend the ladder or protocols")
        first = work.seq + 1
        numbered = [one.numbered(first + n, salt()) for n, one in enumerate(waiting)]
        work = work.extended(numbered)
        made += numbered
        answers.add(numbered, work)
        waiting = answers.next(work)
    return work, tuple(made)


class _Answers:
    """What rules make of entries, one entry at a time, each answer once.

    An answer is asked for only when all before it are applied, so that each rule sees the whole.
    Where the rules had nothing to say of a cell, it is not asked for again before something of
    its region changed: else many entries would be asked again after each answer.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._asking: list[Entry] = []  # that a rule may answer
        self._made: set[tuple[int | None, str, str]] = set()
        self._quiet: dict[str, set[tuple[object, ...]]] = {}  # by region
        self._about: dict[int, tuple[object, ...] | None] = {}  # by seq

    def add(self, entries: Iterable[Entry], picture: Picture) -> None:
        """Take entries that were applied."""
        for entry in entries:
            self._made.add((entry.cause, entry.kind, entry.subject))
            if entry.kind in ANSWERED:
                self._asking.append(entry)
            if entry.kind in LOCAL:
                changed: Any = picture.find(entry.thing, entry.subject)
                self._quiet.pop(changed.region, None)
            else:
                self._quiet.clear()
                self._about.clear()

    def next(self, picture: Picture) -> list[Entry]:
        """The answers to the first entry that has one which was not made yet."""
        for entry in self._asking:
            if entry.seq not in self._about:
                self._about[entry.seq] = cell_of(picture, entry)
            cell = self._about[entry.seq]
            if cell is not None and cell in self._quiet.get(str(cell[0]), ()):
                continue
            found = follow(picture, self._rules, entry)
            drafts = [one for one in found if (one.cause, one.kind, one.subject) not in self._made]
            if drafts:
                return drafts
            if cell is not None and not found:
                self._quiet.setdefault(str(cell[0]), set()).add(cell)
        return []


def opening(pack: Pack, at: datetime, *, exercise: bool) -> tuple[Entry, ...]:
    """The drafts of a log's first entries: the operation, and the members of the pack's cast."""
    first = Entry(
        0, at, "rule:opening", RULES_AGENCY, "operation.opened", VERSION, pack.id,
        {
            "operation": pack.id, "name": pack.operation.codename, "pack_version": pack.version,
            "pack_digest": pack.digest, "time_zone": pack.time_zone, "exercise": exercise,
            "rules_version": pack.ladder.version,
        },
        Handling.PUBLIC,
    )  # fmt: skip
    members = (
        Entry(
            0, at, "rule:opening", RULES_AGENCY, "member.admitted", VERSION, member.id,
            {"agency": member.agency, "role": member.role},
        )
        for member in pack.cast.values()
        if member.agency
    )  # fmt: skip
    return (first, *members)


def enrich(pack: Pack, verb: str, data: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """The data of a verb with what only the pack can tell: the classes of an adopted edition.

    A published edition is found by its own id, and its index is then its scheme.
    """
    if verb != "edition.adopt":
        return dict(data)
    if data.get("index") not in pack.indices and data.get("edition") in pack.published:
        return dict(data) | pack.adoption_of(str(data["edition"]), pack.local(at).date())
    from anoa.pack import index_scores  # pandas is slow to import and only needed here

    scores = index_scores(pack, data["index"], data["edition"])
    spec = pack.indices[data["index"]]
    table = scores.table
    known = table["category"].dropna()
    return dict(data) | {
        "class": str(spec.klass), "as_of": pack.editions[data["edition"]].as_of.isoformat(),
        "source": f"pack {pack.id} {pack.version}", "digest": pack.digest,
        "coverage": round(float(table["coverage"].mean()), 4),
        "classes": {str(code): str(word) for code, word in known.items()},
    }  # fmt: skip


@dataclass
class Player:
    """Plays injects in memory: names that injects gave to things, the picture, the entries."""

    pack: Pack
    salt: Salt
    picture: Picture = field(default_factory=Picture)
    entries: list[Entry] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def settle(self, drafts: Sequence[Entry]) -> tuple[Entry, ...]:
        """Settle drafts and keep what came of them."""
        self.picture, made = settle(self.picture, self.pack.rules, drafts, self.salt)
        self.entries.extend(made)
        return made

    def until(self, at: datetime) -> None:
        """Let the clocks run to that moment, each due time at its own."""
        run_clocks(lambda: self.picture, self.pack.rules, at, self.settle)

    def inject(self, inject: Inject) -> tuple[Entry, ...]:
        """Play one inject: the clocks up to it, then the verb."""
        self.until(inject.at)
        member = self.pack.cast[inject.who]
        actor = Actor(member.id, member.agency, member.role)
        subject, data = bind(self.names, inject.subject or "", inject.data)
        data = enrich(self.pack, inject.verb, data, inject.at) | self._without_files(inject, data)
        made = self.settle(
            act(self.picture, self.pack.rules, actor, inject.verb, subject, data, inject.at)
        )
        self.names |= names_of(inject, made)
        return made

    def _without_files(self, inject: Inject, data: Mapping[str, Any]) -> dict[str, Any]:
        """What the room would compute with files and keys; here the figures are right and the
        document and the key are said not to be."""
        if inject.verb == "sitrep.issue":
            at = max(inject.at, self.picture.at or inject.at)
            return {
                "report": data.get("report", "daily"), "number": len(self.picture.sitreps) + 1,
                "as_of": instant_text(at), "at_seq": self.picture.seq, "digest": "no-document",
                "language": data.get("language", self.pack.languages[0]),
            }  # fmt: skip
        if inject.verb == "seal.sign":
            root = root_of([entry.leaf for entry in self.entries]).hex()
            return {"size": len(self.entries), "root": root, "key": "no-key"}
        return {"key": data.get("key", "no-key")} if inject.verb == "seal.countersign" else {}


def names_of(inject: Inject, made: Sequence[Entry]) -> dict[str, str]:
    """The ids that later injects may name after this one: of what it opened, and by its rules.

    ``name`` is what the verb opened or moved, ``name.threat`` and ``name.proposal`` what a rule
    raised or proposed, ``name.ACTION`` the task for that action of a protocol.
    """
    if not inject.name:
        return {}
    found = {
        f"{inject.name}.{entry.data['action']}": entry.subject
        for entry in made if entry.kind == "task.assigned"
    } | {
        f"{inject.name}.{entry.thing}": entry.subject
        for entry in made if entry.kind in ("threat.raised", "proposal.made")
    }  # fmt: skip
    return found | {inject.name: made[0].subject}


def bind(names: Mapping[str, str], subject: str, data: Mapping[str, Any]) -> tuple[str, Any]:
    """Subject and data with ``$name`` replaced by the id of the thing that inject opened."""

    def bound(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("$") and value[1:] in names:
            return names[value[1:]]
        if isinstance(value, list | tuple):
            return [bound(part) for part in value]
        if isinstance(value, Mapping):
            return {key: bound(part) for key, part in value.items()}
        return value

    return bound(subject), bound(dict(data))


def run_clocks(
    now: Callable[[], Picture],
    rules: Rules,
    at: datetime,
    settle_drafts: Callable[[Sequence[Entry]], object],
) -> None:
    """Settle everything that falls due up to ``at``, in the order in which it falls due."""
    for _ in range(CHAIN_LIMIT):
        drafts = tick(now(), rules, at)
        if not drafts:
            return
        settle_drafts(drafts)
    raise AnoaError("the clocks do not come to rest: mend the ladder of the pack")


def play(
    pack: Pack, injects: Iterable[Inject] | None, salt: Salt
) -> tuple[Picture, tuple[Entry, ...]]:
    """Play an exercise without a database; None plays the pack's own as far as its demo goes."""
    exercise = pack.exercise
    assert exercise is not None, "the pack has no exercise"
    chosen = tuple(exercise.injects[: exercise.play_until] if injects is None else injects)
    player = Player(pack, salt)
    player.settle(opening(pack, chosen[0].at, exercise=True))
    for inject in chosen:
        player.inject(inject)
    return player.picture, tuple(player.entries)
