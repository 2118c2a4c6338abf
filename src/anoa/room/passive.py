"""What a page fetches by itself: no person's input, so it renews no session and takes no message.

Such a request carries ``X-Anoa-Passive: 1``. Its answer holds no CSRF token, so that one answer
serves all pages of a member that ask for the same at the same entry; the page keeps its own token.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

PASSIVE = "X-Anoa-Passive"
KEPT_S = 2.0
KEPT = 64


def is_passive(request: HttpRequest) -> bool:
    """Whether the page asks by itself."""
    return bool(request.headers.get(PASSIVE) == "1")


class PatientSessions(SessionMiddleware):
    """Sessions that every request renews, but for those that no person made."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session, unless nothing in it changed and the page asked by itself."""
        if is_passive(request) and not request.session.modified:
            patch_vary_headers(response, ("Cookie",))
            return response
        return super().process_response(request, response)


@dataclass
class _Answer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    made_at: float = float("-inf")
    response: tuple[int, bytes] | None = None


class Answers:
    """Answers to equal questions at one entry of the log, made once and kept for moments."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[object, _Answer] = OrderedDict()

    def once(self, key: object, make: Callable[[], HttpResponse]) -> HttpResponse:
        """The answer under that key; who asks while it is made waits for it."""
        with self._lock:
            answer = self._kept.setdefault(key, _Answer())
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        with answer.lock:
            if answer.response is None or time.monotonic() - answer.made_at > KEPT_S:
                made = make()
                if made.status_code != 200:
                    return made
                answer.response = (made.status_code, made.content)
                answer.made_at = time.monotonic()
            status, content = answer.response
        return HttpResponse(content, status=status)


answers = Answers()
