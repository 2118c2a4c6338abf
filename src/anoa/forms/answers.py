"""Reading answers: one reader for every channel, so that a report means the same however it came.

What cannot be read is told field by field and left out; nothing is guessed. A person looks at it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, Protocol

from anoa.errors import AnoaError
from anoa.forms.values import LARGEST_COUNT, LONGEST_ANSWER, Field, FieldType, Form
from anoa.oplog import Json, instant_text


class Places(Protocol):
    """What a reader must know of places."""

    def is_region(self, code: str) -> bool: ...
    def is_sub_district(self, code: str) -> bool: ...
    def is_station(self, code: str) -> bool: ...
    def lies_in(self, code: str, above: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answers:
    """What was read: typed values by field, and what is wrong, by field.

    A choice is its id, choices a list of ids, a count an int, an amount a float, a time an instant
    in UTC as text, a place its code, a picture the attachment's name, a point latitude and
    longitude.
    """

    values: Mapping[str, Json] = field(default_factory=dict)
    wrong: Mapping[str, AnoaError] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong as English sentences, each with its field's name first."""
        return tuple(f"{name}: {error}" for name, error in self.wrong.items())


class _Unreadable(AnoaError):
    pass


def read_answers(form: Form, raw: Mapping[str, Json], places: Places, zone: tzinfo) -> Answers:
    """The answers to a form as far as they can be read.

    ``raw`` holds texts or JSON values by field name; a time without an offset is in ``zone``.
    What is asked only under a condition that does not hold is left out, and so is what the form
    does not ask, which is told.
    """
    values: dict[str, Json] = {}
    wrong: dict[str, AnoaError] = {}
    for name in raw:
        if form.field(name) is None and not is_blank(raw[name]):
            wrong[name[:40]] = AnoaError("the form does not ask this")
    for one in form.fields:
        if not one.is_question or (one.when and not one.when.holds(values)):
            continue
        value = raw.get(one.name)
        if is_blank(value):
            if one.required:
                wrong[one.name] = AnoaError("this is needed")
            continue
        try:
            values[one.name] = _READERS[one.type](_Question(one, places, zone, values), value)
        except _Unreadable as error:
            wrong[one.name] = error
    return Answers(values, wrong)


def is_blank(value: Json) -> bool:
    """Whether a value says nothing."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


@dataclass(frozen=True, slots=True)
class _Question:
    field: Field
    places: Places
    zone: tzinfo
    before: Mapping[str, Json]


def _text_of(value: Json, longest: int = 200) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Unreadable("this is not one value")
    text = str(value).strip()
    if len(text) > longest:
        raise _Unreadable("write at most {most} characters", most=longest)
    if any(ord(one) < 32 and one not in "\t\r\n" for one in text):
        raise _Unreadable("this holds a control character")
    return text


def _choice(asked: _Question, value: Json) -> str:
    text = _text_of(value)
    fitting = [one.id for one in asked.field.choices_for(asked.before)]
    if text not in fitting:
        raise _Unreadable("'{value}' is not one of the list", value=text[:40])
    return text


def _choices(asked: _Question, value: Json) -> list[str]:
    items = value.replace(";", " ").split() if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise _Unreadable("this is not a list")
    chosen = list(dict.fromkeys(_choice(asked, item) for item in items))
    _bound(asked.field, len(chosen))
    return chosen


def _bound(asked: Field, size: float) -> None:
    if asked.least is not None and size < asked.least:
        raise _Unreadable("at least {least}", least=f"{asked.least:g}")
    if asked.most is not None and size > asked.most:
        raise _Unreadable("at most {most}", most=f"{asked.most:g}")


def _amount(asked: _Question, value: Json) -> float:
    text = _text_of(value, 40)
    try:
        number = float(text) if not set(text) - set("0123456789.+-eE") else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or not 0 <= number <= LARGEST_COUNT:
        raise _Unreadable("write a number from 0")
    _bound(asked.field, number)
    return number


def _count(asked: _Question, value: Json) -> int:
    number = _amount(asked, value)
    if number != int(number):
        raise _Unreadable("write a whole number from 0")
    return int(number)


def _text(asked: _Question, value: Json) -> str:
    longest = min(int(asked.field.most or LONGEST_ANSWER), LONGEST_ANSWER)
    text = _text_of(value, longest)
    if asked.field.least is not None and len(text) < asked.field.least:
        raise _Unreadable("write at least {least} characters", least=f"{asked.field.least:g}")
    return text


def _time(asked: _Question, value: Json) -> str:
    text = _text_of(value, 40)
    try:
        if len(text) < 16:
            raise ValueError
        at = datetime.fromisoformat(text)
        aware = at if at.tzinfo else at.replace(tzinfo=asked.zone)
        return instant_text(aware.astimezone(UTC))
    except (ValueError, OverflowError):
        raise _Unreadable("write a day and a time, as in 2024-11-27T07:00") from None


def _place(asked: _Question, value: Json) -> str:
    code = _text_of(value, 80)
    known: Mapping[FieldType, Callable[[str], bool]] = {
        FieldType.REGION: asked.places.is_region,
        FieldType.SUB_DISTRICT: asked.places.is_sub_district,
        FieldType.POLLING_STATION: asked.places.is_station,
    }
    if not known[asked.field.type](code):
        raise _Unreadable("'{value}' is not a place that is known here", value=code[:40])
    for above in ("region", "sub_district"):
        if (other := asked.before.get(above)) and not asked.places.lies_in(code, str(other)):
            raise _Unreadable("'{value}' does not lie in {place}", value=code, place=other)
    return code


def _picture(asked: _Question, value: Json) -> str:
    return _text_of(value, 255)


def _point(asked: _Question, value: Json) -> list[float]:
    parts: Any = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(parts, Mapping):
        parts = [parts.get("latitude"), parts.get("longitude")]
    if not isinstance(parts, list | tuple) or len(parts) < 2:
        raise _Unreadable("this is not a place on the map")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except (TypeError, ValueError):
        raise _Unreadable("this is not a place on the map") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise _Unreadable("this is not a place on the map")
    return [latitude, longitude]


_READERS: Mapping[FieldType, Callable[[_Question, Json], Json]] = {
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
    FieldType.COUNT: _count,
    FieldType.AMOUNT: _amount,
    FieldType.TEXT: _text,
    FieldType.TIME: _time,
    FieldType.REGION: _place,
    FieldType.SUB_DISTRICT: _place,
    FieldType.POLLING_STATION: _place,
    FieldType.PICTURE: _picture,
    FieldType.POINT: _point,
}
