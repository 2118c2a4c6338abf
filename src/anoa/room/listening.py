"""Who listens to the event stream, asked of the session without renewing it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from anoa.errors import AccessDenied
from anoa.oplog import Entry, Handling
from anoa.room import access, locking, record, sessions
from anoa.room.log_view import LogView

AT_ONCE = 500  # entries told in one event; a page that missed more is told that there are more


@dataclass(frozen=True, slots=True)
class Listener:
    """The reader behind a session: whose eyes, and which member's limit counts."""

    session_key: str
    member: int
    agency: str | None
    widest: Handling

    @property
    def eyes(self) -> tuple[str | None, Handling]:
        """What decides what is seen; listeners with equal eyes get equal events."""
        return self.agency, self.widest


def listener_of(session_key: str) -> Listener | str:
    """The listener behind a session key, or in one word why there is none: ended, locked.

    Only reads: a page that is left open must still lock itself and expire.
    """
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    if not user.is_authenticated:
        return "ended"
    if sessions.standing(request.session, user) is not sessions.Standing.GOOD:
        return "ended"
    if locking.is_locked(request.session):
        return "locked"
    try:
        member = access.member_of(user)
    except AccessDenied:
        return "ended"
    return Listener(session_key, member.pk, *access.eyes(member))


def ended(session_keys: list[str]) -> dict[str, str]:
    """Those of the sessions that may listen no longer, with the reason."""
    found = {key: listener_of(key) for key in session_keys}
    return {key: why for key, why in found.items() if isinstance(why, str)}


def readable_after(listener: Listener, seq: int) -> tuple[int, list[Entry]]:
    """The head of the log, and the entries after ``seq`` which that listener may read."""
    operation = record.current_operation()
    if operation is None:
        return 0, []
    picture = record.current_picture(operation)
    view = LogView(operation, picture, listener.agency, listener.widest, picture.seq)
    return picture.seq, list(islice(view.since(seq), AT_ONCE))
