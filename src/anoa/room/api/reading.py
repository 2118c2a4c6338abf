"""What programs read by a token: ``GET /api/v1/…``, page by page, each through its agency's eyes.

An answer is ``items`` and ``next``, the cursor of what follows; the cursor says a place in the
order in which things came, so that nothing is left out or doubled while more comes in. An answer
that did not change since ``If-None-Match`` is 304.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Literal, cast
from urllib.parse import parse_qsl

import msgspec
from django.db import close_old_connections
from django.utils.translation import gettext_noop as _

from anoa.columns import find
from anoa.oplog import Entry, Handling
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import list_filters, queries, record
from anoa.room.intake.http import (
    JSON,
    Receive,
    Scope,
    Send,
    WrongMethod,
    answer,
    bearer_of,
    header,
    path_of,
)
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.values import Busy, Refused
from anoa.room.list_filters import INCIDENTS, REPORTS, Kind
from anoa.room.log_view import LogView
from anoa.room.models import Operation
from anoa.room.search import Reader as Searching
from anoa.situation import is_under

USUAL, MOST = 100, 500  # things in one answer
WAITING = 32  # questions at once; the next one is told to come back
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="api")

Limit = Annotated[int, msgspec.Meta(ge=1, le=MOST, description="how many things at most")]
Cursor = Annotated[str, msgspec.Meta(max_length=200, description="`next` of the answer before")]
Region = Annotated[str, msgspec.Meta(description="the code of a region")]
Unit = Annotated[str, msgspec.Meta(
    description="the id of a unit of the pack's second tree; what is shared by several units "
                "counts under each of them",
)]  # fmt: skip


class BadQuestion(Refused):
    """The address asks for something that there is not."""

    code = "query"
    status = 400


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What every list takes in its address."""

    limit: Limit = USUAL
    cursor: Cursor = ""


class Placed(Question, forbid_unknown_fields=True):
    """What lists of things at a place take: the region, and the unit under which they count.

    A thing whose place does not tell which of several units it is counts under each of them.
    """

    region: Region = ""
    unit: Unit = ""


ABOUT: Mapping[str, str] = {
    "q": "words of which each must begin a word of the thing, or its id",
    "place": "a region, or a unit with its regions",
    "tied": "whether it belongs to an incident that the agency may see",
    "owner": "the institution that opened it",
}  # fmt: skip
DAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"


def _filtered(kind: Kind) -> type[Placed]:
    """What a list of reports or incidents takes: every filter that its page has."""
    asked: list[tuple[str, Any, str]] = []
    for name in (*kind.fields, "place", "q"):
        fixed = list_filters.fixed(kind, name)
        about = msgspec.Meta(description=ABOUT.get(name, f"the `{name}` that it must have"))
        type_ = Literal[("", *fixed)] if fixed else Annotated[str, msgspec.Meta(max_length=200)]
        asked.append((name, Annotated[type_, about], ""))
    for first, last, column in kind.spans:
        for name, which in ((first, "first"), (last, "last")):
            about = msgspec.Meta(pattern=DAY, description=f"{which} local day of `{column}`")
            asked.append((name, Annotated[str, about], ""))
    name = f"{kind.page.title()}Question"
    made = msgspec.defstruct(name, asked, bases=(Placed,), forbid_unknown_fields=True)
    return cast("type[Placed]", made)


class ReportOut(msgspec.Struct):
    """A report: categories, times and ratings; never the reporter's words."""

    id: str
    owner: str
    handling: str
    state: str
    filed_at: datetime
    observed_at: datetime
    region: str
    threat_type: str
    object: str
    place_class: str
    reliability: str
    credibility: int
    obtained: str
    acknowledge_by: datetime
    sub_district: str | None = None
    at_risk: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    verdict: str | None = None
    judged_at: datetime | None = None
    judged_by: str | None = None
    incident: str | None = None


class IncidentOut(msgspec.Struct):
    """An incident and the reports of it that the token's agency may see."""

    id: str
    owner: str
    handling: str
    state: str
    opened_at: datetime
    observed_at: datetime
    region: str
    threat_type: str
    place_class: str
    reports: tuple[str, ...]
    sub_district: str | None = None
    verified_at: datetime | None = None
    verified_chain: str | None = None
    merged_into: str | None = None


class ThreatOut(msgspec.Struct):
    """A threat and where it stands on the ladder."""

    id: str
    owner: str
    handling: str
    state: str
    region: str
    threat_type: str
    since: datetime
    opened_at: datetime
    confidence: str
    evidence: tuple[str, ...]
    review_by: datetime


