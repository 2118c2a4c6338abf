"""Who the people are: user names like the cast, passwords made on the spot, nobody signs up."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from anoa.pack import CastMember
from anoa.room import factors, limits, pins, sessions
from anoa.room.models import Member, Operation

PASSWORD_BYTES = 12  # 96 random bits, 16 characters to type


class RoomAccounts(DefaultAccountAdapter):
    """Accounts are made by the host's administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the try; ValidationError with the time to wait where there were too many."""
        self._tried = limits.begin(request, limits.PASSWORD, credentials.get("username", ""))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user whose password that is, or None."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            limits.right(self._tried)
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether the password is asked for again: not to set up the first factor at sign-in."""
        if app == "allauth.mfa" and factors.may_enrol_now(context.request):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Lead on from a full sign-in, and know the machine from now on."""
        answer: HttpResponse = super().post_login(request, user, **kwargs)
        member = Member.objects.filter(user=user).first()
        if member is not None:
            pins.know(request, answer, member)
        return answer

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pass a message on, but not that there are new codes: their page says it."""
        if "mfa/messages/recovery_codes_generated.txt" not in args:
            super().add_message(*args, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: object) -> None:
        """Nothing leaves the machine."""


def admit(operation: Operation, cast: Iterable[CastMember]) -> dict[str, str]:
    """Make the users of the cast who are missing; returns their new passwords by user name."""
    known = set(Member.objects.filter(operation=operation).values_list("ident", flat=True))
    made = {}
    with transaction.atomic():
        for one in cast:
            if one.id in known:
                continue
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            user = get_user_model().objects.create_user(one.id, password=password)
            Member.objects.create(
                user=user, operation=operation, ident=one.id, agency=one.agency, role=one.role
            )
            made[one.id] = password
    return made


def new_passwords(operation: Operation) -> dict[str, str]:
    """Give every member of the operation a new password; the old ones and sessions end."""
    fresh = {}
    with transaction.atomic():
        for member in Member.objects.filter(operation=operation).select_related("user"):
            fresh[member.ident] = new_password(member)
    return fresh


def new_password(member: Member) -> str:
    """Give a member a new password and return it; the old one and the sessions end."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with transaction.atomic():
        member.user.set_password(password)
        member.user.save(update_fields=["password"])
        sessions.end_all(member)
    return password
