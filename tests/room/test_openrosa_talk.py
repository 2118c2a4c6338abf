"""OpenRosa as a phone speaks it, against a room in a process of its own, over real sockets."""

import base64
import json
import re
import shutil
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from tests.openrosa_engine import engine
from tests.openrosa_material import FORM, filled_in, form_file
from tests.room.openrosa_phone import (
    BOUNDARY,
    DEVICE,
    MORE_TO_COME,
    Phone,
    body_of,
    md5,
    part,
    picture_part,
    read,
    xml_part,
)
from tests.room.running import ROOT, anoa, environment, room

MAKE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from anoa.cli.serve import opened_room
with opened_room():
    from anoa.room import exercise
    from anoa.room.intake.tokens import NewToken, make
    operation, _ = exercise.open_exercise(Path(sys.argv[1]))
    def token(**more):
        wanted = {"agency": "electoral-council", "scopes": ["submit"], "label": "a phone"} | more
        return make(operation, NewToken(**wanted), datetime.now(UTC))
    print(json.dumps({
        "phone": token(), "area": token(region="ve.ald"), "other": token(forms=["other"]),
        "reader": token(scopes=["bulk"]),
    }))
"""
STORED = """
import json, sys
from anoa.cli.serve import opened_room
with opened_room(alone=False):
    from anoa.room.intake.storing import attachment, opened, trouble
    from anoa.room.models import AttachmentRow, SubmissionRow
    print(json.dumps([
        {"id": row.sender_id, "form": row.form, "version": row.form_version, "state": row.state,
         "channel": row.channel, "fields": opened(row)[0], "body": opened(row)[1].decode(),
         "trouble": trouble(row), "observed_at": str(row.observed_at), "region": row.region,
         "files": {one.name: len(attachment(one)) for one in row.attachmentrow_set.all()}}
        for row in SubmissionRow.objects.filter(channel="openrosa")
    ]))
"""
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
SECURE = re.compile(r"https://127\.0\.0\.1:\d+")
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40


def run(data: Path, code: str, *args: str):
    done = subprocess.run(
        [sys.executable, "-c", code, *args], env=environment(data), cwd=ROOT, text=True,
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A room with one more form, and tokens; its address, its data folder."""
    folder = tmp_path_factory.mktemp("openrosa")
    pack = folder / "pack"
    shutil.copytree(ROOT / "packs" / "velmarra-2025", pack)
    (pack / "forms").mkdir(exist_ok=True)
    (pack / "forms" / f"{FORM.id}.yaml").write_text(form_file(("en",)), encoding="utf-8")
    data = folder / "data"
    tokens = run(data, MAKE, str(pack))
    shutil.copytree(data, folder / "again")
    with room(data, command="serve") as running:
        yield running.address.rstrip("/"), data, tokens


@pytest.fixture
def phone(place) -> Phone:
    address, _data, tokens = place
    return Phone(f"{address}/t/{tokens['phone']}/openrosa")


@pytest.fixture
def stored(place):
    return lambda ident: next(
        (row for row in run(place[1], STORED) if row["id"].endswith(ident)), None
    )


def said(name: str, **fields: str) -> bytes:
    return filled_in({"words": name, **fields}, instance=f"uuid:{name}")


# Loading forms


def test_a_phone_loads_a_form_with_its_places_and_every_hash_is_right(phone):
    answer = phone.get("/formList")
    assert answer.status == 200
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert answer.headers.get_all("Date")
    listed = {
        one.find(f"{LIST}formID").text: {each.tag.removeprefix(LIST): each.text for each in one}
        for one in ElementTree.fromstring(answer.body)
    }
    form = listed[FORM.id]
    assert form["downloadUrl"].startswith(phone.base)
    xform = phone.get(form["downloadUrl"])
    assert (xform.status, md5(xform.body)) == (200, form["hash"])
    assert "text/xml" in xform.headers["Content-Type"]
    assert int(xform.headers["Content-Length"]) < len(xform.body) / 3  # packed, for slow networks
    files = ElementTree.fromstring(phone.get(form["manifestUrl"]).body)
    assert [one.find(f"{MANIFEST}filename").text for one in files] == [
        "regions.csv", "sub_districts.csv", "polling_stations.csv",
    ]  # fmt: skip
    for one in files:
        file = phone.get(one.find(f"{MANIFEST}downloadUrl").text)
        assert (file.status, md5(file.body)) == (200, one.find(f"{MANIFEST}hash").text)
        assert file.body.count(b"\n") > 2


