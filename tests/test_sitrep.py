"""The daily report of a played exercise: what it says, to whom, and that it says it again."""

from __future__ import annotations

import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from tests import small_pack
from tests.exercise_parts import first_week

from anoa.coordination.values import (
    THINGS,
    ActionClass,
    CommitmentState,
    Report,
    TaskState,
    Threat,
    Verdict,
)
from anoa.errors import DataError
from anoa.ladder import Rung
from anoa.oplog import Entry, Handling
from anoa.pack import Pack, load_pack
from anoa.pack.sums import sum_of_parts
from anoa.picture import Picture, opening, play, settle
from anoa.sitrep import Sitrep, compose_sitrep, render_html, render_pdf, render_text, situations
from anoa.sitrep.document import Drawing, Item, Listing, Table
from anoa.sitrep.words import LANGUAGES, Words, catalogue

PACKS = Path(__file__).parent.parent / "packs"
AFTER_SHOVING = datetime(2024, 8, 8, 20, 25, tzinfo=UTC) - timedelta(hours=8)
MORNING = datetime(2024, 8, 8, 23, 0, tzinfo=UTC)  # 9 August, 07:00 local


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACKS / "sultra-2024")


@pytest.fixture(scope="module")
def entries(pack) -> tuple[Entry, ...]:
    salts = count()
    injects = [i for i in first_week(pack) if i.verb not in ("sitrep.issue", "seal.sign")]
    return play(pack, injects, lambda: f"{next(salts):032x}")[1]


@pytest.fixture(scope="module")
def shoving(entries) -> Picture:
    return Picture.replay(entries, until=AFTER_SHOVING)


@pytest.fixture(scope="module")
def report(pack, shoving) -> Sitrep:
    return compose_sitrep(shoving, pack, at=AFTER_SHOVING, language="en")


@pytest.fixture(scope="module")
def last(pack, entries) -> Sitrep:
    picture, previous = Picture.replay(entries), Picture.replay(entries, until=MORNING)
    return compose_sitrep(picture, pack, at=picture.at, previous=previous, number=2, language="en")


def items(sitrep: Sitrep, section: str, title: str | None = None) -> list[Item]:
    found = sitrep.section(section)
    assert found is not None
    return [
        item
        for block in found.blocks
        if isinstance(block, Listing) and title in (None, block.title)
        for item in block.items
    ]


def tables(sitrep: Sitrep, section: str) -> list[Table]:
    found = sitrep.section(section)
    assert found is not None
    return [block for block in found.blocks if isinstance(block, Table)]


def with_thing(picture: Picture, thing: str, *more) -> Picture:
    changed = {**picture.things[thing], **{one.id: one for one in more}}
    return replace(picture, things={**picture.things, thing: changed})


# What the report says


def test_the_head_says_number_day_time_zone_and_readers(report):
    assert report.number == 1
    facts = dict(report.facts)
    assert facts["Day, date"] == "Thursday, 8 August 2024"
    assert facts["Time"] == "20:25 WITA"
    assert facts["Period"] == "6/8 08:30 WITA to 8/8 20:25 WITA"
    assert facts["Handling"] == "for institutions"


def test_the_situation_has_every_region_and_adds_up(pack, report):
    (table,) = tables(report, "situation")
    *rows, total = table.rows
    assert [row[0] for row in rows] == [pack.place_name(code) for code in pack.leaf_regions]
    for column in (2, 3, 4):
        assert sum(int(row[column]) for row in rows) == int(total[column])
    muna = next(row for row in rows if row[0] == "Muna")
    assert muna == ("Muna", "1 (1 provisional)", "1", "0", "0", "heard 8/8 20:10")


def test_a_region_that_nobody_heard_from_is_silent_and_not_calm(report):
    (table,) = tables(report, "situation")
    heard = {row[0]: row[-1] for row in table.rows}
    assert heard["Kolaka"] == "no report yet"
    assert heard["Wakatobi"] == "silent since 7/8 08:40"


def test_silence_begins_after_the_packs_hours_and_not_at_them(pack, entries):
    picture = Picture.replay(entries, until=AFTER_SHOVING)
    edge = picture.posts["74.03"].heard_at + pack.clocks.silent_after
    at_edge = {one.region: one.silent for one in situations(picture, pack, edge)}
    beyond = {o.region: o.silent for o in situations(picture, pack, edge + timedelta(seconds=1))}
    assert (at_edge["74.03"], beyond["74.03"]) == (False, True)


