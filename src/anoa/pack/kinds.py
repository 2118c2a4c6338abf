"""The kinds of value that a cell or a YAML field may hold, and how their text is read."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

ID = re.compile(r"[a-z0-9][a-z0-9._-]*\Z")
FIGURE = re.compile(r"[a-z][a-z0-9_]*\Z")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
PERIOD = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?\Z")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*\Z")
PART_WORDS = ("polling_stations", "villages", "sub_districts", "regions")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_TEXT = 4000
Day = TypeVar("Day", bound=date)


class Unreadable(ValueError):
    """A text that is not of the kind asked for: what is wrong, and what would be right."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value: how it is read, and a sentence for the reference page."""

    read: Callable[[str], object]
    about: str


def shown(text: str) -> str:
    """The text in quotes, short enough for a sentence.

    >>> shown("a" * 50)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'"
    """
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def read_id(text: str) -> str:
    """An id: small letters, digits, dots, underscores and hyphens."""
    if not ID.match(text) or len(text) > 80:
        raise Unreadable(f"{shown(text)} is not an id", "small letters, digits and . _ -")
    return text


def read_figure_name(text: str) -> str:
    """A figure's name: small letters, digits and underscores."""
    if not FIGURE.match(text) or len(text) > 80:
        raise Unreadable(f"{shown(text)} is not a name of a figure", "small letters, digits and _")
    return text


def read_text(text: str) -> str:
    """Any words, at most 4,000 characters."""
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"the text has {len(text)} characters", f"at most {LONGEST_TEXT}")
    return text


def read_number(text: str) -> float:
    """A finite number with a decimal point.

    >>> read_number("-3.5")
    -3.5
    """
    if re.fullmatch(r"-?[0-9]+,[0-9]+", text):
        raise Unreadable(f"{shown(text)} has a decimal comma", "write a decimal point")
    if not NUMBER.match(text):
        raise Unreadable(
            f"{shown(text)} is not a number", "digits and a decimal point, no thousands separators"
        )
    value = float(text)
    if not math.isfinite(value):
        raise Unreadable(f"{shown(text)} is not a finite number")
    return value


def read_amount(text: str) -> float:
    """A finite number that is not negative."""
    value = read_number(text)
    if value < 0:
        raise Unreadable(f"{shown(text)} is negative", "zero or more; unknown is left blank")
    return value


def read_count(text: str) -> int:
    """A whole number that is not negative."""
    value = read_amount(text)
    if value != int(value) or value > 1e12:
        raise Unreadable(f"{shown(text)} is not a whole number")
    return int(value)


def read_share(text: str) -> float:
    """A number from 0 to 1."""
    value = read_amount(text)
    if value > 1:
        raise Unreadable(f"{shown(text)} is above 1", "a share from 0 to 1")
    return value


def read_direction(text: str) -> int:
    """1 when a higher figure means a higher score, -1 when it means a lower one."""
    if text not in ("1", "-1"):
        raise Unreadable(f"{shown(text)} is not a direction", "1 or -1")
    return int(text)


def read_latitude(text: str) -> float:
    """Degrees north, from -90 to 90."""
    value = read_number(text)
    if abs(value) > 90:
        raise Unreadable(f"{shown(text)} is not a latitude", "degrees from -90 to 90")
    return value


def read_longitude(text: str) -> float:
    """Degrees east, from -180 to 180."""
    value = read_number(text)
    if abs(value) > 180:
        raise Unreadable(f"{shown(text)} is not a longitude", "degrees from -180 to 180")
    return value


def read_date(text: str) -> date:
    """A local day as YYYY-MM-DD."""
    try:
        if not DATE.match(text):
            raise ValueError
        return _in_our_time(date.fromisoformat(text))
    except ValueError:
        raise Unreadable(
            f"{shown(text)} is not a date", "write YYYY-MM-DD, from 1900 to 2200"
        ) from None


def read_period(text: str) -> str:
    """A year, a month or a day: YYYY, YYYY-MM or YYYY-MM-DD."""
    if not PERIOD.match(text):
        raise Unreadable(f"{shown(text)} is not a period", "YYYY, YYYY-MM or YYYY-MM-DD")
    if len(text) == 10:
        read_date(text)
    return text


