"""``anoa index compute`` on the reference pack, checked against a second, plain computation."""

import argparse
import csv
import doctest
import io
import json
import math
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from anoa.cli import index as index_command

ROOT = Path(__file__).parents[1]
SULTRA = ROOT / "packs" / "sultra-2024"
CLASSES = ("threat", "service", "procedure", "contest")
INDICES = ("vulnerability", *CLASSES)
EDITIONS = ("2024-08-05", "2025-03-01")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    parser = argparse.ArgumentParser()
    index_command.add(parser.add_subparsers())
    args = parser.parse_args(["index", "compute", *map(str, words)])
    code = args.run(args)
    return code, *capsys.readouterr()


PRINTED: dict[tuple[object, ...], str] = {}  # loading the pack takes longer than the index


def computed(capsys: pytest.CaptureFixture[str], *words: object, pack: Path = SULTRA) -> dict:
    if (pack, *words) not in PRINTED:
        code, out, err = run(capsys, pack, "--json", *words)
        assert (code, err) == (0, "")
        PRINTED[pack, *words] = out
    out = PRINTED[pack, *words]
    return json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def by_code(edition: dict) -> dict[str, dict]:
    return {region["code"]: region for region in edition["regions"]}


@cache
def rows(file: str) -> list[dict[str, str]]:
    with (SULTRA / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# -- a second computation, from the pack's files alone --------------------------------------


def figure_of(region: str, origin: str, day: str) -> float | None:
    kind, _, names = origin.partition(":")
    if kind == "history":
        types = names.split(";")
        known = [
            row for row in rows("incidents.csv")
            if row["region"] == region and row["type"] in types and row["known_at"] <= day
            and row["precision"] != "planned"
        ]  # fmt: skip
        return float(len(known)) or None
    known = [
        (row["period"], row["known_at"], float(row["value"]))
        for row in rows("figures.csv")
        if row["region"] == region and row["figure"] == names and row["known_at"] <= day
        and row["value"]
    ]  # fmt: skip
    return max(known)[2] if known else None


def part_of_scale(indicator: dict[str, str], figure: float) -> float:
    bend = math.log1p if indicator["transform"] == "log1p" else float
    low, high = bend(float(indicator["low"])), bend(float(indicator["high"]))
    part = min(1.0, max(0.0, (bend(figure) - low) / (high - low)))
    return 100 * (1 - part if indicator["direction"] == "-1" else part)


def plain_score(region: str, index: str, day: str) -> tuple[float | None, float]:
    own = [row for row in rows("indicators.csv") if row["parent"] == index]
    figures = {row["code"]: figure_of(region, row["from"], day) for row in own}
    known = [row for row in own if figures[row["code"]] is not None]
    weight = sum(float(row["weight"]) for row in known)
    coverage = weight / sum(float(row["weight"]) for row in own)
    if not known or coverage < settings(index)["min_coverage"] - 1e-9:
        return None, coverage
    parts = [float(row["weight"]) * part_of_scale(row, figures[row["code"]]) for row in known]
    return sum(parts) / weight, coverage


@cache
def settings(index: str) -> dict[str, Any]:
    document = YAML(typ="safe").load((SULTRA / "indices.yaml").read_text(encoding="utf-8"))
    return next(one for one in document["indices"] if one["id"] == index)


@pytest.mark.parametrize("day", EDITIONS)
def test_the_scores_are_those_of_a_plain_computation_from_the_files(capsys, day):
    for index in CLASSES:
        for code, region in by_code(computed(capsys, "--index", index, "--edition", day)).items():
            score, coverage = plain_score(code, index, day)
            assert region["score"] == (None if score is None else pytest.approx(score, abs=1e-9))
            assert region["coverage"] == pytest.approx(coverage, abs=1e-9)


@pytest.mark.parametrize("day", EDITIONS)
def test_the_total_is_the_weighted_mean_of_the_classes_that_are_known(capsys, day):
    total = settings("vulnerability")
    weights = {part["index"]: part["weight"] for part in total["parts"]}
    for code, region in by_code(computed(capsys, "--edition", day)).items():
        plain = {index: plain_score(code, index, day) for index in CLASSES}
        known = {index: score for index, (score, _) in plain.items() if score is not None}
        coverage = sum(weights[one] * plain[one][1] for one in known) / sum(weights.values())
        assert region["coverage"] == pytest.approx(coverage, abs=1e-9)
        assert {i for i, d in region["dimensions"].items() if d["score"] is not None} == set(known)
        score = sum(weights[one] * known[one] for one in known) / sum(map(weights.get, known))
        enough = coverage >= total["min_coverage"] - 1e-9
        assert region["score"] == (pytest.approx(score, abs=1e-9) if enough else None)


# -- the JSON -------------------------------------------------------------------------------


def test_without_options_it_is_the_main_index_in_its_newest_edition(capsys):
    edition = computed(capsys)
    assert (edition["index"], edition["class"]) == ("vulnerability", "vulnerability")
    assert (edition["edition"], edition["as_of"]) == ("2025-03-01", "2025-03-01")
    assert edition["scale"] == [0, 100]
    assert edition["feeds_ladder"] is False
    assert "not the supervisor's" in edition["label"]
    assert "sultra-2024" in edition["source"]


def test_it_has_all_regions_below_the_root_in_order_of_code(capsys):
    codes = [region["code"] for region in computed(capsys)["regions"]]
    assert codes == sorted(row["code"] for row in rows("regions.csv") if row["parent"] == "74")
    assert len(codes) == 17


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("index", INDICES)
def test_contributions_sum_to_the_score_and_unknown_is_null(capsys, index, edition):
    for region in computed(capsys, "--index", index, "--edition", edition)["regions"]:
        unknown = region["score"] is None
        assert unknown == (region["rank"] is None) == (region["contributions"] is None)
        if unknown:
            assert region["category"] is None
            continue
        assert sum(region["contributions"].values()) == pytest.approx(region["score"], abs=1e-9)
        assert 0 <= region["score"] <= 100
        assert not set(region["contributions"]) & set(region["not_counted"])


@pytest.mark.parametrize("index", INDICES)
def test_categories_are_those_of_the_pack_where_enough_is_known(capsys, index):
    chosen = settings(index)
    for region in computed(capsys, "--index", index)["regions"]:
        below = [
            one["id"] for one in chosen["categories"]
            if region["score"] is not None and one["from"] <= region["score"]
        ]  # fmt: skip
        enough = region["coverage"] >= chosen["category_coverage"] - 1e-9
        assert region["category"] == (below[-1] if below and enough else None)


@pytest.mark.parametrize("index", INDICES)
def test_ranks_follow_scores_and_ties_share_the_lowest(capsys, index):
    regions = computed(capsys, "--index", index)["regions"]
    scores = [region["score"] for region in regions if region["score"] is not None]
    for region in regions:
        if region["score"] is not None:
            above = sum(score > region["score"] for score in scores)
            assert region["rank"] == above + 1


def test_a_class_has_the_same_score_in_the_total_as_alone(capsys):
    total = by_code(computed(capsys))
    for index in CLASSES:
        for code, alone in by_code(computed(capsys, "--index", index)).items():
            beside = total[code]["dimensions"][index]
            score = alone["score"]
            assert beside["score"] == (None if score is None else pytest.approx(score, abs=1e-9))
            assert beside["coverage"] == pytest.approx(alone["coverage"], abs=1e-9)


def test_only_the_threat_index_feeds_the_ladder(capsys):
    feeds = {index: computed(capsys, "--index", index)["feeds_ladder"] for index in INDICES}
    assert feeds == dict.fromkeys(INDICES, False) | {"threat": True}


def test_every_figure_that_counts_names_its_source(capsys):
    known = {row["id"] for row in rows("sources.csv")}
    for region in computed(capsys)["regions"]:
        for indicator in region["contributions"] or ():
            assert region["sources"][indicator]
            assert set(region["sources"][indicator]) <= known


# -- editions -------------------------------------------------------------------------------


def grown(tmp_path: Path, file: str, **cells: str) -> Path:
    """A copy of the pack with one more row, like the last but for these cells."""
    pack = shutil.copytree(SULTRA, tmp_path / "pack")
    header = list(rows(file)[0])
    with (pack / file).open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, header, lineterminator="\n").writerow(rows(file)[-1] | cells)
    return pack


