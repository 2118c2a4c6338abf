"""A form as a value: who is asked what, on which screens, and what an answer becomes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from anoa.errors import DataError

Texts = Mapping[str, str]  # text by language

MOST_FIELDS = 40
MOST_CHOICES = 400
LONGEST_ANSWER = 2000  # characters of a text
LARGEST_COUNT = 10**9
CHANNELS = ("web", "openrosa", "api", "bulk", "webhook", "sms", "file")
HANDLINGS = ("public", "institutions", "sealed")
FORM_ID = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
CHOICE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}\Z")


class FieldType(StrEnum):
    """What a field asks for."""

    CHOICE = "choice"  # one of a list
    CHOICES = "choices"  # any number of a list
    COUNT = "count"  # whole number from 0
    AMOUNT = "amount"  # number from 0
    TEXT = "text"
    TIME = "time"  # a day and a time of day
    REGION = "region"
    SUB_DISTRICT = "sub_district"
    POLLING_STATION = "polling_station"
    PICTURE = "picture"
    POINT = "point"  # where the device stands, when it is asked
    NOTE = "note"  # words to read, no answer


class Audience(StrEnum):
    """Who is meant to fill in a form."""

    MEMBER = "member"  # of an institution in the room
    STATION_OFFICER = "station_officer"  # on duty at a polling station on voting day
    CREW = "crew"  # who runs a polling station or carries its materials
    OVERSEER = "overseer"  # who watches over the election by law
    CITIZEN = "citizen"
    OBSERVER = "observer"
    LEADER = "leader"  # a leader of a community who passes a word on


class Becomes(StrEnum):
    """What a submission is filed as."""

    REPORT = "report"
    STATION = "station"
    LOGISTICS = "logistics"
    HELP = "help"
    FINDING = "finding"
    WORD = "word"
    SEALED = "sealed"  # nothing: its owner alone opens it, and no rule reads it


PLACES = (FieldType.POLLING_STATION, FieldType.SUB_DISTRICT, FieldType.REGION)
LISTED = (FieldType.CHOICE, FieldType.CHOICES)
# What a filing needs of a form: fields that are asked for, or laid down in ``sets``.
NEEDS: Mapping[Becomes, tuple[str, ...]] = {
    Becomes.REPORT: ("threat_type", "place_class", "obtained", "reliability", "credibility"),
    Becomes.STATION: ("polling_station", "phase"),
    Becomes.LOGISTICS: ("boxes", "booths"),
    Becomes.HELP: ("polling_station", "need"),
    Becomes.FINDING: ("form_number", "finding"),
    Becomes.WORD: ("sub_district", "receivers"),
    Becomes.SEALED: (),
}
WITHOUT_PICTURE = frozenset({Becomes.STATION, Becomes.LOGISTICS, Becomes.HELP})
UNSEALED = (FieldType.POLLING_STATION, FieldType.POINT)  # the room would learn which was asked
CONDUCT = "conduct"  # the field by which a sealed form is a complaint about the conduct of a body
ON_DUTY = frozenset({Audience.STATION_OFFICER, Audience.CREW})


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list; ``under`` is the answer to the field's ``by`` that it belongs to."""

    id: str
    name: Texts
    under: str = ""

    def __post_init__(self) -> None:
        if not CHOICE_ID.match(self.id):
            raise DataError("'{id}' is not an id of a choice: letters, digits and . _ -",
                            id=self.id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """A field is asked only when another one was answered by one of these values."""

    field: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Condition:
        """A condition from ``field=value`` or ``field=one|other``.

        >>> Condition.parse("phase=opening|closing").values
        ('opening', 'closing')

        Raises DataError for any other text.
        """
        found = re.fullmatch(r"([a-z][a-z0-9_]*)\s*=\s*([\w.-]+(?:\|[\w.-]+)*)", text.strip())
        if found is None:
            raise DataError("the condition '{text}' is not field=value", text=text[:60])
        return cls(found[1], tuple(found[2].split("|")))

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether the answers so far meet it; a list of choices meets it by any of them."""
        value = answers.get(self.field)
        given = value if isinstance(value, list | tuple) else [value]
        return any(str(one) in self.values for one in given if one is not None)

    def __str__(self) -> str:
        return f"{self.field}={'|'.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Field:
    """One question, or a note to read.

    ``choices`` are resolved: a list of the pack stands here entry by entry. ``by`` names the field
    whose answer narrows them. ``least`` and ``most`` bound a number, the length of a text or the
    number of choices. ``default`` are ids ticked from the beginning. Raises DataError.
    """

    name: str
    type: FieldType
    label: Texts
    hint: Texts = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    by: str = ""
    required: bool = False
    when: Condition | None = None
    least: float | None = None
    most: float | None = None
    default: tuple[str, ...] = ()
    list: str = ""  # the list of the pack that the choices are

    def __post_init__(self) -> None:
        name = self.name
        if not FIELD_NAME.match(name):
            raise DataError(
                "'{name}' is not a name of a field: small letters, digits, _", name=name
            )
        if not self.label or not all(text.strip() for text in self.label.values()):
            raise DataError("the field '{name}' has no label", name=name)
        listed = self.type in LISTED
        if listed and not 1 <= len(self.choices) <= MOST_CHOICES:
            raise DataError("the field '{name}' has no list, or too long a one", name=name)
        if not listed and (self.choices or self.by or self.default):
            raise DataError("the field '{name}' of type {type} has no choices",
                            name=name, type=self.type)  # fmt: skip
        ids = [choice.id for choice in self.choices]
        if len(set(ids)) < len(ids):
            raise DataError("the field '{name}' has one choice twice", name=name)
        if unknown := [one for one in self.default if one not in ids]:
            raise DataError("the field '{name}' has no choice '{one}'", name=name, one=unknown[0])
        if self.least is not None and self.most is not None and self.least > self.most:
            raise DataError("the field '{name}' allows nothing: least above most", name=name)
        if self.required and self.type is FieldType.NOTE:
            raise DataError("the note '{name}' cannot be answered", name=name)

    @property
    def is_question(self) -> bool:
        """Whether it has an answer."""
        return self.type is not FieldType.NOTE

    def choices_for(self, answers: Mapping[str, Any]) -> tuple[Choice, ...]:
        """The choices that fit what was answered to the field they depend on."""
        above = answers.get(self.by) if self.by else None
        if not above:
            return self.choices
        return tuple(one for one in self.choices if one.under in ("", above))

    def as_json(self) -> dict[str, Any]:
        """The field as JSON, with the blank keys left out."""
        whole = {
            "name": self.name, "type": str(self.type), "label": dict(self.label),
            "hint": dict(self.hint), "by": self.by, "required": self.required,
            "choices": [
                {"id": one.id, "name": dict(one.name)} | ({"under": one.under} if one.under else {})
                for one in self.choices
            ],
            "when": {"field": self.when.field, "values": [*self.when.values]}
            if self.when else None,
            "least": self.least, "most": self.most, "default": [*self.default], "list": self.list,
        }  # fmt: skip
        return {
            name: value
            for name, value in whole.items()
            if value is not False and value not in (None, "", [], {})
        }


@dataclass(frozen=True, slots=True)
class Screen:
    """One page of a form."""

    title: Texts
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Form:
    """A form: validated at construction, so that every channel can rely on it.

    ``kinds`` are the kinds of institutions whose members and tokens may use it; empty: all.
    ``sets`` lays down what is not asked for (the reliability of an unknown source, say). Who
    answers for what comes in is the institution of the token or the member; of a ``word`` the
    sender chooses who else receives it. A ``sealed`` form is encrypted in the sender's browser to
    the institution of ``owner_kind``, so it comes by the web alone. Raises DataError.
    """

    id: str
    version: str
    title: Texts
    audience: tuple[Audience, ...]
    becomes: Becomes
    screens: tuple[Screen, ...]
    about: Texts = field(default_factory=dict)
    handling: str = "institutions"
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = CHANNELS
    sets: Mapping[str, str] = field(default_factory=dict)
    expects: Mapping[str, float] = field(default_factory=dict)  # of a count, for each station
    owner_kind: str = ""  # of a sealed form: the kind of institution to whose key it is encrypted

    def __post_init__(self) -> None:
        if not FORM_ID.match(self.id):
            raise DataError("'{id}' is not an id of a form: small letters, digits, -", id=self.id)
        if not VERSION.match(self.version):
            raise DataError("form {id}: '{version}' is not a version",
                            id=self.id, version=self.version)  # fmt: skip
        if self.handling not in HANDLINGS:
            raise DataError("form {id}: '{handling}' is no handling",
                            id=self.id, handling=self.handling)  # fmt: skip
        if not self.audience or not self.fields or not self.channels:
            raise DataError("form {id} asks nobody, nothing or by no way", id=self.id)
        if strange := [one for one in self.channels if one not in CHANNELS]:
            raise DataError("form {id}: there is no channel '{one}'", id=self.id, one=strange[0])
        self._check_fields()
        self._check_meaning()

    def _check_fields(self) -> None:
        """Names stand once; what a field depends on was asked before it."""
        before: dict[str, Field] = {}
        for one in self.fields:
            if one.name in before or one.name in self.sets:
                raise DataError("form {id}: '{name}' stands twice", id=self.id, name=one.name)
            for other in filter(None, (one.by, one.when.field if one.when else "")):
                if other not in before or not before[other].is_question:
                    raise DataError("form {id}: '{name}' depends on '{other}', not asked before it",
                                    id=self.id, name=one.name, other=other)  # fmt: skip
            if one.when and before[one.when.field].choices:
                known = {choice.id for choice in before[one.when.field].choices}
                if missing := set(one.when.values) - known:
                    raise DataError("form {id}: '{name}' waits for an answer '{value}' of no list",
                                    id=self.id, name=one.name, value=min(missing))  # fmt: skip
            before[one.name] = one

    def _check_meaning(self) -> None:
        """What the filing needs is asked for or laid down, and there is a place."""
        known = {one.name for one in self.fields} | set(self.sets)
        for name in NEEDS[self.becomes]:
            if name not in known:
                raise DataError("form {id} becomes a {becomes} and has no field '{name}'",
                                id=self.id, becomes=self.becomes, name=name)  # fmt: skip
        for name in self.expects:
            one = self.field(name)
            if one is None or one.type is not FieldType.COUNT:
                raise DataError("form {id} expects '{name}', which it does not count",
                                id=self.id, name=name)  # fmt: skip
        if self.is_sealed or self.owner_kind:
            self._check_sealed()
        elif not any(one.type in PLACES for one in self.fields):
            raise DataError("form {id} asks for no place", id=self.id)

    def _check_sealed(self) -> None:
        """Nothing of it can come to the room but what the sender's browser encrypted."""
        wanted = {
            "becomes: sealed": self.is_sealed,
            "the kind of its owner": bool(self.owner_kind),
            "handling: sealed": self.handling == "sealed",
            "channels: [web]": self.channels == ("web",),
            "no sets": not self.sets,
        }
        if missing := [what for what, holds in wanted.items() if not holds]:
            raise DataError("form {id} is sealed to its owner and needs {what}",
                            id=self.id, what=", ".join(missing))  # fmt: skip
        for one in self.fields:
            if one.type in UNSEALED:
                raise DataError("form {id}: a sealed form asks for no {type}: ask for the region "
                                "or the sub-district", id=self.id, type=one.type)  # fmt: skip

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every field of every screen, in order."""
        return tuple(one for screen in self.screens for one in screen.fields)

    @property
    def is_sealed(self) -> bool:
        """Whether the sender's browser encrypts it, so that its owner alone reads it."""
        return self.becomes is Becomes.SEALED

    @property
    def is_about_conduct(self) -> bool:
        """Whether it is a complaint about the conduct of a body: no picture, no position."""
        return self.is_sealed and self.field(CONDUCT) is not None

    @property
    def is_on_duty(self) -> bool:
        """Whether officers or crews fill it in on voting day: no picture, no position."""
        return self.becomes in WITHOUT_PICTURE or bool(ON_DUTY & set(self.audience))

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((one for one in self.fields if one.name == name), None)

    def is_for(self, kind: str) -> bool:
        """Whether institutions of that kind use it."""
        return not self.kinds or kind in self.kinds

    def as_json(self) -> dict[str, Any]:
        """The form as JSON, as the form on a phone reads it."""
        return {
            "id": self.id, "version": self.version, "title": dict(self.title),
            "about": dict(self.about), "becomes": str(self.becomes),
            "audience": [str(one) for one in self.audience], "channels": list(self.channels),
            "expects": dict(self.expects),
            **({"owner_kind": self.owner_kind} if self.owner_kind else {}),
            "screens": [
                {"title": dict(one.title), "fields": [each.as_json() for each in one.fields]}
                for one in self.screens
            ],
        }  # fmt: skip
