"""Which account of an institution belongs to which member, and the codes that tie one.

An account never makes a member. It is tied once to a member who was admitted before: by the member,
from the page of signing in, or by a code that the administrator of the machine hands over. The row
(allauth's SocialAccount) holds a keyed hash of issuer and subject, whose key lies outside the
database, and no name.
"""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import timedelta
from typing import Any

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from anoa.errors import NotAllowed
from anoa.room import factors, limits
from anoa.room.identity.providers import IdentityProvider
from anoa.room.models import Member, TieCode

CODE_HOURS = 24
CODE_BYTES = 12  # 96 random bits
WAITING = "identity_waiting"  # in the session: an account that no member has yet
WAITS_S = 600
PARTS = gettext_noop("The member of this account takes part no longer.")
ELSEWHERE = gettext_noop("This account is not one of the institution that you act for.")
TAKEN = gettext_noop("This account is tied to another member already.")
HAS_ONE = gettext_noop("You have an account tied already: take it off first.")
NO_CODE = gettext_noop("This code is not right, was used, or is older than a day.")


def digest_of(issuer: str, subject: str) -> str:
    """What the room keeps of an account."""
    return _keyed("account", issuer, subject)


def _keyed(*parts: str) -> str:
    said = "\0".join(parts).encode()
    return hmac.digest(factors.identity_key(), said, "sha256").hex()


def tie_of(member: Member, provider: IdentityProvider) -> Any:
    """The row of the member's account there, or None."""
    return SocialAccount.objects.filter(user=member.user_id, provider=provider.ident).first()


def tie(member: Member, provider: IdentityProvider, digest: str) -> None:
    """Tie an account to a member; NotAllowed where it, or the member, is tied otherwise."""
    _need_fit(member, provider)
    with transaction.atomic():
        member = Member.objects.select_for_update().get(pk=member.pk)
        held = SocialAccount.objects.filter(provider=provider.ident, uid=digest).first()
        if held is not None and held.user_id != member.user_id:
            raise NotAllowed(TAKEN)
        if held is None and tie_of(member, provider) is not None:
            raise NotAllowed(HAS_ONE)
        if held is None:
            SocialAccount.objects.create(
                user_id=member.user_id, provider=provider.ident, uid=digest, extra_data={}
            )
        TieCode.objects.filter(member=member).delete()


def untie(member: Member, provider: IdentityProvider | None = None) -> int:
    """Take a member's account off, or all of them; how many there were."""
    TieCode.objects.filter(member=member).delete()
    held = SocialAccount.objects.filter(user=member.user_id)
    if provider is not None:
        held = held.filter(provider=provider.ident)
    count: int = held.delete()[0]
    return count


def _need_fit(member: Member, provider: IdentityProvider) -> None:
    if not member.user.is_active:
        raise NotAllowed(PARTS)
    if member.agency != provider.agency:
        raise NotAllowed(ELSEWHERE)


# Codes


def make_code(member: Member, provider: IdentityProvider) -> str:
    """A new code that ties an account to that member, once; an earlier one ends."""
    _need_fit(member, provider)
    code = secrets.token_urlsafe(CODE_BYTES)
    TieCode.objects.update_or_create(
        member=member,
        defaults={"provider": provider.ident, "digest": _keyed("code", code),
                  "ends_at": timezone.now() + timedelta(hours=CODE_HOURS)},
    )  # fmt: skip
    return code


def waiting(request: HttpRequest, provider: IdentityProvider) -> str:
    """The hash of the account that signed in in this browser and no member has; empty for none."""
    found = request.session.get(WAITING) or {}
    fresh = time.time() - found.get("at", 0) <= WAITS_S
    return found.get("digest", "") if fresh and found.get("provider") == provider.ident else ""


def use_code(request: HttpRequest, provider: IdentityProvider, code: str) -> None:
    """Tie the waiting account to the member of the code.

    NotAllowed for a code that does not do; ValidationError after too many.
    """
    digest = waiting(request, provider)
    if not digest:
        raise NotAllowed(NO_CODE)
    tried = limits.begin(request, limits.TIE, digest)
    with transaction.atomic():
        row = (
            TieCode.objects.select_for_update().select_related("member__user")
            .filter(digest=_keyed("code", code.strip()), provider=provider.ident,
                    ends_at__gt=timezone.now())
            .first()
        )  # fmt: skip
        if row is None:
            raise NotAllowed(NO_CODE)
        tie(row.member, provider, digest)
    limits.right(tried)
    del request.session[WAITING]


# Signing in


def before_sign_in(
    request: HttpRequest, login: Any, provider: IdentityProvider
) -> HttpResponse | None:
    """What is answered instead of signing in; None lets a member go on."""
    if login.state.get("process") == "connect":
        return _tie_here(request, login, provider)
    if not login.is_existing:
        request.session[WAITING] = {
            "provider": provider.ident, "digest": login.account.uid, "at": time.time()
        }  # fmt: skip
        return redirect("identity_code", provider.ident)
    member = Member.objects.select_related("user").filter(user=login.user.pk).first()
    if member is None:
        raise NotAllowed(PARTS)
    _need_fit(member, provider)
    return None


def _tie_here(request: HttpRequest, login: Any, provider: IdentityProvider) -> HttpResponse:
    """Tie the account to the member who is signed in and showed it a moment before."""
    onward = redirect("mfa_index")
    if is_reauthentication_required(request, app="allauth.socialaccount"):
        messages.error(request, gettext("That took too long. Begin again."))
        return onward
    member = Member.objects.select_related("user").filter(user=request.user).first()
    if member is None:
        raise NotAllowed(ELSEWHERE)
    tie(member, provider, login.account.uid)
    messages.success(request, gettext("Your account is tied. You can sign in with it now."))
    return onward
