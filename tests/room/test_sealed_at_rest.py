"""Sealed means sealed: with everything of the machine in hand, what was sealed is not to be found.

Whoever tries has the database, its write-ahead log, a backup with keys, the data folder with
``keys/``, the environment of the running process, the exported log, and opens with the keys every
stored submission that opens. A report that was sent in clear is found that way: the search works.
"""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import shutil
import sqlite3
import tarfile
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.room.running import Browser, Room, anoa, room

from anoa.envelopes import Envelope, SealingSecret, encoded, sealed
from anoa.room.intake.vault import Vault

TEXT = "Perintah lisan agar petugas mengantar surat undangan hanya ke sebagian rumah"
NUMBER = "7351964208"
CONTROL = "Penanda terbuka yang boleh dibaca pemegang kunci mesin"
PICTURE = b"\xff\xd8\xff\xdb" + secrets.token_bytes(9000) + b"\xff\xd9"


def posted(browser: Browser, place: str, body: bytes, kind: str = "application/json"):
    token = next(one.value for one in browser.cookies if one.name == "csrftoken")
    headers = {"Content-Type": kind, "X-CSRFToken": token}
    return browser._open(urllib.request.Request(browser.address + place, body, headers))


def publish(running: Room, secret: SealingSecret) -> None:
    owner = Browser(running.address)
    owner.sign_in("bawaslu-prov", running.passwords["bawaslu-prov"])
    asked = json.dumps({"public": encoded(secret.public)}).encode()
    said = json.loads(posted(owner, "sealing-keys/challenge", asked).text)
    envelope = Envelope.parse(said["envelope"].encode())
    answer = json.loads(envelope.opened(secret.secret))["test"]
    form = [("ticket", said["ticket"]), ("answer", answer), ("answer", answer)]
    body = urllib.parse.urlencode(form).encode()
    made = posted(owner, "sealing-keys", body, "application/x-www-form-urlencoded")
    assert made.status == 302


def send(running: Room, secret: SealingSecret) -> None:
    sender = Browser(running.address)
    sender.sign_in("pam-tps", running.passwords["pam-tps"])
    picture = {"field": "evidence", "media_type": "image/jpeg",
               "content": base64.b64encode(PICTURE).decode()}  # fmt: skip
    said = {"form": "conduct", "version": "1", "pictures": [picture],
            "fields": {"account": TEXT, "affected": NUMBER}}  # fmt: skip
    made = sealed(json.dumps(said).encode(), secret.public, id=secrets.token_hex(16),
                  operation=secret.operation, to=secret.agency)  # fmt: skip
    sent = posted(sender, "sealed/send", made.data)
    assert sent.status == 201, sent.text
    fields = {"region": "74.03", "place_class": "road", "observed_at": "2024-08-05T07:00",
              "threat_type": "rumor", "obtained": "seen", "reliability": "B", "credibility": "2",
              "account": CONTROL}  # fmt: skip
    clear = sender.post("forms/incident", **fields)
    assert clear.status == 302, clear.text


@pytest.fixture(scope="module")
def seized(tmp_path_factory) -> dict[str, bytes]:
    """Everything that could be carried off from the machine, by name."""
    folder = tmp_path_factory.mktemp("seized")
    data, copy = folder / "data", folder / "copy"
    secret = SealingSecret("bawaslu-prov", "sultra-2024", secrets.token_bytes(32))
    with room(data) as running:
        publish(running, secret)
        send(running, secret)
        made = anoa(data, "backup", str(folder / "room.anoa"), "--with-keys")
        assert made.returncode == 0, made.stderr
        shutil.copytree(data, copy)  # with the write-ahead log, as the room runs
        environ = Path(f"/proc/{running.process.pid}/environ").read_bytes()
        host = Browser(running.address)
        host.sign_in("host-admin", running.passwords["host-admin"])
        pages = "".join(host.get(place).text for place in ("log", "log/export", "tokens"))
    found = {"environment": environ, "pages of the host": pages.encode()}
    found |= {
        f"{root.name}/{path.relative_to(root)}": path.read_bytes()
        for root in (data, copy) for path in root.rglob("*") if path.is_file()
    }  # fmt: skip
    with tarfile.open(folder / "room.anoa") as kept:
        for one in kept.getmembers():
            found[f"backup/{one.name}"] = kept.extractfile(one).read()
    found |= opened_with_the_keys(copy)
    return found


