"""How fast an index is built: one build of 514 regions × 61 indicators against the raw limit.

Run from the root of the repository, nothing to prepare:

    PYTHONPATH=src python benchmarks/index_build.py [--repeats 200] [--json]

The raw limit is one weighted NumPy matrix product over the same figures, with no labels, no
checks, no goalposts and nothing unknown: what any build must at least pay. Times are CPU seconds
of this process, after one warm-up call, median of the repeats; limit and build alternate in the
same run, so that a busy machine slows both. The figures are invented (seed 42) and stand for no
real region. A build is what follows the tree: goalposts learnt, normalised, aggregated over four
levels, ranks, categories, coverage, contributions and all tables; the tree is timed on its own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from anoa.vulnerability import Category, Method, indicator_table

REGIONS, INDICATORS, SUBS, DIMENSIONS = 514, 61, 12, 4
# COINr 1.1.14 on R 4.2.2 with a synthetic table of this shape, measured in November 2026 on two
# vCPU of an AMD EPYC: new_coin, Treat, Normalise, Aggregate. Another machine: a hint, no ratio.
COINR_CPU_S = {"new_coin + Normalise + Aggregate": 0.009 + 0.006 + 0.123, "with Treat": 0.390}


def nodes() -> pd.DataFrame:
    """The tree: 61 indicators in 12 sub-dimensions in 4 dimensions, weights 30:30:25:15."""
    rows = [(f"i{at}", f"s{at % SUBS}", 1, 1.0) for at in range(INDICATORS)]
    rows += [(f"s{at}", f"d{at % DIMENSIONS}", 2, 1.0) for at in range(SUBS)]
    rows += [(f"d{at}", "index", 3, (30.0, 30.0, 25.0, 15.0)[at]) for at in range(DIMENSIONS)]
    table = pd.DataFrame(rows, columns=["code", "parent", "level", "weight"])
    return table.assign(direction=1, **{"class": "service"})


def method() -> Method:
    """The method over that tree, with learnt goalposts, three categories and limits."""
    return Method(
        "index", "service", indicator_table(nodes()), normalisation="minmax",
        min_coverage=0.3, category_coverage=0.5,
        categories=(Category("low", 0.0), Category("medium", 30.0), Category("high", 60.0)),
    )  # fmt: skip


def figures(rng: np.random.Generator, unknown: float) -> pd.DataFrame:
    """Invented skewed figures; a share ``unknown`` of the cells is NaN."""
    cells = rng.gamma(2.0, 10.0, size=(REGIONS, INDICATORS))
    cells[rng.random(cells.shape) < unknown] = np.nan
    regions = [f"r{at:03}" for at in range(REGIONS)]
    return pd.DataFrame(cells, index=regions, columns=[f"i{at}" for at in range(INDICATORS)])


def cpu_s(call: Callable[[], object], batch: int = 1) -> float:
    """CPU seconds of one call; ``batch`` calls are timed together where one is too short."""
    start = time.process_time_ns()
    for _ in range(batch):
        call()
    return (time.process_time_ns() - start) / 1e9 / batch


def measure(repeats: int) -> dict[str, float]:
    """Median CPU seconds by what was timed."""
    made, rng = method(), np.random.default_rng(42)
    full, holed = figures(rng, 0.0), figures(rng, 0.2)
    cells, weights = full.to_numpy(), made.effective_weights.to_numpy()
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "raw limit: one weighted matrix product": (lambda: cells @ weights, 200),
        "build, everything known": (lambda: made.fit(full).score(full), 1),
        "build, one figure in five unknown": (lambda: made.fit(holed).score(holed), 1),
        "the tree itself: checked and planted": (method, 1),
    }
    for call, _ in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, (call, batch) in calls.items():
            taken[name].append(cpu_s(call, batch))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=200, help="timed rounds (default 200)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    medians = measure(options.repeats)
    load = os.getloadavg()[0]
    if options.json:
        print(json.dumps({"cpu_s": medians, "load": load, "repeats": options.repeats}))
        return
    limit = next(iter(medians.values()))
    print(
        f"{REGIONS} regions × {INDICATORS} indicators, median of {options.repeats}, "
        f"load {load:.1f}, NumPy {np.__version__}, pandas {pd.__version__}\n"
    )
    print(f"{'what':44} {'CPU ms':>10} {'× raw limit':>12}")
    for name, taken in medians.items():
        print(f"{name:44} {taken * 1e3:10.4f} {taken / limit:12,.0f}")
    print("\nCOINr 1.1.14, the same shape, another machine (no ratio is claimed):")
    for name, taken in COINR_CPU_S.items():
        print(f"{name:44} {taken * 1e3:10.1f}")


if __name__ == "__main__":
    main()
