"""The vault of contacts: of calls for help by SMS alone, opened by their owner, for two days."""

import base64
import hashlib
import hmac
import json
import shutil
import sqlite3
import tarfile
import urllib.parse
from contextlib import closing
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.room.running import Browser, anoa, room
from tests.room.test_hooks import AT, called, fresh, kannel, kept, made

from anoa.errors import AccessDenied, NotAllowed
from anoa.room import actions, record
from anoa.room.intake import contacts
from anoa.room.intake.filing import file_some
from anoa.room.models import ContactRow, EntryRow, SubmissionRow

NUMBER = "+62 812-7351-9642"
DIGITS = "81273519642"
# How the same number is written, and might lie about.
NOTATIONS = (NUMBER, f"+62{DIGITS}", f"62{DIGITS}", f"0{DIGITS}", DIGITS, "0812-7351-9642",
             "0812 7351 9642", "812.7351.9642", "(0812) 73519642", "0062" + DIGITS)  # fmt: skip
HELP = "BANTUAN 74.03.06-004 MEDIS"


def sms(operation, text=HELP, number=NUMBER, ident="m-1") -> SubmissionRow:
    """A message of a gateway, stored and filed, as its front does it."""
    one, secret = made(operation)
    given = {"secret": secret, "text": text, "id": ident, "from": number}
    said, receipt = kept(operation, one, kannel(**given))
    contacts.keep(receipt.number, said.sender, said.number)
    file_some(operation)
    return SubmissionRow.objects.get(number=receipt.number)


@pytest.fixture
def call(operation):
    """A call for help to polda-sultra that came by SMS."""
    row = sms(operation)
    found = record.current_picture(operation).helps[row.subject]
    assert found.owner == "polda-sultra"
    return found


def everything(path) -> bytes:
    """A database as text and bytes: what is in each column, as they are."""
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
        found = []
        for table in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    return b"\n".join(found)


# -- what is kept ------------------------------------------------------------------------------


def test_of_a_report_no_number_is_kept(operation):
    sms(operation, "Kab. Muna kec. Katobu: rumah ketua kpps dilempar batu tadi pagi jam 08.00")
    sms(operation, "halo", ident="m-2")
    assert not ContactRow.objects.exists()


@pytest.mark.parametrize("number", ["TELKOM", "<script>", "1", "+62 812 x", "9" * 40])
def test_what_is_no_number_is_not_kept(operation, number):
    sms(operation, number=number)
    assert not ContactRow.objects.exists()


def test_the_same_sender_again_is_one_contact_whose_time_goes_on(operation):
    sms(operation)
    ContactRow.objects.update(ends_at=timezone.now() + timedelta(minutes=1))
    sms(operation, ident="m-2")
    (row,) = ContactRow.objects.all()
    assert row.ends_at > timezone.now() + timedelta(hours=47)


def test_after_two_days_it_is_forgotten(call, operation, member):
    assert contacts.is_kept(member("posko"), call)
    ContactRow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not contacts.is_kept(member("posko"), call)
    contacts.forget_old()
    assert not ContactRow.objects.exists()
    with pytest.raises(NotAllowed, match="older than two days"):
        contacts.open_for(member("posko"), call, "call back")
    assert not EntryRow.objects.filter(kind="help.contact_opened").exists()


# -- who opens it ------------------------------------------------------------------------------


def test_its_institution_opens_it_with_a_reason_and_the_log_says_so_without_the_number(
    call, signed_in
):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    assert f'href="/help/{call.id}/contact"' in client.get("/help").content.decode()
    asked = client.get(f"/help/{call.id}/contact").content.decode()
    assert NUMBER not in asked and "Reason" in asked
    given = client.post(f"/help/{call.id}/contact", {"reason": "the ambulance cannot find it"})
    assert NUMBER in given.content.decode() and given["Cache-Control"] == "no-store"
    (entry,) = EntryRow.objects.filter(kind="help.contact_opened")
    assert (entry.by, entry.subject, entry.handling) == ("posko", call.id, "institutions")
    assert entry.data == {"reason": "the ambulance cannot find it"}
    log = signed_in("kpu-prov").get("/log/export").content.decode()
    assert "help.contact_opened" in log and not any(one in log for one in NOTATIONS)


def test_without_a_reason_or_with_a_name_in_it_it_stays_shut(call, signed_in):
    client = signed_in("posko")
    for reason in ("", "Bapak Sulaiman asked", f"call {NUMBER}"):
        page = client.post(f"/help/{call.id}/contact", {"reason": reason}).content.decode()
        assert "tel:" not in page
    assert not EntryRow.objects.filter(kind="help.contact_opened").exists()


def test_nobody_else_opens_it_or_is_told_that_there_is_one(call, signed_in, member, client):
    for name in ("kpu-prov", "bawaslu-prov", "kabagops-muna", "pam-tps"):
        other = signed_in(name)
        assert f"/help/{call.id}/contact" not in other.get("/help").content.decode()
        assert other.get(f"/help/{call.id}/contact").status_code == 404
        assert other.post(f"/help/{call.id}/contact", {"reason": "why"}).status_code == 404
        with pytest.raises(AccessDenied):
            contacts.open_for(member(name), call, "why not")
    for name in ("observer", "governor-reader", "auditor", "host-admin"):
        answer = signed_in(name).post(f"/help/{call.id}/contact", {"reason": "why"})
        assert answer.status_code in (403, 404), name
    assert client.get(f"/help/{call.id}/contact").status_code == 302
    assert not EntryRow.objects.filter(kind="help.contact_opened").exists()