def read_instant(text: str) -> datetime:
    """A day and time; without an offset it is pack time."""
    try:
        if len(text) < 16:
            raise ValueError
        return _in_our_time(datetime.fromisoformat(text))
    except ValueError:
        raise Unreadable(
            f"{shown(text)} is not a time", "write 2024-08-06T09:00 or 2024-08-06T09:00:00+02:00"
        ) from None


def _in_our_time(day: Day) -> Day:
    """The day itself; years at the ends of the calendar have no other time zone."""
    if not 1900 <= day.year <= 2200:
        raise ValueError
    return day


def read_moment(text: str) -> date | datetime:
    """A day, or a day and time."""
    return read_date(text) if DATE.match(text) else read_instant(text)


def read_boolean(text: str) -> bool:
    """true or false."""
    if text not in ("true", "false"):
        raise Unreadable(f"{shown(text)} is neither true nor false", "write true or false")
    return text == "true"


def read_url(text: str) -> str:
    """An address that begins with http:// or https://."""
    if not re.match(r"https?://[^\s/]+", text) or re.search(r"\s", text) or len(text) > 1000:
        raise Unreadable(f"{shown(text)} is not an address", "https://… without spaces")
    return text


@lru_cache(maxsize=512)
def known_zone(text: str) -> bool:
    """Whether the IANA time zone database knows the name."""
    if not ZONE.match(text):
        return False
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        return False
    return True


def read_zone(text: str) -> str:
    """An IANA time zone such as Asia/Tokyo."""
    if not known_zone(text):
        raise Unreadable(f"{shown(text)} is not a time zone", "an IANA name such as Asia/Tokyo")
    return text


def read_parts(text: str) -> str:
    """What must add up: polling_stations, villages, sub_districts, regions or figure:NAME."""
    if text.startswith("figure:"):
        read_figure_name(text.removeprefix("figure:"))
    elif text not in PART_WORDS:
        raise Unreadable(f"{shown(text)} is not something to add up", _options(PART_WORDS))
    return text


def read_origin(text: str) -> str:
    """Where an indicator's values come from: figure:NAME or history:TYPE;TYPE."""
    word, colon, names = text.partition(":")
    if not colon or word not in ("figure", "history"):
        raise Unreadable(f"{shown(text)} is not an origin", "figure:NAME or history:TYPE;TYPE")
    for name in names.split(";") if word == "history" else [names]:
        read_id(name.strip()) if word == "history" else read_figure_name(name.strip())
    return f"{word}:" + ";".join(name.strip() for name in names.split(";"))


def read_day_name(text: str) -> str:
    """A day of the week in three letters."""
    if text not in DAYS:
        raise Unreadable(f"{shown(text)} is not a day of the week", _options(DAYS))
    return text


def read_subject(text: str) -> str:
    """The id of a thing in the log, or $name for the id that an earlier inject got."""
    if not re.match(r"\$?[A-Za-z0-9][A-Za-z0-9._/-]*\Z", text) or len(text) > 120:
        raise Unreadable(f"{shown(text)} is not a subject", "an id or $name")
    return text


def read_band(text: str) -> str:
    """A category's id, or its id and the score from which it counts: ID or ID:NUMBER."""
    word, colon, start = text.partition(":")
    read_id(word)
    if colon:
        read_number(start)
    return text


def _options(words: tuple[str, ...]) -> str:
    return "one of " + ", ".join(words)


def _kind(read: Callable[[str], object]) -> Kind:
    about = (read.__doc__ or "").strip().splitlines()[0].rstrip(".")
    return Kind(read, about[0].lower() + about[1:])


KINDS: dict[str, Kind] = {
    "id": _kind(read_id),
    "figure": _kind(read_figure_name),
    "text": _kind(read_text),
    "number": _kind(read_number),
    "amount": _kind(read_amount),
    "count": _kind(read_count),
    "share": _kind(read_share),
    "direction": _kind(read_direction),
    "latitude": _kind(read_latitude),
    "longitude": _kind(read_longitude),
    "date": _kind(read_date),
    "period": _kind(read_period),
    "instant": _kind(read_instant),
    "moment": _kind(read_moment),
    "boolean": _kind(read_boolean),
    "url": _kind(read_url),
    "zone": _kind(read_zone),
    "parts": _kind(read_parts),
    "origin": _kind(read_origin),
    "day": _kind(read_day_name),
    "subject": _kind(read_subject),
    "band": _kind(read_band),
}
