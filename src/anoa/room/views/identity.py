"""Signing in by an institution's account: leaving for it, coming back, tying and untying."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from anoa.errors import AnoaError, NotAllowed
from anoa.room import limits
from anoa.room.identity import fetching, oidc, ties
from anoa.room.views import words
from anoa.room.views.desk import member_of

log = logging.getLogger("anoa.identity")
SENT_BACK = "access_denied"
TRY = "identity_try"  # in the session: the press that is forgiven when the answer is believed


@require_POST
def begin(request: HttpRequest, ident: str) -> HttpResponse:
    """Ask the provider where its page is, and lead the browser there."""
    return _leave(request, ident, "login", get_next_redirect_url(request))


@require_POST
@login_required
@reauthentication_required(app="allauth.socialaccount")
def tie(request: HttpRequest, ident: str) -> HttpResponse:
    """The same, to tie the account there to the member who is signed in."""
    if member_of(request).agency != oidc.provider_of(ident).agency:
        return _refused(request, ident, NotAllowed(ties.ELSEWHERE), 403)
    return _leave(request, ident, "connect", None)


def _leave(request: HttpRequest, ident: str, process: str, onward: str | None) -> HttpResponse:
    """A page that leads on: a form may not be answered with a way out (see ``headers``)."""
    provider = oidc.provider_of(ident)
    try:
        tried = limits.begin(request, limits.IDENTITY, secrets.token_hex(8))
        request.session[TRY] = [tried.own, *tried.shared]
        with fetching.asking(provider):
            found = oidc.RoomIdentities(request).get_provider(request, ident)
            to = found.redirect(request, process, onward)["Location"]
    except ValidationError as error:
        return _refused(request, ident, error, 429)
    except AnoaError as error:
        return _refused(request, ident, error, 502)
    return render(request, "room/identity_leave.html", {"provider": provider, "to": to})


@require_GET
def answer(request: HttpRequest, ident: str) -> HttpResponse:
    """Sign in whom the provider names, tie the account, or say why not."""
    provider = oidc.provider_of(ident)
    if request.GET.get("error") == SENT_BACK:
        messages.info(request, gettext("Nobody was signed in."))
        return redirect("mfa_index" if request.user.is_authenticated else "account_login")
    tried = request.session.pop(TRY, None)
    try:
        with fetching.asking(provider):
            found = oidc.answer(request, ident)
        if tried:
            limits.right(limits.Try(tried[0], tuple(tried[1:])))
        return found
    except NotAllowed as error:
        return _refused(request, ident, error, 403)
    except AnoaError as error:
        return _refused(request, ident, error, 502)


def code(request: HttpRequest, ident: str) -> HttpResponse:
    """Tie an account that no member has yet, by the code of the administrator."""
    provider, refused = oidc.provider_of(ident), ""
    if not ties.waiting(request, provider):
        return redirect("account_login")
    if request.method == "POST":
        try:
            ties.use_code(request, provider, request.POST.get("code", ""))
        except ValidationError as error:
            refused = " ".join(error.messages)
        except AnoaError as error:
            refused = words.sentence(error)
        else:
            messages.success(request, gettext("Your account is tied. You can sign in with it now."))
            return redirect("account_login")
    context = {"provider": provider, "refused": refused}
    return render(request, "room/identity_code.html", context, status=422 if refused else 200)


@require_POST
@login_required
@reauthentication_required(app="allauth.socialaccount")
def untie(request: HttpRequest, ident: str) -> HttpResponse:
    """Take the account off."""
    ties.untie(member_of(request), oidc.provider_of(ident))
    messages.success(request, gettext("Done."))
    return redirect("mfa_index")


def _refused(request: HttpRequest, ident: str, error: Any, status: int) -> HttpResponse:
    if status >= 500:  # for the administrator: which check failed, and nothing of the person
        log.warning("the sign-in of %s failed: %s", ident, error.values.get("why") or error)
    said = words.sentence(error) if isinstance(error, AnoaError) else " ".join(error.messages)
    context = {"provider": oidc.provider_of(ident), "refused": said}
    return render(request, "room/identity_refused.html", context, status=status)
