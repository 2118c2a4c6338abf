"""One call of a hook: what it says, who proves it, and the submission that it is.

Of a message from a telephone nothing is stored that names the sender: in place of the number stands
a keyed digest, and only what the mapping names goes into the store (see ``contacts`` for the one
number that is kept apart, of a call for help). Parts of a long message are
stored as they come, each safe by itself, and joined when the last one is there.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

import msgspec
from django.db import transaction

from anoa.errors import AnoaError, LogError, Saying
from anoa.messages import ROUTINE, RawMessage, read_message
from anoa.messages.cleaning import cleaned
from anoa.messages.splitting import MESSAGE_LIMIT
from anoa.oplog import Json, instant_text, parse_instant
from anoa.pack import Pack
from anoa.room import record
from anoa.room.intake import hooks
from anoa.room.intake.coded import coded
from anoa.room.intake.hooks import ID, KANNEL, SENDER, SIGNED, TEXT, TIME, UDH, Forged, Hook
from anoa.room.intake.http import Unreadable, WrongMediaType, WrongMethod
from anoa.room.intake.meaning import NOT_BY_THIS_WAY, PLAIN, REPORTED
from anoa.room.intake.storing import opened, seal, sealed_reason, standing, store, vault
from anoa.room.intake.urgent import unheld
from anoa.room.intake.values import (
    TOO_DEEP,
    Arrival,
    Channel,
    Receipt,
    Refused,
    State,
    is_deep,
    told_time,
)
from anoa.room.models import Operation, SubmissionRow

JSON_TYPES = ("application/json", "")
FORM_TYPE = "application/x-www-form-urlencoded"
NEEDED = ("region", "threat_type", "place_class")
PARTS_LIMIT = 10
PART_FORM = "part"
WAITS = "part {n} of {all} of a longer message: the rest has not come"
NOT_SAID = "the message does not say this for sure: {field}"
JOINS_WITHIN = timedelta(days=1)
CHARSETS = {"ucs-2": "utf-16-be", "utf-16": "utf-16-be", "gsm": "utf-8", "": "utf-8"}
CHARSET = re.compile(
    r"(?:utf-?8|utf-?16-?[bl]e|us-ascii|ascii|iso-8859-\d{1,2}|(?:windows|cp)-?125\d)\Z"
)


class NoIdentity(Refused):
    """Nothing in the call tells it from another one of the same words."""

    code = "no_id"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a hook."""

    method: str
    query: bytes
    media_type: str
    secret: str  # of a header
    signature: str
    body: bytes
    is_private: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Which piece of a longer message this is; ``raw`` are its bytes before they mean letters."""

    key: str
    number: int
    count: int
    raw: bytes
    charset: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a call says."""

    ident: str
    text: str = ""
    sender: str = ""  # the keyed digest, never the number
    number: str = field(default="", repr=False)  # for ``contacts`` alone; it is not stored with it
    at: datetime | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    part: Part | None = None
    body: bytes = b""


def taken(hook: Hook, call: Call, now_s: float) -> Message:
    """What the call says, when it proves that it comes from who knows the secret.

    Raises Forged, Replayed, or another Refused; then nothing is kept.
    """
    if hook.kind == SIGNED:
        _need(call, "POST")
        hooks.prove_signature(hook, call.signature, call.body, now_s)
        return _message(hook, _json(call), call.body, call.signature)
    if not call.is_private:
        raise Forged("this connection is not encrypted: use the address with https")
    if hook.kind == KANNEL:
        _need(call, "GET")
        return _from_kannel(hook, call.query)
    _need(call, "POST")
    return _message(hook, _data(hook, call), call.body)


def _need(call: Call, method: str) -> None:
    if call.method != method:
        raise WrongMethod("send this by {method}", method, method=method)


