"""Receipt files: proof for a sender, who has no account, that a sealed log holds what he sent.

The entry that files a submission names it by a commitment: SHA-256 over a label, 32 secret bytes
(the opening) and the SHA-256 of the bytes that were sent. Without the opening nobody can try
guesses of what was sent; with it the sender shows that this entry is of his bytes and no others.
A receipt file is a ``LogProof`` whose extra data is one canonical JSON object with these keys:

    format       "anoa-receipt/1"
    submission   the commitment, 64 hexadecimal digits, as the entry has it
    opening      base64 of the 32 bytes; null for what an earlier anoa stored
    sha256       of the bytes that were sent, 64 hexadecimal digits; null when they are deleted
    entry        the whole entry; null when it is not for the sender's eyes
    leaf         base64 of the leaf hash of that entry; null when the entry is there
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import rfc8785

from anoa.errors import LogError
from anoa.logfile import (
    HASH_BYTES,
    HiddenEntry,
    LogFile,
    decode64,
    encode64,
    parse_line,
    read_object,
)
from anoa.oplog import Entry, Json
from anoa.seals.checkpoint import Checked, Cosigned, check_signatures
from anoa.seals.keys import KeyKind, PublicKey
from anoa.seals.proof import LogProof, parse_proof, read_proof
from anoa.seals.sealfile import SealFile

FORMAT = "anoa-receipt/1"
FIELDS = frozenset({"format", "submission", "opening", "sha256", "entry", "leaf"})
LABEL = b"anoa-submission/1\n"
OPENING_BYTES = 32
HEX = re.compile(r"[0-9a-f]{64}\Z")


def commitment_to(opening: bytes, sha256: str) -> str:
    """How an entry names a submission, in hex: binding for the room, and no guess of its content.

    >>> commitment_to(bytes(32), "00" * 32)[:16]
    '3c0dc2c6251170cb'
    """
    return hashlib.sha256(LABEL + opening + bytes.fromhex(sha256)).hexdigest()


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """What a sender is handed once the entry of his submission is sealed."""

    proof: LogProof
    submission: str
    opening: bytes | None
    sha256: str | None
    entry: Entry | None
    leaf: bytes

    def __post_init__(self) -> None:
        if not HEX.match(self.submission) or not HEX.match(self.sha256 or "0" * 64):
            raise LogError("its hashes must be 64 hexadecimal digits")
        if self.opening is not None and len(self.opening) != OPENING_BYTES:
            raise LogError(f"its opening has {len(self.opening)} bytes, not {OPENING_BYTES}")
        if self.entry is not None and self.entry.seq != self.seq:
            raise LogError(f"its entry is {self.entry.seq}, and its proof of entry {self.seq}")

    @property
    def seq(self) -> int:
        """The number of the entry."""
        return self.proof.index + 1


def make_receipt(
    proof: LogProof, entry: Entry | HiddenEntry, submission: str,
    opening: bytes | None, sha256: str | None,
) -> bytes:  # fmt: skip
    """The bytes of a receipt file; of a hidden entry only the leaf hash stands in it."""
    seen = isinstance(entry, Entry)
    told: dict[str, Json] = {
        "format": FORMAT, "submission": submission, "sha256": sha256,
        "opening": None if opening is None else encode64(opening),
        "entry": entry.as_json() if seen else None,
        "leaf": None if seen else encode64(entry.leaf),
    }  # fmt: skip
    whole = LogProof(proof.index, proof.path, proof.checkpoint, rfc8785.dumps(told))
    parse_receipt(whole.data)  # what is handed out can be read again
    return whole.data


def parse_receipt(data: bytes, name: str = "") -> ReceiptFile:
    """The receipt of a file's bytes; LogError when malformed. Nothing is verified yet."""
    return _receipt(parse_proof(data, f"the receipt {name}".rstrip()), name)


def read_receipt(path: Path) -> ReceiptFile:
    """The receipt of a file on disk."""
    return _receipt(read_proof(path), path.name)


