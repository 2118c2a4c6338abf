"""By which tree a reader lists and counts, and the filter by place: pure but for the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext

from anoa.pack import CIVIL, Pack
from anoa.room.passive import is_passive
from anoa.situation import is_under, is_unit, lines_of, place_of

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

T = TypeVar("T")
KEY = "tree"  # in the session: a reader's own choice, no record of anything
PLACE = "place"


def chosen_tree(request: HttpRequest, pack: Pack) -> str:
    """The tree that the address asks for, which is remembered; else the last one, else civil."""
    asked = request.GET.get(KEY, "")
    if asked in pack.trees:
        if request.session.get(KEY, CIVIL) != asked and not is_passive(request):
            request.session[KEY] = asked
        return asked
    kept = str(request.session.get(KEY, CIVIL))
    return kept if kept in pack.trees else CIVIL


def tree_name(desk: Desk, tree: str) -> str:
    """The pack's word for one line of a tree: a region, or a unit."""
    spec = desk.pack.area_tree
    if tree != CIVIL and spec is not None:
        return desk.text(spec.name)
    return desk.text(desk.pack.labels.get("region", {})) or gettext("Region")


def line_name(pack: Pack, code: str) -> str:
    """The name of a region, or the short name of a unit."""
    if is_unit(pack, code):
        return pack.agencies[code].short
    return pack.place_name(code)


@dataclass(frozen=True, slots=True)
class Place:
    """A region, and a sub-district of it where that is known, as things carry them."""

    region: str | None
    sub_district: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """A filter by region or unit: what is chosen, and how many things it shows and hides.

    ``kept`` are the other choices in the address, ``groups`` what may be chosen, by tree.
    """

    chosen: str
    shown: int
    hidden: int
    kept: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    @property
    def all(self) -> int:
        """How many things there are without the filter."""
        return self.shown + self.hidden


def of_things(thing: Any) -> Any:
    """The thing itself, where a list holds things."""
    return thing


def filtered(
    desk: Desk, found: Iterable[T], thing_of: Callable[[T], Any] = of_things
) -> tuple[list[T], PlaceFilter]:
    """What of a list is in the place that the address asks for; a strange place is no filter."""
    everything, pack, chosen = list(found), desk.pack, chosen_place(desk)
    kept = [one for one in everything if not chosen or is_under(pack, thing_of(one), chosen)]
    return kept, place_filter(desk, chosen, len(kept), len(everything))


def chosen_place(desk: Desk) -> str:
    """The region or unit that the address asks for; empty for none, or for a strange one."""
    chosen = desk.request.GET.get(PLACE, "")
    return chosen if chosen in desk.pack.regions or chosen in desk.pack.units else ""


def lies_at(pack: Pack, line: str, chosen: str) -> bool:
    """Whether a line of either tree has to do with the region or unit that was chosen."""
    if line == chosen or not is_unit(pack, line):
        return line == chosen or is_under(pack, Place(line), chosen)
    return chosen in pack.units[line].regions


@dataclass(frozen=True, slots=True)
class LineCount:
    """How many things a line of the chosen tree has; ``shared`` of them may be another's."""

    count: int = 0
    shared: int = 0


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Counts by the lines of a tree: heads of columns, and by line one count for each of them.

    A thing whose place does not tell which of several units it is stands under each of them.
    """

    tree: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[LineCount, ...]], ...]


def by_line(
    desk: Desk, columns: Mapping[str, Mapping[str | None, int] | Mapping[str, int]]
) -> LineCounts:
    """Counts by place as counts by line of the tree that is read; lines without any left out."""
    pack, tree = desk.pack, desk.tree
    own: Counter[tuple[str, str]] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for head, counts in columns.items():
        for place, count in counts.items():
            spot = pack.spot(place, tree)
            for code in spot.lines:
                (shared if spot.is_shared else own)[code, head] += count
    found = {code for code, _head in (own + shared)}
    named = lines_of(pack, tree)
    order = (*sorted(found - set(named)), *(code for code in named if code in found))
    rows = tuple(
        (code, tuple(LineCount(own[code, head] + shared[code, head], shared[code, head])
                     for head in columns))
        for code in order
    )  # fmt: skip
    return LineCounts(tree, tuple(columns), rows)


def counted(things: Iterable[Any]) -> Counter[str | None]:
    """How many of some things there are at each place."""
    return Counter(place_of(one) for one in things)


def place_filter(desk: Desk, chosen: str, shown: int, everything: int) -> PlaceFilter:
    """The filter by place as a page draws it."""
    pack = desk.pack
    others = tuple((name, value) for name, value in desk.request.GET.items()
                   if name not in (PLACE, KEY))  # fmt: skip
    groups = tuple((tree, tuple((code, line_name(pack, code)) for code in _codes(pack, tree)))
                   for tree in pack.trees)  # fmt: skip
    return PlaceFilter(chosen, shown, everything - shown, others, groups)


def _codes(pack: Pack, tree: str) -> tuple[str, ...]:
    return (pack.root, *pack.leaf_regions) if tree == CIVIL else tuple(pack.units)