def test_a_provisional_actual_is_never_printed_without_its_mark(report):
    (first, *_) = items(report, "threats")
    assert first.head == "GN (provisional) · T-0003 Clash between supporters, Muna"
    assert first.lines[0].startswith("Provisional: ")
    (move,) = [i for i in items(report, "changes", "Moves of threats") if "T-0003" in i.head][-1:]
    assert move.head.endswith("PG → GN (provisional)")
    assert "- GN (provisional): T-0003" in render_text(report)


def test_open_threats_say_evidence_confidence_owner_and_clock_highest_first(report):
    found = items(report, "threats")
    assert [item.head.split()[0] for item in found] == ["GN", "AG", "PG"]
    for item in found:
        text = " ".join(item.lines)
        for needed in ("owner: ", "Evidence: ", "confidence: ", "To be reviewed by ", "Reason: "):
            assert needed in text


def test_a_report_that_nobody_acknowledged_in_time_is_urgent(report):
    (item,) = items(report, "unanswered", "Nobody acknowledged in time")
    assert item.head.startswith("R-0003 ") and item.urgent
    assert item.lines[0].startswith("Answer was due by 7/8 09:10 WITA")


def test_a_late_commitment_prints_the_explanation_before_the_lateness(report):
    (late,) = items(report, "commitments", "Late or not kept")
    assert late.head.startswith("FKUB Sultra explains: ")
    assert late.lines[0].endswith("due 8/8 17:00 WITA: late")
    html = render_html(report)
    assert html.index("FKUB Sultra explains: ") < html.index("17:00 WITA: late")


def test_a_late_commitment_without_explanation_says_until_when_there_may_be_one(pack, shoving):
    (late,) = [one for one in shoving.commitments.values() if one.is_late]
    bare = with_thing(shoving, "commitment", replace(late, explanation=None))
    (item,) = items(compose_sitrep(bare, pack, at=AFTER_SHOVING, language="en"), "commitments",
                    "Late or not kept")  # fmt: skip
    assert item.head == "FKUB Sultra has not explained yet; it may do so until 9/8 17:00 WITA."


def test_a_lowered_actual_is_printed_with_reason_rule_and_two_signatures(last):
    (item,) = items(last, "changes", "Lowered from actual (printed in every report)")
    assert item.head.endswith("T-0003 Clash between supporters, Muna: GN → AG")
    assert item.lines[0].startswith("Reason: No new support")
    assert "rule: dwell.actual" in item.lines[1]
    assert item.lines[1].endswith("Signed by: Polres Muna, Bawaslu Sultra")


def test_a_lowered_actual_is_printed_in_every_later_report_too(pack, entries):
    picture = Picture.replay(entries)
    again = compose_sitrep(picture, pack, at=picture.at, previous=picture, language="en")
    assert items(again, "changes", "Lowered from actual (printed in every report)")
    assert not items(again, "changes", "Moves of threats")


def test_changes_hold_what_came_after_the_last_report_and_nothing_before(last):
    heads = [item.head for item in items(last, "changes", "Moves of threats")]
    assert len(heads) == 2
    assert all(not head.startswith(("6/8", "7/8")) for head in heads)
    assert [item.head[:6] for item in items(last, "changes", "Commitments")] == ["C-0001", "C-0004"]


def test_a_proposal_that_waits_says_who_signed(pack, entries):
    made = next(e for e in entries if e.kind == "proposal.made")
    picture = Picture.replay(entries, until=made.at)
    report = compose_sitrep(picture, pack, at=made.at, language="en")
    (item,) = items(report, "proposals")
    assert item.urgent and item.lines[-1] == "Signed by: nobody"


def test_reports_and_incidents_add_up_in_rows_and_columns(last):
    for table in tables(last, "totals")[:2]:
        *rows, total = [[int(cell) for cell in row[1:]] for row in table.rows]
        assert all(sum(row[:-1]) == row[-1] for row in [*rows, total])
        assert [sum(column) for column in zip(*rows, strict=True)] == total


def test_published_totals_show_their_difference_and_unknown_parts_as_unknown(report):
    table = tables(report, "totals")[2]
    rows = {row[0]: row[1:4] for row in table.rows}
    assert rows["Polling stations 2024-02-14, Muna"] == ("625", "643", "−18")
    assert rows["Polling stations 2024-11-27, Muna"] == ("357", "unknown", "unknown")


