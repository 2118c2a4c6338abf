"""``anoa sitrep``: a report from files alone, the same bytes again, one sentence when it cannot."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from tests.exercise_parts import first_week

from anoa.cli import sitrep as command
from anoa.logfile import HiddenEntry, LogHeader, write_log
from anoa.oplog import Entry, Handling, instant_text
from anoa.pack import load_pack
from anoa.picture import Picture, opening, play, settle
from anoa.sitrep import compose_sitrep, render_html

PACK = Path(__file__).parent.parent / "packs" / "sultra-2024"
EVENING = "2024-08-08T20:25"


def write(path: Path, pack, entries) -> Path:
    header = LogHeader(pack.id, pack.digest, pack.time_zone, exercise=True)
    with path.open("wb") as fp:
        write_log(fp, header, entries)
    return path


@pytest.fixture(scope="module")
def pack():
    return load_pack(PACK)


@pytest.fixture(scope="module")
def entries(pack):
    salts = count()
    injects = [i for i in first_week(pack) if i.verb not in ("sitrep.issue", "seal.sign")]
    return play(pack, injects, lambda: f"{next(salts):032x}")[1]


@pytest.fixture(scope="module")
def log(pack, entries, tmp_path_factory):
    return write(tmp_path_factory.mktemp("log") / "operation.jsonl", pack, entries)


@pytest.fixture
def anoa(capsys):
    """Runs the command; gives its exit code and what it printed and complained of."""
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())

    def run(*words) -> tuple[int, str, str]:
        args = parser.parse_args(["sitrep", *map(str, words)])
        code = args.run(args)
        return code, *capsys.readouterr()

    return run


def test_each_form_is_written_and_the_same_arguments_give_the_same_bytes(anoa, log, tmp_path):
    starts = {".html": b"<!doctype html>", ".pdf": b"%PDF-", ".txt": b"LATIHAN"}
    for suffix, start in starts.items():
        one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
        for file in (one, two):
            code, out, err = anoa(PACK, log, "--at", EVENING, "--out", file)
            assert (code, err) == (0, "") and out.startswith(f"{file}: ")
        assert one.read_bytes() == two.read_bytes()
        assert one.read_bytes().startswith(start)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == sorted([*starts] * 2)


def test_time_without_offset_is_pack_time(anoa, log, tmp_path):
    files = []
    for number, at in enumerate((EVENING, "2024-08-08T12:25Z", "2024-08-08T14:25+02:00")):
        files.append(tmp_path / f"{number}.html")
        assert anoa(PACK, log, "--at", at, "--out", files[-1])[0] == 0
    assert len({file.read_bytes() for file in files}) == 1


def test_only_entries_known_by_the_time_are_read(anoa, log, tmp_path, entries):
    file = tmp_path / "early.txt"
    code, out, _ = anoa(PACK, log, "--at", "2024-08-06T14:00", "--out", file, "--language", "en")
    known = sum(instant_text(e.at) <= "2024-08-06T06:00:00Z" for e in entries)
    assert code == 0 and f"seq {known}," in out
    assert "T-0001" not in file.read_text()


def test_the_public_gets_its_own_report(anoa, log, tmp_path):
    file = tmp_path / "public.txt"
    assert (
        anoa(PACK, log, "--at", EVENING, "--out", file, "--as", "public", "--language", "en")[0]
        == 0
    )
    assert "Only what is public is counted." in file.read_text()
    assert "R-0001" not in file.read_text()


def test_changes_count_from_the_last_report_in_the_log_and_numbers_go_on(
    anoa, pack, entries, tmp_path
):
    until = [e for e in entries if instant_text(e.at) <= "2024-08-06T10:00:00Z"]
    at = datetime(2024, 8, 6, 10, tzinfo=UTC)  # later than the last entry that it holds
    data = {
        "report": "daily", "number": 1, "as_of": instant_text(at), "at_seq": until[-1].seq,
        "digest": "0" * 64, "language": "id",
    }  # fmt: skip
    issued = Entry(len(until) + 1, at, "posko", "polda-sultra", "sitrep.issued", 1, "L-0001",
                   data, Handling.INSTITUTIONS, None, "f" * 32)  # fmt: skip
    rest = [
        replace(e, seq=e.seq + 1, cause=e.cause and e.cause + (e.cause > len(until)))
        for e in entries[len(until) :]
    ]
    log = write(tmp_path / "log.jsonl", pack, [*until, issued, *rest])
    file = tmp_path / "second.html"
    code, out, _ = anoa(PACK, log, "--at", EVENING, "--out", file, "--language", "en")
    assert code == 0 and "Daily report 2," in out
    changes = file.read_text().partition('id="sitrep-changes"')[2].partition("</section>")[0]
    assert "<dt>Period</dt><dd>6/8 18:00 WITA to 8/8 20:25 WITA</dd>" in file.read_text()
    assert "7/8 08:05" in changes and "6/8 15:40" not in changes


def test_an_issued_report_is_made_again_byte_for_byte(anoa, pack, entries, tmp_path):
    half = entries[:40]
    picture = Picture.replay(half)
    frozen = render_html(compose_sitrep(picture, pack, at=picture.at, number=7, language="en"))
    digest = hashlib.sha256(frozen.encode()).hexdigest()
    data = {
        "report": "daily", "number": 7, "as_of": instant_text(picture.at), "at_seq": 40,
        "digest": digest, "language": "en",
    }  # fmt: skip
    issued = Entry(41, picture.at, "posko", "polda-sultra", "sitrep.issued", 1, "L-0001", data,
                   Handling.INSTITUTIONS, None, "f" * 32)  # fmt: skip
    log = write(tmp_path / "log.jsonl", pack, [*half, issued])
    file = tmp_path / "again.html"
    code, out, _ = anoa(PACK, log, "--at", instant_text(picture.at), "--out", file)
    assert code == 0 and out.endswith(f"report 7, seq 40, SHA-256 {digest}\n")
    assert file.read_text() == frozen


def test_a_number_can_be_given(anoa, log, tmp_path):
    out = anoa(PACK, log, "--at", EVENING, "--out", tmp_path / "a.txt", "--number", "12")[1]
    assert " 12, seq " in out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--at", "yesterday"], "'yesterday' is not a time"),
        (["--at", "2024-13-01"], "is not a time"),
        (["--at", "2020-01-01T00:00"], "there is no operation yet"),
        (["--at", EVENING, "--as", "nobody"], "no institution 'nobody'"),
        (["--at", EVENING, "--language", "xx"], "choose one of en, id"),
        (["--at", EVENING, "--number", "0"], "numbered from 1"),
    ],
)
def test_what_cannot_be_made_is_one_sentence_and_no_file(anoa, log, tmp_path, more, sentence):
    file = tmp_path / "report.txt"
    code, out, err = anoa(PACK, log, "--out", file, *more)
    assert (code, out) == (2, "") and sentence in err and err.count("\n") == 1
    assert not file.exists()


def test_an_unknown_form_is_refused_before_anything_is_read(anoa, tmp_path):
    code, _, err = anoa(tmp_path / "no", tmp_path / "no", "--at", EVENING, "--out", "report.docx")
    assert code == 2 and ".html, .pdf, .txt" in err


def test_a_log_of_another_pack_is_refused(anoa, pack, entries, tmp_path):
    other = replace(pack, digest="sha256-of-another-pack")
    salts = count()
    drafts = opening(other, entries[0].at, exercise=True)
    made = settle(Picture(), pack.rules, drafts, lambda: f"{next(salts):032x}")[1]
    log = write(tmp_path / "log.jsonl", other, made)
    code, _, err = anoa(PACK, log, "--at", EVENING, "--out", tmp_path / "a.txt")
    assert code == 2 and "another state of the pack" in err


def test_a_log_that_hides_entries_gives_no_report(anoa, pack, entries, tmp_path):
    last = entries[-1]
    lines = [*entries[:-1], HiddenEntry(last.seq, last.handling, last.leaf)]
    log = write(tmp_path / "log.jsonl", pack, lines)
    code, _, err = anoa(PACK, log, "--at", EVENING, "--out", tmp_path / "a.txt")
    assert code == 2 and "hides 1 entries" in err


def test_the_public_report_is_the_same_from_a_log_that_shows_only_what_is_public(
    anoa, log, pack, entries, tmp_path
):
    lines = [
        entry if entry.handling == "public" else HiddenEntry(entry.seq, entry.handling, entry.leaf)
        for entry in entries
    ]
    masked = write(tmp_path / "masked.jsonl", pack, lines)
    asked = ("--at", EVENING, "--as", "public", "--out")
    assert anoa(PACK, log, *asked, tmp_path / "a.html")[0] == 0
    assert anoa(PACK, masked, *asked, tmp_path / "b.html")[0] == 0
    one, other = ((tmp_path / name).read_text() for name in ("a.html", "b.html"))
    assert one.count("T-0001") == other.count("T-0001") == 0
    assert len(one) == len(other)


def test_a_damaged_log_is_one_sentence(anoa, log, tmp_path):
    lines = log.read_text().splitlines()
    lines[5] = json.dumps({"seq": 5})
    broken = tmp_path / "broken.jsonl"
    broken.write_text("\n".join(lines) + "\n")
    code, _, err = anoa(PACK, broken, "--at", EVENING, "--out", tmp_path / "a.txt")
    assert code == 2 and "line 6" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_leaves_nothing(anoa, log, tmp_path):
    tmp_path.chmod(0o500)
    code, _, err = anoa(PACK, log, "--at", EVENING, "--out", tmp_path / "a.txt")
    tmp_path.chmod(0o700)
    assert code == 2 and "cannot be written" in err and not list(tmp_path.iterdir())


def test_a_missing_folder_is_one_sentence(anoa, log, tmp_path):
    code, _, err = anoa(PACK, log, "--at", EVENING, "--out", tmp_path / "none" / "a.txt")
    assert code == 2 and "cannot be written: No such file or directory" in err


def test_a_report_that_cannot_be_put_in_place_leaves_the_old_one(anoa, log, tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("the old report")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    code, _, err = anoa(PACK, log, "--at", EVENING, "--out", file)
    assert code == 2 and "No space left on device" in err
    assert [p.read_text() for p in tmp_path.iterdir()] == ["the old report"]