def scores_only(edition: dict) -> list[tuple]:
    return [(r["code"], r["score"], r["rank"], r["coverage"]) for r in edition["regions"]]


def test_an_edition_uses_only_figures_known_by_its_day(capsys, tmp_path):
    before = {day: scores_only(computed(capsys, "--edition", day)) for day in EDITIONS}
    distance = next(r for r in rows("figures.csv") if r["figure"] == "distance_to_capital_km")
    later = distance | {
        "period": "2024-12-31", "known_at": "2024-12-31", "value": "199",
        "source": distance["source"],
    }  # fmt: skip
    pack = grown(tmp_path, "figures.csv", **later)
    after = {day: scores_only(computed(capsys, "--edition", day, pack=pack)) for day in EDITIONS}
    assert after[EDITIONS[0]] == before[EDITIONS[0]]
    assert after[EDITIONS[1]] != before[EDITIONS[1]]


def test_an_edition_counts_only_incidents_known_by_its_day(capsys, tmp_path):
    before = {
        day: scores_only(computed(capsys, "--index", "threat", "--edition", day))
        for day in EDITIONS
    }
    clash = next(row for row in rows("incidents.csv") if row["type"] == "clash_police")
    pack = grown(tmp_path, "incidents.csv", **clash | {"id": "h-late", "known_at": "2024-12-01"})
    after = {
        day: scores_only(computed(capsys, "--index", "threat", "--edition", day, pack=pack))
        for day in EDITIONS
    }
    assert after[EDITIONS[0]] == before[EDITIONS[0]]
    assert after[EDITIONS[1]] != before[EDITIONS[1]]


