"""The commands verify, countersign and keys: files in, a sentence and an exit status out."""

from __future__ import annotations

import argparse
import json
import os
import random
import stat
from pathlib import Path

import pytest

from anoa.cli import countersign, keys, verify
from anoa.seals import parse_vkey, read_seal, write_private_key
from seals_material import (
    BAWASLU,
    KEYS_TEXT,
    KPU,
    LOG_KEY,
    bare,
    entry,
    laid_out,
    lines,
    log_bytes,
    seals,
)

AT = "2024-08-06T20:00:00+08:00"


def anoa(*words: object) -> int:
    """Run a command as the command line does."""
    parser = argparse.ArgumentParser(prog="anoa")
    subparsers = parser.add_subparsers(dest="command", required=True)
    for command in (verify, countersign, keys):
        command.add(subparsers)
    args = parser.parse_args([str(word) for word in words])
    status = args.run(args)
    assert isinstance(status, int)
    return status


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, list[Path], Path]:
    """LOG, SEALs and KEYS on disk."""
    return laid_out(tmp_path)


@pytest.fixture
def kpu_key(tmp_path: Path) -> Path:
    """KPU's private key on disk."""
    path = tmp_path / "kpu.key"
    write_private_key(path, KPU)
    return path


# verify


def test_a_sound_log_exits_0_and_says_what_is_unsealed(files, capsys) -> None:
    log, sealed, keys_file = files
    assert anoa("verify", log, *sealed, "--keys", keys_file) == 0
    out = capsys.readouterr().out
    assert "SOUND: 23 entries, digitally sealed to entry 20." in out
    assert "Unsealed: entries 21 to 23" in out and "Countersigned by nobody" in out
    assert "Hidden from this reader: 2" in out


def test_json_has_the_keys_that_scripts_rely_on(files, capsys) -> None:
    log, sealed, keys_file = files
    assert anoa("verify", log, *sealed, "--keys", keys_file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["size"], found["sealed_to"]) == (True, 23, 20)
    assert (found["first_bad_seq"], found["problem"], found["unsealed"]) == (None, None, 3)


def test_a_changed_log_exits_1_and_names_the_entry(files, capsys) -> None:
    log, sealed, keys_file = files
    changed = lines()
    changed[8] = entry(9, "a softer commitment")
    log.write_bytes(log_bytes(changed))
    assert anoa("verify", log, *sealed, "--keys", keys_file, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["first_bad_seq"]) == (False, 9)
    assert anoa("verify", log, *sealed, "--keys", keys_file) == 1
    out = capsys.readouterr().out
    assert out.startswith("DIFFERS from entry 9 on") and "- entry 9 is not the one" in out


def test_what_cannot_be_judged_by_entry_is_called_not_proved(files, tmp_path, capsys) -> None:
    log, sealed, _ = files
    other_keys = tmp_path / "other.txt"
    other_keys.write_text(KPU.public.vkey)
    assert anoa("verify", log, *sealed, "--keys", other_keys) == 1
    out = capsys.readouterr().out
    assert out.startswith("NOT PROVED") and "no log key named" in out
    assert "Not checked, as its key is not in the keys file" in out


@pytest.mark.parametrize("what", ["log", "seal", "keys"])
@pytest.mark.parametrize("contents", [None, b"", b"\xff\xfe\x00", b"{}"])
def test_an_unreadable_file_exits_2_with_one_sentence(files, what, contents, capsys) -> None:
    log, sealed, keys_file = files
    path = {"log": log, "seal": sealed[0], "keys": keys_file}[what]
    path.unlink() if contents is None else path.write_bytes(contents)
    assert anoa("verify", log, *sealed, "--keys", keys_file, "--json") == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["ok"] is False and found["first_bad_seq"] is None and found["problem"]
    assert err.startswith("anoa verify: ") and "Traceback" not in err


def test_no_random_bytes_in_any_file_make_it_crash(files, capsys) -> None:
    log, sealed, keys_file = files
    rng, sound = (
        random.Random(8785),
        {path: path.read_bytes() for path in (log, *sealed, keys_file)},
    )
    for _ in range(60):
        path = rng.choice(list(sound))
        data = bytearray(sound[path])
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        assert anoa("verify", log, *sealed, "--keys", keys_file) in (0, 1, 2)
        path.write_bytes(sound[path])
    assert anoa("verify", log, *sealed, "--keys", keys_file) == 0
    capsys.readouterr()


def test_a_name_in_a_file_cannot_write_to_the_terminal(files, tmp_path, capsys) -> None:
    log, sealed, keys_file = files
    note = sealed[-1].read_text(encoding="utf-8")
    sealed[-1].write_text(note + "— \u202efoo\x9b AAAAAAA=\n", encoding="utf-8")
    assert anoa("verify", log, *sealed, "--keys", keys_file) == 0
    out = capsys.readouterr().out
    assert "\\u202efoo\\x9b" in out and "\x9b" not in out


