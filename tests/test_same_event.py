"""Proposals that reports tell of one event: what is read, what is compared, what it is worth."""

import dataclasses
import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.errors import DataError
from anoa.same_event import (
    FEATURES,
    Account,
    Band,
    Source,
    Weights,
    compare,
    fit,
    groups,
    linked,
    shipped,
)

ROOT = Path(__file__).resolve().parent.parent
EVENTS = ROOT.parent / "shared" / "data" / "events"
NOON = datetime(2024, 11, 26, 4, 0, tzinfo=UTC)


def account(ident: str, hours: float = 0, km: float = 0, **changes: object) -> Account:
    at = NOON + timedelta(hours=hours)
    told: dict[str, object] = {
        "id": ident, "latitude": -4.0 + km / 111.2, "longitude": 122.5, "is_wide": False,
        "first": at, "last": at, "types": frozenset({"clash"}),
        "targets": frozenset({"activity", "road"}), "source": Source.TELLS,
    }  # fmt: skip
    return Account(**(told | changes))  # type: ignore[arg-type]


def chance_of(*accounts: Account) -> float:
    found = shipped().probability(compare(accounts))
    assert len(found) == 1
    return float(found[0])


def test_an_account_holds_five_things_and_no_person_party_or_word() -> None:
    names = {field.name for field in dataclasses.fields(Account)}
    assert names == {
        "id", "latitude", "longitude", "is_wide", "first", "last", "types", "targets", "source"
    }  # fmt: skip


def test_the_same_place_hour_type_and_target_are_more_probable_than_any_that_differ() -> None:
    one = account("a")
    same = chance_of(one, account("b", hours=2))
    assert same > chance_of(one, account("b", hours=2, km=8))
    assert same > chance_of(one, account("b", hours=50))
    assert same > chance_of(one, account("b", hours=2, types=frozenset({"rumor"})))
    assert same > chance_of(one, account("b", hours=2, targets=frozenset({"person", "office"})))
    assert shipped().band(same) in (Band.LIKELY, Band.NEAR_CERTAIN)


def test_midnight_parts_nothing() -> None:
    before = account("a", hours=-4.1)
    assert math.isclose(
        chance_of(before, account("b", hours=-3.9)), chance_of(account("a"), account("b", 0.2)),
        rel_tol=1e-6,
    )  # fmt: skip


@pytest.mark.parametrize("apart", [{"hours": 24 * 5.0}, {"km": 31.0}])
def test_what_lies_far_apart_is_not_compared(apart: dict[str, float]) -> None:
    assert len(compare([account("a"), account("b", **apart)])) == 0


def test_two_lines_of_lists_are_less_probable_than_two_that_tell() -> None:
    """A commission lists each event once, so two of its lines are mostly two events."""
    lists = chance_of(*(account(one, source=Source.LISTS) for one in "ab"))
    assert lists < chance_of(account("a"), account("b")) - 0.1


def test_where_much_goes_on_near_means_less() -> None:
    pair = [account("a"), account("b", 1)]
    crowd = [account(f"c{n}", hours=n % 5, km=1 + n % 3) for n in range(30)]
    quiet, busy = compare(pair), compare([*pair, *crowd])
    first = np.flatnonzero((busy.first == 0) & (busy.second == 1))
    assert shipped().probability(quiet)[0] > shipped().probability(busy)[first[0]]


def test_nothing_is_called_near_certain_where_too_few_were_found_at_that_precision() -> None:
    known = shipped()
    assert Band.NEAR_CERTAIN not in known.bands or known.recall_at_certain >= 0.10
    with pytest.raises(DataError, match="near-certain"):
        dataclasses.replace(known, recall_at_certain=0.09)
    without = {band: least for band, least in known.bands.items() if band != Band.NEAR_CERTAIN}
    humble = dataclasses.replace(known, recall_at_certain=0.09, bands=without)
    assert humble.band(0.999) is Band.LIKELY


