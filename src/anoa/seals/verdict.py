"""Verification: does a LOG say what its digital seals say, and if not, from which entry on?

Needs the log, the seals and the public keys, nothing else. What a seal's leaf hashes say counts
only once they have been shown to give a signed root.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from anoa.logfile import LogFile, LogScan, shown
from anoa.seals.checkpoint import Checked, Cosigned, check_signatures
from anoa.seals.keys import KeyKind, PublicKey
from anoa.seals.sealfile import SealFile
from anoa.seals.tree import Frontier, prefix_roots, root_of


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found.

    ``first_bad_seq`` is the first entry that differs, is missing or cannot be read; where only a
    bare checkpoint tells, the first of the interval that ``problem`` names. It is None when no
    entry is at fault, as with a forged signature. ``sealed_to`` is the size of the largest seal
    with a valid signature of the log, ``unsealed`` how many entries come after it.
    """

    ok: bool
    size: int
    sealed_to: int = 0
    first_bad_seq: int | None = None
    problems: tuple[str, ...] = ()
    cosigned_by: tuple[Cosigned, ...] = ()
    unknown_signatures: tuple[str, ...] = ()
    hidden: int = 0

    @property
    def problem(self) -> str | None:
        """The first problem, about the entry at ``first_bad_seq`` if there is one."""
        return self.problems[0] if self.problems else None

    @property
    def unsealed(self) -> int:
        """How many entries come after the last seal."""
        return max(0, self.size - self.sealed_to)

    def as_json(self) -> dict[str, object]:
        """The JSON object that ``anoa verify --json`` prints."""
        return {
            "ok": self.ok, "size": self.size, "sealed_to": self.sealed_to,
            "first_bad_seq": self.first_bad_seq, "problem": self.problem,
            "unsealed": self.unsealed, "cosigned_by": [one.as_json() for one in self.cosigned_by],
            "hidden": self.hidden, "unknown_signatures": list(self.unknown_signatures),
            "problems": list(self.problems),
        }  # fmt: skip


def verify_log(
    log: LogScan | LogFile, seals: Sequence[SealFile], keys: Iterable[PublicKey]
) -> Verdict:
    """Compare a log with its seals, in whatever order they come; never raises for their content.

    Each seal needs a valid signature by a log key of ``keys`` whose name is the seal's origin, and
    the origin must be that of the log. Entries after the last seal are not an error.
    """
    scan = log.scan() if isinstance(log, LogFile) else log
    known = tuple(keys)
    checked = [(seal, check_signatures(seal.checkpoint, known)) for seal in seals]
    about_seals = [p for seal, found in checked for p in _complaints(seal, found, scan, known)]
    if not seals:
        about_seals.append("no seal was given, so that nothing is proved")
    trusted = [
        (seal, found)
        for seal, found in checked
        if found.by_log and seal.checkpoint.origin == scan.header.origin
    ]
    proof = _Proof(scan.leaves)
    proof.add(sorted((seal for seal, _ in trusted), key=lambda seal: seal.size))
    first_bad, about_log = _difference(scan, proof)
    problems = (*about_log, *proof.problems, *about_seals)
    return Verdict(
        ok=not problems,
        size=len(scan.leaves),
        sealed_to=max((seal.size for seal, _ in trusted), default=0),
        first_bad_seq=first_bad,
        problems=tuple(dict.fromkeys(problems)),
        cosigned_by=tuple(sorted({one for _, found in trusted for one in found.cosigned})),
        unknown_signatures=tuple(sorted({n for _, found in checked for n in found.unknown})),
        hidden=scan.hidden,
    )


def inconsistency(log: LogScan | LogFile, seal: SealFile) -> str | None:
    """Why a seal cannot be of this copy of the log, or None; its signatures are not looked at.

    A copy that ends earlier is consistent when its entries and the leaf hashes written in the seal
    give the root together: then the log only grew.
    """
    scan = log.scan() if isinstance(log, LogFile) else log
    if (origin := seal.checkpoint.origin) != scan.header.origin:
        return _foreign(seal, origin, scan)
    if scan.faults:
        return scan.faults[0][1]
    proof = _Proof(scan.leaves)
    proof.add([seal])
    if proof.open:
        return _interval(scan, len(proof.leaves), seal, None)[0]
    if proof.problems:
        return proof.problems[0]
    first = _first_difference(scan.leaves, proof.leaves)
    return _differs(scan, first, seal.size) if first and first <= len(scan.leaves) else None


def _foreign(seal: SealFile, origin: str, scan: LogScan) -> str:
    mine = shown(scan.header.origin)
    return f"{seal.title} belongs to the log {shown(origin)}, but this log is {mine}"


def _complaints(
    seal: SealFile, found: Checked, scan: LogScan, keys: Sequence[PublicKey]
) -> list[str]:
    """What is wrong with the origin and the signatures of one seal."""
    origin, complaints = seal.checkpoint.origin, list[str]()
    if origin != scan.header.origin:
        complaints.append(_foreign(seal, origin, scan))
    for name in found.forged:
        complaints.append(
            f"{seal.title} has a signature that the key of {shown(name)} did not make"
        )
    if not found.by_log and origin not in found.forged:
        has_key = any(key.kind is KeyKind.LOG and key.name == origin for key in keys)
        complaints.append(
            f"{seal.title} is not signed by the log key of {shown(origin)}" if has_key
            else f"the keys file has no log key named {shown(origin)}, which {seal.title} needs"
        )  # fmt: skip
    return complaints