def test_the_list_of_one_form_is_that_form(phone):
    answer = phone.get(f"/formList?formID={FORM.id}")
    assert len(ElementTree.fromstring(answer.body)) == 1


def test_a_token_of_a_region_takes_its_places_along_and_no_others(place):
    address, _data, tokens = place
    phone = Phone(f"{address}/t/{tokens['area']}/openrosa")
    lines = phone.get(f"/forms/{FORM.id}/media/sub_districts.csv").body.decode().splitlines()[1:]
    assert lines
    assert all(line.split(",")[2] == "ve.ald" for line in lines)


def test_a_token_of_another_form_neither_sees_nor_sends_this_one(place):
    address, _data, tokens = place
    phone = Phone(f"{address}/t/{tokens['other']}/openrosa")
    assert len(ElementTree.fromstring(phone.get("/formList").body)) == 0
    assert phone.get(f"/forms/{FORM.id}").status == 404
    refused = phone.post(xml_part(said("other-form")))
    assert (refused.status, "not for the form" in refused.message) == (403, True)


@pytest.mark.parametrize("where", ["/forms/none", "/forms/everything/media/../../x", "/nothing"])
def test_what_is_not_there_is_404(phone, where):
    assert phone.get(where).status == 404


def test_the_engine_of_collect_fills_in_what_was_loaded_and_its_bytes_are_taken(phone, stored):
    listed = ElementTree.fromstring(phone.get(f"/formList?formID={FORM.id}").body)[0]
    files = ElementTree.fromstring(phone.get(listed.find(f"{LIST}manifestUrl").text).body)
    media = {
        one.find(f"{MANIFEST}filename").text: phone.get(
            one.find(f"{MANIFEST}downloadUrl").text
        ).body
        for one in files
    }
    xform = phone.get(listed.find(f"{LIST}downloadUrl").text).body
    answers = {
        "region": "ve.ald", "sub_district": "ve.ald.1", "polling_station": "ve.ald.1-002",
        "threat_type": "a", "signs": "a.1", "words": "by the engine", "photo": "1.jpg",
    }  # fmt: skip
    with engine() as javarosa:
        sent, offered = javarosa.fill_in(xform, media, answers)
    assert len(offered["polling_station"]) == 9
    first = phone.post(xml_part(sent), picture_part("1.jpg", PICTURE), chunked=True)
    assert (first.status, phone.post(xml_part(sent)).code) == (201, first.code)
    ident = ElementTree.fromstring(sent).findtext(".//{*}instanceID")
    assert stored(ident)["fields"] == answers
    assert stored(ident)["body"].encode() == sent


# Sending


def test_before_sending_the_phone_is_told_where_and_how_much(phone):
    answer = phone.head()
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) == 16 << 20
    assert answer.headers["Location"] == f"{phone.base}/submission"


def test_a_submission_is_stored_once_and_answered_201_with_a_receipt(phone, stored):
    xml = said("once", region="ve.ald", observed_at="2025-10-05T09:30:00.000+11:00")
    first, again = phone.post(xml_part(xml)), phone.post(xml_part(xml))
    assert (first.status, again.status) == (201, 201)
    assert first.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert first.headers["X-OpenRosa-Version"] == "1.0"
    assert len(first.code) == 7
    assert first.code == again.code
    row = stored("once")
    assert (row["form"], row["version"], row["channel"]) == (FORM.id, FORM.version, "openrosa")
    assert row["body"].encode() == xml
    assert row["fields"]["words"] == "once"
    assert row["region"] == "ve.ald"
    assert row["observed_at"] == "2025-10-04 22:30:00+00:00"


