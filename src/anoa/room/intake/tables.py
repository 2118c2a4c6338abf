"""Tables as people keep them: CSV of any encoding and separator, and XLSX, read with limits.

Nothing is computed: a formula is told as such. Only the first visible sheet is read; what was found
and what was left out stands in ``notes``. What is too large or no table is refused in words.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from anoa.errors import Saying
from anoa.room.intake.values import Refused

FILE_LIMIT = 50 << 20  # bytes
ROWS_LIMIT = 100_000
LINES_LIMIT = 300_000  # rows with blank ones
COLUMNS_LIMIT = 200
HEAD_WITHIN = 10  # rows: above the head of a table stand titles
UNPACKED_LIMIT = 600 << 20  # bytes of all parts of a workbook
RATIO_LIMIT = 400  # how far a part may be packed
PARTS_LIMIT = 2_000
PIECE = 1 << 20
SEPARATORS = (";", ",", "\t", "|")
STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd\ue000-\uf8ff]")
DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Formula(str):
    """What stands in a cell that a program would compute."""

    __slots__ = ()


Cell = str | int | float | datetime | date | time | None
Row = tuple[Cell, ...]


class NoTable(Refused):
    """The file is no table that can be read, or too large a one."""

    code = "no_table"


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the heads of its columns, and its rows with the numbers that a person sees."""

    head: tuple[str, ...]
    head_row: int
    notes: tuple[Saying, ...]
    lines: Callable[[], Iterable[Row]]

    def rows(self) -> Iterator[tuple[int, Row]]:
        """The rows below the head that are not blank, with their numbers.

        Raises NoTable when there are too many.
        """
        count = 0
        for number, row in enumerate(self.lines(), 1):
            if number > LINES_LIMIT:
                raise NoTable("the table goes on below row {n}: take only its rows", n=LINES_LIMIT)
            if number <= self.head_row or not any(_text(cell) for cell in row):
                continue
            count += 1
            if count > ROWS_LIMIT:
                raise NoTable("the table has more than {n} rows: split it", n=ROWS_LIMIT)
            yield number, _fitted(row, len(self.head))


def open_table(content: bytes) -> Table:
    """The table in a file; raises NoTable with a sentence that says what to do."""
    if len(content) > FILE_LIMIT:
        raise NoTable("the file has more than {n} MB: split it", n=FILE_LIMIT >> 20)
    if not content.strip(b"\x00 \t\r\n"):
        raise NoTable("the file is empty")
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise NoTable("this is an old or a locked workbook: save it as .xlsx without a password")
    lines, notes = _workbook(content) if content[:2] == b"PK" else _text_table(content)
    return _headed(lines, notes)


def _headed(lines: Callable[[], Iterable[Row]], notes: list[Saying]) -> Table:
    """Find the head: the first of the first rows that is about as long as the longest of them."""
    first = list(islice(lines(), HEAD_WITHIN))
    filled = [sum(bool(_text(cell)) for cell in row) for row in first]
    if not filled or not max(filled):
        raise NoTable("there is no head of a table in the first {n} rows", n=HEAD_WITHIN)
    place = next(n for n, count in enumerate(filled) if 2 * count > max(filled))
    row = list(first[place])
    width = max(len(one) for one in first)
    if width > COLUMNS_LIMIT:
        raise NoTable("the table has more than {n} columns: take out what is not needed",
                      n=COLUMNS_LIMIT)  # fmt: skip
    head: list[str] = []
    for number, cell in enumerate(_fitted(tuple(row), width)):
        name = " ".join(_text(cell).split())[:80] or f"[{_letters(number)}]"
        head.append(name if name not in head else f"{name} [{_letters(number)}]")
    if place:
        notes.append(Saying("the head of the table was found in row {n}", n=place + 1))
    return Table(tuple(head), place + 1, tuple(notes), lines)