class CommitmentOut(msgspec.Struct):
    """A commitment: who promised what to whom by when."""

    id: str
    owner: str
    handling: str
    state: str
    debtor: str
    creditor: str
    what: str
    proof: str
    due: datetime
    requested_at: datetime
    region: str | None = None
    meeting: str | None = None
    late_at: datetime | None = None


class TaskOut(msgspec.Struct):
    """An action that a protocol asked of an institution; its words stand in the pack."""

    id: str
    owner: str
    handling: str
    state: str
    threat: str
    region: str
    protocol: str
    action: str
    due: datetime
    assigned_at: datetime


class EntryOut(msgspec.Struct):
    """An entry of the log; of one that the agency may not read only number, handling and leaf."""

    seq: int
    handling: str
    leaf: str
    at: datetime | None = None
    by: str | None = None
    agency: str | None = None
    kind: str | None = None
    v: int | None = None
    subject: str | None = None
    data: dict[str, Any] | None = None
    cause: int | None = None


Item = msgspec.Struct


class Listed(msgspec.Struct):
    """One answer: things in the order in which they came, and where to go on."""

    items: list[Any]
    seq: int  # the entry of the log up to which this answer counts
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Eyes:
    """Through whose eyes an answer is made, and of which moment."""

    operation: Operation
    pack: Pack
    picture: Picture  # the whole one
    agency: str
    widest: Handling

    @property
    def seen(self) -> Picture:
        """What the agency may see."""
        return self.picture.seen_by(self.agency, self.widest)

    @property
    def searching(self) -> Searching:
        """The same eyes as one who searches."""
        return Searching(self.operation, self.pack, self.seen, self.agency, self.widest)

    @property
    def at(self) -> datetime:
        """The operation's present time: an exercise stands at its last entry."""
        if self.operation.exercise and self.picture.at is not None:
            return self.picture.at
        return datetime.now(UTC)


Found = tuple[list[Any], int | str | None]
Reader = Callable[[Eyes, Any, str], Found]


@dataclass(frozen=True, slots=True)
class List:
    """One address that is read."""

    path: str
    about: str  # in English; pages translate it
    scope: str
    asks: type[Question]
    gives: type[Item]
    read: Reader


def _columns(kind: Kind, out: type[Item]) -> Reader:
    """Reports or incidents, from their columns."""

    def read(eyes: Eyes, asked: Placed, after: str) -> Found:
        given = {name: value for name in kind.names if (value := getattr(asked, name))}
        meant = list_filters.read(kind, given, eyes.searching, eyes.at)
        if meant.ignored:
            raise BadQuestion("this is not known: {what}", what=", ".join(meant.ignored)[:200])
        wanted = meant.wanted
        if _unit(eyes, asked):
            under = queries.places_under(eyes.pack, asked.unit)
            known = dict(wanted.words)
            known["place"] = known.get("place", under) & under
            wanted = replace(wanted, words=known)
        found = find(eyes.seen, kind.thing, wanted)
        page = found.page("oldest", asked.limit, _number(after))
        return [_out(out, item) for item in page.items], page.following

    return read


def _things(thing: str, out: type[Item]) -> Reader:
    """Things of another kind; there are few of them."""

    def read(eyes: Eyes, asked: Placed, after: str) -> Found:
        items: Iterator[Any] = iter(eyes.seen.things[thing].values())
        if after and not any(item.id == after for item in items):
            raise BadQuestion("this cursor leads nowhere: begin again without one")
        unit = _unit(eyes, asked)
        here = (item for item in items
                if asked.region in ("", item.region)
                and (not unit or is_under(eyes.pack, item, unit)))  # fmt: skip
        some: list[Any] = list(islice(here, asked.limit + 1))
        following = some[asked.limit - 1].id if len(some) > asked.limit else None
        return [_out(out, item) for item in some[: asked.limit]], following

    return read


def _unit(eyes: Eyes, asked: Placed) -> str:
    """The unit that is asked for, or nothing; raises BadQuestion for one that there is not."""
    if asked.unit and asked.unit not in eyes.pack.units:
        raise BadQuestion("there is no unit {unit}", unit=asked.unit[:60])
    return asked.unit


def _entries(eyes: Eyes, asked: Question, after: str) -> Found:
    """The log, entry by entry, with a leaf for what is hidden."""
    view = LogView(eyes.operation, eyes.picture, eyes.agency, eyes.widest, eyes.picture.seq)
    start = min(_number(after) or 0, len(view))
    end = start + asked.limit
    lines = view.lines(start, end)
    return [_entry(line) for line in lines], end if end < len(view) else None


def _entry(line: Any) -> EntryOut:
    leaf = line.leaf.hex()
    if not isinstance(line, Entry):
        return EntryOut(line.seq, str(line.handling), leaf)
    return EntryOut(
        line.seq, str(line.handling), leaf, line.at, line.by, line.agency, line.kind, line.v,
        line.subject, dict(line.data), line.cause,
    )  # fmt: skip


