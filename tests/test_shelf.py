"""Things on shelves are what a dict would hold, whatever branches off; no signal is missed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.roads import NAMES, load_road

from anoa import shelf
from anoa.coordination.actors import signals_about
from anoa.ladder import Signal
from anoa.oplog import Handling
from anoa.picture import Picture
from anoa.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    value: int


@pytest.fixture(params=[(2, 3), (1024, 4096)], autouse=True, scope="module")
def sizes(request):
    kept = shelf.BOX, shelf.STRAYS
    shelf.BOX, shelf.STRAYS = request.param
    yield
    shelf.BOX, shelf.STRAYS = kept


STEPS = st.lists(
    st.tuples(
        st.integers(0, 30), st.lists(st.tuples(st.integers(0, 12), st.integers()), max_size=5)
    ),
    max_size=25,
)


@given(STEPS)
def test_every_shelf_of_a_tree_of_changes_is_the_dict_that_it_stands_for(steps):
    tree: list[tuple[Shelf[Thing], dict[str, Thing]]] = [(Shelf(), {})]
    for number, changes in steps:
        before, wanted = tree[number % len(tree)]
        things = [Thing(f"R-{ident}", value) for ident, value in changes]
        tree.append((before.with_changed(things), wanted | {one.id: one for one in things}))
    for found, wanted in tree:
        assert list(found.items()) == list(wanted.items()) and found == wanted
        assert list(found) == list(wanted) and len(found) == len(wanted)
        assert list(reversed(found)) == list(reversed(wanted))
        assert all((f"R-{n}" in found) == (f"R-{n}" in wanted) for n in range(13))
        assert all(found.get(f"R-{n}") == wanted.get(f"R-{n}") for n in range(13))


@given(STEPS)
def test_what_changed_between_two_shelves_is_found_in_the_boxes_that_differ(steps):
    before, after = Shelf[Thing](), Shelf[Thing]()
    for number, (_, changes) in enumerate(steps):
        after = after.with_changed(Thing(f"R-{ident}", value) for ident, value in changes)
        before = after if number == len(steps) // 2 else before
    wanted = [one for one in after.values() if before.get(one.id) is not one]
    assert list(after.changed_since(before)) == wanted


def test_what_did_not_change_is_shared():
    first = Shelf.of(Thing(f"R-{n}", 0) for n in range(3 * shelf.BOX))
    second = first.with_changed([Thing("R-0", 1)])
    assert [a is b for a, b in zip(first.boxes, second.boxes, strict=True)] == [False, True, True]


# -- what the ladder reads ------------------------------------------------------------------


def test_a_picture_with_other_things_strings_those_anew():
    picture = load_road(NAMES[0]).played(to_the_end=False)[0]
    assert picture.cells.credible
    bare = replace(picture, things={**picture.things, "report": {}, "incident": {}})
    assert not bare.cells.credible and not bare.seen_by("polda-sultra").cells.credible


def all_signals(picture: Picture, rules, region: str, kind: str) -> list[Signal]:
    """The signals of reports and incidents by going through all of them."""
    about = [one for one in picture.reports.values()
             if (one.region, one.threat_type) == (region, kind)
             and one.stands and one.handling is not Handling.SEALED]  # fmt: skip
    return [
        *(Signal("credible_report", one.filed_at, rules.chain(one.owner), one.id)
          for one in about if one.is_credible),
        *(Signal("verified_report", one.judged_at, rules.chain(one.owner), one.id)
          for one in about if one.verdict == "verified"),
        *(Signal("verified_incident", one.verified_at, one.verified_chain or "", one.id)
          for one in picture.incidents.values() if (one.region, one.threat_type) == (region, kind)
          and one.verified_at and not one.merged_into),
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_signals_found_by_their_strings_are_those_of_all_reports_and_incidents(name):
    road = load_road(name)
    rules, picture, seen = road.pack.rules, Picture(), 0
    for entry in road.played(to_the_end=False)[1]:
        picture = picture.apply(entry)
        cells = {(one.region, one.threat_type) for one in picture.reports.values()}
        for region, kind in cells:
            wanted = all_signals(picture, rules, region, kind)
            seen += len(wanted)
            assert signals_about(picture, rules, region, kind)[: len(wanted)] == wanted
    assert seen


def test_no_need_of_a_pack_asks_for_more_signals_than_are_kept():
    from anoa.coordination.actors import LATEST

    for name in NAMES:
        for rule in load_road(name).pack.ladder.rules:
            assert all(need.count <= LATEST for need in rule.needs)
