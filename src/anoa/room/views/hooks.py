"""The page of hooks: make, list and revoke them, and see what came and what was refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.errors import AnoaError, InputError
from anoa.room import access
from anoa.room.forms import Refused
from anoa.room.intake import hooks
from anoa.room.intake.hooks import KANNEL, NewHook
from anoa.room.models import HookRow, Member
from anoa.room.views import words
from anoa.room.views.desk import Desk, member_of
from anoa.room.views.paste import PasteDesk

Context = dict[str, Any]
Page = Callable[..., Context | HttpResponse]
KIND_WORDS = {
    hooks.KANNEL: _("SMS gateway that calls by GET (Kannel and its kin)"),
    hooks.SECRET: _("Gateway or program that sends a secret"),
    hooks.SIGNED: _("Program that signs what it sends"),
}
REFUSAL_WORDS = {
    "forged": _("wrong secret or signature"), "replayed": _("sent again too late"),
    "conflict": _("an id that was used for something else"),
    "unreadable": _("could not be read"), "no_id": _("without id and time"),
    "media_type": _("of a kind that is not read"), "method": _("sent the wrong way"),
    "too_large": _("too large"),
}  # fmt: skip
KANNEL_QUERY = "?secret={secret}&from=%p&text=%b&charset=%C&time=%T&id=%I&udh=%u"


def may_hook(member: Member) -> bool:
    """Whether the member lets gateways in: a duty officer, for the own institution."""
    return member.role == "duty_officer" and access.reads_own(member)


def own_page(
    page: str, template: str, may: Callable[[Member], bool]
) -> Callable[[Page], Callable[..., HttpResponse]]:
    """Make a page of a function that gets the desk, for members who ``may``; it has no past."""

    def decorate(build: Page) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(build)
        def view(request: HttpRequest, **place: Any) -> HttpResponse:
            desk = PasteDesk(request, member_of(request), page)
            desk.looks_back = False
            if not may(desk.member):
                raise PermissionDenied(gettext("This page is not for your role."))
            built = build(desk, **place)
            if isinstance(built, HttpResponse):
                return built
            status = 422 if desk.refusal else 200
            return render(request, template, {"desk": desk, **built}, status=status)

        return view

    return decorate


def refused(desk: Desk, error: AnoaError) -> Refused:
    """The refusal of what was typed, field by field where it says so."""
    said = words.sentence(error, desk.pack.agencies)
    errors: dict[str, str] = {}
    if isinstance(error, InputError):
        errors = {name: words.sentence(why) for name, why in error.fields.items()}
        said = gettext("Some of what was filled in cannot be used.")
    return Refused("", "", desk.request.POST, said, errors)


@own_page("reports", "room/hooks.html", may_hook)
def listing(desk: Desk) -> Context | HttpResponse:
    """The hooks of the reader's institution, a form for a new one, and once its secret."""
    fresh = None
    if desk.request.method == "POST":
        if "revoke" in desk.request.POST:
            return _revoked(desk)
        fresh = _made(desk)
    rows = HookRow.objects.filter(operation=desk.operation, agency=desk.agency)
    return {
        "rows": [_shown(desk, row) for row in rows.order_by("-made_at")], "fresh": fresh,
        "kinds": list(KIND_WORDS.items()),
        "forms": [(ident, desk.pack.text(form.title, desk.language))
                  for ident, form in hooks.forms_for(desk.pack, desk.agency).items()],
        "typed": desk.refusal.typed if desk.refusal else {},
        "errors": desk.refusal.errors if desk.refusal else {},
        "reads": desk.pack.message_words is not None,
    }  # fmt: skip


def _made(desk: Desk) -> Context | None:
    """The new hook with its secret and how to call it; None when it was refused."""
    typed = desk.request.POST
    wanted = NewHook(
        typed.get("kind", ""), desk.agency, typed.get("label", "").strip(), typed.get("form", ""),
        typed.get("mapping", ""), "replies" in typed,
    )  # fmt: skip
    try:
        row, secret = hooks.make(desk.operation, wanted, datetime.now(UTC), desk.member.ident)
    except AnoaError as error:
        desk.refusal = refused(desk, error)
        return None
    address = desk.request.build_absolute_uri(f"/hooks/{row.ident}")
    query = KANNEL_QUERY.format(secret=secret) if row.kind == KANNEL else ""
    return {"row": row, "secret": secret, "address": address + query}


def _shown(desk: Desk, row: HookRow) -> Context:
    form = desk.pack.forms.get(row.form)
    return {
        "row": row, "kind": KIND_WORDS.get(row.kind, row.kind),
        "form": desk.pack.text(form.title, desk.language) if form else row.form,
        "refusal": REFUSAL_WORDS.get(row.refusal, row.refusal),
        "refused": row.forged + row.replayed + row.unusable,
        "mapping": "\n".join(f"{name} = {path}" for name, path in row.mapping.items()),
    }  # fmt: skip


def _revoked(desk: Desk) -> HttpResponse:
    ident = desk.request.POST["revoke"]
    try:
        row = hooks.revoke(desk.operation, ident, datetime.now(UTC), desk.agency)
    except AnoaError as error:
        raise Http404(words.sentence(error)) from error
    said = gettext("The hook {label} is revoked; what calls it is refused from now on.")
    messages.success(desk.request, said.format(label=row.label))
    return redirect("hooks")