# countersign


def test_countersigning_adds_a_line_that_verify_names(files, kpu_key, capsys) -> None:
    log, sealed, keys_file = files
    command = ("countersign", sealed[-1], "--key", kpu_key, "--log", log, "--keys", keys_file)
    assert anoa(*command, "--at", AT) == 0
    out, err = capsys.readouterr()
    assert "kpu-prov.example/anoa countersigned the digital seal of the record" in out
    assert "at 20 entries, 2024-08-06T12:00:00Z" in out and err == ""
    assert anoa("verify", log, *sealed, "--keys", keys_file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["cosigned_by"] == [
        {"name": KPU.name, "size": 20, "at": "2024-08-06T12:00:00Z"}
    ]


def test_two_institutions_sign_one_after_the_other(files, kpu_key, tmp_path, capsys) -> None:
    _, sealed, _ = files
    bawaslu_key = tmp_path / "bawaslu.key"
    write_private_key(bawaslu_key, BAWASLU)
    for key in (kpu_key, bawaslu_key):
        assert anoa("countersign", sealed[-1], "--key", key, "--at", AT) == 0
    assert f"signatures now: {LOG_KEY.name}, {KPU.name}, {BAWASLU.name}" in capsys.readouterr().out


def test_without_log_and_keys_it_says_that_nothing_was_compared(files, kpu_key, capsys) -> None:
    assert anoa("countersign", files[1][-1], "--key", kpu_key) == 0
    err = capsys.readouterr().err
    assert "compared with nothing" in err and "was not checked" in err


def test_a_second_run_changes_nothing(files, kpu_key, capsys) -> None:
    path = files[1][-1]
    assert anoa("countersign", path, "--key", kpu_key, "--at", AT) == 0
    before = path.read_bytes()
    assert anoa("countersign", path, "--key", kpu_key) == 0
    assert path.read_bytes() == before and "already" in capsys.readouterr().out


def refused(capsys, *words: object) -> str:
    """The sentence of a refusal; the seal (the second word) must stay as it was."""
    path = Path(str(words[1]))
    before = path.read_bytes()
    assert anoa(*words) == 1
    assert path.read_bytes() == before
    return capsys.readouterr().err


def test_a_seal_that_is_not_of_the_own_copy_is_refused(files, kpu_key, tmp_path, capsys) -> None:
    own = tmp_path / "own.log"
    changed = lines()
    changed[8] = entry(9, "what we remember")
    own.write_bytes(log_bytes(changed))
    command = ("--key", kpu_key, "--log", own)
    assert "entry 9 is not" in refused(capsys, "countersign", files[1][1], *command)
    assert "between entries 1 and 20" in refused(capsys, "countersign", files[1][3], *command)


def test_a_damaged_own_copy_is_no_ground_to_sign_on(files, kpu_key, tmp_path, capsys) -> None:
    own = tmp_path / "own.log"
    own.write_bytes(log_bytes().replace(b"sha256:3b7e", b"sha256:0000", 1))
    command = ("countersign", files[1][3], "--key", kpu_key, "--log", own)
    assert "header says pack_digest" in refused(capsys, *command)


def test_a_seal_whose_leaf_hashes_were_changed_is_refused(files, kpu_key, capsys) -> None:
    log, sealed, _ = files
    data = sealed[1].read_bytes().split(b"\n")
    data[2], data[3] = data[3], data[2]
    sealed[1].write_bytes(b"\n".join(data))
    command = ("countersign", sealed[1], "--key", kpu_key, "--log", log)
    assert "do not give its root" in refused(capsys, *command)


def test_a_seal_with_a_forged_cosignature_is_refused(files, kpu_key, tmp_path, capsys) -> None:
    _, sealed, keys_file = files
    bawaslu_key = tmp_path / "bawaslu.key"
    write_private_key(bawaslu_key, BAWASLU)
    assert anoa("countersign", sealed[0], "--key", bawaslu_key, "--at", AT) == 0
    theirs = read_seal(sealed[0]).checkpoint.signatures[-1].line.encode()
    sealed[0].write_bytes(sealed[0].read_bytes().replace(theirs[-9:-4], b"AAAAA"))
    command = ("countersign", sealed[0], "--key", kpu_key, "--keys", keys_file)
    assert "'bawaslu-prov.example/anoa' did not make" in refused(capsys, *command)


def test_an_older_copy_suffices_when_the_seal_carries_the_rest(files, kpu_key, tmp_path, capsys):
    own = tmp_path / "own.log"
    own.write_bytes(log_bytes(lines(12)))
    assert anoa("countersign", files[1][-1], "--key", kpu_key, "--log", own) == 0
    assert "your copy ends at entry 12" in capsys.readouterr().err


def test_an_older_copy_does_not_suffice_for_a_bare_checkpoint(files, kpu_key, tmp_path, capsys):
    own, path = tmp_path / "own.log", tmp_path / "bare.seal"
    own.write_bytes(log_bytes(lines(12)))
    path.write_bytes(bare(seals()[-1]).data)
    assert "ends at entry 12" in refused(
        capsys, "countersign", path, "--key", kpu_key, "--log", own
    )


def test_a_seal_without_the_signature_of_the_log_is_refused(files, kpu_key, tmp_path, capsys):
    other = tmp_path / "other.txt"
    other.write_text(BAWASLU.public.vkey)
    sentence = refused(capsys, "countersign", files[1][0], "--key", kpu_key, "--keys", other)
    assert "not signed by a log key" in sentence


def test_a_signature_in_our_name_that_is_not_ours_is_an_alarm(files, kpu_key, capsys) -> None:
    path = files[1][0]
    assert anoa("countersign", path, "--key", kpu_key, "--at", AT) == 0
    seal = read_seal(path)
    mine = seal.checkpoint.signatures[-1]
    path.write_bytes(path.read_bytes().replace(mine.line[-9:-4].encode(), b"AAAAA"))
    assert "your key did not make" in refused(capsys, "countersign", path, "--key", kpu_key)


@pytest.mark.parametrize(
    "time", ["2024-08-06", "0001-01-01T00:00:00+14:00", "1960-01-01T00:00:00Z"]
)
def test_a_time_that_cannot_be_signed_exits_2(files, kpu_key, time, capsys) -> None:
    before = files[1][0].read_bytes()
    assert anoa("countersign", files[1][0], "--key", kpu_key, "--at", time) == 2
    assert files[1][0].read_bytes() == before and capsys.readouterr().err


def test_a_log_key_does_not_countersign(files, tmp_path, capsys) -> None:
    path = tmp_path / "log.key"
    write_private_key(path, LOG_KEY)
    assert "make a cosigner key" in refused(capsys, "countersign", files[1][0], "--key", path)


@pytest.mark.skipif(os.name != "posix", reason="file modes and links are POSIX")
def test_the_seal_is_replaced_whole_and_keeps_its_mode(files, kpu_key, tmp_path, capsys) -> None:
    path = files[1][0]
    path.chmod(0o644)
    link = tmp_path / "link.seal"
    link.symlink_to(path)
    assert anoa("countersign", link, "--key", kpu_key) == 0
    assert link.is_symlink() and stat.S_IMODE(path.stat().st_mode) == 0o644
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]
    capsys.readouterr()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_leaves_the_seal_as_it_was(files, kpu_key, capsys) -> None:
    path = files[1][0]
    before = path.read_bytes()
    path.parent.chmod(0o500)
    try:
        assert anoa("countersign", path, "--key", kpu_key) == 2
        assert "cannot be replaced" in capsys.readouterr().err and path.read_bytes() == before
    finally:
        path.parent.chmod(0o700)


