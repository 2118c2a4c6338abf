"""Reports and incidents by columns, so that a million are filtered, counted and sorted at once.

The columns of a box of a shelf are made once, as boxes never change, and joined for the shelf that
is asked: those of a shelf asked before are taken over, but for the boxes that changed since. A
question therefore costs a few milliseconds a million, for the present as for the past, whichever
fields it names. What a reader may see is asked of the one rule (``Sight.allows``), once for each
handling and owner that occur.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from operator import attrgetter, is_
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from anoa.coordination.values import Item
from anoa.picture import Picture
from anoa.shelf import Box, Shelf
from anoa.sight import SeenThings, Sight

Array = npt.NDArray[Any]
PLACES = 22  # bits for a thing's place on its shelf: four million things of one kind
LAST_PLACE = (1 << PLACES) - 1
LATEST_S = 1 << 34  # seconds, later than any time that a log holds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND, SECOND = timedelta(microseconds=1), 1_000_000
FEW = 12  # numbers that are compared one by one
KEPT = 4  # shelves whose joined columns are kept
WORDS: Mapping[str, tuple[str, ...]] = {
    "report": ("owner", "handling", "region", "place", "threat_type", "place_class", "object",
               "reliability", "credibility", "obtained", "at_risk", "state", "verdict",
               "acknowledged_by", "judged_by"),
    "incident": ("owner", "handling", "region", "place", "threat_type", "place_class", "state",
                 "verified_chain"),
}  # fmt: skip
TIMES: Mapping[str, tuple[str, ...]] = {
    "report": ("filed_at", "observed_at", "acknowledge_by", "answered_at"),
    "incident": ("opened_at", "observed_at", "verified_at"),
}


class _Vocabulary:
    """Numbers for words, the same in every column and for as long as the program runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.numbers: dict[str, int] = {"": 0}
        self.words: list[str] = [""]

    def number(self, word: str) -> int:
        found = self.numbers.get(word)
        if found is not None:
            return found
        with self._lock:
            if word not in self.numbers:
                self.words.append(word)
                self.numbers[word] = len(self.words) - 1
            return self.numbers[word]


_VOCABULARY = _Vocabulary()
_INCIDENTS = _Vocabulary()  # their ids: so many that they get numbers of their own
IDS = {"id": "id", "tied": "incident"}  # columns of ids of incidents: of their own, of a report's


class _Numbered(dict[Any, int]):
    """The number of what an attribute holds; of several attributes as of their words in a row."""

    def __init__(self, vocabulary: _Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, value: Any) -> int:
        if isinstance(value, tuple):
            word = "|".join(map(str, value))
        else:
            word = "" if value is None else str(value)
        number = self[value] = self._vocabulary.number(word)
        return number


_NUMBERS, _ID_NUMBERS = _Numbered(_VOCABULARY), _Numbered(_INCIDENTS)


def _instant(at: datetime | None) -> int:
    return 0 if at is None else (at - EPOCH) // MICROSECOND


def _answered(item: Any) -> datetime | None:
    answers = [at for at in (item.acknowledged_at, item.judged_at) if at is not None]
    return max(answers) if answers else None


_VALUE: Mapping[str, Callable[[Any], Any]] = {  # where a column is not the attribute of its name
    "place": lambda item: item.sub_district or item.region,
    "kind": attrgetter("handling", "owner"), "tied": attrgetter("incident"),
    "answered_at": _answered,
}  # fmt: skip


def _times(moments: list[datetime | None]) -> Array:
    """Microseconds since 1970; a double holds them exactly but for years far away."""
    seconds = np.array([0.0 if at is None else at.timestamp() for at in moments])
    if np.abs(seconds).max(initial=0) < EXACT_S:
        exact: Array = np.rint(seconds * SECOND).astype(np.int64)
        return exact
    return np.array([_instant(at) for at in moments], np.int64)


def _made(box: Box[Any], name: str) -> Array:
    """A column of a box: numbers of words, ratings, or microseconds since 1970 (0 for no time)."""
    found: Array | None = box.notes.get(name)
    if found is None:
        values = map(_VALUE.get(name) or attrgetter(name), box.items)
        if name in _ALL_TIMES:
            found = _times(list(values))
        elif name == RATING:
            found = np.array([_rated(item) for item in box.items], np.int16)
        else:
            numbers = _ID_NUMBERS if name in IDS else _NUMBERS
            found = _small(np.array([numbers[value] for value in values], np.int32))
        box.notes[name] = found
    return found


