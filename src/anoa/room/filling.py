"""A form of the pack as a plain page: its questions as controls, what was typed as an arrival."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from anoa.errors import SubmissionError
from anoa.forms import Choice, Field, FieldType, Form
from anoa.oplog import Json, parse_instant
from anoa.pack import Pack
from anoa.room.intake.values import Arrival, Attachment, Channel
from anoa.room.stations import Places

FEW = 6  # choices that are shown as buttons, not as a list
PICTURE_LIMIT = 8_000_000
KINDS = {
    FieldType.COUNT: "number", FieldType.AMOUNT: "number", FieldType.TIME: "datetime-local",
    FieldType.PICTURE: "file", FieldType.TEXT: "textarea", FieldType.NOTE: "note",
    FieldType.REGION: "select", FieldType.SUB_DISTRICT: "select",
    FieldType.POLLING_STATION: "select", FieldType.POINT: "text", FieldType.CHOICES: "checks",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Options under one heading; a blank heading is none."""

    title: str
    options: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is drawn."""

    name: str
    control: str
    label: str
    hint: str = ""
    required: bool = False
    groups: list[Group] = field(default_factory=list)
    value: Any = ""
    error: str = ""
    only_if: str = ""  # in words: with which answers it is asked
    least: str = ""
    most: str = ""

    @property
    def ident(self) -> str:
        """The id of the control in its page."""
        return f"q-{self.name}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form that is being filled in: in which language, where, and what was typed."""

    form: Form
    pack: Pack
    places: Places
    language: str
    within: str = ""  # only places of this region
    sub_district: str = ""
    typed: QueryDict | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_place(self) -> bool:
        """Whether the sub-district is chosen first, so that its stations can be listed."""
        return self.has_station and not self.places.is_sub_district(self.sub_district)

    @property
    def has_station(self) -> bool:
        """Whether the form asks for a polling station."""
        return any(one.type is FieldType.POLLING_STATION for one in self.form.fields)

    @property
    def title(self) -> str:
        """The form's title."""
        return self.text(self.form.title)

    @property
    def about(self) -> str:
        """What the form is for."""
        return self.text(self.form.about)

    def text(self, texts: Mapping[str, str]) -> str:
        """A text in the reader's language."""
        return self.pack.text(texts, self.language)

    def screens(self) -> list[tuple[str, list[Question]]]:
        """Title and questions of each screen."""
        return [
            (self.text(one.title), [self._question(each) for each in one.fields])
            for one in self.form.screens
        ]

    def sub_districts(self) -> list[Group]:
        """The sub-districts by region."""
        found: dict[str, list[tuple[str, str]]] = {}
        for one in self.pack.sub_districts.values():
            if not self.within or self.within in self.pack.above(one.code):
                found.setdefault(one.region, []).append((one.code, one.name))
        return [Group(self.pack.place_name(code), options) for code, options in found.items()]

    def _question(self, one: Field) -> Question:
        return Question(
            one.name, self._control(one), self.text(one.label), self.text(one.hint), one.required,
            self._groups(one), self._value(one), self.wrong.get(one.name, ""),
            self._condition(one), _bound(one.least), _bound(one.most),
        )  # fmt: skip

    def _control(self, one: Field) -> str:
        if one.type is FieldType.SUB_DISTRICT and self.has_station:
            return "fixed"
        if one.type is FieldType.CHOICE:
            return "radios" if len(one.choices) <= FEW else "select"
        return KINDS[one.type]

    def _value(self, one: Field) -> Any:
        if one.name == "sub_district" and self.sub_district:
            return self.sub_district
        if one.type is FieldType.CHOICES:
            return self.typed.getlist(one.name) if self.typed else list(one.default)
        return self.typed.get(one.name, "") if self.typed else ""

    def _condition(self, one: Field) -> str:
        asked = self.form.field(one.when.field) if one.when else None
        if asked is None or one.when is None:
            return ""
        names = [self.text(c.name) for c in asked.choices if c.id in one.when.values]
        return ", ".join(names) or str(one.when)

    def _groups(self, one: Field) -> list[Group]:
        match one.type:
            case FieldType.REGION:
                codes = [code for code in (self.pack.root, *self.pack.leaf_regions)
                         if not self.within or self.within in self.pack.above(code)]  # fmt: skip
                return [Group("", [(code, self.pack.place_name(code)) for code in codes])]
            case FieldType.SUB_DISTRICT if self.has_station:
                return [Group("", [(self.sub_district, self.pack.place_name(self.sub_district))])]
            case FieldType.SUB_DISTRICT:
                return self.sub_districts()
            case FieldType.POLLING_STATION:
                stations = self.places.stations_in(self.sub_district)
                return [Group("", [(station.code, station.code) for station in stations])]
        return self._choices(one)

    def _choices(self, one: Field) -> list[Group]:
        """The choices, under the answers that they depend on."""
        above = self.form.field(one.by)
        names = {choice.id: self.text(choice.name) for choice in above.choices} if above else {}
        groups: dict[str, list[Choice]] = {}
        for choice in one.choices:
            groups.setdefault(names.get(choice.under, ""), []).append(choice)
        return [
            Group(title, [(choice.id, self.text(choice.name)) for choice in choices])
            for title, choices in groups.items()
        ]