# keys


def test_a_new_key_prints_its_public_line_and_is_shown_again(tmp_path, capsys) -> None:
    path = tmp_path / "kpu.key"
    assert anoa("keys", "new", KPU.name, "--out", path) == 0
    printed = capsys.readouterr().out.strip()
    assert parse_vkey(printed).name == KPU.name and parse_vkey(printed).kind == "cosigner"
    assert anoa("keys", "show", path) == 0
    assert capsys.readouterr().out.strip() == printed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_new_keys_differ(tmp_path, capsys) -> None:
    for number in (1, 2):
        assert anoa("keys", "new", "a", "--kind", "log", "--out", tmp_path / str(number)) == 0
    first, second = capsys.readouterr().out.split()
    assert first != second and parse_vkey(first).kind == "log"


def test_a_key_is_never_overwritten(files, kpu_key, capsys) -> None:
    before = kpu_key.read_bytes()
    assert anoa("keys", "new", "other", "--out", kpu_key) == 2
    assert kpu_key.read_bytes() == before and "never overwritten" in capsys.readouterr().err


def test_a_bad_name_or_file_exits_2(tmp_path, capsys) -> None:
    assert anoa("keys", "new", "a b", "--out", tmp_path / "a.key") == 2
    assert anoa("keys", "show", tmp_path / "none.key") == 2
    assert not (tmp_path / "a.key").exists() and KEYS_TEXT not in capsys.readouterr().err
