"""Rows of a table: each as a submission of a form, and what is wrong with it, cell by cell.

A cell is never guessed: what may be read in two ways is told. A bad row is kept for a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from anoa.errors import AnoaError, Saying
from anoa.forms import Field, FieldType, Form
from anoa.forms.answers import Places, read_answers
from anoa.forms.values import LISTED, PLACES
from anoa.oplog import Json
from anoa.pack import Pack
from anoa.room.intake.heads import Assignment, missing
from anoa.room.intake.storing import vault
from anoa.room.intake.tables import Cell, Row, cell_text, is_formula
from anoa.room.intake.values import Arrival, Channel

GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+\Z")
COMMA = re.compile(r"\d+,\d+\Z")
DAY = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})")
HOUR = re.compile(r"(?<![\d/.-])(\d{1,2})[.:](\d{2})(?:[.:]\d{2})?(?![\d/-])")
VALUE_LIMIT = 200  # characters of a value in the list of faults
CHOICES_TOLD = 8


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, what, and what would be right."""

    row: int
    column: str
    value: str
    what: Saying
    hint: Saying


@dataclass(frozen=True, slots=True)
class RowRead:
    """One row: what it says field by field, what is wrong, and what is kept of it.

    ``is_short`` where a field that every answer needs is in no column.
    """

    number: int
    fields: Mapping[str, Json]
    faults: tuple[Fault, ...]
    sender_id: str
    body: bytes
    is_short: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it needs no person."""
        return not self.faults and not self.is_short


@dataclass(frozen=True)
class Reader:
    """Reads the rows of one table by one mapping."""

    head: tuple[str, ...]
    assignment: Assignment
    form: Form
    pack: Pack
    places: Places
    language: str = ""
    _seen: dict[str, int] = field(default_factory=dict)

    @cached_property
    def _columns(self) -> dict[str, list[int]]:
        """The places of the columns by field, in the order of the form."""
        return {
            one.name: [self.head.index(head) for head in heads]
            for one in self.form.fields if (heads := self.assignment.heads_of(one.name))
        }  # fmt: skip

    def read(self, number: int, row: Row) -> RowRead:
        """Read one row; its number is the one that a person sees in the file."""
        raw: dict[str, Json] = dict(self.assignment.fixed)
        said: dict[str, AnoaError] = {}
        for name, at in self._columns.items():
            one = self.form.field(name)
            cells = [row[place] for place in at if cell_text(row[place])]
            if one is None or not cells:
                continue
            try:
                raw[name] = self._value(one, cells, raw)
            except AnoaError as error:
                raw[name], said[name] = " ".join(map(cell_text, cells)), error
        read = read_answers(self.form, raw, self.places, ZoneInfo(self.pack.time_zone))
        short = [one.name for one in self._missing if one.name in read.wrong]
        wrong = {name: why for name, why in {**read.wrong, **said}.items() if name not in short}
        faults = [self._fault(number, row, name, why) for name, why in wrong.items()]
        sender_id, twin = self._identity(number, row)
        if twin is not None:
            faults.append(twin)
        cells_kept = {
            head: cell_text(row[self.head.index(head)]) for head in self.assignment.columns
        }
        kept = {"form": self.form.id, "cells": cells_kept, "fixed": dict(self.assignment.fixed)}
        body = msgspec.json.encode(kept, order="sorted")
        return RowRead(number, raw, tuple(faults), sender_id, body, bool(short))

    @cached_property
    def _missing(self) -> list[Field]:
        return missing(self.assignment, self.form)

    def whole_faults(self, row: int) -> list[Fault]:
        """What is wrong with every row alike, told once at the head of the table."""
        hint = Saying("choose a column, or one value for all rows")
        what = Saying("no column is this field, so every row waits for a person")
        return [
            Fault(row, self.pack.text(one.label, self.language), "", what, hint)
            for one in self._missing
        ]

    # One cell

    def _value(self, one: Field, cells: Sequence[Cell], before: Mapping[str, Json]) -> Json:
        if any(is_formula(cell) for cell in cells):
            raise AnoaError("a formula stands here: it is never computed")
        if one.type is FieldType.TIME:
            return self._time(cells)
        text = cell_text(cells[0])
        if one.type in (FieldType.COUNT, FieldType.AMOUNT):
            return _number(cells[0], text)
        if one.type in LISTED:
            return self._choice(one, text)
        if one.type in PLACES:
            return self._place(one, text, before)
        return text

    def _time(self, cells: Sequence[Cell]) -> str:
        """Day and time of one column or two, as ISO text; what is short of either is left as is."""
        day, hour = "", ""
        for cell in cells:
            if isinstance(cell, datetime):
                return cell.isoformat(timespec="minutes")
            if isinstance(cell, date):
                day = cell.isoformat()
            elif isinstance(cell, time):
                hour = cell.isoformat(timespec="minutes")
            else:
                found = self._day_and_hour(str(cell).strip())
                day, hour = found[0] or day, found[1] or hour
        said = f"{day}T{hour}" if day and hour else day or hour
        return said or " ".join(map(cell_text, cells))

    def _day_and_hour(self, text: str) -> tuple[str, str]:
        if re.match(r"\d{4}-\d{2}-\d{2}T", text):  # ISO already, perhaps with an offset
            return text[:10], text[11:]
        day = DAY.search(text)
        rest = text.replace(day[0], " ") if day else text
        hour = HOUR.search(rest)
        return (
            self._iso_day(day) if day else "",
            f"{int(hour[1]):02d}:{hour[2]}" if hour and int(hour[1]) < 24 else "",
        )

    def _iso_day(self, found: re.Match[str]) -> str:
        words = self.pack.message_words
        order = "ymd" if len(found[1]) == 4 else words.date_order if words else ""
        if not order:
            raise AnoaError("write a day and a time, as in 2024-11-27T07:00")
        part = dict(zip(order, (int(one) for one in found.groups()), strict=True))
        year = part["y"] + 2000 if part["y"] < 100 else part["y"]
        try:
            return date(year, part["m"], part["d"]).isoformat()
        except ValueError:
            raise AnoaError("there is no such day") from None

    def _choice(self, one: Field, text: str) -> str:
        """The ids of what is written, by id or by any of the pack's words for it."""
        known = self._choices[one.name]
        if one.type is FieldType.CHOICE:
            return known.get(_plain(text), text)
        parts = [part.strip() for part in re.split(r"[;,|\n]", text) if part.strip()]
        return ";".join(known.get(_plain(part), part.replace(" ", "-")) for part in parts)

    @cached_property
    def _choices(self) -> dict[str, dict[str, str]]:
        return {
            one.name: {
                _plain(name): choice.id
                for choice in one.choices for name in (*choice.name.values(), choice.id)
            }
            for one in self.form.fields if one.type in LISTED
        }  # fmt: skip

    def _place(self, one: Field, text: str, before: Mapping[str, Json]) -> str:
        """The code of a place that is named by code, or by a name that only one place has."""
        known = text in self.pack.regions or text in self.pack.sub_districts
        if known or one.type is FieldType.POLLING_STATION:
            return text
        of = self._named[one.type].get(self._stripped(text), set())
        within = str(before.get("region", ""))
        fitting = {code for code in of if not within or self.places.lies_in(code, within)}
        if len(fitting or of) > 1:
            raise AnoaError("several places are called '{value}'", value=text[:40])
        return next(iter(fitting or of), text)

    @cached_property
    def _named(self) -> dict[FieldType, dict[str, set[str]]]:
        found: dict[FieldType, dict[str, set[str]]] = {
            FieldType.REGION: {}, FieldType.SUB_DISTRICT: {},
        }  # fmt: skip
        for region in self.pack.regions.values():
            found[FieldType.REGION].setdefault(self._stripped(region.name), set()).add(region.code)
        for one in self.pack.sub_districts.values():
            names = found[FieldType.SUB_DISTRICT]
            names.setdefault(self._stripped(one.name), set()).add(one.code)
        return found

    @cached_property
    def _levels(self) -> tuple[str, ...]:
        words = self.pack.message_words
        groups = words.levels if words else ()
        return tuple(_plain(word) for group in groups for word in group.words)

    def _stripped(self, name: str) -> str:
        """A name without the word before it that says what kind of place it is."""
        plain = _plain(name)
        first, _, rest = plain.partition(" ")
        return rest if rest and first in self._levels else plain

    # The row as a whole

    def _identity(self, number: int, row: Row) -> tuple[str, Fault | None]:
        """The row's own id, by its column or as a keyed digest, and a fault when it came before."""
        id_head = self.assignment.id_head
        own = cell_text(row[self.head.index(id_head)]) if id_head else ""
        if own:
            plain = len(own) <= 60 and own.isprintable()
            ident = f"{self.form.id}/{own}" if plain else f"own-{vault().digest(own.encode())[:40]}"
        else:
            said = [self.form.id, sorted(zip(self.head, map(cell_text, row), strict=True))]
            ident = f"row-{vault().digest(msgspec.json.encode(said))[:40]}"
        before = self._seen.setdefault(ident, number)
        if before == number:
            return ident, None
        hint = Saying("choose a column that numbers the rows, if they are two")
        what = Saying("the same as row {n}: it is taken once", n=before)
        return ident, Fault(number, id_head, own[:VALUE_LIMIT], what, hint)

    def _fault(self, number: int, row: Row, name: str, why: AnoaError) -> Fault:
        heads = self.assignment.heads_of(name)
        value = " ".join(cell_text(row[self.head.index(head)]) for head in heads)
        what = Saying(why.sentence or str(why), **why.values)
        return Fault(number, ", ".join(heads) or name, value[:VALUE_LIMIT], what, self._hint(name))

    def _hint(self, name: str) -> Saying:
        one = self.form.field(name)
        if one is None:
            return Saying("leave it out")
        if one.type in PLACES:
            return Saying("write the code, or the full name that only one place has")
        if one.type in LISTED:
            names = [self.pack.text(choice.name, self.language) for choice in one.choices]
            more = " …" if len(names) > CHOICES_TOLD else ""
            return Saying("write one of: {list}", list="; ".join(names[:CHOICES_TOLD]) + more)
        if one.type in (FieldType.COUNT, FieldType.AMOUNT):
            return Saying("write the number in figures without separators")
        if one.type is FieldType.TIME:
            return Saying("write day and time, as in 2024-11-27 07:00")
        return Saying("mend the cell")

    def arrival(self, read: RowRead, agency: str, member: str) -> Arrival:
        """The submission that a row is; one with faults waits for a person."""
        problems = tuple(
            Saying("row {row}, column {column}: {what}", row=one.row, column=one.column,
                   what=one.what)
            for one in read.faults
        )  # fmt: skip
        return Arrival(
            read.sender_id, self.form.id, self.form.version, Channel.FILE, scope_of(agency),
            agency, member, read.body, read.fields, (), None, problems,
        )  # fmt: skip


def scope_of(agency: str) -> str:
    """What stands for a token with all rows that an institution brings, so that each comes once."""
    whole = f"file-{agency}"
    return whole if len(whole) <= 40 else f"file-{vault().digest(agency.encode())[:32]}"


def _number(cell: Cell, text: str) -> Json:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return text
    if GROUPED.match(text):
        raise AnoaError("this may be thousands or a fraction")
    return text.replace(",", ".") if COMMA.match(text) else text


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w.+/]+", text.casefold().replace("_", " ").replace("-", " ")))
