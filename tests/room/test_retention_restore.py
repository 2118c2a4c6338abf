"""A backup that is older than a purge does not bring back what was deleted: by the commands."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, environment, room

WORDS = "smoke behind the warehouse of the old pier"
FILL = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anoa.room.settings")
from anoa.cli.serve import opened_room
with opened_room():
    from anoa.room.models import Member
    from anoa.room import actions
    member = Member.objects.select_related("operation").get(ident="posko")
    at = actions.now_of(member.operation).isoformat()
    data = {"region": "74.03", "threat_type": "rumor", "place_class": "market",
            "object": "activity", "observed_at": at, "obtained": "told", "reliability": "C",
            "credibility": "3"}
    made = actions.do(member, "report.file", "", data, raw_words=sys.argv[1])
    print(made[0].subject)
"""
LATER = """
import sys
from datetime import timedelta
import anoa.cli.serve
from anoa.cli import main
start = anoa.cli.serve.start_django
def later(operation):
    from anoa.room import record
    from anoa.room.retention import due
    at = record.rules_of(operation).ends + timedelta(days=31)
    return due.Moment(at, at)
def started(folder):
    start(folder)
    from anoa.room.retention import due, purging
    due.now = purging.now = later
anoa.cli.serve.start_django = started
"""


@pytest.fixture(scope="module")
def purged(tmp_path_factory):
    """A room, a backup of before the purge, and the room after it."""
    place = tmp_path_factory.mktemp("restore")
    data, file = place / "data", place / "before.anoa"
    with room(data) as running:
        passwords = running.passwords
    assert "R-" in python(data, FILL, WORDS)
    assert anoa(data, "backup", str(file), "--with-keys").returncode == 0
    held = ciphertext(data)
    assert held in everything(data)
    listed = python(data, LATER + "sys.exit(main(['retention', 'purge', '--dry-run']))")
    assert "due now: 1" in listed and "Nothing was deleted." in listed
    assert sent(data) > 0
    done = python(data, LATER + "sys.exit(main(['retention', 'purge', '--class', 'words']))")
    assert "E-0001: 1 of words of polda-sultra deleted" in done
    assert sent(data) == 0
    assert held not in everything(data), "free pages are written over with zeros"
    return data, file, passwords


def ciphertext(data: Path) -> bytes:
    with sqlite3.connect(data / "anoa.sqlite3") as database:
        found = database.execute(
            "SELECT encrypted FROM room_submissionrow WHERE form = 'words' ORDER BY number DESC"
        ).fetchone()[0]
    return bytes(found)


def everything(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.glob("anoa.sqlite3*"))


def python(data: Path, script: str, *args: str) -> str:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script, *args], env=environment(data), text=True,
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def sent(data: Path) -> int:
    """How many bytes of what members sent lie in the database."""
    with sqlite3.connect(data / "anoa.sqlite3") as database:
        return database.execute(
            "SELECT coalesce(sum(length(encrypted)), 0) FROM room_submissionrow WHERE form='words' "
            "AND subject = (SELECT max(subject) FROM room_submissionrow WHERE form = 'words')"
        ).fetchone()[0]


def test_an_older_backup_is_purged_again_before_it_serves(purged, tmp_path):
    data, file, passwords = purged
    new = tmp_path / "new"
    done = anoa(data, "restore", str(file), "--into", str(new))
    assert done.returncode == 0, done.stderr
    assert "1 things that the backup had brought back are deleted again" in done.stdout
    assert sent(new) == 0
    assert [one.suffix for one in (new / "certificates").iterdir()] == [".deletion"] * 2
    with room(new, command="serve") as again:
        browser = Browser(again.address)
        browser.sign_in("posko", passwords["posko"])
        shown = browser.get("retention").text
        assert "E-0001" in shown
    log, result = tmp_path / "log.jsonl", None
    assert anoa(new, "export", str(log)).returncode == 0
    for certificate in (new / "certificates").iterdir():
        checked = anoa(new, "retention", "check", str(certificate), "--log", str(log), "--json")
        told = json.loads(checked.stdout)
        if told["ok"]:
            assert checked.returncode == 3, "no seal covers it yet"
            result = told
    assert result and result["count"] == 1 and result["in_log"] == 1


def test_a_restore_on_another_machine_takes_certificates_by_name(purged, tmp_path):
    data, file, _passwords = purged
    elsewhere, new = tmp_path / "elsewhere", tmp_path / "new"
    told = anoa(elsewhere, "restore", str(file), "--into", str(tmp_path / "bare"))
    assert "No certificates of deletion were found" in told.stdout
    assert sent(tmp_path / "bare") > 0
    (certificate,) = (data / "certificates").iterdir()
    done = anoa(elsewhere, "restore", str(file), "--into", str(new),
                "--certificates", str(certificate))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sent(new) == 0
    missing = anoa(elsewhere, "restore", str(file), "--into", str(tmp_path / "x"),
                   "--certificates", str(tmp_path / "nothing"))  # fmt: skip
    assert missing.returncode == 2 and "no certificates" in missing.stderr


def test_a_changed_certificate_stops_the_restore(purged, tmp_path):
    data, file, _passwords = purged
    place = tmp_path / "certificates"
    shutil.copytree(data / "certificates", place)
    (one,) = place.iterdir()
    one.write_bytes(one.read_bytes()[:-5])
    done = anoa(data, "restore", str(file), "--into", str(tmp_path / "new"),
                "--certificates", str(place))  # fmt: skip
    assert done.returncode == 2 and "cannot be used" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_database_that_was_copied_back_by_hand_is_purged_at_the_start(purged, tmp_path):
    data, file, _passwords = purged
    new = tmp_path / "new"
    assert anoa(tmp_path / "no", "restore", str(file), "--into", str(new)).returncode == 0
    assert sent(new) > 0
    shutil.copytree(data / "certificates", new / "certificates")
    with room(new, command="serve"):
        assert sent(new) == 0


def test_a_newer_backup_holds_neither_words_nor_certificates_of_the_folder(purged, tmp_path):
    import tarfile

    data, _file, _passwords = purged
    target = tmp_path / "after.anoa"
    assert anoa(data, "backup", str(target)).returncode == 0
    with tarfile.open(target) as tar:
        assert not [name for name in tar.getnames() if name.startswith("certificates")]
    new = tmp_path / "new"
    done = anoa(data, "restore", str(target), "--into", str(new))
    assert "nothing that they name was in the backup" in done.stdout
    assert sent(new) == 0
