"""The addresses of OpenRosa, as ODK Collect and its kin speak to them.

``/openrosa/formList``, ``/openrosa/forms/ID`` with ``/manifest`` and ``/media/NAME``, and
``/openrosa/submission`` (HEAD, POST); each also below ``/t/TOKEN``. Collect adds ``deviceID`` to
every address: it is neither read nor kept. Every answer to a submission, a refusal too, has a body
whose message the phone shows; only 201 and 202 tell it that the submission was taken.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import parse_qs

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from anoa.errors import AnoaError
from anoa.openrosa import response_body
from anoa.openrosa.protocol import MEDIA_TYPE, VERSION
from anoa.room import languages
from anoa.room.intake import openrosa_sending
from anoa.room.intake.http import (
    TOKEN_PATH,
    Header,
    Receive,
    Scope,
    Send,
    Unreadable,
    WrongMethod,
    address,
    answer,
    bearer_of,
    header,
    in_thread,
    path_of,
    problem_of,
)
from anoa.room.intake.multipart import LIMIT
from anoa.room.intake.openrosa_forms import NotThere, Shelf, shelf_of
from anoa.room.intake.tokens import TOKEN, Bearer, OutOfScope, TooManyFailures, Unauthorised
from anoa.room.intake.values import Refused
from anoa.room.views.words import sentence

PREFIX = "/openrosa/"
LIST, SUBMISSION = "/openrosa/formList", "/openrosa/submission"
FORM_PATH = re.compile(
    r"/openrosa/forms/(?P<form>[a-z][a-z0-9-]{0,39})(?:/(?P<part>manifest|media/(?P<file>[a-z_]{1,40}\.csv)))?\Z"
)
LEAST_PACKED = 1_000  # bytes; shorter answers do not gain by gzip
XML, CSV = MEDIA_TYPE.encode(), b"text/csv; charset=utf-8"
ALWAYS: tuple[Header, ...] = (
    (b"x-openrosa-version", VERSION.encode()),
    (b"x-openrosa-accept-content-length", str(LIMIT).encode()),
)
ASK_PASSWORD: Header = (b"www-authenticate", b'Basic realm="anoa", charset="UTF-8"')


LANGUAGES_KEPT = 500
_spoken: dict[str, str] = {}  # what ``Accept-Language`` means here, by header


class Unencrypted(OutOfScope):
    """A password would travel, or has travelled, for everybody on the way to read."""

    code = "unencrypted"


class BadAddress(OutOfScope):
    """The token in the address is not good: a password would not help."""

    code = "bad_address"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of an OpenRosa client."""
    try:
        bearer = await _bearer(scope)
        bearer.need("submit")
        if path_of(scope) == SUBMISSION:
            await _submission(scope, receive, send, bearer)
        else:
            await _download(scope, send, bearer)
    except AnoaError as error:
        await _refuse(scope, send, error)


# Who sends


async def _bearer(scope: Scope) -> Bearer:
    """Who sends: by the token in the address, or by a password that is one, over TLS only."""
    if TOKEN_PATH.match(scope["path"]):
        try:
            return await bearer_of(scope)
        except Unauthorised as error:
            raise BadAddress(error.sentence, **error.values) from error
    if not is_private(scope):
        raise Unencrypted("this connection is not encrypted: use the address with https")
    given = header(scope, b"authorization")
    if not given:  # as a phone asks first without; no try of a token
        raise Unauthorised(
            "a token is needed: in the settings of the app, under the server, write the token of "
            "this device as the password, with any user"
        )
    text = password_of(given)
    try:
        return await bearer_of(scope, text)
    except TooManyFailures:
        raise
    except Unauthorised as error:
        if TOKEN.match(text):
            raise
        raise Unauthorised(
            "the password is no token of this room: in the settings of the app, under the server, "
            "write the whole token, which begins with anoa_"
        ) from error


def password_of(authorization: str) -> str:
    """The token of a header ``Authorization``; empty when there is none.

    A phone asks for a user and a password: the password is the token. A typed user may also be the
    token's id and the password its secret.
    """
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        user, _, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "?"
    whole = password.strip()
    return whole if TOKEN.match(whole) else f"anoa_{user.strip()}_{whole}"


