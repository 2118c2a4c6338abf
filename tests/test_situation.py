"""Counting by region and by unit: the same things, each once, whatever the tree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anoa.coordination.values import THINGS, Post, Report, Threat
from anoa.ladder import Rung
from anoa.oplog import Handling
from anoa.pack import Pack, load_pack
from anoa.picture import Picture
from anoa.situation import Counts, is_under, line_of, lines_of, situation

AT = datetime(2024, 8, 20, tzinfo=UTC)
PACK = load_pack(Path(__file__).parents[1] / "packs" / "sultra-2024")
CUT = ("74", "74.02", "74.05", "74.15", "74.03", "74.02.11", "74.02.01", "74.05.07", "74.05.01",
       "74.15.04", "74.12")  # fmt: skip


@pytest.fixture
def pack() -> Pack:
    return PACK


def threat(number: int, place: str, rung: Rung = Rung.POTENTIAL, sudden: bool = False) -> Threat:
    return Threat(
        f"T-{number:04d}", "kpu-prov", Handling.INSTITUTIONS, place, "rumor", rung, AT, AT, "low",
        (), (), AT, provisional_until=AT if sudden else None,
    )  # fmt: skip


def report(number: int, region: str, sub_district: str | None = None, answered: bool = False):
    return Report(
        f"R-{number:04d}", "kpu-prov", Handling.INSTITUTIONS, AT, AT, region, "rumor", "place",
        "road", "A", 1, "seen", AT - timedelta(hours=1), sub_district=sub_district,
        acknowledged_at=AT if answered else None,
    )  # fmt: skip


def picture_of(*things) -> Picture:
    kept: dict[str, dict] = {thing: {} for thing in THINGS}
    for one in things:
        kind = {Threat: "threat", Report: "report", Post: "post"}[type(one)]
        kept[kind][one.id] = one
    return Picture(1, AT, kept)


def test_a_thing_in_a_sub_district_counts_in_its_one_unit(pack):
    found = situation(picture_of(report(1, "74.02", "74.02.11")), pack, AT, "police")
    by_code = {line.code: line for line in found.lines}
    assert by_code["polresta-kendari"].own == Counts(unanswered=1)
    assert not by_code["polres-konawe"].all and not found.shared


def test_a_thing_of_a_regency_cut_by_units_stands_under_each_and_once_in_the_total(pack):
    found = situation(picture_of(threat(1, "74.02", Rung.ACTUAL, True)), pack, AT, "police")
    holding = {line.code: line for line in found.lines if line.all}
    assert set(holding) == {"polresta-kendari", "polres-konawe"}
    assert all(line.shared == Counts(actual=1, provisional=1) for line in holding.values())
    assert not any(line.own for line in holding.values())
    assert found.total == found.shared == Counts(actual=1, provisional=1)


def test_a_sub_district_of_which_it_is_not_known_whose_it_is_is_given_to_nobody(pack):
    found = situation(picture_of(threat(1, "74.05.01")), pack, AT, "police")
    assert not any(line.own for line in found.lines)
    assert {line.code for line in found.lines if line.shared} == {
        "polresta-kendari", "polres-konawe-selatan",
    }  # fmt: skip


def test_what_concerns_the_whole_operation_has_a_line_of_its_own_first(pack):
    for tree in pack.trees:
        found = situation(picture_of(threat(1, "74")), pack, AT, tree)
        assert (found.lines[0].code, found.lines[0].potential) == ("74", 1)
        assert found.total == Counts(potential=1) and not found.shared


def test_a_closed_threat_and_an_answered_report_count_nowhere(pack):
    told = picture_of(threat(1, "74.03", Rung.CLOSED), report(1, "74.03", answered=True))
    for tree in pack.trees:
        found = situation(told, pack, AT, tree)
        assert not found.total and not any(line.all for line in found.lines)


def test_a_unit_names_the_regions_from_which_nobody_was_heard(pack):
    late = pack.clocks.silent_after
    told = picture_of(Post("74.03", "kpu-prov", AT), Post("74.13", "kpu-prov", AT - late * 2))
    muna = line_of(told, pack, AT, "polres-muna")
    assert (muna.heard_at, muna.silent, muna.is_silent) == (AT, ("74.13",), True)
    assert line_of(told, pack, AT, "74.03").silent == ()
    assert line_of(told, pack, AT, "74.07").silent == ("74.07",)


def test_the_lines_are_the_regions_or_the_units(pack):
    assert lines_of(pack, "civil") == pack.leaf_regions
    assert lines_of(pack, "police") == tuple(pack.units)


PLACES = st.sampled_from(CUT)
THREATS = st.lists(
    st.tuples(PLACES, st.sampled_from(list(Rung)), st.booleans()), max_size=8
)  # fmt: skip
REPORTS = st.lists(st.tuples(PLACES, st.booleans()), max_size=8)


@given(THREATS, REPORTS)
def test_the_sum_over_units_with_shared_counted_once_is_the_civil_total(threats, reports):
    things = [threat(n, place, rung, sudden and rung is Rung.ACTUAL)
              for n, (place, rung, sudden) in enumerate(threats)]  # fmt: skip
    for n, (place, answered) in enumerate(reports):
        inside = PACK.region_of(place) or place
        things.append(report(n, inside, place if place in PACK.sub_districts else None, answered))
    told = picture_of(*things)
    civil, police = (situation(told, PACK, AT, tree) for tree in PACK.trees)
    assert sum((line.own for line in civil.lines), Counts()) == civil.total
    assert sum((line.own for line in police.lines), police.shared) == civil.total == police.total
    assert not civil.shared
    for line in police.lines:
        assert line == line_of(told, PACK, AT, line.code)
        under = [t for t in told.threats.values()
                 if t.rung is not Rung.CLOSED and is_under(PACK, t, line.code)]  # fmt: skip
        if line.code in PACK.units:
            assert len(under) == line.actual + line.threshold + line.potential
