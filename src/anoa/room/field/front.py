"""What the form on a phone asks, answered before Django: by its token, in one event loop.

GET  /field/forms.json    the forms of the token; ETag, 304, compressed
GET  /field/places.json   the places of the token; the same
POST /field/send          one submission as ``json_front`` reads it, of channel ``web``
POST /field/standing      {"ids": […]}: how the institution's own submissions stand
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from anoa.room.field import content
from anoa.room.intake.desk import desk
from anoa.room.intake.http import (
    JSON,
    Receive,
    Scope,
    Send,
    Unreadable,
    WrongMediaType,
    WrongMethod,
    answer,
    answer_json,
    bearer_of,
    body_of,
    header,
    in_thread,
)
from anoa.room.intake.json_front import ONE_LIMIT, arrival_of, receipt_json
from anoa.room.intake.storing import vault
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.urgent import unheld_of
from anoa.room.intake.values import Arrival, Channel, Receipt
from anoa.room.models import SubmissionRow, ThingRow

STANDING_LIMIT, STANDING_BYTES = 100, 20_000


class _Asked(msgspec.Struct):
    ids: list[str]


async def forms(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the forms of the token."""
    await _list(scope, send, content.forms_of)


async def places(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the places of the token."""
    await _list(scope, send, content.places_of)


async def _list(scope: Scope, send: Send, make: Callable[[Bearer], dict[str, Any]]) -> None:
    if scope["method"] != "GET":
        raise WrongMethod("ask for this by GET", "GET")
    bearer = await bearer_of(scope)
    bearer.need("submit")
    body, packed, tag = await in_thread(_made, make, bearer)
    more = [(b"etag", tag), (b"vary", b"authorization, accept-encoding")]
    if header(scope, b"if-none-match") == tag.decode():
        await answer(send, 304, b"", JSON, more)
    elif "gzip" in header(scope, b"accept-encoding"):
        await answer(send, 200, packed, JSON, [*more, (b"content-encoding", b"gzip")])
    else:
        await answer(send, 200, body, JSON, more)


def _made(make: Callable[[Bearer], dict[str, Any]], bearer: Bearer) -> tuple[bytes, bytes, bytes]:
    """The list as bytes, plain and compressed, and its tag."""
    body = msgspec.json.encode(make(bearer))
    tag = hashlib.sha256(body).hexdigest()[:24]
    return body, gzip.compress(body, 6, mtime=0), f'"{tag}"'.encode()


async def submit(scope: Scope, receive: Receive, send: Send) -> None:
    """Store one submission of a browser: 201 with a receipt, 200 for a repeat."""
    bearer = await _sender(scope)
    body = await body_of(scope, receive, ONE_LIMIT)
    arrival = arrival_of(body, bearer, Channel.WEB)
    if arrival.problems:
        arrival = await in_thread(unheld_of, arrival, bearer.operation)
    receipt = None
    if again := header(scope, b"x-anoa-again"):
        receipt = await in_thread(_earlier, bearer, again, arrival)
    receipt = receipt or await desk.receive(bearer.operation, arrival)
    await answer_json(send, 200 if receipt.is_repeated else 201, receipt_json(receipt))


def _earlier(bearer: Bearer, again: str, arrival: Arrival) -> Receipt | None:
    """The receipt of what the phone sent under its earlier token, whose receipt it never saw.

    Only the institution's own, and only for the very same bytes.
    """
    row = SubmissionRow.objects.filter(
        operation=bearer.operation, sender_id=arrival.sender_id, token=again,
        agency=bearer.agency, digest=vault().digest(arrival.body),
    ).first()  # fmt: skip
    if row is None:
        return None
    code, sha256 = vault().code(row.number), hashlib.sha256(arrival.body).hexdigest()
    return Receipt(row.number, code, row.received_at, "repeated", sha256)


async def standing(scope: Scope, receive: Receive, send: Send) -> None:
    """Say how the institution's own submissions stand: received, filed …, or a call's own state."""
    bearer = await _sender(scope)
    try:
        asked = msgspec.json.decode(await body_of(scope, receive, STANDING_BYTES), type=_Asked)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable('this is not {{"ids": […]}}') from error
    found = await in_thread(_standing, bearer, asked.ids[:STANDING_LIMIT])
    await answer_json(send, 200, {"standing": found})


async def _sender(scope: Scope) -> Bearer:
    if scope["method"] != "POST":
        raise WrongMethod("send this by POST")
    bearer = await bearer_of(scope)
    bearer.need("submit")
    if header(scope, b"content-type").partition(";")[0].strip().lower() != "application/json":
        raise WrongMediaType("send application/json")
    return bearer


def _standing(bearer: Bearer, ids: list[str]) -> dict[str, str]:
    """Sender's id → state; of a call for help its own state once it stands in the log."""
    rows = SubmissionRow.objects.filter(
        operation=bearer.operation, agency=bearer.agency, channel=Channel.WEB, sender_id__in=ids
    )
    found = {row.sender_id: (row.state, row.subject) for row in rows}
    subjects = [subject for _state, subject in found.values() if subject]
    calls = {
        thing.ident: thing.state
        for thing in ThingRow.objects.filter(
            operation=bearer.operation, ident__in=subjects, thing="help"
        )
    }
    return {ident: calls.get(subject, state) for ident, (state, subject) in found.items()}
