"""The ways by which somebody comes to the forms: signed in as a member, or by a token's address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from anoa.coordination.verbs import REPORTER
from anoa.forms import Form
from anoa.pack import Pack
from anoa.room import access, record
from anoa.room.filling import Sender
from anoa.room.intake.tokens import gate
from anoa.room.intake.values import Channel, Refused
from anoa.room.models import Operation
from anoa.room.views import words
from anoa.room.views.desk import Desk, member_of


class FormDesk(Desk):
    """A desk of pages that are one's own: they do not follow the log and have no past."""

    @property
    def is_live(self) -> bool:
        """Never: what is being filled in stays as it is."""
        return False


@dataclass(frozen=True, slots=True)
class Way:
    """The way by which somebody came to the forms: as a member, or by a token."""

    request: HttpRequest
    sender: Sender
    pack: Pack
    operation: Operation
    allowed: frozenset[str]
    desk: Desk | None = None
    secret: str = ""

    def address(self, name: str, *args: str) -> str:
        """The address of a page of this way."""
        if self.desk:
            return reverse(name, args=args)
        return reverse(f"token_{name}", args=(self.secret, *args))

    @property
    def forms(self) -> list[Form]:
        """The forms that may be filled in by this way."""
        agency = self.pack.agencies.get(self.sender.agency)
        return [
            form
            for form in self.pack.forms.values()
            if agency is not None
            and form.is_for(agency.kind)
            and str(Channel.WEB) in form.channels
            and (not self.allowed or form.id in self.allowed)
        ]

    def form(self, ident: str) -> Form:
        """One of them; there is no other."""
        found = next((form for form in self.forms if form.id == ident), None)
        if found is None:
            raise Http404
        return found

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        """A page of this way."""
        context |= {"way": self, "list_address": self.address("forms")}
        if self.desk:
            context["desk"] = self.desk
        answer = render(self.request, template, context, status=status)
        answer["Cache-Control"] = "no-store"
        return answer


Page = Callable[..., HttpResponse]


def by_member(build: Page) -> Page:
    """The page for members who are signed in; who fills in nothing is told so."""

    @login_required
    @wraps(build)
    def view(request: HttpRequest, **place: Any) -> HttpResponse:
        desk = FormDesk(request, member_of(request), "incoming")
        desk.looks_back = False
        if not access.reads_things(desk.member):
            return redirect("log")
        return build(_way_of(desk), **place)

    return view


def _way_of(desk: Desk) -> Way:
    member = desk.member
    agency = member.agency if member.role in REPORTER else ""
    sender = Sender(agency, member=member.ident)
    return Way(desk.request, sender, desk.pack, member.operation, frozenset(), desk)


def by_token(build: Page) -> Page:
    """The page for who holds the address of a token; a wrong one is told so."""

    @csrf_exempt  # the token in the address is the proof; there is no session to abuse
    @wraps(build)
    def view(request: HttpRequest, token: str, **place: Any) -> HttpResponse:
        try:
            bearer = gate.check(token, request.META.get("REMOTE_ADDR", ""))
            bearer.need("submit")
        except Refused as error:
            return _no_way(request, error)
        operation = Operation.objects.get(pk=bearer.operation)
        sender = Sender(bearer.agency, bearer.token, bearer.member, bearer.region)
        pack = record.pack_of(operation)
        return build(
            Way(request, sender, pack, operation, bearer.forms, None, token), **place
        )  # fmt: skip

    return view


def _no_way(request: HttpRequest, error: Refused) -> HttpResponse:
    context = {"refused": words.sentence(error)}
    return render(request, "room/form_refused.html", context, status=error.status)
