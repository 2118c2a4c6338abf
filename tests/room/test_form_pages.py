"""Forms as plain pages: filled in by members and by token, with a receipt, without JavaScript."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from anoa.room import record, stations
from anoa.room.filling import without_metadata
from anoa.room.intake import tokens
from anoa.room.intake.filing import file_some
from anoa.room.intake.storing import attachment, opened
from anoa.room.models import AttachmentRow, SubmissionRow

DUTY = {"sub_district": "74.03.06", "polling_station": "74.03.06-001", "phase": "arrival",
        "condition": "calm"}  # fmt: skip
HELP = {"sub_district": "74.03.06", "polling_station": "74.03.06-001", "need": "transport"}
JPEG = b"\xff\xd8\xff\xe1\x00\x0aGPS-here\xff\xe0\x00\x04xx\xff\xda\x00\x02data"


@pytest.fixture(autouse=True)
def fresh():
    stations.forget()
    tokens.gate.forget()
    yield
    stations.forget()
    tokens.gate.forget()


@pytest.fixture
def token(operation):
    """The address of a token of an institution, and its client."""

    def made(agency: str, **more) -> tuple[Client, str]:
        wanted = tokens.NewToken(agency, ["submit"], "a phone", **more)
        secret = tokens.make(operation, wanted, datetime.now(UTC))
        client = Client()
        client.cookies["django_language"] = "en"
        return client, f"/t/{secret}"

    return made


def page(client, path: str, language: str = "en", status: int = 200) -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def sent(client, path: str, **fields) -> str:
    """Send a form and follow to its receipt; gives the receipt's address."""
    answer = client.post(path, {"sender_id": "one-page", **fields})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


# -- who may fill in what -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "has", "lacks"),
    [
        ("pam-tps", ["station-duty", "station-help"], ["oversight", "logistics", "leader-word"]),
        ("kpu-wakatobi", ["logistics"], ["station-duty", "oversight"]),
        ("bawaslu-prov", ["oversight"], ["station-duty", "logistics"]),
        ("fkub", ["leader-word"], ["station-duty", "oversight"]),
        ("governor-reader", [], ["station-duty", "logistics", "oversight"]),
        ("observer", [], ["station-duty", "logistics", "oversight", "incident"]),
    ],
)
def test_each_member_is_offered_the_forms_of_its_institution_alone(signed_in, name, has, lacks):
    client = signed_in(name)
    shown = page(client, "/forms")
    assert all(f'"/forms/{one}"' in shown for one in has)
    assert not any(f'"/forms/{one}"' in shown for one in lacks)
    for one in lacks:
        assert client.get(f"/forms/{one}").status_code == 404
        assert client.post(f"/forms/{one}", DUTY).status_code == 404


def test_every_form_of_the_pack_is_drawn_with_a_label_on_every_control(token, operation):
    pack = record.pack_of(operation)
    for form in (one for one in pack.forms.values() if not one.is_sealed):  # see test_sealed
        kind = next(iter(form.kinds), "police")
        agency = next(one.id for one in pack.agencies.values() if one.kind == kind)
        client, base = token(agency)
        for language in pack.languages:
            shown = page(client, f"{base}/forms/{form.id}?sub_district=74.03.06", language)
            controls = re.findall(r'<(?:select|textarea|input) id="(q-[^"]+)"', shown)
            assert all(f'<label for="{one}">' in shown for one in controls)
            for field in form.fields:
                assert pack.text(field.label, language).split("'")[0] in shown, (form.id, field)
        assert "<script" not in shown, "the page works without JavaScript"


def test_a_form_of_a_station_asks_for_the_sub_district_first(token):
    client, base = token("polres-muna")
    first = page(client, f"{base}/forms/station-duty")
    assert "polling_station" not in first and 'method="get"' in first
    second = page(client, f"{base}/forms/station-duty?sub_district=74.03.06")
    assert '<option value="74.03.06-001">' in second
    assert "the numbers are placeholders" in second


# -- sending --------------------------------------------------------------------------------


def test_a_member_sends_a_form_and_reads_its_receipt(signed_in, operation):
    client = signed_in("pam-tps")
    place = sent(client, "/forms/station-duty", **DUTY)
    row = SubmissionRow.objects.get(form="station-duty")
    assert (row.agency, row.member, row.channel) == ("polres-muna", "pam-tps", "web")
    assert "It waits to be filed." in page(client, place)
    file_some(operation)
    assert "It was filed." in page(client, place)
    assert "Sudah dicatat." in page(client, place, "id")
    assert record.current_picture(operation).stations["74.03.06-001"].phase == "arrival"


def test_the_same_page_sent_again_is_one_submission(token):
    client, base = token("polres-muna")
    first, again = (sent(client, f"{base}/forms/station-duty", **DUTY) for _ in range(2))
    assert first == again
    assert SubmissionRow.objects.filter(form="station-duty").count() == 1
    other = client.post(f"{base}/forms/station-duty",
                        {"sender_id": "one-page", **DUTY, "phase": "opening"})  # fmt: skip
    assert other.status_code == 409
    assert "Nothing was sent." in other.content.decode()


