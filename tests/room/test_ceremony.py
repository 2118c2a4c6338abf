"""The seal ceremony: what is compared, who signs, and that no forged file gets in."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from anoa.cli import main
from anoa.logfile import HiddenEntry, read_log
from anoa.oplog import Handling
from anoa.room import actions, ceremony, outgoing, record
from anoa.room.models import EntryRow, SealFile
from anoa.seals import (
    KeyKind,
    PrivateKey,
    Signature,
    key_text,
    make_seal,
    parse_seal,
    root_of,
    sign_checkpoint,
    spoken,
    verify_log,
)

AT = datetime(2024, 8, 9, 10, 0, tzinfo=UTC)
KPU = PrivateKey("kpu-prov.example/anoa", KeyKind.COSIGNER, b"\x21" * 32)
BAWASLU = PrivateKey("bawaslu-prov.example/anoa", KeyKind.COSIGNER, b"\x22" * 32)
OTHER = PrivateKey("kpu-prov.example/anoa", KeyKind.COSIGNER, b"\x23" * 32)


@pytest.fixture
def ident(operation, member):
    """A fresh seal that nobody has countersigned."""
    return actions.do(member("posko"), "seal.sign")[0].subject


def seal_of(ident):
    return parse_seal(bytes(SealFile.objects.get(ident=ident).content))


def page(client, ident="", status=200, language="en"):
    client.cookies["django_language"] = language
    answer = client.get(f"/log/seals/{ident}/ceremony" if ident else "/log/ceremony")
    assert answer.status_code == status
    return answer.content.decode()


def hand_in(client, ident, data, key="", language="en"):
    client.cookies["django_language"] = language
    file = SimpleUploadedFile("day.seal", data) if data is not None else ""
    return client.post(f"/log/seals/{ident}/countersigned", {"file": file, "key": key})


def signed(ident, *keys):
    seal = seal_of(ident)
    for key in keys:
        seal = seal.cosigned(key, AT)
    return seal.data


def refused(client, ident, data, sentence, key=KPU.public.vkey):
    before, entries = SealFile.objects.get(ident=ident).content, EntryRow.objects.count()
    answer = hand_in(client, ident, data, key)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert sentence in said, said[said.find('role="alert"') :][:400]
    assert bytes(SealFile.objects.get(ident=ident).content) == bytes(before)
    assert EntryRow.objects.count() == entries


# What is sealed


def test_before_the_seal_the_page_says_what_it_will_cover(operation, signed_in):
    shown = page(signed_in("kpu-prov"))
    assert "What will be sealed" in shown and "Seal the record" in shown
    assert "reports unanswered" in shown


def test_the_page_counts_the_entries_since_the_seal_before_by_kind(ident, signed_in):
    seal = seal_of(ident)
    shown = page(signed_in("kpu-prov"), ident)
    since = seal.from_size + 1
    assert f"numbers {since} to {seal.size}" in shown or f"number {since}." in shown
    rows = EntryRow.objects.filter(seq__gte=since, seq__lte=seal.size)
    assert f"{rows.count()} entr" in shown
    assert ident in page(signed_in("kpu-prov")), "the last seal is named on the page of the next"


def test_an_outsider_is_told_no_kind_of_entry_that_is_not_his_to_see(ident, signed_in, operation):
    shown = page(signed_in("observer"), ident)
    for hidden in ("Report – filed", "Threat – raised", "Commitment – asked for"):
        assert hidden not in shown
    seal = seal_of(ident)
    exported = read_log(io.BytesIO(signed_in("observer").get("/log/export").content))
    lines = exported.lines[seal.from_size : seal.size]
    hidden = sum(isinstance(line, HiddenEntry) for line in lines)
    assert hidden, "an outsider may not read everything"
    assert f"not yours to see</th><td>{hidden}</td>" in shown


def test_a_very_long_day_is_counted_by_the_database_and_shows_no_more(
    ident, signed_in, monkeypatch
):
    one_by_one = {name: page(signed_in(name), ident) for name in ("observer", "kpu-prov")}
    monkeypatch.setattr(ceremony, "ONE_BY_ONE", 0)

    def kinds(shown):
        return set(re.findall(r'<th scope="row">([^<]*–[^<]*)</th><td>(\d+)</td>', shown))

    assert kinds(page(signed_in("kpu-prov"), ident)) == kinds(one_by_one["kpu-prov"]) != set()
    names = {name for name, _count in kinds(page(signed_in("observer"), ident))}
    assert names <= {name for name, _count in kinds(one_by_one["observer"])}


def test_an_auditor_sees_the_ceremony_and_no_open_items(ident, signed_in):
    shown = page(signed_in("auditor"), ident)
    assert "Read the root aloud" in shown and "reports unanswered" not in shown


def test_a_seal_that_is_not_there_is_said_so(operation, signed_in):
    page(signed_in("kpu-prov"), "seal-999999", status=404)


# The root


def test_every_machine_shows_the_same_groups_of_digits(ident, signed_in, tmp_path, capsys):
    client = signed_in("kpu-prov")
    seal_path, log_path = tmp_path / "day.seal", tmp_path / "own.log"
    seal_path.write_bytes(client.get(f"/log/seals/{ident}").content)
    log_path.write_bytes(client.get("/log/export").content)
    groups = spoken(seal_of(ident).checkpoint.root)
    assert len(groups) == 16 and all(len(one) == 5 for one in groups)
    shown = page(client, ident)
    assert all(f"<td>{one}</td>" in shown for one in groups)
    assert main(["countersign", str(seal_path), "--read", "--log", str(log_path)]) == 0
    assert "  ".join(groups[:4]) in capsys.readouterr().out
    assert seal_path.read_bytes() == seal_of(ident).data, "nothing is signed by reading"


def test_a_copy_of_another_log_is_refused_before_anything_is_read_aloud(
    ident, signed_in, tmp_path, capsys
):
    seal_path, log_path = tmp_path / "day.seal", tmp_path / "own.log"
    seal_path.write_bytes(seal_of(ident).data)
    log = signed_in("kpu-prov").get("/log/export").content.splitlines(keepends=True)
    log[5] = log[5].replace(b'"v":1', b'"v":2').replace(b'"leaf":"', b'"leaf":"A', 1)
    log_path.write_bytes(b"".join(log))
    assert main(["countersign", str(seal_path), "--read", "--log", str(log_path)]) != 0
    assert "read aloud" not in capsys.readouterr().out


def test_signing_needs_a_key(ident, tmp_path, capsys):
    path = tmp_path / "day.seal"
    path.write_bytes(seal_of(ident).data)
    assert main(["countersign", str(path)]) == 2
    assert "--key" in capsys.readouterr().err


# Handing in


def test_two_institutions_sign_on_their_own_machines_and_hand_their_files_in(
    ident, signed_in, operation, tmp_path, capsys
):
    kpu, bawaslu = signed_in("kpu-prov"), signed_in("bawaslu-prov")
    assert "Still missing:" in page(kpu, ident)
    key_path, path, log_path = tmp_path / "kpu.key", tmp_path / "day.seal", tmp_path / "own.log"
    key_path.write_text(key_text(KPU))
    key_path.chmod(0o600)
    path.write_bytes(kpu.get(f"/log/seals/{ident}").content)
    log_path.write_bytes(kpu.get("/log/export").content)
    command = ["countersign", path, "--key", key_path, "--log", log_path]
    assert main([str(one) for one in command]) == 0
    assert hand_in(kpu, ident, path.read_bytes(), KPU.public.vkey).status_code == 302
    shown = page(kpu, ident)
    assert "Your institution has countersigned this seal" in shown
    assert KPU.public.key_id.hex() in shown and "Still missing: Bawaslu" in shown
    assert hand_in(bawaslu, ident, signed(ident, BAWASLU), BAWASLU.public.vkey).status_code == 302
    assert "All that the pack names have countersigned" in page(bawaslu, ident)
    sealing = record.current_picture(operation).seals[ident]
    assert sealing.countersigners == ("kpu-prov", "bawaslu-prov")
    log = read_log(io.BytesIO(outgoing.log_bytes(operation, "kpu-prov", Handling.INSTITUTIONS)))
    keys = [KPU.public, BAWASLU.public, actions.log_key(operation).public]
    verdict = verify_log(log, [seal_of(ident)], keys)
    assert verdict.ok and {one.name for one in verdict.cosigned_by} == {KPU.name, BAWASLU.name}


def test_two_files_signed_at_the_same_time_are_both_taken(ident, signed_in):
    mine, theirs = signed(ident, KPU), signed(ident, BAWASLU)
    assert hand_in(signed_in("kpu-prov"), ident, mine, KPU.public.vkey).status_code == 302
    answer = hand_in(signed_in("bawaslu-prov"), ident, theirs, BAWASLU.public.vkey)
    assert answer.status_code == 302
    assert len(seal_of(ident).checkpoint.signatures) == 3


def test_the_checkpoint_alone_is_enough_to_hand_in(ident, signed_in):
    note = parse_seal(signed(ident, KPU)).checkpoint.note.encode()
    assert hand_in(signed_in("kpu-prov"), ident, note, KPU.public.vkey).status_code == 302


def test_a_key_that_signed_before_needs_no_line_and_a_new_one_is_marked(ident, signed_in, member):
    client = signed_in("kpu-prov")
    assert "needed the first time" in page(client, ident) or "if it is a new one" in page(
        client, ident
    )
    assert hand_in(client, ident, signed(ident, KPU), KPU.public.vkey).status_code == 302
    second = actions.do(member("posko"), "seal.sign")[0].subject
    assert hand_in(client, second, signed(second, KPU)).status_code == 302
    assert "another key than before" not in page(client, second)
    third = actions.do(member("posko"), "seal.sign")[0].subject
    assert hand_in(client, third, signed(third, OTHER), OTHER.public.vkey).status_code == 302
    assert "another key than before" in page(client, third)


# What is refused


def forged(ident, key, place=-1):
    """The seal with the key's signature, of which one bit was turned."""
    seal = parse_seal(signed(ident, key))
    one = seal.checkpoint.signatures[place]
    value = one.value[:-1] + bytes([one.value[-1] ^ 1])
    signatures = list(seal.checkpoint.signatures)
    signatures[place] = Signature(one.name, one.key_id, value)
    return replace(seal, checkpoint=replace(seal.checkpoint, signatures=tuple(signatures))).data