def is_private(scope: Scope) -> bool:
    """Whether nobody on the way can read along: by TLS, or as nothing leaves this machine."""
    if scheme_of(scope) == "https":
        return True
    try:
        return ipaddress.ip_address(address(scope)).is_loopback
    except ValueError:
        return False


def scheme_of(scope: Scope) -> str:
    """``http`` or ``https``, also behind a proxy that is told of by ANOA_HTTPS."""
    if settings.HTTPS and header(scope, b"x-forwarded-proto") == "https":
        return "https"
    return str(scope.get("scheme", "http"))


def base_of(scope: Scope) -> str:
    """The absolute address that everything here stands under, as the phone reached it.

    Raises Unreadable for a host that is not this room's.
    """
    host = header(scope, b"host")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        raise Unreadable("this room is not called {host}: see ANOA_HOSTS", host=host[:80])
    found = TOKEN_PATH.match(scope["path"])
    token = f"/t/{found[1]}" if found else ""
    return f"{scheme_of(scope)}://{host}{token}/openrosa"


# What is loaded


async def _download(scope: Scope, send: Send, bearer: Bearer) -> None:
    made, media_type = _wanted(scope)
    if scope["method"] not in ("GET", "HEAD"):
        raise WrongMethod("load this by GET", "GET, HEAD")
    body = await in_thread(lambda: made(shelf_of(bearer)))
    more: tuple[Header, ...] = ((b"vary", b"accept-encoding"),)
    if "gzip" in header(scope, b"accept-encoding") and len(body) >= LEAST_PACKED:
        body = await in_thread(lambda: gzip.compress(body, mtime=0))
        more = (*more, (b"content-encoding", b"gzip"))
    await _answer(scope, send, 200, body, media_type, more)


def _wanted(scope: Scope) -> tuple[Callable[[Shelf], bytes], bytes]:
    path, base = path_of(scope), base_of(scope)
    if path == LIST:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        wanted = query.get("formID", [""])[0]
        return lambda shelf: shelf.list_of(base, wanted), XML
    found = FORM_PATH.match(path)
    if found is None:
        raise NotThere("there is nothing at this address")
    form, file = found["form"], found["file"]
    if file:
        return lambda shelf: shelf.media(form, file), CSV
    if found["part"]:
        return lambda shelf: shelf.manifest_of(form, base), XML
    return lambda shelf: shelf.xform(form), XML


# What is sent


async def _submission(scope: Scope, receive: Receive, send: Send, bearer: Bearer) -> None:
    if scope["method"] == "HEAD":
        place: Header = (b"location", f"{base_of(scope)}/submission".encode())
        await _answer(scope, send, 204, b"", XML, (place,))
        return
    if scope["method"] != "POST":
        raise WrongMethod("send this by POST", "POST, HEAD")
    taken = await openrosa_sending.take(scope, receive, bearer)
    with translation.override(await _language(scope)):
        message = taken.message()
        if taken.refusal is not None:
            message = f"{_first_large(sentence(taken.refusal))} {message}"
    status = taken.refusal.status if taken.refusal is not None else 201
    body = response_body(message, is_error=taken.refusal is not None)
    await _answer(scope, send, status, body)


# Answers


async def _answer(
    scope: Scope, send: Send, status: int, body: bytes, media_type: bytes = XML,
    more: tuple[Header, ...] = (),
) -> None:  # fmt: skip
    language: Header = (b"content-language", (await _language(scope)).encode())
    await answer(send, status, body, media_type, (*ALWAYS, language, *more))


async def _refuse(scope: Scope, send: Send, error: AnoaError) -> None:
    """Tell a refusal in the phone's language."""
    more: list[Header] = []
    if isinstance(error, Unauthorised):
        more.append(ASK_PASSWORD)
    if isinstance(error, Refused) and error.retry_after_s:
        more.append((b"retry-after", str(error.retry_after_s).encode()))
    with translation.override(await _language(scope)):
        body = response_body(_first_large(sentence(error)), is_error=True)
    await _answer(scope, send, problem_of(error)["status"], body, XML, tuple(more))


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "…")) else ".")


async def _language(scope: Scope) -> str:
    """The language that the phone asks for, else that of the operation."""
    asked = header(scope, b"accept-language")
    if asked not in _spoken:
        if len(_spoken) >= LANGUAGES_KEPT:
            _spoken.clear()
        _spoken[asked] = await in_thread(languages.language_for, asked)
    return _spoken[asked]
