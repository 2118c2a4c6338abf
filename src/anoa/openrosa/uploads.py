"""A written XLSForm → a ``Form``, with everything that keeps it from being one.

pyxform reads it first, so that it is whole. What the room cannot do, or what would collect more
than answers, is a problem with its row; nothing is left out in silence. The settings sheet says
by columns of its own what XLSForm has no word for: ``anoa_becomes``, ``anoa_audience``,
``anoa_kinds``, ``anoa_handling``, ``anoa_channels``, ``anoa_owner``, ``anoa_sets`` and
``anoa_expects``
(``name=value``); several values are separated by blanks.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zipfile import ZipFile

from anoa.errors import AnoaError, DataError, PackError, Problem
from anoa.forms import (
    NO_FORM_WORDS,
    Audience,
    Becomes,
    Choice,
    Condition,
    Field,
    FieldType,
    Form,
    FormWords,
    Screen,
    Texts,
    refusals,
    refused_appearance,
    refused_types,
)
from anoa.forms.values import CHANNELS, LARGEST_COUNT, LONGEST_ANSWER
from anoa.openrosa.xforms import FILES, NONE_ABOVE, OF_PACK

LARGEST_WORKBOOK = 20 << 20  # bytes, unpacked
KINDS: Mapping[str, FieldType] = {
    "integer": FieldType.COUNT, "decimal": FieldType.AMOUNT, "text": FieldType.TEXT,
    "string": FieldType.TEXT, "datetime": FieldType.TIME, "image": FieldType.PICTURE,
    "photo": FieldType.PICTURE, "geopoint": FieldType.POINT, "note": FieldType.NOTE,
}  # fmt: skip
PLACES: Mapping[str, FieldType] = {name: kind for kind, name in FILES.items()}
COLUMNS = {
    "type", "name", "label", "hint", "required", "relevant", "constraint", "choice_filter",
    "appearance", "default", "parameters", "constraint_message", "required_message",
    "guidance_hint",
}  # fmt: skip
ELSEWHERE = ("submission_url", "public_key", "auto_send", "auto_delete", "client_editable")
YES = ("yes", "true", "true()")
LANGUAGE = re.compile(r"(?P<column>[a-z_ ]+?)(?:::?\s*(?P<language>.+))?\Z", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\(([a-z]{2,3}(?:-[a-z0-9]+)?)\)\s*\Z")
IS = re.compile(r"\$\{(\w+)\}\s*=\s*'([\w.-]+)'")
SELECTED = re.compile(r"selected\(\s*\$\{(\w+)\}\s*,\s*'([\w.-]+)'\s*\)")
BOUND = re.compile(r"(\.|string-length\(\.\)|count-selected\(\.\))\s*(>=|<=)\s*(\d+(?:\.\d+)?)\Z")
NARROWED = re.compile(r"(\w+)\s*=\s*\$\{(\w+)\}\Z")
OWN_NARROWED = re.compile(rf"\$\{{(\w+)\}} = '' or under = '{NONE_ABOVE}' or .+\Z")
Row = Mapping[str, str]


@dataclass
class _Reading:
    """One workbook while it is read: its languages, choices, and the problems so far."""

    file: str
    languages: Sequence[str]
    default: str  # the language of a column that names none
    choices: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, row: int, what: object, hint: str = "") -> None:
        self.problems.append(Problem(self.file, row, str(what), hint))

    def texts(self, row: Row, column: str) -> dict[str, str]:
        """The texts of a column in each language; of the default's where it names none."""
        found: dict[str, str] = {}
        for head, text in row.items():
            match = LANGUAGE.match(head)
            if match is None or match["column"].strip().lower() != column:
                continue
            language = self._code(match["language"])
            if language:
                found[language] = text.replace("$ {", "${").strip()
        return found

    def _code(self, name: str | None) -> str:
        if name is None:
            return self.default
        bracket = IN_BRACKETS.search(name.lower())
        code = bracket[1] if bracket else name.strip().lower()
        if code not in self.languages:
            problem = Problem(
                self.file, 1, f"the language '{name}' is none of the pack",
                f"write Name (code) with one of: {', '.join(self.languages)}",
            )  # fmt: skip
            if problem not in self.problems:
                self.problems.append(problem)
            return ""
        return code