def test_no_figure_stands_in_a_report_before_it_was_known(pack, report, entries):
    names = {row[0] for row in tables(report, "totals")[2].rows}
    assert not any(name.startswith("Voters on the roll") for name in names)  # 23 September
    picture = Picture.replay(entries)
    later = compose_sitrep(picture, pack, at=datetime(2025, 2, 20, tzinfo=UTC), language="en")
    rows = {row[0]: row[1:4] for row in tables(later, "totals")[2].rows}
    assert rows["Voters on the roll 2024-11-27, Sulawesi Tenggara"][0] == "1,876,792"


def test_parts_known_later_than_the_day_leave_the_sum_unknown(pack):
    total = next(t for t in pack.totals if (t.region, t.figure) == ("74", "sub_districts"))
    known = max(pack.sub_districts[code].known_at for code in pack.sub_districts)
    assert sum_of_parts(pack, total, known) == 221
    assert sum_of_parts(pack, total, known - timedelta(days=1)) != 221
    stations = next(t for t in pack.totals if (t.region, t.value) == ("74", 4611))
    assert sum_of_parts(pack, stations, known) == 4611


def test_the_record_names_seq_pack_and_what_is_not_sealed(pack, report):
    section = report.section("record")
    assert section is not None
    text = " ".join(getattr(block, "text", "") for block in section.blocks)
    assert f"reproducible from the log at seq {report.at_seq}" in text
    assert pack.digest in text
    assert f"entries 1 to {report.at_seq} are unsealed" in text


def test_the_map_shows_the_highest_rung_and_the_mark_of_the_exercise(report):
    section = report.section("map")
    assert section is not None
    (drawing,) = section.blocks
    assert isinstance(drawing, Drawing)
    assert ">GN 1<" in drawing.svg and "EXERCISE – INVENTED DATA" in drawing.svg
    assert "Muna: GN 1 (1 provisional), AG 1" in drawing.words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_report_ever_says_that_a_region_is_orderly(pack, entries, language):
    picture = Picture.replay(entries[:14])
    for one in (picture, Picture.replay(entries)):
        sitrep = compose_sitrep(one, pack, at=one.at, language=language)
        said = (render_html(sitrep) + render_text(sitrep)).lower()
        assert not re.search(r"kondusif|orderly|\baman\b|\bsafe\b|\bcalm\b", said)


# Who may read what


def test_an_outsiders_report_holds_nothing_that_the_picture_hides(pack, entries):
    picture = Picture.replay(entries)
    public = compose_sitrep(picture, pack, at=picture.at, agency=None, language="en")
    html = render_html(public) + render_text(public)
    seen = picture.seen_by(None, Handling.PUBLIC)
    hidden = {
        ident
        for thing in set(THINGS) - {"post", "member", "edition"}
        for ident in set(picture.things[thing]) - set(seen.things[thing])
    }
    assert len(hidden) > 20
    assert not [ident for ident in hidden if ident in html]
    assert "heard" not in {row[-1] for row in tables(public, "situation")[0].rows}
    assert public.handling is Handling.PUBLIC


def test_an_outsiders_zero_is_said_to_be_a_zero_of_what_is_public(pack, entries):
    picture = Picture.replay(entries)
    public = compose_sitrep(picture, pack, at=picture.at, agency="observers", language="en")
    assert public.sections[0].id == "limits"
    assert "Only what is public is counted." in render_text(public)
    assert {row[-1] for row in tables(public, "situation")[0].rows} == {"–"}


def test_what_is_sealed_stands_only_in_its_owners_report_which_is_then_sealed(pack, shoving):
    (late,) = [one for one in shoving.commitments.values() if one.is_late]
    hidden = with_thing(
        shoving, "commitment", replace(late, handling=Handling.SEALED, what="only for the owner")
    )
    common = compose_sitrep(hidden, pack, at=AFTER_SHOVING)
    owners = compose_sitrep(hidden, pack, at=AFTER_SHOVING, agency=late.owner)
    assert "only for the owner" not in render_html(common)
    assert common.handling is Handling.INSTITUTIONS
    assert "only for the owner" in render_html(owners)
    assert owners.handling is Handling.SEALED


def test_an_institution_that_the_pack_does_not_know_is_refused(pack, shoving):
    with pytest.raises(DataError, match="no institution 'nobody'"):
        compose_sitrep(shoving, pack, at=AFTER_SHOVING, agency="nobody")


def test_a_report_of_a_time_before_its_entries_is_refused(pack, shoving):
    with pytest.raises(DataError, match="replay the log until then"):
        compose_sitrep(shoving, pack, at=AFTER_SHOVING - timedelta(minutes=1))
    with pytest.raises(DataError, match="no operation yet"):
        compose_sitrep(Picture(), pack, at=AFTER_SHOVING)