def _data(hook: Hook, call: Call) -> Json:
    """The data of who knows the secret, which stands in a header or is one of the fields."""
    if call.media_type != FORM_TYPE:
        hooks.prove_secret(hook, call.secret)
        return _json(call)
    try:
        pairs = parse_qsl(call.body.decode(errors="replace"), max_num_fields=200)
    except ValueError as error:
        raise Unreadable("this form has too many fields") from error
    found: dict[str, Json] = dict(pairs)
    named = str(found.pop("secret", ""))
    hooks.prove_secret(hook, call.secret or named)
    return found


def _json(call: Call) -> Json:
    if call.media_type not in JSON_TYPES:
        raise WrongMediaType("send {known}, not {said}", known=JSON_TYPES[0], said=call.media_type)
    try:
        data: Json = msgspec.json.decode(call.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("this is no JSON: {why}", why=str(error)[:120]) from error
    return data


def _message(hook: Hook, data: Json, body: bytes, proof: str = "") -> Message:
    """What the data say; ``proof`` tells calls apart that name no id of their own."""
    found = {name: hooks.value_at(data, path) for name, path in hook.mapping.items()}
    fields = {name: value for name, value in found.items()
              if not name.startswith("@") and value is not None}  # fmt: skip
    at, problems = moment_of(_word(found.get(TIME)))
    if is_deep(fields):
        fields, problems = {}, (*problems, TOO_DEEP)
    text = _word(found.get(TEXT))
    sender = sender_mark(_word(found.get(SENDER)))
    kept = _kept(found, sender, fields) if SENDER in hook.mapping else body
    ident = _word(found.get(ID))
    if not ident and not proof and not found.get(TIME):
        raise NoIdentity("nothing tells this message from another of the same words: send an id")
    ident = ident or vault().digest(proof.encode() + kept)
    number = _word(found.get(SENDER))
    return Message(_fitting(ident), text, sender, number, at, fields, problems, None, kept)


def _word(value: Json) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _kept(found: Mapping[str, Json], sender: str, fields: Mapping[str, Json]) -> bytes:
    """What is stored of a call from a telephone: what the mapping names, the sender as a mark."""
    said = {"id": found.get(ID), "time": found.get(TIME), "sender": sender,
            "text": found.get(TEXT), "fields": dict(fields)}  # fmt: skip
    return msgspec.json.encode(said, order="sorted")


def _fitting(ident: str) -> str:
    """An id as the store takes it: one that is long or strange as its digest."""
    plain = 0 < len(ident) <= 80 and ident.isprintable()
    return ident if plain else "x-" + hashlib.sha256(ident.encode(errors="replace")).hexdigest()


def sender_mark(number: str) -> str:
    """A keyed digest in place of a telephone number: the same for one sender, and no way back."""
    digits = "".join(sign for sign in number if sign.isdecimal()) or number
    return vault().digest(b"sender|" + digits.encode(errors="replace"))[:16] if number else ""


def moment_of(said: str) -> tuple[datetime | None, tuple[str, ...]]:
    """The time that a gateway states: RFC 3339, seconds or milliseconds; else why it is none."""
    if not said:
        return None, ()
    try:
        if said.replace(".", "", 1).isdecimal():
            seconds = float(said) / (1000 if len(said.partition(".")[0]) > 11 else 1)
            if not math.isfinite(seconds):
                raise ValueError
            said = datetime.fromtimestamp(seconds, UTC).isoformat()
        return told_time(instant_text(parse_instant(said.strip().replace(" ", "T"))))
    except (LogError, ValueError, OverflowError, OSError):
        return None, ("the time that the gateway states cannot be read",)


# Kannel's shape


def _from_kannel(hook: Hook, query: bytes) -> Message:
    """A message in the address: the text as the phone sent it, in the charset that is named."""
    given = _raw_query(query)
    hooks.prove_secret(hook, given.get("secret", b"").decode(errors="replace"))
    held = {name: given.get(path, b"") for name, path in hook.mapping.items()}
    word = {name: value.decode(errors="replace") for name, value in held.items()}
    if not word.get(ID) and not word.get(TIME):
        raise NoIdentity("nothing tells this message from another of the same words: add id=%I "
                         "and time=%T to the address")  # fmt: skip
    charset = given.get("charset", b"").decode(errors="replace")
    text, problems = _decoded(held.get(TEXT, b""), charset)
    at, strange = moment_of(_in_utc(word.get(TIME, "")))
    sender = sender_mark(word.get(SENDER, ""))
    whole = "|".join((word.get(ID, ""), word.get(TIME, ""), sender, "" if word.get(ID) else text))
    part = _part(held.get(UDH, b""), sender, held.get(TEXT, b""), charset)
    ident = vault().digest(f"{whole}|{part.number if part else ''}".encode(errors="replace"))[:40]
    said = {"id": word.get(ID, ""), "time": word.get(TIME, ""), "sender": sender, "text": text}
    if part is not None:
        said |= {"part": str(part.number), "parts": str(part.count), "charset": charset,
                 "raw": part.raw.hex()}  # fmt: skip
    body = msgspec.json.encode(said, order="sorted")
    number = word.get(SENDER, "")
    return Message(f"sms-{ident}", text, sender, number, at, {}, problems + strange, part, body)


def _raw_query(query: bytes) -> dict[str, bytes]:
    """The values of an address as bytes; of a name that stands twice, the first."""
    found: dict[str, bytes] = {}
    for pair in query.split(b"&")[:100]:
        name, _, value = pair.partition(b"=")
        text = unquote_to_bytes(value.replace(b"+", b" "))
        found.setdefault(unquote_to_bytes(name).decode(errors="replace"), text)
    return found


def _decoded(raw: bytes, charset: str) -> tuple[str, tuple[str, ...]]:
    named = charset.strip().lower()
    known = CHARSETS.get(named, named if CHARSET.match(named) else "unknown")
    try:
        return raw.decode(known), ()
    except (LookupError, UnicodeError, ValueError):
        return raw.decode(errors="replace"), ("the letters of this message cannot all be read",)


def _in_utc(said: str) -> str:
    """Kannel's own form of a time, which is in UTC, with its offset."""
    plain = len(said) in (16, 19) and said[4:5] == "-" and said[10:11] in " T"
    return (said if len(said) == 19 else f"{said}:00") + "Z" if plain else said


def _part(udh: bytes, sender: str, raw: bytes, charset: str) -> Part | None:
    """Which part of a longer message, by the header that phones put before it (3GPP 23.040)."""
    place = 1
    while place + 2 <= len(udh):
        kind, length = udh[place], udh[place + 1]
        value = udh[place + 2 : place + 2 + length]
        if (kind, len(value)) in ((0, 3), (8, 4)):
            count, number = value[-2], value[-1]
            if not 1 <= number <= count <= PARTS_LIMIT or count == 1:
                return None
            of = vault().digest(b"part|" + sender.encode() + b"|" + value[:-1])[:20]
            return Part(f"part-{of}", number, count, raw, charset)
        place += 2 + length
    return None


# The submission


def arrival_of(hook: Hook, said: Message, pack: Pack, now: datetime) -> Arrival:
    """The submission that a call is; ``now`` is the latest time that a message may tell."""
    if said.part is not None:
        return _part_arrival(hook, said, said.part)
    fields, problems = dict(said.fields), said.problems
    form, channel = hook.form, Channel.WEBHOOK
    if not form:
        channel = Channel.SMS
        form, read, why = _in_words(hook, said, pack, now)
        fields, problems = fields | read, problems + why
    known = pack.forms.get(form)
    version = known.version if known else ""
    arrival = Arrival(
        said.ident, form, version, channel, hook.token, hook.agency, "", said.body, fields,
        (), said.at, problems,
    )  # fmt: skip
    return unheld(arrival, pack)


def _in_words(
    hook: Hook, said: Message, pack: Pack, now: datetime
) -> tuple[str, dict[str, Json], tuple[str, ...]]:
    """The form that a message answers, coded or in words of its own, and what it says."""
    short = coded(cleaned(said.text).strip(), pack)
    if short is None:
        return (PLAIN, *read_text(said, pack, now))
    agency = pack.agencies[hook.agency]
    if not short.form.is_for(agency.kind) or "sms" not in short.form.channels:
        return short.form.id, short.fields, (Saying(NOT_BY_THIS_WAY, form=short.form.id),)
    return short.form.id, short.fields, ()


def _part_arrival(hook: Hook, said: Message, part: Part) -> Arrival:
    why = Saying(WAITS, n=part.number, all=part.count)
    return Arrival(
        said.ident, PART_FORM, "", Channel.SMS, hook.token, hook.agency, "", said.body,
        {"kind": part.key}, (), said.at, (why,),
    )  # fmt: skip


def read_text(said: Message, pack: Pack, now: datetime) -> tuple[dict[str, Json], tuple[str, ...]]:
    """The fields of a report that stand in a message, and why a person must look at it."""
    text = cleaned(said.text).strip()
    if not text:
        return {}, ("the message is empty",)
    if len(text) > MESSAGE_LIMIT:
        return {}, ("the message is too long to be read",)
    try:
        draft = read_message(RawMessage(text, min(said.at or now, now)), pack, now)
    except AnoaError as error:
        return {}, (Saying(error.sentence, **error.values),)
    names = (*REPORTED, "observed_at")
    fields: dict[str, Json] = {name: v for name in names if (v := draft.value(name))}
    fields.setdefault("obtained", "received")
    if "observed_at" in fields:
        fields["observed_at"] = instant_text(datetime.fromisoformat(str(fields["observed_at"])))
    if draft.value("kind") == ROUTINE:
        return fields, ("the message tells of nothing: it may be a sign of life of a post",)
    missing = [name for name in NEEDED if name not in fields]
    return fields, tuple(Saying(NOT_SAID, field=name) for name in missing)


# Long messages


def joined(hook: Hook, said: Message, now: datetime) -> Receipt | None:
    """The receipt of the whole message when this was its last part, else None."""
    if said.part is None:
        return None
    operation = Operation.objects.get(pk=hook.operation)
    pack = record.pack_of(operation)
    with record.lock(), transaction.atomic():
        rows = _parts(hook, said.part, now)
        if len(rows) < said.part.count:
            return None
        whole = _whole([rows[number] for number in sorted(rows)], said)
        (outcome,) = store([seal(hook.operation, arrival_of(hook, whole, pack, now))])
        if isinstance(outcome, Refused):
            raise outcome
        for row, _said in rows.values():
            row.state, row.closed_at, row.closed_by = str(State.DISCARDED), now, hook.token
            row.reason = sealed_reason(row, f"→ {outcome.code}")
            row.save(update_fields=["state", "closed_at", "closed_by", "reason"])
    return outcome


Stored = tuple[SubmissionRow, dict[str, Any]]


def _parts(hook: Hook, part: Part, now: datetime) -> dict[int, Stored]:
    """The parts of the message that are there, by number; of two of one number the later."""
    found = standing(State.NEEDS_PERSON).filter(
        agency=hook.agency, scope=hook.token, kind=part.key, received_at__gt=now - JOINS_WITHIN
    )
    rows: dict[int, Stored] = {}
    for row in found.order_by("number"):
        said = msgspec.json.decode(opened(row)[1])
        rows[int(said["part"])] = row, said
    return rows


def _whole(parts: Sequence[Stored], last: Message) -> Message:
    raw = b"".join(bytes.fromhex(said["raw"]) for _row, said in parts)
    text, problems = _decoded(raw, str(parts[0][1]["charset"]))
    ident = vault().digest("|".join(row.sender_id for row, _said in parts).encode())[:40]
    body = msgspec.json.encode({"sender": last.sender, "text": text, "parts": len(parts)})
    return Message(f"sms-{ident}", text, last.sender, "", last.at, {}, problems, None, body)
