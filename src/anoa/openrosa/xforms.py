"""A ``Form`` as XLSForm (rows of survey, choices and settings) and as XForm (what a phone loads).

The XForm asks for an ``instanceID`` and for nothing about phone, user or place. Places are
chosen from CSV files that go with the form, so that they can change without a new version.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from anoa.errors import DataError
from anoa.forms import Field, FieldType, Form
from anoa.forms.values import LARGEST_COUNT, LONGEST_ANSWER

LONGEST_SIDE = 1280  # pixels; phones shrink pictures to it before they send them
LIST, OF_PACK = "list__", "pack__"  # before the name of a list: no file of places begins so
NONE_ABOVE = "-"  # stands for a choice that belongs under every answer
FILES: Mapping[FieldType, str] = {
    FieldType.REGION: "regions.csv",
    FieldType.SUB_DISTRICT: "sub_districts.csv",
    FieldType.POLLING_STATION: "polling_stations.csv",
}
TYPES: Mapping[FieldType, str] = {
    FieldType.COUNT: "integer",
    FieldType.AMOUNT: "decimal",
    FieldType.TEXT: "text",
    FieldType.TIME: "dateTime",
    FieldType.PICTURE: "image",
    FieldType.POINT: "geopoint",
    FieldType.NOTE: "note",
    **{kind: f"select_one_from_file {name}" for kind, name in FILES.items()},
}
Rows = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place that can be chosen: its code, its words, and the codes it lies in."""

    code: str
    label: str
    region: str = ""
    sub_district: str = ""


def places_csv(rows: Iterable[PlaceRow]) -> bytes:
    """Places as a file that goes with a form: name, label, region, sub_district.

    >>> places_csv([PlaceRow("74.01", "Haven, shore")]).decode().splitlines()
    ['name,label,region,sub_district', '74.01,"Haven, shore",,']
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("name", "label", "region", "sub_district"))
    table.writerows((row.code, row.label, row.region, row.sub_district) for row in rows)
    return text.getvalue().encode()


def media_names(form: Form) -> tuple[str, ...]:
    """The names of the files that go with a form."""
    return tuple(dict.fromkeys(FILES[one.type] for one in form.fields if one.type in FILES))


def xform_of(form: Form, languages: Mapping[str, str]) -> bytes:
    """The form as an XForm; the same form and languages always give the same bytes.

    ``languages`` are names of languages by code, the first is shown first. Raises DataError when
    the form cannot be said in XLSForm.
    """
    from pyxform.errors import PyXFormError  # loads slowly, and most commands need no XForm
    from pyxform.xls2xform import convert

    try:
        made = convert(dict(xlsform_of(form, languages)), form_name="data", validate=False)
    except PyXFormError as error:
        raise DataError("form {id} is no XForm: {why}", id=form.id, why=error) from error
    return str(made.xform).encode()


def xlsx_of(form: Form, languages: Mapping[str, str]) -> bytes:
    """The form as an XLSForm workbook, for who wants to go on with it elsewhere."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, rows in xlsform_of(form, languages).items():
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(key for row in rows for key in row))
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(column, "") for column in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xlsform_of(form: Form, languages: Mapping[str, str]) -> Rows:
    """The rows of the form's three sheets: survey, choices, settings."""
    if not languages:
        raise DataError("form {id}: name a language", id=form.id)
    words = _Words(languages)
    survey: list[dict[str, str]] = []
    for number, screen in enumerate(form.screens, 1):
        begin = {"type": "begin_group", "name": f"Screen{number}", "appearance": "field-list"}
        survey.append(begin | words.columns("label", screen.title))
        survey += [_question(form, one, words) for one in screen.fields]
        survey.append({"type": "end_group"})
    choices = [
        {"list_name": list_name(one), "name": choice.id, "under": choice.under or NONE_ABOVE}
        | words.columns("label", choice.name)
        for one in form.fields for choice in one.choices
    ]  # fmt: skip
    settings = {
        "form_title": words.first(form.title), "form_id": form.id, "version": form.version,
        "default_language": words.default, **_room_settings(form, words),
    }  # fmt: skip
    return {"survey": survey, "choices": choices, "settings": [settings]}


