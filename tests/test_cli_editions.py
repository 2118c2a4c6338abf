"""``anoa index editions`` and ``anoa index scheme``: side by side, each class on its own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from tests.small_pack import write
from tests.test_pack_published import WHOLE

from anoa.cli import main
from anoa.errors import DataError
from anoa.pack import load_pack
from anoa.pack.scheme_scores import scheme_scores

SULTRA = Path(__file__).parent.parent / "packs" / "sultra-2024"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("pack"), **WHOLE)


def editions(small: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    assert main(["index", "editions", str(small), "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_edition_tells_its_scale_age_and_sources_that_differ(small, capsys):
    told = editions(small, capsys, "--region", "9.01", "--known-by", "2031-06-01")
    [one] = told["editions"]
    assert (one["id"], one["low"], one["high"], one["class"]) == ("watch-2030", 0, 5, "mixed")
    assert one["age"] == {"years": 1, "months": 3, "days": 457, "old": True}
    [region] = one["regions"]
    assert region["differs"]
    assert [score["value"] for score in region["scores"]] == [3.5, 3.1]
    assert region["dimensions"]["access"][0]["value"] == 0
    assert region["dimensions"]["acts"] == []


def test_nothing_is_told_that_was_not_public_by_the_day(small, capsys):
    assert editions(small, capsys, "--known-by", "2030-03-31")["editions"] == []
    told = editions(small, capsys, "--region", "9.01", "--known-by", "2030-12-31")
    assert [s["value"] for s in told["editions"][0]["regions"][0]["scores"]] == [3.5]


def test_the_text_says_that_scales_are_not_mixed(small, capsys):
    assert main(["index", "editions", str(small), "--known-by", "2031-06-01"]) == 0
    out = capsys.readouterr().out
    assert "9.01 Easthill: 3.5, keen, rank 1 (gazette) (sources differ)" in out
    assert "1 of 3 regions known" in out
    assert "1 year 3 months old" in out
    assert "not compared" in out


def test_an_unknown_region_or_pack_is_refused(small, tmp_path, capsys):
    assert main(["index", "editions", str(small), "--region", "1.1"]) == 2
    assert "no region '1.1'" in capsys.readouterr().err
    assert main(["index", "editions", str(tmp_path)]) == 2
    with pytest.raises(SystemExit):
        main(["index", "editions", str(small), "--known-by", "yesterday"])


# -- schemes --------------------------------------------------------------------------------


def scored(small: Path, tmp_path: Path, capsys, text: str, *words: str) -> dict:
    file = tmp_path / "counts.csv"
    file.write_text(text, encoding="utf-8")
    command = ["index", "scheme", str(small), "watch", "--data", str(file), "--json", *words]
    assert main(command) == 0
    return json.loads(capsys.readouterr().out)


def test_classes_are_scored_apart_and_never_added_up(small, tmp_path, capsys):
    told = scored(small, tmp_path, capsys, "unit,boats,brawls\n9.01,0,3\n9.02,4,0\n")
    assert set(told["classes"]) == {"threat", "service"}
    threat = {one["code"]: one["score"] for one in told["classes"]["threat"]["units"]}
    assert threat == {"9.01": 100, "9.02": 0}
    service = {one["code"]: one["score"] for one in told["classes"]["service"]["units"]}
    assert service == {"9.01": 100, "9.02": 0}  # boats count downward: fewer is more vulnerable


def test_a_count_is_bent_before_it_is_placed(small):
    scheme = load_pack(small).schemes["watch"]
    data = pd.DataFrame({"brawls": [1.0, 3.0, math.nan]}, index=["a", "b", "c"])
    table = scheme_scores(scheme, data)["threat"].table
    assert table.at["a", "score"] == pytest.approx(100 * math.log(2) / math.log(4))
    assert math.isnan(table.at["c", "score"])


def test_an_indicator_without_a_column_is_unknown_and_lowers_the_coverage():
    scheme = load_pack(SULTRA).schemes["ikp-2024"]
    data = pd.DataFrame({"i01": [1.0], "i32": [2.0]}, index=["74.03"])
    scores = scheme_scores(scheme, data)
    assert set(scores) == {"threat", "service", "procedure"}
    assert scores["threat"].table.at["74.03", "coverage"] == pytest.approx(1 / 17)
    assert all(math.isnan(one.table.at["74.03", "score"]) for one in scores.values())


def test_all_61_indicators_can_be_scored_each_in_its_class():
    scheme = load_pack(SULTRA).schemes["ikp-2024"]
    codes = [node.code for node in scheme.indicators]
    data = pd.DataFrame([[0.0] * 61, [2.0] * 61], index=["74.03", "74.71"], columns=codes)
    scores = scheme_scores(scheme, data)
    assert sum(len(one.method.codes) for one in scores.values()) == 61
    for one in scores.values():
        assert one.table["score"].to_dict() == pytest.approx({"74.03": 0, "74.71": 100})


def test_a_column_of_another_scheme_and_a_negative_count_are_refused(small):
    scheme = load_pack(small).schemes["watch"]
    data = pd.DataFrame({"i01": [1.0], "brawls": [-1.0]}, index=["a"])
    with pytest.raises(DataError) as refused:
        scheme_scores(scheme, data)
    assert "'i01' is no indicator of scheme 'watch'" in str(refused.value)
    assert "unit 'a', indicator 'brawls': -1 is below zero" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unit,boats\n9.01,many\n", "counts.csv:2: boats: 'many' is no count"),
        ("unit,boats\n9.01\n", "counts.csv:2: 1 cells, the header has 2"),
        ("unit,boats\n9.01,1\n9.01,2\n", "'9.01' stands twice"),
        ("unit,boats,boats\n9.01,1,2\n", "'boats' stands twice"),
        ("unit,boats\n", "has no rows"),
        ("", "has no rows"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(small, tmp_path, capsys, text, told):
    file = tmp_path / "counts.csv"
    file.write_text(text, encoding="utf-8")
    assert main(["index", "scheme", str(small), "watch", "--data", str(file)]) == 2
    assert told in capsys.readouterr().err


def test_there_is_no_total_and_an_empty_scheme_computes_nothing(tmp_path, capsys):
    file = tmp_path / "counts.csv"
    file.write_text("unit,i01\n74.03,1\n", encoding="utf-8")
    command = ["index", "scheme", str(SULTRA), "ikp-2024", "--data", str(file)]
    assert main([*command, "--class", "mixed"]) == 2
    assert "There is no total" in capsys.readouterr().err
    assert main(["index", "scheme", str(SULTRA), "ipkp", "--data", str(file)]) == 2
    assert "has no indicators" in capsys.readouterr().err
    assert main(["index", "scheme", str(SULTRA), "none", "--data", str(file)]) == 2
    assert "no scheme 'none'" in capsys.readouterr().err
