"""The data folder of every release serves under the present anoa, and its log goes on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tests.room.running import Browser, anoa, environment, room

from anoa.logfile import read_log
from anoa.picture import Picture

HERE = Path(__file__).parent
FOLDERS = {"0.1.0": 75}  # entries of the log when the folder was laid down
PROVE = """
from anoa.cli.serve import opened_room
with opened_room():
    from anoa.room import proof, record
    print(proof.prove(record.current_operation()))
"""


def test_every_kept_folder_is_tried():
    assert {path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz")} == set(FOLDERS)


@pytest.fixture(scope="module", params=sorted(FOLDERS))
def upgraded(request, tmp_path_factory):
    """A folder of an earlier release after a day under the present anoa; with what pages said."""
    data = tmp_path_factory.mktemp("upgrade") / "data"
    data.mkdir(mode=0o700)
    with tarfile.open(HERE / f"{request.param}.tar.xz") as kept:
        kept.extractall(data, filter="data")
    said: dict[str, object] = {}
    with room(data, "--new-passwords") as running:
        browser = Browser(running.address)
        said["signed in"] = browser.sign_in("posko", running.passwords["posko"]).status
        said["pages"] = {path: browser.get(path).status for path in pages(browser)}
        act = {"verb": "post.report", "subject": "", "region": "74.07"}
        said["act"] = browser.post("region/74.07", **act).status
        said["button"] = browser.post("", verb="clock.advance", subject="").status
    return request.param, data, said


def pages(browser: Browser) -> set[str]:
    """The board and every page of the room that it leads to, two steps far."""
    found, fresh = set(), {""}
    for _ in range(2):
        links = {
            link for path in fresh
            for link in re.findall(r'href="/([^"#?]*)', browser.get(path).text)
            if not link.startswith(("static/", "accounts/"))
        }  # fmt: skip
        found |= fresh
        fresh = links - found
    return found | fresh


def test_every_page_opens_and_acts_are_done(upgraded):
    _, _, said = upgraded
    assert said["signed in"] == 302
    assert len(said["pages"]) > 30
    assert {path: status for path, status in said["pages"].items() if status != 200} == {}
    assert (said["act"], said["button"]) == (302, 302)


def test_the_log_goes_on_from_where_it_was(upgraded, tmp_path):
    release, data, _ = upgraded
    before = FOLDERS[release]
    assert anoa(data, "export", str(tmp_path / "log.jsonl")).returncode == 0
    log = read_log(tmp_path / "log.jsonl")
    kinds = [line.kind for line in log.lines[before:]]
    assert kinds[0] == "post.reported"
    assert len(kinds) >= 2, "the button played the next inject of the pack of that day"
    Picture.replay(log.lines)


def test_rows_equal_replay_and_seals_and_reports_hold(upgraded):
    _, data, _ = upgraded
    proved = subprocess.run(
        [sys.executable, "-c", PROVE], env=environment(data), text=True, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert proved.returncode == 0, proved.stderr
    assert "seals=1, sealed_to=73, reports=1" in proved.stdout


def test_a_new_seal_follows_the_old_one(upgraded, tmp_path):
    release, data, _ = upgraded
    signed = anoa(data, "seal", "--member", "posko")
    assert signed.returncode == 0, signed.stderr
    log, keys = tmp_path / "log.jsonl", tmp_path / "all-keys.txt"
    assert anoa(data, "export", str(log), "--seals", str(tmp_path)).returncode == 0
    said = {e.data["key"] for e in read_log(log).entries if e.kind == "seal.signed"}
    keys.write_text("".join(f"{key}\n" for key in said))
    seals = map(str, sorted(tmp_path.glob("*.seal")))
    verdict = json.loads(
        anoa(data, "verify", str(log), *seals, "--keys", str(keys), "--json").stdout
    )
    assert verdict["ok"] and verdict["sealed_to"] > FOLDERS[release]


def test_a_database_of_a_newer_anoa_is_refused_in_one_sentence(tmp_path):
    import sqlite3

    data = tmp_path / "data"
    data.mkdir()
    with tarfile.open(HERE / "0.1.0.tar.xz") as kept:
        kept.extractall(data, filter="data")
    database = sqlite3.connect(data / "anoa.sqlite3")
    database.execute(
        "INSERT INTO django_migrations (app, name, applied) "
        "VALUES ('room', '9999_later', '2030-01-01')"
    )
    database.commit()
    database.close()
    refused = anoa(data, "serve", "--port", "0")
    assert refused.returncode == 2
    assert "newer anoa (9999_later)" in refused.stderr
    assert "Traceback" not in refused.stderr
