"""Things by id, in the order in which they came, in boxes that never change.

A shelf with something changed shares every box that did not change with the shelf before it. So a
picture of a million reports costs one box more when one report changes, and a past picture costs
only what is different in it. What is computed of a box may be kept with it, as a box never changes.
"""

from __future__ import annotations

import threading
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from typing import Any, Generic, Protocol, TypeVar

BOX = 1024  # things in a box
STRAYS = 4096  # ids that a branch keeps for itself before it gets a register of its own


class HasId(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=HasId)


class Box(Generic[T]):
    """Up to 1,024 things, and notes of what was computed of them."""

    __slots__ = ("items", "notes")

    def __init__(self, items: Sequence[T]) -> None:
        self.items = tuple(items)
        self.notes: dict[str, Any] = {}

    def chosen(self, name: str, is_one: Callable[[T], bool]) -> tuple[T, ...]:
        """The things of which something is so, noted under a name, as a box never changes."""
        found: tuple[T, ...] | None = self.notes.get(name)
        if found is None:
            found = self.notes[name] = tuple(one for one in self.items if is_one(one))
        return found


class Shelf(Mapping[str, T]):
    """A mapping of ids to things that never changes; ``with_changed`` gives another one.

    ``register`` is shared by all shelves of a line and only grows; what stands in it counts for a
    shelf only if the thing at that place has that id. A shelf beside the line keeps its new ids as
    ``strays``.

    >>> from types import SimpleNamespace as Thing
    >>> one = Shelf.of([Thing(id="R-1", n=1), Thing(id="R-2", n=1)])
    >>> two = one.with_changed([Thing(id="R-1", n=2)])
    >>> one["R-1"].n, two["R-1"].n, list(two), one.boxes[0] is two.boxes[0]
    (1, 2, ['R-1', 'R-2'], False)
    """

    __slots__ = ("_length", "_register", "_strays", "boxes")

    def __init__(
        self, boxes: tuple[Box[T], ...] = (), length: int = 0,
        register: dict[str, int] | None = None, strays: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.boxes = boxes
        self._length = length
        self._register = {} if register is None else register
        self._strays = strays or {}

    @classmethod
    def of(cls, items: Iterable[T]) -> Shelf[T]:
        """A shelf of these things; of two with one id the later counts."""
        return cls().with_changed(items)

    def with_changed(self, items: Iterable[T]) -> Shelf[T]:
        """This shelf with these things in the place of those of the same id, or at its end."""
        opened: dict[int, list[T]] = {}
        fresh: dict[str, int] = {}
        length = self._length
        for item in items:
            place = self.place_of(item.id)
            if place is None:
                place = fresh.setdefault(item.id, length)
                length += place == length
            number, inside = divmod(place, BOX)
            box = opened.get(number)
            if box is None:
                known = self.boxes[number].items if number < len(self.boxes) else ()
                box = opened[number] = list(known)
            box[inside:inside + 1] = [item]  # fmt: skip
        if not opened:
            return self
        boxes = list(self.boxes)
        for number in sorted(opened):
            boxes[number:number + 1] = [Box(opened[number])]  # fmt: skip
        register, strays = self._registered(fresh)
        return Shelf(tuple(boxes), length, register, strays)

    def _registered(self, fresh: dict[str, int]) -> tuple[dict[str, int], Mapping[str, int]]:
        """Where the ids of the next shelf stand: in the register of the line if this is its end."""
        if not self._length:
            return fresh, {}
        with _LOCK:
            line = self._register
            if not self._strays and len(line) == self._length:
                line.update(fresh)
                return line, {}
            missing = {ident: place for ident, place in fresh.items() if line.get(ident) != place}
        strays = {**self._strays, **missing}
        if len(strays) <= STRAYS:
            return line, strays
        own = {item.id: place for place, item in enumerate(self.values())}
        return own | fresh, {}

    def place_of(self, ident: str) -> int | None:
        """The place of the thing of that id, counted from 0; None when it is not here."""
        place = self._register.get(ident)
        if place is not None and place < self._length and self.at(place).id == ident:
            return place
        return self._strays.get(ident) if self._strays else None

    def at(self, place: int) -> T:
        """The thing at that place, counted from 0."""
        return self.boxes[place // BOX].items[place % BOX]

    def __getitem__(self, ident: str) -> T:
        place = self.place_of(ident)
        if place is None:
            raise KeyError(ident)
        return self.at(place)

    def get(self, ident: str, default: Any = None) -> Any:
        """The thing of that id, or the default."""
        place = self.place_of(ident)
        return default if place is None else self.at(place)

    def __contains__(self, ident: object) -> bool:
        return isinstance(ident, str) and self.place_of(ident) is not None

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        return (item.id for box in self.boxes for item in box.items)

    def __reversed__(self) -> Iterator[str]:
        return (item.id for box in reversed(self.boxes) for item in reversed(box.items))

    def values(self) -> ValuesView[T]:
        """The things, in their order."""
        return _Values(self)

    def items(self) -> ItemsView[str, T]:
        """Ids and things, in their order."""
        return _Items(self)

    def keys(self) -> KeysView[str]:
        """The ids, in their order."""
        return KeysView(self)

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    def changed_since(self, before: Mapping[str, T]) -> Iterator[T]:
        """The things that are not the same object in an earlier mapping."""
        boxes = before.boxes if isinstance(before, Shelf) else ()
        for number, box in enumerate(self.boxes):
            if number < len(boxes) and boxes[number] is box:
                continue
            yield from (item for item in box.items if before.get(item.id) is not item)


_LOCK = threading.Lock()


class _Values(ValuesView[T]):
    _mapping: Shelf[T]

    def __iter__(self) -> Iterator[T]:
        return (item for box in self._mapping.boxes for item in box.items)

    def __reversed__(self) -> Iterator[T]:
        return (item for box in reversed(self._mapping.boxes) for item in reversed(box.items))


class _Items(ItemsView[str, T]):
    _mapping: Shelf[T]

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return ((item.id, item) for box in self._mapping.boxes for item in box.items)
