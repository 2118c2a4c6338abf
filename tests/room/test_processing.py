"""The register of processing and the impact assessment say what pack and schema say, no more."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import translation
from tests.roads import FOLDERS
from tests.room.running import anoa

from anoa.errors import DataError
from anoa.pack import load_pack
from anoa.room.processing import columns, compose_assessment, compose_register, render
from anoa.room.processing.document import cell
from anoa.room.processing.misuses import MISUSES
from anoa.sitrep.document import Table

ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 11, 29, 4, tzinfo=UTC)
COMPOSERS = {"register": compose_register, "dpia": compose_assessment}


@pytest.fixture(autouse=True)
def in_english():
    """What is looked for is looked for in English."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def pack(request):
    return load_pack(request.param)


@pytest.fixture(params=COMPOSERS)
def compose(request):
    return COMPOSERS[request.param]


def text_of(compose, pack, language="en") -> str:
    return render(compose(pack, language, AT), ".md").decode()


# -- the schema -------------------------------------------------------------------------------


def test_every_column_of_the_database_says_what_it_may_hold_of_a_person():
    """A new column fails here until somebody has thought about it: processing/columns.py."""
    assert len(columns.columns()) > 200


def test_no_column_is_spoken_of_that_is_not_there():
    there: dict[str, set[str]] = {}
    for one in columns.columns():
        there.setdefault(one.table, set()).add(one.name)
    wrong = [f"{table}.{name}" for table, spec in columns.TABLES.items() if table in there
             for name in spec.columns if name not in there[table]]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize(("table", "column"), [("room.Member", "telephone"), ("room.New", "id")])
def test_a_column_that_nobody_looked_at_is_an_error_that_names_it(table, column):
    with pytest.raises(DataError, match=f"{column} of {table}.*processing/columns.py"):
        columns.holds(table, column)


def test_bytes_and_free_text_are_never_said_to_hold_nothing():
    """What could hold anything is classified as such, whatever its name."""
    from django.apps import apps
    from django.db import models

    harmless = {("room.HookRow", "mapping"), ("room.ImportRow", "mapping"),
                ("room.ImportRow", "facts"), ("room.Operation", "inject_names"),
                ("room.StationRow", "value"), ("room.SealFile", "content"),
                ("socialaccount.SocialApp", "settings")}  # fmt: skip
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.BinaryField | models.TextField | models.JSONField):
                place = (model._meta.label, field.column)
                assert place in harmless or columns.holds(*place) is not columns.Holds.NOTHING, (
                    place
                )


def test_the_register_lists_each_table_that_holds_something(pack):
    text = text_of(compose_register, pack)
    for table, kinds in columns.personal().items():
        assert str(columns.TABLES[table].about) in text
        for names in kinds.values():
            assert ", ".join(names) in text


# -- the pack ---------------------------------------------------------------------------------


def test_each_form_and_institution_of_the_pack_stands_in_the_register(pack):
    text = text_of(compose_register, pack)
    for form in pack.forms.values():
        assert cell(pack.text(form.title, "en")) in text
    for agency in pack.agencies.values():
        assert cell(pack.text(agency.name, "en")) in text


def test_another_pack_gives_another_register(pack):
    fewer = dataclasses.replace(pack, forms={})
    assert "The pack has no forms." in text_of(compose_register, fewer)
    assert "No form asks for free text" in text_of(compose_assessment, fewer)


def test_what_only_the_controller_can_say_is_left_to_the_controller(pack, compose):
    paper = compose(pack, "en", AT)
    blank = "[to be filled in by the controller]"
    asked = [row for section in paper.sections for block in section.blocks
             if isinstance(block, Table) and block.caption == "What only the controller can say"
             for row in block.rows]  # fmt: skip
    assert len(asked) >= 4 and all(answer == blank for _question, answer in asked)
    rows = [row for section in paper.sections for block in section.blocks
            if isinstance(block, Table) for row in block.rows
            if "Legal basis" in block.head or "What remains" in block.head]  # fmt: skip
    assert all(row[-1] == blank for row in rows)


def test_the_law_is_named_by_the_pack_alone(pack):
    named = {"en": "Act 1 of the invented country"}
    lawful = dataclasses.replace(pack, labels={**pack.labels, "data_protection_law": named})
    assert "Act 1 of the invented country (named by the pack)" in text_of(compose_register, lawful)
    source = ROOT / "src" / "anoa" / "room" / "processing"
    text = "".join(one.read_text("utf-8") for one in source.glob("*.py"))
    assert not re.search(r"GDPR|\bUU\b|\bPDP\b|\b20\d\d\b", text)


