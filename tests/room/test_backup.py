"""A backup is one moment of the room in one file, and becomes a room again whole or not at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sqlite3
import stat
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, room

from anoa.errors import StorageError
from anoa.room.backup import copy_database, make_backup
from anoa.room.restore import unpacked
from anoa.room.storage import DataFolder

RELEASE = Path(__file__).parents[1] / "upgrade" / "0.1.0.tar.xz"
AT = datetime(2026, 8, 8, 10, tzinfo=UTC)


def silent(what: str, done: int, whole: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> DataFolder:
    """A data folder that nobody holds, with a key in it."""
    path = tmp_path_factory.mktemp("kept") / "data"
    path.mkdir()
    with tarfile.open(RELEASE) as kept:
        kept.extractall(path, filter="data")
    (path / "keys").mkdir()
    (path / "keys" / "submissions.key").write_text("a secret")
    return DataFolder(path)


@pytest.fixture
def backup(folder, tmp_path) -> Path:
    target = tmp_path / "room.anoa"
    make_backup(folder, target, AT, silent)
    return target


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


# -- the whole way --------------------------------------------------------------------------


def test_a_room_is_backed_up_while_it_serves_and_serves_again_elsewhere(tmp_path):
    data, file, new = tmp_path / "data", tmp_path / "room.anoa", tmp_path / "new"
    with room(data) as running:
        browser = Browser(running.address)
        browser.sign_in("posko", running.passwords["posko"])
        assert browser.post("", verb="clock.advance", subject="").status == 302
        made = anoa(data, "backup", str(file), "--with-keys")
        assert made.returncode == 0, made.stderr
        assert browser.post("", verb="clock.advance", subject="").status == 302
    assert "It holds the keys" in made.stdout
    restored = anoa(data, "restore", str(file), "--into", str(new))
    assert restored.returncode == 0, restored.stderr
    assert "the rows are what the log gives" in restored.stdout
    with room(new, command="serve") as again:
        same = Browser(again.address)
        assert same.sign_in("posko", running.passwords["posko"]).status == 302
        assert same.get("log").status == 200
    counted = [
        json.loads(anoa(one, "replay", str(exported(one, tmp_path)), "--json").stdout)["seq"]
        for one in (data, new)
    ]
    assert counted[0] > counted[1], "what was done after the backup is not in it"


def exported(data: Path, tmp_path: Path) -> Path:
    log = tmp_path / f"{data.name}.jsonl"
    assert anoa(data, "export", str(log)).returncode == 0
    return log


def test_the_copy_is_of_one_moment_while_others_write(tmp_path):
    source, stop = tmp_path / "a.sqlite3", threading.Event()
    with sqlite3.connect(source) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE pair (a, b)")
        made.executemany("INSERT INTO pair VALUES (?, 0)", [("x" * 2000,)] * 5000)

    def write() -> None:
        own = sqlite3.connect(source, timeout=20)
        number = 0
        while not stop.is_set():
            number += 1
            with own:
                own.execute("UPDATE pair SET b = ?", (number,))
        own.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copy_database(source, tmp_path / "b.sqlite3", silent)
    finally:
        stop.set()
        writer.join()
    with sqlite3.connect(tmp_path / "b.sqlite3") as copied:
        assert copied.execute("SELECT count(DISTINCT b), count(*) FROM pair").fetchone() == (
            1,
            5000,
        )


# -- what is in the file --------------------------------------------------------------------


def test_a_backup_is_for_its_owner_only_and_leaves_nothing_beside_it(backup):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert left_in(backup.parent) == ["room.anoa"]


def test_keys_and_sessions_stay_at_home_unless_asked_for(folder, backup, tmp_path):
    with tarfile.open(backup) as tar:
        names = tar.getnames()
        tar.extract("anoa.sqlite3", tmp_path, filter="data")
    assert names[0] == "manifest.json"
    assert not [name for name in names if name.startswith("keys/")]
    with sqlite3.connect(tmp_path / "anoa.sqlite3") as copied:
        assert copied.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    manifest = make_backup(folder, tmp_path / "keyed.anoa", AT, silent, with_keys=True)
    assert "keys/submissions.key" in manifest.files


def test_a_session_is_not_even_in_the_free_pages_of_the_copy(folder, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(folder.path, place)
    with sqlite3.connect(place / "anoa.sqlite3") as database:
        database.execute("INSERT INTO django_session VALUES ('sesamesesame', 'x', '2030-01-01')")
    make_backup(DataFolder(place), tmp_path / "room.anoa", AT, silent)
    with tarfile.open(tmp_path / "room.anoa") as tar:
        assert b"sesamesesame" not in tar.extractfile("anoa.sqlite3").read()


def test_what_stays_is_told_step_by_step(folder, tmp_path):
    told = []
    make_backup(folder, tmp_path / "room.anoa", AT, lambda *step: told.append(step))
    assert {what for what, _, _ in told} == {"database", "file"}
    assert all(0 <= done <= whole for _, done, whole in told)
    assert told[-1][1] == told[-1][2]


# -- refusals -------------------------------------------------------------------------------


def test_a_file_that_is_there_is_never_overwritten(folder, backup):
    before = backup.read_bytes()
    with pytest.raises(StorageError, match="is there already"):
        make_backup(folder, backup, AT, silent)
    assert backup.read_bytes() == before


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(folder, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("anoa.room.backup._add", full)
    with pytest.raises(StorageError, match="no room left"):
        make_backup(folder, tmp_path / "room.anoa", AT, silent)
    assert left_in(tmp_path) == []


def test_a_folder_without_an_operation_is_refused(tmp_path):
    empty = DataFolder(tmp_path / "data")
    empty.prepare()
    sqlite3.connect(empty.database).close()
    with pytest.raises(StorageError, match="no operation"):
        make_backup(empty, tmp_path / "room.anoa", AT, silent)
    assert not (tmp_path / "room.anoa").exists()


@pytest.mark.parametrize("kept", [0, 1, 7, 300, 5000, -9, -1])
def test_a_cut_file_is_refused_and_leaves_nothing(backup, tmp_path, kept):
    backup.write_bytes(backup.read_bytes()[:kept])
    refused(backup, tmp_path, "damaged|ends before")


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.95])
def test_a_flipped_byte_is_refused(backup, tmp_path, share):
    raw = bytearray(backup.read_bytes())
    raw[int(len(raw) * share)] ^= 0x20
    backup.write_bytes(bytes(raw))
    refused(backup, tmp_path, "damaged|ends before")


def refused(backup: Path, tmp_path: Path, why: str) -> None:
    with pytest.raises(StorageError, match=why), unpacked(backup, tmp_path / "new", silent):
        pytest.fail("it was unpacked")
    assert left_in(tmp_path) == ["room.anoa"]


def rewritten(backup: Path, change) -> None:
    """The backup with its members changed by ``change(name, bytes)`` → list of (name, bytes)."""
    with tarfile.open(backup) as tar:
        members = [(info.name, tar.extractfile(info).read()) for info in tar]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in (new for one in members for new in change(*one)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    backup.write_bytes(gzip.compress(out.getvalue()))


def test_a_member_that_the_manifest_does_not_name_is_refused(backup, tmp_path):
    rewritten(backup, lambda name, raw: [(name, raw), ("keys/more.key", b"x")])
    refused(backup, tmp_path, "damaged")


@pytest.mark.parametrize("name", ["../out", "/etc/out", "packs/../../out", "lock", "packs//a"])
def test_a_name_that_leads_out_of_the_folder_is_refused(backup, tmp_path, name):
    def change(old: str, raw: bytes) -> list[tuple[str, bytes]]:
        if old != "manifest.json":
            return [(old, raw)]
        said = json.loads(raw)
        said["files"][name] = [1, "0" * 64]
        return [(old, json.dumps(said).encode())]

    rewritten(backup, change)
    refused(backup, tmp_path, "do not belong")


def test_a_backup_of_a_newer_anoa_is_refused(backup, tmp_path):
    def newer(name: str, raw: bytes) -> list[tuple[str, bytes]]:
        return [(name, raw.replace(b'"layout": 1', b'"layout": 9'))]

    rewritten(backup, newer)
    refused(backup, tmp_path, "newer anoa")


def test_a_folder_that_holds_something_is_never_touched(backup, tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine").write_text("kept")
    with pytest.raises(StorageError, match="not empty"), unpacked(backup, tmp_path / "new", silent):
        pytest.fail("it was unpacked")
    assert (tmp_path / "new" / "mine").read_text() == "kept"


def test_a_log_that_was_changed_in_the_backup_is_not_restored(folder, tmp_path):
    place = tmp_path / "data"
    shutil.copytree(folder.path, place)
    with sqlite3.connect(place / "anoa.sqlite3") as database:
        database.execute("UPDATE room_entryrow SET salt = replace(salt, 'a', 'b') WHERE seq < 40")
    make_backup(DataFolder(place), tmp_path / "room.anoa", AT, silent)
    answer = anoa(place, "restore", str(tmp_path / "room.anoa"), "--into", str(tmp_path / "new"))
    assert answer.returncode == 2
    assert "seals" in answer.stderr or "log gives" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert left_in(tmp_path) == ["data", "room.anoa"]


def test_a_folder_that_cannot_be_written_is_one_sentence(folder, tmp_path):
    if os.getuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="cannot be written"):
        make_backup(folder, tmp_path / "room.anoa", AT, silent)
