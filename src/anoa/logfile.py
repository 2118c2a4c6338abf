"""LOG files: the operation log as JSON Lines, written and read without room or database.

Line 1 is the header; then the entries in order from 1, or ``{seq, handling, leaf}`` where the
reader may not see the entry. ``read_log`` refuses the first thing that is wrong; ``scan_log``
reads on and says where, which is what verification needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import rfc8785

from anoa.errors import LogError
from anoa.oplog import FIELDS, SALT, Entry, Handling, Json, instant_text, parse_instant

FORMAT = "anoa-log/1"
LINE_LIMIT = 1 << 20
LOG_LIMIT = 1 << 31
DEPTH_LIMIT = 32
FAULT_LIMIT = 20
HEADER_FIELDS = ("format", "operation", "pack_digest", "time_zone", "exercise")
HIDDEN_FIELDS = ("seq", "handling", "leaf")
TEXT_FIELDS = ("at", "by", "agency", "kind", "subject", "handling", "salt")
EXERCISE_SUFFIX = "/exercise"
HASH_BYTES = 32
NAME_LIMIT = 255
HANDLINGS = frozenset(Handling)


@dataclass(frozen=True, slots=True)
class LogHeader:
    """What the log is of; the first entry repeats it, so that the seals cover it.

    >>> LogHeader("operation-7", "sha256:9f", "UTC", exercise=True).origin
    'operation-7/exercise'
    """

    operation: str
    pack_digest: str
    time_zone: str
    exercise: bool
    copy: str = ""  # whose copy the file is; no part of what is sealed

    def __post_init__(self) -> None:
        for name in ("operation", "pack_digest", "time_zone"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise LogError(f"the header's {name} must be a text that is not empty")
        if not isinstance(self.copy, str) or len(self.copy) > NAME_LIMIT:
            raise LogError(f"the header's copy must be a text of at most {NAME_LIMIT} characters")
        if not isinstance(self.exercise, bool):
            raise LogError("the header's exercise must be true or false")
        check_name(self.origin)

    @property
    def origin(self) -> str:
        """The origin line of this log's checkpoints and the name of its key.

        An exercise signs under another origin, so that its seals can never pass for real ones.
        """
        return self.operation + (EXERCISE_SUFFIX if self.exercise else "")

    def as_json(self) -> dict[str, Json]:
        """The JSON object of line 1."""
        return {
            "format": FORMAT, "operation": self.operation, "pack_digest": self.pack_digest,
            "time_zone": self.time_zone, "exercise": self.exercise,
            **({"copy": self.copy} if self.copy else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class HiddenEntry:
    """An entry that the reader may not see: its place, its handling and its leaf hash.

    The leaf proves the entry; ``handling`` is only what the sender of the file says of it.
    """

    seq: int
    handling: Handling
    leaf: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "handling", Handling(self.handling))
        if len(self.leaf) != HASH_BYTES:
            raise LogError(f"the hidden entry {self.seq} has a leaf of {len(self.leaf)} bytes")

    def as_json(self) -> dict[str, Json]:
        """The JSON object of its line."""
        return {"seq": self.seq, "handling": str(self.handling), "leaf": encode64(self.leaf)}


LogLine = Entry | HiddenEntry


@dataclass(frozen=True, slots=True)
class LogFile:
    """A whole log that was read without a fault."""

    header: LogHeader
    lines: tuple[LogLine, ...]

    def __post_init__(self) -> None:
        for place, line in enumerate(self.lines, start=1):
            if line.seq != place:
                raise LogError(f"entry {line.seq} stands where entry {place} should be")
        if self.lines and (fault := disagreement(self.header, self.lines[0])):
            raise LogError(fault)
        for before, after in zip(self.entries, self.entries[1:], strict=False):
            if after.at < before.at:
                raise LogError(f"entry {after.seq} is earlier than entry {before.seq} before it")

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries that the reader may see."""
        return tuple(line for line in self.lines if isinstance(line, Entry))

    def scan(self) -> LogScan:
        """The log as verification takes it."""
        leaves = tuple(line.leaf for line in self.lines)
        return LogScan(self.header, leaves, hidden=len(self.lines) - len(self.entries))


