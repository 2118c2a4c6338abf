"""Columns answer as going through every thing would; nobody finds by them what is not theirs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.roads import NAMES, load_road

from anoa import shelf
from anoa.columns import ORDERS, Wanted, find, newest, unanswered
from anoa.coordination.values import Incident, Report
from anoa.oplog import Handling
from anoa.picture import Picture
from anoa.shelf import Shelf
from anoa.sight import may_see
from coordination_world import NOON

OWNERS = ("police", "commission", "forum")
REGIONS = ("10.1", "10.2")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True, scope="module", params=[4, 1024])
def box(request):
    kept, shelf.BOX = shelf.BOX, request.param
    yield
    shelf.BOX = kept


def made(number: int, owner: str, handling: Handling, region: str, letter: str, answered: bool,
         observed: int) -> Report:  # fmt: skip
    filed = NOON + number * MINUTE
    return Report(
        id=f"R-{number:04d}", owner=owner, handling=handling, filed_at=filed,
        observed_at=NOON + observed * MINUTE, region=region, threat_type="clash",
        object="activity", place_class="office", reliability=letter, credibility=observed % 6 + 1,
        obtained="seen", acknowledge_by=filed + 5 * MINUTE,
        sub_district=f"{region}.1" if observed % 3 else None,
        acknowledged_at=filed if answered else None,
    )  # fmt: skip


REPORTS = st.lists(
    st.tuples(st.sampled_from(OWNERS), st.sampled_from(list(Handling)), st.sampled_from(REGIONS),
              st.sampled_from("ABCDEF"), st.booleans(), st.integers(0, 30)),
    max_size=20,
).map(lambda rows: [made(number, *row) for number, row in enumerate(rows, 1)])  # fmt: skip
READERS = st.tuples(st.sampled_from([*OWNERS, "observers", None]), st.sampled_from(list(Handling)))


def picture_of(reports: list[Report]) -> Picture:
    return Picture(1, NOON, {**Picture().things, "report": Shelf.of(reports)})


@given(REPORTS, READERS)
def test_a_reader_finds_by_columns_what_the_rule_shows_and_nothing_else(reports, reader):
    agency, sees = reader
    seen = picture_of(reports).seen_by(agency, sees)
    wanted = [one for one in reports if may_see(one.handling, one.owner, agency, sees)]
    found = find(seen, "report")
    assert list(found.items()) == wanted == list(seen.reports.values()) and len(found) == len(
        wanted
    )
    assert found.counts("owner") == {
        owner: n for owner in OWNERS if (n := sum(one.owner == owner for one in wanted))
    }
    assert newest(seen, "report", 3) == wanted[:-4:-1]
    assert all(
        may_see(one.handling, one.owner, agency, sees) for one in unanswered(seen, NOON).items()
    )


@given(REPORTS, READERS, st.sampled_from([*REGIONS, "10.3"]), st.sampled_from("ABC"),
       st.integers(0, 25), st.integers(0, 25))  # fmt: skip
def test_filters_leave_what_going_through_all_of_them_leaves(
    reports, reader, region, letter, first, last
):
    seen = picture_of(reports).seen_by(*reader)
    at, until = NOON + first * MINUTE, NOON + last * MINUTE
    words = {"region": frozenset({region}), "reliability": frozenset({letter, "F"})}
    found = find(seen, "report", Wanted(words, {"filed_at": (at, until)}))
    assert list(found.items()) == [
        one for one in seen.reports.values()
        if one.region == region and one.reliability in (letter, "F") and at <= one.filed_at < until
    ]  # fmt: skip
    late = [one for one in seen.reports.values() if one.is_unanswered(at)]
    assert list(unanswered(seen, at).items()) == late == list(seen.unanswered_reports(at))


@given(REPORTS, READERS, st.integers(0, 30), st.integers(1, 6))
def test_counts_by_two_columns_and_the_nearest_in_time_are_what_going_through_all_gives(
    reports, reader, minute, size
):
    seen = picture_of(reports).seen_by(*reader)
    found, all_seen = find(seen, "report"), list(seen.reports.values())
    counted = Counter((one.region, one.owner) for one in all_seen)
    assert {
        (region, owner): n
        for region, owners in found.counts_by("region", "owner").items()
        for owner, n in owners.items()
    } == counted
    at = NOON + minute * MINUTE
    near = found.nearest("observed_at", at, size)
    apart = sorted(abs(one.observed_at - at) for one in all_seen)
    assert sorted(abs(one.observed_at - at) for one in near) == apart[:size]
    assert list(near) == [one for one in all_seen if one in near]


@given(REPORTS, READERS, st.data())
def test_a_report_of_an_incident_that_the_reader_does_not_see_is_of_none(reports, reader, data):
    kept = st.sampled_from(list(Handling))
    incidents = [
        Incident(f"I-{n:04d}", data.draw(st.sampled_from(OWNERS)), data.draw(kept), NOON, NOON,
                 "10.1", "clash", "office")
        for n in range(1, 4)
    ]  # fmt: skip
    tied = [
        replace(one, incident=data.draw(st.sampled_from([None, "I-0001", "I-0002", "I-0003"])))
        for one in reports
    ]
    things = {"report": Shelf.of(tied), "incident": Shelf.of(incidents)}
    picture = Picture(1, NOON, {**Picture().things, **things})
    for seen in (picture, picture.seen_by(*reader)):
        for is_tied in (True, False):
            wanted = [o for o in seen.reports.values() if (o.incident is not None) == is_tied]
            assert list(find(seen, "report", Wanted(tied=is_tied)).items()) == wanted


SORTED = {
    "newest": lambda one: (0,), "oldest": lambda one: (one.filed_at,),
    "observed": lambda one: (-one.observed_at.timestamp(),),
    "due": lambda one: (one.acknowledge_by,),
    "urgent": lambda one: (one.object != "person" and not one.at_risk, one.filed_at),
    "rating": lambda one: (one.reliability, one.credibility),
    "region": lambda one: (one.sub_district or one.region,),
}  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
@given(REPORTS, READERS, st.integers(1, 7))
def test_pages_hold_every_thing_once_in_order_forwards_and_backwards(order, reports, reader, size):
    found = find(picture_of(reports).seen_by(*reader), "report")
    newest_first = list(found.items())[::-1]
    wanted = sorted(newest_first, key=SORTED[order])
    page = found.page(order, size)
    read, cursors = list(page.items), [page]
    while page.following is not None:
        assert page.skipped == len(read) - len(page.items)
        page = found.page(order, size, after=page.following)
        read, cursors = [*read, *page.items], [*cursors, page]
    assert read == wanted and cursors[0].former is None
    while page.former is not None:
        cursors.pop()
        page = found.page(order, size, before=page.former)
        assert page.items[-len(cursors[-1].items) :] == cursors[-1].items


def test_a_page_stays_what_it_was_while_reports_come_in():
    reports = [made(n, "police", Handling.PUBLIC, "10.1", "A", False, 0) for n in range(1, 30)]
    first = find(picture_of(reports[:20]), "report").page("newest", 5)
    later = find(picture_of(reports), "report").page("newest", 5, after=first.following)
    assert [one.id for one in later.items] == [f"R-{n:04d}" for n in range(15, 10, -1)]


@pytest.mark.parametrize("name", NAMES)
def test_a_past_picture_answers_by_columns_as_it_stood(name):
    entries = load_road(name).played(to_the_end=False)[1]
    picture, seen = Picture(), 0
    for entry in entries:
        picture = picture.apply(entry)
        if entry.thing in ("report", "incident"):
            for thing in ("report", "incident"):
                items = list(picture.things[thing].values())
                assert list(find(picture, thing).items()) == items
                counted = find(picture, thing).counts("state")
                assert counted == {
                    state: sum(one.state == state for one in items)
                    for state in {one.state for one in items}
                }
                seen += len(items)
    assert seen
