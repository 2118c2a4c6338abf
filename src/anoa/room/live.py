"""The event stream: ``GET /live`` tells an open page that the log has moved on.

An event names the entries that came since the last one and that this reader may read: number,
kind, subject. Of the others nothing is sent, not even that there was one, so that the stream
tells no more than the log; who may not read an entry sees nothing change by it. A page then
fetches itself anew, so nothing is folded in the browser and nothing can be lost or doubled.

Each stream keeps a cursor on seq. A commit only wakes the streams; each then reads what lies
between its cursor and the head. A slow reader therefore gets one larger event, never a queue. The
cursor is the event's id: whoever comes back with ``Last-Event-ID`` (or ``?after=``) goes on there.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import close_old_connections

from anoa.oplog import Entry
from anoa.picture import Picture
from anoa.room import access, listening
from anoa.room.headers import CONTENT_SECURITY_POLICY
from anoa.room.listening import AT_ONCE, Listener

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH = "/live"
BEAT_S = 15.0  # between signs of life, and between looks at the sessions
SLOW_S = 60.0  # a reader that takes nothing for so long is let go
PER_MEMBER, IN_ALL = 80, 1000  # open streams
RECENT = 1000  # entries kept in memory; who is further behind is served from the database
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
]  # fmt: skip


class Stream:
    """One open connection: who listens, how far, and why it is to end, once it is."""

    def __init__(self, listener: Listener, cursor: int) -> None:
        self.listener = listener
        self.cursor = cursor
        self.over = ""
        self._bell: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def ring(self, moved: bool = True) -> None:
        """Wake the one who waits, or who will: as the log moved, or for a sign of life."""
        if not self._bell.done():
            self._bell.set_result(moved)

    def unring(self) -> None:
        """Forget what rang; called before looking, so that no commit falls between."""
        if self._bell.done():
            self._bell = asyncio.get_running_loop().create_future()

    async def moved(self, within_s: float) -> bool:
        """Wait until it rings, or for so long; a timer costs less than a task for each wait."""
        timer = asyncio.get_running_loop().call_later(within_s, self.ring, False)
        try:
            return await self._bell
        finally:
            timer.cancel()


class Hub:
    """All open streams of this process; everything but ``publish`` runs in the event loop."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.is_closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._head = 0
        self._recent: deque[Entry] = deque(maxlen=RECENT)
        self._picture = Picture()
        self._told: dict[object, bytes] = {}
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._watch: asyncio.Task[None] | None = None
        self._look: asyncio.Task[None] | None = None

    # From other threads

    def publish(self, _operation: object, picture: Picture, made: tuple[Entry, ...]) -> None:
        """Take what a commit brought; called in the thread that wrote, and waits for nothing."""
        self._soon(lambda: self._take(picture, made))

    def end_soon(self, session_key: str | None, why: str) -> None:
        """End the streams of a session, as when its member signs out or locks the screen."""
        self._soon(lambda: self._end({session_key or "": why}))

    def look_soon(self) -> None:
        """Look at the sessions now, as another process ended or locked one."""
        self._soon(self._look_once)

    def close_soon(self) -> None:
        """End all streams, so that a server that stops need not wait for them."""
        self._soon(self.close)

    def _soon(self, work: Callable[[], None]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and all streams with it
                self._loop.call_soon_threadsafe(work)

    # In the event loop

    def start(self) -> None:
        """Begin to listen to commits; the running loop is the one that serves."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End all streams."""
        self.is_closing = True
        self._end({stream.listener.session_key: "stopping" for stream in self.streams})

    def _take(self, picture: Picture, made: tuple[Entry, ...]) -> None:
        last = self._recent[-1].seq if self._recent else 0
        fresh = [entry for entry in made if entry.seq > last]  # others' commits come twice or late
        if not fresh:
            return
        if last and fresh[0].seq != last + 1:
            self._recent.clear()  # a gap: serve it from the database
        self._recent.extend(fresh)
        self._picture, self._head = picture, fresh[-1].seq
        self._wake()

    def _wake(self) -> None:
        self._told.clear()
        for stream in self.streams:
            stream.ring()

    def _end(self, reasons: dict[str, str]) -> None:
        for stream in self.streams:
            stream.over = stream.over or reasons.get(stream.listener.session_key, "")
        self._wake()

    async def in_thread(self, work: Callable[..., Any], *args: Any) -> Any:
        """Run what asks the database, outside the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _with_connection, work, *args)

    def is_full(self, listener: Listener) -> bool:
        """Whether one more stream of this listener is too many."""
        held = Counter(stream.listener.member for stream in self.streams)
        return len(self.streams) >= IN_ALL or held[listener.member] >= PER_MEMBER

    async def serve(self, listener: Listener, after: int | None, send: Send) -> None:
        """Send events until the reader goes, the session ends, or the server stops."""
        stream = Stream(listener, 0)
        self.streams.add(stream)
        self._watch = self._watch or asyncio.create_task(self._look_at_sessions())
        try:
            head, _entries = await self.in_thread(listening.readable_after, listener, 1 << 60)
            self._head = max(self._head, head)
            stream.cursor = head if after is None or after > head else after
            here = {"seq": stream.cursor, "head": head, "anew": after is not None and after > head}
            await _write(send, b"retry: 1000\n" + event("here", here, stream.cursor))
            while not stream.over:
                stream.unring()
                if news := await self._news(stream):
                    await _write(send, news)
                elif not await stream.moved(BEAT_S):
                    await _write(send, event("beat", {}))
            if stream.over != "stopping":
                await _write(send, event("over", {"why": stream.over}))
        finally:
            self.streams.discard(stream)

    async def _news(self, stream: Stream) -> bytes:
        """The event for what lies after the stream's cursor, and the cursor moved on."""
        held = self._recent
        if stream.cursor >= self._head:
            return b""
        if held and stream.cursor >= held[0].seq - 1:
            key = (stream.listener.eyes, stream.cursor)
            if key not in self._told:
                self._told[key] = told(self._fresh(stream), held[-1].seq)
            stream.cursor = held[-1].seq
            return self._told[key]
        head, found = await self.in_thread(
            listening.readable_after, stream.listener, stream.cursor
        )  # fmt: skip
        stream.cursor = found[-1].seq if len(found) == AT_ONCE else max(head, stream.cursor)
        return told(found, stream.cursor)

    def _fresh(self, stream: Stream) -> list[Entry]:
        found: list[Entry] = []
        for entry in reversed(self._recent):
            if entry.seq <= stream.cursor:
                break
            if access.may_read(entry, self._picture, *stream.listener.eyes):
                found.append(entry)
        return found[::-1]

    async def _look_at_sessions(self) -> None:
        """End the streams of sessions that expired, were locked, or signed out elsewhere."""
        while not self.is_closing:
            await asyncio.sleep(BEAT_S)
            await self._end_those_over()

    async def _end_those_over(self) -> None:
        keys = sorted({stream.listener.session_key for stream in self.streams})
        with suppress(Exception):  # the database may be busy; the next look comes soon
            if gone := await self.in_thread(listening.ended, keys):
                self._end(gone)

    def _look_once(self) -> None:
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._end_those_over())