def _receipt(proof: LogProof, name: str) -> ReceiptFile:
    what = f"the receipt {name}".rstrip()
    if proof.extra is None:
        raise LogError(f"{what} does not say what it is of: it has no line 'extra'")
    try:
        told = read_object(proof.extra)
        if told.keys() != FIELDS or told["format"] != FORMAT:
            raise LogError(f"what it says is not in the format {FORMAT}")
        if rfc8785.dumps(told) != proof.extra:
            raise LogError("what it says is not written as RFC 8785 JSON: it was changed")
        return _told(proof, told)
    except (LogError, ValueError) as error:
        raise LogError(f"{what}: {error}") from error


def _told(proof: LogProof, told: dict[str, Json]) -> ReceiptFile:
    for key in ("submission", "opening", "sha256", "leaf"):
        if not isinstance(told[key], str) and not (told[key] is None and key != "submission"):
            raise LogError(f"its {key} is not a text")
    if (told["entry"] is None) == (told["leaf"] is None):
        raise LogError("it must hold either an entry or a leaf hash")
    opening = None if told["opening"] is None else decode64(told["opening"])
    entry, leaf = None, b""
    if told["entry"] is None:
        leaf = decode64(told["leaf"], HASH_BYTES)
    else:
        line, leaf = parse_line(rfc8785.dumps(told["entry"]), proof.index + 1)
        if not isinstance(line, Entry):
            raise LogError("its entry is a hidden one")
        entry = line
    return ReceiptFile(proof, told["submission"], opening, told["sha256"], entry, leaf)


# Checking


@dataclass(frozen=True, slots=True)
class ReceiptVerdict:
    """What checking a receipt found.

    ``missing`` says what was not shown, and what would show it: a receipt with problems is refused,
    one with something missing is proved in part.
    """

    seq: int
    size: int
    origin: str
    entry: Entry | None = None
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cosigned_by: tuple[Cosigned, ...] = ()
    unknown_signatures: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.problems

    @property
    def is_whole(self) -> bool:
        """Whether it shows that what was sent is that entry of the sealed log."""
        return self.ok and not self.missing

    def as_json(self) -> dict[str, object]:
        """The JSON object that ``anoa verify-receipt --json`` prints."""
        return {
            "ok": self.ok, "whole": self.is_whole, "origin": self.origin, "seq": self.seq,
            "size": self.size, "entry": self.entry.as_json() if self.entry else None,
            "problems": list(self.problems), "missing": list(self.missing),
            "cosigned_by": [one.as_json() for one in self.cosigned_by],
            "unknown_signatures": list(self.unknown_signatures),
        }  # fmt: skip


@dataclass(slots=True)
class _Findings:
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    cosigned: set[Cosigned] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def verify_receipt(
    receipt: ReceiptFile, keys: Iterable[PublicKey], *, seals: Sequence[SealFile] = (),
    sent_sha256: str | None = None, log: LogFile | None = None,
) -> ReceiptVerdict:  # fmt: skip
    """Check a receipt against keys that the reader trusts; never raises for its content.

    ``seals`` are copies that came to the reader by another way than the receipt. ``sent_sha256`` is
    the hash of the bytes that the sender has. ``log`` is a copy of somebody who may read the entry,
    for a receipt that does not hold it.
    """
    found, known, head = _Findings(), tuple(keys), receipt.proof.checkpoint
    _signatures(found, "the receipt's seal", check_signatures(head, known), head.origin, known)
    if not receipt.proof.holds(receipt.leaf):
        found.problems.append(
            f"the proof does not lead from entry {receipt.seq} to the root of the seal: the "
            "receipt was changed, or another entry was sealed"
        )
    for seal in seals:
        _compare(found, receipt, seal, known)
    if seals and not any(_is_same_head(receipt, seal) for seal in seals):
        sizes = ", ".join(str(seal.size) for seal in seals)
        found.problems.append(
            f"the receipt is of the seal at {head.size} entries, and none of those given is "
            f"(at {sizes}): ask an institution for its copy of that seal"
        )
    entry = receipt.entry or _entry_of(found, receipt, log)
    _name(found, receipt, entry)
    _bytes(found, receipt, sent_sha256)
    return ReceiptVerdict(
        receipt.seq, head.size, head.origin, entry, tuple(dict.fromkeys(found.problems)),
        tuple(found.missing), tuple(sorted(found.cosigned)), tuple(sorted(found.unknown)),
    )  # fmt: skip