@dataclass(frozen=True, slots=True)
class LogScan:
    """The leaf hashes of a log, one a line, and what was wrong with its lines.

    A line that cannot be read has an empty leaf, which no seal can match. ``faults`` are pairs of
    the seq by place in the file (0 = the header) and a sentence, in order, at most 20.
    """

    header: LogHeader
    leaves: tuple[bytes, ...]
    faults: tuple[tuple[int, str], ...] = ()
    hidden: int = 0


def disagreement(header: LogHeader, first: LogLine) -> str:
    """Why the header does not go with the first entry; empty when it does."""
    if not isinstance(first, Entry):
        return "the first entry is hidden, so that the header cannot be checked against it"
    if first.kind != "operation.opened":
        return f"the log begins with {first.kind} where operation.opened should be"
    for name in HEADER_FIELDS[1:]:
        said, opened = getattr(header, name), first.data.get(name)
        if type(said) is not type(opened) or said != opened:
            return (
                f"the header says {name} {shown(str(said))}, the first entry "
                f"{shown(str(opened))}: one of them was changed"
            )
    return ""


# Writing


def write_log(fp: BinaryIO, header: LogHeader, lines: Iterable[LogLine]) -> int:
    """Write the log to a binary file and return the number of entries.

    Each entry is written as its RFC 8785 bytes, so that its leaf hash is SHA-256 over a zero byte
    and the line without its newline. Raises LogError for what could not be read again.
    """
    fp.write(_written(header, "the header") + b"\n")
    count = 0
    for count, line in enumerate(lines, start=1):
        raw = _written(line, f"entry {line.seq}")
        again, _ = parse_line(raw, count)
        if count == 1 and (fault := disagreement(header, again)):
            raise LogError(fault)
        fp.write(raw + b"\n")
    return count


def _written(line: LogHeader | LogLine, what: str) -> bytes:
    try:
        return rfc8785.dumps(line.as_json())
    except (ValueError, RecursionError) as error:
        raise LogError(f"{what} cannot be written as RFC 8785 JSON: {error}") from error


# Reading


def read_log(source: Path | BinaryIO) -> LogFile:
    """The log of a file, read strictly; LogError names the line of the first thing wrong."""
    with _opened(source) as fp:
        header = _read_header(fp)
        lines = []
        for number, raw in enumerate(_raw_lines(fp), start=2):
            try:
                lines.append(parse_line(raw, number - 1)[0])
            except LogError as error:
                raise LogError(f"line {number}: {error}") from error
    return LogFile(header, tuple(lines))


def scan_log(source: Path | BinaryIO) -> LogScan:
    """The leaf hashes of a file and its faults; LogError only when it is no log at all."""
    leaves: list[bytes] = []
    faults: list[tuple[int, str]] = []
    hidden = 0
    with _opened(source) as fp:
        header = _read_header(fp)
        for seq, raw in enumerate(_raw_lines(fp), start=1):
            try:
                line, leaf = parse_line(raw, seq)
            except LogError as error:
                leaves.append(b"")
                faults.append((seq, f"entry {seq} (line {seq + 1}): {error}"))
                continue
            leaves.append(leaf)
            hidden += isinstance(line, HiddenEntry)
            if seq == 1 and (fault := disagreement(header, line)):
                faults.append((0, fault))
    return LogScan(header, tuple(leaves), tuple(faults[:FAULT_LIMIT]), hidden)


def entries_of_kinds(source: Path | BinaryIO, kinds: Iterable[str]) -> tuple[Entry, ...]:
    """The entries of those kinds, in order; lines that cannot be read are left out.

    Only lines that name such a kind are parsed. LogError only when it is no log at all.
    """
    wanted, found = frozenset(kinds), list[Entry]()
    marks = [kind.encode() for kind in wanted]
    with _opened(source) as fp:
        _read_header(fp)
        for seq, raw in enumerate(_raw_lines(fp), start=1):
            if not any(mark in raw for mark in marks):
                continue
            with suppress(LogError):
                line = parse_line(raw, seq)[0]
                if isinstance(line, Entry) and line.kind in wanted:
                    found.append(line)
    return tuple(found)


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        fp = source.open("rb")
    except OSError as error:
        raise LogError(f"{source} cannot be read: {error.strerror or error}") from error
    with fp:
        yield fp


