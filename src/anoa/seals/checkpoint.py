"""Signed notes and checkpoints: the signed head of a log, and the cosignatures under it.

A signed note is text, a blank line, and signature lines "— name base64(key id || signature)". A
checkpoint is a note whose text is origin, size and root of the tree, a line each. Sources:
https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anoa.errors import LogError
from anoa.logfile import HASH_BYTES, decode64, encode64, shown
from anoa.oplog import instant_text
from anoa.seals.keys import KeyKind, PrivateKey, PublicKey

SIGNATURE_LIMIT = 100
SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
SIZE_LIMIT = (1 << 63) - 1
COSIGNATURE_BYTES = 8 + 64
LINE_START = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the name and id of the key that claims it, and the raw bytes."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, without its newline."""
        return f"{LINE_START}{self.name} {encode64(self.key_id + self.value)}"

    def claims(self, key: PublicKey) -> bool:
        """Whether name and id are those of the key; whether it is true, ``checked`` says."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at a size, with the signatures under it (not yet checked).

    ``extensions`` are further lines of the signed text, which anoa keeps and does not read.
    """

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...] = ()
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = (self.origin, *self.extensions)
        if any(not line or "\n" in line or _CONTROL.search(line) for line in lines):
            raise LogError("a line of the checkpoint is empty or holds a control character")
        if not 0 <= self.size <= SIZE_LIMIT:
            raise LogError(f"a log cannot have {self.size} entries")
        if len(self.root) != HASH_BYTES:
            raise LogError(f"the root of the checkpoint has {len(self.root)} bytes, not 32")
        if len(self.signatures) > SIGNATURE_LIMIT:
            raise LogError(f"the checkpoint has more than {SIGNATURE_LIMIT} signatures")

    @property
    def body(self) -> str:
        """The signed text."""
        lines = (self.origin, str(self.size), encode64(self.root), *self.extensions)
        return "\n".join(lines) + "\n"

    @property
    def note(self) -> str:
        """The whole signed note."""
        return self.body + "\n" + "".join(f"{one.line}\n" for one in self.signatures)

    def with_signature(self, signature: Signature) -> Checkpoint:
        """The checkpoint with one more signature at its end."""
        return replace(self, signatures=(*self.signatures, signature))


