"""The values of a pack: places, figures, institutions, catalogue, indices, exercise.

All are frozen. Texts in several languages are mappings from language to text; unknown is None.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from anoa.errors import DataError
from anoa.ladder import Rung
from anoa.oplog import Handling, Json

Texts = Mapping[str, str]
TextLists = Mapping[str, tuple[str, ...]]
Sources = tuple[str, ...]
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is published; ``url`` is empty where it would name a person or party."""

    id: str
    publisher: str
    date: dt.date | None
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Region:
    """A civil region; ``polling_stations`` sums its sub-districts, None while any is unknown."""

    code: str
    name: str
    level: str
    parent: str | None
    lat: float
    lon: float
    time_zone: str
    polling_stations: int | None
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class SubDistrict:
    """A part of a region with its polling stations (None: unknown)."""

    code: str
    name: str
    region: str
    lat: float | None
    lon: float | None
    polling_stations: int | None
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class Village:
    """A village of a sub-district."""

    code: str
    name: str
    sub_district: str
    kind: str
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class ShapeSource:
    """Whose shape of a region it is, and under what licence; empty where none was stated."""

    name: str
    licence: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.licence})" if self.licence else self.name


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one place, time and source; ``value`` None is unknown."""

    region: str
    figure: str
    period: str
    value: float | None
    unit: str
    source: str
    known_at: dt.date
    note: str


@dataclass(frozen=True, slots=True)
class Total:
    """A published total, and what must add up to it; of one unit's part where ``unit`` is given."""

    region: str
    figure: str
    period: str
    value: float
    source: str
    known_at: dt.date
    parts: str
    note: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """An institution; ``regions`` are codes it answers for, ``*`` all, empty none by name."""

    id: str
    name: Texts
    short: str
    kind: str
    chain: str
    regions: tuple[str, ...]
    parent: str | None
    sees: Handling
    source: Sources

    def answers_for(self, region: str) -> bool:
        """Whether the region is one of its own, or all are."""
        return region in self.regions or EVERYWHERE in self.regions


@dataclass(frozen=True, slots=True)
class AreaPart:
    """Which part of a region an institution answers for.

    ``sub_districts`` are codes, ``*`` (all), ``rest`` or ``?`` (more, not known which).
    ``known_at`` is the day it was public; None where no source of it has a date.
    """

    unit: str
    region: str
    part: str
    basis: str
    source: Sources
    sub_districts: tuple[str, ...] = ()
    known_at: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Contest:
    """A contest; ``entrants`` is how many entered, None while not known, and nothing more."""

    id: str
    office: str
    region: str
    entrants: int | None
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the election by local days; None: not published."""

    id: str
    name: Texts
    starts: dt.date | None
    ends: dt.date | None
    basis: str
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class ThreatKind:
    """A type of the threat catalogue; ``context`` ones are background and never raised."""

    id: str
    name: Texts
    object: str
    signs: TextLists
    owner_kind: str
    context: bool
    handling: Handling


@dataclass(frozen=True, slots=True)
class RungWords:
    """The words of a rung."""

    id: Rung
    short: str
    name: Texts


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action of a protocol in words: who does what within which time, and what proves it."""

    id: str
    text: Texts
    agency: str | None
    agency_kind: str | None
    klass: str
    due: timedelta
    proof: Texts

    def __post_init__(self) -> None:
        if (self.agency is None) == (self.agency_kind is None):
            raise DataError("action '{id}' needs one actor: an id or a kind", id=self.id)


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is asked of whom at a rung; empty ``threats`` means all."""

    id: str
    threats: tuple[str, ...]
    rung: Rung
    actions: tuple[ActionSpec, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day of no work."""

    date: dt.date
    name: Texts
    source: str


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long institutions have, and which days are days of work (Monday is 0)."""

    acknowledge: timedelta
    assess: timedelta
    silent_after: timedelta
    explain: timedelta
    report_every: timedelta
    working_days: frozenset[int]
    holidays: tuple[Holiday, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """A category of an index and the score from which it counts."""

    id: str
    name: Texts
    start: float


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index: its class, scale, categories, and for a total its parts with their weights."""

    id: str
    name: Texts
    about: Texts
    klass: str
    scale: tuple[float, float]
    parts: tuple[tuple[str, float], ...]
    min_coverage: float
    category_coverage: float
    categories: tuple[Category, ...]
    label: Texts


