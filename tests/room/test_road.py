"""The whole road in the room, over both countries: from the index to the seal, and who sees what.

No test here knows a country: `tests/roads.py` finds members and places in the pack. Each ends with
the proof that the rows are what replaying the log gives (the fixture `operation`).
"""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from tests.exercise_parts import first_week
from tests.roads import NAMES, load_road
from tests.room.test_pages import PAGES, body, send

from anoa.coordination import VERBS
from anoa.errors import AccessDenied, InputError, NotAllowed
from anoa.ladder import Rung
from anoa.logfile import HiddenEntry, read_log, scan_log
from anoa.oplog import Handling, instant_text
from anoa.picture import Picture
from anoa.room import access, actions, exercise, outgoing, record
from anoa.room.models import EntryRow, SealFile, SitrepFile, SubmissionRow, ThingRow
from anoa.seals import KeyKind, PrivateKey, parse_seal, verify_log
from anoa.sitrep import compose_sitrep, render_html

THINGS = re.compile(r"\b[RTIMCAP]-\d{4}\b")
SETTLING_DAYS = 30


@pytest.fixture(autouse=True)
def on_the_road(road):
    """Every test of this module is one of the road."""


@pytest.fixture
def pages(road):
    return road.pages(PAGES)


def played_to_the_end(member) -> list:
    """Play the first week by the button, and leave out what the exercise does later."""
    operation = record.current_operation()
    injects, made = record.pack_of(operation).exercise.injects, []
    for _ in first_week(record.pack_of(operation))[operation.injects_played :]:
        made += exercise.advance(member)
    operation = record.current_operation()
    operation.injects_played = len(injects)
    operation.save()
    return made


def now(operation):
    return record.current_picture(operation).at


# -- index, reports, ladder, protocols ------------------------------------------------------


def test_the_exercise_stops_where_its_pack_says(road, operation):
    assert operation.ident == road.pack.id
    assert operation.injects_played == road.pack.exercise.play_until
    assert record.current_picture(operation).seq == EntryRow.objects.count()


def test_the_index_page_names_its_owner_its_scale_and_what_is_unknown(road, signed_in):
    main = road.pack.indices[road.pack.main_index]
    page = body(signed_in(road.chair), "/index")
    assert road.pack.text(main.label, "en").split(";")[0] in page.replace("&#x27;", "'")
    assert f"Scale {main.scale[0]:g} to {main.scale[1]:g}" in page
    assert "unknown" in page
    today = road.pack.local(now(record.current_operation())).date()
    later = [e.id for e in road.pack.editions.values() if e.as_of > today]
    assert later and not any(one in page for one in later)


def test_the_board_counts_in_the_packs_own_letters(road, signed_in):
    others = {word.short for name in NAMES for word in load_road(name).pack.rungs.values()}
    mine = {word.short for word in road.pack.rungs.values()}
    for language in ("id", "en"):
        words = re.sub(r"<[^>]+>", " ", body(signed_in(road.chair), "/", language))
        assert all(re.search(rf"\b{one}\b", words) for one in mine)
        assert not any(re.search(rf"\b{one}\b", words) for one in others - mine)


def test_a_report_is_recorded_whole_and_its_protocol_asks_for_something(road, operation, member):
    before = record.current_picture(operation)
    made = actions.do(member(road.reporter.id), "report.file", "", road.report(before.at))
    assert (made[0].kind, made[0].seq) == ("report.filed", before.seq + 1)
    row = ThingRow.objects.get(thing="report", ident=made[0].subject)
    assert row.owner == road.reporter.agency
    raised = next(e for e in made if e.kind == "threat.raised")
    assert raised.data["to"] == "potential" and raised.cause == made[0].seq
    tasks = [e for e in made if e.kind == "task.assigned"]
    assert tasks
    for task in tasks:
        protocol = road.pack.protocols[task.data["protocol"]]
        spec = next(a for a in protocol.actions if a.id == task.data["action"])
        assert task.data["due"] == instant_text(task.at + spec.due)


