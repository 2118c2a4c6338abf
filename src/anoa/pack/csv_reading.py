"""Read a CSV table by its description: every problem with its line, nothing raised."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from anoa.pack.collecting import Findings
from anoa.pack.reading import blank, read_many, read_one, refer, register
from anoa.pack.schema import Draft, Field, Holds, Row, Table

MOST_ROWS = 200_000


def read_table(table: Table, text: str, draft: Draft, findings: Findings) -> None:
    """Put the rows of a table into the draft; what is wrong goes to ``findings``."""
    records = _records(table.file, text, findings)
    first = next(records, None)
    if first is None:
        findings.add(table.file, 1, "the header row is missing", _header_hint(table, draft))
        mark_broken(table, draft)
        return
    header = [name.strip() for name in first[1]]
    places = _places(table, header, draft, findings)
    rows = draft.tables.setdefault(table.file, [])
    for line, cells in records:
        if len(cells) != len(header):
            findings.add(
                table.file, line, f"the row has {len(cells)} cells, the header {len(header)}"
            )
            mark_broken(table, draft)
            continue
        rows.append(_row(table, line, cells, places, draft, findings))
    _check_unique(table, rows, findings)


def mark_broken(table: Table, draft: Draft) -> None:
    """Note that the table's sets of ids are not whole, so that references are not blamed."""
    for field in table.record.fields:
        draft.broken.update(name for name in (field.key, field.names) if name)


def _records(file: str, text: str, findings: Findings) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            findings.add(file, line, f"the row cannot be read: {error}", "check its quotes")
            return
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        count += 1
        if count > MOST_ROWS:
            findings.add(file, line, f"the table has more than {MOST_ROWS} rows")
            return
        yield line, cells


def _header_hint(table: Table, draft: Draft) -> str:
    names = [name for field in table.record.present for name in field.columns(draft.languages)]
    return "columns: " + ",".join(names)


def _places(table: Table, header: list[str], draft: Draft, findings: Findings) -> dict[str, int]:
    """Where each column stands; missing, extra and repeated ones are problems."""
    known = [name for field in table.record.fields for name in field.columns(draft.languages)]
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            findings.add(table.file, 1, f"the column '{name}' stands twice")
        if name not in known:
            draft.strangers.append((table.file, 1, name))
            findings.add(
                table.file, 1, f"there is no column '{name}' in this table",
                _header_hint(table, draft),
            )  # fmt: skip
    later = {
        n for f in table.record.fields if f.later or f.former for n in f.columns(draft.languages)
    }
    for name in known:
        if name not in header and name not in later:
            findings.add(table.file, 1, f"the column '{name}' is missing", "add it to the header")
    for field in table.record.fields:
        if any(name not in header for name in field.columns(draft.languages)):
            draft.broken.update(name for name in (field.key, field.names) if name)
    return {name: header.index(name) for name in known if name in header}


def _row(
    table: Table,
    line: int,
    cells: list[str],
    places: dict[str, int],
    draft: Draft,
    findings: Findings,
) -> Row:
    row = Row(table.file, line)
    for field in table.record.fields:
        found = {
            name: cells[places[name]].strip()
            for name in field.columns(draft.languages)
            if name in places
        }
        row[field.name] = _value(field, row, found, draft, findings)
        register(field, row, draft, findings)
    return row


def _value(
    field: Field, row: Row, found: dict[str, str], draft: Draft, findings: Findings
) -> object:
    if field.holds is Holds.TEXTS:
        texts = {}
        for language in draft.languages:
            column = f"{field.name}_{language}"
            if column in found:
                if not found[column]:
                    blank(field, row, findings, name=column)
                texts[language] = read_one(field, row, found[column], findings) or ""
        return texts
    if field.name not in found:
        return [] if field.holds is Holds.LIST else None
    text = found[field.name]
    if not text:
        blank(field, row, findings)
        return [] if field.holds is Holds.LIST else None
    if field.holds is Holds.LIST:
        words = [(word.strip(), row.line) for word in text.split(";")]
        return read_many(field, row, words, draft, findings)
    value = read_one(field, row, text, findings)
    if value is not None:
        refer(field, row.file, row.line, text, draft)
    return value


def _check_unique(table: Table, rows: list[Row], findings: Findings) -> None:
    seen: dict[tuple[object, ...], int] = {}
    for row in rows:
        name = tuple(_known(table, row, column) for column in table.unique)
        if not name or None in name:
            continue
        if name in seen:
            what = ", ".join(f"{column} {row[column]}" for column in table.unique)
            findings.add(table.file, row.line, f"a second row for {what}", f"see line {seen[name]}")
        seen.setdefault(name, row.line)


def _known(table: Table, row: Row, column: str) -> object:
    """The value that helps to name a row; a blank of a column that may be blank is a value too."""
    value, field = row.get(column), table.record.named(column)
    return "" if value is None and field is not None and not field.required else value
