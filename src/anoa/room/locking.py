"""The lock of a shared machine: a screen is shut until its member proves who they are again.

A locked session stays signed in, but every address except those of ``STAYS_OPEN`` answers with the
lock page (or, to a script, with 423). A session locks itself after ``ANOA_LOCK_MINUTES`` without a
person's input. That a screen is locked stands in a row of its own and not in the session, because a
request that began before the lock would write its old session back and open it again.

A page that fetches on its own sends ``X-Anoa-Passive: 1``; such a request is no person's input.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from anoa.room import form_drafts
from anoa.room.models import LockedScreen, Member
from anoa.room.passive import PASSIVE

ACTIVE_AT = "active_at"  # in the session: the last input, in seconds since 1970
STAYS_OPEN = frozenset({"lock", "unlock", "lock_leave", "language", "take_over"})
LOCKED = 423
KEPT = timedelta(days=2)  # of a mark; a session ends long before, and is signed out then


def lock(session: SessionBase) -> None:
    """Shut the screen of that session."""
    if session.session_key:
        LockedScreen.objects.filter(locked_at__lt=timezone.now() - KEPT).delete()
        LockedScreen.objects.get_or_create(
            session_key=session.session_key, defaults={"locked_at": timezone.now()}
        )


def unlock(session: SessionBase) -> None:
    """Open the screen of that session; whoever calls this has checked who asks."""
    LockedScreen.objects.filter(session_key=session.session_key).delete()
    session[ACTIVE_AT] = time.time()


def is_locked(session: SessionBase) -> bool:
    """Whether nothing may be shown to that session now: it was locked, or is without input."""
    return is_idle(session) or is_marked(session)


def is_marked(session: SessionBase) -> bool:
    """Whether that session was locked and not opened since."""
    return LockedScreen.objects.filter(session_key=session.session_key).exists()


def is_idle(session: SessionBase) -> bool:
    """Whether the last input of a person lies longer back than the setting allows."""
    since: float | None = session.get(ACTIVE_AT)
    limit_s = settings.LOCK_MINUTES * 60
    return since is not None and time.time() - since > limit_s


class ScreenLock:
    """Answer a locked session with the lock page alone, and lock the one that was left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what matters happens once the view is known and the CSRF token was checked."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """None lets the request through."""
        if not request.user.is_authenticated:
            return None
        session = request.session
        marked = is_marked(session)
        if not marked and not is_idle(session):
            if ACTIVE_AT not in session or not _is_passive(request):
                session[ACTIVE_AT] = time.time()
            return None
        if not marked:
            lock(session)
            keep_what_was_sent(request)
        match = request.resolver_match
        if match is not None and match.url_name in STAYS_OPEN:
            return None
        return _shut(request)


def _is_passive(request: HttpRequest) -> bool:
    return request.headers.get(PASSIVE) == "1"


def keep_what_was_sent(request: HttpRequest) -> None:
    """A form that was sent too late was still written by its member: keep it as a draft."""
    member = Member.objects.filter(user=request.user).first()
    if request.method == "POST" and member is not None and request.POST.get("verb"):
        form_drafts.keep(member, request.path, request.POST)


def _shut(request: HttpRequest) -> HttpResponse:
    if _is_passive(request) or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return HttpResponse(
            gettext("This screen is locked."), status=LOCKED,
            content_type="text/plain; charset=utf-8",
        )  # fmt: skip
    onward = request.get_full_path() if request.method == "GET" else request.path
    return HttpResponseRedirect(page_for(onward))


def page_for(onward: str) -> str:
    """The address of the lock page that leads on to ``onward``."""
    return f"{reverse('lock')}?{urlencode({'next': onward})}"
