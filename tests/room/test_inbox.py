"""The inbox: what no rule can file is shown to its own institution alone, and dealt with once."""

import ast
from contextlib import nullcontext
from datetime import timedelta
from gettext import GNUTranslations
from html import unescape
from pathlib import Path

import pytest
from tests.room.test_intake import REPORT, arrival, stored

from anoa.errors import NotAllowed, Saying
from anoa.oplog import instant_text
from anoa.room import record
from anoa.room.intake import inbox, tokens
from anoa.room.intake.filing import file_some
from anoa.room.intake.storing import reason, trouble
from anoa.room.intake.tokens import gate
from anoa.room.intake.vault import CODES
from anoa.room.models import EntryRow, SubmissionRow, TokenRow

WORDS = "smoke behind the warehouse"
ODD = REPORT | {"region": "99.99", "account": WORDS}


@pytest.fixture(autouse=True)
def nobody_guessed(monkeypatch):
    monkeypatch.setattr(tokens, "guesses", tokens.Failures())


@pytest.fixture
def waiting(operation):
    """A submission of polda-sultra that no rule could file."""
    (receipt,) = stored(operation, arrival(body=WORDS.encode(), fields=ODD))
    while file_some(operation, turn_s=60):
        pass
    return SubmissionRow.objects.get(number=receipt.number)


def page(client, path, language="en", status=200):
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_a_sentence_within_a_sentence_is_told_in_the_readers_language(operation, signed_in):
    within = Saying("'{value}' is not one of the list", value="x")
    why = Saying("row {row}, column {column}: {what}", row=5, column="Jenis", what=within)
    (receipt,) = stored(operation, arrival("row-5", problems=(why,)))
    row = SubmissionRow.objects.get(number=receipt.number)
    assert trouble(row) == ["row 5, column Jenis: 'x' is not one of the list"]
    client = signed_in("posko")
    shown = unescape(page(client, "/inbox", "id"))
    assert "baris 5, kolom Jenis: 'x' " in shown
    assert "is not one of the list" not in shown
    assert "is not one of the list" in unescape(page(client, "/inbox"))


# Who sees it


def test_its_institution_reads_what_was_understood_and_what_was_sent(waiting, signed_in):
    client = signed_in("posko")
    assert f"/inbox/{waiting.number}" in page(client, "/inbox")
    assert WORDS not in page(client, "/inbox"), "a list shows no words of a sender"
    shown = page(client, f"/inbox/{waiting.number}")
    assert shown.count(WORDS) == 2
    assert "99.99" in shown
    assert 'value="2024-08-08T19:00"' in shown, "the time of observation in local time"


def test_the_inbox_is_narrowed_by_channel_form_region_kind_and_day(operation, signed_in):
    """All by columns that were extracted at intake: no submission is opened for it."""
    told = [ODD, REPORT | {"region": "74.03", "threat_type": "none", "kind": "rumour"},
            REPORT | {"region": "", "sub_district": "74.03.06", "threat_type": "none"}]  # fmt: skip
    receipts = [
        stored(operation, arrival(f"s-{n}", body=b"x%d" % n, fields=fields))[0]
        for n, fields in enumerate(told)
    ]
    numbers = [one.number for one in receipts]
    SubmissionRow.objects.filter(number__in=numbers).update(state="needs_person")
    SubmissionRow.objects.filter(number=numbers[0]).update(channel="sms", form="help")
    local = record.pack_of(operation).local(receipts[0].received_at).date()
    client = signed_in("posko")

    def left(query: str) -> list[int]:
        shown = page(client, f"/inbox?{query}")
        return [number for number in numbers if f'href="/inbox/{number}"' in shown]

    assert left("") == numbers
    assert left("channel=sms") == numbers[:1]
    assert left("region=74.03") == numbers[1:], "a form may ask for the sub-district alone"
    assert left("kind=rumour") == numbers[1:2]
    assert left(f"from={local}&to={local}") == numbers
    assert left(f"to={local - timedelta(days=1)}") == []
    assert "The filters leave 1." in page(client, "/inbox?channel=sms")
    assert left("channel=sms&region=74.03") == []
    assert "left out: nowhere" in page(client, "/inbox?region=nowhere")
    assert "left out: colour" in page(client, "/inbox?colour=red")
    assert "rumour" not in page(signed_in("kpu-prov"), "/inbox")


