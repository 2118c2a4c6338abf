"""The addresses of intake, answered in front of Django: no session, no page, one event loop.

Each is a function of scope, receive and send, and raises what it refuses; here that becomes a
problem in JSON. A channel with an answer of its own for errors (OpenRosa) catches them itself.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from anoa.errors import AnoaError, StorageError
from anoa.room.api import described, reading
from anoa.room.field import front as field_front
from anoa.room.intake import hook_front, import_front, json_front, openrosa_front
from anoa.room.intake.http import (
    Gone,
    NoAddress,
    Receive,
    Scope,
    Send,
    answer_problem,
    path_of,
)
from anoa.room.watch import front as watch_front

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse an address of the API that is none, in the form that programs read."""
    raise NoAddress("there is no such address; {document} names all", document=described.DOCUMENT)


WATCH: dict[str, Handler] = dict.fromkeys(watch_front.PATHS, watch_front.application)
EXACT: dict[str, Handler] = {
    **WATCH,
    json_front.ONE: json_front.one,
    json_front.BATCH: json_front.many,
    **dict.fromkeys(reading.LISTS, reading.read),
    described.DOCUMENT: described.show,
    import_front.PATH: import_front.application,
    "/field/forms.json": field_front.forms,
    "/field/places.json": field_front.places,
    "/field/send": field_front.submit,
    "/field/standing": field_front.standing,
}
BELOW: dict[str, Handler] = {  # by the beginning of the path
    openrosa_front.PREFIX: openrosa_front.application,
    hook_front.PREFIX: hook_front.application,
    "/api/": nowhere,
}

log = logging.getLogger("anoa.intake")


def handler_of(scope: Scope) -> Handler | None:
    """Who answers this request in front of Django; None leaves it to the pages."""
    path = path_of(scope)
    found = EXACT.get(path)
    if found is None and BELOW:
        found = next((one for start, one in BELOW.items() if path.startswith(start)), None)
    return found


async def application(scope: Scope, receive: Receive, send: Send, handler: Handler) -> None:
    """Let the handler answer; what it refuses is told in words."""
    try:
        await handler(scope, receive, send)
    except (Gone, TimeoutError):
        return  # nobody is there to be told
    except AnoaError as error:
        await answer_problem(send, error)
    except Exception:
        log.exception("intake broke")
        failed = StorageError("this could not be handled and nothing was kept: send it again")
        await answer_problem(send, failed)
