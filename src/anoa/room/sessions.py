"""Sessions: how long one lasts, which have ended, and what none reaches before a second factor.

A session ends after half an hour without a person's input (Django's own limit), after
``ANOA_SESSION_HOURS`` however busy it is, and at once when its member signs out everywhere, gets a
new password or has the second factor reset. Both the pages and the event stream ask ``standing``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from anoa.room import locking
from anoa.room.access import must_have_factor
from anoa.room.models import KnownMachine, Member
from anoa.room.notices import SCREENS, tell

FRESH_S = 10 * 60  # of a password that was typed
STATED = "factor_stated"  # in the session: an institution's sign-in stated two factors
SIGNED_IN_AT = "signed_in_at"  # in the session: when it began, in seconds since 1970
ENROLMENT = frozenset({
    "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "account_reauthenticate", "account_login", "account_logout",
    "language", "sign_out_everywhere", *locking.STAYS_OPEN, "active",
})  # fmt: skip
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

ended_everywhere = Signal()  # all sessions of a member ended; live pages look at theirs


class Standing(StrEnum):
    """Whether a session still counts."""

    GOOD = "good"
    OVER = "over"  # it has ended
    BARE = "bare"  # its member must have a second factor and has none yet


def standing(session: SessionBase, user: Any) -> Standing:
    """Whether that user's session still counts, and for what."""
    member = _member(user)
    if _is_over(session, member):
        return Standing.OVER
    has_factor = member is not None and (member.has_factor or session.get(STATED) is True)
    if member is not None and not has_factor and must_have_factor(member):
        return Standing.BARE
    return Standing.GOOD


def _member(user: Any) -> Any:
    """The member with ``has_factor``, in one question of the database; None for no member."""
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=FACTORS)
    rows = Member.objects.select_related("operation").annotate(has_factor=Exists(factors))
    return rows.filter(user=user).first()


def _is_over(session: SessionBase, member: Member | None) -> bool:
    began: float = session.get(SIGNED_IN_AT, 0.0)
    if time.time() - began > settings.SESSION_HOURS * 3600:
        return True
    ended_at = member.signed_out_at if member is not None else None
    return ended_at is not None and began <= ended_at.timestamp()


def is_fresh(at: float) -> bool:
    """Whether that moment, in seconds since 1970, lies no longer back than ``FRESH_S``."""
    return time.time() - at <= FRESH_S


def end_all(member: Member) -> None:
    """End every session of the member, on every machine, and forget where it signed in."""
    Member.objects.filter(pk=member.pk).update(signed_out_at=timezone.now())
    KnownMachine.objects.filter(member=member).delete()
    user = str(member.user_id)
    gone = [row.pk for row in Session.objects.iterator() if row.get_decoded().get(_USER) == user]
    Session.objects.filter(pk__in=gone).delete()
    tell(SCREENS)
    transaction.on_commit(lambda: ended_everywhere.send(sender=Member))


_USER = "_auth_user_id"


def _began(*, request: HttpRequest, **_: object) -> None:
    request.session[SIGNED_IN_AT] = time.time()


user_logged_in.connect(_began, dispatch_uid="sessions")


class SessionLimits:
    """End a session whose time is over, and lead to a second factor who must have one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; what matters happens once the view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        """None lets the request through."""
        if not request.user.is_authenticated:
            return None
        found = standing(request.session, request.user)
        if found is Standing.OVER:
            locking.keep_what_was_sent(request)
            logout(request)  # what follows asks for a sign-in
            return None
        match = request.resolver_match
        if found is Standing.GOOD or (match is not None and match.url_name in ENROLMENT):
            return None
        return _enrol(request)


def _enrol(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return HttpResponse(
            gettext("Set up a second factor first."), status=403,
            content_type="text/plain; charset=utf-8",
        )  # fmt: skip
    return HttpResponseRedirect(reverse("mfa_index"))