def _rated(item: Any) -> int:
    """A number that is the smaller the better the rating, whatever ratings there are."""
    return (ord(item.reliability[:1] or "~") & 127) * 100 + int(item.credibility)


def _none(name: str) -> Array:
    """The column of nothing."""
    return np.empty(0, np.int64 if name in _ALL_TIMES else np.int16)


def _small(numbers: Array) -> Array:
    """The numbers in half the memory, where they fit."""
    return numbers.astype(np.int16) if numbers.max(initial=0) < 1 << 15 else numbers


def _kinds(box: Box[Any]) -> frozenset[int]:
    """The handlings and owners that occur together in a box."""
    found: frozenset[int] | None = box.notes.get("kinds")
    if found is None:
        found = box.notes["kinds"] = frozenset(np.unique(_made(box, "kind")).tolist())
    return found


RATING = "rating"
EXACT_S = 1 << 32  # seconds around 1970 within which a double holds every microsecond
_ALL_TIMES = frozenset(name for names in TIMES.values() for name in names)
Boxes = tuple[Box[Any], ...]


class _Joined:
    """The columns of a whole shelf, each joined when it is first asked for.

    What a shelf ``before`` knew is renewed where boxes are not the same, and never changed itself.
    """

    def __init__(self, shelf: Shelf[Any], before: _Joined | None = None) -> None:
        self.shelf = shelf
        self._columns: dict[str, Array] = {}
        self._older: dict[str, tuple[Array, Boxes]] = before.known() if before else {}

    def known(self) -> dict[str, tuple[Array, Boxes]]:
        """The columns there are, each with the boxes that it was made of."""
        boxes = self.shelf.boxes
        return self._older | {
            name: (column, boxes) for name, column in self._columns.copy().items()
        }

    def __getitem__(self, name: str) -> Array:
        found = self._columns.get(name)
        if found is None:
            found = self._renewed(name)
            if found is None:
                found = np.concatenate([_none(name), *self._parts(name)])
            self._columns[name] = found
        return found

    def _parts(self, name: str) -> list[Array]:
        return [_made(box, name) for box in self.shelf.boxes]

    def _renewed(self, name: str) -> Array | None:
        """The older column with its changed boxes made anew; None where that saves nothing."""
        older, boxes = self._older.pop(name, None), self.shelf.boxes
        if older is None or len(boxes) < 2:
            return None
        column, known = older
        changed = [number for number, box in enumerate(boxes)
                   if number >= len(known) or known[number] is not box]  # fmt: skip
        if len(changed) * 2 > len(boxes):
            return None
        found, width = np.empty(len(self.shelf), column.dtype), len(boxes[0].items)
        same = min(len(found), len(column))
        found[:same] = column[:same]
        for number in changed:
            part = _made(boxes[number], name)
            if part.dtype.itemsize > found.dtype.itemsize:  # more words than there were
                return None
            found[number * width : number * width + len(part)] = part
        return found

    @cached_property
    def kinds(self) -> Mapping[int, tuple[str, str]]:
        """The handlings and owners that occur together, by their number in the column of kinds."""
        numbers = frozenset[int]().union(*map(_kinds, self.shelf.boxes))
        return {
            number: (pair[0], pair[2])
            for number in numbers
            if (pair := _VOCABULARY.words[number].partition("|"))
        }


_LOCK = threading.Lock()
_JOINED: OrderedDict[int, _Joined] = OrderedDict()


def _joined(shelf: Shelf[Any]) -> _Joined:
    with _LOCK:
        found = _JOINED.get(id(shelf))
        if found is None:  # it keeps the shelf, so the id stays
            found = _JOINED[id(shelf)] = _Joined(shelf, _like(shelf))
        _JOINED.move_to_end(id(shelf))
        while len(_JOINED) > KEPT:
            _JOINED.popitem(last=False)
    return found


def _like(shelf: Shelf[Any]) -> _Joined | None:
    """What was joined of the shelf that shares most boxes with this one."""
    shared = {key: sum(map(is_, one.shelf.boxes, shelf.boxes)) for key, one in _JOINED.items()}
    best = max(shared, key=shared.__getitem__, default=None)
    return _JOINED[best] if best is not None and shared[best] else None


