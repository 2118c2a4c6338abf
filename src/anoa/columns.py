"""Reports and incidents by columns, so that a million are filtered, counted and sorted at once.

The columns of a box of a shelf are made once, as boxes never change, and joined for the shelf that
is asked. A question therefore costs a few milliseconds a million, for the present as for the past,
whichever fields it names. What a reader may see is asked of the one rule (``Sight.allows``), once
for each handling and owner that occur.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

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
KEPT = 3  # shelves whose joined columns are kept
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


def _word(item: Any, name: str) -> str:
    if name == "place":
        return item.sub_district or item.region or ""
    value = getattr(item, name)
    return "" if value is None else str(value)


def _instant(at: datetime | None) -> int:
    return 0 if at is None else (at - EPOCH) // MICROSECOND


def _time(item: Any, name: str) -> int:
    if name == "answered_at":
        return max(_instant(item.acknowledged_at), _instant(item.judged_at))
    return _instant(getattr(item, name))


def _made(box: Box[Any], name: str) -> Array:
    """A column of a box: numbers of words, or microseconds since 1970 (0 for no time)."""
    found: Array | None = box.notes.get(name)
    if found is None:
        if name in IDS:
            idents = [getattr(item, IDS[name]) or "" for item in box.items]
            found = np.array([_INCIDENTS.number(ident) for ident in idents], dtype=np.int32)
        elif name in _ALL_TIMES:
            found = np.array([_time(item, name) for item in box.items], dtype=np.int64)
        else:
            number = _VOCABULARY.number
            found = np.array([number(_word(item, name)) for item in box.items], dtype=np.int32)
        box.notes[name] = found
    return found


_ALL_TIMES = frozenset(name for names in TIMES.values() for name in names)


class _Joined:
    """The columns of a whole shelf, each joined when it is first asked for."""

    def __init__(self, shelf: Shelf[Any]) -> None:
        self.shelf = shelf
        self._columns: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._columns:
            parts = [_made(box, name) for box in self.shelf.boxes]
            none = np.empty(0, np.int64 if name in _ALL_TIMES else np.int32)
            self._columns[name] = np.concatenate([none, *parts])
        return self._columns[name]

    @cached_property
    def kinds(self) -> tuple[list[tuple[str, str]], Array]:
        """The handlings and owners that occur together, and which of them each thing has."""
        handlings, owners = self["handling"].astype(np.int64), self["owner"]
        width = len(_VOCABULARY.words)  # now that the columns are made, it has all their words
        pairs = handlings * width + owners
        present = np.flatnonzero(np.bincount(pairs)) if len(pairs) else np.empty(0, np.int64)
        ranks = np.zeros(int(present[-1]) + 1 if len(present) else 1, np.int16)
        ranks[present] = np.arange(len(present))
        words = _VOCABULARY.words
        return [(words[one // width], words[one % width]) for one in present.tolist()], ranks[pairs]


_LOCK = threading.Lock()
_JOINED: OrderedDict[int, _Joined] = OrderedDict()


def _joined(shelf: Shelf[Any]) -> _Joined:
    with _LOCK:
        found = _JOINED.setdefault(id(shelf), _Joined(shelf))  # it keeps the shelf, so the id stays
        _JOINED.move_to_end(id(shelf))
        while len(_JOINED) > KEPT:
            _JOINED.popitem(last=False)
    return found


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
        numbers = np.bincount(self._columns[name][self.places])
        return {_VOCABULARY.words[one]: int(numbers[one]) for one in np.flatnonzero(numbers)}

    def items(self, places: Array | None = None) -> Iterator[Any]:
        """The things, as the reader sees them, in the order in which they came."""
        shelf, sight = self._columns.shelf, self._sight
        for place in (self.places if places is None else places).tolist():
            item: Item = shelf.at(place)
            yield sight.cut(item) if sight else item

    def page(self, order: str, size: int, after: int | None = None, before: int | None = None
             ) -> Page:  # fmt: skip
        """The things that follow a cursor, or that come before one, in an order of ORDERS.

        Cursors say a place in the order, so that a page stays what it was while reports come in.
        """
        if order in ("newest", "oldest"):
            return self._cut(order, size, after, before)
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


def _due(columns: _Joined, places: Array) -> Array:
    return columns["acknowledge_by"][places] // SECOND


def _rating(columns: _Joined, places: Array) -> Array:
    return 100 * _rank(columns["reliability"][places]) + _rank(columns["credibility"][places])


def _region(columns: _Joined, places: Array) -> Array:
    return _rank(columns["place"][places])


def _rank(numbers: Array) -> Array:
    """The places of words in the order of their letters."""
    used = np.flatnonzero(np.bincount(numbers)) if len(numbers) else np.empty(0, np.int64)
    ordered = sorted(used.tolist(), key=_VOCABULARY.words.__getitem__)
    ranks = np.zeros(len(_VOCABULARY.words) + 1, np.int64)
    ranks[ordered] = np.arange(len(ordered))
    found: Array = ranks[numbers]
    return found


ORDERS = {
    "newest": _newest, "oldest": _oldest, "observed": _observed, "due": _due,
    "rating": _rating, "region": _region,
}  # fmt: skip


def _keys(columns: _Joined, places: Array, order: str) -> Array:
    """One number a thing: by the order, and of equals the newest first."""
    key: Array = ORDERS[order](columns, places).astype(np.int64)
    keys: Array = (key << PLACES) + (LAST_PLACE - places)
    return keys


def find(picture: Picture, thing: str, wanted: Wanted = EVERYTHING) -> Found:
    """The reports or incidents of a picture that its reader sees and that were asked for."""
    columns, sight = _looked_at(picture, thing)
    places = _wanted(columns, wanted)
    if wanted.tied is not None:
        places = places[_tied(picture, columns)[places] == wanted.tied]
    if sight is not None:
        places = _allowed(columns, places, sight)
    return Found(thing, places, columns, sight)


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
    if sight is not None:
        mine = mine[_allowed(incidents, np.arange(len(mine)), sight)]
    seen = np.zeros(len(_INCIDENTS.words) + 1, bool)
    seen[mine] = True
    found: Array = seen[numbers]
    return found


def _wanted(columns: _Joined, wanted: Wanted) -> Array:
    mask: Array = np.ones(len(columns.shelf), bool)
    for name, words in wanted.words.items():
        mask &= _among(columns[name], words)
    for name, (start, end) in wanted.times.items():
        if start is not None:
            mask &= columns[name] >= _instant(start)
        if end is not None:
            mask &= columns[name] < _instant(end)
    if wanted.unanswered_at is not None:
        mask &= columns["state"] == _VOCABULARY.number("recorded")
        mask &= columns["acknowledge_by"] < _instant(wanted.unanswered_at)
    if wanted.said is not None:
        mask &= _meant(columns, wanted.said)
    return np.flatnonzero(mask)


def _among(column: Array, words: frozenset[str]) -> Array:
    """Which of a column's words are among these."""
    numbers = [_VOCABULARY.numbers[word] for word in words if word in _VOCABULARY.numbers]
    found: Array
    if len(numbers) == 1:
        found = column == numbers[0]
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


def _allowed(columns: _Joined, places: Array, sight: Sight) -> Array:
    """Those of the things that the reader may see: the rule is asked once for each kind of them."""
    kinds, which = columns.kinds
    answers = np.array([sight.allows(*kind) for kind in kinds], bool)
    if answers.all():
        return places
    allowed: Array = places[answers[which[places]]]
    return allowed


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
