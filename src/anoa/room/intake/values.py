"""What arrives and what is answered: values of intake, without Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from anoa.errors import AnoaError, LogError, Saying, SubmissionError
from anoa.oplog import Json, parse_instant

SEALED = "sealed"  # stands for form, token and scope of what a browser sealed
ID_LIMIT = 100
WORD_LIMIT = 80
NAME_LIMIT = 150
ATTACHMENTS_LIMIT = 20
DEEPEST = 12  # lists and objects within each other, as in the XML of phones
TOO_DEEP = "the answers are nested deeper than any form: they lie in what was sent"
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NESTED = (dict, list)
PRINTABLE = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*\Z")


class Channel(StrEnum):
    """The way by which a submission came."""

    WEB = "web"
    OPENROSA = "openrosa"
    API = "api"
    BULK = "bulk"
    WEBHOOK = "webhook"
    SMS = "sms"
    FILE = "file"


class State(StrEnum):
    """Where a submission stands."""

    RECEIVED = "received"  # stored; nobody made anything of it yet
    FILED = "filed"  # its report stands in the log
    NEEDS_PERSON = "needs_person"  # no rule could file it: it waits in the inbox
    DISCARDED = "discarded"  # a person set it aside, with a reason; it is kept
    SEALED = "sealed"  # only its owner can read it: no follower looks at it
    READ = "read"  # sealed, and its owner read it
    ANSWERED = "answered"  # sealed, and its owner answered


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or another file that belongs to a submission."""

    name: str
    media_type: str
    content: bytes

    def __post_init__(self) -> None:
        _check("the name of an attachment", self.name, 1, NAME_LIMIT)
        _check("the media type of an attachment", self.media_type, 1, WORD_LIMIT)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a sender sent, byte for byte, and what could be understood of it.

    ``sender_id`` is the sender's own id, the same at every try. ``token`` is the id of the token
    by which it came, or empty for a signed-in member. ``problems`` never refuse what came from a
    known sender: they have a person look at it.
    """

    sender_id: str
    form: str
    form_version: str
    channel: Channel
    token: str
    agency: str
    member: str
    body: bytes
    fields: Mapping[str, Json] = field_of(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    observed_at: datetime | None = None
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check("the sender's id", self.sender_id, 1, ID_LIMIT)
        _check("the form", self.form, 0, WORD_LIMIT)
        _check("the version of the form", self.form_version, 0, WORD_LIMIT)
        if len(self.attachments) > ATTACHMENTS_LIMIT:
            raise SubmissionError(
                "a submission has at most {limit} attachments", limit=ATTACHMENTS_LIMIT
            )
        if len({one.name for one in self.attachments}) < len(self.attachments):
            raise SubmissionError("two attachments of one submission have the same name")
        if self.observed_at is not None and self.observed_at.tzinfo is None:
            raise SubmissionError("the time of observation has no offset")
        if self.observed_at is not None and not FIRST <= self.observed_at < LAST:
            raise SubmissionError("the time of observation is not of this age")

    @property
    def scope(self) -> str:
        """Within what the sender's id is unique: the token, or the member."""
        return self.token or f"member:{self.member}"

    @property
    def is_sealed(self) -> bool:
        """Whether nothing of it is to be understood here."""
        return self.token == SEALED


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer after the commit: number and code of the stored submission.

    ``state`` is ``received``, or ``repeated`` when the same bytes were here before. ``sha256`` is
    over the bytes that were sent, so that the sender can check them.
    """

    number: int
    code: str
    received_at: datetime
    state: str
    sha256: str

    @property
    def is_repeated(self) -> bool:
        """Whether the same submission was stored before."""
        return self.state == "repeated"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a person must look at a submission: a sentence with ``{names}`` that values fill.

    A value may be a sentence of its own.
    """

    field: str
    sentence: str
    values: Mapping[str, str | Trouble] = field_of(default_factory=dict)

    @classmethod
    def of(cls, said: str, field: str = "") -> Trouble:
        """A sentence as a trouble; one that remembers its values keeps them."""
        if isinstance(said, Saying):
            values = {
                key: cls.of(one) if isinstance(one, Saying) else one
                for key, one in said.values.items()
            }
            return cls(field, said.sentence, values)
        return cls(field, said)

    @classmethod
    def from_json(cls, held: Mapping[str, Any]) -> Trouble:
        """What was kept as JSON, with the sentences within it."""
        values = {
            key: cls.from_json(one) if isinstance(one, Mapping) else one
            for key, one in held["values"].items()
        }
        return cls(held["field"], held["sentence"], values)

    def __str__(self) -> str:
        said = self.sentence.format(**self.values) if self.values else self.sentence
        return f"{self.field}: {said}" if self.field else said


class Refused(AnoaError):
    """What was sent cannot be taken; ``status`` is that of HTTP."""

    code = "refused"
    status = 422
    retry_after_s: int | None = None


class Conflict(Refused):
    """The sender's id was used before for other bytes."""

    code = "conflict"
    status = 409

    def __init__(self, sender_id: str) -> None:
        self.sender_id = sender_id
        super().__init__(
            "the id {id} was used before for something else: give a new report a new id",
            id=sender_id,
        )


class Busy(Refused):
    """More came in at once than can be kept waiting; the sender tries again."""

    code = "busy"
    status = 503

    def __init__(self, retry_after_s: int = 2) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("the room is busy: send it again in {s} seconds", s=retry_after_s)


def told_time(text: str | None) -> tuple[datetime | None, tuple[str, ...]]:
    """The time of observation that a sender told, or why a person must look at it.

    A clock that is years off is kept as it is; what no calendar here can show is left out.
    """
    if not text:
        return None, ()
    try:
        at = parse_instant(text)
    except LogError as error:
        held = {key: str(one)[:80] for key, one in error.values.items()}
        return None, (Saying(error.sentence, **held),)
    if not FIRST <= at < LAST:
        return None, (Saying("the time of observation, {at}, is not of this age", at=text[:40]),)
    return at, ()


def is_deep(value: Json, left: int = DEEPEST) -> bool:
    """Whether a value is nested deeper than what reads it later may have to go."""
    if not isinstance(value, NESTED):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return not left or any(is_deep(one, left - 1) for one in inner if isinstance(one, NESTED))


def _check(what: str, text: str, least: int, most: int) -> None:
    if not least <= len(text) <= most:
        raise SubmissionError(
            "{what} has {least} to {most} characters", what=what, least=least, most=most
        )
    if not PRINTABLE.match(text):
        raise SubmissionError("{what} holds signs that cannot be shown", what=what)
