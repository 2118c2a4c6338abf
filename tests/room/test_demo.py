"""The one command that shows a stranger what anoa is."""

import json
import shutil
import stat

import pytest
from tests.room.running import Browser, anoa, processes_of, room

from anoa.cli.demo import find_pack
from anoa.errors import AnoaError
from anoa.logfile import read_log

MARKS = ("LATIHAN – DATA REKAAN", "EXERCISE – INVENTED DATA")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A data folder in which the demo ran once; with what it printed and the passwords."""
    data = tmp_path_factory.mktemp("demo") / "data"
    with room(data) as running:
        browser = Browser(running.address)
        assert browser.sign_in("posko", running.passwords["posko"]).status == 302
    return data, running


def test_the_demo_prints_the_address_and_the_accounts_of_the_cast(played):
    _, running = played
    assert {"posko", "observer", "auditor", "host-admin"} <= set(running.passwords)
    assert len(set(running.passwords.values())) == len(running.passwords)
    lines = [line for line in running.printed.splitlines() if line]
    assert all(mark in lines[1] for mark in MARKS)


def test_sigterm_ends_it_cleanly_and_leaves_no_process(played):
    data, running = played
    assert running.process.returncode == 0
    assert processes_of(data) == []


def test_run_again_it_starts_on_what_is_there_and_names_no_password(played):
    data, first = played
    with room(data) as again:
        assert again.passwords == {}
        assert "anoa demo --new-passwords" in again.printed
        assert "posko" in again.printed
        browser = Browser(again.address)
        assert browser.sign_in("posko", first.passwords["posko"]).status == 302


def test_new_passwords_replace_the_old_ones(tmp_path):
    with room(tmp_path / "data") as running:
        old = running.passwords["posko"]
    with room(tmp_path / "data", "--new-passwords") as again:
        browser = Browser(again.address)
        assert browser.sign_in("posko", old).status == 200
        assert browser.sign_in("posko", again.passwords["posko"]).status == 302


def test_what_is_secret_is_for_its_owner_only(played):
    data, _ = played
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for file in (data / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_export_and_replay_tell_the_exercise_without_a_server(played, tmp_path):
    data, _ = played
    log = tmp_path / "log.jsonl"
    assert anoa(data, "export", str(log)).returncode == 0
    told = json.loads(anoa(tmp_path / "nowhere", "replay", str(log), "--json").stdout)
    assert told["exercise"] is True
    assert told["seq"] == len(read_log(log).lines)
    assert told["things"]["threat"]["T-0001"]["region"]
    seqs = [
        json.loads(anoa(tmp_path, "replay", str(log), "--json", "--until", until).stdout)["seq"]
        for until in ("2024-08-06T09:20:00+08:00", "2024-08-06T09:20", "2024-08-06T01:20:00Z")
    ]
    assert 0 < seqs[0] < told["seq"]
    assert len(set(seqs)) == 1
    words = anoa(tmp_path, "replay", str(log)).stdout.splitlines()
    assert words[0] == words[-1] == MARKS[1]
    assert "is not a time" in anoa(tmp_path, "replay", str(log), "--until", "soon").stderr
    assert not (tmp_path / "nowhere").exists()


def test_export_as_the_public_hides_what_is_not_public(played, tmp_path):
    data, _ = played
    log = tmp_path / "log.jsonl"
    assert anoa(data, "export", "--as", "public", "--out", str(log)).returncode == 0
    assert {str(entry.handling) for entry in read_log(log).entries} == {"public"}
    refused = anoa(data, "export", "--as", "nobody", "--out", str(log))
    assert refused.returncode == 2
    assert "there is no institution 'nobody'" in refused.stderr


def test_a_seal_of_the_record_is_signed_exported_and_verified(tmp_path):
    data, seal, log = tmp_path / "data", tmp_path / "a.seal", tmp_path / "log.jsonl"
    with room(data):
        pass
    signed = anoa(data, "seal", "--member", "posko", "--out", str(seal))
    assert signed.returncode == 0, signed.stderr
    assert anoa(data, "export", str(log), "--seals", str(tmp_path)).returncode == 0
    args = ("verify", str(log), str(seal), "--keys", str(tmp_path / "keys.txt"), "--json")
    verdict = json.loads(anoa(data, *args).stdout)
    assert verdict["ok"]
    assert verdict["sealed_to"] == verdict["size"] - 1  # the entry that says so comes after it
    log.write_bytes(log.read_bytes().replace(b"polda-sultra", b"polda-sultrb", 1))
    assert anoa(data, *args).returncode == 1
    refused = anoa(data, "seal", "--member", "observer")
    assert refused.returncode == 2
    assert "role" in refused.stderr


def test_a_broken_pack_says_all_its_problems_and_loads_nothing(tmp_path):
    broken = tmp_path / "pack"
    shutil.copytree(find_pack(), broken)
    for name in ("regions.csv", "stages.csv"):
        (broken / name).write_text("wrong\n1\n")
    refused = anoa(tmp_path / "data", "demo", "--port", "0", "--pack", str(broken))
    assert refused.returncode == 2
    assert "regions.csv" in refused.stderr
    assert "stages.csv" in refused.stderr
    assert "no operation" in anoa(tmp_path / "data", "serve", "--port", "0").stderr


def test_a_pack_that_is_not_there_is_one_sentence(tmp_path):
    refused = anoa(tmp_path / "data", "demo", "--port", "0", "--pack", str(tmp_path / "none"))
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data" / "packs").exists() or not list(
        (tmp_path / "data" / "packs").iterdir()
    )


def test_the_pack_is_found_by_name_or_beside_the_source(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANOA_PACK", raising=False)
    assert (find_pack() / "exercise.yaml").exists()
    monkeypatch.setenv("ANOA_PACK", str(tmp_path))
    assert find_pack() == tmp_path
    monkeypatch.delenv("ANOA_PACK")
    monkeypatch.setattr("anoa.__file__", str(tmp_path / "a" / "b" / "c.py"))
    with pytest.raises(AnoaError, match="ANOA_PACK"):
        find_pack()
