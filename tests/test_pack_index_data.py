"""From figures to index tables: only what was known by the edition's day, unknown stays unknown."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest
from tests.small_pack import FILES, write

from anoa.errors import DataError
from anoa.pack import (
    Pack,
    index_method,
    index_scores,
    indicator_data,
    indicator_sources,
    load_pack,
)

EARLY, LATE = "2031-05-05", "2031-12-01"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load_pack(write(tmp_path_factory.mktemp("pack")))


def test_rows_are_leaf_regions_and_columns_indicators(pack: Pack) -> None:
    data = indicator_data(pack, EARLY)
    assert list(data.index) == ["9.01", "9.02", "9.71"]
    assert list(data.columns) == ["clashes", "distance"]


def test_the_newest_period_known_by_the_day_counts(pack: Pack) -> None:
    assert indicator_data(pack, EARLY).at["9.01", "distance"] == 42.0


def test_a_figure_known_later_is_not_used(pack: Pack) -> None:
    assert math.isnan(indicator_data(pack, EARLY).at["9.02", "distance"])
    assert indicator_data(pack, LATE).at["9.02", "distance"] == 80.0


def test_no_source_of_an_early_edition_is_younger_than_it(pack: Pack) -> None:
    known = {f.source for f in pack.figures if f.known_at <= date(2031, 5, 5)}
    known |= {s for h in pack.history if h.known_at <= date(2031, 5, 5) for s in h.source}
    for sources in indicator_sources(pack, EARLY).values():
        assert sources and set(sources) <= known


def test_none_found_in_the_sources_is_unknown_and_not_zero(pack: Pack) -> None:
    clashes = indicator_data(pack, LATE)["clashes"]
    assert clashes["9.01"] == 2.0
    assert math.isnan(clashes["9.71"])


def test_what_was_only_planned_is_not_counted(tmp_path: Path) -> None:
    planned = write(tmp_path, **{"incidents.csv": ("2028-11-20,month", "2028-11-20,planned")})
    assert indicator_data(load_pack(planned), LATE).at["9.01", "clashes"] == 1.0


def test_of_one_period_the_newest_known_counts_and_a_blank_never_hides_a_figure(
    tmp_path: Path,
) -> None:
    more = (
        FILES["figures.csv"]
        + "9.01,distance_km,2030,43,km,press,2031-02-10,\n"
        + "9.71,distance_km,2031,,km,gazette,2031-02-10,\n"
    )
    data = indicator_data(load_pack(write(tmp_path, **{"figures.csv": more})), EARLY)
    assert data.at["9.01", "distance"] == 43.0
    assert data.at["9.71", "distance"] == 0.0


def test_a_zero_is_a_known_figure(pack: Pack) -> None:
    assert indicator_sources(pack, EARLY)["9.71", "distance"] == ["gazette"]
    assert indicator_data(pack, EARLY).at["9.71", "distance"] == 0.0


def test_an_index_is_scored_by_its_written_goalposts(pack: Pack) -> None:
    service = index_scores(pack, "service", LATE).table["score"]
    assert service["9.01"] == pytest.approx(42.0)
    threat = index_scores(pack, "threat", LATE).table["score"]
    assert threat["9.01"] == pytest.approx(100 * math.log1p(2) / math.log1p(5))


def test_a_total_weighs_its_parts(pack: Pack) -> None:
    total = index_scores(pack, "vulnerability", LATE).table["score"]
    parts = [index_scores(pack, name, LATE).table["score"] for name in ("threat", "service")]
    assert total["9.01"] == pytest.approx((2 * parts[0]["9.01"] + parts[1]["9.01"]) / 3)


def test_only_the_threat_class_feeds_the_ladder(pack: Pack) -> None:
    assert index_method(pack, "threat").feeds_ladder
    assert not index_method(pack, "vulnerability").feeds_ladder


@pytest.mark.parametrize("name", ["index", "edition"])
def test_an_unknown_index_or_edition_is_refused_with_the_known_ones(pack: Pack, name: str) -> None:
    chosen = {"index": "threat", "edition": LATE} | {name: "nothing"}
    with pytest.raises(DataError, match=rf"there is no {name} 'nothing' \(known: "):
        index_scores(pack, chosen["index"], chosen["edition"])
