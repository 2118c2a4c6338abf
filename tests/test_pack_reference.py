"""The reference page says exactly what the loader reads."""

from __future__ import annotations

from pathlib import Path

from anoa.pack.documents import DOCUMENTS
from anoa.pack.forms import FORM
from anoa.pack.loading import KNOWN
from anoa.pack.reference import pack_reference
from anoa.pack.schema import Field, Record
from anoa.pack.tables import SCHEME, TABLES

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "pack.md"


def fields(record: Record) -> list[Field]:
    return [
        inner
        for field in record.fields
        for inner in [field, *(fields(field.record) if field.record else [])]
    ]


def test_the_page_is_what_the_descriptions_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == pack_reference()


def test_every_file_has_a_heading() -> None:
    headings = {line for line in pack_reference().splitlines() if line.startswith("### ")}
    assert headings == {f"### {name}" for name in (*KNOWN, SCHEME.file, FORM.file)}


def test_every_field_says_what_it_means() -> None:
    page = pack_reference()
    for table in (*TABLES, *DOCUMENTS, FORM):
        for field in fields(table.record):
            assert len(field.about) > 4, f"{table.file} {field.name}"
            assert f"| {field.name} | " in page
