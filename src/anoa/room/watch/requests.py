"""Every request gets an id, is counted and timed, and where it is wished for makes one line.

The line says id, method, name of the route, status and milliseconds. It holds no address, no name,
no path, no query and no body: a path may hold a token, a code or whatever somebody typed.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve

from anoa.room import live
from anoa.room.intake import front
from anoa.room.intake.http import Receive, Scope, Send, path_of
from anoa.room.watch.counts import counts
from anoa.room.watch.lines import REQUESTS

GONE = 499  # the asker went away before there was an answer
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ID_HEADER = b"x-request-id"
NO_ROUTE = "none"
log = logging.getLogger(REQUESTS)

Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


async def watched(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Let ``answer`` answer; count, time and log what came of it."""
    ident, began, status = secrets.token_hex(8), time.perf_counter(), GONE
    mark = (ID_HEADER, ident.encode())
    scope["headers"] = [*(one for one in scope["headers"] if one[0] != ID_HEADER), mark]

    async def sent(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message = message | {"headers": [*message.get("headers", ()), mark]}
        await send(message)

    try:
        await answer(scope, receive, sent)
    except Exception:
        status = 500
        raise
    finally:
        _tell(scope, ident, status, time.perf_counter() - began)


def _tell(scope: Scope, ident: str, status: int, seconds: float) -> None:
    part, route = route_of(scope)
    if route != live.PATH:  # whose answer lasts as long as its page is open
        counts.count(part, route, status, seconds)
    level = logging.INFO if status < 500 else logging.WARNING
    if not log.isEnabledFor(level):
        return
    method = scope["method"] if scope["method"] in METHODS else "other"
    facts = {
        "request": ident, "method": method, "route": route, "status": status,
        "ms": round(seconds * 1000, 1),
    }  # fmt: skip
    log.log(level, "answered", extra={"facts": facts})


def route_of(scope: Scope) -> tuple[str, str]:
    """The part of the program that answers, and the name of the route: never what was typed."""
    path = path_of(scope)
    if path == live.PATH:
        return "pages", live.PATH
    if path in front.WATCH:
        return "watch", path
    if path in front.EXACT:
        return "intake", path
    for start in front.BELOW:
        if path.startswith(start):
            return "intake", f"{start}*"
    if path.startswith(settings.STATIC_URL):
        return "pages", "static"
    return "pages", _page(scope["path"])


def _page(path: str) -> str:
    try:
        return resolve(path).view_name or NO_ROUTE
    except (Resolver404, ValueError):
        return NO_ROUTE