def warm(picture: Picture) -> None:
    """Make every column, so that the first question waits for none."""
    for thing, names in WORDS.items():
        columns = _looked_at(picture, thing)[0]
        of_thing = ("tied", RATING) if thing == "report" else ("id",)
        for name in (*names, *TIMES[thing], "kind", *of_thing):
            columns[name]
        columns.kinds  # noqa: B018 - it is kept


@dataclass(frozen=True, slots=True)
class Said:
    """What the words of a search mean: for each word the codes by column, any of which will do.

    Things of ``ids`` were found by what is written in them, whatever their codes.
    """

    groups: tuple[Mapping[str, frozenset[str]], ...] = ()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: words by column (any of them), and times by column (from, and before).

    ``unanswered_at`` asks for reports that nobody had acknowledged in time at that moment;
    ``said`` for those that a search means; ``tied`` for reports of an incident that the reader
    sees, or of none.
    """

    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    times: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    unanswered_at: datetime | None = None
    said: Said | None = None
    tied: bool | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Found:
    """The things of a kind that a reader sees and that were asked for, by place on the shelf."""

    thing: str
    places: Array
    _columns: _Joined
    _sight: Sight | None

    def __len__(self) -> int:
        return len(self.places)

    def counts(self, name: str) -> dict[str, int]:
        """How many there are of each word of a column; words without any are left out."""
        numbers = np.bincount(self._column(name))
        return {_VOCABULARY.words[one]: int(numbers[one]) for one in np.flatnonzero(numbers)}

    def counts_by(self, name: str, other: str) -> dict[str, dict[str, int]]:
        """For each word of a column, how many there are of each word of another one."""
        words, found = _VOCABULARY.words, dict[str, dict[str, int]]()
        column, beside = self._column(name), self._column(other)
        used = np.flatnonzero(np.bincount(beside))
        rank = np.zeros(int(used.max(initial=0)) + 1, np.int64)
        rank[used] = np.arange(len(used))
        pairs = np.bincount(column * np.int64(len(used)) + rank[beside])
        for pair in np.flatnonzero(pairs).tolist():
            word, one = divmod(pair, len(used))
            found.setdefault(words[word], {})[words[used[one]]] = int(pairs[pair])
        return found

    def items(self, places: Array | None = None) -> Iterator[Any]:
        """The things, as the reader sees them, in the order in which they came."""
        shelf, sight = self._columns.shelf, self._sight
        for place in (self.places if places is None else places).tolist():
            item: Item = shelf.at(place)
            yield sight.cut(item) if sight else item

    def nearest(self, name: str, at: datetime, size: int) -> tuple[Any, ...]:
        """Those whose time is nearest to a moment, in the order in which they came."""
        places = self.places
        if len(places) > size:
            apart = np.abs(self._column(name) - _instant(at))
            places = np.sort(places[np.argpartition(apart, size)[:size]])
        return tuple(self.items(places))

    def page(self, order: str, size: int, after: int | None = None, before: int | None = None
             ) -> Page:  # fmt: skip
        """The things that follow a cursor, or that come before one, in an order of ORDERS.

        Cursors say a place in the order, so that a page stays what it was while reports come in.
        """
        if order in ("newest", "oldest"):
            return self._cut(order, size, after, before)
        if order in GROUPED:
            return self._grouped(order, size, after, before)
        keys = _keys(self._columns, self.places, order)
        rest = keys
        if after is not None:
            rest = keys[keys > after]
        elif before is not None:
            rest = keys[keys < before]
        chosen = _ends(rest, size, last=after is None and before is not None)
        skipped = int((keys < chosen[0]).sum()) if len(chosen) else 0
        return self._page(LAST_PLACE - (chosen & LAST_PLACE), chosen, skipped)

    def _cut(self, order: str, size: int, after: int | None, before: int | None) -> Page:
        """As ``page`` in the order in which the things came, or against it: nothing is sorted."""
        line = self.places if order == "oldest" else self.places[::-1]
        start, end = 0, size
        cursor = after if after is not None else before
        if cursor is not None:
            place = LAST_PLACE - (cursor & LAST_PLACE)
            low, high = (
                np.searchsorted(self.places, place),
                np.searchsorted(self.places, place, side="right"),
            )
            if order == "newest":
                low, high = len(line) - high, len(line) - low
            start = int(high) if after is not None else max(int(low) - size, 0)
            end = start + size if after is not None else int(low)
        chosen = line[start:end]
        return self._page(chosen, _keys(self._columns, chosen, order), start)

    def _grouped(self, order: str, size: int, after: int | None, before: int | None) -> Page:
        """As ``page`` where few values occur: values are put in order, and no things but a page's.

        A key is a value's and a place's; of one value the newest comes first.
        """
        column = self._column(GROUPED[order])
        numbers = np.bincount(column)
        keys = _values(order, np.flatnonzero(numbers))
        line = [(key, value, int(numbers[value])) for key, value in sorted(keys.items())]
        cursor = after if after is not None else before
        start = 0
        if cursor is not None:
            start = _before(line, column, self.places, cursor, with_it=after is not None)
        end = start + size
        if after is None and before is not None:
            start, end = max(start - size, 0), start
        places, ranks, passed = list[Array](), list[Array](), 0
        for key, value, number in line:
            first, last = max(start - passed, 0), min(end - passed, number)
            if first < last:
                mine = self.places[np.flatnonzero(column == value)][::-1][first:last]
                places.append(mine)
                ranks.append(np.full(len(mine), key, np.int64))
            passed += number
        chosen = np.concatenate([np.empty(0, np.int64), *places])
        high = np.concatenate([np.empty(0, np.int64), *ranks])
        return self._page(chosen, (high << PLACES) + (LAST_PLACE - chosen), start)

    def _column(self, name: str) -> Array:
        """A column of the things that were found."""
        column = self._columns[name]
        return column if len(column) == len(self.places) else column[self.places]

    def _page(self, places: Array, keys: Array, skipped: int) -> Page:
        more = skipped + len(keys) < len(self)
        return Page(
            tuple(self.items(places)),
            int(keys[-1]) if len(keys) and more else None,
            int(keys[0]) if len(keys) and skipped else None,
            skipped,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Things in order, the cursors of the pages after and before, and how many come before."""

    items: tuple[Any, ...]
    following: int | None
    former: int | None
    skipped: int


