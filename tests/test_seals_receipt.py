"""A receipt proves that the sealed log holds what was sent, and nothing else passes for one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.seals_material import (
    BAWASLU,
    HEADER,
    KEYS,
    KEYS_TEXT,
    KPU,
    LOG_KEY,
    START,
    checkpoint_text,
    entry,
    log_bytes,
    seal_bytes,
)

from anoa.cli import main
from anoa.errors import LogError
from anoa.logfile import HiddenEntry, read_log
from anoa.oplog import Entry, Handling
from anoa.seals import (
    LogProof,
    PrivateKey,
    Tree,
    commitment_to,
    inclusion_proof,
    make_receipt,
    parse_checkpoint,
    parse_proof,
    parse_receipt,
    parse_seal,
    root_of,
    verify_inclusion,
    verify_receipt,
)

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

SENT = b'{"region": "74.03", "account": "smoke behind the warehouse"}'
SHA256 = hashlib.sha256(SENT).hexdigest()
OPENING = b"\x07" * 32
NAME = commitment_to(OPENING, SHA256)
SEQ, SIZE = 9, 20


def filed(seq: int = SEQ, handling: str = "institutions", **data: object) -> Entry:
    told = {"region": "74.03", "threat_type": "fire", "submission": NAME} | data
    return replace(
        entry(seq), kind="report.filed", subject="R-0004", by="token-abc",
        data=told, handling=Handling(handling),
    )  # fmt: skip


def whole(of: Entry | None = None, size: int = SIZE) -> list[Entry]:
    """The log in which entry 9 files the submission."""
    log = [entry(seq) for seq in range(1, size + 1)]
    log[SEQ - 1] = of or filed()
    return log


def leaves(of: Entry | None = None, size: int = SIZE) -> list[bytes]:
    return [one.leaf for one in whole(of, size)]


def receipt(
    of: Entry | None = None, *, withheld: bool = False, opening: bytes | None = OPENING,
    sha256: str | None = SHA256, key: PrivateKey = LOG_KEY,
) -> bytes:  # fmt: skip
    one, all_leaves = of or filed(), leaves(of)
    head = parse_seal(checkpoint_text(all_leaves, key).encode()).cosigned(KPU, START).checkpoint
    proof = LogProof(SEQ - 1, inclusion_proof(all_leaves, SEQ - 1), head)
    line = HiddenEntry(one.seq, one.handling, one.leaf) if withheld else one
    return make_receipt(proof, line, NAME, opening, sha256)


def verdict(data: bytes | None = None, **more):
    return verify_receipt(parse_receipt(receipt() if data is None else data), KEYS, **more)


# The tree


@pytest.mark.parametrize("size", range(1, 71))
def test_every_leaf_of_every_tree_up_to_70_is_proved_at_its_place_alone(size: int) -> None:
    some = [hashlib.sha256(bytes([i])).digest() for i in range(size)]
    root, tree = root_of(some), Tree().extend(some)
    assert tree.root(size) == root
    for index, leaf in enumerate(some):
        path = inclusion_proof(some, index)
        assert tree.inclusion_proof(index, size) == path
        assert verify_inclusion(leaf, index, size, path, root)
        others = [
            i for i in range(size) if i != index and verify_inclusion(leaf, i, size, path, root)
        ]
        assert others == []


@given(st.integers(1, 70), st.data())
def test_a_tree_that_grew_in_any_steps_proves_each_leaf_at_each_size(size: int, data) -> None:
    some = [hashlib.sha256(bytes([i])).digest() for i in range(size)]
    tree, at = Tree(), 0
    while at < size:
        step = data.draw(st.integers(1, size - at))
        tree.extend(some[at : at + step])
        at += step
    shown = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, shown - 1))
    path = tree.inclusion_proof(index, shown)
    assert path == inclusion_proof(some[:shown], index)
    assert tree.root(shown) == root_of(some[:shown])
    assert verify_inclusion(some[index], index, shown, path, tree.root(shown))
    if path:
        cut = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:cut], bytes(32), *path[cut + 1 :]]
        for odd in (changed, [*path[:cut], *path[cut + 1 :]], [*path, bytes(32)]):
            assert not verify_inclusion(some[index], index, shown, odd, tree.root(shown))


def test_a_tree_has_no_proof_of_what_it_does_not_hold() -> None:
    tree = Tree().extend([bytes(32)] * 3)
    assert tree.root(0) == root_of([])
    for index, size in ((3, 3), (-1, 3), (0, 4), (0, 0)):
        with pytest.raises(LogError, match="no leaf"):
            tree.inclusion_proof(index, size)
    with pytest.raises(LogError, match="no prefix"):
        tree.root(4)


# What a receipt shows


def test_a_receipt_shows_that_what_was_sent_is_that_entry_of_the_sealed_log() -> None:
    found = verdict(sent_sha256=SHA256)
    assert found.is_whole, found
    assert (found.seq, found.size, found.origin) == (SEQ, SIZE, HEADER.origin)
    assert found.entry == filed()
    assert [one.name for one in found.cosigned_by] == [KPU.name]


def test_it_is_a_tlog_proof_that_comes_back_byte_for_byte() -> None:
    data = receipt()
    rows = data.decode().split("\n")
    assert rows[0] == "c2sp.org/tlog-proof@v1"
    assert rows[1].startswith("extra ") and rows[2] == f"index {SEQ - 1}"
    assert parse_proof(data).data == data
    assert parse_proof(data).holds(filed().leaf)


def test_bytes_that_were_not_sent_are_not_proved() -> None:
    other = hashlib.sha256(b"something else").hexdigest()
    assert "other bytes" in verdict(sent_sha256=other).problems[0]
    assert "other submission" in verdict(receipt(sha256=None), sent_sha256=other).problems[0]


def test_the_entry_of_another_submission_is_not_proved() -> None:
    other = verdict(receipt(filed(submission="ab" * 32)))
    assert "does not carry the submission" in other.problems[0]


def test_a_name_in_the_log_gives_nothing_to_guess_with() -> None:
    assert commitment_to(b"\x08" * 32, SHA256) != NAME != SHA256


def test_a_withheld_entry_is_proved_in_part_and_a_copy_of_the_log_completes_it() -> None:
    data = receipt(withheld=True)
    said = json.loads(base64.b64decode(data.split(b"\n")[1].removeprefix(b"extra ")))
    assert said["entry"] is None and b"fire" not in rfc8785.dumps(said)
    part = verdict(data)
    assert part.ok and not part.is_whole and "--log" in part.missing[0]
    copy = read_log(io.BytesIO(log_bytes(whole())))
    assert verdict(data, log=copy).is_whole
    hidden = [HiddenEntry(SEQ, Handling.SEALED, filed().leaf) if one.seq == SEQ else one
              for one in whole()]  # fmt: skip
    part = verdict(data, log=read_log(io.BytesIO(log_bytes(hidden))))
    assert part.ok and "hidden" in part.missing[0]
    other = read_log(io.BytesIO(log_bytes([entry(seq) for seq in range(1, 21)])))
    assert "not that of the receipt" in verdict(data, log=other).problems[0]
    short = read_log(io.BytesIO(log_bytes(whole()[:5])))
    assert "not that of the receipt" in verdict(data, log=short).problems[0]
    odd = filed(submission="ab" * 32)
    lied = read_log(io.BytesIO(log_bytes(whole(odd))))
    assert "does not carry" in verdict(receipt(odd, withheld=True), log=lied).problems[0]


def test_what_was_deleted_is_proved_by_the_hash_that_the_sender_kept() -> None:
    data = receipt(sha256=None)
    assert "deleted" in verdict(data).missing[0]
    assert verdict(data, sent_sha256=SHA256).is_whole


def test_what_an_earlier_anoa_stored_is_proved_in_part() -> None:
    found = verdict(receipt(opening=None), sent_sha256=SHA256)
    assert found.ok and "earlier anoa" in found.missing[0]


# Seals that the reader has from elsewhere


def test_the_same_seal_from_elsewhere_brings_its_cosignatures() -> None:
    seal = parse_seal(seal_bytes(leaves(), 12)).cosigned(BAWASLU, START)
    found = verdict(seals=[seal])
    assert found.is_whole
    assert {one.name for one in found.cosigned_by} == {KPU.name, BAWASLU.name}


def test_a_seal_with_another_root_shows_that_two_logs_were_shown() -> None:
    other = leaves()
    other[3] = bytes(32)
    found = verdict(seals=[parse_seal(seal_bytes(other, 0))])
    assert "two different logs" in found.problems[0]


def test_a_seal_of_another_size_or_log_does_not_pass_for_the_one() -> None:
    later = parse_seal(seal_bytes(leaves(size=22), 20))
    assert "at 20 entries" in verdict(seals=[later]).problems[0]
    assert verdict(seals=[later, parse_seal(seal_bytes(leaves(), 12))]).is_whole
    real = PrivateKey("sultra-2024", LOG_KEY.kind, b"\x09" * 32)
    assert "is of the log" in verdict(seals=[parse_seal(seal_bytes(leaves(), 0, real))]).problems[0]


# Keys and signatures


def test_a_receipt_of_a_key_that_is_not_trusted_is_refused() -> None:
    thief = PrivateKey(HEADER.origin, LOG_KEY.kind, b"\x0a" * 32)
    assert "not signed by the log key" in verdict(receipt(key=thief)).problems[0]
    found = verify_receipt(parse_receipt(receipt()), [KPU.public])
    assert "no log key" in found.problems[0]


def test_a_forged_signature_under_a_receipt_is_named() -> None:
    rows = receipt().decode().split("\n")
    at = next(i for i, row in enumerate(rows) if row.startswith(f"— {KPU.name}"))
    name, raw = rows[at].rsplit(" ", 1)
    value = bytearray(base64.b64decode(raw))
    value[-1] ^= 1
    rows[at] = f"{name} {base64.b64encode(value).decode()}"
    assert KPU.name in verdict("\n".join(rows).encode()).problems[0]


# Changed files


def changed(**told: object) -> bytes:
    """The receipt with another word in it, spelt correctly."""
    rows = receipt().split(b"\n")
    said = json.loads(base64.b64decode(rows[1].removeprefix(b"extra "))) | told
    rows[1] = b"extra " + base64.b64encode(rfc8785.dumps(said))
    return b"\n".join(rows)


@pytest.mark.parametrize(("told", "sentence"), [
    ({"format": "anoa-receipt/2"}, "not in the format"), ({"more": 1}, "not in the format"),
    ({"submission": None}, "submission is not a text"), ({"submission": "x"}, "64 hexadecimal"),
    ({"sha256": 7}, "sha256 is not a text"), ({"opening": "AAAA"}, "opening has 3 bytes"),
    ({"opening": "?"}, "not base64"), ({"entry": None}, "either an entry or a leaf"),
    ({"leaf": base64.b64encode(bytes(32)).decode()}, "either an entry or a leaf"),
    ({"entry": {"seq": 9}}, "it lacks"), ({"entry": filed(8).as_json()}, "entry 9 should be"),
    ({"entry": {"seq": 9, "handling": "sealed", "leaf": base64.b64encode(bytes(32)).decode()}},
     "hidden one"), ({"entry": [1]}, "not a JSON object"),
])  # fmt: skip
def test_a_malformed_receipt_is_refused_with_a_sentence(told: dict, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        parse_receipt(changed(**told))


@pytest.mark.parametrize(("told", "sentence"), [
    ({"submission": "ab" * 32}, "does not carry"), ({"sha256": "ab" * 32}, "another submission"),
    ({"opening": base64.b64encode(bytes(32)).decode()}, "another submission"),
    ({"entry": filed(region="74.04").as_json()}, "does not lead"),
    ({"entry": None, "leaf": base64.b64encode(bytes(32)).decode()}, "does not lead"),
])  # fmt: skip
def test_a_receipt_that_says_something_else_is_refused(told: dict, sentence: str) -> None:
    problems = " ".join(verdict(changed(**told)).problems)
    assert sentence in problems


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda d: d.replace(b"@v1", b"@v2", 1), "must begin with the line"),
    (lambda d: d.replace(b"index 8", b"index 08", 1), "'index' and a number"),
    (lambda d: d.replace(b"index 8", b"index 20", 1), "none has index 20"),
    (lambda d: d.replace(b"extra ", b"Extra ", 1), "'index' and a number"),
    (lambda d: b"\n".join(d.split(b"\n")[:1] + d.split(b"\n")[2:]), "no line 'extra'"),
    (lambda d: d.replace(b"\n\n", b"\n", 1), "no signed note"),
    (lambda d: d.replace(b"\n", b"\r\n"), "must begin with"),
    (lambda d: d[:100], "must begin with the line"),
    (lambda d: d.replace(b"index 8\n", b"index 8\nAAAA\n", 1), "holds 3 bytes"),
    (lambda d: d.replace(b"index 8\n", "index 8\né\n".encode(), 1), "not ASCII"),
    (lambda d: b"x" * (1 << 22) + d, "larger than"), (lambda d: b"", "must begin with"),
])  # fmt: skip
def test_a_file_that_is_no_proof_is_refused_with_a_sentence(change, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        parse_receipt(change(receipt()))


def test_a_proof_moved_to_another_place_is_refused() -> None:
    with pytest.raises(LogError, match="entry 8 should be"):
        parse_receipt(receipt().replace(b"index 8", b"index 7", 1))


def test_two_thousand_random_changes_of_a_receipt_never_make_it_say_more() -> None:
    rng, data = random.Random(6962), receipt()
    for _ in range(2000):
        at, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
        odd = rng.choice([
            data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :], data[:at] + data[at + 1 :],
            data[:at] + bytes([rng.randrange(256)]) + data[at:], data[:at],
        ])  # fmt: skip
        try:
            found = verdict(odd)
        except LogError as error:
            assert str(error)
            continue
        if found.ok:  # only the cosignature's own line, which is by then not of a known key
            assert found.entry == filed() and found.is_whole
            assert odd.split(b"\n\n")[:2] == data.split(b"\n\n")[:2]
            assert {one.name for one in found.cosigned_by} <= {KPU.name}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_receipt_or_a_sentence(data: bytes) -> None:
    for odd in (data, b"c2sp.org/tlog-proof@v1\n" + data, receipt()[:60] + data):
        with pytest.raises(LogError):
            parse_receipt(odd)


# The command


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "receipt").write_bytes(receipt())
    (tmp_path / "keys").write_text(KEYS_TEXT, encoding="utf-8")
    (tmp_path / "sent").write_bytes(SENT)
    (tmp_path / "seal").write_bytes(seal_bytes(leaves(), 12))
    (tmp_path / "log").write_bytes(log_bytes(whole()))
    return tmp_path


def run(files: Path, *more: object) -> int:
    named = ["verify-receipt", files / "receipt", "--key", files / "keys", *more]
    return main([str(one) for one in named])


def test_the_command_says_what_is_proved_and_by_whom(files: Path, capsys) -> None:
    assert run(files, "--seal", files / "seal", "--sent", files / "sent") == 0
    said = capsys.readouterr().out
    assert said.startswith("PROVED: what was sent is entry 9 of")
    assert "kind: report.filed" in said and f"Countersigned at 20 by {KPU.name}" in said


def test_the_command_refuses_with_words(files: Path, capsys) -> None:
    (files / "sent").write_bytes(SENT + b" ")
    assert run(files, "--sent", files / "sent") == 1
    said = capsys.readouterr().out
    assert said.startswith("REFUSED") and "other bytes" in said and "report.filed" not in said


def test_the_command_tells_what_is_missing(files: Path, capsys) -> None:
    (files / "receipt").write_bytes(receipt(withheld=True))
    assert run(files) == 3
    said = capsys.readouterr().out
    assert said.startswith("PROVED IN PART") and "Not shown: entry 9" in said
    assert run(files, "--log", files / "log", "--sha256", SHA256.upper()) == 0


def test_the_command_prints_json(files: Path, capsys) -> None:
    assert run(files, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["whole"], said["seq"], said["size"]) == (True, True, SEQ, SIZE)
    assert said["entry"]["data"]["submission"] == NAME


@pytest.mark.parametrize("name", ["receipt", "keys", "sent", "seal", "log"])
def test_a_file_that_cannot_be_read_is_named(files: Path, name: str, capsys) -> None:
    (files / name).unlink()
    more = ("--sent", files / "sent", "--seal", files / "seal", "--log", files / "log")
    assert run(files, *more, "--json") == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["ok"] is False and name in err


def test_a_hash_that_is_none_is_said_so(files: Path, capsys) -> None:
    assert run(files, "--sha256", "abc") == 2
    assert "64 hexadecimal" in capsys.readouterr().err


def test_an_entry_cannot_write_to_the_terminal(files: Path, capsys) -> None:
    (files / "receipt").write_bytes(receipt(filed(region="74.03\x1b[2J")))
    assert run(files) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_checkpoint_alone_is_no_receipt() -> None:
    head = checkpoint_text(leaves())
    assert parse_checkpoint(head.encode()).size == SIZE
    with pytest.raises(LogError):
        parse_receipt(head.encode())