def test_a_forged_countersignature_is_named_and_nothing_is_taken(ident, signed_in):
    refused(signed_in("kpu-prov"), ident, forged(ident, KPU), "is forged or damaged")


def test_a_forged_signature_of_the_log_or_of_another_institution_is_named(ident, signed_in):
    client = signed_in("kpu-prov")
    refused(client, ident, forged(ident, KPU, 0), "is forged or damaged")
    other = signed_in("bawaslu-prov")
    assert hand_in(other, ident, signed(ident, BAWASLU), BAWASLU.public.vkey).status_code == 302
    seal = parse_seal(signed(ident, KPU))
    one = seal.checkpoint.signatures[1]
    odd = Signature(one.name, one.key_id, one.value[:-1] + bytes([one.value[-1] ^ 1]))
    kept = (seal.checkpoint.signatures[0], odd, seal.checkpoint.signatures[2])
    data = replace(seal, checkpoint=replace(seal.checkpoint, signatures=kept)).data
    refused(client, ident, data, BAWASLU.name)


def test_a_signature_made_by_a_thief_in_the_institutions_name_is_refused(ident, signed_in):
    refused(signed_in("kpu-prov"), ident, signed(ident, OTHER), "no key of your institution")


def test_a_file_of_another_log_is_an_alarm(ident, signed_in, operation):
    seal, key = seal_of(ident), actions.log_key(operation)
    leaves = [entry.leaf for entry in record.entries(operation, 0, seal.size)]
    leaves[3] = bytes(32)
    note = sign_checkpoint(key.name, seal.size, root_of(leaves), key)
    data = parse_seal(make_seal(leaves[seal.from_size :], seal.from_size, note)).cosigned(KPU, AT)
    refused(signed_in("kpu-prov"), ident, data.data, "you were shown another log")


