"""Hooks: what gateways hand in is stored once, and a forged or replayed call is refused loudly."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.room.running import Browser, room

from anoa.errors import AnoaError, InputError, NotAllowed
from anoa.room import record
from anoa.room.intake import calls, hooks
from anoa.room.intake.calls import Call, NoIdentity
from anoa.room.intake.filing import file_some
from anoa.room.intake.hooks import Forged, Hook, NewHook, NoHook, Replayed
from anoa.room.intake.storing import opened, seal, store, trouble
from anoa.room.intake.values import Refused
from anoa.room.models import HookRow, SubmissionRow

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET = "s" * 32
WORDS = "Kab. Muna kec. Katobu: rumah ketua kpps dilempar batu tadi pagi jam 08.00"


def hook(kind=hooks.SIGNED, form="", mapping=None, **changes) -> Hook:
    held = {"ident": "a" * 12, "operation": "op", "agency": "polda-sultra", "replies": True}
    return Hook(kind=kind, form=form, mapping=mapping or hooks.USUAL[kind], secret=SECRET,
                **held | changes)  # fmt: skip


def signed(body: bytes, at=AT, secret=SECRET, **changes) -> Call:
    signature = hooks.sign(secret, body, at)
    held = {"method": "POST", "query": b"", "media_type": "application/json", "secret": "",
            "signature": signature, "body": body, "is_private": True}  # fmt: skip
    return Call(**held | changes)


def kannel(**given) -> Call:
    held = {"secret": SECRET, "from": "+6281234567890", "text": "halo", "charset": "UTF-8",
            "time": str(AT), "id": "m-1"} | given  # fmt: skip
    query = urllib.parse.urlencode({k: v for k, v in held.items() if v is not None}).encode()
    return Call("GET", query, "", "", "", b"", True)


# -- who calls ------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "t=1,v1=aa", f"t={AT},v1={'0' * 64}", "v1=x", "\x00"])
def test_a_call_without_the_right_signature_is_forged(header):
    with pytest.raises(Forged):
        calls.taken(hook(), signed(b"{}", signature=header), AT)


def test_a_signature_holds_for_its_body_secret_and_five_minutes_only():
    body = b'{"id": "1", "text": "x"}'
    assert calls.taken(hook(), signed(body), AT + 299).ident == "1"
    for age in (301, -301, 86_400):
        with pytest.raises(Replayed):
            calls.taken(hook(), signed(body), AT + age)
    with pytest.raises(Forged):
        calls.taken(hook(), signed(body + b" ", signature=hooks.sign(SECRET, body, AT)), AT)
    with pytest.raises(Forged):
        calls.taken(hook(), signed(body, secret="other"), AT)
    later = hooks.sign(SECRET, body, AT).replace(f"t={AT}", f"t={AT + 9}")
    with pytest.raises(Forged):
        calls.taken(hook(), signed(body, signature=later), AT)


@pytest.mark.parametrize("given", [None, "", "wrong", SECRET + "x", "ä"])
def test_a_gateway_with_a_wrong_secret_is_refused_before_anything_is_read(given):
    with pytest.raises(Forged):
        calls.taken(hook(hooks.KANNEL), kannel(secret=given, id=None, time=None), AT)
    with pytest.raises(Forged):
        calls.taken(hook(hooks.SECRET), signed(b"{broken", secret=given or ""), AT)


def test_a_secret_over_an_open_line_is_refused():
    for kind in (hooks.KANNEL, hooks.SECRET):
        with pytest.raises(Forged, match="not encrypted"):
            calls.taken(hook(kind), signed(b"{}", secret=SECRET, is_private=False), AT)


def test_a_web_form_may_carry_the_secret_as_a_field():
    body = f"secret={SECRET}&id=SM1&content=halo&from_number=%2B62812345&time_created={AT}"
    call = signed(body.encode(), media_type="application/x-www-form-urlencoded")
    said = calls.taken(hook(hooks.SECRET), call, AT)
    assert (said.ident, said.text, said.at) == ("SM1", "halo", NOW)
    assert SECRET.encode() not in said.body


@pytest.mark.parametrize(
    ("body", "changes"),
    [(b"{", {}), (b"[" * 100_000, {}), (b"\xff\xfe", {}), (b"{}", {"media_type": "text/xml"}),
     (b"{}", {"method": "GET"})],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_in_words(body, changes):
    with pytest.raises(Refused):
        calls.taken(hook(), signed(body, **changes), AT)


# -- what is kept ---------------------------------------------------------------------------


def test_the_number_of_a_sender_is_never_kept():
    number = "+6281234567890"
    said = calls.taken(hook(hooks.KANNEL), kannel(), AT)
    other = calls.taken(hook(hooks.KANNEL), kannel(text="lagi", id="m-2"), AT)
    body = json.dumps({"id": "1", "text": "x", "from": number, "contact": {"name": "N."}})
    third = calls.taken(hook(), signed(body.encode()), AT)
    for one in (said, other, third):
        assert b"81234567890" not in one.body and "81234567890" not in repr(one)
    assert said.sender == other.sender == third.sender != ""
    assert b"contact" not in third.body


def test_letters_come_as_the_gateway_names_them():
    query = b"secret=" + SECRET.encode() + b"&id=1&charset=UTF-16BE&text=%00h%00i%D8%3D%DE%00"
    said = calls.taken(hook(hooks.KANNEL), Call("GET", query, "", "", "", b"", True), AT)
    assert said.text == "hi\U0001f600"
    odd = calls.taken(hook(hooks.KANNEL), kannel(charset="zip"), AT)
    assert (odd.text, len(odd.problems)) == ("halo", 1)


def test_a_message_without_id_and_time_is_refused_as_two_could_be_taken_for_one():
    with pytest.raises(NoIdentity):
        calls.taken(hook(hooks.KANNEL), kannel(id=None, time=None), AT)
    first = calls.taken(hook(hooks.KANNEL), kannel(id=None), AT)
    again = calls.taken(hook(hooks.KANNEL), kannel(id=None), AT)
    other = calls.taken(hook(hooks.KANNEL), kannel(id=None, time=str(AT + 60)), AT)
    assert first.ident == again.ident != other.ident


@pytest.mark.parametrize(
    "said", [str(AT), f"{AT}.0", f"{AT}000", "2026-11-24T03:00:00Z", "2026-11-24T11:00:00+08:00"]
)
def test_times_of_gateways_are_read(said):
    assert calls.moment_of(said) == (NOW, ())


@given(st.text(max_size=30) | st.integers().map(str))
def test_a_time_that_cannot_be_is_told(said):
    at, problems = calls.moment_of(said)
    assert (at is None) == bool(problems) or not said


@given(st.binary(max_size=80), st.sampled_from(["", "UTF-8", "UTF-16BE", "idna", "\x00", "hex"]))
def test_no_address_of_a_gateway_breaks_the_reader(raw, charset):
    quoted = urllib.parse.urlencode({"charset": charset, "secret": SECRET, "id": "1"}).encode()
    for query in (quoted + b"&text=" + raw, quoted + b"&udh=" + raw + b"&from=" + raw, raw):
        try:
            said = calls.taken(hook(hooks.KANNEL), Call("GET", query, "", "", "", b"", True), AT)
        except Refused:
            continue
        said.body.decode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["id", "text", "from", "time", "a.b", "0"]))
def test_no_json_breaks_the_reader(value, path):
    body = json.dumps({path: value, "id": "1"} if path != "0" else [value]).encode()
    one = hook(mapping={"@id": "id", "@text": path, "@sender": path, "region": path})
    try:
        said = calls.taken(one, signed(body), AT)
    except Refused:
        return
    json.loads(said.body)


# -- what becomes of it ---------------------------------------------------------------------


def made(operation, kind=hooks.KANNEL, **changes):
    wanted = NewHook(kind, "polda-sultra", "SMS gateway", **changes)
    row, secret = hooks.make(operation, wanted, NOW, "posko")
    return hooks.find(row.ident), secret


def kept(operation, one: Hook, call: Call):
    said = calls.taken(one, call, AT)
    arrival = calls.arrival_of(one, said, record.pack_of(operation), NOW)
    (receipt,) = store([seal(operation.pk, arrival)])
    return said, receipt


def test_a_message_becomes_the_fields_of_a_report_or_waits_for_a_person(operation):
    one, secret = made(operation)
    _, clear = kept(operation, one, kannel(secret=secret, text=WORDS))
    _, vague = kept(operation, one, kannel(secret=secret, text="tolong cek", id="m-2"))
    rows = SubmissionRow.objects.in_bulk([clear.number, vague.number])
    fields, _body = opened(rows[clear.number])
    assert fields["region"] == "74.03" and fields["obtained"] == "received"
    assert rows[vague.number].state == "needs_person"
    assert any("region" in str(said) for said in trouble(rows[vague.number]))
    assert rows[clear.number].channel == "sms" and rows[clear.number].agency == "polda-sultra"


def test_the_same_message_again_gives_the_same_receipt(operation):
    one, secret = made(operation)
    receipts = [kept(operation, one, kannel(secret=secret))[1] for _ in range(5)]
    assert [receipt.state for receipt in receipts] == ["received"] + ["repeated"] * 4
    assert len({receipt.code for receipt in receipts}) == 1


def test_a_hook_with_a_form_fills_in_its_fields(operation):
    one, _secret = made(operation, hooks.SIGNED, form="incident",
                        mapping="@id = n\nregion = place.code\nthreat_type = what")  # fmt: skip
    body = json.dumps({"n": 7, "place": {"code": "74.03"}, "what": "rumor"}).encode()
    call = signed(body, signature=hooks.sign(one.secret, body, AT))
    said, receipt = kept(operation, one, call)
    row = SubmissionRow.objects.get(number=receipt.number)
    assert opened(row) == ({"region": "74.03", "threat_type": "rumor"}, body)
    assert (row.form, row.channel, row.sender_id) == ("incident", "webhook", "7")
    assert said.body == body


def test_the_time_that_a_hook_states_is_the_one_its_form_asks_for(operation):
    one, _secret = made(operation, hooks.SIGNED, form="incident",
                        mapping="@id = n\n@time = at\nregion = place\nthreat_type = what\n"
                                "place_class = class\nobtained = how\nreliability = from\n"
                                "credibility = sure")  # fmt: skip
    said = {"n": 7, "at": "2024-08-01T07:00:00+08:00", "place": "74.03", "what": "rumor",
            "class": "market", "how": "seen", "from": "C", "sure": 3}  # fmt: skip
    body = json.dumps(said).encode()
    call = signed(body, signature=hooks.sign(one.secret, body, AT))
    _said, receipt = kept(operation, one, call)
    file_some(operation)
    row = SubmissionRow.objects.get(number=receipt.number)
    assert row.state == "filed", trouble(row)
    report = record.current_picture(operation).reports[row.subject]
    assert report.observed_at == datetime(2024, 7, 31, 23, tzinfo=UTC)


CODED = (
    ("TPS 74.03.06-004 BUKA BAIK", "station-duty",
     {"polling_station": "74.03.06-004", "sub_district": "74.03.06", "phase": "opening",
      "condition": "calm"}),
    ("tps 74.03.06-004 tutup", "station-duty",
     {"polling_station": "74.03.06-004", "sub_district": "74.03.06", "phase": "closing"}),
    ("BANTUAN 74.03.06-004: Pertolongan medis. 07.30", "station-help",
     {"polling_station": "74.03.06-004", "sub_district": "74.03.06", "need": "medical"}),
    ("HELP 74.03.06-004: Medical help. 07.30", "station-help",
     {"polling_station": "74.03.06-004", "sub_district": "74.03.06", "need": "medical"}),
    ("BANTU 74.03.06-004 PERAHU BANJIR", "station-help",  # said in two ways
     {"polling_station": "74.03.06-004", "sub_district": "74.03.06"}),
)  # fmt: skip


@pytest.mark.parametrize(("text", "form", "fields"), CODED)
def test_a_coded_message_fills_in_its_form(operation, text, form, fields):
    one, secret = made(operation)
    _said, receipt = kept(operation, one, kannel(secret=secret, text=text))
    row = SubmissionRow.objects.get(number=receipt.number)
    assert (row.form, opened(row)[0]) == (form, fields)
    assert row.polling_station == "74.03.06-004"


def test_a_coded_call_for_help_from_an_unknown_station_is_a_call(operation):
    one, secret = made(operation)
    _said, receipt = kept(operation, one, kannel(secret=secret, text="BANTUAN 99.99.99-001 MEDIS"))
    row = SubmissionRow.objects.get(number=receipt.number)
    assert (row.form, row.state) == ("station-help", "received")
    assert opened(row)[0] == {"polling_station": "99.99.99-001", "need": "medical"}


@pytest.mark.parametrize(
    "text",
    [
        "TPS 4 rusuh",
        "TPS 99.99.99-001 BUKA",
        "BANTUAN",
        "BANTU 2 orang",
        "BUKA TPS 74.03.06-004",
        "TPS",
    ],
)
def test_other_words_are_no_coded_message(operation, text):
    one, secret = made(operation)
    _said, receipt = kept(operation, one, kannel(secret=secret, text=text))
    row = SubmissionRow.objects.get(number=receipt.number)
    assert (row.form, row.state) == ("report", "needs_person")


def part(secret, number, count, text: str, ref=9) -> Call:
    udh = bytes((5, 0, 3, ref, count, number))
    query = urllib.parse.urlencode({
        "secret": secret, "from": "0812", "charset": "UTF-16BE", "time": AT, "id": f"p-{number}",
        "text": text.encode("utf-16-be"), "udh": udh,
    })  # fmt: skip
    return Call("GET", query.encode(), "", "", "", b"", True)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_the_parts_of_a_long_message_are_each_safe_and_joined_at_the_last(operation, order):
    one, secret = made(operation)
    texts = (WORDS[:30], WORDS[30:50], WORDS[50:])
    for step, number in enumerate(order):
        said, receipt = kept(operation, one, part(secret, number, 3, texts[number - 1]))
        assert SubmissionRow.objects.get(number=receipt.number).state == "needs_person"
        whole = calls.joined(one, said, datetime.now(UTC))
        assert (whole is not None) == (step == 2)
    row = SubmissionRow.objects.get(number=whole.number)
    assert opened(row)[0]["region"] == "74.03"
    assert json.loads(opened(row)[1])["text"] == WORDS
    parts = SubmissionRow.objects.filter(form="part", scope=one.token)
    assert [one.state for one in parts] == ["discarded"] * 3


def test_a_revoked_or_unknown_hook_is_none(operation):
    one, _secret = made(operation)
    with pytest.raises(NotAllowed):
        hooks.revoke(operation, one.ident, NOW, "kpu-prov")
    hooks.revoke(operation, one.ident, NOW, "polda-sultra")
    for ident in (one.ident, "b" * 12, "", "../x", "\x00"):
        with pytest.raises(NoHook):
            hooks.find(ident)


def test_the_secret_lies_encrypted(operation):
    one, secret = made(operation)
    assert one.secret == secret
    assert secret.encode() not in bytes(HookRow.objects.get(ident=one.ident).encrypted)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "ftp"}, "kind"), ({"label": ""}, "label"), ({"form": "none"}, "form"),
        ({"label": "HP 0812 3456 7890"}, "label"), ({"agency": "nobody"}, "agency"),
        ({"mapping": "region place"}, "mapping"), ({"mapping": "@id = a\n@id = b"}, "mapping"),
        ({"form": "incident"}, "mapping"), ({"mapping": "name = a"}, "mapping"),
        ({"mapping": "@id = a"}, "mapping"),
        ({"form": "incident", "mapping": "nik = a"}, "mapping"),
    ],
)  # fmt: skip
def test_a_hook_that_makes_no_sense_is_refused_by_field(operation, changes, field):
    held = {"kind": hooks.SIGNED, "agency": "polda-sultra", "label": "SMS gateway"} | changes
    with pytest.raises(InputError) as caught:
        hooks.make(operation, NewHook(**held), NOW, "")
    assert field in caught.value.fields


@given(st.text(max_size=60))
def test_any_mapping_is_read_or_refused(text):
    try:
        hooks.mapping_of(text)
    except AnoaError as error:
        assert str(error)


# -- the page -------------------------------------------------------------------------------


def test_a_duty_officer_makes_and_revokes_a_hook_and_sees_its_secret_once(signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    page = client.post("/hooks", {"kind": "kannel", "label": "SMS of the post", "replies": "1"})
    (row,) = HookRow.objects.filter(label="SMS of the post")
    secret = hooks.find(row.ident).secret
    assert secret in page.content.decode()
    later = client.get("/hooks").content.decode()
    assert "SMS of the post" in later and secret not in later
    assert client.post("/hooks", {"revoke": row.ident}).status_code == 302
    with pytest.raises(NoHook):
        hooks.find(row.ident)


def test_others_do_not_see_or_revoke_it(signed_in, operation):
    one, _secret = made(operation)
    for name in ("observer", "governor-reader", "pam-tps", "auditor"):
        assert signed_in(name).get("/hooks").status_code == 403, name
    page = signed_in("kpu-prov").get("/hooks")
    assert page.status_code == 403 or one.ident not in page.content.decode()


# -- a real server --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with room(tmp_path_factory.mktemp("hooks") / "data", "--until", "2024-08-06") as found:
        browser = Browser(found.address)
        browser.sign_in("posko", found.passwords["posko"])
        browser.get("language")
        yield browser


def fresh(browser, kind: str) -> tuple[str, str]:
    """Address and secret of a new hook, as its page shows them."""
    import re

    page = browser.post("hooks", kind=kind, label=f"test {kind}", replies="1").text
    ident = re.search(r"/hooks/([a-z2-7]{12})", page)[1]
    return ident, re.search(r'id="fresh-secret"[^>]*value="([^"]+)"', page)[1]


def called(browser, place: str, body: bytes | None = None, **headers: str):
    request = urllib.request.Request(browser.address + place, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_a_gateway_gets_the_code_to_send_back_and_a_wrong_secret_403(served):
    ident, secret = fresh(served, "kannel")
    query = {"from": "0812345678", "text": "aman", "charset": "UTF-8", "time": AT, "id": "k1"}
    right = f"hooks/{ident}?" + urllib.parse.urlencode(query | {"secret": secret})
    first, again = called(served, right), called(served, right)
    assert first == again and first[0] == 200
    code = first[1].split()[-1]
    assert len(code) == 7 and code[3] == "-"
    for wrong in ("", "x", secret[:-1]):
        place = f"hooks/{ident}?" + urllib.parse.urlencode(query | {"secret": wrong})
        status, said = called(served, place)
        assert status == 403 and "secret" in json.loads(said)["detail"]
    assert called(served, "hooks/aaaaaaaaaaaa?secret=x")[0] == 404


def test_forged_and_replayed_calls_are_refused_counted_and_shown(served):
    ident, secret = fresh(served, "signed")
    body, now = json.dumps({"id": "w1", "text": "aman"}).encode(), int(time.time())

    def send(content: bytes, signature: str) -> int:
        headers = {"Content-Type": "application/json", "X-Anoa-Signature": signature}
        return called(served, f"hooks/{ident}", content, **headers)[0]

    good = hooks.sign(secret, body, now)
    assert [send(body, good), send(body, good)] == [201, 200]
    assert send(body + b" ", good) == 403
    assert send(body, hooks.sign(secret, body, now - 3600)) == 403
    other = json.dumps({"id": "w1", "text": "another"}).encode()
    assert send(other, hooks.sign(secret, other, now)) == 409
    assert send(b"{", hooks.sign(secret, b"{", now)) == 400
    until = time.monotonic() + 30
    while HOOK_COUNTS not in (page := served.get("hooks", **{"Accept-Language": "en"}).text):
        assert time.monotonic() < until, page
        time.sleep(0.2)
    assert "1 sent again" in page


HOOK_COUNTS = "forged 1, replayed 2, not usable 1"


def test_wrong_secrets_are_slowed_down_and_right_ones_pass_on(served):
    ident, secret = fresh(served, "kannel")
    query = {"from": "0812345678", "text": "aman", "charset": "UTF-8", "time": AT, "id": "k9"}
    wrong = f"hooks/{ident}?" + urllib.parse.urlencode(query | {"secret": "guess"})
    statuses = [called(served, wrong)[0] for _ in range(40)]
    assert statuses[-1] == 429 and set(statuses) == {403, 429}
    right = f"hooks/{ident}?" + urllib.parse.urlencode(query | {"secret": secret})
    assert called(served, right)[0] == 200
