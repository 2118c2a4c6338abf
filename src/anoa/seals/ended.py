"""Cosignatures that count for nothing: their key had ended when the seal was made.

The log itself tells when an institution replaced or revoked a key (``countersign_key.published``
and ``countersign_key.revoked``). A seal that covers that entry was signed after it, whatever time
a signature names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anoa.errors import LogError
from anoa.logfile import LogLine
from anoa.oplog import Entry
from anoa.seals.checkpoint import Cosigned, check_signatures
from anoa.seals.keys import PublicKey, parse_vkey
from anoa.seals.sealfile import SealFile

PUBLISHED, REVOKED = "countersign_key.published", "countersign_key.revoked"
ENDINGS = (PUBLISHED, REVOKED)


@dataclass(frozen=True, slots=True)
class Late:
    """A cosignature by a key that ended at the entry ``seq``."""

    cosigned: Cosigned
    seq: int

    def as_json(self) -> dict[str, object]:
        """The JSON object with keys name, size, at, ended_at_entry."""
        return self.cosigned.as_json() | {"ended_at_entry": self.seq}


def ended_keys(lines: Iterable[LogLine]) -> Mapping[PublicKey, int]:
    """The keys that were replaced or revoked, each with the entry that says so."""
    known: dict[str, PublicKey] = {}
    ended: dict[PublicKey, int] = {}
    for line in lines:
        if not isinstance(line, Entry) or line.kind not in ENDINGS:
            continue
        gone = line.subject if line.kind == REVOKED else line.data.get("replaces")
        if gone in known:
            ended.setdefault(known[gone], line.seq)
        if line.kind == PUBLISHED:
            try:
                known[line.subject] = parse_vkey(str(line.data.get("public")))
            except LogError:
                continue  # no key, so nothing was signed by it
    return ended


def late_cosignatures(seals: Sequence[SealFile], ended: Mapping[PublicKey, int]) -> list[Late]:
    """The cosignatures on seals that cover the entry by which their key ended."""
    found = {
        Late(one, seq)
        for key, seq in ended.items()
        for seal in seals
        if seal.size >= seq
        for one in check_signatures(seal.checkpoint, [key]).cosigned
    }
    return sorted(found, key=lambda one: (one.cosigned, one.seq))