def _raw_lines(fp: BinaryIO) -> Iterator[bytes]:
    """The lines without their newline; an over-long one is cut after the limit and read past."""
    read = 0
    while raw := _readline(fp):
        yield raw.rstrip(b"\n") if len(raw) <= LINE_LIMIT else raw
        while len(raw) > LINE_LIMIT and not raw.endswith(b"\n"):
            raw = _readline(fp)
            read += len(raw)
            if not raw or read > LOG_LIMIT:
                break
        read += len(raw)
        if read > LOG_LIMIT:
            raise LogError(f"the log is larger than {LOG_LIMIT} bytes: that is no log of anoa")


def _readline(fp: BinaryIO) -> bytes:
    try:
        return fp.readline(LINE_LIMIT + 1)
    except OSError as error:
        raise LogError(f"the log cannot be read: {error.strerror or error}") from error


def _read_header(fp: BinaryIO) -> LogHeader:
    raw = _readline(fp)
    if not raw:
        raise LogError("the log is empty: its first line must be the header")
    try:
        fields = read_object(raw.rstrip(b"\n"))
        copy = {"copy": fields.pop("copy")} if "copy" in fields else {}
        _check_fields(fields, HEADER_FIELDS)
        fields |= copy
        if fields.pop("format") != FORMAT:
            raise LogError(f"its format is not {FORMAT}")
        return LogHeader(**fields)
    except LogError as error:
        raise LogError(f"line 1 is not the header of a log: {error}") from error


def parse_line(raw: bytes, seq: int) -> tuple[LogLine, bytes]:
    """The entry that must stand at ``seq``, and its leaf hash; LogError says what is wrong."""
    fields = read_object(raw)
    hidden = "leaf" in fields
    _check_fields(fields, HIDDEN_FIELDS if hidden else FIELDS)
    if type(fields["seq"]) is not int or fields["seq"] != seq:
        raise LogError(f"entry {shown(str(fields['seq']))} stands where entry {seq} should be")
    if _text(fields, "handling") not in HANDLINGS:
        raise LogError(f"{shown(str(fields['handling']))} is not a handling")
    if hidden:
        leaf = decode64(_text(fields, "leaf"), HASH_BYTES)
        return HiddenEntry(seq, fields["handling"], leaf), leaf
    leaf = hashlib.sha256(b"\x00" + canonical(fields)).digest()
    return _entry(fields), leaf


def _entry(fields: dict[str, Json]) -> Entry:
    for name in TEXT_FIELDS:
        _text(fields, name)
    seq, cause, at = fields["seq"], fields["cause"], _instant(fields["at"])
    if type(fields["v"]) is not int or fields["v"] < 1:
        raise LogError("its version v must be a whole number from 1")
    if cause is not None and (type(cause) is not int or not 1 <= cause < seq):
        raise LogError("its cause must be the seq of an earlier entry, or null")
    if not isinstance(fields["data"], dict):
        raise LogError("its data must be an object")
    if not SALT.match(fields["salt"]):
        raise LogError("its salt must be 32 hexadecimal digits")
    return Entry(**{**fields, "at": at})


def _instant(text: str) -> datetime:
    try:
        at = parse_instant(text)
    except OverflowError as error:  # year 1 or 9999 with an offset that leads out of the calendar
        raise LogError(f"{shown(text)} is not a time") from error
    if instant_text(at) != text:
        raise LogError(f"the time {shown(text)} is not written as {instant_text(at)}")
    return at


def _text(fields: dict[str, Json], name: str) -> str:
    value = fields[name]
    if not isinstance(value, str) or not value:
        raise LogError(f"its {name} must be a text that is not empty")
    return value