@dataclass(frozen=True, slots=True)
class EditionSpec:
    """An edition of the indices: only figures known by ``as_of`` are used."""

    id: str
    as_of: dt.date
    note: Texts


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    """An indicator: where its values come from and how they become a score."""

    code: str
    parent: str
    level: int
    name: Texts
    weight: float
    direction: int
    klass: str
    unit: str
    origin: str
    low: float
    high: float
    transform: str
    source: Sources

    @property
    def figure(self) -> str:
        """The name of the figure it reads; empty when it counts incidents."""
        return self.origin.removeprefix("figure:") if self.origin.startswith("figure:") else ""

    @property
    def history(self) -> tuple[str, ...]:
        """The types of incidents it counts; empty when it reads a figure."""
        if not self.origin.startswith("history:"):
            return ()
        return tuple(self.origin.removeprefix("history:").split(";"))


@dataclass(frozen=True, slots=True)
class PastIncident:
    """What happened before: date, region, place class, type, measure and outlet only."""

    id: str
    date: dt.date
    precision: str
    region: str
    place_class: str
    type: str
    measure: Texts
    outlet: str
    source_date: dt.date | None
    source: Sources
    known_at: dt.date


@dataclass(frozen=True, slots=True)
class HistoryType:
    """A type of past incidents and the class of fact it counts for."""

    id: str
    name: Texts
    klass: str


@dataclass(frozen=True, slots=True)
class CastMember:
    """A member of the exercise by role; ``agency`` is empty for the host's administrator."""

    id: str
    agency: str
    role: str


@dataclass(frozen=True, slots=True)
class Inject:
    """One step of an exercise; ``name`` stands for the id of what the verb opens.

    ``source`` names what really happened that it is built around: an incident, a stage or a source
    of the pack; empty where all of it is invented.
    """

    number: int
    at: datetime
    who: str
    verb: str
    subject: str
    data: Mapping[str, Json]
    name: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise: invented injects in order of time."""

    title: Texts
    notice: Texts
    play_until: int
    injects: tuple[Inject, ...]


@dataclass(frozen=True, slots=True)
class OperationSpec:
    """The operation: its name, its window (aware UTC) and who chairs it."""

    codename: str
    starts: datetime
    ends: datetime
    chair: str
    window_note: Texts
    stations_owner: str = ""  # the kind of institution that keeps the register of stations
    pattern: tuple[str, ...] = ()  # the parts of a pattern of guarding, by name
    countersigners: tuple[str, ...] = ()  # the institutions that countersign each seal


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Figures that disagree: a total and its parts, or two sources of one figure.

    ``parts`` and ``difference`` are None where a part is unknown; ``source`` holds all that speak.
    """

    region: str
    figure: str
    period: str
    published: float
    parts: float | None
    difference: float | None
    source: str
    note: str
    of: str = "total"  # or "sources": two sources of one figure; or "areas": places without unit
    unit: str = ""

    def as_json(self) -> dict[str, object]:
        """The discrepancy as a JSON object."""
        return {
            "region": self.region, "figure": self.figure, "period": self.period,
            "published": _plain(self.published), "parts": _plain(self.parts),
            "difference": _plain(self.difference), "source": self.source, "note": self.note,
            "of": self.of, "unit": self.unit,
        }  # fmt: skip


def _plain(value: float | None) -> float | int | None:
    return int(value) if value is not None and value == int(value) else value
