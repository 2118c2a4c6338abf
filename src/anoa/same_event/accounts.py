"""Accounts of events, and what two of them have in common.

Five things are read of an account and nothing else: place, time, type, target class, source class.
Neither its words nor its writer are; nor is who did what to whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from anoa.errors import DataError

Array = npt.NDArray[Any]
DAYS, DISTANCE_KM = 4, 30.0  # accounts further apart than this are not compared
CLOSE_DAYS, CLOSE_KM = 1, 5.0  # what counts as going on around an account
SAME_PLACE_KM = 0.1
KM_A_DEGREE = 111.2
DAY_S = 86_400.0


class Source(StrEnum):
    """The class of a source: who tells what happens, and who lists what was found out."""

    TELLS = "tells"  # tells of events as they happen: press, a duty post, a passer-by
    LISTS = "lists"  # lists events it looked into, each once: a commission, a register
    ASSOCIATION = "association"  # civil society and international organisations


@dataclass(frozen=True, slots=True)
class Account:
    """What one report says of an event; times are aware, places points in degrees.

    ``is_wide`` says that the point stands for a wide area (a region, a country) and not for a
    town or sub-district. Empty ``types`` or ``targets`` are unknown.
    """

    id: str
    latitude: float
    longitude: float
    is_wide: bool
    first: datetime
    last: datetime
    types: frozenset[str]
    targets: frozenset[str]
    source: Source

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise DataError("account {id}: its place is not on the earth", id=self.id)
        if self.first.tzinfo is None or self.last < self.first:
            raise DataError("account {id}: its times have no offset or run backwards", id=self.id)


FEATURES = (
    "constant", "same_place", "distance", "wide", "start_apart", "end_apart", "gap",
    "types_shared", "types_unknown", "types_differ", "targets_agree", "targets_differ",
    "lists_lists", "lists_tells", "association_lists", "association_association",
    "association_tells", "busiest", "quietest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of accounts that are near each other: their places in the list, and what compares.

    ``features`` has a row a pair and a column for each of FEATURES; ``distance_km`` and ``days``
    (whole days between the two, 0 when they overlap) are what a person is told.
    """

    first: Array
    second: Array
    distance_km: Array
    days: Array
    features: Array

    def __len__(self) -> int:
        return len(self.first)

    def among(self, chosen: Array) -> Pairs:
        """Those pairs that a mask or a list of places chooses."""
        return Pairs(self.first[chosen], self.second[chosen], self.distance_km[chosen],
                     self.days[chosen], self.features[chosen])  # fmt: skip


def compare(accounts: Sequence[Account]) -> Pairs:
    """The pairs of accounts that are near in place and time, each once, and how they compare."""
    first, second = _near(accounts)
    start, end = _days([one.first for one in accounts]), _days([one.last for one in accounts])
    distance = _distance(accounts, first, second)
    gap = _gap(start, end, first, second)
    around = _around(len(accounts), first, second, distance, gap)
    columns = (
        np.ones(len(first)),
        (distance < SAME_PLACE_KM) * 1.0,
        np.log1p(distance),
        _either(np.array([one.is_wide for one in accounts], bool), first, second),
        np.log1p(np.abs(start[first] - start[second])),
        np.log1p(np.abs(end[first] - end[second])),
        np.log1p(gap),
        *_types(accounts, first, second),
        *_targets(accounts, first, second),
        *_sources(accounts, first, second),
        np.log1p(np.maximum(around[first], around[second])),
        np.log1p(np.minimum(around[first], around[second])),
    )
    return Pairs(first, second, distance, gap, np.column_stack(columns))


def _days(times: Sequence[datetime]) -> Array:
    """Times in whole days; of instants the nearest, so that midnight parts nothing."""
    return np.array([one.timestamp() / DAY_S for one in times], float)


def _near(accounts: Sequence[Account]) -> tuple[Array, Array]:
    latitude = np.array([one.latitude for one in accounts], float)
    longitude = np.array([one.longitude for one in accounts], float)
    start, end = _days([one.first for one in accounts]), _days([one.last for one in accounts])
    lefts, rights = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for here in range(len(accounts) - 1):
        rest = np.arange(here + 1, len(accounts))
        apart = np.maximum(start[rest], start[here]) - np.minimum(end[rest], end[here])
        km = _km(latitude[here], longitude[here], latitude[rest], longitude[rest])
        found = rest[(apart < DAYS + 0.5) & (km <= DISTANCE_KM)]
        lefts.append(np.full(len(found), here))
        rights.append(found)
    return np.concatenate(lefts), np.concatenate(rights)


def _km(lat: Any, lon: Any, lats: Array, lons: Array) -> Array:
    """Distances over the ground; at some tens of kilometres the earth is flat enough."""
    east = (lons - lon) * np.cos(np.radians((lats + lat) / 2))
    found: Array = np.hypot(lats - lat, east) * KM_A_DEGREE
    return found


def _distance(accounts: Sequence[Account], first: Array, second: Array) -> Array:
    lat = np.array([one.latitude for one in accounts], float)
    lon = np.array([one.longitude for one in accounts], float)
    return _km(lat[first], lon[first], lat[second], lon[second])


def _gap(start: Array, end: Array, first: Array, second: Array) -> Array:
    apart = np.maximum(start[first], start[second]) - np.minimum(end[first], end[second])
    found: Array = np.maximum(0, np.rint(apart))
    return found


def _around(count: int, first: Array, second: Array, distance: Array, gap: Array) -> Array:
    """How many others each account has close to it: where much goes on, near means little."""
    close = (gap <= CLOSE_DAYS) & (distance <= CLOSE_KM)
    return np.bincount(np.concatenate([first[close], second[close]]), minlength=count)


def _either(flags: Array, first: Array, second: Array) -> Array:
    found: Array = (flags[first] | flags[second]) * 1.0
    return found


def _types(accounts: Sequence[Account], first: Array, second: Array) -> tuple[Array, ...]:
    table = _table([one.types for one in accounts])
    both = (table[first] & table[second]).sum(axis=1)
    either = (table[first] | table[second]).sum(axis=1)
    differ = (either > 0) & (both == 0)
    return tuple(map(_numbers, (both / np.maximum(either, 1), either == 0, differ)))


def _targets(accounts: Sequence[Account], first: Array, second: Array) -> tuple[Array, ...]:
    table = _table([one.targets for one in accounts])
    one, other = table[first], table[second]
    known = one.any(axis=1) & other.any(axis=1)
    agree = known & (one == other).all(axis=1)
    return tuple(map(_numbers, (agree, known & ~(one & other).any(axis=1))))


def _numbers(values: Any) -> Array:
    return np.asarray(values, float)


def _table(sets: Sequence[frozenset[str]]) -> Array:
    """Which words each set holds: a row a set, a column a word."""
    words = sorted(frozenset[str]().union(*sets))
    return np.array([[word in one for word in words] for one in sets], bool).reshape(len(sets), -1)


def _sources(accounts: Sequence[Account], first: Array, second: Array) -> tuple[Array, ...]:
    """Which classes meet; two that tell are what the others are compared with."""
    classes = sorted(Source)
    codes = np.array([classes.index(one.source) for one in accounts], int)
    low, high = np.minimum(codes[first], codes[second]), np.maximum(codes[first], codes[second])
    met = [tuple(map(Source, name.split("_"))) for name in FEATURES[12:17]]
    return tuple(
        ((low == classes.index(one)) & (high == classes.index(other))) * 1.0 for one, other in met
    )
