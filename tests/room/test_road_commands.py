"""The road on the command line, over both countries: demo, export, replay, report, seal, verify."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from tests.roads import NAMES, load_road
from tests.room.running import Browser, anoa, room

from anoa.logfile import read_log


@pytest.fixture(scope="module", params=NAMES)
def served(request, tmp_path_factory):
    """A data folder in which the demo of a pack ran once, and what it printed."""
    road = load_road(request.param)
    data = tmp_path_factory.mktemp(request.param) / "data"
    with room(data, "--pack", str(road.folder)) as running:
        browser = Browser(running.address)
        assert browser.sign_in(road.chair, running.passwords[road.chair]).status == 302
        assert browser.get().status == 200
    return road, data, running


@pytest.fixture(scope="module")
def log(served, tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    assert anoa(served[1], "export", str(path)).returncode == 0
    return path


def test_the_demo_prints_the_mark_and_an_account_for_each_of_the_cast(served):
    road, _, running = served
    assert running.passwords.keys() == road.pack.cast.keys()
    lines = [line for line in running.printed.splitlines() if line]
    for mark in road.pack.exercise.notice.values():
        assert mark in lines[1]


def test_replay_tells_the_exercise_without_server_or_pack(served, log, tmp_path):
    road, _, _ = served
    told = json.loads(anoa(tmp_path / "none", "replay", str(log), "--json").stdout)
    assert told["exercise"] is True and told["seq"] == len(read_log(log).lines)
    cut = read_log(log).entries[told["seq"] // 2].at
    local = road.pack.local(cut)
    spoken = (cut.isoformat(), local.isoformat(), local.replace(tzinfo=None).isoformat())
    seqs = {
        json.loads(anoa(tmp_path, "replay", str(log), "--json", "--until", until).stdout)["seq"]
        for until in spoken
    }
    assert len(seqs) == 1 and 0 < seqs.pop() < told["seq"]
    blank = anoa(tmp_path, "replay", str(log), "--until", "")  # of a variable that was not set
    assert blank.returncode == 2 and not blank.stdout and "''" in blank.stderr
    assert not (tmp_path / "none").exists()


def test_a_report_is_made_from_the_log_and_the_pack_alone(served, log, tmp_path):
    road, _, _ = served
    at = read_log(log).entries[-1].at + timedelta(minutes=1)
    for language in ("en", "id"):
        out = tmp_path / f"{language}.html"
        done = anoa(
            tmp_path / "none", "sitrep", str(road.folder), str(log), "--at", at.isoformat(),
            "--language", language, "--out", str(out),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        page = out.read_text(encoding="utf-8")
        assert road.notice[language] in page
        assert all(word.short in page for word in road.pack.rungs.values())


def test_a_seal_is_signed_exported_and_verified_and_an_altered_log_is_not(served, tmp_path):
    road, data, _ = served
    seal, log = tmp_path / "a.seal", tmp_path / "log.jsonl"
    signed = anoa(data, "seal", "--member", road.chair, "--out", str(seal))
    assert signed.returncode == 0, signed.stderr
    assert anoa(data, "export", str(log), "--seals", str(tmp_path)).returncode == 0
    args = ("verify", str(log), str(seal), "--keys", str(tmp_path / "keys.txt"), "--json")
    verdict = json.loads(anoa(data, *args).stdout)
    assert verdict["ok"] and verdict["sealed_to"] == verdict["size"] - 1
    chair = road.pack.operation.chair.encode()
    log.write_bytes(log.read_bytes().replace(chair, b"z" + chair[1:], 1))
    assert anoa(data, *args).returncode == 1
    refused = anoa(data, "seal", "--member", road.outsider)
    assert refused.returncode == 2 and "role" in refused.stderr


def test_an_export_for_the_public_holds_what_is_public_alone(served, tmp_path):
    road, data, _ = served
    log = tmp_path / "public.jsonl"
    assert anoa(data, "export", "--as", "public", "--out", str(log)).returncode == 0
    assert {str(entry.handling) for entry in read_log(log).entries} == {"public"}
    own = tmp_path / "own.jsonl"
    agency = road.local.agency
    assert anoa(data, "export", "--as", agency, "--out", str(own)).returncode == 0
    assert len(read_log(own).entries) > len(read_log(log).entries)
