"""Locking the screen, opening it again, and keeping what a form holds meanwhile."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from anoa.errors import AccessDenied, AnoaError
from anoa.room import access, factors, form_drafts, locking, record
from anoa.room.models import Member
from anoa.room.views import words


def _onward(request: HttpRequest) -> str:
    """Where the reader goes on: an address of this room, else the board."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if safe and not wanted.startswith(reverse("lock")) else "/"


def _member(request: HttpRequest) -> Member | None:
    try:
        return access.member_of(request.user)
    except AccessDenied:
        return None


@login_required
def lock(request: HttpRequest) -> HttpResponse:
    """Lock the screen (POST), first keeping the form that was sent along; or the lock page."""
    if request.method == "POST":
        member = _member(request)
        if member and request.POST.get("verb") and not locking.is_marked(request.session):
            form_drafts.keep(member, request.POST.get("page", ""), request.POST)
        locking.lock(request.session)
        return HttpResponseRedirect(locking.page_for(_onward(request)))
    if not locking.is_marked(request.session):
        return HttpResponseRedirect(_onward(request))
    return _page(request)


def _page(request: HttpRequest, refused: str = "") -> HttpResponse:
    member = _member(request)
    known = record.pack_of(member.operation).agencies.get(member.agency) if member else None
    context = {
        "locked": True,
        "me": str(words.ROLE_WORDS.get(member.role, member.role)) if member else "",
        "agency": known.short if known else "",
        "onward": _onward(request),
        "has_code": factors.has_code(request.user),
        "refused": refused,
    }
    return render(request, "room/lock.html", context, status=403 if refused else 200)


@require_POST
@login_required
def unlock(request: HttpRequest) -> HttpResponse:
    """Open the screen for the member who locked it, and nobody else."""
    typed = request.POST
    code = typed.get("code", "").strip() if factors.has_code(request.user) else ""
    refused = factors.refusal(request, typed.get("password", ""), code)
    if refused:
        return _page(request, refused)
    locking.unlock(request.session)
    return HttpResponseRedirect(_onward(request))


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the session of the one who locked, so that somebody else signs in and takes over."""
    logout(request)
    return HttpResponseRedirect(f"{reverse('account_login')}?next={reverse('board')}")


@require_POST
@login_required
def active(request: HttpRequest) -> HttpResponse:
    """A person is at the page: the middleware has noted it."""
    return HttpResponse(status=204)


@require_POST
@login_required
def keep_draft(request: HttpRequest) -> HttpResponse:
    """Keep what a form holds; says in words what was done."""
    member = _member(request)
    if member is None:
        return JsonResponse({"said": ""}, status=403)
    try:
        kept = form_drafts.keep(member, request.POST.get("page", ""), request.POST)
    except AnoaError as error:
        said = gettext("Not kept: {why}").format(why=words.sentence(error))
        return JsonResponse({"said": said, "kept": False})
    return JsonResponse({"said": gettext("Draft kept.") if kept else "", "kept": kept})


@require_POST
@login_required
def discard_draft(request: HttpRequest) -> HttpResponse:
    """Forget the draft of a form and show its page afresh."""
    member, page = _member(request), request.POST.get("page", "")
    if member is not None:
        form_drafts.discard(member, page, request.POST)
    safe = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return HttpResponseRedirect(page if safe else "/")
