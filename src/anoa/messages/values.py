"""What is read from a message: fields that are sure, blank, or blank with candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from anoa.errors import DataError


class Mark(StrEnum):
    """How a field stands: read beyond mistake, not told, or told in more than one way."""

    SURE = "sure"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


FIELDS = (
    "kind", "region", "sub_district", "village", "polling_station", "observed_date",
    "observed_time", "observed_at", "threat_type", "object", "place_class", "at_risk", "obtained",
    "reliability", "credibility", "injured", "dead", "damaged", "need_help",
)  # fmt: skip
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MessageField:
    """One field: a value that is sure, or a blank with what it may be; ``spans`` say from where.

    Values are ids and codes of the pack, ISO dates and times, or counts as text.
    """

    value: str | None = None
    mark: Mark = Mark.UNKNOWN
    candidates: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if (self.value is None) == (self.mark is Mark.SURE):
            raise DataError("a field that is sure has a value, and no other one has")


UNKNOWN = MessageField()


def sure(value: str, *spans: Span) -> MessageField:
    """A value that was read beyond mistake."""
    return MessageField(value, Mark.SURE, (), tuple(sorted(set(spans))))


def doubtful(candidates: list[str], *spans: Span) -> MessageField:
    """A blank with what it may be, in order of the text; a plain blank without candidates."""
    found = tuple(dict.fromkeys(candidates))
    mark = Mark.AMBIGUOUS if found or spans else Mark.UNKNOWN
    return MessageField(None, mark, found, tuple(sorted(set(spans))))


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message of a paste: what it says, when it was sent if that is known, whether passed on.

    Who sent it is not kept.
    """

    text: str
    sent: datetime | None = None
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """A message and its fields by name; ``text`` is what the spans point into."""

    text: str
    sent: datetime | None
    forwarded: bool
    fields: Mapping[str, MessageField] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """The value of a field; None for a blank."""
        return self.fields.get(name, UNKNOWN).value