hub = Hub()


def _with_connection(work: Callable[..., Any], *args: Any) -> Any:
    """Run it on a database connection that still holds; no request ends here to look after it."""
    close_old_connections()
    return work(*args)


def event(name: str, data: object, ident: int | None = None) -> bytes:
    """One event as text/event-stream has it."""
    mark = "" if ident is None else f"id: {ident}\n"
    return f"{mark}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def told(entries: Iterable[Entry], head: int) -> bytes:
    """The event that names entries; nothing when there are none."""
    named = [{"seq": one.seq, "kind": one.kind, "subject": one.subject} for one in entries]
    return event("moved", {"seq": named[-1]["seq"], "entries": named}, head) if named else b""


async def _write(send: Send, body: bytes) -> None:
    """Send, waiting for a slow reader, but not for one that takes nothing at all."""
    async with asyncio.timeout(SLOW_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``GET /live``."""
    hub.start()
    if scope["method"] != "GET":
        return await _refuse(send, 405, "This address is only read.")
    headers = {name.decode("latin-1").lower(): value.decode("latin-1")
               for name, value in scope["headers"]}  # fmt: skip
    key = _cookie(headers.get("cookie", ""), settings.SESSION_COOKIE_NAME)
    listener = await hub.in_thread(listening.listener_of, key) if key else "ended"
    if isinstance(listener, str):
        return await _refuse(send, 423 if listener == "locked" else 401, listener)
    if hub.is_closing or hub.is_full(listener):
        return await _refuse(send, 503, "Too many pages are open.", (b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    stream = asyncio.create_task(hub.serve(listener, _after(scope, headers), send))
    gone = asyncio.create_task(_gone(receive))
    done, waiting = await asyncio.wait({stream, gone}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    if stream in done:
        with suppress(OSError, TimeoutError):
            stream.result()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _after(scope: Scope, headers: dict[str, str]) -> int | None:
    """Where the reader wants to go on: the header first, as only a reconnection has it."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])
    for text in (headers.get("last-event-id", ""), asked[0]):
        if text.isdecimal() and len(text) < 16:
            return int(text)
    return None


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _refuse(send: Send, status: int, why: str, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS[1:], *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why.encode()})
