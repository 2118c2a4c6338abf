"""M8: an adversary uses the plan of deployment.

The planner, and its need-to-know, come later. Until then there is no plan that could leak: no room
of the program, no field of an entry and no page holds who stands where.
"""

import importlib.util

import pytest
from django.urls import NoReverseMatch, reverse
from tests.misuse.attempts import fields_that_hold, page

from anoa.coordination.kinds import KINDS


def test_no_entry_says_how_many_officers_stand_where():
    kinds = {kind.split(".")[0] for kind in KINDS}
    assert kinds.isdisjoint({"deployment", "posting", "plan", "escort", "unit"})
    entries = [
        name for name in fields_that_hold("officers", "strength", "deployed", "plotting", "guards")
        if name.partition(".")[0] + "." + name.split(".")[1] in KINDS
    ]  # fmt: skip
    assert entries == []


def test_the_planner_is_not_here_yet():
    assert importlib.util.find_spec("anoa.deployment") is None
    for name in ("deployment", "plan", "plotting"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_who_guards_which_station_is_not_told_to_outsiders(operation, signed_in):
    for path in ("/stations", "/incoming"):
        answer = signed_in("observer").get(path)
        assert answer.status_code in (302, 403, 404)
    assert "pattern" not in page(signed_in("observer"), "/map.geojson")
