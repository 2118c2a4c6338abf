"""Sealed envelopes: text that only the holder of an institution's private key can open.

A browser or this module encrypts by HPKE (RFC 9180, base mode: DHKEM(X25519, HKDF-SHA256),
HKDF-SHA256, AES-256-GCM) to an institution's public key. What the text belongs to - operation,
institution, key, submission - is HPKE's ``info``: under any other it does not open. The text itself
says which form it answers. It is padded, so that its length says little.

A key file holds the private key, by itself or encrypted under a passphrase. It is made in two
copies, as a lost key is lost text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from anoa.errors import AnoaError

FORMAT, KEY_FORMAT = "anoa-sealed/1", "anoa-sealing-key/1"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
SMALLEST, LARGEST = 16 << 10, 8 << 20  # bytes of a padded text: powers of two between
OVERHEAD = 32 + 16  # the encapsulated key and the tag
ROUNDS = 600_000  # of PBKDF2-HMAC-SHA256 over a passphrase
ID = re.compile(r"[0-9a-f]{32}\Z")
FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
PARTS = ("id", "key", "operation", "to")
COPIES = (1, 2)
Raw = Mapping[str, Any]


class EnvelopeError(AnoaError):
    """What is no envelope, or does not open."""

    code = "sealed"


class WrongKey(EnvelopeError):
    """The key is not the one to which this was sealed."""

    code = "wrong_key"


class DoesNotOpen(EnvelopeError):
    """It was changed, or stands under another submission than the one it was sealed for."""

    code = "does_not_open"


def fingerprint(public: bytes) -> str:
    """What anybody compares of a public key: its SHA-256 in hex."""
    return hashlib.sha256(public).hexdigest()


def public_of(text: str) -> bytes:
    """The 32 bytes of a public key in base64url; raises EnvelopeError."""
    raw = _decoded(text)
    if len(raw) != 32:
        raise EnvelopeError("this is no sealing key: it has 43 letters")
    return raw


def encoded(raw: bytes) -> str:
    """Bytes in base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: object) -> bytes:
    try:
        if not isinstance(text, str) or re.search(r"[^A-Za-z0-9_-]", text):
            raise ValueError
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise EnvelopeError("this is not base64url") from error


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed text, with all that may be known of it before it is opened."""

    id: str  # the sender's own, of 32 hex letters, the same at every try
    key: str  # fingerprint of the key that opens it
    operation: str
    to: str  # the institution
    sealed: bytes  # the encapsulated key and the ciphertext

    def __post_init__(self) -> None:
        if not ID.match(self.id) or not FINGERPRINT.match(self.key):
            raise EnvelopeError("this is no sealed envelope: its id or its key is not one")
        size = len(self.sealed) - OVERHEAD
        if not SMALLEST <= size <= LARGEST or size & (size - 1):
            raise EnvelopeError("this is no sealed envelope: its text has no padded length")

    @classmethod
    def parse(cls, data: bytes) -> Envelope:
        """The envelope that JSON bytes hold; raises EnvelopeError."""
        held = _object(data, FORMAT, "sealed envelope")
        if set(held) != {"anoa", "sealed", *PARTS}:
            raise EnvelopeError("this is no sealed envelope: something is missing or too much")
        if not all(isinstance(held[part], str) for part in PARTS):
            raise EnvelopeError("this is no sealed envelope: a part is no text")
        parts = {part: held[part] for part in PARTS}
        found = cls(**parts, sealed=_decoded(held["sealed"]))
        if found.data != data:
            raise EnvelopeError("this is no sealed envelope: it is not written as one is")
        return found

    @property
    def data(self) -> bytes:
        """The envelope as canonical JSON (RFC 8785); there is no other way to write it."""
        said = {"anoa": FORMAT, **self._parts(), "sealed": encoded(self.sealed)}
        return rfc8785.dumps(said)

    @property
    def info(self) -> bytes:
        """What the text is bound to: the canonical JSON of everything but the text."""
        return info_of(**self._parts())

    def _parts(self) -> dict[str, str]:
        return {part: getattr(self, part) for part in PARTS}

    def opened(self, secret: bytes) -> bytes:
        """The text, by the 32 bytes of the private key.

        Raises WrongKey or DoesNotOpen.
        """
        private = X25519PrivateKey.from_private_bytes(secret)
        if fingerprint(private.public_key().public_bytes_raw()) != self.key:
            raise WrongKey(
                "this was sealed to the key {key}; the key at hand is another one", key=self.key
            )
        try:
            return unpadded(SUITE.decrypt(self.sealed, private, info=self.info))
        except (InvalidTag, ValueError) as error:
            raise DoesNotOpen(
                "this was changed, or was sealed for another submission: it does not open"
            ) from error


def info_of(**parts: str) -> bytes:
    """HPKE's ``info`` for an id, a key, an operation and an institution (``to``)."""
    return rfc8785.dumps({"anoa": FORMAT, **parts})


