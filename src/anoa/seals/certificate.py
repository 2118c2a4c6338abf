"""Certificates of deletion: what was deleted, so that anybody with the log can check it.

The entry ``deletion.certified`` holds class, number and the RFC 6962 root over the sorted names of
what was deleted. The certificate is the entry together with the names. A name is what the log
calls a submission by (a commitment), or a digest; nothing of what was deleted follows from it.
The file is text, a line each:

    {"format": "anoa-deletion/1", "operation": …}   canonical JSON (RFC 8785)
    {…}                                             the whole entry, as a line of the log
    …                                               the names, sorted, 64 hexadecimal digits each
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import rfc8785

from anoa.errors import LogError
from anoa.logfile import HiddenEntry, LogFile, parse_line, read_object
from anoa.oplog import Entry, Json
from anoa.seals.keys import PublicKey
from anoa.seals.sealfile import SealFile
from anoa.seals.tree import root_of
from anoa.seals.verdict import verify_log

FORMAT = "anoa-deletion/1"
KIND = "deletion.certified"
FIELDS = frozenset({"format", "operation"})
LARGEST = 64 << 20  # bytes of a file
HEX = re.compile(r"[0-9a-f]{64}\Z")


def root_over(names: Iterable[str]) -> str:
    """The root over names in hex, whatever their order.

    >>> root_over(["11" * 32, "00" * 32]) == root_over(["00" * 32, "11" * 32])
    True
    """
    return root_of([bytes.fromhex(name) for name in sorted(set(names))]).hex()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was deleted by one step: the entry that says so, and the names."""

    operation: str
    entry: Entry
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.entry.kind != KIND:
            raise LogError(f"its entry is {self.entry.kind} and no certificate of deletion")
        if list(self.names) != sorted(set(self.names)) or not all(map(HEX.match, self.names)):
            raise LogError("its names must be sorted, each once, of 64 hexadecimal digits")

    @property
    def klass(self) -> str:
        """The class of what was deleted."""
        return str(self.entry.data["class"])

    @property
    def root(self) -> str:
        """The root over the names, as the entry says it."""
        return str(self.entry.data["root"])

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        head = rfc8785.dumps({"format": FORMAT, "operation": self.operation})
        lines = [head, rfc8785.dumps(self.entry.as_json()), *(one.encode() for one in self.names)]
        return b"\n".join(lines) + b"\n"

    @property
    def problem(self) -> str:
        """Why names and entry do not go together; empty when they do."""
        if self.entry.data["deleted"] != len(self.names):
            return f"it names {len(self.names)} things, and its entry counts another number"
        if root_over(self.names) != self.root:
            return "its names do not give the root that its entry holds: names were changed"
        return ""


def parse_certificate(data: bytes, name: str = "") -> Certificate:
    """The certificate in these bytes; LogError with the reason for anything else."""
    try:
        if len(data) > LARGEST:
            raise LogError("it is too large for a certificate")
        head, line, *names = data.splitlines()
        told = read_object(head)
        if set(told) != FIELDS or told["format"] != FORMAT:
            raise LogError("it is no certificate of deletion, or of a newer anoa")
        entry, _leaf = parse_line(line, int(read_object(line)["seq"]))
        if not isinstance(entry, Entry):
            raise LogError("its entry is a hidden one")
        found = Certificate(str(told["operation"]), entry, tuple(map(_ascii, names)))
        if found.problem:
            raise LogError(found.problem)
    except (LogError, KeyError, TypeError, ValueError) as error:
        raise LogError(f"{name or 'the certificate'} cannot be read: {error}") from error
    return found


def _ascii(line: bytes) -> str:
    return line.decode("ascii", "replace")


def read_certificate(path: Path) -> Certificate:
    """The certificate in a file; LogError when it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}") from error
    return parse_certificate(data, str(path))


@dataclass(frozen=True, slots=True)
class CertificateVerdict:
    """What a check of a certificate against a log found.

    ``in_log`` counts the names by which entries of this copy of the log call a submission; entries
    that the copy hides are not among them. ``sealed_to`` is how far seals with trusted keys reach.
    """

    certificate: Certificate
    problems: tuple[str, ...] = ()
    in_log: int = 0
    sealed_to: int = 0
    hidden: int = 0

    @property
    def ok(self) -> bool:
        """Whether the log holds this certificate unchanged."""
        return not self.problems

    @property
    def is_sealed(self) -> bool:
        """Whether a checked seal covers the entry."""
        return self.ok and self.certificate.entry.seq <= self.sealed_to

    def as_json(self) -> dict[str, Json]:
        """The verdict as a JSON object."""
        entry = self.certificate.entry
        return {
            "ok": self.ok, "sealed": self.is_sealed, "problems": list(self.problems),
            "certificate": entry.subject, "seq": entry.seq, "class": self.certificate.klass,
            "count": len(self.certificate.names), "in_log": self.in_log,
            "sealed_to": self.sealed_to, "hidden": self.hidden,
        }  # fmt: skip


@dataclass(slots=True)
class _Found:
    problems: list[str] = field(default_factory=list)
    in_log: int = 0


def verify_certificate(
    certificate: Certificate, log: LogFile, seals: Sequence[SealFile] = (),
    keys: Sequence[PublicKey] = (),
) -> CertificateVerdict:  # fmt: skip
    """Whether the log holds the certificate, and seals cover it; needs no database."""
    found = _Found()
    _compare(certificate, log, found)
    sealed_to = 0
    if seals:
        verdict = verify_log(log, list(seals), list(keys))
        sealed_to = verdict.sealed_to
        if not verdict.ok:
            found.problems.append(f"the log does not agree with its seals: {verdict.problem}")
    hidden = len(log.lines) - len(log.entries)
    return CertificateVerdict(
        certificate, tuple(found.problems), found.in_log, sealed_to, hidden
    )  # fmt: skip


def _compare(certificate: Certificate, log: LogFile, found: _Found) -> None:
    entry, names = certificate.entry, frozenset(certificate.names)
    if certificate.operation != log.header.operation:
        found.problems.append(f"it is of {certificate.operation}, the log of another operation")
        return
    if entry.seq > len(log.lines):
        found.problems.append(f"the log ends before entry {entry.seq}")
        return
    line = log.lines[entry.seq - 1]
    if line.leaf != entry.leaf:
        said = "hidden and another" if isinstance(line, HiddenEntry) else "another"
        found.problems.append(f"entry {entry.seq} of the log is {said}: one of them was changed")
    found.in_log = sum(one.data.get("submission") in names for one in log.entries)