@dataclass(slots=True)
class _Proof:
    """The leaf hashes that signed roots have proved so far, seal by seal in order of size.

    ``open`` are seals whose root nothing at hand gives: the log differs somewhere below them.
    """

    log: tuple[bytes, ...]
    leaves: tuple[bytes, ...] = ()
    problems: list[str] = field(default_factory=list)
    open: list[SealFile] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)

    def add(self, seals: Sequence[SealFile]) -> None:
        """Prove what the seals prove, from the smallest to the largest."""
        roots = prefix_roots(self.log, (seal.size for seal in seals))
        undecided = []
        for seal in seals:
            if roots.get(seal.size) == seal.checkpoint.root:
                self._extend(self.log[: seal.size], seal)
            elif (found := self._found(seal)) is not None:
                self._extend(found, seal)
            else:
                undecided.append(seal)
        for seal in undecided:
            self._settle(seal)

    def _found(self, seal: SealFile) -> tuple[bytes, ...] | None:
        """The leaf hashes that the seal itself proves, on top of those that lead up to it."""
        base = None if seal.from_size is None else self._filled(seal.from_size)
        if base is None or self._root(base + seal.leaves) != seal.checkpoint.root:
            return None
        return base + seal.leaves

    def _filled(self, size: int) -> tuple[bytes, ...] | None:
        """The first ``size`` leaf hashes as proved, and beyond that as the log has them."""
        leaves = (self.leaves + self.log[len(self.leaves) :])[:size]
        return leaves if len(leaves) == size else None

    def _root(self, leaves: tuple[bytes, ...]) -> bytes:
        if leaves[: self.frontier.size] == self.leaves[: self.frontier.size]:
            return self.frontier.extend(leaves[self.frontier.size :]).root
        return root_of(leaves)

    def _extend(self, found: tuple[bytes, ...], seal: SealFile) -> None:
        """Take up leaf hashes that give the seal's root."""
        if found[: len(self.leaves)] != self.leaves:
            self.problems.append(_contradiction(seal, len(self.leaves)))
            return
        if seal.from_size is not None and found[seal.from_size :] != seal.leaves:
            self.problems.append(f"the leaf hashes written in {seal.title} do not give its root")
        self.frontier = self.frontier.extend(found[self.frontier.size :])
        self.leaves = found

    def _settle(self, seal: SealFile) -> None:
        """A seal that nothing gave at its turn: contradicted by a larger one, or still open."""
        if seal.size > len(self.leaves):
            self.open.append(seal)
        elif root_of(self.leaves[: seal.size]) != seal.checkpoint.root:
            self.problems.append(_contradiction(seal, len(self.leaves)))


def _contradiction(seal: SealFile, size: int) -> str:
    return (
        f"{seal.title} and the seal at {size} are both signed and contradict each other: "
        "no one log gives both, so the log was rewritten between them"
    )


def _difference(scan: LogScan, proof: _Proof) -> tuple[int | None, list[str]]:
    """The first entry at fault, and the sentences about the log itself, that one's first."""
    header = [what for seq, what in scan.faults if seq == 0]
    fault = next(((seq, what) for seq, what in scan.faults if seq), None)
    first, good = _first_difference(scan.leaves, proof.leaves), len(proof.leaves)
    if first is not None:
        known = fault is not None and fault[0] == first
        return first, [fault[1] if fault and known else _differs(scan, first, good), *header]
    if proof.open:
        return good + 1, [*_interval(scan, good, proof.open[0], fault), *header]
    if fault:
        return fault[0], [fault[1], *header]
    return None, header


def _first_difference(log: Sequence[bytes], proved: Sequence[bytes]) -> int | None:
    for seq, (mine, sealed) in enumerate(zip(log, proved, strict=False), start=1):
        if mine != sealed:
            return seq
    return len(log) + 1 if len(log) < len(proved) else None


def _differs(scan: LogScan, seq: int, proved: int) -> str:
    size = len(scan.leaves)
    if seq > size:
        return f"the log ends at entry {size}, but {proved} entries were sealed"
    return f"entry {seq} is not the one that was sealed"


def _interval(scan: LogScan, good: int, seal: SealFile, fault: tuple[int, str] | None) -> list[str]:
    """What a seal tells when the leaf hashes that would name the entry are not at hand."""
    size, last, what, more = len(scan.leaves), seal.size, "", list[str]()
    if fault and fault[0] <= seal.size:
        last, what = fault
    elif fault:
        more = [fault[1]]
    if not what and size < seal.size:
        what = f"the log ends at entry {size}, but {seal.title} covers {seal.size} entries"
    where = f"lies between entries {good + 1} and {last}" if good + 1 < last else f"is entry {last}"
    what = what or f"the log does not give the root of {seal.title}"
    return [f"{what}; the first difference {where}", *more]
