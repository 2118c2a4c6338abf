"""The register of polling stations: what its keeper may import, and placeholders until then.

A register is data of an operation, not of its pack, and never public: which category a station
has, and how many officers guard it, is read by institutions only. What is unknown stays blank.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field

from anoa.errors import AnoaError

COLUMNS = ("code", "sub_district", "category", "reasons", "access_min", "signal", "power",
           "services", "pattern")  # fmt: skip
REQUIRED = ("code", "sub_district")
CATEGORIES = ("less_vulnerable", "vulnerable", "very_vulnerable")
SIGNALS = ("none", "weak", "good")
POWERS = ("none", "partial", "full")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}\Z")
WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
BARE = re.compile(r"\d+(?: ?[-–:/.] ?\d+| \d+)+\Z")  # of text whose spaces are single
NAMED = re.compile(r"([a-z_]+)\s*=\s*(\d{1,4})\Z")
MOST_ROWS = 200_000
LARGEST = 40_000_000
MOST_MINUTES = 7 * 24 * 60
MINUTES = re.compile(r"[0-9]{1,5}\Z")
LONGEST_CELL = 4_000
LONGEST_REASON = 200
MOST_PROBLEMS = 500
FIGURES = "=+-@\t\r"  # what a spreadsheet takes for a formula


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in one line of a register, and what would be right; line 0 is the whole file.

    Both are errors, so that a room can say them in the reader's language.
    """

    line: int
    what: AnoaError
    hint: AnoaError | None = None

    def __str__(self) -> str:
        return f"{self.what}" + (f" ({self.hint})" if self.hint else "")


class RegisterError(AnoaError):
    """A register of polling stations has problems; all of them at once, in ``wrongs``."""

    code = "register"

    def __init__(self, wrongs: Iterable[Wrong], file: str = "") -> None:
        self.wrongs = tuple(sorted(wrongs, key=lambda one: one.line))
        name = file or "register"
        lines = [f"{name}:{one.line}: {one}" if one.line else f"{name}: {one}"
                 for one in self.wrongs]  # fmt: skip
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class PollingStation:
    """One station of a register; None and empty mean unknown, never zero."""

    code: str
    sub_district: str
    category: str = ""
    reasons: tuple[str, ...] = ()  # why it has that category
    access_min: int | None = None  # minutes from the office of the sub-district
    signal: str = ""
    power: str = ""
    services: tuple[str, ...] = ()  # what it needs for voters
    pattern: Mapping[str, int] = field(default_factory=dict)  # such as police, stations, guards
    is_placeholder: bool = False

    @property
    def name(self) -> str:
        """What people call it within its sub-district; a placeholder is marked as one."""
        if self.is_placeholder:
            return f"{self.code.rpartition('-')[2]}?"
        return self.code.removeprefix(self.sub_district).lstrip("-._") or self.code


@dataclass(frozen=True, slots=True)
class RegisterRules:
    """What a register is checked against: sub-districts, the names of a pattern, the screening."""

    sub_districts: frozenset[str]
    pattern: tuple[str, ...] = ()
    screen: Callable[[str], tuple[str, ...]] = lambda text: ()


def placeholders(sub_district: str, count: int | None) -> tuple[PollingStation, ...]:
    """Numbered stations of a sub-district until the register is imported; none where unknown.

    >>> [one.code for one in placeholders("9.1", 2)]
    ['9.1-001', '9.1-002']
    """
    return tuple(
        PollingStation(f"{sub_district}-{number:03d}", sub_district, is_placeholder=True)
        for number in range(1, (count or 0) + 1)
    )


def digest_of(stations: Iterable[PollingStation]) -> str:
    """SHA-256, as hex, of the stations in order of code."""
    rows = [asdict(one) for one in sorted(stations, key=lambda one: one.code)]
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def read_register(content: bytes, rules: RegisterRules, file: str = "") -> list[PollingStation]:
    """The stations of a CSV file (UTF-8, a header with the names of COLUMNS in any order).

    Raises RegisterError with every problem, each with its line; then nothing is imported.
    """
    wrongs: list[Wrong] = []
    stations: list[PollingStation] = []
    first: dict[str, int] = {}
    for line, cells in _rows(content, wrongs):
        told = _Told(line, wrongs)
        station = _station(cells, rules, told)
        if station.code in first:
            told("the code {code} stands twice", "first in line {line}",
                 code=station.code, line=first[station.code])  # fmt: skip
        first.setdefault(station.code, line)
        stations.append(station)
    if not stations and not wrongs:
        _Told(0, wrongs)("the register has no row")
    more = len(wrongs) - MOST_PROBLEMS
    if more > 0:
        del wrongs[MOST_PROBLEMS:]
        _Told(0, wrongs)("there are {n} more problems", n=more)
    if wrongs:
        raise RegisterError(wrongs, file)
    return stations


@dataclass(frozen=True, slots=True)
class _Told:
    """Notes what is wrong in one line."""

    line: int
    wrongs: list[Wrong]

    def __call__(self, what: str, hint: str = "", **values: object) -> None:
        why = AnoaError(hint, **values) if hint else None
        self.wrongs.append(Wrong(self.line, AnoaError(what, **values), why))


class _Unreadable(AnoaError):
    pass


