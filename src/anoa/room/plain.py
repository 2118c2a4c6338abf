"""What is answered without TLS, on a port of its own: how a phone comes to trust this room.

The steps and the authority's certificate are public. Everything else is sent on to the address
with TLS before anything is said; what was posted is refused, as it has been overheard already.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

from anoa.room.live import Receive, Scope, Send

OPEN = ("/tls", "/static/room/")
TOLD = b"This room is reached over https only. Nothing was read."


class Plain:
    """The application of the port without TLS."""

    def __init__(self, application: object, names: Collection[str], port: int) -> None:
        self._application = application
        self._names = tuple(names)
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the steps, send on, or refuse."""
        if scope["type"] != "http":
            return
        is_reading = scope["method"] in ("GET", "HEAD")
        if is_reading and scope["path"].startswith(OPEN):
            await self._application(scope, receive, send)  # type: ignore[operator]
        elif is_reading:
            await _answer(send, 307, b"", self._onward(scope))
        else:
            await _answer(send, 403, TOLD)

    def _onward(self, scope: Scope) -> str:
        """The same address with TLS, under a name that the certificate has."""
        headers = dict(scope["headers"])
        asked = headers.get(b"host", b"").decode("latin-1").rpartition("]")
        host = (asked[0] + asked[1]).strip("[]") or asked[2].partition(":")[0]
        name = host if host in self._names else self._names[0]
        shown = f"[{name}]" if ":" in name else name
        port = "" if self._port == 443 else f":{self._port}"
        query = scope["query_string"].decode("latin-1")
        return f"https://{shown}{port}{quote(scope['path'])}{'?' + query if query else ''}"


async def _answer(send: Send, status: int, body: bytes, location: str = "") -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]  # fmt: skip
    if location:
        headers.append((b"location", location.encode("latin-1", "replace")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
