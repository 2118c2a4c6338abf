"""A room moves to another machine by a backup and, by another way, its keys."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, room

WORDS = "Massa memblokir jalan di depan gudang logistik."
REPORT = {
    "region": "74.07", "threat_type": "logistics_crowd", "place_class": "port",
    "observed_at": "2024-08-08T20:00", "object": "goods", "reliability": "B", "credibility": "2",
    "obtained": "seen",
}  # fmt: skip


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> dict:
    """The old machine: a report with words in clear and a seal; then backup, keys and copies."""
    place = tmp_path_factory.mktemp("old")
    data = place / "data"
    with room(data) as running:
        browser = Browser(running.address)
        assert browser.sign_in("kpu-wakatobi", running.passwords["kpu-wakatobi"]).status == 302
        filed = browser.post("reports", verb="report.file", subject="", raw_words=WORDS, **REPORT)
        assert filed.status == 302, filed.text[-2000:]
        assert browser.post("accounts/logout/").status == 302
        assert browser.sign_in("posko", running.passwords["posko"]).status == 302
        assert browser.post("log", verb="seal.sign", subject="").status == 302
        made = anoa(data, "backup", str(place / "room.anoa"))
        assert made.returncode == 0, made.stderr
    shutil.copytree(data / "keys", place / "safe")
    taken = anoa(data, "export", str(place / "log.jsonl"), "--seals", str(place / "seals"))
    assert taken.returncode == 0, taken.stderr
    return {"place": place, "passwords": running.passwords, "report": filed.headers["Location"]}


def restored(old: dict, data: Path) -> str:
    done = anoa(data, "restore", str(old["place"] / "room.anoa"), "--into", str(data))
    assert done.returncode == 0, done.stderr
    return done.stdout


def enter(browser: Browser, old: dict, name: str) -> None:
    assert browser.sign_in(name, old["passwords"][name]).status == 302


def verified(place: Path, log: Path, seals: Path) -> int:
    """The verdict on a log by the keys that were kept from the old machine."""
    files = sorted(str(one) for one in seals.glob("*.seal*"))
    assert files
    keys = str(place / "seals" / "keys.txt")
    return anoa(place, "verify", str(log), *files, "--keys", keys).returncode


def entries_of(log: Path) -> list[bytes]:
    """The lines of an exported log but the first, which names whose copy it is and of when."""
    return log.read_bytes().splitlines()[1:]


def picture(data: Path, log: Path) -> dict:
    return json.loads(anoa(data, "replay", str(log), "--json").stdout)


def test_with_its_keys_it_serves_the_same_picture_and_goes_on_sealing(old, tmp_path):
    data, place = tmp_path / "new" / "data", old["place"]
    assert "put your copy of keys/" in restored(old, data)
    shutil.copytree(place / "safe", data / "keys", dirs_exist_ok=True)
    with room(data, command="serve") as running:
        browser = Browser(running.address)
        enter(browser, old, "kpu-wakatobi")
        assert WORDS in browser.get(old["report"].lstrip("/")).text
        health = json.loads(browser.get("health").text)
        assert health["checks"]["writer"]["held"] and health["status"] != "fail"
        assert anoa(data, "export", str(tmp_path / "log.jsonl"), "--seals",
                    str(tmp_path / "seals")).returncode == 0  # fmt: skip
        assert entries_of(tmp_path / "log.jsonl") == entries_of(place / "log.jsonl")
        assert browser.post("accounts/logout/").status == 302
        enter(browser, old, "posko")
        assert browser.post("log", verb="seal.sign", subject="").status == 302
    assert picture(data, tmp_path / "log.jsonl") == picture(data, place / "log.jsonl")
    assert verified(place, tmp_path / "log.jsonl", tmp_path / "seals") == 0
    after = anoa(data, "export", str(tmp_path / "after.jsonl"), "--seals", str(tmp_path / "more"))
    assert after.returncode == 0, after.stderr
    assert verified(place, tmp_path / "after.jsonl", tmp_path / "more") == 0  # the same log's key


def test_without_its_keys_people_sign_in_and_the_words_stay_unread(old, tmp_path):
    data = tmp_path / "data"
    restored(old, data)
    with room(data, command="serve") as running:
        browser = Browser(running.address)
        enter(browser, old, "kpu-wakatobi")
        page = browser.get(old["report"].lstrip("/"))
        assert WORDS not in page.text
    exported = anoa(data, "export", str(tmp_path / "log.jsonl"), "--seals", str(tmp_path / "s"))
    assert exported.returncode == 0
    assert verified(old["place"], tmp_path / "log.jsonl", tmp_path / "s") == 0


@pytest.mark.parametrize("step", ["migration", "entry"])
def test_a_backup_of_a_newer_version_is_refused_in_one_sentence_and_leaves_nothing(
    old, tmp_path, step
):
    newer, file = tmp_path / "newer", tmp_path / "room.anoa"
    shutil.copytree(old["place"] / "data", newer)
    with sqlite3.connect(newer / "anoa.sqlite3") as database:
        if step == "migration":
            database.execute("INSERT INTO django_migrations (app, name, applied) "
                             "VALUES ('room', '0999_of_tomorrow', '2031-01-01')")  # fmt: skip
        else:
            database.execute("UPDATE room_entryrow SET kind = 'thing.dreamt' "
                             "WHERE seq = (SELECT max(seq) FROM room_entryrow)")  # fmt: skip
    made = anoa(newer, "backup", str(file))
    assert made.returncode == 0, made.stderr
    refused = anoa(tmp_path / "x", "restore", str(file), "--into", str(tmp_path / "data"))
    assert refused.returncode == 2 and len(refused.stderr.splitlines()) == 1, refused.stderr
    assert "newer anoa" in refused.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == ["newer", "room.anoa"]
