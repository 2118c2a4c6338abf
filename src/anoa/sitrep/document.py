"""The document of a report: a frozen tree of plain words that every renderer prints."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import rfc8785

from anoa.oplog import Handling, Json, instant_text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One sentence or two; ``quiet`` ones are notes."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One thing with what there is to say of it; ``urgent`` ones wait for somebody's answer."""

    head: str
    lines: tuple[str, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Things under a common title, in the order in which they matter."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the columns of ``numeric`` hold numbers, and ``summed`` marks a last row of sums."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    summed: bool = False

    def __post_init__(self) -> None:
        wide = {len(row) for row in self.rows} - {len(self.head)}
        assert not wide, f"a row of '{self.caption}' has {wide} cells for {len(self.head)} columns"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture as SVG, and what it shows in words."""

    svg: str
    words: str


Block = Paragraph | Listing | Table | Drawing


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; ``id`` is an English word that links may use."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over a part of the short text, and its lines, the weightiest first."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """The short text for a messenger: lines that always stand, and parts that may be cut."""

    opening: tuple[str, ...]
    parts: tuple[Heading, ...]
    closing: tuple[str, ...]
    more: str  # what replaces lines that were cut, with {count}


@dataclass(frozen=True, slots=True)
class Sitrep:
    """A numbered report as of a seq of the log; the same log, pack and arguments give the same.

    ``notice`` is the mark of an exercise, printed on head and foot of every page (empty in a real
    operation), ``mark`` its first word, printed on every row.
    """

    report: str
    number: int
    language: str
    title: str
    letterhead: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]  # day, time, place, period, handling: label and value
    notice: str
    mark: str
    sections: tuple[Section, ...]
    brief: Brief
    page: tuple[str, str]  # the words before the page's number and before the number of pages
    handling: Handling
    as_of: datetime
    at_seq: int
    closing: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """The whole document as a JSON object; each block says its ``form``."""
        tree: dict[str, Json] = asdict(self)
        tree["handling"] = str(self.handling)
        tree["as_of"] = instant_text(self.as_of)
        tree["sections"] = [
            {"id": s.id, "title": s.title, "blocks": [_block_json(block) for block in s.blocks]}
            for s in self.sections
        ]
        return tree

    @property
    def digest(self) -> str:
        """SHA-256 of the document's RFC 8785 JSON, in 64 hexadecimal digits."""
        return hashlib.sha256(rfc8785.dumps(_plain(self.as_json()))).hexdigest()

    def section(self, name: str) -> Section | None:
        """The section with that id; None when the report has none."""
        return next((section for section in self.sections if section.id == name), None)


def _block_json(block: Block) -> dict[str, Json]:
    return {"form": type(block).__name__.lower(), **asdict(block)}


def _plain(value: Json) -> Json:
    """Tuples as lists, which is what JSON knows."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