def _rows(content: bytes, wrongs: list[Wrong]) -> Iterator[tuple[int, dict[str, str]]]:
    """The cells of each row by column, with the line; what cannot be read is told."""
    reader = None
    try:
        text = _text(content)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        header = [cell.strip().casefold() for cell in next(reader, [])]
        _check_header(header)
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                raise _Unreadable("the file has more than {most} rows", most=MOST_ROWS)
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                _Told(reader.line_num, wrongs)(
                    "{n} cells stand where the header has {most}", n=len(cells), most=len(header)
                )
                continue
            yield reader.line_num, {k: v.strip() for k, v in zip(header, cells, strict=True)}
    except _Unreadable as error:
        wrongs.append(Wrong(0, error, AnoaError("columns: {names}", names=", ".join(COLUMNS))))
    except csv.Error:
        _Told(reader.line_num if reader else 0, wrongs)("this line is not CSV")


def _text(content: bytes) -> str:
    if len(content) > LARGEST:
        raise _Unreadable("the file is too large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unreadable("the file is not text in UTF-8") from None
    if "\x00" in text:
        raise _Unreadable("the file holds NUL bytes")
    return text


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return ";" if head.count(";") > head.count(",") else ","


def _check_header(header: list[str]) -> None:
    for name in REQUIRED:
        if name not in header:
            raise _Unreadable("there is no column '{name}'", name=name)
    for name in header:
        if name not in COLUMNS:
            raise _Unreadable("a register has no column '{name}'", name=name[:40])
    if len(set(header)) < len(header):
        raise _Unreadable("a column stands twice")


def _station(cells: Mapping[str, str], rules: RegisterRules, told: _Told) -> PollingStation:
    cells = {name: _fitting(name, cell, told) for name, cell in cells.items()}
    for name, cell in cells.items():
        if cell[:1] in FIGURES and cell:
            told("{name}: '{text}' begins like a formula", "write the value itself",
                 name=name, text=cell[:20])  # fmt: skip
    code, sub_district = cells["code"], cells["sub_district"]
    if not CODE.match(code):
        told("code: '{text}' is not a code", "letters, digits and . _ -", text=code[:40])
    if sub_district not in rules.sub_districts:
        told("sub_district: '{text}' is not a code of this operation", text=sub_district[:40])
    if cells.get("category", "") in CATEGORIES[1:] and not cells.get("reasons", ""):
        told("category: '{text}' stands without its reasons", "reasons, separated by ;",
             text=cells["category"][:40])  # fmt: skip
    return PollingStation(
        code, sub_district,
        _one_of("category", cells.get("category", ""), CATEGORIES, told),
        _reasons(cells.get("reasons", ""), rules, told),
        _minutes(cells.get("access_min", ""), told),
        _one_of("signal", cells.get("signal", ""), SIGNALS, told),
        _one_of("power", cells.get("power", ""), POWERS, told),
        _words("services", cells.get("services", ""), told),
        pattern_of(cells.get("pattern", ""), rules.pattern, told),
    )  # fmt: skip


def _fitting(name: str, cell: str, told: _Told) -> str:
    if len(cell) <= LONGEST_CELL:
        return cell
    told("{name}: a cell has more than {most} characters", name=name, most=LONGEST_CELL)
    return ""


def _one_of(name: str, text: str, known: tuple[str, ...], told: _Told) -> str:
    if text and text not in known:
        told("{name}: '{text}' is not allowed here", "one of {known}, or blank: unknown",
             name=name, text=text[:40], known=", ".join(known))  # fmt: skip
    return text


def _reasons(text: str, rules: RegisterRules, told: _Told) -> tuple[str, ...]:
    reasons = tuple(one.strip() for one in text.split(";") if one.strip())
    for one in reasons:
        if len(one) > LONGEST_REASON:
            told("reasons: one has more than {most} characters", most=LONGEST_REASON)
        if rules.screen(one):
            told("reasons: one may name a person or a party", "write it without")
    return reasons


def _minutes(text: str, told: _Told) -> int | None:
    if not text:
        return None
    if not MINUTES.match(text) or int(text) > MOST_MINUTES:
        told("access_min: '{text}' is not a number of minutes", "blank: unknown", text=text[:20])
        return None
    return int(text)


def _words(name: str, text: str, told: _Told) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(one.strip() for one in text.split(";") if one.strip()))
    for one in words:
        if not WORD.match(one):
            told("{name}: '{text}' is not a word of a list", "small letters, _ and -",
                 name=name, text=one[:40])  # fmt: skip
    return words


def pattern_of(text: str, names: tuple[str, ...], told: Callable[..., None]) -> dict[str, int]:
    """How many of whom guard how many stations, by name; figures without names are refused.

    >>> said = []
    >>> told = lambda what, hint="", **values: said.append((what + " " + hint).format(**values))
    >>> pattern_of("police=2; stations=10; guards=20", ("police", "stations", "guards"), told)
    {'police': 2, 'stations': 10, 'guards': 20}
    >>> pattern_of("2-10-20", ("police", "stations", "guards"), told)
    {}
    >>> "police=2; stations=10; guards=20" in said[0]
    True
    """
    if not text:
        return {}
    if not names:
        told("pattern: the pack names no parts of a pattern", "leave it blank")
        return {}
    hint = "write each with its name: {names}"
    if BARE.match(" ".join(text.split())):
        asked = re.findall(r"\d+", text)
        filled = asked if len(asked) == len(names) else ["…"] * len(names)
        example = "; ".join(f"{name}={n}" for name, n in zip(names, filled, strict=True))
        told("pattern: '{text}' does not say which figure is which", hint,
             text=text[:20], names=example)  # fmt: skip
        return {}
    example = "; ".join(f"{name}=…" for name in names)
    found: dict[str, int] = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        named = NAMED.match(part)
        if named is None or named[1] not in names or named[1] in found:
            told("pattern: '{text}' is not one of its parts", hint, text=part[:30], names=example)
            return {}
        found[named[1]] = int(named[2])
    for name in names:
        if name not in found:
            told("pattern: '{text}' is missing", hint, text=name, names=example)
    return found
