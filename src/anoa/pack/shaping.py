"""Fit a YAML tree to a document's description."""

from __future__ import annotations

import math
import re

from anoa.pack.collecting import Findings
from anoa.pack.kinds import shown
from anoa.pack.reading import blank, enter, read_many, read_one, refer, register
from anoa.pack.schema import Document, Draft, Field, Holds, Record, Row
from anoa.pack.yaml_reading import Node

INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})\Z")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][+-]?[0-9]+)?\Z")


def shape_document(document: Document, node: Node, draft: Draft, findings: Findings) -> None:
    """Put the document's values into the draft; what is wrong goes to ``findings``."""
    draft.documents[document.file] = Shaper(document.file, draft, findings).record(
        document.record, node
    )


def mark_broken(record: Record, draft: Draft) -> None:
    """Note that the document's sets of ids are not whole."""
    for field in record.fields:
        draft.broken.update(name for name in (field.key, field.names) if name)
        if field.record:
            mark_broken(field.record, draft)


def free_value(node: Node) -> object:
    """Any JSON value: plain true, false, null and numbers are what they look like."""
    if node.items is not None:
        return [free_value(item) for item in node.items]
    if node.pairs is not None:
        return {key.text: free_value(value) for key, value in node.pairs}
    text = node.text or ""
    if not node.plain:
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if INTEGER.match(text):
        return int(text)
    if DECIMAL.match(text) and math.isfinite(float(text)):
        return float(text)
    return text


class Shaper:
    """Fits the trees of one file; problems and references go where they are collected."""

    def __init__(self, file: str, draft: Draft, findings: Findings) -> None:
        self.file, self.draft, self.findings = file, draft, findings

    def record(self, record: Record, node: Node) -> Row:
        """The values of a mapping with fixed keys."""
        row = Row(self.file, node.line)
        inner = self._pairs(node)
        if inner is None:
            mark_broken(record, self.draft)
            return row
        for name, (line, _) in inner.items():
            if record.named(name) is None:
                self.draft.strangers.append((self.file, line, name))
                known = ", ".join(field.name for field in record.fields)
                self.findings.add(
                    self.file, line, f"there is no key {shown(name)} here", f"keys: {known}"
                )
        for field in record.fields:
            self._fill(field, row, inner.get(field.name))
        return row

    def _pairs(self, node: Node) -> dict[str, tuple[int, Node]] | None:
        """The keys of a mapping with their lines; a key that stands twice is a problem."""
        if node.pairs is None:
            self._wrong(node, "a mapping")
            return None
        inner: dict[str, tuple[int, Node]] = {}
        for key, value in node.pairs:
            name = key.text or ""
            if name in inner:
                self.findings.add(self.file, key.line, f"the key {shown(name)} stands twice")
            inner.setdefault(name, (key.line, value))
        return inner

    def _wrong(self, node: Node, wanted: str) -> None:
        self.findings.add(self.file, node.line, f"{node.word} stands where {wanted} is needed")

    def _fill(self, field: Field, row: Row, found: tuple[int, Node] | None) -> None:
        if found is None or found[1].is_blank:
            row.lines[field.name] = found[0] if found else row.line
            row[field.name] = [] if field.holds is Holds.LIST else None
            if found is None and field.required:
                self.findings.add(
                    self.file, row.line, f"the key '{field.name}' is missing", field.about
                )
            elif found:
                blank(field, row, self.findings)
            if field.required or field.key:
                self._broken(field)
            return
        line, node = found
        row.lines[field.name] = line
        row[field.name] = self._value(field, row, node)
        register(field, row, self.draft, self.findings)

    def _broken(self, field: Field) -> None:
        mark_broken(Record((field,)), self.draft)

    def _value(self, field: Field, row: Row, node: Node) -> object:
        match field.holds:
            case Holds.TEXTS:
                return self._texts(field, row, node)
            case Holds.TEXT_LISTS:
                return self._text_lists(field, row, node)
            case Holds.LIST:
                return self._list(field, row, node)
            case Holds.MAP:
                return self._map(field, row, node)
            case Holds.FREE:
                return self._free(node)
        if field.record:
            return self.record(field.record, node)
        if node.text is None:
            self._wrong(node, "a text")
            return None
        value = read_one(field, row, node.text, self.findings, node.line)
        if value is not None:
            refer(field, self.file, node.line, node.text, self.draft)
        return value

    def _languages(self, field: Field, node: Node) -> dict[str, tuple[int, Node]]:
        """The parts of a text by language; each language of the pack must be there."""
        inner = self._pairs(node) or {}
        for language in self.draft.languages:
            if node.pairs is not None and language not in inner:
                self.findings.add(self.file, node.line, f"{field.name} has no text in '{language}'")
        for name, (line, _) in inner.items():
            if name not in self.draft.languages:
                known = ", ".join(self.draft.languages)
                self.findings.add(
                    self.file, line, f"{field.name}: {shown(name)} is not a language of the pack",
                    f"languages: {known}; a text with a comma stands in quotes",
                )  # fmt: skip
        return {name: one for name, one in inner.items() if name in self.draft.languages}

    def _texts(self, field: Field, row: Row, node: Node) -> dict[str, str]:
        texts = {}
        for language, (_, inner) in self._languages(field, node).items():
            if inner.text is None:
                self._wrong(inner, "a text")
            elif inner.is_blank:
                blank(field, row, self.findings, f"{field.name} in '{language}'", inner.line)
            else:
                text = read_one(field, row, inner.text, self.findings, inner.line)
                texts[language] = str(text or "")
        return texts

    def _text_lists(self, field: Field, row: Row, node: Node) -> dict[str, list[object]]:
        lists: dict[str, list[object]] = {}
        for language, (_, inner) in self._languages(field, node).items():
            lists[language] = self._list(field, row, inner)
        return lists

    def _list(self, field: Field, row: Row, node: Node) -> list[object]:
        if field.wildcard and node.text == "*":
            return ["*"]
        if node.items is None:
            self._wrong(node, "a list")
            self._broken(field)
            return []
        if field.record:
            return [self.record(field.record, item) for item in node.items]
        words = []
        for item in node.items:
            if item.text is None:
                self._wrong(item, "a text")
            else:
                words.append((item.text, item.line))
        return read_many(field, row, words, self.draft, self.findings)

    def _map(self, field: Field, row: Row, node: Node) -> dict[str, object]:
        """A mapping from ids of the pack's choosing to texts."""
        mapped: dict[str, object] = {}
        inner = self._pairs(node)
        if inner is None:
            self._broken(field)
            return mapped
        for name, (line, value) in inner.items():
            key = read_one(Field(field.name, field.about, "id"), row, name, self.findings, line)
            if key is None:
                self.findings.add(self.file, line, f"{field.name}: a key is blank or not an id")
                continue
            if field.key:
                enter(field.key, field.name, name, (self.file, line), self.draft, self.findings)
            mapped[name] = self._texts(field, row, value)
        return mapped

    def _free(self, node: Node) -> object:
        self._free_keys(node)
        return free_value(node)

    def _free_keys(self, node: Node) -> None:
        for inner in node.items or ():
            self._free_keys(inner)
        if node.pairs is not None:
            for _, value in (self._pairs(node) or {}).values():
                self._free_keys(value)
