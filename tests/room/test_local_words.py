"""Words of a place that nobody may write: refused and masked everywhere, and kept nowhere else."""

from __future__ import annotations

import tarfile

import pytest
from django.conf import settings
from tests.misuse.attempts import everything_in_the_log, page, send
from tests.room.running import anoa, room

from anoa.errors import InputError, StorageError
from anoa.oplog import Handling
from anoa.room import actions, local_words, outgoing, record
from anoa.room.models import EntryRow
from anoa.screening import MASK, masked

WORD = "Rambutan Zephyr"


@pytest.fixture
def listed(operation, tmp_path, monkeypatch):
    """A list of this test alone."""
    path = tmp_path / "words" / "candidates.txt"
    path.parent.mkdir()
    path.write_text(f"# names of candidates\n{WORD}\n", encoding="utf-8")
    monkeypatch.setattr(local_words, "file", lambda: path)
    return path


@pytest.mark.parametrize("written", [WORD, WORD.upper(), WORD.lower(), "rambutan   zephyr"])
def test_an_entry_that_holds_one_is_refused(operation, member, listed, written):
    before = EntryRow.objects.count()
    with pytest.raises(InputError) as refused:
        actions.do(
            member("posko"), "remark.make", "",
            {"about": "T-0001", "stance": "comment", "text": f"All of it is for {written}."},
        )  # fmt: skip
    assert "party" in str(refused.value.fields["text"])
    assert EntryRow.objects.count() == before
    assert WORD.casefold() not in everything_in_the_log().casefold()


def test_it_is_masked_in_whatever_is_masked(operation, listed):
    words = record.pack_of(operation).words
    for text in (f"the rally of {WORD}", "see https://a.example/rambutan-zephyr-rally"):
        shown = masked(text, words)
        assert MASK in shown and "zephyr" not in shown.casefold()


def test_pages_of_pasted_messages_show_it_masked(operation, listed, signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    client.post("/paste", {"text": f"08/08/24 10.00 - A: kerumunan pendukung {WORD} di pasar"})
    assert "Zephyr" not in page(client, "/paste")


def test_a_label_of_a_token_and_a_form_of_a_page_are_refused(operation, listed, signed_in):
    client = signed_in("posko")
    shown = client.post("/tokens", {"label": WORD, "scopes": ["submit"], "days": "7"})
    assert shown.status_code == 422
    answer = send(
        client, "/threats/T-0001", "remark.make", about="T-0001", stance="comment",
        text=f"for {WORD}",
    )  # fmt: skip
    assert answer.status_code == 422


def test_it_stands_in_no_log_pack_or_export(operation, listed, member, signed_in):
    words = WORD.casefold().encode()
    assert WORD.lower() in record.pack_of(operation).words.parties
    content = outgoing.log_bytes(operation, "polda-sultra", Handling.INSTITUTIONS)
    assert words not in content.lower()
    taken = signed_in("posko").get("/reports/export?format=csv")
    assert words not in b"".join(taken.streaming_content).lower()
    for path in (settings.DATA_FOLDER.path / operation.pack_folder).rglob("*"):
        assert path.is_dir() or words not in path.read_bytes().lower(), path


def test_a_changed_list_is_read_again_and_a_list_that_went_is_forgotten(operation, listed):
    assert WORD.lower() in record.pack_of(operation).words.parties
    listed.write_text("durian vortex\n", encoding="utf-8")
    parties = record.pack_of(operation).words.parties
    assert "durian vortex" in parties and WORD.lower() not in parties
    assert record.pack_of(operation) is record.pack_of(operation), "it is made once"
    listed.unlink()
    assert "durian vortex" not in record.pack_of(operation).words.parties


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"durian vortex\nab\n", ":2: a word or phrase has 3 letters"),
        (b"\n\n" + b"x" * 81 + b"\n", ":3: a word or phrase"),
        (b"durian\n\xff\xfe\n", ":2: this is not UTF-8"),
        (b"# x\n" * 60_000, "larger than 200000 bytes"),
        ("\n".join(f"word {chr(97 + n % 26)}{n:05d} xyz" for n in range(2_100)).encode(),
         "at most 2000"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_says_the_line_and_what_to_do(tmp_path, content, told):
    path = tmp_path / "candidates.txt"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=told):
        local_words.read(path)


def test_a_running_room_goes_on_with_the_words_it_knew(operation, listed, caplog):
    assert WORD.lower() in local_words.current()
    listed.write_bytes(b"\xff\n")
    assert WORD.lower() in local_words.current()
    assert "stay those" in caplog.text
    listed.write_text("durian vortex\n", encoding="utf-8")
    assert local_words.current() == ("durian vortex",)


def test_the_commands_and_the_backup(tmp_path):
    data, file = tmp_path / "data", tmp_path / "room.anoa"
    with room(data):
        pass
    assert "There is no list" in anoa(data, "words", "check").stdout
    added = anoa(data, "words", "add", input=f"{WORD}\n{WORD.upper()}\n")
    assert added.returncode == 0 and "1 words are new" in added.stdout, added.stderr
    path = data / "words" / "candidates.txt"
    assert path.stat().st_mode & 0o777 == 0o600
    refused = anoa(data, "words", "add", input="ab\n")
    assert refused.returncode == 2 and "3 letters" in refused.stderr
    assert path.read_text("utf-8").count("\n") == 2, "a bad word leaves the list as it was"
    told = anoa(data, "words", "check").stdout
    assert "No entry of the log holds one" in told and WORD not in told
    assert anoa(data, "backup", str(file), "--with-keys").returncode == 0
    with tarfile.open(file) as tar:
        for info in tar:
            held = tar.extractfile(info).read().lower()
            assert "words/candidates" not in info.name
            assert WORD.lower().encode() not in held, info.name
    path.write_text("ab\n", encoding="utf-8")
    broken = anoa(data, "serve", "--port", "0")
    assert broken.returncode == 2 and "candidates.txt:1" in broken.stderr
