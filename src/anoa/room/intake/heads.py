"""Heads of columns: which field of a form each is, and which columns are left out, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from anoa.errors import NotAllowed, Saying
from anoa.forms import Field, FieldType, Form, asks_for
from anoa.forms.values import PLACES
from anoa.pack import Pack
from anoa.room.intake.tables import Row, cell_text
from anoa.screening import find_persons

OUT, ID = "", "@id"  # left out; the row's own number
SHARE = 0.2  # of the cells: a column that so often names persons is left out
SAMPLE = 200  # rows that are looked at
NUMBERS = ("number", "no", "id", "nr")
# Which field a line with such a label of ``messages.yaml`` may be.
LABELLED: Mapping[str, tuple[str, ...]] = {
    "date": ("observed_at",), "time": ("observed_at",), "what": ("threat_type",),
    "place": ("sub_district", "region"), "place_class": ("place_class",),
    "at_risk": ("at_risk",), "obtained": ("obtained",), "station": ("polling_station",),
    "situation": ("account",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which field each column is, by head, and what is the same for all rows, by field.

    One column may be the row's own number.
    """

    columns: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that each row has from somewhere."""
        return frozenset({*self.columns.values(), *self.fixed} - {ID})

    def as_json(self) -> dict[str, dict[str, str]]:
        """As it is remembered."""
        return {"columns": dict(self.columns), "fixed": dict(self.fixed)}

    @property
    def id_head(self) -> str:
        """The head of the column that numbers the rows; empty for none."""
        return next((head for head, name in self.columns.items() if name == ID), "")

    def heads_of(self, name: str) -> list[str]:
        """The heads of the columns that are this field."""
        return [head for head, one in self.columns.items() if one == name]


def recognised(head: Sequence[str], form: Form, pack: Pack) -> dict[str, str]:
    """The field that each head names by its words, or OUT; each field is found once.

    A time may have two columns, a day and an hour.
    """
    names = _names(form, pack)
    found: dict[str, str] = {}
    for one in head:
        words = _words(one)
        fields = names.get(words) or _within(words, names)
        free = [f for f in fields if f not in found.values() or _is_time(form, f)]
        found[one] = free[0] if free else OUT
    return found


def _names(form: Form, pack: Pack) -> dict[tuple[str, ...], list[str]]:
    """The words by which a column may be headed, with the fields that they mean."""
    names: dict[tuple[str, ...], list[str]] = {}

    def add(text: str, name: str) -> None:
        if words := _words(text):
            names.setdefault(words, []).append(name)

    for one in form.fields:
        if one.is_question:
            add(one.name, one.name)
            for label in one.label.values():
                add(label, one.name)
    known = {one.name for one in form.fields}
    groups = pack.message_words
    for group in groups.labels if groups else ():
        for name in LABELLED.get(group.id, ()):
            for word in group.words if name in known else ():
                add(word, name)
    for group in groups.levels if groups else ():
        for word in group.words:
            if (name := "sub_district" if group.id == "sub_district" else "region") in known:
                add(word, name)
    return names


def _within(words: tuple[str, ...], names: Mapping[tuple[str, ...], list[str]]) -> list[str]:
    """The fields of the longest name all of whose words the head has; else of the only longer one.

    A head may be short for a label: *When* for *When it was seen*.
    """
    fitting = [name for name in names if set(name) <= set(words)]
    if fitting:
        return names[max(fitting, key=len)]
    longer = {names[name][0] for name in names if words and set(words) < set(name)}
    return list(longer) if len(longer) == 1 else []


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold().replace("_", " ")))


def _is_time(form: Form, name: str) -> bool:
    one = form.field(name)
    return one is not None and one.type is FieldType.TIME


def left_out(
    head: Sequence[str], sample: Sequence[tuple[int, Row]], form: Form, pack: Pack
) -> dict[str, Saying]:
    """The columns that are never read, with the reason: they ask for or hold persons or parties."""
    found = recognised(head, form, pack)
    reasons: dict[str, Saying] = {}
    for number, one in enumerate(head):
        place = _is_place(form, found[one])
        what = asks_for(one, pack.form_words)
        if what and not (place and _words(one)[-1:] != _words(one)[:1]):
            reasons[one] = Saying("its head asks for {what}", what=what)
        elif kinds := _kinds([cell_text(row[number]) for _n, row in sample[:SAMPLE]], pack):
            reasons[one] = Saying("it holds {what}", what=", ".join(kinds))
    return reasons


def _is_place(form: Form, name: str) -> bool:
    one = form.field(name)
    return one is not None and one.type in PLACES


def _kinds(cells: Sequence[str], pack: Pack) -> list[str]:
    """What a column holds of persons, when many of its cells do."""
    filled = [cell for cell in cells if cell]
    hits = [{one.kind for one in found} for cell in filled
            if (found := find_persons(cell[:500], pack.words))]  # fmt: skip
    if not hits or len(hits) < SHARE * len(filled):
        return []
    return sorted(set().union(*hits))


def checked(
    mapping: Mapping[str, Mapping[str, str]], head: Sequence[str], refused: Mapping[str, Saying],
    form: Form,
) -> Assignment:  # fmt: skip
    """A mapping that a person chose (``columns``, ``fixed``); raises NotAllowed for a wrong one."""
    columns, fixed = mapping.get("columns", {}), mapping.get("fixed", {})
    known = {one.name for one in form.fields if one.is_question}
    chosen = {one: columns.get(one, OUT) for one in head if one not in refused}
    for name in (*chosen.values(), *fixed):
        if name not in (OUT, ID) and name not in known:
            raise NotAllowed("the form has no field '{name}'", name=name)
    for name in _twice(chosen):
        if name == ID or not _is_time(form, name):
            raise NotAllowed("two columns are the same field: {name}", name=name)
    if not any(name not in (OUT, ID) for name in chosen.values()):
        raise NotAllowed("no column is a field of the form: choose at least one")
    same = {name: value for name, value in fixed.items()
            if value and name not in chosen.values()}  # fmt: skip
    return Assignment({one: name for one, name in chosen.items() if name}, same)


def _twice(chosen: Mapping[str, str]) -> Iterator[str]:
    names = [name for name in chosen.values() if name]
    yield from sorted({name for name in names if names.count(name) > 1})


def missing(assignment: Assignment, form: Form) -> list[Field]:
    """The fields that every answer needs and no row has."""
    return [one for one in form.fields if one.required and one.when is None
            and one.name not in assignment.fields]  # fmt: skip


def fixable(columns: Mapping[str, str], form: Form) -> list[Field]:
    """The choices that every answer needs and no column is: one value may hold for all rows."""
    return [one for one in form.fields if one.required and one.type is FieldType.CHOICE
            and one.name not in columns.values()]  # fmt: skip
