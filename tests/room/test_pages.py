"""The pages: what each reader sees and does not see, what forms do, and that no word is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from django.utils import translation

ROOM = Path(__file__).resolve().parents[2] / "src" / "anoa" / "room"
PAGES = (
    "/", "/map", "/region/74.03", "/region/74", "/unit/polresta-kendari", "/threats",
    "/threats/T-0001",
    "/reports", "/incidents", "/search?q=muna", "/files", "/reports/R-0001", "/incidents/I-0001",
    "/meetings", "/meetings/M-0001",
    "/commitments", "/commitments/C-0001", "/tasks", "/calendar", "/index", "/daily-reports",
    "/log", "/log/ceremony", "/api", "/incoming", "/help", "/stations?sub_district=74.03.06",
    "/forms", "/sealing-keys", "/retention",
)  # fmt: skip
DUTY_PAGES = (
    "/hooks",
    "/import",
    "/inbox",
    "/paste",
    "/shift",
    "/tokens",
    "/triage",
)  # for a duty officer alone
NOTICES = {"id": "LATIHAN – DATA REKAAN", "en": "EXERCISE – INVENTED DATA"}


def body(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def send(client, page: str, verb: str, subject: str = "", **data):
    client.cookies["django_language"] = "en"
    return client.post(page, {"verb": verb, "subject": subject, **data})


# -- what everybody gets --------------------------------------------------------------------


@pytest.mark.parametrize("path", [*PAGES, *DUTY_PAGES, "/log/export", "/daily-reports/L-0001.pdf"])
def test_nothing_is_shown_to_who_is_not_signed_in(operation, client, path):
    answer = client.get(path)
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_page_carries_the_mark_of_the_exercise_first_and_last(signed_in, language):
    client = signed_in("posko")
    for path in (*PAGES, *DUTY_PAGES):
        page = body(client, path, language)
        words = re.sub(r"<[^>]+>|\s+", " ", page.partition("<body")[2].partition(">")[2]).strip()
        assert words.startswith(NOTICES[language]), path
        assert words.endswith(NOTICES[language]), path


def test_no_page_has_inline_style_script_or_an_address_of_another_host(signed_in):
    client = signed_in("posko")
    for path in (*PAGES, *DUTY_PAGES):
        page = body(client, path)
        page = re.sub(r'<script id="[\w-]+" type="application/json">', "", page)  # data, never run
        assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=", page), path
        loaded = re.findall(r'<(?:link|script|img)[^>]*(?:href|src)="([^"]+)"', page)
        assert all(one.startswith(("/", "data:")) for one in loaded), path


def test_no_page_calls_a_region_calm(signed_in):
    client = signed_in("posko")
    for path in (*PAGES, *DUTY_PAGES):
        words = re.sub(r"<[^>]+>", " ", body(client, path, "id"))  # without addresses of sources
        assert "kondusif" not in words.lower(), path


def test_the_language_switch_is_remembered_and_leads_back_to_the_room_only(signed_in):
    client = signed_in("posko")
    answer = client.post("/language", {"language": "en", "next": "https://example.org/"})
    assert answer["Location"] == "/"
    assert '<html lang="en">' in client.get("/").content.decode()


# -- what the outsider does not see ---------------------------------------------------------


def test_an_observer_sees_no_report_threat_incident_or_internal_commitment(signed_in):
    client = signed_in("observer")
    for path in ("/reports/R-0001", "/threats/T-0001", "/incidents/I-0001", "/meetings/M-0001",
                 "/commitments/C-0001", "/proposals/P-0001"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    for path in ("/", "/region/74.03", "/threats", "/reports", "/commitments", "/tasks", "/log"):
        page = body(client, path)
        assert not re.search(r"\b[RTIMCAP]-\d{4}\b", page), path


def test_an_observer_gets_no_form_but_language_and_sign_out(signed_in):
    client = signed_in("observer")
    for path in ("/", "/region/74.03", "/threats", "/reports", "/calendar", "/index", "/log"):
        assert 'name="verb"' not in body(client, path), path


def test_no_member_is_offered_a_form_that_the_role_does_not_have(signed_in, member):
    from anoa.coordination import VERBS

    for name in ("governor-reader", "pam-tps", "fkub", "kesbangpol", "kpu-wakatobi"):
        client, role = signed_in(name), member(name).role
        for path in PAGES:
            for verb in re.findall(r'name="verb" value="([^"]+)"', body(client, path)):
                assert role in VERBS[verb].roles, (name, path, verb)


def test_a_reader_gets_no_form_at_all(signed_in):
    for path in PAGES:
        assert 'name="verb"' not in body(signed_in("governor-reader"), path), path


def test_a_refusal_speaks_of_states_in_the_readers_words(signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "id"
    answer = client.post("/reports/R-0001", {"verb": "report.acknowledge", "subject": "R-0001"})
    assert "R-0001 berstatus terverifikasi." in answer.content.decode()


def test_a_region_without_visible_threats_tells_the_observer_that_this_says_nothing(signed_in):
    assert "their absence here says nothing" in body(signed_in("observer"), "/")


@pytest.mark.parametrize("name", ["auditor", "host-admin"])
def test_an_auditor_and_the_administrator_read_the_log_alone(signed_in, name):
    client = signed_in(name)
    for path in PAGES:
        answer = client.get(path)
        open_ones = ("/log", "/log/ceremony", "/sealing-keys", "/retention")  # for anybody
        assert answer.status_code == (200 if path in open_ones else 302), path


def test_what_a_reader_may_not_see_stands_in_the_log_as_its_leaf(signed_in, operation):
    from anoa.room import record

    hidden = next(e for e in record.entries(operation) if e.kind == "report.filed")
    page = body(signed_in("observer"), f"/log?before={hidden.seq + 1}")
    assert hidden.leaf.hex() in page
    assert hidden.data["threat_type"] not in page


def test_the_reporters_own_words_are_shown_to_the_owner_institution_alone(signed_in):
    words = "Orang berkumpul di dekat dermaga sejak pagi"
    answer = send(signed_in("kpu-wakatobi"), "/reports", "report.file", **REPORT, raw_words=words)
    assert answer.status_code == 302
    page = answer["Location"]
    assert words in body(signed_in("kpu-wakatobi"), page)
    for other in ("posko", "kpu-prov", "bawaslu-prov"):
        assert words not in body(signed_in(other), page), other
    assert words not in body(signed_in("kpu-wakatobi"), "/log")


# -- forms ----------------------------------------------------------------------------------

REPORT = {
    "region": "74.07", "threat_type": "logistics_crowd", "place_class": "port",
    "observed_at": "2024-08-08T20:00", "object": "goods", "reliability": "B", "credibility": "2",
    "obtained": "seen",
}  # fmt: skip


def test_a_refused_form_says_why_in_its_place_and_keeps_what_was_typed(signed_in):
    client = signed_in("posko")
    typed = {
        "debtor": "kpu-prov", "creditor": "kpu-prov", "due": "2024-08-12T12:00",
        "what": "Satu daftar kebutuhan angkutan", "proof": "Daftar tertulis",
    }  # fmt: skip
    answer = send(client, "/commitments", "commitment.request", **typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A promise needs two institutions." in page
    assert "Satu daftar kebutuhan angkutan" in page and 'value="2024-08-12T12:00"' in page


def test_a_blank_field_is_named_beside_the_field(signed_in):
    answer = send(signed_in("posko"), "/reports", "report.file", **(REPORT | {"place_class": ""}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-describedby="report-file-new-place_class-error"' in page
    assert "this is needed" in page


def test_refusals_are_told_in_indonesian_to_an_indonesian_reader(signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "id"
    answer = client.post("/reports", {"verb": "report.file", "subject": "", **REPORT,
                                      "place_class": ""})  # fmt: skip
    assert "wajib diisi" in answer.content.decode()


def test_a_verb_that_the_role_does_not_have_is_refused_and_records_nothing(signed_in, operation):
    from anoa.room import record

    before = record.current_picture(operation).seq
    answer = send(signed_in("governor-reader"), "/reports", "report.file", **REPORT)
    assert answer.status_code == 422
    assert record.current_picture(operation).seq == before


def test_an_unknown_verb_is_forbidden(signed_in):
    assert send(signed_in("posko"), "/", "operation.close").status_code == 403


def test_nobody_is_offered_to_judge_or_acknowledge_the_own_report(signed_in):
    own = body(signed_in("kpu-wakatobi"), "/reports/R-0003")
    assert "report.judge" not in own and "report.acknowledge" not in own
    other = body(signed_in("posko"), "/reports/R-0003")
    assert "report.judge" in other and "report.acknowledge" in other


def test_a_meeting_draws_its_agenda_and_commitments_are_made_in_the_room(signed_in, operation):
    from anoa.room import record

    client = signed_in("posko")
    opened = send(client, "/meetings", "meeting.open", title="Rapat tindak lanjut (LATIHAN)",
                  place="Kendari", attending=["polda-sultra", "kpu-prov"])  # fmt: skip
    page = opened["Location"]
    assert "T-0003" in body(client, page)
    ident = page.rsplit("/", 1)[1]
    assert send(client, page, "meeting.record_line", ident, line="dissent",
                text="Keberatan dicatat (LATIHAN)")["Location"] == page  # fmt: skip
    made = send(
        client, page, "commitment.request", meeting=ident, debtor="kpu-prov",
        creditor="polda-sultra", what="Jadwal kapal dikirim (LATIHAN)", proof="Jadwal tertulis",
        due="2024-08-12T12:00",
    )  # fmt: skip
    assert made["Location"] == page
    shown = body(client, page)
    assert "Keberatan dicatat" in shown and "Jadwal kapal dikirim" in shown
    meeting = record.current_picture(operation).meetings[ident]
    assert meeting.lines[0].line == "dissent"


def test_the_clock_of_the_exercise_advances_by_its_button(signed_in, operation):
    from anoa.room import record

    before = record.current_picture(operation).seq
    assert send(signed_in("posko"), "/", "clock.advance").status_code == 302
    assert record.current_picture(operation).seq > before


def test_a_daily_report_is_issued_and_read_in_three_forms(signed_in):
    client = signed_in("posko")
    assert send(client, "/daily-reports", "sitrep.issue", language="id").status_code == 302
    assert "L-0001" in body(client, "/daily-reports")
    page = client.get("/daily-reports/L-0001.html")
    assert NOTICES["id"] in page.content.decode()
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    assert client.get("/daily-reports/L-0001.pdf").content.startswith(b"%PDF")
    assert len(client.get("/daily-reports/L-0001.txt").content.decode()) <= 1500
    assert signed_in("observer").get("/daily-reports/L-0001.html").status_code == 404


def test_a_seal_is_signed_on_the_log_page_and_its_file_can_be_taken_away(signed_in):
    client = signed_in("posko")
    size = int(re.search(r"As of entry (\d+)", body(client, "/log")).group(1))
    assert send(client, "/log", "seal.sign").status_code == 302
    page = body(client, "/log")
    assert f"Sealed up to entry {size}." in page and "1 entry is unsealed." in page
    assert client.get(f"/log/seals/seal-{size}").status_code == 200


def test_an_unanswered_report_is_red_and_counted(signed_in):
    page = body(signed_in("posko"), "/reports?state=unanswered")
    assert "R-0003" in page and "R-0001" not in page and "b-red" in page


def test_a_provisional_standing_is_printed_as_provisional(signed_in):
    for path in ("/", "/threats", "/threats/T-0003", "/region/74.03"):
        assert "b-provisional" in body(signed_in("posko"), path), path


def test_a_late_commitment_shows_the_explanation_before_the_promise(signed_in):
    page = body(signed_in("posko"), "/commitments/C-0004")
    assert page.index("Explanation of") < page.index("What was promised")


def test_unknown_scores_are_called_unknown_and_the_index_says_whose_it_is(signed_in):
    page = body(signed_in("posko"), "/index")
    assert "not the supervisor" in page and "unknown" in page
    assert "2025-03-01" not in page, "an edition of a later day is no part of the exercise's day"


def test_how_large_past_incidents_were_is_told_in_the_readers_language(signed_in):
    for language, words, others in (("id", "3 TPS", "3 stations"), ("en", "3 stations", "3 TPS")):
        client = signed_in("posko")
        client.cookies["django_language"] = language
        page = client.get("/region/74.03").content.decode()
        assert words in page and others not in page, language
    assert "batu; ban dibakar; gas air mata" not in page


def test_the_calendar_holds_no_stage_that_was_not_published_by_the_day_of_the_exercise(signed_in):
    page = body(signed_in("posko"), "/calendar")
    assert "Registration of contestants" in page
    assert "Ruling in the case" not in page


def test_a_report_number_that_is_no_number_is_not_there(signed_in):
    for path in ("/threats/..%2F..%2Fetc", "/reports/R-9999", "/region/99.99",
                 "/daily-reports/L-0001.exe", "/log/seals/none"):  # fmt: skip
        assert signed_in("posko").get(path).status_code == 404, path


# -- words ----------------------------------------------------------------------------------


def spoken_in_python(path: Path) -> Iterator[str]:
    """The English words of ``_``, ``gettext`` and the like in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        at = {"_": 0, "gettext": 0, "ngettext": 0, "pgettext_lazy": 1}.get(node.func.id)
        if at is not None and isinstance(node.args[at], ast.Constant):
            context = f"{node.args[0].value}\x04" if at else ""
            yield context + node.args[at].value