def _room_settings(form: Form, words: _Words) -> dict[str, str]:
    """Columns of the settings that only the room reads, when the workbook comes back."""
    said = {
        "anoa_becomes": str(form.becomes), "anoa_audience": " ".join(form.audience),
        "anoa_kinds": " ".join(form.kinds), "anoa_handling": form.handling,
        "anoa_channels": " ".join(form.channels), "anoa_owner": form.owner_kind,
        "anoa_sets": " ".join(f"{name}={value}" for name, value in form.sets.items()),
        "anoa_expects": " ".join(f"{name}={value:g}" for name, value in form.expects.items()),
        **words.columns("anoa_title", form.title),
        **words.columns("anoa_about", form.about),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class _Words:
    """Texts in the columns of XLSForm, one for each language; a gap takes another language's."""

    languages: Mapping[str, str]

    @property
    def default(self) -> str:
        return self._column(next(iter(self.languages)))

    def _column(self, code: str) -> str:
        return f"{self.languages[code]} ({code})"

    def columns(self, head: str, texts: Mapping[str, str]) -> dict[str, str]:
        if not any(texts.values()):
            return {}
        return {f"{head}::{self._column(c)}": self._text(texts, c) for c in self.languages}

    def first(self, texts: Mapping[str, str]) -> str:
        return self._text(texts, next(iter(self.languages)))

    def _text(self, texts: Mapping[str, str], code: str) -> str:
        order = [code, *self.languages, *texts]
        found = next((texts[one] for one in order if texts.get(one)), "")
        return found.replace("${", "$ {")  # which would name a field


def _question(form: Form, asked: Field, words: _Words) -> dict[str, str]:
    """The row of one field."""
    row = {"type": _type(asked), "name": asked.name}
    row |= words.columns("label", asked.label) | words.columns("hint", asked.hint)
    row |= {
        "required": "yes" if asked.required else "",
        "relevant": _relevant(form, asked),
        "constraint": _constraint(asked),
        "choice_filter": _filter(form, asked),
        "appearance": _appearance(asked),
        "default": " ".join(asked.default),
        "parameters": f"max-pixels={LONGEST_SIDE}" if asked.type is FieldType.PICTURE else "",
    }
    return {name: value for name, value in row.items() if value}


def list_name(asked: Field) -> str:
    """The name of a field's list; of one that is a list of the pack, with that list's name."""
    return f"{OF_PACK}{asked.list}__{asked.name}" if asked.list else LIST + asked.name


def _type(asked: Field) -> str:
    if asked.type is FieldType.CHOICE:
        return f"select_one {list_name(asked)}"
    if asked.type is FieldType.CHOICES:
        return f"select_multiple {list_name(asked)}"
    return TYPES[asked.type]


def _appearance(asked: Field) -> str:
    if asked.type in FILES:
        return "minimal autocomplete"
    is_long = asked.type is FieldType.TEXT and (asked.most or LONGEST_ANSWER) > 100
    return "multiline" if is_long else ""


def _relevant(form: Form, asked: Field) -> str:
    """The condition under which the field is asked, as XPath."""
    if asked.when is None:
        return ""
    above = form.field(asked.when.field)
    assert above is not None  # the form checked it
    return " or ".join(
        f"selected(${{{above.name}}}, '{value}')"
        if above.type is FieldType.CHOICES
        else f"${{{above.name}}} = '{value}'"
        for value in asked.when.values
    )


def _constraint(asked: Field) -> str:
    """The bounds of an answer, as XPath."""
    least, most = asked.least, asked.most
    if asked.type in (FieldType.COUNT, FieldType.AMOUNT):
        return _between(".", least or 0, LARGEST_COUNT if most is None else most)
    if asked.type is FieldType.TEXT:
        return _between("string-length(.)", least or 0, min(most or LONGEST_ANSWER, LONGEST_ANSWER))
    if asked.type is FieldType.CHOICES and (least is not None or most is not None):
        return _between(
            "count-selected(.)", least or 0, len(asked.choices) if most is None else most
        )
    return ""


def _between(what: str, least: float, most: float) -> str:
    return f"{what} >= {least:g} and {what} <= {_number(most)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _filter(form: Form, asked: Field) -> str:
    """Which choices are left after what was answered before, as XPath."""
    if asked.by:
        return f"${{{asked.by}}} = '' or under = '{NONE_ABOVE}' or {_is_under(form, asked)}"
    if asked.type not in FILES:
        return ""
    before = _before(form.fields, asked)
    above = {one.type: one.name for one in before if one.type in FILES}
    if asked.type is FieldType.POLLING_STATION and FieldType.SUB_DISTRICT in above:
        return f"sub_district = ${{{above[FieldType.SUB_DISTRICT]}}}"
    if asked.type is not FieldType.REGION and FieldType.REGION in above:
        return f"region = ${{{above[FieldType.REGION]}}}"
    return ""


def _is_under(form: Form, asked: Field) -> str:
    above = form.field(asked.by)
    if above is not None and above.type is FieldType.CHOICES:
        return f"selected(${{{asked.by}}}, under)"
    return f"under = ${{{asked.by}}}"


def _before(fields: Sequence[Field], asked: Field) -> Sequence[Field]:
    return fields[: fields.index(asked)]
