"""How well reports that tell of one event are found: pairs of reports from Kenya, 1992 to 2022.

    python benchmarks/same_event.py [--data ../shared/data/events] [--samples 200] [--write]

Read of each report: place, time, type, target class, source class. Trained on events up to 2013,
tested on events from 2017; every threshold is chosen on the training part, on predictions for
months that were left out of the fit. A pair counts as found when both reports lie in one group (for
"pairs alone", when the pair itself is probable enough); all pairs of one event that the record
names count as true, also those too far apart to be compared. Intervals: 95 of 100 samples of
events, and of places (cells of half a degree), drawn with replacement. ``--write`` fits the
weights that anoa carries and writes them to its source. Takes about 40 seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from anoa.same_event import (
    FEATURES,
    Account,
    Pairs,
    Source,
    chance,
    compare,
    fit,
    linked,
)

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "events"
TRAIN_TO, TEST_FROM = 2013, 2017
FOLDS = 10
LIMITS = np.arange(0.05, 0.96, 0.05)
WORTH_A_LOOK = 0.3  # of the pairs of the lowest band so many are right on the training part
CERTAIN, CERTAIN_RECALL = 0.9, 0.10  # near-certain: offered where recall at that precision is so
WIDE = 2  # precision of a place up to which it is a country or province
LISTS = {"Human rights commission", "Special commission", "National government agency"}
PRESS = {"International news agency", "International news media", "National news media"}
SOURCE_SETS = {
    "data": "Kenya election violence, report level (MAVERICK), van Baalen and Höglund, "
    "doi:10.1093/isq/sqag014, doi:10.1093/jopres/xjaf012",
    "licence": "the data are CC BY 4.0; the weights are figures computed from them",
    "trained_on": "1,254 reports of events from 1992 to 2013 whose place is known",
    "not_validated": "tried on events of Kenya from 2017 to 2022 only, never in another country",
}
Links = list[tuple[int, int, float]]


@dataclass(frozen=True)
class Part:
    """The reports of some years whose place is known, their events, and how many pairs are true."""

    accounts: list[Account]
    events: list[str]
    months: np.ndarray
    true_pairs: int
    without_place: int

    def is_same(self, pairs: Pairs) -> np.ndarray:
        """Whether both reports of a pair are of one event."""
        names = np.array(self.events)
        return names[pairs.first] == names[pairs.second]


def account(row: dict[str, str]) -> Account:
    """A report as an account: of the row, the five things and nothing else."""
    types = {
        one.strip()
        for name in ("actor1_violence", "actor2_violence")
        for one in row[name].split(";")
    } - {"", "NA", "Unknown"}
    kind = row["source_type"]
    return Account(
        row["id"], float(row["latitude"]), float(row["longitude"]),
        int(row["geo_precision"]) <= WIDE, day(row["date_start"]),
        max(day(row["date_start"]), day(row["date_end"])),
        frozenset(types), frozenset({row["target"]} - {"Unknown", ""}),
        Source.LISTS if kind in LISTS else Source.TELLS if kind in PRESS else Source.ASSOCIATION,
    )  # fmt: skip


def day(text: str) -> datetime:
    """A date as the instant at which it begins."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def part(rows: Sequence[dict[str, str]], keep: Callable[[int], bool]) -> Part:
    """The reports whose event began in the years to keep."""
    mine = [row for row in rows if keep(int(row["date_start"][:4]))]
    placed = [row for row in mine if row["latitude"] not in ("", "NA")]
    sizes = Counter(row["event_id"] for row in mine).values()
    months = [int(row["date_start"][:4]) * 12 + int(row["date_start"][5:7]) for row in placed]
    return Part(
        [account(row) for row in placed], [row["event_id"] for row in placed], np.array(months),
        sum(size * (size - 1) // 2 for size in sizes), len(mine) - len(placed),
    )  # fmt: skip


def parts(data: Path) -> tuple[Part, Part]:
    """The training part and the test part."""
    with (data / "kenya_reports.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return part(rows, lambda year: year <= TRAIN_TO), part(rows, lambda year: year >= TEST_FROM)


# -- ways to find them ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """A way to find pairs: what gives probabilities, what groups, and whether a limit is chosen."""

    name: str
    learn: Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]
    group: str  # pairs, chain, average
    chooses: bool = True


def column(name: str) -> int:
    """The place of a feature."""
    return FEATURES.index(name)


def rule(with_type: bool) -> Callable[..., Any]:
    """The plain rule: the same place and the same first day, and a type in common if asked."""

    def learn(features: np.ndarray, is_same: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        def probability(asked: np.ndarray) -> np.ndarray:
            found = (asked[:, column("same_place")] > 0) & (asked[:, column("start_apart")] < 0.01)
            if with_type:
                found &= asked[:, column("types_shared")] > 0
            return found.astype(float)

        return probability

    return learn


def logistic(*without: str) -> Callable[..., Any]:
    """A logistic regression on the features, some of them left out."""
    kept = [place for place, name in enumerate(FEATURES) if name not in without]

    def learn(features: np.ndarray, is_same: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        weights = fit(features[:, kept], is_same)
        return lambda asked: chance(asked[:, kept], weights)

    return learn


def fellegi_sunter(features: np.ndarray, is_same: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Fellegi and Sunter's weights of agreement, each comparison taken by itself."""
    cells = cells_of(features)
    prior = np.log((is_same.sum() + 1) / ((~is_same).sum() + 1))
    tables = []
    for cell in cells.T:
        width = int(cell.max()) + 2
        same = np.bincount(cell[is_same], minlength=width) + 0.5
        other = np.bincount(cell[~is_same], minlength=width) + 0.5
        tables.append(np.log(same / same.sum()) - np.log(other / other.sum()))

    def probability(asked: np.ndarray) -> np.ndarray:
        sums = np.full(len(asked), prior)
        for table, cell in zip(tables, cells_of(asked).T, strict=True):
            sums += table[np.minimum(cell, len(table) - 1)]
        return 1 / (1 + np.exp(-sums))

    return probability


def cells_of(features: np.ndarray) -> np.ndarray:
    """The features in steps, as agreement is counted."""

    def steps(name: str, *limits: float) -> np.ndarray:
        return np.digitize(features[:, column(name)], np.log1p(limits))

    types = np.digitize(features[:, column("types_shared")], (0.01, 0.99))
    types = np.where(features[:, column("types_unknown")] > 0, 3, types)
    targets = features[:, column("targets_agree")] + 2 * features[:, column("targets_differ")]
    meeting = features[:, column("lists_lists") : column("association_tells") + 1]
    met = np.where(meeting.any(axis=1), meeting.argmax(axis=1) + 1, 0)
    return np.column_stack([
        steps("distance", 0.1, 1, 5, 15), steps("start_apart", 0.5, 1.5, 2.5),
        types, targets, met, steps("busiest", 2, 5, 10, 20, 40),
        features[:, column("wide")],
    ]).astype(int)  # fmt: skip


SOURCES = FEATURES[column("lists_lists") : column("association_tells") + 1]
CROWD = ("busiest", "quietest")
SHIPPED = Way("logistic, average link (in anoa)", logistic(), "average")
WAYS = (
    Way("same place and day", rule(False), "pairs", chooses=False),
    Way("same place, day and type", rule(True), "pairs", chooses=False),
    Way("Fellegi-Sunter, pairs alone", fellegi_sunter, "pairs"),
    Way("Fellegi-Sunter, average link", fellegi_sunter, "average"),
    Way("logistic, pairs alone", logistic(), "pairs"),
    Way("logistic, linked in chains", logistic(), "chain"),
    SHIPPED,
    Way("… without source class", logistic(*SOURCES), "average"),
    Way("… without how much goes on", logistic(*CROWD), "average"),
    Way("… without either", logistic(*SOURCES, *CROWD), "average"),
)


def left_out(way: Way, one: Part, pairs: Pairs) -> np.ndarray:
    """Probabilities of the training pairs, each from a fit without the months of its fold."""
    folds, is_same = one.months % FOLDS, one.is_same(pairs)
    found = np.zeros(len(pairs))
    for fold in range(FOLDS):
        mine, other = folds[pairs.first] == fold, folds[pairs.second] == fold
        if mine.any():
            learnt = way.learn(pairs.features[~mine & ~other], is_same[~mine & ~other])
            found[mine] = learnt(pairs.features[mine])
    return found


def found_pairs(way: Way, count: int, pairs: Pairs, found: np.ndarray, least: float) -> np.ndarray:
    """The pairs that a way puts together at a limit, as rows of two places."""
    if way.group == "pairs":
        chosen = found >= least
        return np.column_stack([pairs.first[chosen], pairs.second[chosen]])
    links = list(zip(pairs.first.tolist(), pairs.second.tolist(), found.tolist(), strict=True))
    sets = linked(count, links, least) if way.group == "average" else chains(count, links, least)
    rows = [pair for group in sets for pair in combinations(group, 2)]
    return np.array(rows, int).reshape(-1, 2)


def chains(count: int, links: Links, least: float) -> list[tuple[int, ...]]:
    """Connected groups: whoever is linked to one is linked to all."""
    heads = list(range(count))

    def head(one: int) -> int:
        while heads[one] != one:
            heads[one] = heads[heads[one]]
            one = heads[one]
        return one

    for one, other, found in links:
        if found >= least:
            heads[head(one)] = head(other)
    sets: dict[int, list[int]] = {}
    for one in range(count):
        sets.setdefault(head(one), []).append(one)
    return [tuple(group) for group in sets.values() if len(group) > 1]


# -- scores ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 over pairs."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-12)


def score(right: float, found: float, true: float) -> Score:
    """The score of so many right ones among those found, and of so many true ones."""
    return Score(right / max(found, 1e-12), right / max(true, 1e-12))


def scored(one: Part, rows: np.ndarray) -> Score:
    """The score of pairs that were put together."""
    names = np.array(one.events)
    right = int((names[rows[:, 0]] == names[rows[:, 1]]).sum())
    return score(right, len(rows), one.true_pairs)


def interval(one: Part, rows: np.ndarray, units: list[str], samples: int) -> tuple[float, float]:
    """F1 in 95 of 100 samples of units; a pair weighs what its two units weigh on average."""
    rng = np.random.default_rng(20260101)
    names, places = np.array(one.events), np.unique(units, return_inverse=True)[1]
    right = names[rows[:, 0]] == names[rows[:, 1]]
    truth = np.array([pair for places_of in by_event(one.events)
                      for pair in combinations(places_of, 2)], int).reshape(-1, 2)  # fmt: skip
    count, values = int(places.max()) + 1, []
    for _ in range(samples):
        drawn = np.bincount(rng.integers(0, count, count), minlength=count)
        weigh = (drawn[places[rows[:, 0]]] + drawn[places[rows[:, 1]]]) / 2
        true = ((drawn[places[truth[:, 0]]] + drawn[places[truth[:, 1]]]) / 2).sum()
        missed = one.true_pairs - len(truth)
        values.append(score(weigh[right].sum(), weigh.sum(), true + missed).f1)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def by_event(events: list[str]) -> list[list[int]]:
    """The places of the reports of each event."""
    found: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        found.setdefault(event, []).append(place)
    return list(found.values())


def cells(one: Part) -> list[str]:
    """The cell of half a degree in which each report lies."""
    return [f"{round(a.latitude * 2)} {round(a.longitude * 2)}" for a in one.accounts]


def chosen_limit(way: Way, train: Part, pairs: Pairs, found: np.ndarray) -> float:
    """The limit with the best F1 on the training part."""
    if not way.chooses:
        return 0.5
    count = len(train.accounts)
    return float(max(LIMITS, key=lambda least: scored(
        train, found_pairs(way, count, pairs, found, least)).f1))  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The limits of the bands on the training part, and what recall each has there."""

    least: dict[str, float]
    recall_at_certain: float


def bands(train: Part, pairs: Pairs, found: np.ndarray, likely: float) -> Limits:
    """The least probability of each band that is offered.

    Near-certain at a precision of .9 where that finds enough, likely at the best F1; of the
    possible ones three in ten are right on the training part.
    """
    order = np.argsort(-found)
    right = np.cumsum(train.is_same(pairs)[order])
    precision, recall = right / np.arange(1, len(order) + 1), right / train.true_pairs

    reached = np.flatnonzero(precision >= CERTAIN)
    last = int(reached.max()) if len(reached) else 0
    certain_recall = float(recall[last]) if len(reached) else 0.0
    offered = certain_recall >= CERTAIN_RECALL
    least = {"near_certain": round(float(found[order][last]), 4)} if offered else {}
    is_same = train.is_same(pairs)
    worth = [limit for limit in LIMITS if limit < likely - 0.01
             and is_same[(found >= limit) & (found < likely)].mean() >= WORTH_A_LOOK]  # fmt: skip
    least |= {"likely": round(likely, 4), "possible": round(float(min(worth, default=likely)), 4)}
    return Limits(least, certain_recall)


# -- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    way: Way
    limit: float
    train: Score
    test: Score
    rows: np.ndarray


def measured(way: Way, train: Part, test: Part, seen: Pairs, asked: Pairs) -> Line:
    """A way with its limit chosen on the training part, and what it finds in the test part."""
    inside = left_out(way, train, seen)
    limit = chosen_limit(way, train, seen, inside)
    outside = way.learn(seen.features, train.is_same(seen))(asked.features)
    rows = found_pairs(way, len(test.accounts), asked, outside, limit)
    kept = found_pairs(way, len(train.accounts), seen, inside, limit)
    return Line(way, limit, scored(train, kept), scored(test, rows), rows)


def measure(data: Path, samples: int, *, write: bool = False) -> dict[str, Any]:
    """Print the table; returns the figures of the shipped way."""
    train, test = parts(data)
    seen, asked = compare(train.accounts), compare(test.accounts)
    for name, one, pairs in (("training", train, seen), ("test", test, asked)):
        print(f"{name}: {len(one.accounts)} reports with a place ({one.without_place} without), "
              f"{len(pairs)} pairs compared, of {one.true_pairs} true pairs "
              f"{int(one.is_same(pairs).sum())} among them")  # fmt: skip
    print(f"\n{'way':34} {'limit':>5} | training P R F1 | test P    R     F1    events      places")
    lines = [measured(way, train, test, seen, asked) for way in WAYS]
    for line in lines:
        print(told(line, test, samples))
    mine = next(line for line in lines if line.way is SHIPPED)
    inside = left_out(SHIPPED, train, seen)
    alone = next(line for line in lines if line.way.name == "logistic, pairs alone")
    limits = bands(train, seen, inside, alone.limit)
    weights = fit(seen.features, train.is_same(seen))
    print_bands(limits, test, asked, chance(asked.features, weights))
    if write:
        write_weights(weights, limits, mine.limit, len(train.accounts))
    return {"f1": mine.test.f1, "recall_at_certain": limits.recall_at_certain}


def told(line: Line, test: Part, samples: int) -> str:
    """A row of the table."""
    events = interval(test, line.rows, test.events, samples)
    places = interval(test, line.rows, cells(test), samples)
    a, b = line.train, line.test
    return (
        f"{line.way.name:34} {line.limit:5.2f} | {a.precision:.2f} {a.recall:.2f} {a.f1:.2f}  | "
        f"{b.precision:.3f} {b.recall:.3f} {b.f1:.3f}  {events[0]:.2f}–{events[1]:.2f}   "
        f"{places[0]:.2f}–{places[1]:.2f}"
    )


def print_bands(limits: Limits, test: Part, asked: Pairs, found: np.ndarray) -> None:
    """How right each band is on the test part."""
    print(f"\nrecall on the training part at precision {CERTAIN}: {limits.recall_at_certain:.3f} "
          f"(near-certain is offered from {CERTAIN_RECALL})")  # fmt: skip
    upper = 1.01
    for name, least in limits.least.items():
        inside = (found >= least) & (found < upper)
        right = int(test.is_same(asked.among(inside)).sum())
        print(f"  {name:13} from {least:.2f}: {inside.sum():4} pairs of the test part, "
              f"{right} right ({right / max(inside.sum(), 1):.2f})")  # fmt: skip
        upper = least


def write_weights(weights: np.ndarray, limits: Limits, grouping: float, reports: int) -> None:
    """Write what anoa carries."""
    value = {
        "provenance": SOURCE_SETS | {
            "trained_on": f"{reports:,} reports of events from 1992 to {TRAIN_TO} whose place "
            "is known"},
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, weights, strict=True)},
        "recall_at_certain": round(limits.recall_at_certain, 4),
        "bands": limits.least, "grouping": round(grouping, 4),
    }  # fmt: skip
    target = ROOT / "src" / "anoa" / "same_event" / "weights.json"
    target.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwrote {target.relative_to(ROOT)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write the fitted weights")
    given = parser.parse_args()
    if not (given.data / "kenya_reports.csv").exists():
        print(f"skipped: there is no kenya_reports.csv in {given.data}")
        return
    measure(given.data, given.samples, write=given.write)


if __name__ == "__main__":
    main()
