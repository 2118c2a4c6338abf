"""Ciphers of intake: what was sent lies encrypted at rest, and its repeats are found by a key.

The key lies in ``keys/intake.key`` of the data folder (32 random bytes, base64); from it HKDF
makes one key for each use. What is stored is ``nonce (12) | AES-256-GCM ciphertext`` with the
row's own name as associated data, so that a row that was moved by hand does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from anoa.errors import StorageError, SubmissionError
from anoa.oplog import Json
from anoa.room.intake.values import Trouble

KEY_FILE = "intake.key"
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that looks like another
TRIPLES = tuple(a + b + c for a in LETTERS for b in LETTERS for c in LETTERS)
CODES = len(LETTERS) ** 6
HALF, MASK = 15, (1 << 15) - 1
NONCE, NONCES = 12, 256


def new_key() -> bytes:
    """A fresh key as it lies in its file."""
    return base64.urlsafe_b64encode(os.urandom(32))


@dataclass(frozen=True)
class Vault:
    """Everything that is done with one key; made once for each process."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(base64.urlsafe_b64decode(self.key)) != 32:
            raise StorageError("the key of intake is no key: restore keys/")

    def _derived(self, use: bytes) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"anoa intake " + use)
        return kdf.derive(base64.urlsafe_b64decode(self.key))

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derived(b"seal"))

    @cached_property
    def _keyed(self) -> hmac.HMAC:
        return hmac.new(self._derived(b"digest"), digestmod="sha256")

    @cached_property
    def _openings(self) -> hmac.HMAC:
        return hmac.new(self._derived(b"opening"), digestmod="sha256")

    @cached_property
    def _code_key(self) -> bytes:
        return self._derived(b"code")

    # Contents

    def seal(self, name: str, content: bytes) -> bytes:
        """The content encrypted for the row of that name."""
        nonce = self._nonce()
        return nonce + self._cipher.encrypt(nonce, content, name.encode())

    def _nonce(self) -> bytes:
        """Twelve random bytes, drawn from the system many at a time."""
        try:
            return self._nonces.pop()
        except IndexError:
            drawn = os.urandom(NONCE * NONCES)
            self._nonces.extend(drawn[at : at + NONCE] for at in range(0, len(drawn), NONCE))
            return self._nonces.pop()

    @cached_property
    def _nonces(self) -> deque[bytes]:
        return deque()

    def open(self, name: str, sealed: bytes) -> bytes:
        """What ``seal`` was given; StorageError when the key or the row does not fit."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                "the key of the stored submissions does not fit: restore keys/"
            ) from error

    def digest(self, content: bytes) -> str:
        """A keyed digest in hex: equal for equal bytes, and no guess can be tried without the key.

        A plain hash of a short message could be guessed by hashing all likely messages.
        """
        keyed = self._keyed.copy()  # hmac.digest would let another thread in each time
        keyed.update(content)
        return keyed.hexdigest()

    def opening(self, name: str) -> bytes:
        """The secret 32 bytes of the row of that name that open its commitment in the log."""
        keyed = self._openings.copy()
        keyed.update(name.encode())
        return keyed.digest()

    def pack(self, name: str, fields: Mapping[str, Json], body: bytes) -> bytes:
        """What was understood and what was sent, encrypted as one."""
        said = msgspec.json.encode(fields)
        return self.seal(name, len(said).to_bytes(4) + said + body)

    def unpack(self, name: str, sealed: bytes) -> tuple[dict[str, Json], bytes]:
        """What ``pack`` was given."""
        whole = self.open(name, sealed)
        end = 4 + int.from_bytes(whole[:4])
        return msgspec.json.decode(whole[4:end]), whole[end:]

    def pack_troubles(self, name: str, troubles: Sequence[Trouble]) -> bytes:
        """Sentences that may quote what was sent, encrypted; empty for none."""
        return self.seal(name, msgspec.json.encode(troubles)) if troubles else b""

    def unpack_troubles(self, name: str, sealed: bytes) -> list[Trouble]:
        """What ``pack_troubles`` was given."""
        if not sealed:
            return []
        held = msgspec.json.decode(self.open(name, sealed))
        return [
            Trouble("", one) if isinstance(one, str) else Trouble.from_json(one) for one in held
        ]

    # Codes

    def code(self, number: int) -> str:
        """The code of a submission's number, such as ``K7M-2QX``: to be read over the phone.

        One code for each number and no order in them, so that nobody reads from his own how many
        came after it.
        """
        if not 0 < number < CODES:
            raise SubmissionError("there are no more receipt codes")
        mixed = number
        while True:
            mixed = self._mix(mixed, range(4))
            if mixed < CODES:
                break
        first, last = divmod(mixed, len(TRIPLES))
        return f"{TRIPLES[first]}-{TRIPLES[last]}"

    def number(self, code: str) -> int | None:
        """The number of a code as a person typed it; None for what is no code."""
        letters = [sign for sign in code.upper() if sign.isalnum()]
        if len(letters) != 6 or any(sign not in LETTERS for sign in letters):
            return None
        mixed = 0
        for sign in letters:
            mixed = mixed * len(LETTERS) + LETTERS.index(sign)
        while True:
            mixed = self._mix(mixed, range(3, -1, -1))
            if mixed < CODES:
                return mixed or None

    def _mix(self, value: int, rounds: Sequence[int]) -> int:
        """A keyed permutation of 30 bits: a Feistel network of four rounds, or its inverse."""
        left, right = value >> HALF, value & MASK
        if rounds[0]:  # backwards
            left, right = right, left
        for one in rounds:
            left, right = right, left ^ self._round(one, right)
        if rounds[0]:
            left, right = right, left
        return left << HALF | right

    @cached_property
    def _rounds(self) -> tuple[dict[int, int], ...]:
        return {}, {}, {}, {}  # what each round makes of a half, once it was asked

    def _round(self, one: int, half: int) -> int:
        found = self._rounds[one].get(half)
        if found is None:
            said = bytes((one,)) + half.to_bytes(2)
            mixed = hashlib.blake2b(said, key=self._code_key, digest_size=2)
            found = self._rounds[one][half] = int.from_bytes(mixed.digest()) & MASK
        return found