def test_the_same_id_with_other_bytes_is_409_and_says_so(phone, stored):
    assert phone.post(xml_part(said("changed", region="ve.ald"))).status == 201
    answer = phone.post(xml_part(said("changed", region="ve.cor")))
    assert answer.status == 409
    assert "came before and said something else" in answer.message
    assert stored("changed")["fields"]["region"] == "ve.ald"


def test_a_long_submission_may_come_in_several_bodies(phone, stored):
    xml = said("split", photo="1.jpg", second_photo="2.jpg")
    first = phone.post(xml_part(xml), picture_part("1.jpg", PICTURE), MORE_TO_COME)
    assert (first.status, "Still to come: 2.jpg" in first.message) == (201, True)
    last = phone.post(xml_part(xml), picture_part("2.jpg", PICTURE + b"2"))
    assert (last.status, "come" in last.message) == (201, False)
    assert first.code == last.code
    row = stored("split")
    assert row["files"] == {"1.jpg": len(PICTURE), "2.jpg": len(PICTURE) + 1}
    assert not any("came" in one for one in row["trouble"])


def test_chunked_bodies_are_read(phone, stored):
    xml = said("chunked", photo="1.jpg")
    answer = phone.post(xml_part(xml), picture_part("1.jpg", PICTURE), chunked=True)
    assert answer.status == 201
    assert stored("chunked")["files"] == {"1.jpg": len(PICTURE)}


def test_only_files_that_the_form_asks_for_are_kept(phone, stored):
    answer = phone.post(
        xml_part(said("extra", photo="1.jpg")), picture_part("1.jpg", PICTURE),
        part("audit.csv", b"event,node\n", "text/csv", "audit.csv"),
        picture_part("result.jpg", PICTURE),
    )  # fmt: skip
    assert answer.status == 201
    row = stored("extra")
    assert list(row["files"]) == ["1.jpg"]
    assert [one for one in row["trouble"] if "result.jpg" in one]


def test_an_unknown_form_or_version_is_stored_for_a_person(phone, stored):
    assert phone.post(xml_part(filled_in({}, form="no-form", instance="uuid:f"))).status == 201
    old = filled_in({"words": "a"}, version="1", instance="uuid:old-version")
    assert phone.post(xml_part(old)).status == 201
    assert stored(":f")["state"] == stored("old-version")["state"] == "needs_person"
    assert "version '1'" in stored("old-version")["trouble"][0]


def test_any_script_and_emoji_come_through(phone, stored):
    words = "ada api 🔥 عاجل ‏\u202e ꦄ"
    assert phone.post(xml_part(filled_in({"words": words}, instance="uuid:signs"))).status == 201
    assert stored("signs")["fields"]["words"] == words


# What is wrong


def test_a_connection_cut_in_a_picture_loses_no_words_and_the_next_try_completes_it(phone, stored):
    xml = said("cut", photo="1.jpg")
    body = body_of(xml_part(xml), picture_part("1.jpg", PICTURE * 20))
    for waits_s in (0.5, 2, 8):  # the room must have read what was sent when the line breaks
        with phone.connected() as sock:
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            sock.sendall(phone.head_of("POST", "/submission", body, kind) + body[:20_000])
            time.sleep(waits_s)
        if row := stored("cut"):
            break
    assert row["body"].encode() == xml
    assert row["files"] == {}
    answer = phone.post(xml_part(xml), picture_part("1.jpg", PICTURE * 20))
    assert answer.status == 201
    assert stored("cut")["files"] == {"1.jpg": len(PICTURE) * 20}


