"""What every address in front of Django needs: bodies with a limit, tokens, problems in JSON."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from django.db import close_old_connections

from anoa.errors import AnoaError, InputError, StorageError, SubmissionError
from anoa.room.headers import CONTENT_SECURITY_POLICY
from anoa.room.intake.tokens import Bearer, Unauthorised, gate
from anoa.room.intake.values import Busy, Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

TOKEN_PATH = re.compile(r"/t/([^/]{1,80})(/.*)")
JSON, PROBLEM = b"application/json", b"application/problem+json"
ALWAYS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
)
BODY_S = 120.0  # a sender that sends nothing for so long is let go
IN_MEMORY = 256 << 20  # bytes of all bodies that are being read
_THREADS = ThreadPoolExecutor(4, thread_name_prefix="intake-http")


class TooLarge(Refused):
    """The body is longer than this address takes."""

    code = "too_large"
    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("this is more than {limit} bytes: send less at once", limit=limit)


class WrongMediaType(Refused):
    """The body is of a kind that this address does not read."""

    code = "media_type"
    status = 415


class WrongMethod(Refused):
    """The address does not know this method; ``allow`` are those it knows."""

    code = "method"
    status = 405

    def __init__(self, sentence: str, allow: str = "POST", **values: object) -> None:
        self.allow = allow
        super().__init__(sentence, **values)


class NoAddress(Refused):
    """Nothing answers at this address."""

    code = "not_found"
    status = 404


class Unreadable(Refused):
    """The body cannot be read as what it says it is."""

    code = "unreadable"
    status = 400


class Gone(Exception):
    """The sender went away before everything was there."""


class Memory:
    """Bytes that all bodies being read hold; one event loop uses it."""

    def __init__(self, limit: int = IN_MEMORY) -> None:
        self._limit = limit
        self.held = 0

    def take(self, size: int) -> None:
        """Count more bytes; raises Busy when they are too many."""
        if self.held + size > self._limit:
            raise Busy(10)
        self.held += size


memory = Memory()


def header(scope: Scope, name: bytes) -> str:
    """The value of a request's header; empty when it is not there."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def address(scope: Scope) -> str:
    """The sender's address."""
    client = scope.get("client")
    return client[0] if client else ""


def token_of(scope: Scope) -> str:
    """The token of a request: after ``Bearer``, or in the address ``/t/<token>/…``."""
    found = TOKEN_PATH.match(scope["path"])
    if found:
        return found[1]
    kind, _, value = header(scope, b"authorization").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def path_of(scope: Scope) -> str:
    """The path without the token that may stand in it."""
    found = TOKEN_PATH.match(scope["path"])
    return found[2] if found else str(scope["path"])


async def bearer_of(scope: Scope, text: str | None = None) -> Bearer:
    """Who sends, by ``text`` where the channel carries its token elsewhere; or Unauthorised."""
    text = token_of(scope) if text is None else text
    return gate.known(text) or await in_thread(gate.check, text, address(scope))


async def in_thread(work: Callable[..., Any], *args: Any) -> Any:
    """Run what asks the database, outside the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _connected, work, *args)


def _connected(work: Callable[..., Any], *args: Any) -> Any:
    close_old_connections()
    return work(*args)


def need_plain(scope: Scope) -> None:
    """Raise WrongMediaType for a body that was packed: nothing here unpacks."""
    if header(scope, b"content-encoding").strip().lower() not in ("", "identity"):
        raise WrongMediaType("send the body as it is, without Content-Encoding")


async def body_of(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body.

    Raises TooLarge, WrongMediaType for a packed one, Busy when all bodies that are being read
    are too much at once, or Gone when cut off.
    """
    need_plain(scope)
    length = header(scope, b"content-length")
    if length.isdecimal() and int(length) > limit:
        raise TooLarge(limit)
    parts: list[bytes] = []
    size = 0
    more = True
    try:
        while more:
            async with asyncio.timeout(BODY_S):
                message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            if size + len(part) > limit:
                raise TooLarge(limit)
            memory.take(len(part))
            size += len(part)
            parts.append(part)
            more = message.get("more_body", False)
    finally:
        memory.held -= size
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def answer(
    send: Send, status: int, body: bytes, media_type: bytes = JSON, more: Iterable[Header] = ()
) -> None:
    """Send one whole answer."""
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", media_type), length, *ALWAYS, *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_json(send: Send, status: int, said: object, more: Iterable[Header] = ()) -> None:
    """Send an object as JSON."""
    await answer(send, status, msgspec.json.encode(said), JSON, more)


def problem_of(error: AnoaError) -> dict[str, Any]:
    """The RFC 9457 problem that says what went wrong: ``status``, ``code``, ``detail``.

    Errors field by field stand in ``errors``.
    """
    status = error.status if isinstance(error, Refused) else _STATUS.get(type(error), 422)
    said: dict[str, Any] = {
        "type": "about:blank", "title": _TITLES.get(status, "Refused"), "status": status,
        "code": error.code, "detail": str(error),
    }  # fmt: skip
    if isinstance(error, InputError):
        said["errors"] = {name: str(why) for name, why in error.fields.items()}
    return said


async def answer_problem(send: Send, error: AnoaError) -> None:
    """Send the problem that an error is."""
    said = problem_of(error)
    more: list[Header] = []
    if isinstance(error, Refused) and error.retry_after_s:
        more.append((b"retry-after", str(error.retry_after_s).encode()))
    if isinstance(error, WrongMethod):
        more.append((b"allow", error.allow.encode()))
    if isinstance(error, Unauthorised):
        more.append((b"www-authenticate", b'Bearer realm="anoa"'))
    await answer(send, said["status"], msgspec.json.encode(said), PROBLEM, more)


_STATUS: dict[type, int] = {StorageError: 503, SubmissionError: 422}
_TITLES = {
    400: "Cannot be read", 401: "No valid token", 403: "Not allowed", 404: "Not found",
    405: "Wrong method", 409: "Conflict", 413: "Too large", 415: "Wrong media type",
    422: "Cannot be used", 429: "Too many failures", 503: "Try again later",
}  # fmt: skip
