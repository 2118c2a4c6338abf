"""The one application: the event stream, and Django's pages in threads, behind one event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

from a2wsgi import WSGIMiddleware
from django.contrib.auth.signals import user_logged_out
from django.core.wsgi import get_wsgi_application
from django.db.models.signals import post_delete, post_save
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anoa.room.settings")

PAGE_THREADS = 8
_pages = WSGIMiddleware(get_wsgi_application(), workers=PAGE_THREADS)

from django.contrib.sessions.models import Session  # noqa: E402 - Django must be set up first

from anoa.room import live, record  # noqa: E402 - Django must be set up before its models
from anoa.room.intake import front  # noqa: E402
from anoa.room.intake.desk import desk  # noqa: E402
from anoa.room.intake.filing import filer  # noqa: E402
from anoa.room.intake.tokens import gate  # noqa: E402
from anoa.room.live import Receive, Scope, Send, hub  # noqa: E402
from anoa.room.models import LockedScreen  # noqa: E402
from anoa.room.notices import SCREENS, TOKENS, tell  # noqa: E402
from anoa.room.sessions import ended_everywhere  # noqa: E402
from anoa.room.together import Ear  # noqa: E402
from anoa.room.watch.lines import told_by_thread  # noqa: E402
from anoa.room.watch.requests import watched  # noqa: E402

get_resolver().url_patterns  # noqa: B018 - reads all pages now, not at the first request


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or take part in the life of the server."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await watched(_answer, scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == live.PATH:
        await live.application(scope, receive, send)
    elif handler := front.handler_of(scope):
        await front.application(scope, receive, send, handler)
    else:
        await _pages(scope, receive, send)  # type: ignore[arg-type]


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        _open() if message["type"] == "lifespan.startup" else await _close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _open() -> None:
    threading.excepthook = told_by_thread
    hub.start()
    ear.start()
    filer.start()


async def _close() -> None:
    hub.close()
    loop = asyncio.get_running_loop()
    for one in (desk, filer, ear):
        await loop.run_in_executor(None, one.close)


def _signed_out(*, request: Any = None, **_: object) -> None:
    if request is not None:
        hub.end_soon(request.session.session_key, "ended")


def _session_gone(**_: object) -> None:
    tell(SCREENS)


def _ended_everywhere(**_: object) -> None:
    hub.look_soon()


def _locked(*, instance: LockedScreen, **_: object) -> None:
    hub.end_soon(instance.session_key, "locked")
    tell(SCREENS)


ear = Ear(hub, {SCREENS: lambda _: hub.look_soon(), TOKENS: gate.forget})
record.follow(hub.publish)
user_logged_out.connect(_signed_out, dispatch_uid="live")
post_delete.connect(_session_gone, sender=Session, dispatch_uid="live")
ended_everywhere.connect(_ended_everywhere, dispatch_uid="live")
post_save.connect(_locked, sender=LockedScreen, dispatch_uid="live")