def test_the_log_holds_no_opening_that_did_not_take_place(call, member):
    with pytest.raises(NotAllowed, match="own page"):
        actions.do(member("posko"), contacts.VERB, call.id, {"reason": "why"})


def test_a_call_by_a_phone_has_no_number(operation, member):
    from tests.room.test_intake import arrival, stored

    fields = {"polling_station": "74.03.06-004", "sub_district": "74.03.06", "need": "medical"}
    (receipt,) = stored(operation, arrival(form="station-help", fields=fields))
    file_some(operation)
    row = SubmissionRow.objects.get(number=receipt.number)
    found = record.current_picture(operation).helps[row.subject]
    assert not contacts.is_kept(member("posko"), found)


# -- with the database in hand --------------------------------------------------------------------


@pytest.fixture(scope="module")
def seized(tmp_path_factory):
    """A room that got a call for help by SMS: its database, its backup, its keys, its pages."""
    folder = tmp_path_factory.mktemp("contacts")
    data = folder / "data"
    with room(data, "--until", "2024-08-06") as running:
        browser = Browser(running.address)
        browser.sign_in("posko", running.passwords["posko"])
        browser.get("language")
        ident, secret = fresh(browser, "kannel")
        said = {"from": NUMBER, "text": HELP, "charset": "UTF-8", "time": AT, "id": "k-9",
                "secret": secret}  # fmt: skip
        query = urllib.parse.urlencode(said)
        assert called(browser, f"hooks/{ident}?{query}")[0] == 200
        page = browser.get("help").text
        made_one = anoa(data, "backup", str(folder / "room.anoa"), "--with-keys")
        assert made_one.returncode == 0, made_one.stderr
        shutil.copytree(data, folder / "copy")
    with tarfile.open(folder / "room.anoa") as packed:
        (folder / "backup.sqlite3").write_bytes(packed.extractfile("anoa.sqlite3").read())
    return folder, page


def test_a_search_for_the_number_in_any_notation_finds_nothing(seized):
    folder, page = seized
    found = everything(folder / "copy" / "anoa.sqlite3") + everything(folder / "backup.sqlite3")
    found += b"".join(one.read_bytes() for one in (folder / "copy").glob("anoa.sqlite3*"))
    assert HELP.encode() not in found and b"k-9" not in found
    for number in NOTATIONS:
        for said in (number.encode(), number.encode("utf-16-le"), number.encode().hex().encode(),
                     base64.b64encode(number.encode())[:-4]):  # fmt: skip
            assert said not in found, number
            assert said.decode(errors="replace") not in page
    assert b"polda-sultra" in found, "the search sees what is there"


def test_a_dictionary_of_numbers_without_the_key_finds_nothing(seized):
    folder, _page = seized
    found = everything(folder / "copy" / "anoa.sqlite3")
    guesses = {f"{front}{DIGITS}" for front in ("", "0", "62", "+62", "0062")} | set(NOTATIONS)
    for guess in guesses:
        for shape in (guess, f"sender|{guess}", f"contact|{guess}"):
            for way in ("md5", "sha1", "sha256", "sha512", "blake2b"):
                digest = hashlib.new(way, shape.encode())
                keyed = hmac.digest(b"", shape.encode(), way)
                for made_one in (digest.digest(), keyed):
                    assert made_one.hex()[:16].encode() not in found
                    assert made_one[:8] not in found


def test_the_backup_holds_no_contact_even_with_the_keys(seized):
    folder, _page = seized
    for name, count in (("copy/anoa.sqlite3", 1), ("backup.sqlite3", 0)):
        with closing(sqlite3.connect(folder / name)) as database:
            (there,) = database.execute("SELECT count(*) FROM room_contactrow").fetchone()
        assert there == count, name


def test_with_both_keys_the_number_opens_so_that_the_search_looked_at_the_right_place(seized):
    folder, _page = seized
    from anoa.room.intake.vault import Vault

    keys = folder / "copy" / "keys"
    safe, store = (Vault((keys / name).read_bytes()) for name in ("contacts.key", "intake.key"))
    with closing(sqlite3.connect(folder / "copy" / "anoa.sqlite3")) as database:
        mark, encrypted = database.execute(
            "SELECT mark, encrypted FROM room_contactrow").fetchone()  # fmt: skip
        rows = database.execute("SELECT scope, sender_id, encrypted FROM room_submissionrow "
                                "WHERE form = 'station-help' AND channel = 'sms'")  # fmt: skip
        bodies = [json.loads(store.unpack(f"{a}|{b}", c)[1]) for a, b, c in rows.fetchall()]
    assert safe.open(mark, encrypted).decode() == NUMBER
    assert mark in {safe.digest(b"contact|" + one["sender"].encode()) for one in bodies}