def sealed(text: bytes, public: bytes, *, id: str, operation: str, to: str) -> Envelope:
    """The text sealed to a public key; raises EnvelopeError when it is too long."""
    parts = {"id": id, "key": fingerprint(public), "operation": operation, "to": to}
    key = X25519PublicKey.from_public_bytes(public)
    return Envelope(**parts, sealed=SUITE.encrypt(padded(text), key, info=info_of(**parts)))


def padded(text: bytes) -> bytes:
    """The text with its length before it and zeros after it, up to a power of two.

    >>> len(padded(b"short")), unpadded(padded(b"short"))
    (16384, b'short')
    """
    size = SMALLEST
    while size < len(text) + 4:
        size *= 2
    if size > LARGEST:
        raise EnvelopeError("this is more than can be sealed at once: send a smaller picture")
    return len(text).to_bytes(4) + text + bytes(size - 4 - len(text))


def unpadded(whole: bytes) -> bytes:
    """What ``padded`` was given; ValueError for anything else."""
    end = 4 + int.from_bytes(whole[:4])
    if end > len(whole) or any(whole[end:]):
        raise ValueError("the padding is wrong")
    return whole[4:end]


# Key files


@dataclass(frozen=True, slots=True)
class SealingSecret:
    """A private key of an institution in one operation; never leaves the machine it is on."""

    agency: str
    operation: str
    secret: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        """The public key that belongs to it."""
        return X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()

    def file(self, copy: int, passphrase: str = "", salt: bytes = b"", nonce: bytes = b"") -> bytes:
        """A key file; with a passphrase it takes 16 bytes of salt and 12 of nonce, fresh ones."""
        said: dict[str, Any] = {
            "anoa": KEY_FORMAT, "agency": self.agency, "operation": self.operation, "copy": copy,
            "public": encoded(self.public), "fingerprint": fingerprint(self.public),
        }  # fmt: skip
        if not passphrase:
            return json.dumps(said | {"private": encoded(self.secret)}, indent=1).encode()
        locked = _lock(passphrase, salt, ROUNDS).encrypt(nonce, self.secret, self.public)
        said |= {"kdf": "PBKDF2-HMAC-SHA256", "rounds": ROUNDS, "salt": encoded(salt),
                 "nonce": encoded(nonce), "locked": encoded(locked)}  # fmt: skip
        return json.dumps(said, indent=1).encode()

    @classmethod
    def of_file(cls, data: bytes, passphrase: str = "") -> SealingSecret:
        """The key of a key file; raises EnvelopeError, which says what is wrong with it."""
        held = _object(data, KEY_FORMAT, "key file")
        try:
            public = public_of(held["public"])
            secret = _decoded(held["private"]) if "private" in held else _unlocked(held, passphrase)
            found = cls(str(held["agency"]), str(held["operation"]), secret)
            fits = len(secret) == 32 and found.public == public
        except KeyError as error:
            raise EnvelopeError("this key file is cut off: use the other copy") from error
        if not fits:
            raise EnvelopeError("this key file is damaged: use the other copy")
        return found


def is_locked(data: bytes) -> bool:
    """Whether a key file asks for a passphrase."""
    return "locked" in _object(data, KEY_FORMAT, "key file")


def _unlocked(held: Raw, passphrase: str) -> bytes:
    rounds = held["rounds"]
    if not isinstance(rounds, int) or not 1 <= rounds <= 10 * ROUNDS:
        raise EnvelopeError("this key file is damaged: use the other copy")
    lock = _lock(passphrase, _decoded(held["salt"]), rounds)
    try:
        return lock.decrypt(
            _decoded(held["nonce"]), _decoded(held["locked"]), public_of(held["public"])
        )
    except (InvalidTag, ValueError) as error:
        raise EnvelopeError("the passphrase does not open this key file") from error


def _lock(passphrase: str, salt: bytes, rounds: int) -> AESGCM:
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=rounds)
    return AESGCM(kdf.derive(passphrase.encode()))


def _object(data: bytes, form: str, what: str) -> dict[str, Any]:
    try:
        held = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("this is no {what}", what=what) from error
    if not isinstance(held, dict) or held.get("anoa") != form:
        raise EnvelopeError("this is no {what} of this anoa ({form})", what=what, form=form)
    return held
