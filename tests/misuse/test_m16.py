"""M16: disability, distance or poverty is treated as danger."""

import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import problems
from tests.roads import Road

from anoa.errors import DataError
from anoa.vulnerability import IndexClass, Indicator, Method


def indicator(code: str, parent: str, klass: IndexClass) -> Indicator:
    return Indicator(code, parent, 1, 1.0, 1, klass, low=0.0, high=10.0)


def test_an_index_of_class_threat_refuses_every_other_class():
    for other in (IndexClass.SERVICE, IndexClass.PROCEDURE, IndexClass.CONTEST):
        with pytest.raises(DataError, match=f"'x' is of class '{other}' and cannot stand under"):
            Method("danger", IndexClass.THREAT, (indicator("x", "danger", other),))


def test_distance_cannot_hide_in_a_threat_dimension_of_a_total():
    danger = Indicator("danger", "total", 2, 1.0, 1, IndexClass.THREAT)
    hidden = indicator("distance", "danger", IndexClass.SERVICE)
    with pytest.raises(DataError, match="'distance' is of class 'service'"):
        Method("total", "vulnerability", (danger, hidden))


@pytest.mark.parametrize("name", [
    "another class in threat", "procedure counted as threat", "income in threat by its code",
])  # fmt: skip
def test_a_pack_that_would_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


def test_of_the_indices_of_both_countries_only_the_threat_class_feeds_the_ladder(road: Road):
    classes = {index.klass for index in road.pack.indices.values()}
    assert IndexClass.THREAT in classes and len(classes) > 1
    for index in road.pack.indices.values():
        if index.klass is not IndexClass.THREAT:
            assert not getattr(index, "feeds_ladder", False)