def test_a_language_without_words_is_refused_with_those_that_have(pack, shoving):
    with pytest.raises(DataError, match="choose one of en, id"):
        compose_sitrep(shoving, pack, at=AFTER_SHOVING, language="tlh")


# The same again


def test_the_same_picture_pack_and_arguments_give_the_same_bytes(pack, entries):
    made = []
    for _ in range(2):
        picture = Picture.replay(entries, until=AFTER_SHOVING)
        sitrep = compose_sitrep(picture, pack, at=AFTER_SHOVING)
        made.append((sitrep.digest, render_html(sitrep), render_text(sitrep), render_pdf(sitrep)))
    assert made[0] == made[1]


def test_the_digest_changes_with_any_word(report):
    changed = replace(report, closing=("another",))
    assert re.fullmatch("[0-9a-f]{64}", report.digest)
    assert changed.digest != report.digest


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pack_of_another_country_gives_a_report_without_a_line_of_code(tmp_path, language):
    pack = load_pack(small_pack.write(tmp_path / "pack"))
    salts, start = count(), pack.operation.starts
    drafts = opening(pack, start, exercise=False)
    picture, _ = settle(Picture(), pack.rules, drafts, lambda: f"{next(salts):032x}")
    sitrep = compose_sitrep(picture, pack, at=start, language=language)
    (table,) = tables(sitrep, "situation")
    assert len(table.rows) == len(pack.leaf_regions) + 1
    assert pack.place_name(pack.root) in render_text(sitrep)
    assert render_pdf(sitrep).startswith(b"%PDF-") and render_html(sitrep)


# An exercise says so


def test_the_mark_of_the_exercise_stands_first_and_last_on_every_row_and_every_page(pack, report):
    text = render_text(report).splitlines()
    assert text[0] == text[-1] == "EXERCISE – INVENTED DATA"
    html = render_html(report)
    body = re.sub(r"<[^>]+>", "\n", html[html.index("<body>") :])
    words = [line for line in body.splitlines() if line.strip()]
    assert words[0] == words[-1] == "EXERCISE – INVENTED DATA"
    rows = re.findall(r"<(?:tr|tr class=\"sum\")><th scope=\"row\">.*?</tr>", html)
    listed = re.findall(r"<li.*?</li>", html)
    assert len(rows) > 20 and len(listed) > 20
    assert all("(EXERCISE)" in row for row in [*rows, *listed])


def test_a_real_operation_bears_no_mark(pack, entries):
    picture = Picture.replay(entries, until=AFTER_SHOVING)
    real = replace(picture.operation, exercise=False)
    sitrep = compose_sitrep(with_thing(picture, "operation", real), pack, at=AFTER_SHOVING)
    assert (sitrep.notice, sitrep.mark) == ("", "")
    assert "DATA REKAAN" not in render_text(sitrep)
    assert 'class="exercise"' not in render_html(sitrep)


# Foreign words


def test_words_of_institutions_are_text_and_never_markup(pack, shoving):
    evil = '<script>alert(1)</script> #panic("x") $x$ *b* \\ " \' `raw` @cite {{x}} {0}'
    (late,) = [one for one in shoving.commitments.values() if one.is_late]
    changed = with_thing(shoving, "commitment", replace(late, what=evil, explanation=evil))
    sitrep = compose_sitrep(changed, pack, at=AFTER_SHOVING)
    html = render_html(sitrep)
    assert "<script" not in html and "&lt;script&gt;" in html
    assert render_pdf(sitrep).startswith(b"%PDF-")
    assert len(render_text(sitrep)) <= 1500


def test_the_page_loads_nothing(report):
    html = render_html(report)
    assert not re.search(r"<(script|link|img|iframe)|@import|src=|url\((?!#)", html)


def test_the_pdf_is_marked_as_pdf_a_and_dated_as_of_the_report(report):
    pdf = render_pdf(report)
    assert b"pdfaid" in pdf
    assert b"2024-08-08T12:25:00" in pdf


# The catalogue of words


