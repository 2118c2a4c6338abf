"""Notes, keys and SEAL files are those of C2SP: foreign signatures verify, ours have one form."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.errors import LogError
from anoa.seals import (
    Checkpoint,
    KeyKind,
    PrivateKey,
    PublicKey,
    SealFile,
    Signature,
    check_signatures,
    cosign,
    key_text,
    make_seal,
    parse_checkpoint,
    parse_keys,
    parse_private_key,
    parse_seal,
    parse_vkey,
    read_private_key,
    sign_checkpoint,
    write_private_key,
)
from anoa.seals.checkpoint import parse_note
from seals_material import BAWASLU, KEYS, KPU, LOG_KEY, checkpoint_text, lines, seals

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

AT = datetime(2024, 8, 6, 12, 0, tzinfo=UTC)

# The example of https://c2sp.org/signed-note (verifier keys).
C2SP_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""  # noqa: E501

# A checkpoint of a public Certificate Transparency staging log with the cosignatures of public
# witnesses, and the keys of the log and of three witnesses: independent software signed each.
PUBLIC_CHECKPOINT = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
PUBLIC_KEYS = b"""# the log and two of its witnesses
arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f
remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2
witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv
"""


# Signatures of other people's software


def test_the_example_note_of_c2sp_verifies() -> None:
    text, (signature,) = parse_note(C2SP_NOTE.encode())
    key = parse_vkey(C2SP_VKEY)
    assert key.vkey == C2SP_VKEY and signature.claims(key)
    assert key.signed(signature.value, text.encode())
    assert not key.signed(signature.value, text.replace("an", "no").encode())


def test_a_public_checkpoint_and_its_cosignatures_verify() -> None:
    head = parse_checkpoint(PUBLIC_CHECKPOINT.encode())
    found = check_signatures(head, parse_keys(PUBLIC_KEYS))
    assert head.note == PUBLIC_CHECKPOINT
    assert found.by_log and found.forged == ()
    assert [one.name for one in found.cosigned] == ["remora.n621.de", "witness.stagemole.eu"]
    assert {one.as_json()["at"] for one in found.cosigned} == {"2026-05-23T21:50:24Z"}
    # The first line has the log's name and an id of another signature type: not ours to judge.
    assert found.unknown == (
        "arche2025h1.staging.ct.transparency.dev",
        "transparency.dev/DEV:witness-little-garden",
        "witness1.smartit.nu/witness1",
    )


def test_a_public_checkpoint_with_another_size_is_forged_under_every_key() -> None:
    changed = PUBLIC_CHECKPOINT.replace("1432088532", "1432088533", 1)
    found = check_signatures(parse_checkpoint(changed.encode()), parse_keys(PUBLIC_KEYS))
    assert not found.by_log and found.cosigned == () and len(found.forged) == 3


# Signing


def test_signatures_are_those_of_rfc_8032() -> None:
    # RFC 8032 section 7.1, test 1: the seed, its public key and the signature of no bytes.
    seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    key = PrivateKey("log", KeyKind.LOG, bytes.fromhex(seed))
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.public.raw.hex() == public
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974")


def test_a_checkpoint_has_the_three_lines_and_the_signature_of_the_log() -> None:
    note = sign_checkpoint(LOG_KEY.name, 7, b"r" * 32, LOG_KEY)
    body, _, last = note.partition("\n\n")
    assert body.split("\n")[:2] == ["sultra-2024/exercise", "7"]
    assert last.startswith("— sultra-2024/exercise ") and last.endswith("\n")
    assert check_signatures(parse_checkpoint(note.encode()), KEYS).by_log


def test_a_cosignature_carries_its_time_and_who_made_it() -> None:
    head = cosign(parse_checkpoint(checkpoint_text([b"l" * 32]).encode()), KPU, AT)
    found = check_signatures(head, KEYS)
    assert [(one.name, one.as_json()["at"]) for one in found.cosigned] == [
        ("kpu-prov.example/anoa", "2024-08-06T12:00:00Z")
    ]
    signature = head.signatures[-1]
    later = Signature(signature.name, signature.key_id, b"\x00" * 8 + signature.value[8:])
    moved = Checkpoint(head.origin, head.size, head.root, (head.signatures[0], later))
    assert check_signatures(moved, KEYS).forged == ("kpu-prov.example/anoa",)


def test_a_cosignature_does_not_count_as_the_signature_of_the_log() -> None:
    witness = PrivateKey("log.example", KeyKind.COSIGNER, b"\x09" * 32)
    head = cosign(Checkpoint("log.example", 1, b"r" * 32), witness, AT)
    found = check_signatures(head, [witness.public])
    assert len(found.cosigned) == 1 and not found.by_log


def test_the_log_key_of_another_log_does_not_count() -> None:
    other = PrivateKey("other", KeyKind.LOG, b"\x08" * 32)
    head = Checkpoint(LOG_KEY.name, 1, b"r" * 32)
    signature = Signature(other.name, other.public.key_id, other.sign(head.body.encode()))
    found = check_signatures(head.with_signature(signature), [*KEYS, other.public])
    assert not found.by_log and found.forged == ()


@pytest.mark.parametrize(
    ("sign", "sentence"),
    [
        (lambda: sign_checkpoint("other", 1, bytes(32), LOG_KEY), "cannot sign for the log"),
        (lambda: sign_checkpoint(KPU.name, 1, bytes(32), KPU), "a log key signs the log"),
        (lambda: cosign(Checkpoint("o", 1, bytes(32)), LOG_KEY, AT), "make a cosigner key"),
        (lambda: cosign(Checkpoint("o", 1, bytes(32)), KPU, datetime(2024, 1, 1)), "needs an offset"),  # noqa: E501, DTZ001
        (lambda: cosign(cosign(Checkpoint("o", 1, bytes(32)), KPU, AT), KPU, AT), "already"),
        (lambda: cosign(Checkpoint("o", 1, bytes(32)), KPU, datetime(1960, 1, 1, tzinfo=UTC)), "after 1969"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_key_signs_only_what_is_its_own(sign, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        sign()


def test_a_time_beyond_the_calendar_is_shown_as_a_number() -> None:
    head = Checkpoint("o", 1, bytes(32))
    time = (1 << 63) - 1
    message = f"cosignature/v1\ntime {time}\n{head.body}".encode()
    value = time.to_bytes(8, "big") + KPU.sign(message)
    signed = head.with_signature(Signature(KPU.name, KPU.public.key_id, value))
    assert check_signatures(signed, KEYS).cosigned[0].as_json()["at"] == str(time)


def test_a_time_that_c2sp_forbids_makes_a_cosignature_forged() -> None:
    head = Checkpoint("o", 1, bytes(32))
    value = (1 << 63).to_bytes(8, "big")
    value += KPU.sign(f"cosignature/v1\ntime {1 << 63}\n{head.body}".encode())
    signed = head.with_signature(Signature(KPU.name, KPU.public.key_id, value))
    assert check_signatures(signed, KEYS).forged == (KPU.name,)


def test_a_key_is_known_by_name_and_id_together() -> None:
    head = Checkpoint("o", 1, bytes(32))
    for other in (
        Signature("other.example", KPU.public.key_id, b"x" * 72),
        Signature(KPU.name, b"xxxx", b"x" * 72),
    ):
        found = check_signatures(cosign(head.with_signature(other), KPU, AT), KEYS)
        assert len(found.cosigned) == 1 and found.unknown == (other.name,)


# Reading notes


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda note: note.replace("\n7\n", "\n07\n"), "origin, size and root"),
        (lambda note: note.replace("\n7\n", "\n-7\n"), "origin, size and root"),
        (lambda note: note.replace("\n7\n", "\n" + "9" * 19 + "\n"), "cannot have"),
        (lambda note: note.replace("\n7\n", "\n" + "9" * 30 + "\n"), "origin, size and root"),
        (lambda note: "\n" + note, "origin, size and root"),
        (lambda note: note.replace("\n\n", "\n\nextension\n\n"), "empty or holds a control"),
        (lambda note: note.replace("\n\n", "\n"), "no signed note"),
        (lambda note: note[:-1], "no signed note"),
        (lambda note: note.replace("\n", "\r\n"), "CR LF"),
        (lambda note: note.replace("— ", "- "), "no signature"),
        (lambda note: note.replace("— ", "—  "), "no signature"),
        (lambda note: note + "\n", "no signed note|no signature"),
        (lambda note: note + "— x \n", "signature of 0 bytes"),
        (lambda note: note + "— x AAAA\n", "signature of 3 bytes"),
        (lambda note: note + "— x AAAAAAB=\n", "one right spelling"),
        (lambda note: note + "— x ?\n", "not base64"),
        (lambda note: note + "— a+b AAAAAAA=\n", "no signature"),
        (lambda note: note + "— x AAAAAAA=\n" * 100, "more than 100"),
        (lambda note: note.split("\n\n")[0].rsplit("\n", 1)[0] + "\n\n— x AAAAAAA=\n", "origin, size"),  # noqa: E501
        (lambda note: "", "no signed note"),
    ],
)  # fmt: skip
def test_a_malformed_checkpoint_is_refused_with_a_sentence(change, sentence: str) -> None:
    note = sign_checkpoint(LOG_KEY.name, 7, b"r" * 32, LOG_KEY)
    with pytest.raises(LogError, match=sentence):
        parse_checkpoint(change(note).encode())


def test_a_note_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(LogError, match="UTF-8"):
        parse_checkpoint(b"\xff\n1\n\n")


def test_extension_lines_are_signed_and_kept() -> None:
    head = Checkpoint(LOG_KEY.name, 7, b"r" * 32, extensions=("printed on page 3",))
    signature = Signature(LOG_KEY.name, LOG_KEY.public.key_id, LOG_KEY.sign(head.body.encode()))
    note = head.with_signature(signature).note
    assert check_signatures(parse_checkpoint(note.encode()), KEYS).by_log
    changed = note.replace("page 3", "page 4")
    assert not check_signatures(parse_checkpoint(changed.encode()), KEYS).by_log


# SEAL files


def test_a_seal_file_holds_the_leaf_hashes_since_the_one_before() -> None:
    leaves = [line.leaf for line in lines(12)]
    data = make_seal(leaves[5:], 5, checkpoint_text(leaves))
    assert data.split(b"\n")[:2] == [b"anoa-seal/1", b"from 5"]
    assert parse_seal(data).leaves == tuple(leaves[5:])


@given(st.integers(0, 9), st.integers(0, 9))
def test_what_is_parsed_comes_back_byte_for_byte(first: int, second: int) -> None:
    start, size = sorted((first, second))
    leaves = [line.leaf for line in lines(size)]
    data = make_seal(leaves[start:], start, checkpoint_text(leaves))
    assert parse_seal(data).data == data
    note = data.partition(b"\n\n")[2]
    assert parse_seal(note).data == note and parse_seal(note).from_size is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.replace(b"from 5", b"from 05"), "'from' and a number"),
        (lambda data: data.replace(b"from 5", b"from 6"), "6 to 12. and holds 7"),
        (lambda data: data.replace(b"from 5", b"from 13"), "cannot begin after entry 13"),
        (lambda data: data.replace(b"from 5\n", b"from 5\nAAAA\n"), "3 bytes where 32"),
        (lambda data: data.replace(b"from 5\n", b"from 5\n?\n"), "not base64"),
        (lambda data: data.replace(b"from 5\n", "from 5\né\n".encode()), "not ASCII"),
        (lambda data: data.replace(b"anoa-seal/1", b"anoa-seal/2"), "no signed note|origin, size"),
        (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
        (lambda data: data.partition(b"\n\n")[0], "no signed note"),
        (lambda data: b"anoa-seal/1\n\n" + data, "'from' and a number"),
        (lambda data: b"x" * ((1 << 26) + 1), "larger than"),
    ],
)
def test_a_malformed_seal_is_refused_with_a_sentence(change, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        parse_seal(change(seals()[1].data))


def test_a_seal_that_says_what_it_does_not_hold_cannot_be_made() -> None:
    head = seals()[0].checkpoint
    with pytest.raises(LogError, match="holds 0 leaf hashes"):
        SealFile(head, 0, ())
    with pytest.raises(LogError, match="carries no leaf hashes"):
        SealFile(head, None, (b"x" * 32,))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_seal_or_a_sentence(data: bytes) -> None:
    for prefix in (b"", b"anoa-seal/1\n", b"anoa-seal/1\nfrom 0\n", b"o\n1\n"):
        try:
            assert parse_seal(prefix + data).data == prefix + data
        except LogError as error:
            assert str(error)


# Keys


def test_a_key_has_the_id_of_its_name_and_its_kind() -> None:
    as_log = PublicKey("a", KeyKind.LOG, b"k" * 32)
    as_cosigner = PublicKey("a", KeyKind.COSIGNER, b"k" * 32)
    assert len({as_log.key_id, as_cosigner.key_id}) == 2
    assert parse_vkey(as_cosigner.vkey) == as_cosigner


def test_a_keys_file_has_comments_and_one_key_a_line() -> None:
    text = f"# from the meeting\n\n  {KPU.public.vkey}\r\n{KPU.public.vkey}\n"
    assert parse_keys(text.encode()) == (KPU.public,)


def test_all_problems_of_a_keys_file_are_told_at_once() -> None:
    vkey = KPU.public.vkey
    wrong_id = vkey.replace(KPU.public.key_id.hex(), "00000000")
    other_type = "a+00000000+BgAA"
    text = f"{vkey}\nnot a key\n{wrong_id}\n{other_type}\nx y+00000000+{vkey[-44:]}\na+0+\n"
    with pytest.raises(LogError) as caught:
        parse_keys(text.encode(), "keys.txt")
    problems = str(caught.value).split("\n")
    assert [line.partition(":")[0] for line in problems] == [
        f"keys.txt, line {number}" for number in (2, 3, 4, 5, 6)
    ]
    assert "does not belong to its id" in problems[1] and "a type" in problems[2]


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u202eb", "x" * 256, "a\u00a0b"])
def test_a_name_that_could_deceive_is_refused(name: str) -> None:
    with pytest.raises(LogError, match="cannot be the name of a key"):
        PublicKey(name, KeyKind.LOG, bytes(32))


def test_one_key_under_two_kinds_or_names_is_refused() -> None:
    both = PublicKey(LOG_KEY.name, KeyKind.COSIGNER, LOG_KEY.public.raw)
    with pytest.raises(LogError, match="are the same key"):
        parse_keys(f"{LOG_KEY.public.vkey}\n{both.vkey}\n".encode())
    twice = PublicKey("other.example", KeyKind.COSIGNER, KPU.public.raw)
    with pytest.raises(LogError, match="are the same key"):
        parse_keys(f"{KPU.public.vkey}\n{twice.vkey}\n".encode())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"# none\n", "holds no key"), (b"\xff", "not UTF-8"), (b"#" * (1 << 21), "larger than")],
)
def test_a_keys_file_without_keys_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        parse_keys(data)


def test_a_private_key_file_is_read_back_and_hides_its_seed() -> None:
    assert parse_private_key(key_text(BAWASLU).encode()) == BAWASLU
    assert "seed" not in repr(BAWASLU) and "x03" not in repr(BAWASLU)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("kind cosigner", "kind log"),
        lambda text: text.replace("kind cosigner", "kind king"),
        lambda text: text.replace("name bawaslu", "name other"),
        lambda text: text.replace("AwMD", "AwMA", 1),
        lambda text: text.replace("AwMD", "?", 1),
        lambda text: text.replace("anoa-key/1", "anoa-key/2"),
        lambda text: text + "more\n",
        lambda text: text[:-1],
        lambda text: "",
    ],
)
def test_a_changed_private_key_file_is_refused_without_showing_the_seed(change) -> None:
    with pytest.raises(LogError) as caught:
        parse_private_key(change(key_text(BAWASLU)).encode())
    assert "AwMD" not in str(caught.value)


def test_a_private_key_is_its_owners_only_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "kpu.key"
    write_private_key(path, KPU)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_private_key(path) == KPU
    with pytest.raises(LogError, match="never overwritten"):
        write_private_key(path, BAWASLU)
    assert read_private_key(path) == KPU
    with pytest.raises(LogError, match="cannot be made"):
        write_private_key(tmp_path / "none" / "kpu.key", KPU)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_private_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kpu.key"
    write_private_key(path, KPU)
    path.chmod(0o640)
    with pytest.raises(LogError, match="chmod 600"):
        read_private_key(path)
