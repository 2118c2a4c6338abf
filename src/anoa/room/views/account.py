"""Signing in, beside what allauth does: PIN, signing out everywhere, a colleague's lost phone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from anoa.coordination.values import Member as Part
from anoa.errors import AnoaError
from anoa.room import access, factors, pins, places, sessions
from anoa.room.models import Member
from anoa.room.views import words
from anoa.room.views.desk import Desk, member_of


class RemovePasskey(RemoveWebAuthnView):
    """Take a passkey off, unless it is the last factor of a member who must have one."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Lead back to the passkeys."""
        if not factors.RoomFactors().can_delete_authenticator(self.get_object()):
            messages.error(self.request, gettext(
                "It is the last factor that you have, and your role must have one. Add another "
                "one first."))  # fmt: skip
            return redirect("mfa_list_webauthn")
        answer: HttpResponse = super().form_valid(form)
        return answer


@login_required
@reauthentication_required(app="allauth.mfa")
def pin(request: HttpRequest) -> HttpResponse:
    """Set, change or drop the PIN; the password was typed a moment before."""
    member, refused = member_of(request), ""
    if request.method == "POST":
        typed = request.POST
        try:
            if "drop" in typed:
                pins.drop_pin(member)
            else:
                pins.set_pin(member, typed.get("pin", ""), typed.get("again", ""))
        except AnoaError as error:
            refused = words.sentence(error)
        else:
            messages.success(request, gettext("Done."))
            return redirect("mfa_index")
    context = {"state": pins.state_of(member), "refused": refused}
    return render(request, "room/pin.html", context, status=422 if refused else 200)


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of the member, this one last."""
    member = Member.objects.filter(user=request.user).first()
    logout(request)
    if member is not None:
        sessions.end_all(member)
    messages.success(request, gettext("You are signed out everywhere."))
    return redirect("account_login")


def take_over(request: HttpRequest) -> HttpResponse:
    """Sign a member in with a PIN at a machine that knows it, and take the duty."""
    if not pins.is_known(request):
        return redirect("account_login")
    refused = ""
    if request.method == "POST":
        try:
            _member, why = pins.take_over(
                request, request.POST.get("login", ""), request.POST.get("pin", "")
            )
        except ValidationError as error:
            refused = " ".join(error.messages)
        except AnoaError as error:
            refused = words.sentence(error)
        else:
            if why:
                messages.warning(request, why)
            return redirect("shift")
    return render(
        request, "room/take_over.html", {"locked": True, "refused": refused},
        status=403 if refused else 200,
    )  # fmt: skip


# A lost phone


@login_required
@reauthentication_required(app="allauth.mfa")
def members(request: HttpRequest) -> HttpResponse:
    """The members of the institution, and the reset of a second factor by another of them."""
    desk = Desk(request, member_of(request), "members")
    desk.looks_back = False
    if not access.may(desk.member.role, factors.VERB):
        raise PermissionDenied(gettext("This page is not for your role."))
    refused = ""
    if request.method == "POST":
        named = _colleagues(desk).filter(ident=request.POST.get("member", "")).first()
        if named is None:
            raise Http404(gettext("There is no such member."))
        try:
            factors.reset(named, desk.member)
        except AnoaError as error:
            refused = words.sentence(error, desk.pack.agencies)
        else:
            messages.success(request, gettext(
                "The second factor of {member} is taken off, and its sessions have ended.").format(
                member=named.ident))  # fmt: skip
            return redirect(reverse("members"))
    context = {"desk": desk, "rows": _rows(desk), "refused": refused}
    return render(request, "room/members.html", context, status=422 if refused else 200)


def _colleagues(desk: Desk) -> Any:
    return Member.objects.filter(operation=desk.operation, agency=desk.agency).order_by("ident")


def _limits(desk: Desk, part: Part | None) -> list[str]:
    """Where and when a member acts, in words; nothing where it is everywhere and always."""
    if part is None:
        return []

    def when(at: datetime) -> str:
        return f"{desk.pack.local(at):%Y-%m-%d %H:%M}"

    told = (
        [
            gettext("acts in:")
            + " "
            + ", ".join(places.line_name(desk.pack, one) for one in part.regions)
        ]
        if part.regions
        else []
    )
    if part.valid_from:
        told.append(gettext("from {when}").format(when=when(part.valid_from)))
    if part.valid_until:
        told.append(gettext("until {when}").format(when=when(part.valid_until)))
    if part.reads != "own":
        told.append(gettext("reads:") + " " + words.choice_words("reads", part.reads))
    return [*told, gettext("takes part no longer")] if part.left else told


def _rows(desk: Desk) -> list[dict[str, Any]]:
    held = Authenticator.objects.filter(user=OuterRef("user"), type__in=sessions.FACTORS)
    return [
        {
            "ident": one.ident,
            "role": words.ROLE_WORDS.get(one.role, one.role),
            "has_factor": one.has_factor,
            "is_me": one.pk == desk.member.pk,
            "limits": _limits(desk, desk.present.members.get(one.ident)),
        }
        for one in _colleagues(desk).annotate(has_factor=Exists(held))
    ]
