"""By which tree a reader lists and counts, and the filter by place: pure but for the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext

from anoa.pack import CIVIL, Pack
from anoa.situation import is_under, is_unit

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

T = TypeVar("T")
KEY = "tree"  # in the session: a reader's own choice, no record of anything
PLACE = "place"


def chosen_tree(request: HttpRequest, pack: Pack) -> str:
    """The tree that the address asks for, which is remembered; else the last one, else civil."""
    asked = request.GET.get(KEY, "")
    if asked in pack.trees:
        if request.session.get(KEY, CIVIL) != asked:
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
