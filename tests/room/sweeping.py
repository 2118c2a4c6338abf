"""Asks every address of a room as one reader, and reads all that an answer holds."""

from __future__ import annotations

import base64
import binascii
import gzip
import http.client
import io
import re
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import URLPattern

from anoa.room import page_urls
from anoa.room.models import Member
from anoa.room.sessions import SIGNED_IN_AT

TOKEN = "a" * 32  # against forged requests, in a cookie and in a header alike
QUIET_S = 0.4  # of an event stream that has told everything
LONG_BASE64 = re.compile(rb"[A-Za-z0-9_-]{16,}")
POSTED = {  # addresses that are only sent to, or that end the session
    "lock", "unlock", "lock_leave", "active", "sign_out_everywhere", "draft_keep", "draft_discard",
    "file_drop", "files_new", "help_unfiled", "language", "hand_in", "sealing_challenge",
    "sealed_mark", "stations_import", "take_over",
}  # fmt: skip
ASKED = {  # what addresses take after the question mark
    "reports": ("q", "state", "order", "owner", "handling", "place", "at"),
    "incidents": ("q", "state", "order", "owner", "handling", "place", "at"),
    "report_export": ("format", "owner", "handling"),
    "incident_export": ("format", "owner", "handling"),
    "search": ("q",), "log": ("before", "at"), "moment": ("of",), "board": ("at", "tree"),
    "calendar": ("at",), "map_data": ("at",), "commitments": ("mine", "at"), "report": ("at",),
    "commitment": ("at",), "meeting": ("at",), "region": ("at",), "threats": ("at",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """All that came back, and what the asker itself had said."""

    asked: str
    status: int
    said: bytes

    def holds(self, words: Iterable[str]) -> list[str]:
        """Those of the words that it says and that the asker did not say first."""
        known = unquote(self.asked)
        there = (one for one in words if one.encode() in self.said and one not in known)
        return [one for one in there if _alone(one).search(self.said)]


def _alone(word: str) -> re.Pattern[bytes]:
    return re.compile(rf"(?<![\w-]){re.escape(word)}(?!\w)".encode())


@dataclass
class Reader:
    """A browser or a program: what it sends with every question."""

    address: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, **headers: str) -> Answer:
        """The answer to GET."""
        with closing(self._connection()) as connection:
            connection.request("GET", path, headers=self.headers | headers)
            answer = connection.getresponse()
            body = answer.read()
        told = f"{answer.status} {answer.reason}\n{answer.headers}".encode()
        return Answer(path, answer.status, told + unfolded(body))

    def send(self, verb: str, subject: str, data: dict[str, str]) -> Answer:
        """The answer to the form of a verb, sent to the page of the threats."""
        body = urlencode({"verb": verb, "subject": subject, **data})
        headers = self.headers | {
            "Cookie": f"{self.headers['Cookie']}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN,
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        with closing(self._connection()) as connection:
            connection.request("POST", "/threats", body, headers)
            answer = connection.getresponse()
            told = f"{answer.status}\n{answer.headers}".encode() + unfolded(answer.read())
        return Answer(f"{verb} {subject} {body}", answer.status, told)

    def listen(self, path: str) -> Answer:
        """What an event stream tells until it is quiet."""
        with closing(self._connection(QUIET_S)) as connection:
            connection.request("GET", path, headers=self.headers)
            answer = connection.getresponse()
            said = [f"{answer.status}\n{answer.headers}".encode()]
            with suppress(TimeoutError):
                while piece := answer.read1(1 << 16):
                    said.append(piece)
        return Answer(path, answer.status, b"".join(said))

    def _connection(self, timeout: float = 60) -> http.client.HTTPConnection:
        place = urlsplit(self.address)
        assert place.hostname is not None
        return http.client.HTTPConnection(place.hostname, place.port, timeout=timeout)


def unfolded(body: bytes) -> bytes:
    """The body with what is packed in it laid open: gzip, zip and XLSX, PDF, base64."""
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    found = [body]
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            found += [packed.read(name) for name in packed.namelist()]
    elif body[:5] == b"%PDF-":
        import pypdf

        found += [page.extract_text().encode() for page in pypdf.PdfReader(io.BytesIO(body)).pages]
    elif len(body) < 1 << 20:
        found += _from_base64(body)
    return b"\n".join(found)


def _from_base64(body: bytes) -> Iterator[bytes]:
    for text in LONG_BASE64.findall(body):
        with suppress(binascii.Error, ValueError):
            yield base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def cookie_of(member: Member) -> str:
    """The cookie of a session in which that member signed in just now."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.user_id)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
    session[SIGNED_IN_AT] = time.time()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; django_language=en"


# Addresses, as a document that schemathesis reads


def document(values: dict[str, list[Any]]) -> dict[str, Any]:
    """The pages, exports and lists as OpenAPI; ``values`` are those of an argument or a question.

    Of an argument, ``name:argument`` goes before ``argument``.
    """
    paths = {}
    for one in page_urls.urlpatterns:
        assert isinstance(one, URLPattern)
        if one.name in POSTED:
            continue
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(one.pattern))
        names = re.findall(r"{(\w+)}", path)
        asked = [_asked(name, "path", values.get(f"{one.name}:{name}") or values[name])
                 for name in names]  # fmt: skip
        asked += [_asked(name, "query", values[f"?{name}"]) for name in ASKED.get(one.name, ())]
        paths[path] = {"get": {"operationId": one.name, "parameters": asked, "responses": ANY}}
    paths["/static/room/live.js"] = {"get": {"responses": ANY}}
    return {"openapi": "3.1.0", "info": {"title": "pages", "version": "1"}, "paths": paths}


ANY = {"default": {"description": "whatever comes"}}


def _asked(name: str, where: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": {"enum": values}}