def _out(out: type[Item], item: Any) -> Item:
    return out(**{name: _plain(getattr(item, name)) for name in out.__struct_fields__})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


LISTS: Mapping[str, List] = {
    one.path: one
    for one in (
        List("/api/v1/reports", _("The reports, in the order in which they were filed."),
             "read:reports", _filtered(REPORTS), ReportOut, _columns(REPORTS, ReportOut)),
        List("/api/v1/incidents", _("The incidents, in the order in which they were opened."),
             "read:reports", _filtered(INCIDENTS), IncidentOut, _columns(INCIDENTS, IncidentOut)),
        List("/api/v1/threats", _("The threats and where they stand on the ladder."),
             "read:picture", Placed, ThreatOut, _things("threat", ThreatOut)),
        List("/api/v1/commitments", _("The commitments between institutions."),
             "read:picture", Placed, CommitmentOut, _things("commitment", CommitmentOut)),
        List("/api/v1/tasks", _("The actions that protocols asked of institutions."),
             "read:picture", Placed, TaskOut, _things("task", TaskOut)),
        List("/api/v1/entries", _("The log; an entry that may not be read stands as its leaf."),
             "read:log", Question, EntryOut, _entries),
    )
}  # fmt: skip


# Answering


class _Waiting:
    count = 0


async def read(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``GET`` of a list."""
    wanted = LISTS[path_of(scope)]
    if scope["method"] not in ("GET", "HEAD"):
        raise WrongMethod("ask for this by GET", "GET, HEAD")
    bearer = await bearer_of(scope)
    bearer.need(wanted.scope)
    asked = question_of(wanted.asks, scope.get("query_string", b""))
    if _Waiting.count >= WAITING:
        raise Busy(2)
    _Waiting.count += 1
    try:
        loop = asyncio.get_running_loop()
        body = await loop.run_in_executor(_THREADS, _body, wanted, bearer, asked)
    finally:
        _Waiting.count -= 1
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    more = [(b"etag", tag.encode()), (b"vary", b"authorization")]
    if tag in header(scope, b"if-none-match"):
        await answer(send, 304, b"", JSON, more)
    else:
        await answer(send, 200, body, JSON, more)


def question_of(asks: type[Question], query: bytes) -> Question:
    """What an address asks; raises BadQuestion."""
    try:
        pairs = parse_qsl(
            query.decode(), keep_blank_values=True, errors="strict", max_num_fields=40
        )
    except ValueError as error:
        raise BadQuestion("the address cannot be read") from error
    if len(dict(pairs)) < len(pairs):
        raise BadQuestion("one thing is asked twice")
    limit = dict(pairs).get("limit", "1")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 9):
        raise BadQuestion("limit is a whole number from 1 to {most}", most=MOST)
    try:
        return msgspec.convert(dict(pairs), asks, strict=False)
    except msgspec.ValidationError as error:
        raise BadQuestion("this cannot be asked: {why}", why=str(error)[:200]) from error


def _body(wanted: List, bearer: Bearer, asked: Question) -> bytes:
    close_old_connections()
    after = place_of(wanted.path, asked.cursor)
    operation = Operation.objects.get(pk=bearer.operation)
    known = record.rules_of(operation).agencies.get(bearer.agency)
    widest = known.sees if known else Handling.PUBLIC
    pack = record.pack_of(operation)
    eyes = Eyes(operation, pack, record.current_picture(operation), bearer.agency, widest)
    items, following = wanted.read(eyes, asked, after)
    cursor = None if following is None else cursor_of(wanted.path, str(following))
    return msgspec.json.encode(Listed(items, eyes.picture.seq, cursor))


# Cursors


def cursor_of(path: str, place: str) -> str:
    """A place in a list as text that says nothing to its reader.

    >>> place_of("/a", cursor_of("/a", "17"))
    '17'
    """
    return base64.urlsafe_b64encode(f"{path}|{place}".encode()).decode().rstrip("=")


def place_of(path: str, cursor: str) -> str:
    """The place that a cursor of that list says; empty for none; raises BadQuestion."""
    if not cursor:
        return ""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        whose, _, place = raw.decode().rpartition("|")
    except (binascii.Error, ValueError) as error:
        raise BadQuestion("this cursor leads nowhere: begin again without one") from error
    if whose != path or not place:
        raise BadQuestion("this cursor leads nowhere: begin again without one")
    return place


def _number(place: str) -> int | None:
    if not place:
        return None
    if not (place.isascii() and place.isdecimal() and len(place) < 18):
        raise BadQuestion("this cursor leads nowhere: begin again without one")
    return int(place)