def _bound(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def raw_answers(form: Form, typed: QueryDict, files: Mapping[str, UploadedFile]) -> dict[str, Json]:
    """What was typed, by field; a picture by the name of its file."""
    raw: dict[str, Json] = {}
    for one in form.fields:
        if one.type is FieldType.PICTURE:
            raw[one.name] = f"{one.name}.jpg" if one.name in files else ""
        elif one.type is FieldType.CHOICES:
            raw[one.name] = [value for value in typed.getlist(one.name) if value]
        else:
            raw[one.name] = typed.get(one.name, "")
    return raw


def pictures(form: Form, files: Mapping[str, UploadedFile]) -> tuple[Attachment, ...]:
    """The pictures of a form as attachments, without what the camera wrote about itself.

    Raises SubmissionError for what is no JPEG picture, or too large a one.
    """
    return tuple(
        Attachment(f"{one.name}.jpg", "image/jpeg", _picture(files[one.name]))
        for one in form.fields
        if one.type is FieldType.PICTURE and one.name in files
    )


def _picture(file: UploadedFile) -> bytes:
    if (file.size or 0) > PICTURE_LIMIT:
        raise SubmissionError(
            "a picture has at most {limit} megabytes", limit=PICTURE_LIMIT // 1_000_000
        )
    return without_metadata(file.read())


def without_metadata(content: bytes) -> bytes:
    """A JPEG picture without place, device and time: its APP and comment segments left out.

    >>> without_metadata(b"\\xff\\xd8\\xff\\xe1\\x00\\x04ab\\xff\\xda\\x00\\x02data")
    b'\\xff\\xd8\\xff\\xda\\x00\\x02data'

    Raises SubmissionError for what is no JPEG.
    """
    if content[:2] != b"\xff\xd8":
        raise SubmissionError("this is no picture in the form JPEG")
    kept, at = bytearray(content[:2]), 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, end = content[at + 1], at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if marker == 0xDA:
            return bytes(kept) + content[at:]
        if not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept += content[at:end]
        at = end
    raise SubmissionError("this picture is cut off")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a form from a page: by a token, or as a member that is signed in."""

    agency: str
    token: str = ""
    member: str = ""
    within: str = ""


def arrival_of(
    form: Form, sender: Sender, sender_id: str, raw: Mapping[str, Json],
    values: Mapping[str, Json], attachments: Iterable[Attachment] = (),
) -> Arrival:  # fmt: skip
    """What was filled in as a submission; its bytes are the same at every try."""
    said = {"form": form.id, "version": form.version, "fields": dict(raw)}
    body = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
    seen = values.get("observed_at")
    return Arrival(
        sender_id, form.id, form.version, Channel.WEB, sender.token, sender.agency, sender.member,
        body, dict(values), tuple(attachments), parse_instant(str(seen)) if seen else None,
    )  # fmt: skip
