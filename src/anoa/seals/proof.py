"""Proofs that an entry lies in a sealed log, as files of the C2SP format tlog-proof.

    c2sp.org/tlog-proof@v1
    extra <base64>                    (here: what the proof is of, see ``receipt``)
    index 411
    <base64 hash of the leaf's sibling>
    …
                                      (empty line)
    <the checkpoint, a signed note>

Source: https://c2sp.org/tlog-proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from anoa.errors import LogError
from anoa.logfile import HASH_BYTES, decode64, encode64, shown
from anoa.seals.checkpoint import SIZE, Checkpoint, parse_checkpoint
from anoa.seals.keys import read_bytes
from anoa.seals.tree import verify_inclusion

FORMAT = "c2sp.org/tlog-proof@v1"
PROOF_LIMIT = 1 << 22
STEPS_LIMIT = 63  # of a tree as large as its size can be written


@dataclass(frozen=True, slots=True)
class LogProof:
    """That a leaf stands at ``index`` (from 0) under the root of a checkpoint; nothing is checked.

    ``extra`` is not covered by any signature; None when the file has no such line.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.checkpoint.size:
            raise LogError(
                f"its seal covers {self.checkpoint.size} entries, so that none has index "
                f"{self.index}"
            )
        if len(self.path) > STEPS_LIMIT or any(len(step) != HASH_BYTES for step in self.path):
            raise LogError(f"its path is not of at most {STEPS_LIMIT} hashes of 32 bytes")

    @property
    def data(self) -> bytes:
        """The bytes of the file; what was parsed comes back byte for byte."""
        head = [FORMAT]
        if self.extra is not None:
            head.append(f"extra {encode64(self.extra)}")
        head += [f"index {self.index}", *map(encode64, self.path)]
        return ("\n".join(head) + "\n\n" + self.checkpoint.note).encode()

    def holds(self, leaf: bytes) -> bool:
        """Whether it leads from that leaf hash to the root of its checkpoint."""
        head = self.checkpoint
        return verify_inclusion(leaf, self.index, head.size, self.path, head.root)


def parse_proof(data: bytes, what: str = "the proof") -> LogProof:
    """The proof of a file's bytes; LogError when malformed. Nothing is verified yet."""
    if len(data) > PROOF_LIMIT:
        raise LogError(f"{what} is larger than {PROOF_LIMIT} bytes: that is no proof")
    head, blank, note = data.partition(b"\n\n")
    if not data.startswith(FORMAT.encode() + b"\n") or not blank:
        raise LogError(f"{what} must begin with the line {FORMAT} and end with a checkpoint")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise LogError(f"{what} is not ASCII above its checkpoint") from error
    checkpoint = parse_checkpoint(note, what)
    try:
        return _parsed(lines[1:], checkpoint)
    except LogError as error:
        raise LogError(f"{what}: {error}") from error


def _parsed(lines: list[str], checkpoint: Checkpoint) -> LogProof:
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode64(lines.pop(0).removeprefix("extra "))
    label, _, index = (lines or [""])[0].partition(" ")
    if label != "index" or not SIZE.match(index):
        raise LogError(f"'index' and a number must stand where {shown((lines or [''])[0])} is")
    path = tuple(decode64(line, HASH_BYTES) for line in lines[1:])
    return LogProof(int(index), path, checkpoint, extra)


def read_proof(path: Path) -> LogProof:
    """The proof of a file on disk."""
    return parse_proof(read_bytes(path, PROOF_LIMIT), path.name)