@dataclass(frozen=True, slots=True, order=True)
class Cosigned:
    """A valid cosignature: at ``time`` (seconds since 1970) the log seen had this head."""

    size: int
    name: str
    time: int

    def as_json(self) -> dict[str, object]:
        """The JSON object with keys name, size, at."""
        return {"name": self.name, "size": self.size, "at": unix_text(self.time)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the signatures of a checkpoint are worth under a set of keys."""

    by_log: bool
    cosigned: tuple[Cosigned, ...] = ()
    forged: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def unix_text(time: int) -> str:
    """The instant as RFC 3339 text; beyond the year 9999 the plain number of seconds."""
    try:
        return instant_text(datetime.fromtimestamp(time, UTC))
    except (ValueError, OverflowError, OSError):
        return str(time)


def spoken(root: bytes) -> tuple[str, ...]:
    """The root as people read it to each other: sixteen groups of five digits, two bytes each.

    Digits have names in every language, and the whole root stands in them.

    >>> spoken(bytes([0, 7, 255, 255]))
    ('00007', '65535')
    """
    return tuple(
        f"{int.from_bytes(root[place : place + 2], 'big'):05d}" for place in range(0, len(root), 2)
    )


# Reading


def parse_note(data: bytes, what: str = "the note") -> tuple[str, tuple[Signature, ...]]:
    """The text of a signed note (with its final newline) and its signature lines, unchecked."""
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LogError(f"{what} is not UTF-8 text") from error
    if _CONTROL.search(note):
        raise LogError(f"{what} holds a control character, as of CR LF line ends")
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not text or not lines.endswith("\n"):
        raise LogError(f"{what} is no signed note: text, an empty line, and signature lines")
    signatures = lines[:-1].split("\n")
    if len(signatures) > SIGNATURE_LIMIT:
        raise LogError(f"{what} has more than {SIGNATURE_LIMIT} signatures")
    return text + "\n", tuple(_signature(line, what) for line in signatures)


def _signature(line: str, what: str) -> Signature:
    name, space, value = line.removeprefix(LINE_START).partition(" ")
    named = line.startswith(LINE_START) and space and name and "+" not in name
    if not named or any(char.isspace() for char in name):
        raise LogError(f"{what} has a line that is no signature: {shown(line)}")
    raw = decode64(value)
    if len(raw) < 5:
        raise LogError(f"{what} has a signature of {len(raw)} bytes by {shown(name)}")
    return Signature(name, raw[:4], raw[4:])


def parse_checkpoint(data: bytes, what: str = "the checkpoint") -> Checkpoint:
    """The checkpoint of a signed note; LogError when it is malformed. Signatures stay unchecked.

    >>> head = Checkpoint("log.example", 0, bytes(32), (Signature("k", b"idid", b"x"),))
    >>> parse_checkpoint(head.note.encode()) == head
    True
    """
    text, signatures = parse_note(data, what)
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not SIZE.match(lines[1]):
        raise LogError(f"{what} must say origin, size and root on its first three lines")
    try:
        root = decode64(lines[2], HASH_BYTES)
        return Checkpoint(lines[0], int(lines[1]), root, signatures, tuple(lines[3:]))
    except LogError as error:
        raise LogError(f"{what}: {error}") from error


# Signing


def sign_checkpoint(origin: str, size: int, root: bytes, key: PrivateKey) -> str:
    """The signed note of a checkpoint, under the log's own key, whose name is the origin.

    >>> key = PrivateKey("log.example", KeyKind.LOG, bytes(32))
    >>> sign_checkpoint("log.example", 0, bytes(32), key).split("\\n")[1]
    '0'
    """
    if key.kind is not KeyKind.LOG:
        raise LogError(f"the key {shown(key.name)} is a {key.kind} key: a log key signs the log")
    if key.name != origin:
        raise LogError(f"the key {shown(key.name)} cannot sign for the log {shown(origin)}")
    head = Checkpoint(origin, size, root)
    signature = Signature(key.name, key.public.key_id, key.sign(head.body.encode()))
    return head.with_signature(signature).note


def cosign(checkpoint: Checkpoint, key: PrivateKey, at: datetime) -> Checkpoint:
    """The checkpoint with the cosignature of an institution, dated ``at`` (aware, whole seconds).

    It states that the log seen by the institution, complete as of then, had this head; the caller
    must have compared. LogError when a line of this key stands there already.
    """
    if key.kind is not KeyKind.COSIGNER:
        raise LogError(f"the key {shown(key.name)} is a {key.kind} key: make a cosigner key")
    if at.tzinfo is None:
        raise LogError("the time of a cosignature needs an offset, as in +02:00 or Z")
    public, time = key.public, int(at.timestamp())
    if time < 0:
        raise LogError("the time of a cosignature must be after 1969")
    if any(one.claims(public) for one in checkpoint.signatures):
        raise LogError(f"the checkpoint has a signature of {shown(key.name)} already")
    value = time.to_bytes(8, "big") + key.sign(_cosigned_message(checkpoint, time))
    return checkpoint.with_signature(Signature(key.name, public.key_id, value))


def _cosigned_message(checkpoint: Checkpoint, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{checkpoint.body}".encode()


# Checking


def check_signatures(checkpoint: Checkpoint, keys: Iterable[PublicKey]) -> Checked:
    """Check every signature whose key is known; the others are named and count for nothing.

    ``by_log``: a valid one is by a log key named as the origin. ``forged``: names of known keys
    whose signature does not hold.
    """
    known = {(key.name, key.key_id): key for key in keys}
    by_log, cosigned, forged, unknown = False, list[Cosigned](), list[str](), list[str]()
    for one in checkpoint.signatures:
        key = known.get((one.name, one.key_id))
        if key is None:
            unknown.append(one.name)
        elif key.kind is KeyKind.COSIGNER:
            found = _cosigned(checkpoint, one, key)
            cosigned += found
            forged += [] if found else [one.name]
        elif key.signed(one.value, checkpoint.body.encode()):
            by_log = by_log or key.name == checkpoint.origin
        else:
            forged.append(one.name)
    return Checked(by_log, tuple(cosigned), tuple(forged), tuple(unknown))


def _cosigned(checkpoint: Checkpoint, one: Signature, key: PublicKey) -> Sequence[Cosigned]:
    time = int.from_bytes(one.value[:8], "big")
    if len(one.value) != COSIGNATURE_BYTES or time > SIZE_LIMIT:
        return ()
    if not key.signed(one.value[8:], _cosigned_message(checkpoint, time)):
        return ()
    return (Cosigned(checkpoint.size, one.name, time),)
