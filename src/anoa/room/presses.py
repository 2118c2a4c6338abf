"""A form that is sent twice is done once.

A slow line makes people press again, and without JavaScript nothing in the browser stops them.
Each page carries a CSRF token under a mask of its own, so equal bytes with an equal token are the
same form of the same page, sent again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.http import HttpRequest

KEPT = 2000
KEPT_S = 600.0
MASKED = 64  # characters of a token with its mask; a script sends the bare secret of 32


@dataclass
class Press:
    """A form that was sent; ``onward`` is the page it led to, empty until it was done."""

    onward: str = ""
    at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Presses:
    """The forms that were sent to this process in the last minutes.

    On several machines a repeat that reaches another one is done there again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, Press] = OrderedDict()

    @contextmanager
    def of(self, member: int, request: HttpRequest) -> Iterator[Press]:
        """The press that this request is; who repeats it waits here until the first is through."""
        press = self._found(member, request)
        with press.lock:
            yield press

    def _found(self, member: int, request: HttpRequest) -> Press:
        if len(request.POST.get("csrfmiddlewaretoken", "")) != MASKED:
            return Press()
        sent = json.dumps([member, request.path, sorted(request.POST.lists())])
        key = hashlib.sha256(sent.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            press = self._kept.get(key)
            if press is None or time.monotonic() - press.at > KEPT_S:
                press = self._kept[key] = Press()
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return press


presses = Presses()