def form_of_xlsform(
    file: str, content: bytes, languages: Sequence[str], words: FormWords = NO_FORM_WORDS
) -> Form:
    """The form that a workbook (.xlsx) says, checked for publishing.

    ``file`` names it in problems, whose lines are rows of the survey sheet. Raises PackError with
    everything that is wrong.
    """
    sheets, broken = _sheets(file, content)
    settings = (sheets.settings or [{}])[0]
    reading = _Reading(file, languages, _default(settings, languages))
    if broken:
        reading.tell(0, broken)
    for row in sheets.choices or ():
        reading.choices.setdefault(row.get("list_name", row.get("list name", "")), []).append(row)
    for name in ("entities", "osm", "external_choices"):
        if getattr(sheets, name, None):
            reading.tell(0, f"the sheet '{name}' is not read", "take it out")
    for name in ELSEWHERE:
        if settings.get(name):
            reading.tell(0, f"the setting '{name}' is not for this room", "take it out")
    form = _form(reading, settings, _screens(reading, sheets.survey or (), settings))
    rows = {row.get("name"): number for number, row in enumerate(sheets.survey or (), 2)}
    for refusal in refusals(form, words) if form else ():
        reading.tell(rows.get(refusal.field, 0), refusal, refusal.hint)
    if form is None or reading.problems:
        raise PackError(reading.problems)
    return form


def _sheets(file: str, content: bytes) -> tuple[Any, str]:
    """The sheets as pyxform reads them, and why it finds them not whole; empty when they are.

    So that what is refused stands in one list with what is broken.
    """
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import get_xlsform
    from pyxform.xls2xform import convert

    try:
        if _size(content) > LARGEST_WORKBOOK:
            raise PackError([Problem(file, 0, f"this is more than {LARGEST_WORKBOOK} bytes")])
        broken = ""
        try:
            convert(content, file_type=".xlsx", form_name="data", validate=False)
        except PyXFormError as error:
            broken = f"this is no XLSForm: {error}"
        return get_xlsform(content, file_type=".xlsx"), broken
    except PackError:
        raise
    except PyXFormError as error:
        raise PackError([Problem(file, 0, f"this is no XLSForm: {error}")]) from error
    except Exception as error:  # what a damaged workbook raises is nobody's promise
        raise PackError([Problem(file, 0, "this cannot be read as an .xlsx workbook")]) from error


def _size(content: bytes) -> int:
    """Bytes of a workbook when it is unpacked; raises BadZipFile."""
    with ZipFile(io.BytesIO(content)) as packed:
        return sum(one.file_size for one in packed.infolist())


def _default(settings: Row, languages: Sequence[str]) -> str:
    bracket = IN_BRACKETS.search(settings.get("default_language", "").lower())
    return bracket[1] if bracket and bracket[1] in languages else languages[0]


def _screens(reading: _Reading, survey: Iterable[Row], settings: Row) -> tuple[Screen, ...]:
    """Groups as screens; what stands outside of one makes a screen of its own."""
    screens: list[tuple[dict[str, str], list[Field]]] = []
    is_open = False
    for number, row in enumerate(survey, 2):
        kind = row.get("type", "").strip().lower().replace("_", " ")
        if kind in ("begin repeat", "end repeat"):
            reading.tell(number, "a group that repeats is not read", "ask for each by a form")
        elif kind == "begin group":
            if is_open:
                reading.tell(number, "a group stands within a group", "one group is one screen")
            screens.append((reading.texts(row, "label"), []))
            is_open = True
        elif kind == "end group":
            is_open = False
            screens.append((reading.texts(settings, "form_title"), []))
        elif kind and (made := _field(reading, number, row, _answers(screens))):
            if not screens:
                screens.append((reading.texts(settings, "form_title"), []))
            screens[-1][1].append(made)
    return tuple(Screen(title, tuple(fields)) for title, fields in screens if fields)


def _answers(screens: Sequence[tuple[Texts, list[Field]]]) -> dict[str, Field]:
    return {one.name: one for _title, fields in screens for one in fields}


def _field(reading: _Reading, row: int, cells: Row, before: Mapping[str, Field]) -> Field | None:
    """One row as a field, or None with problems."""
    kind = cells.get("type", "").strip()
    if refused := refused_types([kind]):
        reading.tell(row, refused[0], refused[0].hint)
        return None
    if shown := refused_appearance(cells.get("appearance", "")):
        reading.tell(row, shown.what, shown.hint)
    for head in cells:
        match = LANGUAGE.match(head)
        if match is None or match["column"].strip().lower() not in COLUMNS:
            reading.tell(row, f"the column '{head}' is not read", "take it out")
    found = _kind(kind)
    if found is None:
        known = "select_one, select_multiple, " + ", ".join(sorted(KINDS))
        reading.tell(row, f"the type '{kind}' is not read", f"use one of: {known}")
        return None
    type_, choices_of = found
    try:
        by, choices = _choices(reading, cells, type_, choices_of)
        least, most = _bounds(cells.get("constraint", ""), type_, len(choices))
        return Field(
            name=cells.get("name", ""), type=type_, label=reading.texts(cells, "label"),
            hint=reading.texts(cells, "hint"), choices=choices, by=by,
            required=type_ is not FieldType.NOTE and _is_yes(cells.get("required", "")),
            when=_condition(cells.get("relevant", "")), least=least, most=most,
            default=tuple(cells.get("default", "").split()), list=_list_of_pack(choices_of),
        )  # fmt: skip
    except DataError as error:
        reading.tell(row, error)
        return None


