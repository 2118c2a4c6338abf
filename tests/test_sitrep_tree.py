"""The daily report by either tree: other lines, the same totals, and again the same bytes."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from tests.exercise_parts import first_week

from anoa.cli import main
from anoa.errors import DataError
from anoa.logfile import LogHeader, write_log
from anoa.oplog import Entry, instant_text
from anoa.pack import load_pack
from anoa.picture import Picture, play
from anoa.sitrep import compose_sitrep, render_html, render_pdf, render_text
from anoa.sitrep.document import Table

ROOT = Path(__file__).parents[1]
PACK_FOLDER = ROOT / "packs" / "sultra-2024"
PACK = load_pack(PACK_FOLDER)


@pytest.fixture(scope="module")
def picture() -> Picture:
    """The exercise, with its threats moved to regions that units cut."""
    salts = count()
    injects = [i for i in first_week(PACK) if i.verb not in ("sitrep.issue", "seal.sign")]
    played, _ = play(PACK, injects, lambda: f"{next(salts):032x}")
    things = {thing: dict(items) for thing, items in played.things.items()}
    for ident, region in zip(list(things["threat"]), ("74.02", "74.05.01"), strict=False):
        things["threat"][ident] = replace(things["threat"][ident], region=region)
    for ident, one in zip(list(things["report"]), ("74.02.11", "74.05.07"), strict=False):
        report = things["report"][ident]
        things["report"][ident] = replace(report, region=one[:5], sub_district=one)
    return replace(played, things=things)


def report(picture: Picture, tree: str, **options):
    return compose_sitrep(picture, PACK, at=picture.at, language="en", tree=tree, **options)


def table(sitrep, section: str, number: int = 0) -> Table:
    found = [one for one in sitrep.section(section).blocks if isinstance(one, Table)]
    return found[number]


def number_of(cell: str) -> int:
    return int(cell.split(" ")[0].replace(",", "")) if cell[0].isdigit() else 0


def test_the_lines_are_the_units_and_the_totals_are_the_same(picture):
    civil, police = report(picture, "civil"), report(picture, "police")
    first, second = table(civil, "situation"), table(police, "situation")
    assert second.head[0] == "Police unit"
    names = {row[0] for row in second.rows}
    assert {PACK.agencies[unit].short for unit in PACK.units} <= names
    assert [number_of(c) for c in first.rows[-1][1:5]] == [
        number_of(c) for c in second.rows[-1][1:5]
    ]
    assert first.rows[-1][-1] == second.rows[-1][-1]  # as many silent regions


def test_the_total_says_how_many_are_shared_and_counts_them_once(picture):
    found = table(report(picture, "police"), "situation")
    rows = {row[0]: row for row in found.rows}
    assert "shared" in " ".join(rows["Polres Konawe"]) and "shared" in " ".join(rows["Total"])
    column = next(i for i in range(1, 4) if "shared" in rows["Polres Konawe"][i])
    shown = sum(number_of(row[column]) for row in found.rows[:-1])
    assert shown > number_of(rows["Total"][column])
    assert any("counts once" in one.text for one in
               report(picture, "police").section("situation").blocks[1:])  # fmt: skip


def test_reports_by_unit_add_up_with_shared_ones_in_a_row_of_their_own(picture):
    for number in (0, 1):
        civil = table(report(picture, "civil"), "totals", number)
        police = table(report(picture, "police"), "totals", number)
        assert civil.rows[-1] == police.rows[-1]
        for column in range(1, len(police.head)):
            parts = [number_of(row[column]) for row in police.rows[:-1]]
            assert sum(parts) == number_of(police.rows[-1][column])
    rows = {row[0] for row in table(report(picture, "police"), "totals").rows}
    assert "Polresta Kendari" in rows


def test_published_sums_of_units_stand_beside_their_parts(picture):
    later = replace(picture, at=picture.at.replace(year=2025))
    sitrep = compose_sitrep(later, PACK, at=later.at, language="en", tree="police")
    rows = {row[0]: row[1:4] for row in table(sitrep, "totals", 2).rows}
    assert rows["Polling stations 2024-11-27, Polres Konawe, Konawe"] == ("440", "440", "0")
    assert rows["Polling stations 2024-11-27, Polresta Kendari, Konawe"] == ("26", "26", "0")


def test_the_civil_report_is_what_it_was_without_a_tree(picture):
    plain = compose_sitrep(picture, PACK, at=picture.at, language="en")
    assert plain == report(picture, "civil")
    assert "unit" not in render_text(plain)


def test_every_form_is_made_again_byte_for_byte(picture):
    for render in (render_html, render_pdf, render_text):
        assert render(report(picture, "police")) == render(report(picture, "police"))


def test_an_unknown_tree_is_refused_with_those_there_are(picture):
    with pytest.raises(DataError, match="no tree 'stars': choose one of civil, police"):
        report(picture, "stars")


def test_the_public_sees_no_count_of_institutions_by_unit_either(picture):
    public = report(picture, "police", agency=None)
    for row in table(public, "situation").rows:
        assert set(row[1:]) == {"–"}, row


def test_the_command_line_counts_by_the_tree_asked_for_and_as_it_was_issued(tmp_path):
    salts = count()
    injects = [i for i in first_week(PACK) if i.verb not in ("sitrep.issue", "seal.sign")]
    entries = play(PACK, injects, lambda: f"{next(salts):032x}")[1]
    at = entries[-1].at
    issued = Entry(
        len(entries) + 1, at, "posko", "polda-sultra", "sitrep.issued", 1, "L-0001",
        {"report": "daily", "number": 1, "as_of": instant_text(at), "at_seq": len(entries),
         "digest": "0" * 64, "language": "en", "tree": "police"}, salt="0" * 32,
    )  # fmt: skip
    log = tmp_path / "log.jsonl"
    with log.open("wb") as file:
        header = LogHeader(PACK.id, PACK.digest, PACK.time_zone, exercise=True)
        write_log(file, header, [*entries, issued])
    assert Picture.replay([*entries, issued]).sitreps["L-0001"].tree == "police"
    texts = {}
    for name, options in {"issued": [], "civil": ["--tree", "civil"]}.items():
        out = tmp_path / f"{name}.html"
        words = ["sitrep", str(PACK_FOLDER), str(log), "--at", instant_text(at), "--out", str(out)]
        assert main([*words, *options]) == 0
        texts[name] = out.read_text("utf-8")
    assert "Situation by unit" in texts["issued"] and "Situation by region" in texts["civil"]
    assert main([*words, "--tree", "stars"]) == 2
