"""Taking the duty over with a PIN, at a machine where its member signed in fully not long ago.

A PIN is short, so it proves nothing by itself. It is taken only in a browser that holds the cookie
of a machine, only for a member who signed in there with password and second factor within
``ANOA_PIN_HOURS``, and only until five wrong ones were typed; then the member sets it again after
a full sign-in. A session that began with a PIN ends when that full sign-in would have ended it, so
a PIN prolongs nothing. What changes an account asks for the password first and is out of its reach.

The machine's cookie holds 256 random bits, the database their hash. The PIN lies under argon2 over
a keyed hash whose key is outside the database, as six digits alone are soon guessed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from itertools import pairwise
from typing import Any

from allauth.account.signals import password_changed
from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from anoa.coordination.duty import current_duty
from anoa.errors import AnoaError, NotAllowed
from anoa.room import access, actions, factors, limits, record, sessions
from anoa.room.models import KnownMachine, Member, MemberPin

COOKIE = "anoa_machine"
DIGITS = re.compile(r"\d{6,12}")
TRIES = 5
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
WRONG = "This PIN is not right, or it cannot be used at this machine. Sign in with the password."


def set_pin(member: Member, pin: str, again: str) -> None:
    """Keep a new PIN; NotAllowed for one that is too short, easily guessed, or typed otherwise."""
    if not DIGITS.fullmatch(pin):
        raise NotAllowed("A PIN has 6 to 12 digits.")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise NotAllowed("This PIN is guessed at once: mix the digits.")
    if pin != again:
        raise NotAllowed("The two PINs differ.")
    MemberPin.objects.update_or_create(
        member=member,
        defaults={"hashed": make_password(_keyed(member, pin)), "set_at": timezone.now(),
                  "tries": 0},
    )  # fmt: skip


def drop_pin(member: Member) -> None:
    """Forget the member's PIN."""
    MemberPin.objects.filter(member=member).delete()


def state_of(member: Member) -> str:
    """none, set, or void (too many wrong ones)."""
    row = MemberPin.objects.filter(member=member).first()
    return "none" if row is None else "void" if row.tries >= TRIES else "set"


# Machines


def know(request: HttpRequest, answer: HttpResponse, member: Member) -> None:
    """Remember that the member signed in fully at this machine, now."""
    if not settings.PIN_HOURS:
        return
    mark = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)
    KnownMachine.objects.filter(signed_in_at__lt=_earliest()).delete()
    KnownMachine.objects.update_or_create(
        digest=_digest(mark), member=member, defaults={"signed_in_at": timezone.now()}
    )
    answer.set_cookie(
        COOKIE, mark, max_age=settings.PIN_HOURS * 3600, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def is_known(request: HttpRequest) -> bool:
    """Whether any member could take the duty over with a PIN at this machine."""
    return _here(request).filter(member__pin__tries__lt=TRIES).exists()


def _here(request: HttpRequest) -> Any:
    mark = request.COOKIES.get(COOKIE, "")
    if not mark or not settings.PIN_HOURS:
        return KnownMachine.objects.none()
    rows = KnownMachine.objects.select_related("member__operation", "member__user")
    return rows.filter(digest=_digest(mark), signed_in_at__gte=_earliest())


def _earliest() -> Any:
    return timezone.now() - timedelta(hours=settings.PIN_HOURS)


# Taking over


def take_over(request: HttpRequest, name: str, pin: str) -> tuple[Member, str]:
    """Sign that member in at this machine and take the duty; the session before ends.

    Returns the member, and why the duty was not taken where it was not. NotAllowed when the PIN
    does not do; ValidationError with the time to wait after too many tries.
    """
    tried = limits.begin(request, limits.PIN, name)
    machine = _here(request).filter(member__ident=name.strip()).first()
    if not _is_right(machine, pin):
        raise NotAllowed(WRONG)
    limits.right(tried)
    member: Member = machine.member
    logout(request)
    login(request, member.user, backend=BACKEND)
    request.session[sessions.SIGNED_IN_AT] = machine.signed_in_at.timestamp()
    request.session.set_expiry(0)
    return member, _take_duty(member)


def _is_right(machine: KnownMachine | None, pin: str) -> bool:
    """Whether it is; a wrong one is counted, also by many at once."""
    if machine is None or not machine.member.user.is_active:
        make_password(pin)  # takes as long as a wrong PIN does
        return False
    with transaction.atomic():
        row = MemberPin.objects.select_for_update().filter(member=machine.member).first()
        usable = row is not None and row.tries < TRIES
        if row is not None and usable:
            MemberPin.objects.filter(pk=row.pk).update(tries=row.tries + 1)
    if row is None or not usable:
        make_password(pin)
        return False
    if not check_password(_keyed(machine.member, pin), row.hashed):
        return False
    MemberPin.objects.filter(pk=row.pk).update(tries=0)
    return True


def _take_duty(member: Member) -> str:
    """Take the duty of the member's institution where the role has it; in words why not."""
    if not access.may(member.role, "duty.take_over") or not member.agency:
        return ""
    picture = record.current_picture(member.operation)
    now = current_duty(picture.duties.values(), member.agency)
    if now is not None and now.member == member.ident:
        return ""
    try:
        actions.do(member, "duty.take_over", "", {"after": now.id} if now else {})
    except AnoaError as error:
        return str(error)
    return ""


def _keyed(member: Member, pin: str) -> str:
    key = factors.pin_key()
    return hmac.digest(key, f"{member.pk}\0{pin}".encode(), "sha256").hex()


def _digest(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()


def _forget_machines(*, user: Any, **_: object) -> None:
    KnownMachine.objects.filter(member__user=user).delete()


password_changed.connect(_forget_machines, dispatch_uid="pins")
