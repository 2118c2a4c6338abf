"""The reference page of log and seal is true: its example runs, its names and keys exist."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import anoa.logfile
import anoa.seals
from anoa.logfile import FORMAT, HEADER_FIELDS
from anoa.oplog import FIELDS
from anoa.seals import parse_vkey, verify_log
from seals_material import KEYS, LOG_KEY, lines, log_bytes, scanned, seals

REFERENCE = Path(__file__).resolve().parents[1] / "docs/reference/log-and-seal.md"


@pytest.fixture(scope="module")
def page() -> str:
    return REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("hidden", [(), (7, 15)])
def test_the_check_by_hand_on_the_page_runs(page: str, hidden: tuple[int, ...]) -> None:
    material = {"log_bytes": log_bytes(lines(hidden=hidden)), "seal_bytes": seals()[-1].data}
    test = doctest.DocTestParser().get_doctest(page, material, REFERENCE.name, None, 0)
    found = doctest.DocTestRunner().run(test)
    assert found.attempted == 6 and found.failed == 0


def test_every_key_of_the_files_has_its_row(page: str) -> None:
    for key in (*FIELDS, *HEADER_FIELDS, *verify_log(scanned(log_bytes()), [], KEYS).as_json()):
        assert f"`{key}`" in page
    assert FORMAT in page


def test_every_name_for_python_exists(page: str) -> None:
    names = page.partition("## From Python")[2].replace("\n", " ").split("`")[1::2]
    assert len(names) > 15
    for name in names:
        assert name.startswith("anoa.") or hasattr(anoa.seals, name) or hasattr(anoa.logfile, name)


def test_the_key_on_the_page_is_a_key(page: str) -> None:
    line = next(line for line in page.split("\n") if line.startswith("    sultra-2024/exercise+"))
    assert parse_vkey(line.strip()) == LOG_KEY.public
