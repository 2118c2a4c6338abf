"""The only way by which the room asks another machine something: a provider of accounts, on demand.

It is asked only while ``asking`` is entered, which the views of signing in do when a person pressed
the button. An answer is read up to ``LARGEST`` bytes and ``LONGEST_S`` seconds, redirections are
not followed, and no more than ``AT_ONCE`` conversations go on, so that a provider that hangs holds
no more workers than these.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
import urllib3
from django.utils.translation import gettext_noop

from anoa.errors import AnoaError
from anoa.room.identity.providers import IdentityProvider, is_safe

CONNECT_S, READ_S = 5.0, 5.0
LONGEST_S = 10.0  # of one conversation
LARGEST = 256 * 1024  # bytes of one answer
PIECE = 16 * 1024
AT_ONCE = 4

AWAY = gettext_noop("Your institution's sign-in cannot be reached.")
BUSY = gettext_noop("Too many wait for your institution's sign-in already. Try again in a minute.")
ODD = gettext_noop("Your institution's sign-in does not answer as it should.")
SLOW = gettext_noop("Your institution's sign-in does not answer in time.")
UNTRUSTED = gettext_noop(
    "The certificate of your institution's sign-in is not one that this machine trusts. Tell its "
    "administrator."
)

Failed = requests.RequestException  # what ``asking`` tells in words

_free = threading.BoundedSemaphore(AT_ONCE)
_asked: ContextVar[tuple[IdentityProvider, float] | None] = ContextVar("asked", default=None)


class ProviderTrouble(AnoaError):
    """A provider cannot be reached, or answers what it must not."""


@contextmanager
def asking(provider: IdentityProvider) -> Iterator[None]:
    """Let that provider be asked within the block; ProviderTrouble for all that goes wrong."""
    if not _free.acquire(timeout=1):
        raise ProviderTrouble(BUSY)
    token = _asked.set((provider, time.monotonic() + LONGEST_S))
    try:
        yield
    except requests.RequestException as error:
        raise ProviderTrouble(_why(error), why=type(error).__name__) from error
    finally:
        _asked.reset(token)
        _free.release()


def session() -> requests.Session:
    """A session for the provider that is being asked; ProviderTrouble where none is."""
    found = _asked.get()
    if found is None:
        raise ProviderTrouble("nobody pressed the button")
    return _Session(*found)


class _Session(requests.Session):
    def __init__(self, provider: IdentityProvider, until: float) -> None:
        super().__init__()
        self._provider, self._until = provider, until
        self.trust_env = False  # neither ~/.netrc nor a proxy of the environment is told anything
        self.verify = provider.ca_file or True
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        """The answer, read whole; ProviderTrouble for a redirection and for one that is large."""
        if not is_safe(url, self._provider.issuer):
            raise ProviderTrouble(ODD)
        more |= {"timeout": (CONNECT_S, READ_S), "stream": True, "allow_redirects": False}
        answer = super().request(method, url, *args, **more)
        with answer:
            if answer.is_redirect or "Content-Encoding" in answer.headers:
                raise ProviderTrouble(ODD)
            answer._content = self._read(answer)
        return answer

    def _read(self, answer: requests.Response) -> bytes:
        """Read as it arrives, so that one byte at a time does not go on for ever."""
        found = bytearray()
        try:
            while piece := answer.raw.read1(PIECE, decode_content=False):
                found += piece
                if len(found) > LARGEST:
                    raise ProviderTrouble(ODD)
                if time.monotonic() > self._until:
                    raise ProviderTrouble(SLOW)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise requests.ConnectionError(error) from error
        return bytes(found)


def _why(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return SLOW
    if isinstance(error, requests.exceptions.SSLError):
        return UNTRUSTED
    if isinstance(error, requests.ConnectionError):
        return AWAY
    return ODD