def _signatures(
    found: _Findings, what: str, checked: Checked, origin: str, keys: Sequence[PublicKey]
) -> None:
    found.cosigned |= set(checked.cosigned)
    found.unknown |= set(checked.unknown)
    for name in checked.forged:
        found.problems.append(f"{what} has a signature that the key of {name!r} did not make")
    if not checked.by_log and origin not in checked.forged:
        has_key = any(key.kind is KeyKind.LOG and key.name == origin for key in keys)
        found.problems.append(
            f"{what} is not signed by the log key of {origin!r}" if has_key
            else f"the keys file has no log key named {origin!r}, which {what} needs"
        )  # fmt: skip


def _is_same_head(receipt: ReceiptFile, seal: SealFile) -> bool:
    mine, other = receipt.proof.checkpoint, seal.checkpoint
    return (mine.origin, mine.size) == (other.origin, other.size)


def _compare(
    found: _Findings, receipt: ReceiptFile, seal: SealFile, keys: Sequence[PublicKey]
) -> None:
    """What a copy of a seal, that the reader has from elsewhere, says to the receipt."""
    head, other = receipt.proof.checkpoint, seal.checkpoint
    if other.origin != head.origin:
        found.problems.append(
            f"{seal.title} is of the log {other.origin!r}, and the receipt of {head.origin!r}"
        )
        return
    if not _is_same_head(receipt, seal):
        return
    _signatures(found, seal.title, check_signatures(other, keys), other.origin, keys)
    if other.root != head.root:
        found.problems.append(
            f"{seal.title} and the receipt's seal have one size and two roots: two different logs "
            "were shown, tell the institutions"
        )


def _entry_of(found: _Findings, receipt: ReceiptFile, log: LogFile | None) -> Entry | None:
    """The entry that the receipt withholds, out of somebody's copy of the log."""
    if log is None:
        found.missing.append(
            f"entry {receipt.seq} is not in the receipt, as it is not for the sender's eyes: that "
            "it carries the submission shows --log with the copy of an institution that reads it"
        )
        return None
    line = log.lines[receipt.seq - 1] if receipt.seq <= len(log.lines) else None
    if line is None or line.leaf != receipt.leaf:
        found.problems.append(f"entry {receipt.seq} of the log is not that of the receipt")
        return None
    if isinstance(line, HiddenEntry):
        found.missing.append(
            f"entry {receipt.seq} is hidden in this copy of the log as well: ask the institution "
            "that owns it"
        )
        return None
    return line


def _name(found: _Findings, receipt: ReceiptFile, entry: Entry | None) -> None:
    if entry is not None and entry.data.get("submission") != receipt.submission:
        found.problems.append(f"entry {entry.seq} does not carry the submission of the receipt")


def _bytes(found: _Findings, receipt: ReceiptFile, sent_sha256: str | None) -> None:
    """Whether the name is of the bytes that were sent."""
    if receipt.opening is None:
        found.missing.append(
            "an earlier anoa stored the submission: its name in the log cannot be compared with "
            "what was sent"
        )
        return
    if sent_sha256 and receipt.sha256 not in (None, sent_sha256):
        found.problems.append("the receipt is of other bytes than those that were given")
        return
    if (sha256 := sent_sha256 or receipt.sha256) is None:
        found.missing.append(
            "what was sent is deleted in the room: give the bytes by --sent, or their hash by "
            "--sha256, as the first receipt says it"
        )
    elif commitment_to(receipt.opening, sha256) != receipt.submission:
        found.problems.append(
            f"entry {receipt.seq} is of another submission: its name is not made of "
            f"the hash {sha256}"
        )