def test_retention_is_told_where_the_pack_says_it_and_left_open_where_not(pack):
    if getattr(pack, "retention", None):
        assert "How long each class is kept" in text_of(compose_register, pack)
    else:
        assert "The pack lays down no classes of retention: [to be" in text_of(
            compose_register, pack)  # fmt: skip


# -- misuses ----------------------------------------------------------------------------------


def refusals() -> dict[int, str]:
    page = (ROOT / "docs" / "explanation" / "what-anoa-refuses.md").read_text("utf-8")
    return {int(row[1]): row[0] for row in re.finditer(r"^\| M(\d+) \|.*$", page, re.MULTILINE)}


def test_the_misuses_are_those_that_have_tests_and_none_is_promised_too_much():
    rows = refusals()
    assert [one.number for one in MISUSES] == list(range(1, 19))
    for one in MISUSES:
        assert (ROOT / one.proof).exists() and one.proof in rows[one.number]
        if "; later |" in rows[one.number]:
            assert one.is_open, f"M{one.number} is not complete, and the assessment must say so"


def test_the_assessment_names_every_misuse_with_its_proof(pack):
    text = text_of(compose_assessment, pack)
    for one in MISUSES:
        assert f"| M{one.number} | {one.what} |" in text and one.proof in text
    assert text.count("Not complete in this version.") == sum(one.is_open for one in MISUSES)


# -- languages and forms ----------------------------------------------------------------------


def test_in_indonesian_no_sentence_stays_english(pack, compose):
    english, indonesian = (compose(pack, language, AT) for language in ("en", "id"))
    own = {cell(one.short) for one in pack.agencies.values()}  # words of the pack stay its own
    own |= {cell(text) for text in pack.retention_note.values()}
    for one, other in zip(english.sections, indonesian.sections, strict=True):
        assert one.title != other.title, one.title
        for block, theirs in zip(one.blocks, other.blocks, strict=True):
            said, meant = _sentences(block), _sentences(theirs)
            same = [a for a, b in zip(said, meant, strict=True) if a == b and " " in a]
            left = [text for text in same if text not in own and not text.startswith("tests/")
                    and not re.fullmatch(r"[\w, ]+", text)]  # fmt: skip
            assert left == [], one.id


def _sentences(block) -> list[str]:
    if isinstance(block, Table):
        names = ("Institutions of the pack", "Forms of the pack", "Instansi dalam paket",
                 "Formulir paket")  # fmt: skip
        rows = () if block.caption in names else block.rows
        return [block.caption, *block.head, *(cell_ for row in rows for cell_ in row)]
    if hasattr(block, "items"):
        return [text for item in block.items for text in (item.head, *item.lines)]
    return [block.text]


@pytest.mark.parametrize("suffix", [".md", ".html", ".pdf"])
def test_it_is_made_in_each_form_and_twice_the_same(pack, compose, suffix):
    first, second = (render(compose(pack, "id", AT, 2), suffix) for _ in range(2))
    assert first == second and len(first) > 3000
    starts = {".md": b"", ".html": b"<!doctype html>", ".pdf": b"%PDF-"}
    assert first.startswith(starts[suffix])
    if suffix == ".html":
        assert b"<script" not in first and b"http" not in first.replace(b"http-equiv", b"")


def test_another_ending_is_refused_in_words(pack):
    with pytest.raises(DataError, match=r"does not end in \.md, \.html, \.pdf"):
        render(compose_register(pack, "en", AT), ".docx")


# -- the commands -----------------------------------------------------------------------------


def test_from_a_pack_alone_without_any_room(tmp_path):
    out = tmp_path / "register.html"
    made = anoa(tmp_path / "none", "admin", "register", str(FOLDERS[0]), "--language", "id",
                "--edition", "3", "--out", str(out))  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "<h1>" in out.read_text("utf-8") and "3</h1>" in out.read_text("utf-8")
    assert not (tmp_path / "none").exists()
    shown = anoa(tmp_path / "none", "admin", "dpia", str(FOLDERS[1]), "--language", "en")
    assert shown.stdout.count("tests/misuse/test_m") == 18
    wrong = anoa(tmp_path / "none", "admin", "dpia", str(FOLDERS[1]), "--out", "x.docx")
    assert wrong.returncode == 2 and len(wrong.stderr.splitlines()) == 1
    nothing = anoa(tmp_path / "none", "admin", "register")
    assert nothing.returncode == 2 and "there is no" in nothing.stderr