@pytest.mark.parametrize("name", ["kpu-prov", "bawaslu-prov"])
def test_another_institution_does_not_see_that_it_is_there(waiting, signed_in, name):
    client = signed_in(name)
    assert f"/inbox/{waiting.number}" not in page(client, "/inbox")
    page(client, f"/inbox/{waiting.number}", status=404)
    client.post(f"/inbox/{waiting.number}", {"do": "aside", "reason": "not mine at all"})
    waiting.refresh_from_db()
    assert waiting.state == "needs_person"


@pytest.mark.parametrize("name", ["observer", "governor-reader", "auditor", "host-admin"])
def test_who_files_no_reports_has_no_inbox(waiting, signed_in, name):
    client = signed_in(name)
    page(client, "/inbox", status=403)
    page(client, f"/inbox/{waiting.number}", status=403)


def test_the_list_of_reports_says_how_many_wait(waiting, signed_in):
    assert "Inbox (1)" in page(signed_in("posko"), "/reports")
    assert "Inbox (" not in page(signed_in("kpu-prov"), "/reports")


@pytest.mark.parametrize(("language", "said"), [("en", "not a place that is known here"),
                                                ("id", "bukan tempat yang dikenal")])  # fmt: skip
def test_the_reason_stands_in_the_readers_language(operation, signed_in, language, said):
    form = next(iter(one for one in record.pack_of(operation).forms.values()
                     if one.becomes == "report" and "api" in one.channels))  # fmt: skip
    (receipt,) = stored(operation, arrival("f-1", form=form.id, form_version=form.version,
                                           fields={"region": "99.99"}))  # fmt: skip
    file_some(operation, turn_s=60)
    assert said in page(signed_in("posko"), f"/inbox/{receipt.number}", language)


# What a person does with it


def typed(**changes):
    held = {name: value for name, value in REPORT.items() if name != "observed_at"}
    held |= {"verb": "report.file", "subject": "", "observed_at": "2024-08-08T19:00"}
    return held | changes


def test_filed_by_hand_it_becomes_a_report_that_names_it_and_shows_its_words(waiting, signed_in):
    client = signed_in("posko")
    assert client.post(f"/inbox/{waiting.number}", typed()).status_code == 302
    waiting.refresh_from_db()
    report = record.current_picture(waiting.operation).reports[waiting.subject]
    assert (waiting.state, waiting.closed_by) == ("filed", "posko")
    assert (report.submission, report.region) == (waiting.sha256, "74.03")
    assert instant_text(report.observed_at) == "2024-08-08T11:00:00Z"
    assert WORDS in page(client, f"/reports/{waiting.subject}")
    before = EntryRow.objects.count()
    assert client.post(f"/inbox/{waiting.number}", typed()).status_code == 422
    assert EntryRow.objects.count() == before, "it is filed once"