def placeholders(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_words_with_the_same_places():
    english, indonesian = (catalogue(language) for language in LANGUAGES)
    assert english.keys() == indonesian.keys()
    for key, sentence in english.items():
        assert placeholders(sentence) == placeholders(indonesian[key]), key
        assert indonesian[key].strip() and sentence.strip()


def test_every_word_that_the_report_asks_for_is_there_and_none_is_left_over():
    folder = Path(__file__).parent.parent / "src" / "anoa" / "sitrep"
    source = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    asked = set(re.findall(r"words\(\s*\"(\w+)\"", source))
    known = set(catalogue("en"))
    assert asked - known == set()
    named = set(re.findall(r"[\"'](\w+)[\"']", source))
    groups = set(re.findall(r"\bf\"(\w+)_\{", source))
    groups |= {"figure", "class", "title", "head", "label"}
    by_tree = {f"{key}_by_unit" for key in known}  # asked for by the key of the same on regions
    unused = {
        k for k in known - named - by_tree if not k.startswith(tuple(f"{g}_" for g in groups))
    }
    assert unused == {"reports_caption", "incidents_caption"}  # asked for as thing + caption


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_verdict_and_action_has_a_word(language):
    words = Words(language)
    states = {*map(str, CommitmentState), *map(str, TaskState), *map(str, Verdict)}
    for state in states | {"recorded", "acknowledged", "withdrawn", "merged", "late", "noted"}:
        assert words(f"state_{state}")
    for handling in Handling:
        assert words(f"handling_{handling}")
    assert len(words("months").split()) == 12 and len(words("weekdays").split()) == 7


def test_numbers_and_times_are_written_as_the_language_writes_them():
    local = datetime(2024, 8, 9, 7, 5, tzinfo=UTC)
    assert Words("en").count(4611) == "4,611" and Words("id").count(4611) == "4.611"
    assert Words("en").count(-0.5) == "−0.5" and Words("id").count(38.32) == "38,32"
    assert Words("en").clock(local) == "07:05" and Words("id").clock(local) == "07.05"
    assert Words("id").count(None) == "–"


def test_the_document_is_json_with_every_block_in_its_form(report):
    tree = json.loads(json.dumps(report.as_json()))
    forms = {block["form"] for part in tree["sections"] for block in part["blocks"]}
    assert forms == {"paragraph", "listing", "table", "drawing"}


def test_the_pack_has_words_for_every_rung_and_class_that_is_printed(pack):
    assert {*pack.rungs} == {Rung.POTENTIAL, Rung.THRESHOLD, Rung.ACTUAL}
    assert {str(klass) for klass in ActionClass} <= set(pack.labels)


def test_things_of_a_sub_district_count_in_their_region(pack, shoving):
    threat: Threat = shoving.threats["T-0003"]
    report: Report = shoving.reports["R-0003"]
    inner = next(c for c in pack.children("74.03") if c in pack.sub_districts)
    moved = with_thing(shoving, "threat", replace(threat, region=inner))
    moved = with_thing(moved, "report", replace(report, region=inner))
    muna = next(o for o in situations(moved, pack, AFTER_SHOVING) if o.region == "74.03")
    assert muna.threats[Rung.ACTUAL] == 1 and muna.unanswered == 1


def test_a_threat_of_the_whole_province_gets_a_line_of_its_own(pack, shoving):
    wide = replace(shoving.threats["T-0003"], id="T-0099", region=pack.root)
    found = situations(with_thing(shoving, "threat", wide), pack, AFTER_SHOVING)
    assert found[-1].region == pack.root and found[-1].highest is Rung.ACTUAL
    assert not found[-1].silent


# -- dissent ----------------------------------------------------------------------------------


def test_a_dispute_and_a_verdict_that_was_replaced_are_printed_in_every_report(pack, entries):
    picture = Picture.replay(entries)
    report = next(one for one in picture.reports.values() if one.verdict)
    at = picture.at
    assert at is not None

    def entry(agency: str, kind: str, subject: str, **data: object) -> Entry:
        return Entry(0, at, f"m-{agency}", agency, kind, 1, subject, data, report.handling)

    drafts = [
        entry("kesbangpol-prov", "report.judged", report.id, verdict="refuted",
              reason="Our office was told otherwise.", same_chain=False),
        entry("fkub-prov", "remark.made", picture.next_id("remark"), about=report.id,
              stance="dispute", text="Two leaders saw it differently."),
    ]  # fmt: skip
    picture, _ = settle(picture, pack.rules, drafts, lambda: "0" * 32)
    later = at + timedelta(days=3)
    for previous in (None, picture):
        text = render_text(
            compose_sitrep(picture, pack, at=later, previous=previous, language="en")
        )
        html = render_html(
            compose_sitrep(picture, pack, at=later, previous=previous, language="en")
        )
        assert "printed in every report" in html
        for said in ("Our office was told otherwise.", "Two leaders saw it differently.",
                     report.reason or "", "Kesbangpol"):  # fmt: skip
            assert said in html, said
    assert text