def test_weights_for_other_features_are_refused() -> None:
    known = shipped()
    with pytest.raises(DataError, match="fit them anew"):
        Weights({"constant": 1.0}, 0.2, known.bands, 0.3, known.provenance)


def test_the_weights_say_from_what_they_were_learnt_and_where_not_tried() -> None:
    whence = shipped().provenance
    assert "10.1093" in whence.data and "CC BY 4.0" in whence.licence
    assert "2013" in whence.trained_on and "never in another country" in whence.not_validated


@pytest.mark.parametrize("wrong", [
    {"latitude": 91.0}, {"longitude": float("nan")}, {"last": NOON - timedelta(hours=1)},
    {"first": datetime(2024, 1, 1)},  # noqa: DTZ001
])  # fmt: skip
def test_an_account_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(DataError, match="account a"):
        account("a", **wrong)


def test_a_fit_finds_the_weights_that_made_the_answers() -> None:
    rng = np.random.default_rng(7)
    features = np.column_stack([np.ones(4000), rng.normal(size=4000), rng.normal(size=4000)])
    truth = np.array([-0.5, 1.5, -2.0])
    answers = rng.random(4000) < 1 / (1 + np.exp(-features @ truth))
    assert np.allclose(fit(features, answers), truth, atol=0.2)


LINKS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.floats(0, 1)), max_size=30).map(
    lambda rows: {(a, b): p for a, b, p in rows if a < b}
)


@settings(derandomize=True, deadline=None)
@given(LINKS, st.floats(0.05, 0.95))
def test_groups_share_nothing_and_fit_well_enough_on_average(
    links: dict[tuple[int, int], float], least: float
) -> None:
    found = linked(9, [(a, b, p) for (a, b), p in links.items()], least)
    members = [one for group in found for one in group]
    assert len(members) == len(set(members)) and all(len(group) > 1 for group in found)
    for group in found:
        assert any(links.get((a, b), 0) >= least for a in group for b in group)


ACCOUNTS = st.lists(
    st.tuples(st.floats(-60, 60), st.floats(0, 20), st.sampled_from(["clash", "rumor", ""]),
              st.sampled_from(list(Source))),
    min_size=2, max_size=12,
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=60)
@given(ACCOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_accounts_changes_no_probability(rows: list, rng: object) -> None:
    made = [
        account(f"a{n}", hours, km, types=frozenset({kind} - {""}), source=source)
        for n, (hours, km, kind, source) in enumerate(rows)
    ]
    mixed = list(made)
    rng.shuffle(mixed)  # type: ignore[attr-defined]

    def named(accounts: list[Account]) -> dict[frozenset[str], float]:
        pairs = compare(accounts)
        chances = shipped().probability(pairs)
        return {
            frozenset({accounts[a].id, accounts[b].id}): float(p)
            for a, b, p in zip(pairs.first, pairs.second, chances, strict=True)
        }

    one, other = named(made), named(mixed)
    assert one.keys() == other.keys()
    assert all(math.isclose(one[pair], other[pair], abs_tol=1e-9) for pair in one)
    assert {frozenset(g) for g in groups(made, shipped())} == {
        frozenset(g) for g in groups(made, shipped())
    }


@pytest.mark.skipif(
    not (EVENTS / "kenya_reports.csv").exists(),
    reason="the reports from Kenya are not beside the repository (../shared/data/events)",
)
def test_the_figure_on_the_reports_from_kenya_holds_and_the_shipped_weights_are_those() -> None:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        import same_event as bench
    finally:
        sys.path.pop(0)
    train, test = bench.parts(EVENTS)
    seen, asked = compare(train.accounts), compare(test.accounts)
    line = bench.measured(bench.SHIPPED, train, test, seen, asked)
    assert line.test.f1 >= 0.38
    weights = fit(seen.features, train.is_same(seen))
    known = shipped()
    assert np.allclose(weights, [known.of[name] for name in FEATURES], atol=1e-3)
    assert math.isclose(known.grouping, line.limit, abs_tol=1e-6)