def _check_fields(fields: dict[str, Json], known: tuple[str, ...]) -> None:
    if fields.keys() != set(known):
        missing = [name for name in known if name not in fields]
        unknown = [shown(name) for name in fields if name not in known]
        parts = [f"{word} {', '.join(names[:5])}" for word, names in
                 (("it lacks", missing), ("it has the unknown", unknown)) if names]  # fmt: skip
        raise LogError(" and ".join(parts))


# JSON


def read_object(raw: bytes) -> dict[str, Json]:
    """The JSON object of a line: no duplicate keys, no NaN, not too long or too deep."""
    if len(raw) >= LINE_LIMIT:
        raise LogError(f"it is longer than {LINE_LIMIT - 1} bytes")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise LogError("it begins with a byte order mark: save the file as UTF-8 without one")
    try:
        value = _DECODER.decode(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise LogError("it is not UTF-8 text") from error
    except RecursionError as error:
        raise LogError(f"it is nested deeper than {DEPTH_LIMIT}") from error
    except ValueError as error:  # also of int() for a number of thousands of digits
        raise LogError(f"it is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise LogError("it is not a JSON object")
    if raw.count(b"[") + raw.count(b"{") > DEPTH_LIMIT and _depth(value) > DEPTH_LIMIT:
        raise LogError(f"it is nested deeper than {DEPTH_LIMIT}")
    return value


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise LogError("it has the same key twice")
    return fields


def _constant(name: str) -> Json:
    raise LogError(f"it holds {name}, which is not a number of JSON")


def _depth(value: Json) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return depth


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
# Where Python's encoder and RFC 8785 may part: a fraction or exponent, an integer of 16 digits or
# more, and a character beyond the basic plane (keys sort by UTF-16). Strings may match by chance.
# Two patterns, as one with both beginnings takes three times as long to search.
_AFTER_KEY = re.compile(r'":-?\d+(?:[.e]|(?<=\d{16}))')
_IN_LIST = re.compile(r"[\[,]-?\d+(?:[.e]|(?<=\d{16}))")


def _unsure(text: str) -> bool:
    beyond = not text.isascii() and max(text) > "\uffff"
    return beyond or bool(_AFTER_KEY.search(text) or _IN_LIST.search(text))


def canonical(fields: dict[str, Json]) -> bytes:
    """The RFC 8785 bytes of an object that came from JSON text; LogError when it has none.

    Python's own encoder gives the same bytes for nearly every entry, seven times as fast.

    >>> canonical({"b": 1, "a": [1.0, "é"]}).decode()
    '{"a":[1,"é"],"b":1}'
    """
    try:
        text = _ENCODER.encode(fields)
        return rfc8785.dumps(fields) if _unsure(text) else text.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise LogError(f"it cannot be written as RFC 8785 JSON: {error}") from error


# Text that others wrote


def shown(text: str) -> str:
    """Foreign text for a sentence: in quotes, unprintable characters escaped, at most 80 long."""
    return repr(text if len(text) <= 80 else text[:79] + "…")


def encode64(raw: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(raw).decode("ascii")


def decode64(text: str, size: int | None = None) -> bytes:
    """The bytes of strict base64, of ``size`` bytes if given; LogError when it is anything else.

    One value has one spelling, so that a file cannot change and still mean the same.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LogError(f"{shown(text)} is not base64") from error
    if encode64(raw) != text:
        raise LogError(f"{shown(text)} is not base64 in its one right spelling")
    if size is not None and len(raw) != size:
        raise LogError(f"{shown(text)} holds {len(raw)} bytes where {size} should be")
    return raw


def check_name(name: str) -> None:
    """Refuse what cannot be a key's name: it has no spaces, no plus and only printable characters.

    >>> check_name("commission.example/anoa")
    """
    fits = 0 < len(name) <= NAME_LIMIT and name.isprintable() and "+" not in name
    if not fits or any(char.isspace() for char in name):
        raise LogError(
            f"{shown(name)} cannot be the name of a key: write 1 to {NAME_LIMIT} printable "
            "characters without spaces or '+', as in commission.example/anoa"
        )