def opened_with_the_keys(folder: Path) -> dict[str, bytes]:
    """Whatever of the stored submissions opens with the key that lies in the data folder."""
    vault = Vault((folder / "keys" / "intake.key").read_bytes())
    opened = {}
    with closing(sqlite3.connect(folder / "anoa.sqlite3")) as database:
        rows = database.execute(
            "SELECT number, scope, sender_id, encrypted FROM room_submissionrow"
        )
        for number, scope, sender, content in rows.fetchall():
            fields, body = vault.unpack(f"{scope}|{sender}", content)
            opened[f"opened submission {number}"] = json.dumps(fields).encode() + body
            if scope == "sealed":
                box = json.loads(body)["sealed"]
                opened[f"box {number}"] = base64.urlsafe_b64decode(box + "=" * (-len(box) % 4))
    return opened


def disguises(secret: bytes) -> Iterator[bytes]:
    """The bytes as they are, and as they might lie about."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):  # base64 looks otherwise at each place within three bytes
        inside = base64.b64encode(b"\0" * shift + secret)[4 if shift else 0 : -4]
        yield inside
        yield inside.translate(bytes.maketrans(b"+/", b"-_"))
    yield zlib.compress(secret)[2:-4]
    yield gzip.compress(secret, mtime=0)[10:-8]
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield json.dumps(text)[1:-1].encode()
    yield urllib.parse.quote_plus(text).encode()


def unpacked(content: bytes) -> Iterator[bytes]:
    """The content, and what it is when it was compressed as a whole."""
    yield content
    for way in (gzip.decompress, zlib.decompress):
        try:
            yield way(content)
        except (OSError, EOFError, zlib.error):
            continue


def holding(seized: dict[str, bytes], secret: bytes) -> list[str]:
    return [
        name for name, content in seized.items() for one in unpacked(content)
        if any(known in one for known in disguises(secret))
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["text", "number", "picture"])
def test_nothing_of_it_is_found_with_the_whole_machine_in_hand(seized, part):
    needle = {"text": TEXT.encode(), "number": NUMBER.encode(), "picture": PICTURE[200:260]}[part]
    assert holding(seized, needle) == []


def test_the_same_search_finds_what_was_sent_in_clear_with_the_keys_of_the_machine(seized):
    found = holding(seized, CONTROL.encode())
    assert found and all(name.startswith("opened submission") for name in found)


def test_the_search_knows_every_disguise_in_which_it_looks():
    for known in disguises(TEXT.encode()):
        assert holding({"a file": b"before" + known + b"after"}, TEXT.encode())
    assert holding({"a file": gzip.compress(TEXT.encode())}, TEXT.encode())


def test_the_box_that_the_machine_holds_does_not_compress(seized):
    boxes = [one for name, one in seized.items() if name.startswith("box ")]
    assert len(boxes) == 1
    assert len(zlib.compress(boxes[0], 9)) >= len(boxes[0])


def test_no_file_of_the_machine_names_form_or_sender_beside_the_box(seized):
    """The row has no form and no sender; the log that the host reads has neither."""
    (name,) = [one for one in seized if one.startswith("box ")]
    number = int(name.split()[1])
    database = sqlite3.connect(":memory:")
    database.deserialize(seized["backup/anoa.sqlite3"])
    row = database.execute(
        "SELECT form, token, member, scope, region, kind, received_at, observed_at, subject "
        "FROM room_submissionrow WHERE number = ?", [number],
    ).fetchone()  # fmt: skip
    assert row[:6] == ("sealed", "sealed", "", "sealed", "", "")
    assert row[6].endswith("16:00:00") and row[7] is None  # midnight where the operation is
    assert row[8] == ""
