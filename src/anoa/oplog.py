"""The operation log: its entries, and how they become bytes that can be proved.

An entry is one line of the log. Its leaf is the RFC 6962 leaf hash over the RFC 8785 (canonical)
JSON of the whole entry; the random salt keeps a hidden entry from being guessed by its hash.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

import rfc8785

from anoa.errors import LogError

Json = Any  # what json.loads gives; Python has no recursive alias that mypy and rfc8785 share

KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*\Z")
SALT = re.compile(r"[0-9a-f]{32}\Z")
FIELDS = (
    "seq", "at", "by", "agency", "kind", "v", "subject", "data", "handling", "cause", "salt"
)  # fmt: skip


class Handling(StrEnum):
    """Who may see a thing: everybody, the institutions of the operation, or its owner alone."""

    PUBLIC = "public"
    INSTITUTIONS = "institutions"
    SEALED = "sealed"


def instant_text(at: datetime) -> str:
    """The instant as RFC 3339 text in UTC, with microseconds only when there are any.

    >>> instant_text(datetime(2024, 8, 6, 1, 0, tzinfo=UTC))
    '2024-08-06T01:00:00Z'
    """
    if at.tzinfo is None:
        raise LogError(f"the time {at.isoformat()} has no offset: give one, as in +02:00 or Z")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """The aware UTC instant of an RFC 3339 text.

    >>> parse_instant("2024-08-06T09:00:00+02:00")
    datetime.datetime(2024, 8, 6, 7, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise LogError(
            "'{text}' is not a time: write it as 2024-08-06T09:00:00+02:00", text=text
        ) from error
    if at.tzinfo is None:
        raise LogError("the time {text} has no offset: add one, as in +02:00 or Z", text=text)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise LogError("'{text}' is not a time that a log can hold", text=text) from error


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the operation log: who did what to which thing, and when the room knew it."""

    seq: int
    at: datetime
    by: str
    agency: str
    kind: str
    v: int
    subject: str
    data: Mapping[str, Json]
    handling: Handling = Handling.INSTITUTIONS
    cause: int | None = None
    salt: str = ""

    def __post_init__(self) -> None:
        if not KIND.match(self.kind):
            raise LogError(f"'{self.kind}' is not an entry kind: write thing.past_participle")
        if self.at.tzinfo is None:
            raise LogError(f"entry {self.seq} ({self.kind}) has a time without offset")
        object.__setattr__(self, "handling", Handling(self.handling))

    @property
    def thing(self) -> str:
        """What the entry is about, the first half of its kind."""
        return self.kind.partition(".")[0]

    def numbered(self, seq: int, salt: str) -> Entry:
        """The entry at its place in the log: a draft has seq 0 and no salt."""
        return replace(self, seq=seq, salt=salt)

    def as_json(self) -> dict[str, Json]:
        """The JSON object whose canonical bytes the leaf hash covers."""
        return {
            "seq": self.seq, "at": instant_text(self.at), "by": self.by, "agency": self.agency,
            "kind": self.kind, "v": self.v, "subject": self.subject, "data": dict(self.data),
            "handling": str(self.handling), "cause": self.cause, "salt": self.salt,
        }  # fmt: skip

    @property
    def leaf(self) -> bytes:
        """The 32-byte RFC 6962 leaf hash of the entry."""
        return leaf_of(self.as_json())


def plain(value: object) -> Json:
    """A value as JSON has it: times as RFC 3339 text, tuples as lists, words as text."""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def leaf_of(entry: Mapping[str, Json]) -> bytes:
    """The RFC 6962 leaf hash over the RFC 8785 JSON of an entry's object.

    Source: RFC 6962 section 2.1 (SHA-256 of 0x00 and the leaf's bytes); RFC 8785.
    """
    try:
        text = rfc8785.dumps(dict(entry))
    except (ValueError, rfc8785.CanonicalizationError) as error:
        raise LogError(f"entry {entry.get('seq')} cannot stand in a log: {error}") from error
    return hashlib.sha256(b"\x00" + text).digest()
