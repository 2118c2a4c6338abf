"""Benchmark of the access check: what it costs to show 100 things to an institution.

    python benchmarks/access.py [--times 200] [--reports 20000]

Each list is made twice in turn, in the same run: from the whole picture, which nobody is shown, and
through the eyes of an institution. The difference of each pair is the cost of the check. Handlings
and owners are mixed; incidents name 20 reports each, of which some are hidden. Acts are tried on
100 things by a member whose part is not limited and by one who acts in one region alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
LISTED, LINKED = 100, 20
LIMIT_MS = 5.0
AT = datetime(2024, 9, 2, 4, 0, tzinfo=UTC)
OWNERS = ("police", "district-police", "commission", "supervisor", "forum")
READER = "commission"
Work = Callable[[], Any]


def handling_of(number: int) -> Any:
    """Public, institutions and sealed in turn, mostly institutions."""
    from anoa.oplog import Handling

    return (Handling.PUBLIC, *[Handling.INSTITUTIONS] * 6, Handling.SEALED)[number % 8]


def report(number: int) -> Any:
    """A report of a mixed owner and handling."""
    from anoa.coordination.values import Report

    return Report(
        id=f"R-{number:04d}", owner=OWNERS[number % 5], handling=handling_of(number),
        filed_at=AT, observed_at=AT, region="10.1", threat_type="clash", object="activity",
        place_class="road", reliability="B", credibility=2, obtained="seen", acknowledge_by=AT,
        sub_district=None, at_risk=None, submission=None,
    )  # fmt: skip


def whole_picture(reports: int) -> Any:
    """A picture with so many reports, and 100 of each other thing that is listed."""
    from anoa.coordination.values import THINGS, Commitment, Incident, Remark
    from anoa.picture import Picture
    from anoa.shelf import Shelf

    things: dict[str, list[Any]] = {name: [] for name in THINGS}
    things["report"] = [report(number) for number in range(1, reports + 1)]
    for number in range(1, LISTED + 1):
        common = {"owner": OWNERS[number % 5], "handling": handling_of(number)}
        linked = tuple(f"R-{(number * 7 + n) % reports + 1:04d}" for n in range(LINKED))
        things["incident"].append(Incident(
            id=f"I-{number:04d}", **common, region="10.1", threat_type="clash", opened_at=AT,
            place_class="road", observed_at=AT, sub_district=None, reports=linked))  # fmt: skip
        things["commitment"].append(Commitment(
            f"C-{number:04d}", **common, debtor="police", creditor="commission", what="A",
            proof="B", due=AT, requested_at=AT))  # fmt: skip
        things["remark"].append(
            Remark(
                f"N-{number:04d}", **common, about=linked[0], stance="comment", text="C", made_at=AT
            )
        )
    return Picture(1, AT, {name: Shelf.of(items) for name, items in things.items()})


def lists(picture: Any) -> dict[str, tuple[Work, Work]]:
    """Each list without and with the check."""
    from anoa.columns import find
    from anoa.oplog import Entry
    from anoa.sight import may_see

    seen = picture.seen_by(READER)
    entries = [
        Entry(n, AT, "m", OWNERS[n % 5], "remark.made", 1, f"N-{n:04d}", {}, handling_of(n))
        for n in range(1, LISTED + 1)
    ]

    def listed(of: Any, thing: str) -> Work:
        return lambda: [str(one.id) for one in of.things[thing].values()]

    def page(of: Any) -> Work:
        return lambda: [str(one.id) for one in find(of, "report").page("newest", LISTED).items]

    def readable() -> list[str]:
        return [one.subject for one in entries
                if may_see(one.handling, one.agency, READER, seen.sight.sees)]  # fmt: skip

    return {
        f"a page of {len(picture.reports):,} reports": (page(picture), page(seen)),
        f"incidents of {LINKED} reports each": (listed(picture, "incident"),
                                                listed(seen, "incident")),
        "commitments": (listed(picture, "commitment"), listed(seen, "commitment")),
        "remarks, with what they are about": (listed(picture, "remark"), listed(seen, "remark")),
        "entries of the log": (lambda: [one.subject for one in entries], readable),
    }  # fmt: skip


def acts(picture: Any) -> tuple[Work, Work]:
    """A hundred acts of a member without limits, and of one who acts in one region."""
    from tests.coordination_world import rules

    from anoa.coordination import Actor, act
    from anoa.coordination.values import Member
    from anoa.errors import AnoaError
    from anoa.shelf import Shelf

    known = rules()
    ours = [one.id for one in picture.reports.values() if one.handling == "institutions"
            and one.owner != READER][:LISTED]  # fmt: skip

    def trying(**limits: Any) -> Work:
        member = Member("m", READER, "duty_officer", **limits)
        state = replace(picture, things={**picture.things, "member": Shelf.of([member])})

        def work() -> int:
            done = 0
            for ident in ours:
                try:
                    act(state, known, Actor("m", READER, "duty_officer"), "report.acknowledge",
                        ident, {}, AT)  # fmt: skip
                    done += 1
                except AnoaError:
                    continue
            return done

        return work

    late = AT + timedelta(days=1)
    return trying(), trying(regions=("10.1",), valid_from=AT, valid_until=late)


def measured(pair: tuple[Work, Work], times: int) -> tuple[float, float, float, float]:
    """Medians without and with, then median and 95th percentile of the difference, in ms."""
    for work in pair:
        work()
    taken: list[tuple[float, float]] = []
    for turn in range(times):
        both = [0.0, 0.0]
        for which in ((0, 1), (1, 0))[turn % 2]:  # who is first profits from nothing
            began = time.perf_counter()
            pair[which]()
            both[which] = (time.perf_counter() - began) * 1000
        taken.append((both[0], both[1]))
    without, with_ = (sorted(times) for times in zip(*taken, strict=True))
    cost = sorted(two - one for one, two in taken)
    return (without[times // 2], with_[times // 2], cost[times // 2],
            cost[min(times - 1, times * 95 // 100)])  # fmt: skip


def main() -> int:
    """Print the table; returns 1 when the check of a list costs more than the limit."""
    parser = argparse.ArgumentParser(description="Cost of the access check on a list of 100.")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--reports", type=int, default=20_000)
    args = parser.parse_args()
    picture = whole_picture(args.reports)
    pairs = lists(picture)
    shown = pairs | {"for comparison: 100 acts, in one region": acts(picture)}
    print(f"{'100 things, milliseconds':<38} {'without':>8} {'with':>8} {'check':>8} {'p95':>8}")
    worst = 0.0
    for name, pair in shown.items():
        without, with_, cost, p95 = measured(pair, args.times)
        print(f"{name:<38} {without:8.3f} {with_:8.3f} {cost:8.3f} {p95:8.3f}")
        worst = max(worst, cost if name in pairs else 0.0)
    print(
        f"n={args.times} pairs each; load {os.getloadavg()[0]:.1f}; "
        f"limit {LIMIT_MS:.0f} ms a list (median)"
    )
    return int(worst > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
