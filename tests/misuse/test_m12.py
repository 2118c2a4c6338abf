"""M12: the log is edited in secret. Ten thousand random changes: tests/test_seals_changes.py."""

import io
import json

import pytest
import rfc8785
from django.test import Client
from tests.misuse.attempts import submitted
from tests.seals_material import KEYS_TEXT, laid_out

from anoa.cli import main
from anoa.logfile import scan_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, receipts
from anoa.room.intake import tokens
from anoa.room.intake.storing import vault
from anoa.room.models import EntryRow
from anoa.seals import parse_seal, verify_log


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(tokens, "guesses", tokens.Failures())
    monkeypatch.setattr(receipts, "_TREES", {})


def test_an_edited_line_of_an_exported_log_is_named_by_the_command(tmp_path, capsys):
    log, seals, keys = laid_out(tmp_path)
    rows = log.read_bytes().splitlines(keepends=True)
    told = json.loads(rows[9]) | {"agency": "polda-sultra"}
    rows[9] = rfc8785.dumps(told) + b"\n"
    log.write_bytes(b"".join(rows))
    arguments = ["verify", str(log), *map(str, seals), "--keys", str(keys)]
    assert main(arguments) == 1
    assert "DIFFERS from entry 9 on" in capsys.readouterr().out
    assert KEYS_TEXT in keys.read_text()


@pytest.mark.parametrize("change", ["edit", "drop"])
def test_an_entry_changed_in_the_database_is_found_by_seal_receipt_and_countersigner(
    operation, member, change, tmp_path
):
    row = submitted(operation)
    actions.do(member("posko"), "seal.sign")
    stored = outgoing.seals(operation)[-1]
    seal, keys = parse_seal(bytes(stored.content)), [actions.log_key(operation).public]
    entry = EntryRow.objects.get(seq=row.seq)
    if change == "edit":
        EntryRow.objects.filter(pk=entry.pk).update(by="posko")
    else:
        entry.delete()
    try:
        path = f"/receipt/{vault().code(row.number)}?number={row.number}&language=en"
        told = Client().get(path).content.decode()
        assert "tell the institutions that countersign the log" in told
        if change == "edit":
            exported = outgoing.log_bytes(operation, "kpu-prov", Handling.INSTITUTIONS)
            verdict = verify_log(scan_log(io.BytesIO(exported)), [seal], keys)
            assert verdict.first_bad_seq == row.seq
            (tmp_path / "own.log").write_bytes(exported)
            (tmp_path / "day.seal").write_bytes(seal.data)
            compare = ["countersign", str(tmp_path / "day.seal"), "--read", "--log"]
            assert main([*compare, str(tmp_path / "own.log")]) == 1
    finally:
        if change == "edit":
            EntryRow.objects.filter(pk=entry.pk).update(by=entry.by)
        else:
            entry.pk = None
            entry.save()
