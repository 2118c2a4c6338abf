"""Whatever stands in the files of a pack, checking it gives problems and never an exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.small_pack import FILES, retention, write

from anoa.pack import Checked, check_pack
from anoa.pack.documents import DOCUMENTS
from anoa.pack.loading import REQUIRED
from anoa.pack.tables import TABLES

QUIET = settings(derandomize=True, deadline=None, max_examples=40)
KEPT = retention("{class: words, after: settled, days: 20}")
NAMES = st.sampled_from(sorted(FILES))
WEIRD = st.sampled_from(
    [
        "", " ", "*", ";", "::", "-1", "1e999", "nan", "9.01", "$x", "{", "]", "\"", "'", "\x00",
        "\ud7ff", "é", "9" * 400, "2031-02-30", "0001-01-01", "9999-12-31T23:59:59-23:59", "|", ">",
        "!!int 3", "&a", "*a", "- - -", "?", "%YAML 9.9", "\t", "\r", "\u2028", "true", "null",
        '"\\UFFFFFFFF"', '"\\ud800"', "figure:", "history:;;", "threat", "vulnerability", "actual",
        "a: b", "[[", "{{", "@", "`", "x" * 5000,
    ]
)  # fmt: skip


def checked(**changes: str | bytes | tuple[str, str] | None) -> Checked:
    with tempfile.TemporaryDirectory() as folder:
        return check_pack(write(Path(folder), **changes))


def assert_told(result: Checked) -> None:
    assert (result.pack is None) == bool(result.problems)
    for problem in result.problems:
        assert problem.file and problem.what and problem.line >= 0
        str(problem).encode()


@QUIET
@given(NAMES, st.data())
def test_random_bytes_in_a_file_never_crash_the_check(name: str, data: st.DataObject) -> None:
    content = FILES[name].encode()
    at = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 40))
    new = data.draw(st.binary(max_size=12))
    assert_told(checked(**{name: content[:at] + new + content[at + cut :]}))


@QUIET
@given(NAMES, st.binary(max_size=300))
def test_a_file_of_random_bytes_never_crashes_the_check(name: str, content: bytes) -> None:
    assert_told(checked(**{name: content}))


@QUIET
@given(st.sampled_from([t.file for t in TABLES if t.file in FILES]), st.data())
def test_a_random_cell_never_crashes_the_check(file: str, data: st.DataObject) -> None:
    lines = [line.split(",") for line in FILES[file].splitlines()]
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.sampled_from(lines))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(WEIRD | st.text(max_size=8))
    text = "\n".join(",".join(line) for line in lines) + "\n"
    assert_told(checked(**{file: text.encode("utf-8", "surrogatepass")}))


@QUIET
@given(st.sampled_from([d.file for d in DOCUMENTS]), st.data())
def test_a_random_line_of_a_document_never_crashes_the_check(
    file: str, data: st.DataObject
) -> None:
    lines = (FILES | KEPT)[file].splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key, colon, _ = lines[at].partition(":")
        kept = data.draw(st.booleans()) and colon
        lines[at] = f"{key}: {data.draw(WEIRD)}" if kept else data.draw(WEIRD)
    assert_told(checked(**{file: ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")}))


@QUIET
@given(st.sampled_from([t for t in TABLES if t.file in FILES]), st.data())
def test_a_table_that_lost_a_column_is_never_accepted(table: object, data: st.DataObject) -> None:
    file = table.file  # type: ignore[attr-defined]
    lines = [line.split(",") for line in FILES[file].splitlines()]
    at = data.draw(st.integers(0, len(lines[0]) - 1))
    lost = lines[0][at]
    text = "\n".join(",".join(line[:at] + line[at + 1 :]) for line in lines) + "\n"
    result = checked(**{file: text})
    assert result.pack is None
    assert any(
        problem.file == file and problem.line == 1 and f"'{lost}' is missing" in problem.what
        for problem in result.problems
    )


@QUIET
@given(NAMES)
def test_a_missing_file_is_never_accepted(name: str) -> None:
    if name == "pack.yaml" or name not in REQUIRED:
        return
    result = checked(**{name: None})
    assert any((p.file, p.what) == (name, "the file is missing") for p in result.problems)


@QUIET
@given(st.lists(st.tuples(NAMES, WEIRD), min_size=1, max_size=4), st.randoms())
def test_several_damaged_files_at_once_never_crash_the_check(
    damage: list[tuple[str, str]], random: object
) -> None:
    changes: dict[str, bytes] = {}
    for name, weird in damage:
        lines = FILES[name].splitlines()
        at = random.randrange(len(lines))  # type: ignore[attr-defined]
        lines[at] = lines[at][: len(lines[at]) // 2] + weird
        changes[name] = "\n".join(lines).encode("utf-8", "surrogatepass")
    assert_told(checked(**changes))