def test_a_truncated_body_is_400_and_its_words_wait_for_a_person(phone, stored):
    xml = said("truncated", photo="1.jpg")
    answer = phone.post(xml_part(xml), picture_part("1.jpg", PICTURE)[:500], end=False)
    assert answer.status == 400
    assert answer.code in answer.message
    row = stored("truncated")
    assert (row["state"], row["files"]) == ("needs_person", {})


def test_without_readable_words_a_truncated_body_leaves_nothing(phone, stored):
    answer = phone.post(xml_part(said("nothing-of-it"))[:300], end=False)
    assert (answer.status, "last part" in answer.message) == (400, True)
    assert stored("nothing-of-it") is None


def test_a_picture_of_50_mb_is_413_and_its_words_are_stored(phone, stored):
    xml = said("large", photo="1.jpg")
    answer = phone.post(xml_part(xml), picture_part("1.jpg", bytes(50 << 20)))
    assert answer.status == 413
    assert "16777216 bytes" in answer.message
    assert "words of this report are stored" in answer.message
    row = stored("large")
    assert (row["state"], row["files"]) == ("needs_person", {})


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{}"),
        ("text/xml", said("bare")),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=" + "x" * 300, b""),
    ],
)
def test_another_media_type_is_415(phone, media_type, body):
    answer = phone.send("POST", "/submission", body, media_type=media_type)
    assert answer.status == 415
    assert "multipart/form-data" in answer.message


