"""The second tree: areas of units that do not follow the regions, and whose a place is.

A unit names the sub-districts of its part of a region. Where only a number of them is known, the
others stay *not known whose*: a place in them may be of several units and is given to none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from anoa.pack.values import AreaPart, Region, Sources, SubDistrict, Texts, Village

CIVIL = "civil"  # the tree of regions, which every pack has
ALL = "*"  # all of the region
REST = "rest"  # what no other unit names
UNKNOWN = "?"  # some more, not known which
WORDS = (REST, UNKNOWN)

Below = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class AreaSpec:
    """What the pack calls its second tree: an id for addresses, and the word for one unit."""

    id: str
    name: Texts


@dataclass(frozen=True, slots=True)
class Holder:
    """The units that a place may be of; ``is_known`` when it is surely that one."""

    units: tuple[str, ...] = ()
    is_known: bool = False

    def __post_init__(self) -> None:
        assert not self.is_known or len(self.units) == 1, "one place has one unit"


NOBODY = Holder()


@dataclass(frozen=True, slots=True)
class Spot:
    """The lines of a table under which a thing counts, by code of region or id of unit.

    ``is_shared`` says that the place given does not tell which of these units it is.
    """

    lines: tuple[str, ...]
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class UnitPart:
    """A unit's part of one region: what is surely its, and what may be its.

    ``polling_stations`` sums the sub-districts surely its; None when one of them is unknown.
    ``known_at`` is the day its sources were public; None where none has a date.
    """

    unit: str
    region: str
    sub_districts: tuple[str, ...]
    possible: tuple[str, ...]
    polling_stations: int | None
    part: str
    basis: str
    source: Sources
    known_at: date | None = None


@dataclass(frozen=True, slots=True)
class AreaUnit:
    """A unit with its parts, in the order of the pack."""

    id: str
    parts: tuple[UnitPart, ...]

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in which it has a part."""
        return tuple(dict.fromkeys(part.region for part in self.parts))

    @property
    def is_whole(self) -> bool:
        """Whether it is known of every sub-district whether it is the unit's."""
        return not any(part.possible for part in self.parts)

    @property
    def polling_stations(self) -> int | None:
        """The polling stations surely its; None when a number is unknown."""
        return _added([part.polling_stations for part in self.parts])


@dataclass(frozen=True, slots=True)
class AreaTree:
    """The units of a pack, and whose each place is; without units in a pack of one tree."""

    units: Mapping[str, AreaUnit] = field(default_factory=dict)
    holders: Mapping[str, Holder] = field(default_factory=dict)

    def holder_of(self, code: str) -> Holder:
        """Whose a region, sub-district or village is; nobody's when no unit names it."""
        return self.holders.get(code, NOBODY)

    def units_of(self, code: str, *, is_region: bool) -> tuple[str, ...]:
        """Every unit with a part of a region; of a smaller place its one unit, or none."""
        holder = self.holder_of(code)
        return holder.units if is_region or holder.is_known else ()


def holders_of(rows: Iterable[tuple[str, str, Sequence[str]]], below: Below) -> dict[str, Holder]:
    """Whose each smallest place is, of rows of unit, region and words.

    ``below`` gives the smallest places of a region. A word is the code of one of them, ``*``,
    ``rest`` or ``?``; no word at all means that it is not known which.

    >>> found = holders_of([("u", "9", ["9.1", "?"]), ("v", "9", ["rest"])], lambda _: ["9.1", "9.2"])
    >>> found["9.1"], found["9.2"].units
    (Holder(units=('u',), is_known=True), ('u', 'v'))
    """  # noqa: E501 - one line of a doctest
    named, rest, unsure = dict[str, str](), dict[str, str](), dict[str, list[str]]()
    for unit, region, words in rows:
        for code in below(region):
            if code in words or ALL in words:
                named.setdefault(code, unit)
            elif REST in words:
                rest.setdefault(code, unit)
            elif UNKNOWN in words or not words:
                unsure.setdefault(code, []).append(unit)
    found = {code: Holder((unit,), is_known=True) for code, unit in rest.items()}
    for code, units in unsure.items():
        more = [rest[code]] if code in rest else []
        found[code] = Holder(tuple(dict.fromkeys([*units, *more])))
    return found | {code: Holder((unit,), is_known=True) for code, unit in named.items()}


def area_tree(
    parts: Sequence[AreaPart],
    regions: Mapping[str, Region],
    sub_districts: Mapping[str, SubDistrict],
    villages: Mapping[str, Village],
) -> AreaTree:
    """The tree of the pack's area parts: smallest places first, regions as sums of them."""
    below = smallest_places(regions, sub_districts)
    smallest = holders_of(
        ((part.unit, part.region, part.sub_districts) for part in parts),
        lambda code: below.get(code, ()),
    )
    order = tuple(dict.fromkeys(part.unit for part in parts))
    holders = {code: _joined(smallest, codes, order) for code, codes in below.items()} | smallest
    holders |= {v.code: holders.get(v.sub_district, NOBODY) for v in villages.values()}
    units: dict[str, list[UnitPart]] = {}
    for part in parts:
        made = _unit_part(part, smallest, below.get(part.region, ()), sub_districts)
        units.setdefault(part.unit, []).append(made)
    return AreaTree({unit: AreaUnit(unit, tuple(made)) for unit, made in units.items()}, holders)


def smallest_places(
    regions: Mapping[str, Region], sub_districts: Mapping[str, SubDistrict]
) -> dict[str, tuple[str, ...]]:
    """The smallest places of each region: its sub-districts, or itself where it has no parts."""
    split = {one.region for one in sub_districts.values()} | {r.parent for r in regions.values()}
    lying = [(one.code, one.region) for one in sub_districts.values()]
    lying += [(code, code) for code in regions if code not in split]
    found: dict[str, list[str]] = {code: [] for code in regions}
    for code, region in lying:
        upper: str | None = region
        while upper in found:
            found[upper].append(code)
            upper = regions[upper].parent
    return {code: tuple(places) for code, places in found.items()}


def _joined(smallest: Mapping[str, Holder], codes: Sequence[str], order: Sequence[str]) -> Holder:
    """Whose a region is: known only when one unit surely has all of it."""
    held = [smallest.get(code, NOBODY) for code in codes]
    found = {unit for one in held for unit in one.units}
    units = tuple(unit for unit in order if unit in found)
    return Holder(units, len(units) == 1 and all(one.is_known for one in held))


def _unit_part(
    part: AreaPart,
    smallest: Mapping[str, Holder],
    codes: Sequence[str],
    sub_districts: Mapping[str, SubDistrict],
) -> UnitPart:
    held = {code: smallest[code] for code in codes if part.unit in smallest.get(code, NOBODY).units}
    sure = tuple(code for code, holder in held.items() if holder.is_known)
    stations = [sub_districts[c].polling_stations if c in sub_districts else None for c in sure]
    return UnitPart(
        part.unit, part.region, sure, tuple(code for code in held if code not in sure),
        _added(stations), part.part, part.basis, part.source, part.known_at,
    )  # fmt: skip


def _added(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None
