"""Submissions as JSON: one (``POST /api/v1/submissions``), and many as JSON Lines (``…/batch``).

One submission is an object with ``id`` (the sender's own, the same at every try), ``form``,
``version``, ``observed_at`` (RFC 3339 with offset), ``fields`` and ``attachments`` (``name``,
``media_type``, ``content`` in base64). The bytes are kept as they came; unknown keys are no error.
"""

from __future__ import annotations

from typing import Any

import msgspec

from anoa.errors import AnoaError
from anoa.oplog import instant_text
from anoa.room.intake.desk import desk
from anoa.room.intake.http import (
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
    problem_of,
)
from anoa.room.intake.storing import Outcome, Sealed, seal
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.urgent import unheld_of
from anoa.room.intake.values import (
    TOO_DEEP,
    Arrival,
    Attachment,
    Channel,
    Receipt,
    is_deep,
    told_time,
)

ONE, BATCH = "/api/v1/submissions", "/api/v1/submissions/batch"
ONE_LIMIT, BATCH_LIMIT, LINES_LIMIT = 16 << 20, 32 << 20, 5_000
NDJSON = b"application/x-ndjson"


class SentFile(msgspec.Struct):
    """An attachment as JSON has it."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class Sent(msgspec.Struct):
    """A submission as JSON has it."""

    id: str
    form: str
    version: str | int = ""
    observed_at: str | None = None
    fields: dict[str, Any] = {}
    attachments: list[SentFile] = []


_decoder = msgspec.json.Decoder(Sent)


async def one(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``POST /api/v1/submissions``: 201 with a receipt, 200 for a repeat."""
    _need_post(scope)
    bearer = await bearer_of(scope)
    bearer.need("submit")
    _need_media_type(scope, ("application/json", ""))
    arrival = arrival_of(await body_of(scope, receive, ONE_LIMIT), bearer, Channel.API)
    if arrival.problems:
        arrival = await in_thread(unheld_of, arrival, bearer.operation)
    receipt = await desk.receive(bearer.operation, arrival)
    await answer_json(send, 200 if receipt.is_repeated else 201, receipt_json(receipt))


async def many(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``POST /api/v1/submissions/batch``: 207, and a line for each line that came."""
    _need_post(scope)
    bearer = await bearer_of(scope)
    bearer.need("bulk")
    _need_media_type(scope, ("application/x-ndjson", "application/jsonl", "application/json", ""))
    lines = (await body_of(scope, receive, BATCH_LIMIT)).split(b"\n")
    if sum(map(bool, lines)) > LINES_LIMIT:
        raise Unreadable("a batch has at most {limit} lines: send several", limit=LINES_LIMIT)
    read = await in_thread(_read_lines, lines, bearer)
    outcomes = iter(await desk.receipts([found for found in read if isinstance(found, Sealed)]))
    said = [
        _line_json(number, next(outcomes) if isinstance(found, Sealed) else found)
        for number, found in enumerate(read, 1) if found is not None
    ]  # fmt: skip
    await answer(send, 207, msgspec.json.Encoder().encode_lines(said), NDJSON)


def _read_lines(lines: list[bytes], bearer: Bearer) -> list[Sealed | AnoaError | None]:
    return [_read_line(line.strip(), bearer) for line in lines]


def _read_line(line: bytes, bearer: Bearer) -> Sealed | AnoaError | None:
    if not line:
        return None
    try:
        arrival = arrival_of(line, bearer, Channel.BULK)
        return seal(bearer.operation, unheld_of(arrival, bearer.operation))
    except AnoaError as error:
        return error


def arrival_of(body: bytes, bearer: Bearer, channel: Channel) -> Arrival:
    """The submission that a JSON object says; raises Unreadable, SubmissionError or OutOfScope."""
    try:
        sent = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable("this is no submission in JSON: {why}", why=_short(error)) from error
    bearer.need_form(sent.form)
    observed_at, problems = told_time(sent.observed_at)
    if is_deep(sent.fields):
        problems += (TOO_DEEP,)
        sent.fields = {}
    return Arrival(
        sent.id, sent.form, str(sent.version), channel, bearer.token, bearer.agency,
        bearer.member, body, sent.fields,
        tuple(Attachment(one.name, one.media_type, one.content) for one in sent.attachments),
        observed_at, problems,
    )  # fmt: skip


def receipt_json(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON."""
    return {
        "number": receipt.number, "code": receipt.code, "state": receipt.state,
        "received_at": instant_text(receipt.received_at), "sha256": receipt.sha256,
    }  # fmt: skip


def _line_json(number: int, outcome: Outcome | AnoaError) -> dict[str, Any]:
    if isinstance(outcome, Receipt):
        status = 200 if outcome.is_repeated else 201
        return {"line": number, "status": status} | receipt_json(outcome)
    return {"line": number} | problem_of(outcome)


def _need_post(scope: Scope) -> None:
    if scope["method"] != "POST":
        raise WrongMethod("send this by POST")


def _need_media_type(scope: Scope, known: tuple[str, ...]) -> None:
    said = header(scope, b"content-type").partition(";")[0].strip().lower()
    if said not in known:
        raise WrongMediaType("send {known}, not {said}", known=known[0], said=said)


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
