"""``/health`` and ``/metrics``: answered in front of Django, for the machine itself or by a token.

The machine itself is whoever asks from the loopback address, by a loopback name, and not through a
proxy. Everybody else needs a token with the scope ``read:health``, also when a proxy in front is
on the same machine, as then all the world comes from the loopback address.
"""

from __future__ import annotations

import asyncio
import ipaddress
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from django.conf import settings
from django.db import close_old_connections

from anoa.room.intake.http import (
    Receive,
    Scope,
    Send,
    WrongMethod,
    address,
    answer,
    answer_json,
    bearer_of,
    header,
    path_of,
)
from anoa.room.live import hub
from anoa.room.watch import health
from anoa.room.watch.counts import MEDIA_TYPE, text_of

SCOPE = "read:health"
HEALTH, LIVE, READY, METRICS = "/health", "/health/live", "/health/ready", "/metrics"
PATHS = (HEALTH, LIVE, READY, METRICS)
PASSED_ON = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
PATIENCE_S = 10.0
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="watch")  # its own: intake never waits for it
OWN_NAMES = ("localhost", "127.0.0.1", "::1")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one of the four addresses."""
    if scope["method"] not in ("GET", "HEAD"):
        raise WrongMethod("this address is only read", "GET, HEAD")
    if not is_from_here(scope):
        (await bearer_of(scope)).need(SCOPE)
    path = path_of(scope)
    if path == LIVE:
        return await answer_json(send, 200, {"status": "ok"})
    found = await _looked()
    if path == METRICS:
        return await answer(send, 200, text_of(found.metrics()), MEDIA_TYPE)
    status = 200 if found.is_ready else 503
    if path == READY:
        failing = [name for name, one in found.checks.items() if one.mark is health.Mark.FAIL]
        return await answer_json(send, status, {"ready": found.is_ready, "failing": failing})
    return await answer_json(send, status, found.as_json())


async def _looked() -> health.Health:
    """What a look finds; where it takes too long, that the room is not well."""
    work = asyncio.get_running_loop().run_in_executor(_THREAD, _look, len(hub.streams))
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await work
    except TimeoutError:
        slow = health.Check(health.Mark.FAIL, {"error": "TimeoutError"}, health.LOOK_AT_LOG)
        return health.Health({"database": slow})


def _look(streams: int) -> health.Health:
    close_old_connections()
    return health.look(streams)


def is_from_here(scope: Scope) -> bool:
    """Whether a process of this machine asks, and not somebody behind a proxy or another name."""
    if settings.BY_PROXY or any(header(scope, name) for name in PASSED_ON):
        return False
    try:
        is_loopback = ipaddress.ip_address(address(scope)).is_loopback
        name = urlsplit(f"//{header(scope, b'host')}").hostname
    except ValueError:
        return False
    return is_loopback and name in OWN_NAMES
