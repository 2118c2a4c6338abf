"""Who the people are: user names like the cast, passwords made on the spot, nobody signs up."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.stages import AuthenticateStage
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from anoa.coordination.institutions import has_left
from anoa.coordination.kinds import VERSION
from anoa.coordination.values import RULES_AGENCY, Rules
from anoa.errors import NotAllowed
from anoa.oplog import Entry, Handling, Json, instant_text
from anoa.pack import CastMember
from anoa.pack.documents import ROLES
from anoa.picture import Picture
from anoa.room import actions, factors, limits, pins, record, sessions
from anoa.room.identity import oidc, ties
from anoa.room.models import Member, Operation
from anoa.room.notices import SCREENS, tell

NAME = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")
ADMITTED = tuple(role for role in ROLES if role != "host_admin")  # who acts for an institution
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
        if oidc.is_stated(kwargs.get("signal_kwargs")):
            request.session[sessions.STATED] = True
        member = Member.objects.filter(user=user).first()
        if member is not None:
            pins.know(request, answer, member)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Say to whoever knows the password of a shut account that it is shut."""
        raise PermissionDenied(gettext(
            "This account is shut: the member, or its institution, takes part no longer. What it "
            "did stays in the log. Ask the administrator of this machine."))  # fmt: skip

    def get_login_stages(self) -> list[str]:
        """The steps of a sign-in; the second factor may be one that an institution asked for."""
        own = f"{oidc.OwnFactor.__module__}.{oidc.OwnFactor.__qualname__}"
        theirs = f"{AuthenticateStage.__module__}.{AuthenticateStage.__qualname__}"
        return [own if one == theirs else one for one in super().get_login_stages()]

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


@dataclass(frozen=True, slots=True)
class Limits:
    """Where and when a member acts: regions or units (none: everywhere), from and until.

    ``reads`` narrows what it reads: to what all institutions see, or to what is public.
    """

    regions: tuple[str, ...] = ()
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    reads: str = ""

    def data(self, rules: Rules) -> dict[str, Json]:
        """What an entry says of them; NotAllowed for a region or a time that cannot be."""
        for code in self.regions:
            if code not in rules.regions and code not in rules.units:
                raise NotAllowed("the pack knows no region and no unit {code}", code=code)
        start, end = self.valid_from, self.valid_until
        if start and end and start >= end:
            raise NotAllowed("a part that ends before it begins is none")
        said: dict[str, Json] = {"regions": list(self.regions)} if self.regions else {}
        said |= {"valid_from": instant_text(start)} if start else {}
        said |= {"reads": self.reads} if self.reads else {}
        return said | ({"valid_until": instant_text(end)} if end else {})


NO_LIMITS = Limits()


def admit_one(
    operation: Operation, ident: str, agency: str, role: str, limits: Limits = NO_LIMITS
) -> str:
    """Admit a member after the operation began, by an entry; returns the new password.

    Raises NotAllowed for a name in use, an institution of no pack, a role that there is not, or
    limits that cannot be.
    """
    rules = record.rules_of(operation)
    known = rules.agencies
    if not NAME.match(ident):
        raise NotAllowed("a user name has small letters, digits and hyphens: {name}", name=ident)
    if agency not in known:
        raise NotAllowed("there is no institution {agency}; there are: {known}",
                         agency=agency, known=", ".join(sorted(known)))  # fmt: skip
    if has_left(record.current_picture(operation).institutions, agency):
        raise NotAllowed("{agency} takes part no longer: let it come back first, by anoa admin "
                         "institution-back", agency=agency)  # fmt: skip
    if role not in ADMITTED:
        raise NotAllowed("there is no role {role} to admit; there are: {known}",
                         role=role, known=", ".join(ADMITTED))  # fmt: skip
    with transaction.atomic():
        said: dict[str, Json] = {"agency": agency, "role": role}
        _write(operation, ident, "member.admitted", said | limits.data(rules))
        made = admit(operation, [CastMember(ident, agency, role)])
    return made[ident]


def limit(member: Member, limits: Limits) -> None:
    """Limit where and when a member acts from now on, by an entry; no limits lift those before.

    Raises NotAllowed for limits that cannot be, or a member of no institution.
    """
    if not member.agency:
        raise NotAllowed("{name} acts for no institution, so there is nothing to limit",
                         name=member.ident)  # fmt: skip
    said = limits.data(record.rules_of(member.operation))
    with transaction.atomic():
        _write(member.operation, member.ident, "member.limited", said)
        if limits.reads:
            sessions.end_all(member)  # an open stream keeps its eyes
    tell(SCREENS)  # live pages look at who still may listen


def let_go(member: Member) -> None:
    """End a member's part: an entry says so, the account is shut, its sessions end."""
    with transaction.atomic():
        if member.agency:
            _write(member.operation, member.ident, "member.left", {})
        shut(member)


def shut(member: Member) -> None:
    """Shut the account and end its sessions; the entry is another's to write."""
    member.user.is_active = False
    member.user.save(update_fields=["is_active"])
    ties.untie(member)
    sessions.end_all(member)


def _write(operation: Operation, ident: str, kind: str, data: dict[str, Json]) -> None:
    at = actions.now_of(operation)

    def decide(picture: Picture) -> tuple[Entry, ...]:
        found = picture.find("member", ident)
        if kind == "member.admitted" and found is not None:
            raise NotAllowed("{name} is a member already, or was one", name=ident)
        if kind != "member.admitted" and (found is None or getattr(found, "left", False)):
            raise NotAllowed("{name} takes part no longer", name=ident)
        entry = Entry(0, max(at, picture.at or at), "host-admin", RULES_AGENCY, kind, VERSION,
                      ident, data, Handling.INSTITUTIONS)  # fmt: skip
        return (entry,)

    record.write(operation, decide)


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
