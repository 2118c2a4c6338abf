"""A cosignature by a key that the log ended counts for nothing on seals that cover that entry."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.test_cli_verify import anoa

from anoa.logfile import LogFile, entries_of_kinds, write_log
from anoa.oplog import Entry, Handling
from anoa.seals import KeyKind, PrivateKey, cosign, make_seal, parse_seal, root_of, sign_checkpoint
from anoa.seals.ended import ENDINGS, ended_keys
from seals_material import HEADER, KEYS_TEXT, KPU, LOG_KEY, START, entry

ENDED_AT, BEFORE, AFTER = 6, 4, 8
NEW = PrivateKey("kpu-prov.example/new", KeyKind.COSIGNER, b"\x07" * 32)


def told(seq: int, kind: str, subject: str, **data: str) -> Entry:
    return Entry(seq, entry(seq).at, "m-17", "kpu-prov", f"countersign_key.{kind}", 1, subject,
                 data, Handling.PUBLIC, None, f"{seq:032x}")  # fmt: skip


def log(ending: Entry) -> list[Entry]:
    """Eight entries: a key is published at 2 and ended at 6."""
    special = {2: told(2, "published", "Q-0001", public=KPU.public.vkey), ENDED_AT: ending}
    return [special.get(seq) or entry(seq) for seq in range(1, AFTER + 1)]


ENDINGS_OF_A_KEY = {
    "revoked": told(ENDED_AT, "revoked", "Q-0001", reason="The carrier is lost."),
    "replaced": told(ENDED_AT, "published", "Q-0002", public=NEW.public.vkey, replaces="Q-0001"),
}


@pytest.fixture(params=ENDINGS_OF_A_KEY)
def laid_out(request, tmp_path) -> Path:
    """The log, a seal before and one after the key ended, both countersigned by it, and keys."""
    lines = log(ENDINGS_OF_A_KEY[request.param])
    with (tmp_path / "log.jsonl").open("wb") as file:
        write_log(file, HEADER, lines)
    leaves, since = [one.leaf for one in lines], 0
    for size in (BEFORE, AFTER):
        note = sign_checkpoint(LOG_KEY.name, size, root_of(leaves[:size]), LOG_KEY)
        seal = parse_seal(make_seal(leaves[since:size], since, note))
        signed = replace(seal, checkpoint=cosign(seal.checkpoint, KPU, START))  # its own time
        (tmp_path / f"{size}.seal").write_bytes(signed.data)
        since = size
    (tmp_path / "keys.txt").write_text(KEYS_TEXT)
    return tmp_path


def test_what_it_signed_before_counts_and_what_came_after_does_not(laid_out, capsys):
    words = ["verify", laid_out / "log.jsonl", laid_out / "4.seal", laid_out / "8.seal",
             "--keys", laid_out / "keys.txt"]  # fmt: skip
    assert anoa(*words) == 0
    said = capsys.readouterr().out
    assert "Countersigned at 4 by kpu-prov.example/anoa" in said
    assert "Countersigned at 8" not in said
    assert "Not counted: a cosignature at 8" in said and "ended at entry 6" in said
    assert anoa(*words, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["size"] for one in found["cosigned_by"]] == [BEFORE]
    assert [(one["size"], one["ended_at_entry"]) for one in found["not_counted"]] == [
        (AFTER, ENDED_AT)]  # fmt: skip


def test_a_log_that_ends_no_key_takes_none_away():
    assert ended_keys([entry(seq) for seq in range(1, 5)]) == {}
    stray = told(3, "revoked", "Q-0009", reason="It was never published.")
    assert ended_keys([stray, told(4, "published", "Q-0001", public="no key")]) == {}


def test_only_lines_of_these_kinds_are_read_and_a_faulty_one_stops_nothing():
    out = io.BytesIO()
    write_log(out, HEADER, log(ENDINGS_OF_A_KEY["revoked"]))
    raw = out.getvalue().replace(b'"Q-0001"', b'"Q-0001', 1)
    found = entries_of_kinds(io.BytesIO(raw), ENDINGS)
    assert [one.seq for one in found] == [ENDED_AT]
    assert len(LogFile(HEADER, tuple(log(ENDINGS_OF_A_KEY["revoked"]))).lines) == AFTER