def spoken_in_template(path: Path) -> Iterator[str]:
    """The English words of ``{% translate %}`` in a template; blocks are seen on the pages."""
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if token.token_type == TokenType.BLOCK and token.contents.startswith("translate "):
            yield token.split_contents()[1][1:-1]


def refusals() -> Iterator[str]:
    """The sentences with which coordination refuses."""
    named = {"NotAllowed", "AnoaError", "AccessDenied", "need"}
    for path in sorted((ROOM.parent / "coordination").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            arg = node.args[1:2] if name == "need" else node.args[:1]
            if name in named and arg and isinstance(arg[0], ast.Constant):
                yield arg[0].value


def test_every_word_of_the_room_and_every_refusal_has_an_indonesian_translation():
    with (ROOM / "locale/id/LC_MESSAGES/django.mo").open("rb") as file:
        catalogue = GNUTranslations(file)._catalog
    known = {key[0] if isinstance(key, tuple) else key for key, text in catalogue.items() if text}
    said = {one for path in ROOM.rglob("*.py") for one in spoken_in_python(path)}
    said |= {one for path in ROOM.rglob("*.html") for one in spoken_in_template(path)}
    missing = {one for one in said | set(refusals()) if one not in known}
    assert not missing


def told_by_phones() -> Iterator[str]:
    """The sentences with which a phone that speaks OpenRosa is refused."""
    intake = ROOM / "intake"
    files = [intake / f"{name}.py" for name in (
        "openrosa_front", "openrosa_sending", "openrosa_forms", "multipart", "tokens", "http",
        "values", "desk", "filing", "meaning",
    )]  # fmt: skip
    for path in (*files, ROOM.parent / "openrosa" / "submissions.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            arg = node.args[:1] if isinstance(node, ast.Call) else []
            name = getattr(getattr(node, "func", None), "id", "")
            if not arg or name not in TELLING:
                continue
            assert not isinstance(arg[0], ast.BinOp), f"{path.name}:{node.lineno}"
            if isinstance(arg[0], ast.Constant):
                yield arg[0].value


TELLING = {
    "Unreadable", "WrongMediaType", "WrongMethod", "NotThere", "Unauthorised", "Unencrypted",
    "TooManyFailures", "OutOfScope", "Changed", "SubmissionError", "StorageError", "Saying",
}  # fmt: skip


def test_every_refusal_that_a_phone_shows_has_an_indonesian_translation():
    with translation.override("id"):
        missing = {one for one in told_by_phones() if translation.gettext(one) == one}
    assert not missing


def test_a_translated_refusal_keeps_the_places_of_its_values():
    with translation.override("id"):
        for sentence in (*refusals(), *told_by_phones()):
            spoken = translation.gettext(sentence)
            places = set(re.findall(r"{(\w+)}", sentence))
            assert set(re.findall(r"{(\w+)}", spoken)) == places, sentence


def test_the_style_sheet_stays_small():
    assert (ROOM / "static" / "room" / "room.css").stat().st_size <= 25_000
