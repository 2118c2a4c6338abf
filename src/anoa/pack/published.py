"""Published editions of indices, and schemes of indicators: what others said, side by side.

Nothing here merges, averages or compares: several rows for one place stay several rows, and an
edition keeps its own scale. What is not known is an empty reading, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from anoa.errors import DataError
from anoa.pack.values import Sources, Texts

MIXED = "mixed"
COUNTED = "polling_stations"  # the unit of an edition that flags stations
FLAGS_NEARLY_ALL = 0.75  # a flag on so many of them ranks nothing


@dataclass(frozen=True, slots=True)
class Band:
    """A category of an edition and the score from which it counts; None: not published."""

    id: str
    start: float | None


@dataclass(frozen=True, slots=True)
class PublishedScore:
    """What one source says of one region; ``dimension`` is empty for the total.

    ``value`` on the edition's scale, ``category`` one of its bands, ``rank`` 1 = first as
    published; each None where the source does not say.
    """

    edition: str
    region: str
    dimension: str
    value: float | None
    category: str | None
    rank: int | None
    source: str
    known_at: date
    note: Texts

    @property
    def is_unknown(self) -> bool:
        """Whether it says that nothing was found."""
        return self.value is None and self.category is None and self.rank is None


@dataclass(frozen=True, slots=True)
class PublishedEdition:
    """One edition of an index that others published.

    ``klass`` is mixed for a total of several classes. ``low`` and ``high`` are the ends of its
    own scale, None where not published. ``levels`` are the levels of regions it speaks of.
    """

    id: str
    scheme: str
    publisher: str
    name: Texts
    klass: str
    low: float | None
    high: float | None
    bands: tuple[Band, ...]
    unit: str
    levels: tuple[str, ...]
    scope: Texts
    as_of: date
    known_at: date
    source: Sources
    note: Texts
    scores: tuple[PublishedScore, ...] = ()

    def __post_init__(self) -> None:
        if (self.low is None) != (self.high is None):
            raise DataError("edition {id} has half a scale", id=self.id)

    @property
    def cut_offs(self) -> tuple[tuple[str, float], ...]:
        """The bands with the scores from which they count; empty where not published."""
        return tuple((band.id, band.start) for band in self.bands if band.start is not None)

    def share(self, value: float) -> float | None:
        """Where a value lies between the ends of the scale, 0 to 1; None without a scale."""
        if self.low is None or self.high is None:
            return None
        return (value - self.low) / (self.high - self.low)

    @property
    def counts(self) -> bool:
        """Whether its values are numbers of flagged stations, and no score."""
        return self.unit == COUNTED

    def flags_nearly_all(self, value: float | None) -> bool:
        """Whether a count of flagged stations is so large that it ranks nothing."""
        share = self.share(value) if value is not None and self.counts else None
        return share is not None and share >= FLAGS_NEARLY_ALL


@dataclass(frozen=True, slots=True)
class SchemeNode:
    """An indicator (level 1) or what stands above it; ``weight`` None: not published."""

    code: str
    parent: str
    level: int
    name: Texts
    weight: float | None
    direction: int
    klass: str
    source: Sources


@dataclass(frozen=True, slots=True)
class Scheme:
    """What an index is made of, without data; the first node is the index itself."""

    id: str
    nodes: Mapping[str, SchemeNode]

    @property
    def name(self) -> Texts:
        """The name of the index."""
        return self.nodes[self.id].name

    @property
    def dimensions(self) -> tuple[SchemeNode, ...]:
        """What stands right below the index."""
        return tuple(node for node in self.nodes.values() if node.parent == self.id)

    @property
    def indicators(self) -> tuple[SchemeNode, ...]:
        """The nodes that figures belong to."""
        return tuple(node for node in self.nodes.values() if node.level == 1)

    def above(self, code: str) -> Iterator[str]:
        """The codes above a node, nearest first, the index itself left out."""
        parent = self.nodes[code].parent
        while parent and parent != self.id:
            yield parent
            parent = self.nodes[parent].parent

    def shown_for(self, scored: Iterable[str]) -> tuple[SchemeNode, ...]:
        """The nodes to show beside a total: those with a score, and the dimensions without one.

        A dimension below which something is scored is told by its parts.
        """
        known = set(scored)
        told = {upper for code in known for upper in self.above(code)}
        top = {node.code for node in self.dimensions} - told
        return tuple(node for node in self.nodes.values() if node.code in top | known)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an edition says of one region in its total or in one dimension.

    ``scores`` holds one row for each source; empty: not found, unknown.
    """

    edition: PublishedEdition
    region: str
    node: SchemeNode | None
    scores: tuple[PublishedScore, ...]
    parts: tuple[Reading, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Whether no source says anything."""
        return all(score.is_unknown for score in self.scores)

    @property
    def says_something(self) -> bool:
        """Whether its total or any dimension is known."""
        return not self.is_unknown or any(not part.is_unknown for part in self.parts)

    @property
    def differs(self) -> bool:
        """Whether two sources say different things."""
        return any(
            len({getattr(score, name) for score in self.scores} - {None}) > 1
            for name in ("value", "category", "rank")
        )

    @property
    def category(self) -> str | None:
        """The category that all sources agree on; None where unknown or in dispute."""
        found = {score.category for score in self.scores} - {None}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Age:
    """How old figures are, in whole years and months; in days below a month.

    >>> Age.between(date(2022, 11, 26), date(2024, 8, 6))
    Age(years=1, months=8, days=619)
    """

    years: int
    months: int
    days: int

    @classmethod
    def between(cls, as_of: date, today: date) -> Age:
        """The age on a day; nothing is younger than a day it does not know."""
        if today < as_of:
            return cls(0, 0, 0)
        months = (today.year - as_of.year) * 12 + today.month - as_of.month
        months -= today.day < as_of.day
        return cls(months // 12, months % 12, (today - as_of).days)

    @property
    def is_old(self) -> bool:
        """Whether it is more than a year."""
        return self.years >= 1


def readings_of(
    editions: Iterable[PublishedEdition],
    schemes: Mapping[str, Scheme],
    region: str,
    level: str,
    known_by: date,
) -> list[Reading]:
    """What every edition known by that day says of a region of that level, the newest first."""
    found = [
        _reading(edition, schemes.get(edition.scheme), region, known_by)
        for edition in editions
        if edition.known_at <= known_by and level in edition.levels
    ]
    return sorted(found, key=lambda reading: (reading.edition.as_of, reading.edition.id))[::-1]


def _reading(
    edition: PublishedEdition, scheme: Scheme | None, region: str, known_by: date
) -> Reading:
    known = [score for score in edition.scores if score.known_at <= known_by]
    mine: dict[str, list[PublishedScore]] = {}
    for score in known:
        if score.region == region:
            mine.setdefault(score.dimension, []).append(score)
    nodes = scheme.shown_for({one.dimension for one in known} - {""}) if scheme else ()
    parts = tuple(Reading(edition, region, node, tuple(mine.get(node.code, ()))) for node in nodes)
    return Reading(edition, region, None, tuple(mine.get("", ())), parts)