def test_a_form_that_is_refused_leaves_it_waiting_with_what_was_typed(waiting, signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    answer = client.post(f"/inbox/{waiting.number}", typed(region="", sub_district=""))
    assert answer.status_code == 422
    assert 'value="2024-08-08T19:00"' in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "needs_person"


def test_set_aside_it_is_kept_with_its_reason_and_can_be_taken_up_again(waiting, signed_in):
    client, place = signed_in("posko"), f"/inbox/{waiting.number}"
    assert client.post(place, {"do": "aside", "reason": " "}).status_code == 422
    assert client.post(place, {"do": "aside", "reason": "a test of the phone"}).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.state, reason(waiting)) == ("discarded", "a test of the phone")
    assert b"phone" not in bytes(waiting.reason), "who wrote it may have quoted the sender"
    assert place not in page(client, "/inbox")
    assert "a test of the phone" in page(client, "/inbox?aside")
    assert client.post(place, {"do": "up"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == "needs_person"
    assert place in page(client, "/inbox")


def test_what_was_dealt_with_is_not_dealt_with_again(waiting, member):
    inbox.set_aside(member("posko"), waiting.number, "a test of the phone")
    with pytest.raises(NotAllowed):
        inbox.set_aside(member("posko"), waiting.number, "a test of the phone")
    inbox.take_up(member("posko"), waiting.number)
    with pytest.raises(NotAllowed):
        inbox.take_up(member("posko"), waiting.number)


def test_an_empty_inbox_says_so(operation, signed_in):
    assert "Nothing waits." in page(signed_in("posko"), "/inbox")
    assert "Nothing was set aside." in page(signed_in("posko"), "/inbox?aside")


def test_markup_in_what_was_sent_is_shown_as_letters(operation, signed_in):
    sent = arrival(body=b"<script>x</script>\x00\xff", fields=ODD | {"account": "<script>x"})
    (receipt,) = stored(operation, sent)
    file_some(operation, turn_s=60)
    assert "<script>x" not in page(signed_in("posko"), f"/inbox/{receipt.number}")


# Receipts


def test_a_receipt_says_where_a_submission_stands_and_nothing_of_it(waiting, client, member):
    from anoa.room.intake.storing import vault

    code = vault().code(waiting.number)
    shown = page(client, f"/receipt/{code}")
    assert "a person of the institution reads it" in shown
    assert "99.99" not in shown and "Polda" not in shown and "polda" not in shown
    inbox.set_aside(member("posko"), waiting.number, "a test of the phone", "test")
    after = page(client, f"/receipt/{code}")
    assert "It was set aside as a test. It is kept." in after
    assert "of the phone" not in after, "a sender is told the class of the reason, not its words"
    assert "Polda" not in after and "polda" not in after
    assert "dibaca petugas" in page(client, f"/receipt?code={code.lower()}&language=id")


def test_guessing_codes_is_slowed_down_by_address_and_a_right_one_still_found(waiting, client):
    from anoa.room.intake.storing import vault

    wrong = vault().code(CODES - 1)
    for _ in range(tokens.FAILURES):
        page(client, f"/receipt/{wrong}", status=404)
    page(client, f"/receipt/{wrong}", status=429)
    client.defaults["REMOTE_ADDR"] = "10.1.1.1"
    page(client, f"/receipt/{vault().code(waiting.number)}")


def test_what_is_no_code_is_said_so(operation, client):
    for odd in ("xyz", "K7M-2Q", "%00", "a" * 300):
        assert "There is no receipt of this code" in page(client, f"/receipt/{odd}", status=404)
    assert "There is no receipt" not in page(client, "/receipt")


# Tokens


def made(client, **changes):
    client.cookies["django_language"] = "en"
    held = {"label": "post 3", "agency": "polda-sultra", "scopes": ["submit"], "days": "7"}
    return client.post("/tokens", held | changes)


def test_a_token_made_on_the_page_is_shown_once_and_works(operation, signed_in):
    client = signed_in("posko")
    answer = made(client)
    (row,) = TokenRow.objects.filter(label="post 3")
    text = answer.content.decode().partition(f"anoa_{row.ident}_")[2][:32]
    assert gate.check(f"anoa_{row.ident}_{text}", "10.0.0.1").agency == "polda-sultra"
    assert (row.made_by, row.scopes) == ("posko", "submit")
    assert "no-store" in answer["Cache-Control"]
    assert text not in page(client, "/tokens")
    assert row.ident in page(client, "/tokens")


def test_a_token_is_revoked_on_the_page_by_its_own_institution_alone(operation, signed_in):
    made(signed_in("posko"))
    (row,) = TokenRow.objects.filter(label="post 3")
    assert signed_in("kpu-prov").post("/tokens", {"revoke": row.ident}).status_code in (403, 404)
    row.refresh_from_db()
    assert row.revoked_at is None
    assert signed_in("posko").post("/tokens", {"revoke": row.ident}).status_code == 302
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert "revoked" in page(signed_in("posko"), "/tokens")


def test_a_duty_officer_makes_none_for_another_institution(operation, signed_in):
    made(signed_in("posko"), agency="kpu-prov")
    assert [row.agency for row in TokenRow.objects.filter(label="post 3")] == ["polda-sultra"]


def test_the_host_makes_them_for_any_institution(operation, signed_in):
    client = signed_in("host-admin")
    assert 'href="/tokens"' in page(client, "/log")
    made(client, agency="kpu-prov")
    assert TokenRow.objects.get(label="post 3").agency == "kpu-prov"


@pytest.mark.parametrize("name", ["observer", "governor-reader", "auditor", "pam-tps"])
def test_others_see_no_tokens(operation, signed_in, name):
    page(signed_in(name), "/tokens", status=403)
    assert made(signed_in(name)).status_code == 403


def test_what_is_wrong_with_a_token_stands_at_its_field_and_nothing_is_made(operation, signed_in):
    before = TokenRow.objects.count()
    answer = made(signed_in("posko"), label="", scopes=[])
    assert answer.status_code == 422
    assert "say in 1 to 80 characters" in answer.content.decode()
    assert "name one or more of" in answer.content.decode()
    assert TokenRow.objects.count() == before


# Words


SPOKEN = ("forms/answers.py", "openrosa/submissions.py", "room/intake/meaning.py",
          "room/intake/inbox.py", "room/intake/tokens.py")  # fmt: skip
SPEAKERS = {"AnoaError", "_Unreadable", "Saying", "NotAllowed"}


def test_every_reason_why_a_person_must_look_has_an_indonesian_translation():
    source = Path(inbox.__file__).parents[2]
    catalogue = source / "room/locale/id/LC_MESSAGES/django.mo"
    with catalogue.open("rb") as file:
        known = GNUTranslations(file)
    sentences = {
        node.args[0].value
        for name in SPOKEN
        for node in ast.walk(ast.parse((source / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKERS
        and node.args and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    assert len(sentences) > 20
    assert {one for one in sentences if known.gettext(one) == one} == set()


# Tokens from the command line


@pytest.fixture
def anoa_token(operation, monkeypatch, capsys):
    """``anoa token …`` on the room of the tests; gives its code and what it printed."""
    from anoa.cli import main, token

    monkeypatch.setattr(token, "opened_room", lambda **_options: nullcontext())

    def run(*args):
        code = main(["token", *args])
        said = capsys.readouterr()
        return code, said.out.strip(), said.err

    return run


def test_the_command_makes_lists_and_revokes_a_token(anoa_token):
    code, text, _err = anoa_token("new", "--agency", "kpu-prov", "--label", "post 3")
    assert code == 0
    bearer = gate.check(text, "10.0.0.1")
    assert (bearer.agency, bearer.scopes) == ("kpu-prov", {"submit", "bulk"})
    listed = anoa_token("list")[1]
    assert bearer.token in listed and "post 3" in listed
    assert text.split("_")[2] not in listed
    assert anoa_token("revoke", bearer.token)[0] == 0
    assert gate.known(text) is None
    assert "revoked" in anoa_token("list")[1]


@pytest.mark.parametrize("args", [
    ("new", "--agency", "nobody", "--label", "post 3"), ("revoke", "nothere"),
    ("new", "--agency", "kpu-prov", "--label", "post 3", "--scopes", "everything"),
    ("new", "--agency", "kpu-prov", "--label", "post 3", "--scopes", "submit bulk"),
])  # fmt: skip
def test_the_command_says_what_is_wrong(anoa_token, args):
    code, out, said = anoa_token(*args)
    assert code != 0 and out == ""
    assert said.startswith("anoa token:")
