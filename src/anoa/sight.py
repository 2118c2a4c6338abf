"""What an institution may see of a picture: the one rule, and things seen through it.

Nothing is copied for a reader. A thing is looked at when it is asked for, and what is hidden is
then also taken out of the lists of ids of what stays visible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass, field, replace
from typing import Any

from anoa.coordination.field import Word
from anoa.coordination.retention import Hold
from anoa.coordination.seeing import may_see as may_see
from anoa.coordination.values import Item, Remark, Report, thing_of
from anoa.oplog import Handling

Things = Mapping[str, Mapping[str, Item]]
_LINKS = ("evidence", "reports", "agenda", "apart")
_LINK = ("incident", "meeting", "merged_into")


@dataclass(frozen=True, slots=True)
class Sight:
    """The eyes of an institution on the things of one picture."""

    things: Things
    agency: str | None
    sees: Handling
    _told: dict[Any, bool] = field(default_factory=dict, init=False, compare=False, repr=False)

    def allows(self, handling: Handling | str, owner: str) -> bool:
        """Whether the rule lets this reader see what has that handling and owner."""
        found = self._told.get((handling, owner))
        if found is None:
            found = may_see(Handling(handling), owner, self.agency, self.sees)
            self._told[handling, owner] = found
        return found

    def shows(self, item: Item) -> bool:
        """Whether this reader sees the thing; a remark or a hold only with what it is about."""
        if not self._lets_see(item):
            return False
        return not isinstance(item, Remark | Hold) or self.knows(item.about)

    def _lets_see(self, item: Item) -> bool:
        """Whether the rule lets this reader see anything of it; of others' words the outline."""
        if isinstance(item, Word):
            inside = self.agency is not None and self.sees is not Handling.PUBLIC
            return inside or item.is_for(self.agency)
        return self.allows(item.handling, item.owner)

    def knows(self, ident: str) -> bool:
        """Whether the reader may see a thing of that id; found once, as a picture never changes."""
        found = self._told.get(ident)
        if found is None:
            found = self._told[ident] = self._knows(ident)
        return found

    def _knows(self, ident: str) -> bool:
        named = thing_of(ident)
        first = (self.things.get(named, {}),) if named else ()
        for items in (*first, *self.things.values()):
            if (item := items.get(ident)) is not None and self._lets_see(item):
                return True
        return False

    def cut(self, item: Item) -> Item:
        """The thing without the ids of what the reader may not see."""
        if isinstance(item, Word) and not item.is_for(self.agency):
            return item.outline()
        out: dict[str, Any] = {}
        for name in _LINKS:
            ids = getattr(item, name, None)
            if ids and not all(map(self.knows, ids)):
                out[name] = tuple(filter(self.knows, ids))
        for name in _LINK:
            if (ident := getattr(item, name, None)) is not None and not self.knows(ident):
                out[name] = None
        if isinstance(item, Report) and item.taker and item.taken_by != self.agency:
            out["taker"] = None  # others are told which institution verifies it, not who
        return replace(item, **out) if out else item


class SeenThings(Mapping[str, Item]):
    """Things of one kind as a reader sees them; ``whole`` are all of them."""

    __slots__ = ("_count", "sight", "whole")

    def __init__(self, whole: Mapping[str, Item], sight: Sight) -> None:
        self.whole = whole
        self.sight = sight
        self._count: int | None = None

    def __getitem__(self, ident: str) -> Item:
        item = self.whole[ident]
        if not self.sight.shows(item):
            raise KeyError(ident)
        return self.sight.cut(item)

    def seen(self, items: Iterable[Item]) -> Iterator[Item]:
        """Those of these things that the reader sees, as the reader sees them."""
        return (self.sight.cut(item) for item in items if self.sight.shows(item))

    def __iter__(self) -> Iterator[str]:
        return (item.id for item in self.whole.values() if self.sight.shows(item))

    def __len__(self) -> int:
        if self._count is None:
            self._count = sum(1 for _ in self)
        return self._count

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def values(self) -> ValuesView[Item]:
        """The things that the reader sees, in their order."""
        return _Values(self)

    def __repr__(self) -> str:
        return repr({item.id: item for item in self.values()})


class _Values(ValuesView[Item]):
    _mapping: SeenThings

    def __iter__(self) -> Iterator[Item]:
        return self._mapping.seen(self._mapping.whole.values())

    def __reversed__(self) -> Iterator[Item]:
        whole: Any = self._mapping.whole
        newest: Iterator[str] = reversed(whole)
        return self._mapping.seen(self._mapping.whole[ident] for ident in newest)