def test_another_chain_verifies_and_lifts_the_threat_one_rung(road, operation, member):
    filed = actions.do(
        member(road.reporter.id), "report.file", "", road.report(now(operation))
    )[0].subject  # fmt: skip
    threat = next(
        t for t in record.current_picture(operation).threats.values()
        if t.region == road.quiet_region
    )  # fmt: skip
    assert threat.rung is Rung.POTENTIAL
    judge = member(road.stranger.id)
    actions.do(judge, "report.acknowledge", filed)
    reason = {"verdict": "verified", "reason": "We saw the same."}
    made = actions.do(judge, "report.judge", filed, reason)
    assert not made[0].data["same_chain"]
    assert record.current_picture(operation).threats[threat.id].rung is Rung.THRESHOLD


def test_nobody_moves_a_threat_to_the_highest_rung_by_hand(road, operation, member):
    actions.do(member(road.reporter.id), "report.file", "", road.report(now(operation)))
    threat = next(
        t for t in record.current_picture(operation).threats.values()
        if t.region == road.quiet_region
    )  # fmt: skip
    with pytest.raises((NotAllowed, InputError)):
        actions.do(
            member(road.chair), "threat.raise", threat.id,
            {"to": "actual", "confidence": "high", "reason": "I say so.", "evidence": []},
        )  # fmt: skip


def test_a_promise_that_is_late_asks_for_a_reason_before_it_is_counted(road, operation, member):
    chair, other = member(road.chair), member(road.stranger.id)
    due = now(operation) + timedelta(hours=2)
    asked = actions.do(
        chair, "commitment.request", "",
        {"debtor": other.agency, "creditor": chair.agency, "what": "A list of needs.",
         "proof": "The list.", "due": instant_text(due)},
    )[0].subject  # fmt: skip
    actions.do(other, "commitment.accept", asked)
    while now(record.current_operation()) < due:
        exercise.advance(chair)
    promise = record.current_picture(operation).commitments[asked]
    assert promise.is_late
    actions.do(other, "commitment.explain", asked, {"explanation": "The road was closed."})
    actions.do(other, "commitment.claim", asked, {"claim": "The list is handed over."})
    actions.do(chair, "commitment.discharge", asked)
    kept = record.current_picture(operation).commitments[asked]
    assert kept.state == "discharged" and kept.explanation


def test_a_refused_act_leaves_nothing(road, operation, member):
    before = EntryRow.objects.count(), SubmissionRow.objects.count()
    report = road.report(now(operation), region="nowhere")
    with pytest.raises(InputError):
        actions.do(member(road.chair), "report.file", "", report, raw_words="x")
    with pytest.raises(NotAllowed):
        actions.do(member(road.chair), "task.acknowledge", "A-9999")
    with pytest.raises(AccessDenied):
        actions.do(member(road.outsider), "report.file", "", road.report(now(operation)))
    assert (EntryRow.objects.count(), SubmissionRow.objects.count()) == before


# -- to the end: report, two signatures, seal -----------------------------------------------


def test_played_on_it_issues_a_report_comes_down_by_two_chains_and_is_sealed(road, member):
    made = played_to_the_end(member(road.chair))
    assert {"sitrep.issued", "seal.signed", "proposal.carried"} <= {e.kind for e in made}
    files = SitrepFile.objects.filter(ident="L-0001")
    assert {file.form for file in files} == {"html", "pdf", "txt"}
    assert bytes(files.get(form="pdf").content).startswith(b"%PDF-")
    assert len(bytes(files.get(form="txt").content).decode()) <= 1500
    picture = record.current_picture(record.current_operation())
    signed = [m for t in picture.threats.values() for m in t.moves if m.signed]
    assert signed
    assert all(len({road.chain(one) for one in move.signed}) >= 2 for move in signed)
    assert exercise.advance(member(road.chair))[-1].kind == "clock.advanced"


def test_left_alone_every_threat_comes_down_rung_by_rung_or_waits_for_two(road, member):
    chair = member(road.chair)
    played_to_the_end(chair)
    first = now(record.current_operation())
    while now(record.current_operation()) < first + timedelta(days=SETTLING_DAYS):
        exercise.advance(chair)
    picture = record.current_picture(record.current_operation())
    waiting = {p.about for p in picture.proposals.values() if p.is_open}
    assert all(t.rung is Rung.CLOSED or t.id in waiting for t in picture.threats.values())