def _ends(keys: Array, size: int, *, last: bool) -> Array:
    if len(keys) > size:
        cut = len(keys) - size if last else size - 1
        keys = np.partition(keys, cut)
        keys = keys[cut:] if last else keys[:size]
    ordered: Array = np.sort(keys)
    return ordered


def _newest(columns: _Joined, places: Array) -> Array:
    return np.zeros(len(places), np.int64)


def _oldest(columns: _Joined, places: Array) -> Array:
    return places


def _observed(columns: _Joined, places: Array) -> Array:
    return LATEST_S - columns["observed_at"][places] // SECOND


def _urgent(columns: _Joined, places: Array) -> Array:
    """What concerns people comes first, then the oldest."""
    people = columns["object"][places] == _VOCABULARY.number("person")
    people |= columns["at_risk"][places] != 0
    found: Array = (~people).astype(np.int64) * LATEST_S + columns["filed_at"][places] // SECOND
    return found


def _due(columns: _Joined, places: Array) -> Array:
    return columns["acknowledge_by"][places] // SECOND


SORTED: Mapping[str, Callable[[_Joined, Array], Array]] = {
    "newest": _newest, "oldest": _oldest, "observed": _observed, "due": _due,
    "urgent": _urgent,
}  # fmt: skip
GROUPED = {"rating": RATING, "region": "place"}  # orders by few values, each with its column
ORDERS = (*SORTED, *GROUPED)


def _values(order: str, used: Array) -> dict[int, int]:
    """The values that occur in an order by few values, each by its key, which is its rank."""
    if order == "rating":
        return {value: value for value in used.tolist()}
    ordered = sorted(used.tolist(), key=_VOCABULARY.words.__getitem__)
    return dict(enumerate(ordered))


def _before(
    line: Sequence[tuple[int, int, int]], column: Array, places: Array, cursor: int,
    *, with_it: bool,
) -> int:  # fmt: skip
    """How many things of a line come before a cursor, or before and with it."""
    key, place = cursor >> PLACES, LAST_PLACE - (cursor & LAST_PLACE)
    passed = sum(number for other, _value, number in line if other < key)
    for other, value, number in line:
        if other == key:
            mine = places[np.flatnonzero(column == value)]
            side: Literal["left", "right"] = "left" if with_it else "right"
            passed += number - int(np.searchsorted(mine, place, side=side))
    return passed


def _keys(columns: _Joined, places: Array, order: str) -> Array:
    """One number a thing: by the order, and of equals the newest first."""
    key: Array = SORTED[order](columns, places).astype(np.int64)
    keys: Array = (key << PLACES) + (LAST_PLACE - places)
    return keys


