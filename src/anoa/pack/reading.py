"""What CSV and YAML reading share: one value, a list of values, ids and references to them."""

from __future__ import annotations

from collections.abc import Iterable

from anoa.pack.collecting import Findings, listed
from anoa.pack.kinds import KINDS, Unreadable, shown
from anoa.pack.schema import Draft, Field, Reference, Row

WILDCARD = "*"


def read_one(field: Field, row: Row, text: str, findings: Findings, line: int = 0) -> object:
    """The value of one text, or None with a problem."""
    if not text:
        return None
    place = line or row.line_of(field.name)
    try:
        value = KINDS[field.kind].read(text)
    except Unreadable as error:
        findings.add(row.file, place, f"{field.name}: {error.what}", error.hint)
        return None
    if field.choices and value not in field.choices:
        findings.add(
            row.file, place, f"{field.name}: {shown(text)} is not allowed here",
            "one of " + ", ".join(field.choices),
        )  # fmt: skip
        return None
    return value


def read_many(
    field: Field,
    row: Row,
    words: Iterable[tuple[str, int]],
    draft: Draft,
    findings: Findings,
) -> list[object]:
    """The values of a list; ``*`` stands for all where the field allows it."""
    values: list[object] = []
    for word, line in words:
        if word in field.stand_ins or (field.wildcard and word == WILDCARD):
            values.append(word)
            continue
        if not word:
            findings.add(row.file, line, f"{field.name}: an empty place in the list")
            continue
        value = read_one(field, row, word, findings, line)
        if value is None:
            continue
        if value in values:
            findings.add(row.file, line, f"{field.name}: {shown(word)} stands twice")
        values.append(value)
        refer(field, row.file, line, word, draft)
    if WILDCARD in values and len(values) > 1:
        findings.add(row.file, row.line_of(field.name), f"{field.name}: * stands alone")
    return values


def refer(field: Field, file: str, line: int, value: str, draft: Draft) -> None:
    """Remember that the value must stand in one of the field's sets of ids."""
    if field.refers:
        draft.references.append(Reference(file, line, field.name, value, field.refers))


def blank(field: Field, row: Row, findings: Findings, name: str = "", line: int = 0) -> None:
    """A blank value: a problem only where the field is required."""
    if field.required:
        place = line or row.line_of(field.name)
        findings.add(row.file, place, f"{name or field.name} is blank", field.about)


def register(field: Field, row: Row, draft: Draft, findings: Findings) -> None:
    """Enter the row's id into the set that the field fills; a second time is a problem."""
    value = row.get(field.name)
    if not isinstance(value, str) or not (field.key or field.names):
        if field.key and value is None:
            draft.broken.add(field.key)
        return
    place = (row.file, row.line_of(field.name))
    if field.names:
        draft.ids(field.names).setdefault(value, place)
    if field.key:
        enter(field.key, field.name, value, place, draft, findings)


def enter(
    space: str, name: str, value: str, place: tuple[str, int], draft: Draft, findings: Findings
) -> None:
    """Enter an id into a set of ids that must differ."""
    known = draft.ids(space)
    if value in known:
        findings.add(
            *place, f"{name} {shown(value)} stands twice", f"first in line {known[value][1]}"
        )
    else:
        known[value] = place


def check_references(draft: Draft, findings: Findings) -> None:
    """Every value that refers to an id must find it; a set that is not whole is left out."""
    for one in draft.references:
        if any(space in draft.broken for space in one.spaces):
            continue
        if not any(one.value in draft.ids(space) for space in one.spaces):
            known = {name for space in one.spaces for name in draft.ids(space)}
            findings.add(
                one.file, one.line,
                f"{one.field} {shown(one.value)} is not a known {_spoken(one.spaces)}",
                "known: " + listed(known) if known else "none is known",
            )  # fmt: skip


def _spoken(spaces: tuple[str, ...]) -> str:
    return " or ".join(space.replace("_", " ") for space in spaces)