def test_the_exported_log_verifies_against_its_seal_and_an_altered_one_does_not(
    road, operation, member
):
    played_to_the_end(member(road.chair))
    raw = outgoing.log_bytes(operation, None, Handling.PUBLIC)
    seal = parse_seal(bytes(SealFile.objects.get().content))
    key = actions.log_key(operation).public
    verdict = verify_log(scan_log(BytesIO(raw)), [seal], [key])
    assert verdict.ok, verdict.problems
    assert verdict.sealed_to == seal.size
    other = raw.replace(road.pack.operation.chair.encode(), b"x" + road.pack.id.encode(), 1)
    assert other != raw
    assert not verify_log(scan_log(BytesIO(other)), [seal], [key]).ok


def test_another_institution_countersigns(road, operation, member):
    played_to_the_end(member(road.chair))
    seal = SealFile.objects.get()
    mine = PrivateKey("other.example", KeyKind.COSIGNER, b"s" * 32)
    signed = parse_seal(bytes(seal.content)).cosigned(mine, now(operation))
    line = signed.checkpoint.signatures[-1].line
    handed_in = {"key": f"{mine.public.vkey}\n{line}"}
    actions.do(member(road.stranger.id), "seal.countersign", seal.ident, handed_in)
    assert len(record.current_picture(operation).seals[seal.ident].countersigned) == 1


def test_the_frozen_report_is_what_the_log_alone_gives(road, operation, member):
    played_to_the_end(member(road.chair))
    raw = outgoing.log_bytes(operation, "institutions", Handling.INSTITUTIONS)
    issued = record.current_picture(operation).sitreps["L-0001"]
    entries = read_log(BytesIO(raw)).entries[: issued.at_seq]
    again = compose_sitrep(
        Picture.replay(entries), road.pack, at=issued.as_of, number=issued.number,
        language=issued.language,
    )  # fmt: skip
    frozen = SitrepFile.objects.get(ident="L-0001", form="html")
    assert render_html(again).encode() == bytes(frozen.content)
    assert issued.digest == frozen.sha256


def test_a_report_is_issued_in_the_packs_own_language_and_carries_the_mark(road, signed_in):
    client = signed_in(road.chair)
    language = road.pack.languages[0]
    assert f'<option value="{language}"' in body(client, "/daily-reports")
    sent = send(client, "/daily-reports", "sitrep.issue", language=language)
    assert sent.status_code == 302
    page = client.get("/daily-reports/L-0001.html").content.decode()
    assert road.notice[language] in page and road.pack.letterhead[language][0] in page
    assert signed_in(road.outsider).get("/daily-reports/L-0001.html").status_code == 404


# -- pages ----------------------------------------------------------------------------------


def test_every_page_carries_the_mark_of_the_exercise_first_and_last(road, signed_in, pages):
    client = signed_in(road.chair)
    for language in ("id", "en"):
        for path in pages:
            page = body(client, path, language)
            text = page.partition("<body")[2].partition(">")[2]
            words = re.sub(r"<[^>]+>|\s+", " ", text).strip()
            assert words.startswith(road.notice[language]), path
            assert words.endswith(road.notice[language]), path


def test_no_page_has_inline_style_script_or_an_address_of_another_host(road, signed_in, pages):
    client = signed_in(road.chair)
    for path in pages:
        page = body(client, path)
        page = re.sub(r'<script id="[\w-]+" type="application/json">', "", page)  # data, never run
        assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", page), path
        loaded = re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="([^"]+)"', page)
        assert all(one.startswith(("/", "data:")) for one in loaded), path


def test_nothing_is_shown_to_who_is_not_signed_in(operation, client, pages):
    for path in [*pages, "/log/export", "/daily-reports/L-0001.pdf"]:
        answer = client.get(path)
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], path


def test_the_sign_in_page_speaks_the_language_of_the_operation(road, operation, client):
    page = client.get("/accounts/login/").content.decode()
    assert f'<html lang="{road.pack.languages[0]}">' in page
    asked = client.get("/accounts/login/", headers={"accept-language": "en-GB,en;q=0.8"})
    assert '<html lang="en">' in asked.content.decode()


def test_the_languages_of_the_room_are_offered_by_their_own_names(road, signed_in):
    for language, name in (("id", "Bahasa Indonesia"), ("en", "English")):
        page = body(signed_in(road.chair), "/", language)
        assert f'<html lang="{language}">' in page
        assert re.search(rf'value="{language}"[^>]*aria-current="true">{name}<', page)


# -- who sees what --------------------------------------------------------------------------


