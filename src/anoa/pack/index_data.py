"""From a pack's figures to the tables and scores of its indices: only what was known by the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from math import nan

import pandas as pd

from anoa.errors import DataError
from anoa.pack.pack import Pack
from anoa.pack.values import EditionSpec, Figure, IndexSpec, IndicatorSpec, PastIncident
from anoa.vulnerability import Category, IndexClass, Indicator, Method, Scores, Transform

Found = tuple[float, tuple[str, ...]]  # a value and the ids of its sources


def indicator_data(pack: Pack, edition_id: str) -> pd.DataFrame:
    """The value of every indicator in every leaf region as it was known by the edition's day.

    Rows = codes of ``pack.leaf_regions``, columns = indicator codes, float, NaN = unknown. A
    figure counts when its ``known_at`` is not after the edition's ``as_of``: the newest period,
    and of that the newest known. An indicator of past incidents counts those known by that day;
    none found is unknown, not zero.
    """
    found = _found(pack, _edition(pack, edition_id).as_of)
    rows = [
        [found.get((region, code), (nan, ()))[0] for code in pack.indicators]
        for region in pack.leaf_regions
    ]
    return pd.DataFrame(
        rows, index=list(pack.leaf_regions), columns=list(pack.indicators), dtype=float
    )


def indicator_sources(pack: Pack, edition_id: str) -> dict[tuple[str, str], list[str]]:
    """The ids of the sources behind every known value, by region and indicator."""
    found = _found(pack, _edition(pack, edition_id).as_of)
    return {place: list(sources) for place, (_, sources) in found.items()}


def index_scores(pack: Pack, index_id: str, edition_id: str) -> Scores:
    """The scores of one edition of one index; a total is made of the indices that are its parts.

    Raises DataError when the pack does not have the index or the edition.
    """
    method = index_method(pack, index_id)
    data = indicator_data(pack, edition_id)[list(method.codes)]
    return method.fit(data).score(data)


def index_method(pack: Pack, index_id: str) -> Method:
    """The method of an index as the engine reads it."""
    spec = pack.indices.get(index_id)
    if spec is None:
        known = ", ".join(pack.indices)
        raise DataError("there is no index '{id}' (known: {known})", id=index_id, known=known)
    categories = tuple(Category(category.id, category.start) for category in spec.categories)
    if spec.parts:
        return Method.of_parts(
            spec.id, [(index_method(pack, part), weight) for part, weight in spec.parts],
            min_coverage=spec.min_coverage, category_coverage=spec.category_coverage,
            categories=categories,
        )  # fmt: skip
    return Method(
        spec.id, IndexClass(spec.klass), tuple(_nodes(pack, spec)), spec.scale,
        spec.min_coverage, spec.category_coverage, categories,
    )  # fmt: skip


def _nodes(pack: Pack, spec: IndexSpec) -> Iterator[Indicator]:
    for one in pack.indicators.values():
        if one.parent == spec.id:
            yield Indicator(
                one.code, one.parent, one.level, one.weight, one.direction,
                IndexClass(one.klass), one.low, one.high, Transform(one.transform),
                pack.text(one.name, "en"),
            )  # fmt: skip


def _edition(pack: Pack, edition_id: str) -> EditionSpec:
    if edition_id not in pack.editions:
        known = ", ".join(pack.editions)
        raise DataError("there is no edition '{id}' (known: {known})", id=edition_id, known=known)
    return pack.editions[edition_id]


def _found(pack: Pack, as_of: date) -> dict[tuple[str, str], Found]:
    figures = _newest_figures(pack, as_of)
    history = _known_history(pack, as_of)
    found: dict[tuple[str, str], Found] = {}
    for region in pack.leaf_regions:
        for one in pack.indicators.values():
            value = _of_history(one, region, history) or _of_figure(one, region, figures)
            if value is not None:
                found[region, one.code] = value
    return found


def _newest_figures(pack: Pack, as_of: date) -> dict[tuple[str, str], Figure]:
    newest: dict[tuple[str, str], Figure] = {}
    for one in pack.figures:
        if one.value is None or one.known_at > as_of:
            continue
        place = (one.region, one.figure)
        before = newest.get(place)
        if before is None or (one.period, one.known_at) > (before.period, before.known_at):
            newest[place] = one
    return newest


def _known_history(pack: Pack, as_of: date) -> dict[tuple[str, str], list[PastIncident]]:
    """Past incidents by region and type; what was only planned did not happen."""
    known: dict[tuple[str, str], list[PastIncident]] = {}
    for one in pack.history:
        if one.known_at <= as_of and one.precision != "planned":
            known.setdefault((one.region, one.type), []).append(one)
    return known


def _of_figure(
    one: IndicatorSpec, region: str, figures: Mapping[tuple[str, str], Figure]
) -> Found | None:
    figure = figures.get((region, one.figure))
    if figure is None or figure.value is None:
        return None
    return figure.value, (figure.source,)


def _of_history(
    one: IndicatorSpec, region: str, history: Mapping[tuple[str, str], list[PastIncident]]
) -> Found | None:
    found = [incident for kind in one.history for incident in history.get((region, kind), ())]
    if not found:
        return None
    sources = dict.fromkeys(source for incident in found for source in incident.source)
    return float(len(found)), tuple(sources)
