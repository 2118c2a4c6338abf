"""Keys of a digital seal of the record: the log's own, and those of the institutions that cosign.

Public keys are C2SP verifier keys ("vkeys"), ``name+hex key id+base64(type || key)``; a private
key lies in a small text file of its own, readable by its owner only. A log key (type 0x01) and a
cosigner key (type 0x04) never share a seed. Source: https://c2sp.org/signed-note.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from anoa.errors import LogError
from anoa.logfile import check_name, decode64, encode64, shown

KEY_FORMAT = "anoa-key/1"
KEY_FILE_LIMIT = 1 << 20
SEED_BYTES = 32


class KeyKind(StrEnum):
    """What a key signs: the log's own checkpoints, or an institution's cosignatures."""

    LOG = "log"
    COSIGNER = "cosigner"


TYPE_BYTE = {KeyKind.LOG: 0x01, KeyKind.COSIGNER: 0x04}
KIND_OF = {byte: kind for kind, byte in TYPE_BYTE.items()}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A verifier key: whose it is, what it may sign, and its 32 bytes.

    >>> PublicKey("log.example", KeyKind.LOG, bytes(32)).vkey
    'log.example+f3e73440+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """

    name: str
    kind: KeyKind
    raw: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "kind", KeyKind(self.kind))
        if len(self.raw) != SEED_BYTES:
            raise LogError(f"the key of {shown(self.name)} has {len(self.raw)} bytes instead of 32")

    @property
    def typed(self) -> bytes:
        """The type byte and the key, as key ids and vkeys carry them."""
        return bytes([TYPE_BYTE[self.kind]]) + self.raw

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand before each of its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.typed).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as one line of a keys file."""
        return f"{self.name}+{self.key_id.hex()}+{encode64(self.typed)}"

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Whether the 64-byte Ed25519 signature over the message is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A signing key; its seed never appears in its repr."""

    name: str
    kind: KeyKind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        object.__setattr__(self, "kind", KeyKind(self.kind))
        if len(self.seed) != SEED_BYTES:
            raise LogError(f"the seed of {shown(self.name)} has {len(self.seed)} bytes, not 32")

    @property
    def public(self) -> PublicKey:
        """The verifier key that belongs to it."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return PublicKey(self.name, self.kind, key.public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature (RFC 8032) over the message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def parse_vkey(text: str) -> PublicKey:
    """The public key of one vkey; LogError when it is malformed or of a type anoa does not use.

    >>> parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").kind
    <KeyKind.LOG: 'log'>
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise LogError(f"{shown(text)} is not a key: write name+id+key, as anoa keys prints it")
    name, key_id, typed = parts[0], parts[1], decode64(parts[2])
    if not typed or typed[0] not in KIND_OF:
        raise LogError(
            f"the key of {shown(name)} is of a type that anoa does not read: "
            "it reads Ed25519 log keys (0x01) and cosigner keys (0x04)"
        )
    key = PublicKey(name, KIND_OF[typed[0]], typed[1:])
    if key.key_id.hex() != key_id:
        raise LogError(f"the key of {shown(name)} does not belong to its id {shown(key_id)}")
    return key


def parse_keys(data: bytes, file: str = "the keys file") -> tuple[PublicKey, ...]:
    """The public keys of a keys file: one vkey a line, ``#`` begins a comment line.

    Raises LogError with a sentence for each bad line, and when one key stands under two names or
    kinds: cosignatures do not commit to the name, so a shared key would count twice.
    """
    problems, keys = [], list[PublicKey]()
    for number, line in enumerate(_text_of(data, file).split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            keys.append(parse_vkey(line.strip()))
        except LogError as error:
            problems.append(f"{file}, line {number}: {error}")
    problems += [f"{file}: {twin}" for twin in _shared_keys(keys)]
    if not keys and not problems:
        problems.append(f"{file} holds no key: put one vkey on each line, as anoa keys prints it")
    if problems:
        raise LogError("\n".join(problems))
    return tuple(dict.fromkeys(keys))


def _shared_keys(keys: Sequence[PublicKey]) -> list[str]:
    first: dict[bytes, PublicKey] = {}
    return [
        f"{shown(key.name)} ({key.kind}) and {shown(first[key.raw].name)} "
        f"({first[key.raw].kind}) are the same key: each name and kind needs a key of its own"
        for key in keys
        if first.setdefault(key.raw, key) != key
    ]


def _text_of(data: bytes, file: str) -> str:
    if len(data) > KEY_FILE_LIMIT:
        raise LogError(f"{file} is larger than {KEY_FILE_LIMIT} bytes: that is no keys file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LogError(f"{file} is not UTF-8 text") from error


def read_keys(path: Path) -> tuple[PublicKey, ...]:
    """The public keys of a keys file on disk."""
    return parse_keys(read_bytes(path, KEY_FILE_LIMIT), str(path))


def read_bytes(path: Path, limit: int) -> bytes:
    """At most ``limit`` bytes and one more of a file; LogError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}") from error


def key_text(key: PrivateKey) -> str:
    """The contents of a private key file."""
    lines = (KEY_FORMAT, f"kind {key.kind}", f"name {key.name}", f"seed {encode64(key.seed)}")
    return "\n".join(lines) + f"\nvkey {key.public.vkey}\n"


def parse_private_key(data: bytes, file: str = "the key file") -> PrivateKey:
    """The signing key of a private key file; LogError when anything in it does not fit."""
    lines = _text_of(data, file).split("\n")
    labels = [line.partition(" ")[0] for line in lines]
    if labels != [KEY_FORMAT, "kind", "name", "seed", "vkey", ""]:
        raise LogError(f"{file} is not a private key file of anoa ({KEY_FORMAT})")
    kind, name, seed, vkey = (line.partition(" ")[2] for line in lines[1:5])
    if kind not in set(KeyKind):
        raise LogError(f"{file} holds a key of unknown kind {shown(kind)}")
    try:
        key = PrivateKey(name, KeyKind(kind), decode64(seed, SEED_BYTES))
    except LogError as error:  # the sentence of decode64 would print the seed
        raise LogError(f"{file} holds no usable name and seed: make a new key") from error
    if key.public.vkey != vkey:
        raise LogError(f"{file} was changed: its vkey does not belong to its seed")
    return key


def write_private_key(path: Path, key: PrivateKey) -> None:
    """Create the key file, mode 0600; LogError when something is there: keys are never replaced."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise LogError(f"{path} exists: a key is never overwritten, choose another file") from error
    except OSError as error:
        raise LogError(f"{path} cannot be made: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(key_text(key))
            file.flush()
            os.fsync(handle)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a key would only stand in the way of a whole one
        raise LogError(f"{path} cannot be written: {error.strerror or error}") from error


def read_private_key(path: Path) -> PrivateKey:
    """The signing key of a file on disk; LogError also when others than its owner may read it."""
    data = read_bytes(path, KEY_FILE_LIMIT)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise LogError(f"{path} can be read by others than its owner: run chmod 600 {path}")
    return parse_private_key(data, str(path))