def test_a_file_of_another_seal_is_refused(ident, signed_in, member):
    second = actions.do(member("posko"), "seal.sign")[0].subject
    refused(signed_in("kpu-prov"), second, signed(ident, KPU), "not the one of this page")


def test_changed_leaf_hashes_are_refused(ident, signed_in):
    seal = parse_seal(signed(ident, KPU))
    odd = replace(seal, leaves=(bytes(32), *seal.leaves[1:]))
    refused(signed_in("kpu-prov"), ident, odd.data, "The file was changed")


@pytest.mark.parametrize(("data", "sentence"), [
    (b"", "Choose a file first"), (b"hello", "This is no seal file"),
    (b"\xff\xfe", "This is no seal file"), (b"x" * (5 << 20), "too large for a seal"),
])  # fmt: skip
def test_what_is_no_seal_is_refused_in_words(ident, signed_in, data, sentence):
    sentence = "This is no seal file" if data == b"" else sentence
    refused(signed_in("kpu-prov"), ident, data, sentence)


def test_without_a_file_or_a_signature_or_a_key_it_says_which(ident, signed_in):
    client = signed_in("kpu-prov")
    refused(client, ident, None, "Choose a file first")
    refused(client, ident, seal_of(ident).data, "countersign it first")
    refused(client, ident, signed(ident, KPU), "paste the public line", key="")
    refused(client, ident, signed(ident, KPU), "This is no public key", key="rubbish")
    log_key = PrivateKey("x.example", KeyKind.LOG, b"\x31" * 32).public.vkey
    refused(client, ident, signed(ident, KPU), "is the key of a log", key=log_key)


def test_an_institution_cannot_sign_by_the_key_of_another(ident, signed_in, member):
    assert hand_in(signed_in("kpu-prov"), ident, signed(ident, KPU), KPU.public.vkey)
    second = actions.do(member("posko"), "seal.sign")[0].subject
    refused(signed_in("bawaslu-prov"), second, signed(second, KPU), "his key is that of KPU")


def test_nobody_signs_twice_and_only_duty_officers_hand_in(ident, signed_in):
    client = signed_in("kpu-prov")
    data = signed(ident, KPU)
    assert hand_in(client, ident, data, KPU.public.vkey).status_code == 302
    refused(client, ident, data, "already")
    for name in ("observer", "fkub", "auditor", "host-admin"):
        refused(signed_in(name), ident, signed(ident, BAWASLU), "not for the role")
    assert client.get(f"/log/seals/{ident}/countersigned").status_code == 302


def test_the_page_speaks_indonesian(ident, signed_in):
    shown = page(signed_in("kpu-prov"), ident, language="id")
    assert "Bacakan akar segel digital" in shown and "Siapa yang sudah menandatangani" in shown