def test_words_of_another_media_type_are_415(phone):
    assert phone.post(xml_part(said("json"), "application/json")).status == 415
    assert phone.post(xml_part(said("second-name"), "application/xml")).status == 201


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((part("words", b"hello"),), "no part 'xml_submission_file'"),
        ((xml_part(said("two")), xml_part(said("two"))), "two parts"),
        ((xml_part(b"<data id='everything'>\x00</data>"),), "cannot be read"),
        ((xml_part(b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d>&x;</d>"),),
         "document type"),
        ((xml_part(b"<d>" + b"x" * (600 << 10) + b"</d>"),), "more than"),
        (tuple(part(f"p{number}", b"") for number in range(200)), "more than 120 parts"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_400_with_the_reason(phone, parts, why):
    answer = phone.post(*parts)
    assert answer.status == 400
    assert why in answer.message


def test_another_method_is_405(phone):
    assert phone.get("/submission").status == 405
    assert phone.send("POST", "/formList", b"").status == 405


# Who sends


def test_a_password_is_asked_for_and_the_token_is_one(place):
    address, _data, tokens = place
    phone = Phone(f"{address}/openrosa")
    for answer in (phone.head(), phone.get("/formList"), phone.post(xml_part(said("nobody")))):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith('Basic realm="anoa"')
    for typed in (f"phone:{tokens['phone']}", tokens["phone"][5:].replace("_", ":")):
        phone.authorization = "Basic " + base64.b64encode(typed.encode()).decode()
        assert phone.head().status == 204
        assert phone.post(xml_part(said("by-password"))).status == 201


@pytest.mark.parametrize("value", ["Basic x", "Basic " + base64.b64encode(b"\xff").decode(),
                                   "Digest username=a", "Bearer anoa_aaaaaaaaaa_b"])  # fmt: skip
def test_a_wrong_password_is_401_with_a_sentence(place, value):
    answer = Phone(f"{place[0]}/openrosa", value).post(xml_part(said("wrong")))
    assert answer.status == 401
    assert "token" in answer.message


def in_indonesian(phone: Phone, method: str, place: str, body=None, **more):
    """The answer to a phone that asks for Indonesian."""
    head = phone.head_of(method, place, body, more.get("media_type", TYPE))
    with phone.connected() as sock:
        sock.sendall(head.replace(b"Accept-Encoding", b"Accept-Language: id-ID\r\nAccept-Encoding"))
        sock.sendall(body or b"")
        return read(sock, method)


def test_every_refusal_comes_in_the_language_that_it_says(place, phone):
    bare = Phone(f"{place[0]}/openrosa")
    wrong = Phone(bare.base, "Basic " + base64.b64encode(b"phone:secret").decode())
    double = body_of(xml_part(said("two")), xml_part(said("two")))
    answers = [
        (401, in_indonesian(bare, "POST", "/submission", body_of(xml_part(said("a"))))),
        (401, in_indonesian(wrong, "POST", "/submission", body_of(xml_part(said("a"))))),
        (400, in_indonesian(phone, "POST", "/submission", body_of(part("words", b"x")))),
        (400, in_indonesian(phone, "POST", "/submission", double)),
        (415, in_indonesian(phone, "POST", "/submission", b"{}", media_type="application/json")),
        (404, in_indonesian(phone, "GET", "/nowhere")),
    ]
    for status, answer in answers:
        assert (answer.status, answer.headers["Content-Language"]) == (status, "id")
        words = set(answer.message.casefold().split())
        assert not words & {"the", "is", "token:", "not", "this", "send", "there"}, answer.message
    assert "kata sandi" in answers[0][1].message and "pengaturan" in answers[0][1].message


def test_asking_without_a_token_is_no_wrong_try(place):
    phone = Phone(f"{place[0]}/openrosa")
    assert {phone.get("/formList").status for _ in range(40)} == {401}


def test_a_wrong_token_in_the_address_is_403_as_no_password_would_help(place):
    phone = Phone(f"{place[0]}/t/anoa_aaaaaaaaaa_{'b' * 32}/openrosa")
    answer = phone.post(xml_part(said("wrong-address")))
    assert (answer.status, "not known" in answer.message) == (403, True)
    assert "WWW-Authenticate" not in answer.headers


def test_a_token_that_may_not_send_is_403(place):
    address, _data, tokens = place
    answer = Phone(f"{address}/t/{tokens['reader']}/openrosa").get("/formList")
    assert (answer.status, "not for 'submit'" in answer.message) == (403, True)


def test_a_host_that_is_not_this_room_gets_no_addresses(phone):
    port = urlsplit(phone.base).port
    with phone.connected() as sock:
        sock.sendall(
            phone.head_of("GET", "/formList", None, "").replace(
                f"127.0.0.1:{port}".encode(), b"evil.example"
            )
        )
        assert b" 400 " in sock.recv(100)


def test_what_a_phone_says_of_itself_is_nowhere_in_the_data_folder(place, phone):
    assert phone.post(xml_part(said("device"))).status == 201
    held = b"".join(one.read_bytes() for one in place[1].rglob("*") if one.is_file())
    assert len(held) > 10_000
    for word in (DEVICE, DEVICE.partition(":")[2], "org.odk.collect"):
        assert word.encode() not in held


def test_over_tls_a_password_is_taken_and_all_addresses_are_https(place):
    _address, data, tokens = place
    again, trusted = data.parent / "again", data.parent / "authority.pem"
    anoa(again, "tls", "new", "--ip", "127.0.0.1", "--out", str(trusted))
    process = subprocess.Popen(
        [sys.executable, "-m", "anoa", "serve", "--tls", "--port", "0"],
        env=environment(again), cwd=ROOT, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        base = next(found[0] for line in process.stdout if (found := SECURE.search(line)))
        typed = base64.b64encode(f"phone:{tokens['phone']}".encode()).decode()
        phone = Phone(f"{base}/openrosa", trusts=ssl.create_default_context(cafile=trusted))
        asked = phone.head()
        assert (asked.status, "Basic" in asked.headers["WWW-Authenticate"]) == (401, True)
        phone.authorization = f"Basic {typed}"
        assert phone.head().headers["Location"] == f"{base}/openrosa/submission"
        assert f"<downloadUrl>{base}/openrosa/forms/".encode() in phone.get("/formList").body
        assert phone.post(xml_part(said("over-tls")), chunked=True).status == 201
    finally:
        process.terminate()
        process.communicate(timeout=15)