def _list_of_pack(name: str) -> str:
    """The list of the pack that a list of an exported form is; empty for a list of its own."""
    return name.split("__")[1] if name.startswith(OF_PACK) and name.count("__") > 1 else ""


def _is_yes(text: str) -> bool:
    return text.strip().lower() in YES


def _kind(kind: str) -> tuple[FieldType, str] | None:
    """The type of a field, and the name of its list."""
    word, _, rest = kind.partition(" ")
    word, rest = word.lower(), rest.strip()
    if word == "select_one_from_file":
        place = PLACES.get(rest)
        return (place, "") if place else None
    if word in ("select_one", "select_multiple") and rest and " " not in rest:
        return (FieldType.CHOICE if word == "select_one" else FieldType.CHOICES), rest
    place_or_plain = KINDS.get(kind.lower())
    return (place_or_plain, "") if place_or_plain else None


def _choices(
    reading: _Reading, cells: Row, kind: FieldType, name: str
) -> tuple[str, tuple[Choice, ...]]:
    """The field that narrows the list, and the list."""
    text = cells.get("choice_filter", "").strip()
    if not name:
        return "", ()  # places are narrowed by the places asked before
    by = column = ""
    if own := OWN_NARROWED.match(text):
        by, column = own[1], "under"
    elif simple := NARROWED.match(text):
        column, by = simple[1], simple[2]
    elif text:
        raise DataError("the choice_filter '{text}' is not column=${{field}}", text=text[:60])
    return by, tuple(
        Choice(
            row.get("name", ""), reading.texts(row, "label"),
            "" if row.get(column, "") == NONE_ABOVE else row.get(column, "") if by else "",
        )
        for row in reading.choices.get(name, ())
    )  # fmt: skip


def _condition(text: str) -> Condition | None:
    """A ``relevant`` as a condition on one field; raises DataError for any other."""
    if not text.strip():
        return None
    found = [
        IS.fullmatch(one) or SELECTED.fullmatch(one)
        for one in re.split(r"\s+or\s+", text.strip())
    ]  # fmt: skip
    names = {one[1] for one in found if one}
    if None in found or len(names) != 1:
        raise DataError(
            "the condition '{text}' is not ${{field}} = 'value', joined by or, on one field",
            text=text[:80],
        )
    return Condition(names.pop(), tuple(one[2] for one in found if one))


def _bounds(text: str, kind: FieldType, choices: int) -> tuple[float | None, float | None]:
    """A ``constraint`` as least and most; raises DataError for any other."""
    bounds: dict[str, float] = {}
    for part in filter(None, re.split(r"\s+and\s+", text.strip())):
        match = BOUND.match(part)
        if match is None or match[1] != _measure(kind) or match[2] in bounds:
            raise DataError(
                "the constraint '{text}' is not {what} >= number and {what} <= number",
                text=text[:80], what=_measure(kind) or ".",
            )  # fmt: skip
        bounds[match[2]] = float(match[3])
    least, most = bounds.get(">="), bounds.get("<=")
    largest = {FieldType.TEXT: LONGEST_ANSWER, FieldType.CHOICES: choices}.get(kind, LARGEST_COUNT)
    return (least or None), (None if most is None or most >= largest else most)


def _measure(kind: FieldType) -> str:
    if kind in (FieldType.COUNT, FieldType.AMOUNT):
        return "."
    return {FieldType.TEXT: "string-length(.)", FieldType.CHOICES: "count-selected(.)"}.get(
        kind, ""
    )


def _form(reading: _Reading, settings: Row, screens: tuple[Screen, ...]) -> Form | None:
    expects = _pairs(settings.get("anoa_expects", ""))
    try:
        return Form(
            id=settings.get("form_id", ""), version=settings.get("version", ""),
            title=reading.texts(settings, "form_title") | reading.texts(settings, "anoa_title"),
            about=reading.texts(settings, "anoa_about"),
            audience=tuple(map(Audience, settings.get("anoa_audience", "").split())),
            becomes=Becomes(settings.get("anoa_becomes", "")), screens=screens,
            handling=settings.get("anoa_handling", "institutions"),
            kinds=tuple(settings.get("anoa_kinds", "").split()),
            sets=_pairs(settings.get("anoa_sets", "")),
            expects={name: float(value) for name, value in expects.items()},
            channels=tuple(settings.get("anoa_channels", "").split()) or CHANNELS,
            owner_kind=settings.get("anoa_owner", ""),
        )  # fmt: skip
    except AnoaError as error:
        reading.tell(0, error)
    except ValueError as error:
        reading.tell(
            0, f"settings: {error}", "anoa_becomes: " + ", ".join(Becomes) + "; anoa_audience: "
            + ", ".join(Audience),
        )  # fmt: skip
    return None


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.partition("=")[::2] for pair in text.split())
