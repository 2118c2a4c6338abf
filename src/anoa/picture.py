"""The common operating picture: a pure fold of the entries of the log.

``settle`` is how entries come to be: it numbers what a verb drafted, applies it, and lets the
written rules answer until nothing follows. The room does it inside one transaction; an exercise
without a database does it in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from anoa.coordination.actors import Actor
from anoa.coordination.consequences import follow, tick
from anoa.coordination.duty import Duty
from anoa.coordination.kinds import VERSION, check_entry
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
    Sealing,
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

if TYPE_CHECKING:
    from anoa.pack import Inject, Pack

Things = Mapping[str, Mapping[str, Item]]
NOTHING: Things = MappingProxyType({thing: MappingProxyType({}) for thing in THINGS})
THING_OF: Mapping[type, str] = {kind: thing for thing, kind in THINGS.items()}
CHAIN_LIMIT = 500  # entries that rules may make of one act; more means that rules chase each other


def may_see(handling: Handling, owner: str, agency: str | None, sees: Handling) -> bool:
    """Whether a reader of that institution may see what has this handling and owner.

    ``agency`` None is an outsider. ``sees`` is the widest handling the institution is let into.

    >>> may_see(Handling.INSTITUTIONS, "commission", None, Handling.PUBLIC)
    False
    """
    if handling is Handling.PUBLIC:
        return True
    if agency is None:
        return False
    if owner == agency:
        return True
    return handling is Handling.INSTITUTIONS and sees is not Handling.PUBLIC


@dataclass(frozen=True)
class Picture:
    """Everything the log says up to ``seq``; frozen, so that every reader has the same."""

    seq: int = 0
    at: datetime | None = None
    things: Things = field(default_factory=lambda: NOTHING)

    def find(self, thing: str, ident: str) -> Item | None:
        """The thing of that id, or None."""
        return self.things[thing].get(ident)

    def apply(self, entry: Entry) -> Picture:
        """The picture after one more entry.

        Raises LogError when the entry is out of its place or cannot follow.
        """
        things = {thing: dict(items) for thing, items in self.things.items()}
        _fold(things, entry, self.seq, self.at)
        return Picture(entry.seq, entry.at, things)

    def extended(self, entries: Iterable[Entry]) -> Picture:
        """The picture after several more entries, at the cost of one copy.

        Raises LogError like ``apply``.
        """
        things = {thing: dict(items) for thing, items in self.things.items()}
        seq, at = self.seq, self.at
        for entry in entries:
            _fold(things, entry, seq, at)
            seq, at = entry.seq, entry.at
        return Picture(seq, at, things)

    @classmethod
    def replay(
        cls, lines: Iterable[Entry | HiddenEntry], *, until: datetime | None = None
    ) -> Picture:
        """The picture after all lines of a log, or after those known by ``until``.

        A hidden entry keeps its place and says nothing; its time is not known, so those that
        end the part before ``until`` are left out.
        """
        things: dict[str, dict[str, Item]] = {thing: {} for thing in THINGS}
        seq, hidden, at = 0, 0, None
        for line in lines:
            if line.seq != hidden + 1:
                raise LogError(
                    "entry {seq} does not follow entry {last}", seq=line.seq, last=hidden
                )
            hidden = line.seq
            if isinstance(line, HiddenEntry):
                continue
            if until is not None and line.at > until:
                return cls(seq, at, things)
            _fold(things, line, line.seq - 1, at)
            seq, at = line.seq, line.at
        return cls(seq if until is not None else hidden, at, things)

    def seen_by(self, agency: str | None, sees: Handling = Handling.INSTITUTIONS) -> Picture:
        """What a reader of that institution may see of the picture; None is an outsider.

        A thing that is hidden is also taken out of the lists of ids of what stays visible.
        """
        kept: dict[str, dict[str, Item]] = {
            thing: {
                ident: item
                for ident, item in items.items()
                if may_see(Handling(item.handling), item.owner, agency, sees)
            }
            for thing, items in self.things.items()
        }
        known = {ident for items in kept.values() for ident in items}
        kept = {
            thing: {ident: _without_hidden(item, known) for ident, item in items.items()}
            for thing, items in kept.items()
        }
        kept["remark"] = {
            ident: item
            for ident, item in kept["remark"].items()
            if isinstance(item, Remark) and item.about in known
        }
        return Picture(self.seq, self.at, kept)

    def next_id(self, thing: str, more: int = 0) -> str:
        """The id of the next thing to be opened; ``more`` counts those drafted but not applied."""
        return f"{LETTERS[thing]}-{len(self.things[thing]) + 1 + more:04d}"

    def remarks_on(self, ident: str) -> tuple[Remark, ...]:
        """Comments and disputes on that thing, oldest first."""
        return tuple(remark for remark in self.remarks.values() if remark.about == ident)

    def _of(self, thing: str) -> Mapping[str, Any]:
        return MappingProxyType(dict(self.things[thing]))

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


def _misplaced(seq: int, last: int) -> LogError:
    return LogError("entry {seq} does not follow entry {last}", seq=seq, last=last)


_LINKS = ("evidence", "reports", "agenda")
_LINK = ("incident", "meeting", "merged_into")


def _without_hidden(item: Item, known: set[str]) -> Item:
    cut: dict[str, Any] = {}
    for name in _LINKS:
        ids = getattr(item, name, None)
        if ids and not known.issuperset(ids):
            cut[name] = tuple(ident for ident in ids if ident in known)
    for name in _LINK:
        if (ident := getattr(item, name, None)) is not None and ident not in known:
            cut[name] = None
    return replace(item, **cut) if cut else item


def _fold(
    things: dict[str, dict[str, Item]], entry: Entry, seq: int, at: datetime | None
) -> tuple[Item, ...]:
    if entry.seq != seq + 1:
        raise _misplaced(entry.seq, seq)
    if at is not None and entry.at < at:
        raise LogError("entry {seq} is dated before the entry it follows", seq=entry.seq)
    check_entry(entry)
    touched = changes(lambda thing, ident: things[thing].get(ident), entry)
    for item in touched:
        things[THING_OF[type(item)]][item.id] = item
    return touched


Salt = Callable[[], str]


def settle(
    picture: Picture, rules: Rules, drafts: Sequence[Entry], salt: Salt
) -> tuple[Picture, tuple[Entry, ...]]:
    """Number the drafts, apply them, and let the written rules answer until nothing follows.

    ``salt`` gives 32 fresh hex characters at each call. Returns the new picture and the entries.
    """
    things = {thing: dict(items) for thing, items in picture.things.items()}
    work, waiting, made = picture, list(drafts), list[Entry]()
    while waiting:
        if len(made) >= CHAIN_LIMIT:
            raise LogError("the rules of the pack chase each other: mend the ladder or protocols")
        entry = waiting.pop(0).numbered(work.seq + 1, salt())
        _fold(things, entry, work.seq, work.at)
        work = Picture(entry.seq, entry.at, things)
        made.append(entry)
        if not waiting:
            waiting.extend(_answers(work, rules, made))
    return Picture(work.seq, work.at, things), tuple(made)


def _answers(picture: Picture, rules: Rules, made: list[Entry]) -> Iterable[Entry]:
    """What rules make of the entries that were not answered yet, one entry at a time.

    An answer is asked for only when all before it are applied, so that each rule sees the whole.
    """
    for entry in made:
        drafts = [
            draft for draft in follow(picture, rules, entry)
            if not any(_same(draft, done) for done in made)
        ]  # fmt: skip
        if drafts:
            return drafts
    return ()


def _same(draft: Entry, done: Entry) -> bool:
    return (draft.cause, draft.kind, draft.subject) == (done.cause, done.kind, done.subject)


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
