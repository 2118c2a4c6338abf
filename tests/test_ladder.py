"""Raise at once, lower slowly; never to actual without a verified incident."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.ladder import VERIFIED_INCIDENT, Rung, Signal, Standing
from coordination_world import HOUR, NOON, rules

LADDER = rules().ladder
KINDS = [kind for kind in LADDER.signals if kind != VERIFIED_INCIDENT]
SIGNALS = st.lists(
    st.builds(
        Signal,
        st.sampled_from(KINDS),
        st.integers(0, 400).map(lambda hours: NOON + hours * HOUR),
        st.sampled_from(["police", "commission", "supervisor"]),
        st.integers(1, 6).map(lambda number: f"R-{number:04d}"),
    ),
    max_size=12,
)
HOURS = st.integers(0, 400)
RUNGS = st.sampled_from(list(Rung))


def step(standing, signals, hours):
    return LADDER.step(standing, "clash", signals, NOON + hours * HOUR)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(SIGNALS, RUNGS, HOURS)
def test_without_a_verified_incident_nothing_reaches_actual(signals, rung, hours):
    found = step(Standing(rung, NOON), signals, hours)
    assert found is None or found.to is not Rung.ACTUAL


@settings(derandomize=True, deadline=None, max_examples=200)
@given(SIGNALS, RUNGS, HOURS)
def test_going_down_is_one_rung_and_from_actual_only_a_proposal(signals, rung, hours):
    found = step(Standing(rung, NOON), signals, hours)
    if found is not None and found.to.height < rung.height:
        assert rung.height - found.to.height == 1
        assert found.proposed is (rung is Rung.ACTUAL)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(SIGNALS, SIGNALS, RUNGS, HOURS)
def test_more_signals_never_lead_lower(signals, more, rung, hours):
    def height(found):
        return rung.height if found is None else found.to.height

    fewer = step(Standing(rung, NOON), signals, hours)
    all_of_them = step(Standing(rung, NOON), signals + more, hours)
    assert height(all_of_them) >= height(fewer)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(SIGNALS, RUNGS, HOURS)
def test_the_order_of_signals_does_not_matter(signals, rung, hours):
    one = step(Standing(rung, NOON), signals, hours)
    other = step(Standing(rung, NOON), signals[::-1], hours)
    assert (one is None) == (other is None)
    assert one is None or other is None or (one.to, one.rule) == (other.to, other.rule)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(SIGNALS, RUNGS, HOURS)
def test_no_rung_is_left_before_its_dwell(signals, rung, hours):
    found = step(Standing(rung, NOON), signals, hours)
    if found is not None and found.to.height < rung.height:
        assert timedelta(hours=hours) >= LADDER.dwell[rung]


def test_a_model_alone_lifts_no_higher_than_potential():
    alarms = [Signal("filter_alarm", NOON, chain, f"F-{chain}") for chain in ("a", "b", "c")]
    found = step(Standing(Rung.CLOSED, NOON), alarms, 0)
    assert found is None or found.to is Rung.POTENTIAL


def test_a_hold_by_hand_is_kept_to_its_end():
    held = Standing(Rung.THRESHOLD, NOON, NOON + 100 * HOUR)
    assert step(held, [], 99) is None
    assert step(held, [], 100).to is Rung.POTENTIAL
