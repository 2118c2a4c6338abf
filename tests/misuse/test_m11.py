"""M11: a machine labels groups of people, or predicts what persons will do."""

import numpy as np
import pandas as pd
import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import fields_that_hold, page, problems

from anoa.coordination.values import THINGS
from anoa.errors import AnoaError
from anoa.ladder import Rung, SignalKind
from anoa.room import record
from anoa.vulnerability import IndexClass, Indicator, Method


@pytest.mark.parametrize("ceiling", [Rung.THRESHOLD, Rung.ACTUAL])
def test_a_model_alone_reaches_no_more_than_the_lowest_rung(ceiling: Rung):
    with pytest.raises(AnoaError, match="model"):
        SignalKind("filter_alarm", ceiling, model=True)


@pytest.mark.parametrize("name", [
    "religion in threat", "income in threat by its code", "age in threat by its unit",
    "religion in threat in the pack's own language", "a column for religion",
    "a model that reaches threshold",
])  # fmt: skip
def test_a_pack_that_would_label_a_group_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


def test_there_is_no_model_of_persons():
    """Members are those of institutions, known by role; persons at risk are a category."""
    assert set(THINGS).isdisjoint({"person", "suspect", "voter", "group", "prediction"})
    assert fields_that_hold("probability", "prediction", "risk_score", "ethnicity", "tribe") == []


def test_a_score_is_a_sum_whose_parts_are_shown():
    parts = tuple(
        Indicator(code, "danger", 1, 1.0, 1, IndexClass.THREAT, low=0.0, high=10.0)
        for code in ("clash", "arson")
    )
    method = Method("danger", IndexClass.THREAT, parts, normalisation="goalposts")
    figures = pd.DataFrame({"clash": [2.0, 5.0], "arson": [4.0, 0.0]}, index=["a", "b"])
    result = method.fit(figures).score(figures)
    assert np.allclose(result.contributions.sum(axis=1), result.table["score"])


def test_the_page_of_the_index_says_what_it_is_not(operation, signed_in):
    assert record.pack_of(operation).indices
    assert "Nothing here is a probability of unrest" in page(signed_in("posko"), "/index")
