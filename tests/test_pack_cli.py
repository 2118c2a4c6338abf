"""``anoa check``: what it prints and how it ends."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from tests.small_pack import write

from anoa.cli import check


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    check.add(parser.add_subparsers())
    args = parser.parse_args(["check", *words])
    return int(args.run(args))


def test_a_pack_without_problems_ends_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(write(tmp_path))) == 0
    printed = capsys.readouterr().out
    assert "No problems. 3 figures disagree or cannot be compared" in printed
    assert "The pack holds 3 regions, 4 sub districts, 3 villages, 30 polling stations." in printed
    assert "gazette says 4,000, press says 4,010, a difference of -10. Note: counted by" in printed
    assert "press publishes 11, the parts sum to 10, a difference of 1." in printed


def test_a_pack_with_problems_ends_with_1_and_lists_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write(
        tmp_path,
        **{
            "regions.csv": ("regency,9,-4.1", "regency,8,-4.1"),
            "clocks.yaml": ("assess_min: 120", "assess_min: soon"),
        },
    )
    assert run(str(broken)) == 1
    printed = capsys.readouterr().out
    assert "clocks.yaml:2: assess_min: 'soon' is not a number" in printed
    assert "regions.csv:3: parent '8' is not a known region" in printed
    assert "2 problems: nothing can be loaded until they are mended." in printed


def test_json_holds_counts_problems_and_discrepancies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write(tmp_path, **{"regions.csv": ("regency,9,-4.1", "regency,8,-4.1")})
    assert run(str(broken), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"counts", "problems", "discrepancies", "notes"}
    assert told["counts"]["polling_stations"] == 30
    (problem,) = told["problems"]
    assert (problem["file"], problem["line"]) == ("regions.csv", 3)
    assert set(problem) == {"file", "line", "what", "hint"}
    first = told["discrepancies"][0]
    assert (first["region"], first["published"], first["parts"]) == ("9.02", 11, 10)


def test_json_of_a_pack_without_problems_has_an_empty_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(write(tmp_path)), "--json") == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


@pytest.mark.parametrize("name", ["nowhere", "empty", "a-file"])
def test_a_place_without_a_pack_ends_with_2_and_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a-file").write_text("no pack")
    assert run(str(tmp_path / name)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "there is no pack here" in printed.err and printed.err.count("\n") == 1
