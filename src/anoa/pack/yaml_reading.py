"""Read a YAML document by its description: no aliases, no tags, no surprises, lines kept.

libyaml gives the events, in a tenth of the time of a parser in Python; the values are ours. A
plain ``no`` or ``1e3`` is the text it looks like until a field's kind says otherwise, so that no
country is ever read as false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from anoa.pack.collecting import Findings

DEEPEST = 24
MOST_NODES = 100_000
# PyYAML lets some broken escapes and directives through as plain Python errors
BROKEN = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, ArithmeticError,
    RecursionError,
)  # fmt: skip
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # some machines have no libyaml
ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class Node:
    """A scalar (``text``), a list (``items``) or a mapping (``pairs``) with its line."""

    line: int
    text: str | None = None
    plain: bool = False
    items: list[Node] | None = None
    pairs: list[tuple[Node, Node]] | None = None

    @property
    def is_blank(self) -> bool:
        """Whether it is an empty scalar or a plain null."""
        return self.text is not None and (
            self.text == "" or (self.plain and self.text in ("~", "null"))
        )

    @property
    def word(self) -> str:
        """What the node is, in a word."""
        return (
            "a text" if self.text is not None else "a list" if self.pairs is None else "a mapping"
        )


class Refused(Exception):
    """The document is not one that a pack may hold."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.hint = line, what, hint


def read_yaml(file: str, text: str, findings: Findings) -> Node | None:
    """The tree of a document, or None with a problem."""
    try:
        return _tree(_events(text))
    except Refused as refused:
        findings.add(file, refused.line, refused.what, refused.hint)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "the text is not YAML"
        findings.add(file, mark.line + 1 if mark else 0, f"this is not YAML: {what}")
    except BROKEN as error:
        findings.add(file, 0, f"this is not YAML: {error}")
    return None


def _events(text: str) -> Iterator[Event]:
    yield from yaml.parse(text, Loader=LOADER)


@dataclass(slots=True)
class _Builder:
    """The tree as it grows; ``open`` holds the lists and mappings not yet closed."""

    open: list[Node] = field(default_factory=list)
    keys: list[Node | None] = field(default_factory=list)
    root: Node | None = None
    count: int = 0

    def put(self, node: Node) -> None:
        """Add a node to what is open, as an item, a key or a value."""
        self.count += 1
        if self.count > MOST_NODES:
            raise Refused(node.line, f"the document has more than {MOST_NODES} values")
        if not self.open:
            self.root = node
        elif self.open[-1].items is not None:
            self.open[-1].items.append(node)
        else:
            self._put_pair(self.open[-1], node)

    def _put_pair(self, mapping: Node, node: Node) -> None:
        key = self.keys[-1]
        if key is None:
            if node.text is None:
                raise Refused(node.line, "a key is not a text")
            self.keys[-1] = node
            return
        assert mapping.pairs is not None
        mapping.pairs.append((key, node))
        self.keys[-1] = None

    def down(self, node: Node) -> None:
        """Open a list or a mapping."""
        self.put(node)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > DEEPEST:
            raise Refused(node.line, f"the document is nested deeper than {DEEPEST} levels")

    def up(self) -> None:
        """Close it."""
        self.open.pop()
        self.keys.pop()


def _tree(events: Iterator[Event]) -> Node | None:
    builder, documents = _Builder(), 0
    for event in events:
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        if documents > 1:
            raise Refused(line, "the file holds a second document", "one document a file")
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise Refused(line, "anchors and aliases are not allowed", "write the value again")
        if (tag := getattr(event, "tag", None)) is not None:
            raise Refused(line, f"the tag {tag} is not allowed", "write plain values")
        _grow(builder, event, line)
    return builder.root


def _grow(builder: _Builder, event: Event, line: int) -> None:
    if isinstance(event, ScalarEvent):
        if ODD.search(event.value):
            raise Refused(line, "an escape stands for a character that is not text")
        builder.put(Node(line, text=event.value, plain=bool(event.implicit[0])))
    elif isinstance(event, MappingStartEvent):
        builder.down(Node(line, pairs=[]))
    elif isinstance(event, SequenceStartEvent):
        builder.down(Node(line, items=[]))
    elif isinstance(event, MappingEndEvent | SequenceEndEvent):
        builder.up()
