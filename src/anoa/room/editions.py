"""What the pages show of editions: the registry, and all that editions say of one region.

Editions of different schemes are never ranked against each other: each scheme is a group of its
own, and a group is in order of days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString

from anoa.pack import Age, Pack, PublishedEdition, PublishedScore, Reading
from anoa.picture import Picture
from anoa.room import charts, queries

PUBLISHED = "published"  # stands for the index of a published edition in its form
SIDE_BY_SIDE = 7  # dimensions that fit beside each other; more are listed by class
CLASS_ORDER = ("threat", "service", "procedure", "contest", "mixed")


@dataclass(frozen=True, slots=True)
class RegistryLine:
    """One edition in the registry: how old, how much of it is known, whether it is in use."""

    name: Mapping[str, str]
    detail: str
    klass: str
    scope: Mapping[str, str]
    low: float | None
    high: float | None
    as_of: date
    known_at: date | None
    age: Age
    known: int
    of: int
    conflicts: int
    is_adopted: bool
    published: PublishedEdition | None = None


@dataclass(frozen=True, slots=True)
class ShownScore:
    """One row of what an edition says of a region; ``score`` None: nothing found."""

    reading: Reading
    score: PublishedScore | None
    bar: SafeString
    is_first: bool
    flags_nearly_all: bool = False


@dataclass(frozen=True, slots=True)
class ShownReading:
    """An edition on the page of a region: its age, and one row for each source."""

    reading: Reading
    age: Age
    rows: tuple[ShownScore, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """The dimensions of one edition: beside each other, or by class where they are many."""

    reading: Reading
    is_wide: bool
    by_class: tuple[tuple[str, tuple[Reading, ...]], ...]


def registry(pack: Pack, picture: Picture, today: date) -> list[list[RegistryLine]]:
    """The editions known by the day, a group for each scheme, the newest first in each."""
    groups: dict[str, list[RegistryLine]] = {pack.main_index: _own_lines(pack, picture, today)}
    for edition in pack.published.values():
        if edition.known_at <= today:
            line = _published_line(pack, picture, edition, today)
            groups.setdefault(edition.scheme, []).append(line)
    return [sorted(lines, key=lambda one: one.as_of)[::-1] for lines in groups.values() if lines]


def _own_lines(pack: Pack, picture: Picture, today: date) -> list[RegistryLine]:
    main = pack.indices[pack.main_index]
    in_use = {one.edition for one in picture.editions.values() if one.index == main.id}
    return [
        RegistryLine(
            main.name, one.id, main.klass, main.label, *main.scale, one.as_of, None,
            Age.between(one.as_of, today),
            sum(row.total.score is not None for row in queries.index_table(pack, one.id)),
            len(pack.leaf_regions), 0, one.id in in_use,
        )
        for one in pack.editions.values()
        if one.as_of <= today or one.id in in_use
    ]  # fmt: skip


def _published_line(
    pack: Pack, picture: Picture, one: PublishedEdition, today: date
) -> RegistryLine:
    readings = pack.readings_in(one.id, today)
    return RegistryLine(
        one.name, one.publisher, one.klass, one.scope, one.low, one.high, one.as_of, one.known_at,
        Age.between(one.as_of, today), sum(reading.says_something for reading in readings),
        len(readings), sum(reading.differs for reading in readings),
        f"{one.scheme}/{one.id}" in picture.editions, one,
    )  # fmt: skip


def free_to_adopt(pack: Pack, picture: Picture, today: date) -> tuple[str, ...]:
    """The ids of published editions that are known and not adopted."""
    return tuple(
        one.id
        for one in pack.published.values()
        if one.known_at <= today and f"{one.scheme}/{one.id}" not in picture.editions
    )


def of_region(pack: Pack, code: str, today: date) -> dict[str, Any]:
    """What published editions say of a region, and their dimensions, as the page shows them."""
    readings = pack.published_of(code, today)
    return {
        "readings": [
            ShownReading(one, Age.between(one.edition.as_of, today), tuple(_rows(one)))
            for one in readings
        ],
        "parts": [_parts(one) for one in readings if one.parts],
    }


def _rows(reading: Reading) -> list[ShownScore]:
    scores: Sequence[PublishedScore | None] = reading.scores or (None,)
    return [_row(reading, score, at == 0) for at, score in enumerate(scores)]


def _row(reading: Reading, score: PublishedScore | None, is_first: bool) -> ShownScore:
    value = score.value if score else None
    share = reading.edition.share(value) if value is not None else None
    return ShownScore(
        reading, score, charts.scale_bar(share), is_first, reading.edition.flags_nearly_all(value)
    )


def _parts(reading: Reading) -> Parts:
    found = {
        klass: tuple(part for part in reading.parts if part.node and part.node.klass == klass)
        for klass in CLASS_ORDER
    }
    by_class = tuple((klass, parts) for klass, parts in found.items() if parts)
    return Parts(reading, len(reading.parts) <= SIDE_BY_SIDE, by_class)