def test_an_outsider_sees_no_report_threat_incident_or_promise(road, signed_in, pages):
    client = signed_in(road.outsider)
    for path in ("/reports/R-0001", "/threats/T-0001", "/incidents/I-0001", "/meetings/M-0001",
                 "/commitments/C-0001", "/proposals/P-0001"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for path in ("/", f"/region/{road.region}", "/threats", "/reports", "/commitments", "/tasks",
                 "/log"):  # fmt: skip
        page = body(client, path)
        assert not THINGS.search(page), path
        assert 'name="verb"' not in page, path
    assert "their absence here says nothing" in body(client, "/")


def test_a_reader_gets_no_form_and_no_member_one_that_the_role_lacks(road, signed_in, pages):
    for path in pages:
        assert 'name="verb"' not in body(signed_in(road.reader), path), path
    for one in road.members("operator", "secretary", "reporter", "duty_officer"):
        client = signed_in(one.id)
        for path in ("/", "/reports", "/reports/R-0001", "/threats/T-0001", "/commitments/C-0001"):
            for verb in re.findall(r'name="verb" value="([^"]+)"', body(client, path)):
                assert one.role in VERBS[verb].roles, (one.id, path, verb)


def test_an_auditor_and_the_host_read_the_log_alone(road, member, signed_in, pages):
    for name in (road.auditor, road.host):
        assert not access.reads_things(member(name))
        for path in pages:
            answer = signed_in(name).get(path)
            is_open = path.startswith(("/log", "/sealing-keys", "/retention"))
            assert answer.status_code == (200 if is_open else 302), path


def test_what_a_reader_may_not_see_stands_in_the_log_as_its_leaf(road, signed_in, operation):
    hidden = next(e for e in record.entries(operation) if e.kind == "report.filed")
    page = body(signed_in(road.outsider), f"/log?before={hidden.seq + 1}")
    assert hidden.leaf.hex() in page
    assert hidden.data["threat_type"] not in page
    public = read_log(BytesIO(outgoing.log_bytes(operation, None, Handling.PUBLIC)))
    assert {entry.handling for entry in public.entries} == {Handling.PUBLIC}
    assert len(public.lines) == record.current_picture(operation).seq


def test_raw_words_are_stored_encrypted_for_their_institution_alone(road, operation, member):
    words = "Somebody at the quay says that the doors stay shut."
    report = road.report(now(operation))
    made = actions.do(member(road.reporter.id), "report.file", "", report, raw_words=words)
    stored = SubmissionRow.objects.get(sha256=made[0].data["submission"])
    assert words.encode() not in bytes(stored.encrypted)
    assert words not in str([entry.as_json() for entry in made])
    assert actions.raw_words(member(road.local.id), made[0].subject) == words
    for other in (road.stranger.id, road.chair, road.outsider, road.host):
        with pytest.raises(AccessDenied):
            actions.raw_words(member(other), made[0].subject)


def test_a_sealed_report_is_in_the_log_of_its_institution_alone(road, operation, member):
    report = road.report(now(operation), handling="sealed")
    seq = actions.do(member(road.local.id), "report.file", "", report)[0].seq - 1

    def line(agency, widest=Handling.INSTITUTIONS):
        return read_log(BytesIO(outgoing.log_bytes(operation, agency, widest))).lines[seq]

    assert not isinstance(line(road.local.agency), HiddenEntry)
    for other in (road.pack.operation.chair, road.stranger.agency, None):
        assert isinstance(line(other), HiddenEntry)


def test_a_refused_form_says_why_in_its_place_and_keeps_what_was_typed(road, signed_in, operation):
    due = road.pack.local(now(operation) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    one = road.pack.operation.chair
    answer = send(
        signed_in(road.chair), "/commitments", "commitment.request", debtor=one, creditor=one,
        due=due, what="A list of needs", proof="The list",
    )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A promise needs two institutions." in page
    assert "A list of needs" in page and f'value="{due}"' in page


def test_the_clock_is_moved_by_its_button_and_by_nobody_outside(road, operation, signed_in):
    before = record.current_picture(operation).seq
    assert send(signed_in(road.chair), "/", "clock.advance").status_code == 302
    moved = record.current_picture(operation).seq
    assert moved > before
    assert send(signed_in(road.outsider), "/", "clock.advance").status_code in (403, 422)
    assert record.current_picture(operation).seq == moved