def find(picture: Picture, thing: str, wanted: Wanted = EVERYTHING) -> Found:
    """The reports or incidents of a picture that its reader sees and that were asked for."""
    columns, sight = _looked_at(picture, thing)
    masks = _wanted(columns, wanted)
    if wanted.tied is not None:
        masks.append(_tied(picture, columns) == wanted.tied)
    if sight is not None:
        masks += _allowed(columns, sight)
    if not masks:
        return Found(thing, np.arange(len(columns.shelf)), columns, sight)
    return Found(thing, np.flatnonzero(np.logical_and.reduce(masks)), columns, sight)


def _looked_at(picture: Picture, thing: str) -> tuple[_Joined, Sight | None]:
    """The columns of a kind of things, and the eyes through which they are looked at."""
    items = picture.things[thing]
    sight = items.sight if isinstance(items, SeenThings) else None
    whole = items.whole if isinstance(items, SeenThings) else items
    shelf: Shelf[Any] = whole if isinstance(whole, Shelf) else Shelf.of(whole.values())
    return _joined(shelf), sight


def _tied(picture: Picture, columns: _Joined) -> Array:
    """Which reports belong to an incident that the reader sees; of others nobody learns it."""
    numbers = columns["tied"]
    incidents, sight = _looked_at(picture, "incident")
    mine = incidents["id"]
    for mask in _allowed(incidents, sight) if sight is not None else ():
        mine = mine[mask]
    seen = np.zeros(len(_INCIDENTS.words) + 1, bool)
    seen[mine] = True
    found: Array = seen[numbers]
    return found


def _wanted(columns: _Joined, wanted: Wanted) -> list[Array]:
    """For each thing that is asked for, which things have it."""
    masks = [_among(columns[name], words) for name, words in wanted.words.items()]
    for name, (start, end) in wanted.times.items():
        if start is not None:
            masks.append(columns[name] >= _instant(start))
        if end is not None:
            masks.append(columns[name] < _instant(end))
    if wanted.unanswered_at is not None:
        masks.append(columns["state"] == _VOCABULARY.number("recorded"))
        masks.append(columns["acknowledge_by"] < _instant(wanted.unanswered_at))
    if wanted.said is not None:
        masks.append(_meant(columns, wanted.said))
    return masks


def _among(column: Array, words: frozenset[str]) -> Array:
    """Which of a column's words are among these."""
    return _any_of(column, [_VOCABULARY.numbers[word] for word in words
                            if word in _VOCABULARY.numbers])  # fmt: skip


def _any_of(column: Array, numbers: Sequence[int]) -> Array:
    """Which of a column's numbers are among these; a few are compared faster than looked up."""
    found: Array
    if len(numbers) <= FEW:
        found = np.zeros(len(column), bool)
        for number in numbers:
            found |= column == number
        return found
    listed = np.zeros(len(_VOCABULARY.words) + 1, bool)
    listed[numbers] = True
    found = listed[column]
    return found


def _meant(columns: _Joined, said: Said) -> Array:
    """Which things each word of a search names by one of their codes, and those named by id."""
    mask: Array = np.full(len(columns.shelf), bool(said.groups))
    for group in said.groups:
        named: Array = np.zeros(len(columns.shelf), bool)
        for name, words in group.items():
            named |= _among(columns[name], words)
        mask &= named
    places = (columns.shelf.place_of(ident) for ident in said.ids)
    mask[[place for place in places if place is not None]] = True
    return mask


def _allowed(columns: _Joined, sight: Sight) -> list[Array]:
    """Which things the reader may see, none for all: the rule is asked once for each kind."""
    allowed = [number for number, kind in columns.kinds.items() if sight.allows(*kind)]
    if len(allowed) == len(columns.kinds):
        return []
    return [_any_of(columns["kind"], allowed)]


def unanswered(picture: Picture, at: datetime) -> Found:
    """The reports that nobody acknowledged in time, as far as the picture's reader sees them."""
    return find(picture, "report", Wanted(unanswered_at=at))


def newest(picture: Picture, thing: str, size: int, looked_at: int = 1000) -> list[Any]:
    """The newest things of a kind that the reader sees, among the last that came."""
    items = picture.things[thing]
    whole = items.whole if isinstance(items, SeenThings) else items
    last = list(islice(reversed(whole.values()), looked_at))  # type: ignore[call-overload]
    found = items.seen(last) if isinstance(items, SeenThings) else iter(last)
    return list(islice(found, size))
