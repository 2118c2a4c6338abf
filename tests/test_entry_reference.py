"""The reference of entry kinds says exactly what the log is checked by."""

from __future__ import annotations

from pathlib import Path

from anoa.coordination.kinds import KINDS, Form
from anoa.coordination.reference import ABOUT, FORMS, entry_reference

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "entry-kinds.md"


def test_the_page_is_what_the_tables_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == entry_reference()


def test_every_kind_says_what_it_means_and_no_other_does() -> None:
    assert list(ABOUT) == list(KINDS)
    assert all(about.endswith(".") for about in ABOUT.values())


def test_every_form_of_field_is_told() -> None:
    assert set(FORMS) == set(Form)