def test_the_early_edition_has_low_coverage_and_says_so(capsys):
    early = computed(capsys, "--edition", "2024-08-05")
    assert early["low_coverage"] is True
    assert early["coverage"] < computed(capsys)["coverage"]
    assert "LOW COVERAGE" in run(capsys, SULTRA, "--edition", "2024-08-05")[1]


# -- CSV and table --------------------------------------------------------------------------


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_csv_says_what_the_json_says(capsys, edition):
    code, out, _ = run(capsys, SULTRA, "--csv", "--edition", edition)
    assert code == 0
    flat = list(csv.DictReader(io.StringIO(out)))
    whole = computed(capsys, "--edition", edition)
    assert len(flat) == len(whole["regions"])
    for row, region in zip(flat, whole["regions"], strict=True):
        assert (row["code"], row["name"]) == (region["code"], region["name"])
        assert (row["edition"], row["label"]) == (edition, whole["label"])
        for column in ("score", "rank", "coverage"):
            assert (float(row[column]) if row[column] else None) == region[column]
        assert (row["category"] or None) == region["category"]
        parts = {
            column.removeprefix("contribution_"): float(cell)
            for column, cell in row.items()
            if column.startswith("contribution_") and cell
        }
        assert parts == (region["contributions"] or {})


def test_the_table_says_whose_it_is_and_what_it_cannot_say(capsys):
    code, out, err = run(capsys, SULTRA, "--edition", "2024-08-05")
    assert (code, err) == (0, "")
    assert "not the supervisor's" in out.splitlines()[0]
    assert "unknown" in out
    prose = " ".join(out.split())
    assert "Uncertainty is not computed here" in prose
    assert "No score is a probability of unrest" in prose
    assert "feeds no ladder" in prose
    assert re.search(r"known by 2024-08-05, .+ old on the pack's day", prose)
    heads = next(line for line in out.splitlines() if line.startswith("code "))
    assert heads.split()[-4:] == ["threat", "service", "procedure", "contest"]


def test_the_table_is_aligned_and_has_every_region(capsys):
    lines = run(capsys, SULTRA, "--edition", "2024-08-05")[1].splitlines()
    table = [line for line in lines if re.match(r"74\.\d\d ", line)]
    assert len(table) == 17
    end = {line.index("%") for line in table}
    assert len(end) == 1


# -- what is not there ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "what", "known"),
    [(("--index", "ikp"), "no index 'ikp'", INDICES), (("--edition", "x"), "no edition", EDITIONS)],
)
def test_an_unknown_id_is_one_sentence_with_the_known_ones(capsys, words, what, known):
    code, out, err = run(capsys, SULTRA, *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert what in err
    assert ", ".join(known) in err


def test_a_place_without_a_pack_is_one_sentence(capsys, tmp_path):
    code, out, err = run(capsys, tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "nowhere" in err


def test_nothing_is_computed_from_a_pack_with_problems(capsys, tmp_path):
    pack = grown(tmp_path, "figures.csv", value="12,5", region="99.99")
    code, out, err = run(capsys, pack, "--json")
    assert (code, out) == (1, "")
    assert "figures.csv" in err
    assert "99.99" in err
    assert "nothing was computed" in err


# -- the reference page ---------------------------------------------------------------------


def test_the_reference_page_names_every_key_column_and_option(capsys):
    page = (ROOT / "docs/reference/index.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+)`", page))
    whole = computed(capsys)
    region = next(region for region in whole["regions"] if region["dimensions"])
    dimension = next(iter(region["dimensions"].values()))
    assert {*whole, *region, *dimension} <= named
    assert {"--index ID", "--edition ID", "--json", "--csv"} <= named


def test_the_example_of_the_reference_page_runs():
    page = ROOT / "docs/reference/index.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0
