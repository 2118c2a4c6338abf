"""How the files of a pack are described: fields, tables (CSV) and documents (YAML).

Reading, checking and the reference page all follow from these descriptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from anoa.pack.kinds import KINDS


class Holds(StrEnum):
    """How a field's value is arranged."""

    ONE = "one"
    LIST = "list"  # ";" in a CSV cell, a list in YAML
    MAP = "map"  # a mapping from ids of the pack's choosing (YAML only)
    TEXTS = "texts"  # one text per language of the pack
    TEXT_LISTS = "text lists"  # per language a list of texts (YAML only)
    FREE = "free"  # any JSON value (YAML only)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table or one key of a document.

    ``key`` names the set of ids that the field fills (each id once); ``names`` one that it fills
    with repeats allowed; ``refers`` the sets in one of which the value must stand; ``wildcard``
    allows ``*``, ``stand_ins`` other words in place of an id. A ``later`` column came after the
    format's first release: a header without it is read as if every cell were blank. A ``former``
    column is of earlier packs: it is read where it stands, and new packs are written without it.
    """

    name: str
    about: str
    kind: str = "text"
    required: bool = True
    holds: Holds = Holds.ONE
    key: str = ""
    names: str = ""
    refers: tuple[str, ...] = ()
    wildcard: bool = False
    stand_ins: tuple[str, ...] = ()
    later: bool = False
    former: bool = False
    choices: tuple[str, ...] = ()
    record: Record | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"there is no kind '{self.kind}'"

    def columns(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of a CSV table that the field takes: one per language for texts."""
        if self.holds is Holds.TEXTS:
            return tuple(f"{self.name}_{language}" for language in languages)
        return (self.name,)


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with fixed keys."""

    fields: tuple[Field, ...]

    @property
    def present(self) -> tuple[Field, ...]:
        """The fields that a new pack is written with."""
        return tuple(one for one in self.fields if not one.former)

    def named(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file with a fixed list of columns; ``unique`` columns together name a row."""

    file: str
    about: str
    record: Record
    required: bool = True
    unique: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file whose top is a mapping with fixed keys."""

    file: str
    about: str
    record: Record
    required: bool = True


class Row(dict[str, object]):
    """The values of one CSV row or one YAML mapping, with the line of each."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, name: str) -> int:
        """The line where the value stands, or where the row begins."""
        return self.lines.get(name, self.line)

    def rows(self, name: str) -> list[Row]:
        """The rows of a list field; empty when it is missing or unreadable."""
        value = self.get(name)
        return [one for one in value if isinstance(one, Row)] if isinstance(value, list) else []

    def row(self, name: str) -> Row:
        """The inner row; an empty one when it is missing or unreadable."""
        value = self.get(name)
        return value if isinstance(value, Row) else Row(self.file, self.line)

    def texts(self, name: str) -> list[str]:
        """The texts of a list field; empty when it is missing or unreadable."""
        value = self.get(name)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

    def numbers(self, name: str) -> list[float]:
        """The numbers of a list field; empty when it is missing or unreadable."""
        value = self.get(name)
        return [one for one in value if isinstance(one, float)] if isinstance(value, list) else []

    def text(self, name: str) -> str:
        """The text of a field; empty when it is missing, blank or unreadable."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> float | None:
        """The number of a field; None when it is missing, blank or unreadable."""
        value = self.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def all_texts(self, name: str) -> Iterator[str]:
        """Every text below a field, in whatever language or depth."""
        yield from _texts_in(self.get(name))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


@dataclass(slots=True)
class Reference:
    """A value that must stand in one of these sets of ids."""

    file: str
    line: int
    field: str
    value: str
    spaces: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """What was read of a pack so far, whether right or wrong."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    documents: dict[str, Row] = field(default_factory=dict)
    spaces: dict[str, dict[str, tuple[str, int]]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # sets of ids that could not be read in full
    references: list[Reference] = field(default_factory=list)
    strangers: list[tuple[str, int, str]] = field(default_factory=list)  # unknown names, where
    languages: tuple[str, ...] = ("en",)

    def rows(self, file: str) -> list[Row]:
        """The rows of a table; empty when it could not be read."""
        return self.tables.get(file, [])

    def document(self, file: str) -> Row:
        """The top of a document; an empty row when it could not be read."""
        return self.documents.get(file, Row(file, 0))

    def ids(self, space: str) -> dict[str, tuple[str, int]]:
        """The ids of a set, each with the file and line that names it."""
        return self.spaces.setdefault(space, {})
