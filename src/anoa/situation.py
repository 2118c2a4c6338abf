"""What stands open, by region or by unit of the pack's second tree.

A thing counts under the line of its place. Where the place does not tell which of several units
it is, the thing stands under each of them as *shared*, and in the total once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from anoa.columns import Wanted, find, unanswered
from anoa.coordination.reporting import STANDING_STATES
from anoa.ladder import Rung
from anoa.pack import CIVIL, Pack, Spot
from anoa.picture import Picture


@dataclass(frozen=True, slots=True)
class Counts:
    """Open threats by rung, the provisional ones among the actual, unanswered reports.

    >>> Counts(actual=1) + Counts(actual=1, unanswered=2)
    Counts(actual=2, threshold=0, potential=0, provisional=0, unanswered=2)
    """

    actual: int = 0
    threshold: int = 0
    potential: int = 0
    provisional: int = 0
    unanswered: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    def on(self, rung: Rung) -> int:
        """How many threats stand on a rung; a closed one counts nowhere."""
        return 0 if rung is Rung.CLOSED else int(getattr(self, rung))


NOTHING = Counts()
STANDING = Wanted({"state": STANDING_STATES})


@dataclass(frozen=True, slots=True)
class Line:
    """What stands open in a region or unit. It counts; it never says that all is well.

    ``own`` is surely its, ``shared`` may be another's. ``silent`` names the regions it has a part
    in from which nobody was heard within the pack's time; ``heard_at`` is the last time of any.
    """

    code: str
    own: Counts
    shared: Counts
    heard_at: datetime | None
    silent: tuple[str, ...]

    @property
    def all(self) -> Counts:
        """Own and shared together, as the line shows them."""
        return self.own + self.shared

    @property
    def actual(self) -> int:
        """Threats on the highest rung."""
        return self.all.actual

    @property
    def threshold(self) -> int:
        """Threats on the middle rung."""
        return self.all.threshold

    @property
    def potential(self) -> int:
        """Threats on the lowest rung."""
        return self.all.potential

    @property
    def provisional(self) -> int:
        """Of the actual ones, those on a duty officer's word alone."""
        return self.all.provisional

    @property
    def unanswered(self) -> int:
        """Reports that nobody acknowledged in time."""
        return self.all.unanswered

    @property
    def is_silent(self) -> bool:
        """Whether nobody was heard from it, or from one of its regions, in time."""
        return bool(self.silent)

    @property
    def highest(self) -> Rung:
        """The highest rung on which a threat stands here; closed when none is open."""
        found = self.all
        return next((r for r in (Rung.ACTUAL, Rung.THRESHOLD, Rung.POTENTIAL) if found.on(r)),
                    Rung.CLOSED)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Situation:
    """The lines by one tree; ``total`` counts every thing once, ``shared`` those not placed."""

    tree: str
    lines: tuple[Line, ...]
    total: Counts
    shared: Counts


def situation(picture: Picture, pack: Pack, at: datetime, tree: str = CIVIL) -> Situation:
    """What stands open at that moment, by the regions or by the units of the pack.

    Lines of wider regions come first, and only where something stands open or reported there.
    """
    tally = _tally(picture, pack, at, tree)
    named = lines_of(pack, tree)
    wider = sorted(tally.places - set(named))
    lines = tuple(_line(picture, pack, at, code, tally) for code in (*wider, *named))
    return Situation(tree, lines, tally.total, tally.not_placed)


def line_of(picture: Picture, pack: Pack, at: datetime, code: str) -> Line:
    """The line of one region, or of one unit."""
    tree = pack.trees[-1] if is_unit(pack, code) else CIVIL
    return _line(picture, pack, at, code, _tally(picture, pack, at, tree))


def is_unit(pack: Pack, code: str) -> bool:
    """Whether a code is that of a unit; a region of the same code comes first."""
    return code in pack.units and code not in pack.regions


def lines_of(pack: Pack, tree: str) -> tuple[str, ...]:
    """The codes that always have a line: the regions; or the units, and regions of no unit."""
    if tree == CIVIL:
        return pack.leaf_regions
    alone = (code for code in pack.leaf_regions if pack.spot(code, tree).lines == (code,))
    return (*pack.units, *alone)


def place_of(thing: object) -> str | None:
    """The smallest place that a thing is known to be in."""
    small: str | None = getattr(thing, "sub_district", None)
    wide: str | None = getattr(thing, "region", None)
    return small or wide


def is_under(pack: Pack, thing: object, code: str) -> bool:
    """Whether a thing counts under a region or unit; where it is shared, under each."""
    place = place_of(thing)
    if is_unit(pack, code):
        return code in pack.spot(place, pack.trees[-1]).lines
    return place is not None and (place == code or pack.region_of(place) == code)


def _counted(picture: Picture, at: datetime) -> Mapping[str | None, Counter[str]]:
    """What stands at each place, by name of the count; reports by columns, as a log may be long."""
    found: dict[str | None, Counter[str]] = defaultdict(Counter)
    for threat in picture.threats.values():
        if threat.rung is not Rung.CLOSED:
            here = found[threat.region]
            here[threat.rung.value] += 1
            here["provisional"] += threat.is_provisional
    for place in find(picture, "report", STANDING).counts("place"):
        found[place]["unanswered"] = 0
    for place, count in unanswered(picture, at).counts("place").items():
        found[place]["unanswered"] = count
    return found


@dataclass(slots=True)
class _Tally:
    """Sums while things are gone through once: by line, own and shared, and of all."""

    places: set[str] = field(default_factory=set)
    own: dict[str, Counts] = field(default_factory=dict)
    shared: dict[str, Counts] = field(default_factory=dict)
    total: Counts = NOTHING
    not_placed: Counts = NOTHING

    def add(self, spot: Spot, counts: Counts) -> None:
        self.places.update(spot.lines)
        if not counts:
            return
        self.total += counts
        self.not_placed += counts if spot.is_shared else NOTHING
        sums = self.shared if spot.is_shared else self.own
        for code in spot.lines:
            sums[code] = sums.get(code, NOTHING) + counts


def _tally(picture: Picture, pack: Pack, at: datetime, tree: str) -> _Tally:
    tally = _Tally()
    for place, counts in _counted(picture, at).items():
        tally.add(pack.spot(place, tree), Counts(**counts))
    return tally


def _line(picture: Picture, pack: Pack, at: datetime, code: str, tally: _Tally) -> Line:
    regions = pack.units[code].regions if is_unit(pack, code) else (code,)
    heard = {region: picture.posts[region].heard_at for region in regions
             if region in picture.posts}  # fmt: skip
    late = pack.clocks.silent_after
    return Line(
        code, tally.own.get(code, NOTHING), tally.shared.get(code, NOTHING),
        max(heard.values(), default=None),
        tuple(one for one in regions if one not in heard or at - heard[one] > late),
    )  # fmt: skip