def test_what_is_wrong_is_told_beside_its_question_and_nothing_is_stored(token):
    client, base = token("polres-muna")
    client.cookies["django_language"] = "id"
    answer = client.post(f"{base}/forms/station-duty", DUTY | {"phase": "", "condition": "odd"})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "wajib diisi" in shown and "&#x27;odd&#x27; tidak ada dalam daftar" in shown
    assert "Tidak ada yang terkirim." in shown
    assert 'value="74.03.06-001" selected' in shown, "what was typed stays"
    assert not SubmissionRow.objects.filter(form="station-duty").exists()


def test_what_a_form_does_not_ask_is_not_taken(token):
    client, base = token("polres-muna")
    sent(client, f"{base}/forms/station-duty", **DUTY, votes="120", name="somebody")
    fields, body = opened(SubmissionRow.objects.get(form="station-duty"))
    assert "votes" not in fields and b"120" not in body and b"somebody" not in body


def test_a_picture_is_kept_without_what_the_camera_wrote(token, operation):
    pack = record.pack_of(operation)
    form = next(one for one in pack.forms.values() if one.field("picture") or
                any(str(f.type) == "picture" for f in one.fields))  # fmt: skip
    asked = next(f.name for f in form.fields if str(f.type) == "picture")
    agency = next(a.id for a in pack.agencies.values() if form.is_for(a.kind))
    client, base = token(agency)
    answers = {
        f.name: f.choices[0].id for f in form.fields if f.required and f.choices
    } | {"region": "74.03", "observed_at": "2024-08-01T10:00"}  # fmt: skip
    picture = SimpleUploadedFile("IMG_1.jpg", JPEG, "image/jpeg")
    sent(client, f"{base}/forms/{form.id}", **answers, **{asked: picture})
    (row,) = AttachmentRow.objects.all()
    assert attachment(row) == without_metadata(JPEG)
    assert b"GPS" not in attachment(row)
    odd = SimpleUploadedFile("x.jpg", b"<svg/>", "image/jpeg")
    refused = client.post(f"{base}/forms/{form.id}", {**answers, asked: odd})
    assert refused.status_code == 422


# -- tokens ---------------------------------------------------------------------------------


def test_a_wrong_or_revoked_token_is_told_so_and_sends_nothing(token, operation):
    client, base = token("polres-muna")
    wrong = base[:-4] + "aaaa"
    answer = client.post(f"{wrong}/forms/station-duty", DUTY)
    assert answer.status_code == 401
    assert "Nothing was sent." in answer.content.decode()
    tokens.revoke(operation, base.split("_")[1], datetime.now(UTC))
    assert client.get(f"{base}/forms").status_code == 401
    assert not SubmissionRow.objects.filter(form="station-duty").exists()


def test_a_token_for_one_form_opens_no_other(token):
    client, base = token("polres-muna", forms=["station-help"])
    shown = page(client, f"{base}/forms")
    assert "station-help" in shown and "station-duty" not in shown
    assert client.get(f"{base}/forms/station-duty").status_code == 404


def test_a_receipt_is_shown_to_its_sender_alone(token, signed_in):
    client, base = token("polres-muna")
    place = sent(client, f"{base}/forms/station-duty", **DUTY)
    code = place.rpartition("/")[2]
    other, foreign = token("polres-muna")
    assert other.get(f"{foreign}/forms/sent/{code}").status_code == 404
    assert signed_in("posko").get(f"/forms/sent/{code}").status_code == 404


def test_the_address_of_a_token_is_not_passed_on(token):
    client, base = token("polres-muna")
    answer = client.get(f"{base}/forms")
    assert answer["Referrer-Policy"] == "same-origin", "with none a browser's own form is refused"
    assert "no-store" in answer["Cache-Control"]


# -- calls for help -------------------------------------------------------------------------


def test_a_call_stays_unsent_for_its_sender_until_a_person_answers(token, signed_in, operation):
    client, base = token("polres-muna")
    place = sent(client, f"{base}/forms/station-help", **HELP)
    unsent = "Not sent yet: no person has answered."
    assert unsent in page(client, place), "stored is not sent"
    file_some(operation)
    assert unsent in page(client, place), "filed is not sent"
    assert "Belum terkirim" in page(client, place, "id")
    assert client.get(place)["Refresh"]
    (call,) = record.current_picture(operation).helps
    posko = signed_in("posko")
    assert call in page(posko, "/help")
    posko.post("/help", {"verb": "help.acknowledge", "subject": call})
    shown = page(client, place)
    assert unsent not in shown and "a person saw your call" in shown
    assert "Refresh" not in client.get(place)


def test_a_call_that_nobody_answers_in_two_hours_does_not_hold(token, operation, monkeypatch):
    client, base = token("polres-muna")
    place = sent(client, f"{base}/forms/station-help", **HELP)
    file_some(operation)
    (call,) = record.current_picture(operation).helps.values()
    from anoa.room import actions

    monkeypatch.setattr(actions, "now_of", lambda _operation: call.expires_at)
    shown = page(client, place)
    assert "Nobody answered in two hours." in shown and "Refresh" not in client.get(place)


def test_a_page_makes_no_sound_and_names_the_posts_to_call(token, settings):
    settings.HELP_CALLS = [{"name": "Posko", "number": "0000"}]
    client, base = token("polres-muna")
    shown = page(client, f"{base}/forms/station-help?sub_district=74.03.06")
    assert '<a class="do quiet" href="tel:0000">Posko</a>' in shown
    assert "<audio" not in shown