def _letters(number: int) -> str:
    return (chr(64 + number // 26) if number >= 26 else "") + chr(65 + number % 26)


def _fitted(row: Row, width: int) -> Row:
    return row[:width] + (None,) * (width - len(row))


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def cell_text(cell: Cell) -> str:
    """What a cell says as text; a whole number without a fraction, a time as ISO has it.

    >>> cell_text(3.0), cell_text(datetime(2024, 11, 27, 7, 30))
    ('3', '2024-11-27T07:30:00')
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.15g}" if math.isfinite(cell) else ""
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


# Text


def _text_table(content: bytes) -> tuple[Callable[[], Iterable[Row]], list[Saying]]:
    text, encoding = decoded(content)
    if len(STRANGE.findall(text[:2_000])) > min(len(text), 2_000) // 50:
        raise NoTable("this is no table: bring CSV or XLSX")
    if encoding == "windows-1252":
        notes = [Saying("the letters were read as {encoding}; save the file as UTF-8 if some are "
                        "wrong", encoding=encoding)]  # fmt: skip
    else:
        notes = [Saying("the letters were read as {encoding}", encoding=encoding)]
    said = re.match(r"sep=(.)\r?\n", text)
    separator = said[1] if said else separator_of(text)
    names = {"\t": "tab"}
    notes.append(Saying("columns are separated by {sign}", sign=names.get(separator, separator)))
    start = said.end() if said else 0

    def lines() -> Iterator[Row]:
        if said:
            yield ()  # so that rows keep the numbers of the file
        try:
            yield from map(tuple, csv.reader(io.StringIO(text[start:]), delimiter=separator))
        except csv.Error as error:
            raise NoTable("the file cannot be read as CSV: {why}", why=str(error)[:100]) from error

    return lines, notes


def decoded(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding.

    >>> decoded("ä;b".encode("utf-16"))[1]
    'UTF-16'
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _by("utf-16", "UTF-16", content)
    sample = content[:2_000]
    if sample.count(0) > len(sample) // 4:
        little = sample[1::2].count(0) > sample[::2].count(0)
        return _by("utf-16-le" if little else "utf-16-be", "UTF-16", content)
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        if 0 in sample:
            raise NoTable("this is no table: bring CSV or XLSX") from None
        return content.decode("cp1252", errors="replace"), "windows-1252"


def _by(codec: str, name: str, content: bytes) -> tuple[str, str]:
    try:
        return content.decode(codec).removeprefix("\ufeff"), name
    except UnicodeDecodeError:
        raise NoTable("the letters cannot be read: save the file as CSV UTF-8") from None


def separator_of(text: str) -> str:
    """The sign that separates the columns: with which the first rows are longest and alike.

    >>> separator_of("a;b;c\\n1,5;2;3")
    ';'
    """
    sample = text[:20_000]

    def width(sign: str) -> tuple[int, int]:
        try:
            rows = [len(row) for row in islice(csv.reader(io.StringIO(sample), delimiter=sign), 20)]
        except csv.Error:
            return 0, 0
        usual = max(set(rows), key=rows.count) if rows else 0
        return (rows.count(usual) if usual > 1 else 0), usual

    return max(SEPARATORS, key=width)


# Workbooks


def _workbook(content: bytes) -> tuple[Callable[[], Iterable[Row]], list[Saying]]:
    has_merged = _examine(content)
    try:
        book = _opened(content)
        names, hidden = _sheets(book)
    except Exception as error:  # openpyxl raises whatever a broken part makes it stumble over
        raise NoTable("the workbook cannot be read: save it as .xlsx or CSV anew") from error
    if not names:
        raise NoTable("every sheet of the workbook is hidden")
    notes = [Saying("the sheet '{name}' was read", name=names[0])]
    notes += [Saying("the sheet '{name}' was not read: put it first", name=one)
              for one in names[1:20]]  # fmt: skip
    notes += [Saying("the sheet '{name}' is hidden and was not read", name=one)
              for one in hidden[:20]]  # fmt: skip
    if has_merged:
        notes.append(Saying("some cells are merged: the value counts for the first of them only"))

    def lines() -> Iterator[Row]:
        try:
            yield from _sheet_rows(book[names[0]])
        except Exception as error:
            raise NoTable("the workbook cannot be read: save it as .xlsx or CSV anew") from error

    return lines, notes


def _examine(content: bytes) -> bool:
    """Whether cells are merged; raises NoTable for what unpacks to too much or declares things."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > PARTS_LIMIT or sum(one.file_size for one in parts) > UNPACKED_LIMIT:
                raise NoTable("the workbook unpacks to too much: save its sheet as CSV")
            if any(one.flag_bits & 1 for one in parts):
                raise NoTable(
                    "this is an old or a locked workbook: save it as .xlsx without a password"
                )
            if "xl/workbook.xml" not in packed.namelist():
                raise NoTable("this is no table: bring CSV or XLSX")
            return sum(_examined(packed, one) for one in parts) > 0
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError,
            ValueError, RuntimeError, zlib.error) as error:  # fmt: skip
        raise NoTable("the workbook cannot be read: save it as .xlsx or CSV anew") from error


def _examined(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    if part.file_size > PIECE and part.file_size > RATIO_LIMIT * max(part.compress_size, 1):
        raise NoTable("the workbook unpacks to too much: save its sheet as CSV")
    if not part.filename.endswith((".xml", ".rels")):
        return False
    has_merged, before = False, b""
    with packed.open(part) as file:
        while piece := file.read(PIECE):
            whole = before + piece
            if DECLARED.search(whole) or (not before and 0 in whole[:4]):
                raise NoTable("the workbook declares things that no table needs")
            has_merged = has_merged or b"<mergeCell " in whole
            before = piece[-20:]
    return has_merged and part.filename.startswith("xl/worksheets/")


def _opened(content: bytes) -> Any:
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)


def _sheets(book: Any) -> tuple[list[str], list[str]]:
    """The names of the visible and of the hidden sheets."""
    sheets = [(one.title, one.sheet_state) for one in book.worksheets]
    visible = [name for name, state in sheets if state == "visible"]
    return visible, [name for name, state in sheets if state != "visible"]


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a file says of its size may be wrong
    for row in sheet.iter_rows():
        yield tuple(map(_cell, row))


def _cell(cell: Any) -> Cell:
    value = cell.value
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    if cell.data_type == "f" or not isinstance(value, str | int | float | datetime | date | time):
        return Formula(getattr(value, "text", None) or str(value))
    if isinstance(value, datetime) and value.time() == time() and not _shows_hours(cell):
        return value.date()
    return value


def _shows_hours(cell: Any) -> bool:
    return "h" in str(cell.number_format or "").lower()


def is_formula(cell: Cell) -> bool:
    """Whether a program would compute what stands there."""
    return isinstance(cell, Formula)
