"""Envelopes and key files: what opens, what does not, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from anoa.cli import main
from anoa.envelopes import (
    DoesNotOpen,
    Envelope,
    EnvelopeError,
    SealingSecret,
    WrongKey,
    encoded,
    fingerprint,
    is_locked,
    padded,
    public_of,
    sealed,
    unpadded,
)

KEY = SealingSecret("supervisor", "drill", bytes(range(32)))
OTHER = SealingSecret("supervisor", "drill", bytes(range(1, 33)))
PARTS = {"id": "0" * 32, "operation": "drill", "to": "supervisor"}


def test_the_library_opens_the_vector_that_rfc_9180_publishes():
    """A.1.1: base mode of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM."""
    secret = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"
    made = (
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )
    text = openssl.hpke._decrypt_with_aad(
        Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM), bytes.fromhex(made),
        X25519PrivateKey.from_private_bytes(bytes.fromhex(secret)),
        info=b"Ode on a Grecian Urn", aad=b"Count-0",
    )  # fmt: skip
    assert text == b"Beauty is truth, truth beauty"


@given(st.binary(max_size=40_000))
def test_what_was_sealed_opens_again(text):
    made = sealed(text, KEY.public, **PARTS)
    assert Envelope.parse(made.data).opened(KEY.secret) == text


def test_under_another_id_institution_operation_or_key_it_does_not_open():
    made = json.loads(sealed(b"text", KEY.public, **PARTS).data)
    for name, value in (("id", "1" * 32), ("to", "police"), ("operation", "other")):
        moved = Envelope.parse(_written(made | {name: value}))
        with pytest.raises(DoesNotOpen):
            moved.opened(KEY.secret)
    with pytest.raises(WrongKey):
        Envelope.parse(_written(made)).opened(OTHER.secret)
    with pytest.raises(DoesNotOpen):  # said to be for a key that it was not sealed to
        claimed = made | {"key": fingerprint(OTHER.public)}
        Envelope.parse(_written(claimed)).opened(OTHER.secret)


def _written(held: dict) -> bytes:
    return json.dumps(held, sort_keys=True, separators=(",", ":")).encode()


@given(st.integers(0, (16 << 10) + 47), st.integers(1, 255))
def test_one_changed_byte_keeps_it_shut(at, change):
    made = sealed(b"text", KEY.public, **PARTS)
    bent = bytearray(made.sealed)
    bent[at] ^= change
    with pytest.raises(DoesNotOpen):
        Envelope(made.id, made.key, made.operation, made.to, bytes(bent)).opened(KEY.secret)


@given(st.binary(max_size=70_000))
def test_padding_hides_the_length_and_gives_it_back(text):
    whole = padded(text)
    assert len(whole) >= 16 << 10 and not len(whole) & (len(whole) - 1)
    assert unpadded(whole) == text


def test_what_is_too_long_is_not_sealed():
    with pytest.raises(EnvelopeError, match="smaller picture"):
        padded(bytes(8 << 20))


@given(st.binary(max_size=300))
def test_bytes_at_random_are_no_envelope_and_no_key_file(data):
    for read in (Envelope.parse, SealingSecret.of_file, is_locked):
        with pytest.raises(EnvelopeError):
            read(data)


def test_a_key_file_opens_with_its_passphrase_alone():
    held = KEY.file(1, "a long passphrase", b"s" * 16, b"n" * 12)
    assert is_locked(held) and encoded(KEY.secret).encode() not in held
    assert SealingSecret.of_file(held, "a long passphrase") == KEY
    for wrong in ("", "another"):
        with pytest.raises(EnvelopeError, match="passphrase"):
            SealingSecret.of_file(held, wrong)


def test_a_damaged_key_file_says_to_use_the_other_copy():
    held = json.loads(KEY.file(1))
    without = {name: one for name, one in held.items() if name != "private"}
    exchanged = held | {"public": encoded(OTHER.public)}
    for changed in (held | {"private": encoded(bytes(31))}, exchanged, without):
        with pytest.raises(EnvelopeError, match="other copy"):
            SealingSecret.of_file(json.dumps(changed).encode())


@pytest.mark.parametrize("text", ["", "x", "A" * 44, "é" * 43, "A" * 42 + "="])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(EnvelopeError):
        public_of(text)


# -- the commands ---------------------------------------------------------------------------


def test_a_key_made_by_command_opens_on_the_same_machine(tmp_path: Path, capfd):
    one, two, words = tmp_path / "1.json", tmp_path / "2.json", tmp_path / "words"
    words.write_text("a long passphrase\n")
    made = ["keys", "sealing", "supervisor", "drill", "--out", str(one), "--copy", str(two)]
    assert main([*made, "--passphrase-file", str(words)]) == 0
    said = capfd.readouterr().out
    key = SealingSecret.of_file(two.read_bytes(), "a long passphrase")
    assert fingerprint(key.public) in said and "lost" in said
    assert [json.loads(path.read_bytes())["copy"] for path in (one, two)] == [1, 2]
    assert one.stat().st_mode & 0o777 == 0o600
    box = tmp_path / "box.json"
    box.write_bytes(sealed(b'{"a":1}', key.public, **PARTS).data + b"\n")
    assert main(["keys", "open", str(one), str(box), "--passphrase-file", str(words)]) == 0
    assert capfd.readouterr().out == '{"a":1}\n'
    assert main(["keys", "open", str(one), str(box)]) == 2
    assert "passphrase" in capfd.readouterr().err
    assert main(made) == 2  # never over a file that is there
    assert "1.json" in capfd.readouterr().err
