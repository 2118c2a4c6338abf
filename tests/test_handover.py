"""The hand-over: one page whatever happened, for one institution, and made again the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from anoa.coordination.actors import Actor
from anoa.coordination.duty import since_last_duty, since_shift_began
from anoa.coordination.values import THINGS, CommitmentState
from anoa.coordination.verbs import act
from anoa.errors import DataError
from anoa.ladder import Rung
from anoa.oplog import Handling
from anoa.pack import load_pack
from anoa.picture import Picture, play, run_clocks, settle
from anoa.sitrep import compose_handover, render_html, render_pdf, render_text, shift_of
from anoa.sitrep.handover import LINE, ROOM

PACKS = Path(__file__).parent.parent / "packs"
US = "polda-sultra"
OTHERS = ("sitrep", "seal", "duty")  # reports and seals need the room; duties are the tests' own


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type ?/Page\b(?!s)", pdf))


@pytest.fixture(scope="module")
def pack():
    return load_pack(PACKS / "sultra-2024")


@pytest.fixture(scope="module")
def played(pack):
    """The exercise as far as it goes, with the duty taken in the middle and a note left."""
    salts = count(1_000_000)
    injects = [i for i in pack.exercise.injects if i.verb.split(".")[0] not in OTHERS]
    _, entries = play(pack, injects, lambda: f"{next(salts):032x}")
    return Picture.replay(entries), entries


@pytest.fixture(scope="module")
def shift(pack, played):
    """The picture at the end of a shift that began with nothing told, and the one at its start."""
    end, _entries = played
    actor, salts = Actor("posko", US, "duty_officer"), count(2_000_000)

    def on(picture, verb, subject="", **data):
        drafts = act(picture, pack.rules, actor, verb, subject, data, end.at)
        return settle(picture, pack.rules, drafts, lambda: f"{next(salts):032x}")[0]

    taken = on(end, "duty.take_over")
    noted = on(taken, "duty.hand_over", "D-0001", note="Dermaga: tunggu kapal terakhir. " * 40)
    late = [noted]

    def keep(drafts):
        late[0] = settle(late[0], pack.rules, drafts, lambda: f"{next(salts):032x}")[0]

    run_clocks(lambda: late[0], pack.rules, end.at + timedelta(hours=9), keep)
    return late[0], taken, end.at + timedelta(hours=9)


def heavy(picture: Picture, times: int = 40) -> Picture:
    """The picture with every threat, report, promise, task and proposal many times over."""
    things = {thing: dict(items) for thing, items in picture.things.items()}
    for thing, letter in (("threat", "T"), ("report", "R"), ("commitment", "C"), ("task", "A")):
        for number in range(times):
            for old in picture.things[thing].values():
                ident = f"{letter}-{9000 + len(things[thing]):04d}"
                more = {"what": "Pengamanan " * 150} if thing == "commitment" else {}
                if thing == "threat":
                    more = {"rung": Rung.ACTUAL, "review_by": picture.at + timedelta(hours=1)}
                if thing == "commitment":
                    more |= {"state": CommitmentState.ACCEPTED, "late_at": picture.at}
                things[thing][ident] = replace(old, id=ident, **more)
                assert number < times
    return Picture(picture.seq, picture.at, things)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_hand_over_is_one_page_after_the_exercise_and_with_forty_times_as_much(
    pack, shift, language
):
    picture, before, at = shift
    wide = replace(picture.duties["D-0001"], note="WM " * 600, offered_to="second")
    things = {**heavy(picture).things, "duty": {wide.id: wide}}
    widest = Picture(picture.seq, picture.at, things)
    for found, previous in ((picture, before), (heavy(picture), before), (widest, None)):
        sheet = compose_handover(
            found, pack, at=at, agency=US, previous=previous, language=language
        )
        assert pages(render_pdf(sheet)) == 1
        lists = [block for block in sheet.section("shift").blocks if hasattr(block, "items")]
        told = [item for block in lists for item in block.items]
        assert len(told) <= ROOM + len(lists)
        assert all(len(item.head) <= LINE for item in told)


def test_the_pages_of_a_long_report_are_counted_as_they_are(pack, shift):
    from anoa.sitrep import compose_sitrep

    picture, before, at = shift
    assert pages(render_pdf(compose_sitrep(picture, pack, at=at, previous=before))) > 1


def test_what_was_cut_is_counted_and_the_board_is_named(pack, shift):
    picture, before, at = shift
    sheet = compose_handover(heavy(picture), pack, at=at, agency=US, previous=before, language="en")
    threats = next(b for b in sheet.section("shift").blocks if b.title == "Open threats")
    open_ones = sum(one.rung is not Rung.CLOSED for one in heavy(picture).threats.values())
    assert threats.items[-1].head == f"and {open_ones - len(threats.items) + 1} more: see the board"


def test_it_says_who_has_the_duty_since_when_and_what_was_noted(pack, shift):
    picture, before, at = shift
    sheet = compose_handover(picture, pack, at=at, agency=US, previous=before, language="en")
    told = [block.text for block in sheet.section("duty").blocks]
    assert told[0].startswith("posko has had the duty D-0001 since")
    assert told[1].startswith("Note: Dermaga: tunggu kapal terakhir.") and len(told[1]) < 420


def test_it_calls_silent_regions_silent_and_never_calm(pack, shift):
    picture, before, at = shift
    sheet = compose_handover(picture, pack, at=at, agency=US, previous=before, language="en")
    text = render_text(sheet)
    assert "Silent, which is not calm: " in text
    assert len(text) <= 1500
    assert text.splitlines()[0] == text.splitlines()[-1] == "EXERCISE – INVENTED DATA"


def test_by_units_silence_and_places_are_told_by_unit_and_the_sheet_is_still_one_page(pack, shift):
    picture, before, at = shift
    things = {thing: dict(items) for thing, items in picture.things.items()}
    first = next(iter(picture.threats.values()))
    open_here = replace(first, id="T-9999", region="74.02", rung=Rung.ACTUAL, review_by=at)
    things["threat"] = {open_here.id: open_here}
    cut = Picture(picture.seq, picture.at, things)
    made = {"at": at, "agency": US, "previous": before, "language": "en"}
    sheet = compose_handover(cut, pack, tree="police", **made)
    text = render_html(sheet)
    assert "Konawe (Polresta Kendari / Polres Konawe)" in text
    assert re.search(r"calm: .*Polres Konawe \(Konawe\)", text)
    assert ("Counted by" in text) and "Counted by" not in render_html(
        compose_handover(cut, pack, **made)
    )
    for found in (picture, heavy(picture)):
        assert pages(render_pdf(compose_handover(found, pack, tree="police", **made))) == 1
    with pytest.raises(DataError, match="no tree 'stars'"):
        compose_handover(cut, pack, tree="stars", **made)


def test_it_leaves_lines_to_sign_and_holds_no_name(pack, shift):
    picture, before, at = shift
    sheet = compose_handover(picture, pack, at=at, agency=US, previous=before, language="en")
    (table,) = sheet.section("signatures").blocks
    assert [row[0] for row in table.rows] == ["Name", "Date, time", "Signature"]
    assert all(cell == "" for row in table.rows for cell in row[1:])
    assert '<th scope="row">Name</th><td></td><td></td>' in render_html(sheet)


def test_the_same_arguments_give_the_same_bytes(pack, shift):
    picture, before, at = shift
    one, two = (
        compose_handover(picture, pack, at=at, agency=US, previous=before) for _ in range(2)
    )
    assert one == two and render_pdf(one) == render_pdf(two)


def test_what_is_sealed_to_others_is_not_in_it_and_it_is_sealed_to_its_institution(pack, shift):
    picture, before, at = shift
    things = {thing: dict(items) for thing, items in picture.things.items()}
    first = next(iter(picture.reports.values()))
    things["report"]["R-0777"] = replace(
        first, id="R-0777", owner=US, handling=Handling.SEALED, filed_at=at
    )
    sealed = Picture(picture.seq, picture.at, things)
    ours = compose_handover(sealed, pack, at=at, agency=US, previous=before)
    theirs = compose_handover(sealed, pack, at=at, agency="kpu-prov", previous=before)
    assert "R-0777" in render_html(ours) and ours.handling is Handling.SEALED
    assert "R-0777" not in render_html(theirs) and theirs.handling is Handling.SEALED


# -- from where a member reads what is new ---------------------------------------------------


def test_without_a_duty_one_reads_from_a_day_before_and_with_one_from_its_beginning(shift):
    picture, before, at = shift
    nobody = since_last_duty((), US, "posko", at)
    assert (nobody.why, nobody.seq, nobody.at) == ("day", None, at - timedelta(hours=24))
    duties = picture.duties.values()
    assert since_shift_began(duties, US, at).seq == before.seq
    assert since_last_duty(duties, US, "other", at).why == "shift"
    first = since_last_duty(duties, US, "posko", at)
    assert (first.why, first.at) == ("first", picture.duties["D-0001"].since - timedelta(hours=24))
    assert since_last_duty(duties, "kpu-prov", "kpu-prov", at).why == "day"


def test_after_others_had_the_duty_one_reads_from_where_the_own_duty_ended(shift):
    picture, _, at = shift
    (first,) = picture.duties.values()
    ended = replace(first, ended_at=at, ended_seq=900)
    second = replace(first, id="D-0002", member="second", at_seq=900, since=at, after="D-0001")
    third = replace(second, id="D-0003", member="posko", at_seq=950)
    duties = (ended, replace(second, ended_at=at, ended_seq=950), third)
    assert since_last_duty(duties, US, "posko", at).seq == 900
    new = since_last_duty(duties, US, "new", at)
    assert (new.why, new.seq) == ("shift_before", 900)


def test_what_changed_is_told_once_and_nothing_that_stood_before(pack, played):
    end, entries = played
    middle = Picture.replay(entries[: len(entries) // 2])
    told = shift_of(end, middle, pack, end.at)
    assert told.moved and all(one.move.seq > middle.seq for one in told.moved)
    assert {one.id for one in told.filed} == set(end.reports) - set(middle.reports)
    assert not shift_of(end, end, pack, end.at).moved
    assert not shift_of(end, end, pack, end.at).answered
    everything = shift_of(end, Picture(), pack, end.at)
    assert len(everything.filed) == len(end.reports)


def test_what_comes_lies_within_twelve_hours_in_order(pack, shift):
    picture, before, at = shift
    ahead = shift_of(picture, before, pack, at).ahead
    assert all(at <= due.at <= at + timedelta(hours=12) for due in ahead)
    assert list(ahead) == sorted(ahead, key=lambda due: (due.at, due.subject))


def test_the_outsider_gets_no_group_that_only_institutions_see(pack, shift):
    picture, before, at = shift
    told = shift_of(picture.seen_by(None), before.seen_by(None), pack, at)
    hidden = ("moved", "filed", "answered", "unanswered", "late", "overdue", "proposals", "reviews")
    assert all(getattr(told, name) == () for name in hidden)
    assert set(THINGS) >= {"duty"}
