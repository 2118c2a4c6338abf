"""From a scheme and somebody's counts to scores, one for each class of fact and never a total.

The scheme names the indicators; how counts become scores is ours and says so: goalposts from no
event to the highest count of the table, bent by log1p, and equal weights unless the scheme
publishes all of a class.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from anoa.errors import DataError
from anoa.pack.published import Scheme, SchemeNode
from anoa.vulnerability import IndexClass, Indicator, Method, Scores, Transform

CLASSES = ("threat", "service", "procedure", "contest")
MIN_COVERAGE = 0.5  # with less of a class known there is no score


def scheme_scores(scheme: Scheme, data: pd.DataFrame) -> Mapping[str, Scores]:
    """The scores of every unit by class of fact; a class without indicators is left out.

    ``data``: rows = units, columns = indicator codes of the scheme, counts from 0 up, NaN =
    unknown; an indicator without a column is unknown. Raises DataError for a scheme without
    indicators, for codes that are none of it, and for counts below zero.
    """
    _check(scheme, data)
    return {
        klass: _scores(scheme, klass, data)
        for klass in CLASSES
        if any(node.klass == klass for node in scheme.indicators)
    }


def weights_are_published(scheme: Scheme, klass: str) -> bool:
    """Whether the scheme names a weight for every indicator of a class; else they are equal."""
    return all(node.weight is not None for node in _of_class(scheme, klass))


def _of_class(scheme: Scheme, klass: str) -> list[SchemeNode]:
    return [node for node in scheme.indicators if node.klass == klass]


def _check(scheme: Scheme, data: pd.DataFrame) -> None:
    if not scheme.indicators:
        raise DataError(
            "scheme '{id}' has no indicators: they were not published, so nothing is computed",
            id=scheme.id,
        )
    codes = {node.code for node in scheme.indicators}
    problems = [
        f"the column '{code}' is no indicator of scheme '{scheme.id}': leave it out"
        for code in data.columns
        if code not in codes
    ]
    problems += [
        f"unit '{unit}', indicator '{code}': {data.at[unit, code]:g} is below zero"
        for code in data.columns
        for unit in data.index[data[code] < 0]
    ]
    if problems:
        raise DataError("\n".join(problems))


def _scores(scheme: Scheme, klass: str, data: pd.DataFrame) -> Scores:
    nodes = _of_class(scheme, klass)
    table = data.reindex(columns=[node.code for node in nodes]).astype(float)
    method_id = f"{scheme.id}-{klass}"
    published = weights_are_published(scheme, klass)
    indicators = tuple(
        Indicator(
            node.code, method_id, 1, (node.weight or 0.0) if published else 1.0, node.direction,
            IndexClass(klass), 0.0, _top(table[node.code]), Transform.LOG1P,
        )
        for node in nodes
    )  # fmt: skip
    method = Method(method_id, IndexClass(klass), indicators, min_coverage=MIN_COVERAGE)
    return method.fit(table).score(table)


def _top(counts: pd.Series) -> float:
    """The highest count known; 1 where nothing was counted, so that no event scores nothing."""
    highest = counts.max()
    return float(highest) if pd.notna(highest) and highest > 0 else 1.0
