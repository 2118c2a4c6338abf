"""SEAL files: a checkpoint, and before it the leaf hashes of all entries since the previous one.

    anoa-seal/1
    from 120
    <base64 leaf hash of entry 121>
    …
                                      (empty line)
    <the checkpoint, a signed note>

A bare checkpoint is a SEAL file too: it proves as much, but cannot name the entry that differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from anoa.errors import LogError
from anoa.logfile import HASH_BYTES, decode64, encode64
from anoa.seals.checkpoint import SIZE, Checkpoint, cosign, parse_checkpoint
from anoa.seals.keys import PrivateKey, read_bytes

FORMAT = "anoa-seal/1"
SEAL_LIMIT = 1 << 26


@dataclass(frozen=True, slots=True)
class SealFile:
    """A digital seal of the record as it lies in a file.

    ``from_size`` is the size of the previous seal and ``leaves`` the hashes of the entries since;
    a bare checkpoint has None and none. ``name`` is for sentences only.
    """

    checkpoint: Checkpoint
    from_size: int | None = None
    leaves: tuple[bytes, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        start, size = self.from_size, self.checkpoint.size
        if start is None and self.leaves:
            raise LogError("a bare checkpoint carries no leaf hashes")
        if start is not None and not 0 <= start <= size:
            raise LogError(f"a seal of {size} entries cannot begin after entry {start}")
        if start is not None and len(self.leaves) != size - start:
            raise LogError(
                f"the seal says {size - start} entries ({start} to {size}) "
                f"and holds {len(self.leaves)} leaf hashes"
            )
        if any(len(leaf) != HASH_BYTES for leaf in self.leaves):
            raise LogError("a leaf hash of the seal is not 32 bytes long")

    @property
    def size(self) -> int:
        """How many entries of the log it covers."""
        return self.checkpoint.size

    @property
    def title(self) -> str:
        """What sentences call it."""
        return f"the seal at {self.size}" + (f" ({self.name})" if self.name else "")

    @property
    def data(self) -> bytes:
        """The bytes of the file; what was parsed comes back byte for byte."""
        note = self.checkpoint.note.encode()
        if self.from_size is None:
            return note
        head = (FORMAT, f"from {self.from_size}", *map(encode64, self.leaves))
        return "\n".join(head).encode() + b"\n\n" + note

    def cosigned(self, key: PrivateKey, at: datetime) -> SealFile:
        """The seal with one more cosignature."""
        return replace(self, checkpoint=cosign(self.checkpoint, key, at))


def make_seal(leaves_since: Sequence[bytes], from_size: int, checkpoint: str) -> bytes:
    """The bytes of a SEAL file: the leaf hashes after ``from_size``, and the signed checkpoint."""
    head = parse_checkpoint(checkpoint.encode())
    return SealFile(head, from_size, tuple(leaves_since)).data


def parse_seal(data: bytes, name: str = "") -> SealFile:
    """The seal of a file's bytes; LogError when malformed. Nothing is verified yet."""
    what = f"the seal {name}".rstrip()
    if len(data) > SEAL_LIMIT:
        raise LogError(f"{what} is larger than {SEAL_LIMIT} bytes: that is no seal")
    if data.startswith(b"\xef\xbb\xbf"):
        raise LogError(f"{what} begins with a byte order mark: an editor changed it")
    try:
        if data.startswith(FORMAT.encode() + b"\n"):
            return _with_leaves(data, name, what)
        return SealFile(parse_checkpoint(data, what), name=name)
    except UnicodeDecodeError as error:
        raise LogError(f"{what} is not ASCII above its checkpoint") from error


def _with_leaves(data: bytes, name: str, what: str) -> SealFile:
    head, _, note = data.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    label, _, size = "".join(lines[1:2]).partition(" ")
    if label != "from" or not SIZE.match(size):
        raise LogError(f"{what} must say 'from' and a number on its second line")
    checkpoint = parse_checkpoint(note, what)
    try:
        hashes = tuple(decode64(leaf, HASH_BYTES) for leaf in lines[2:])
        return SealFile(checkpoint, int(size), hashes, name)
    except LogError as error:
        raise LogError(f"{what}: {error}") from error


def read_seal(path: Path) -> SealFile:
    """The seal of a file on disk."""
    return parse_seal(read_bytes(path, SEAL_LIMIT), path.name)
