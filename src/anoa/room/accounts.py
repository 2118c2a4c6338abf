"""Who the people are: user names like the cast, passwords made on the spot, nobody signs up."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest

from anoa.pack import CastMember
from anoa.room.models import Member, Operation

PASSWORD_BYTES = 12  # 96 random bits, 16 characters to type


class RoomAccounts(DefaultAccountAdapter):
    """Accounts are made by the host's administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

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
            password = secrets.token_urlsafe(PASSWORD_BYTES)
            member.user.set_password(password)
            member.user.save(update_fields=["password"])
            fresh[member.ident] = password
    return fresh
