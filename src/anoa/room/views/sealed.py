"""Pages of sealed text: the form that seals it, the list that opens it, the keys.

None of them handles a word of what is sealed: encryption and opening are done by the page's own
modules in the browser. What a page may be told are keys, forms and envelopes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from anoa.errors import AnoaError
from anoa.forms import Form
from anoa.room.filling import Sheet
from anoa.room.forms import Refused as RefusedForm
from anoa.room.intake.values import Refused, State
from anoa.room.models import Member
from anoa.room.sealed import keys as sealing
from anoa.room.sealed import reading, taking
from anoa.room.stations import places_of
from anoa.room.views import sealed_words, words
from anoa.room.views.desk import carry_out, member_of
from anoa.room.views.filling_ways import FormDesk, Way, by_member, by_token
from anoa.seals import KeyKind, PublicKey

BODY_LIMIT = 12 << 20
JSON_LIMIT = 10_000
RETIRE = "sealing_key.retire"
ANY_KEY = PublicKey("any", KeyKind.COSIGNER, bytes(32)).vkey  # to ask whether one may publish
SIGN_BY, REVOKE = "countersign_key.publish", "countersign_key.revoke"
Page = Callable[..., HttpResponse]


# -- sending --------------------------------------------------------------------------------


def asked(way: Way, form: Form) -> HttpResponse:
    """The form that is sealed in the browser; what comes in clear is not looked at."""
    owner = taking.owner_of(way.pack, form)
    agency = way.pack.agencies.get(owner)
    language = (get_language() or "en").partition("-")[0]
    return way.page(
        "room/sealed_form.html", 405 if way.request.method == "POST" else 200,
        sheet=Sheet(form, way.pack, places_of(way.pack), language), form_json=form.as_json(),
        key=sealing.key_for(way.operation, owner), owner=owner, operation=way.operation.pk,
        owner_name=way.pack.text(agency.name, language) if agency else owner, language=language,
        send=way.address("sealed_send"), said=sealed_words.sending(),
    )  # fmt: skip


def send(way: Way) -> HttpResponse:
    """Store an envelope and answer with its receipt, or say in words why not."""
    if way.request.method != "POST":
        raise Http404
    owners = {taking.owner_of(way.pack, one) for one in way.forms if one.is_sealed}
    if not owners or not way.sender.agency:
        return _problem(gettext("Your role fills in no forms."), 403)
    try:
        receipt = taking.take(way.operation, _body(way.request, BODY_LIMIT), owners)
    except taking.KeyReplaced as error:
        key = {"public": error.key.public, "fingerprint": error.key.fingerprint, "id": error.key.id}
        return _problem(words.sentence(error), error.status, error.code, key=key)
    except Refused as error:
        return _problem(words.sentence(error), error.status, error.code)
    except (AnoaError, TimeoutError) as error:
        said = words.sentence(error) if isinstance(error, AnoaError) else gettext(
            "It could not be stored: nothing was sent. Try again."
        )  # fmt: skip
        return _problem(said, 422 if isinstance(error, AnoaError) else 503)
    day = way.pack.local(receipt.received_at).date().isoformat()
    said_ = {"code": receipt.code, "day": day, "repeated": receipt.is_repeated}
    return JsonResponse(said_, status=200 if receipt.is_repeated else 201)


member_send, token_send = by_member(send), by_token(send)


def _body(request: HttpRequest, limit: int) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > limit:
        raise taking.NotForHere("this is more than {limit} bytes: send less at once", limit=limit)
    return request.read(int(length))


def _problem(detail: str, status: int, code: str = "refused", **more: Any) -> HttpResponse:
    return JsonResponse({"code": code, "detail": detail} | more, status=status)


# -- opening --------------------------------------------------------------------------------


def _signed_in(build: Page, may: Callable[[Member], bool] | None = None) -> Page:
    @login_required
    @wraps(build)
    def view(request: HttpRequest, **place: Any) -> HttpResponse:
        member = member_of(request)
        if may is not None and not may(member):
            raise PermissionDenied(gettext("This page is not for your role."))
        desk = FormDesk(request, member, "log" if may is None else "reports")
        desk.looks_back = False
        answer = build(desk, **place)
        answer["Cache-Control"] = "no-store"
        return answer

    return view


def _listing(desk: FormDesk) -> HttpResponse:
    """What is sealed to the reader's institution, newest first, still sealed."""
    known = {one.fingerprint: one for one in sealing.keys_of(desk.operation, desk.agency)}
    found = reading.listed(desk.member, desk.request.GET.get("before", ""))
    rows = [(one, known.get(one.key)) for one in found[: reading.AT_ONCE]]
    forms = {form.id: form.as_json() for form in desk.pack.forms.values() if form.is_sealed}
    context = {
        "desk": desk, "rows": rows, "forms": forms, "operation": desk.operation.pk,
        "places": _place_names(desk), "said": sealed_words.opening(),
        "key": sealing.key_for(desk.operation, desk.agency),
        "more": rows[-1][0].code if len(found) > len(rows) else "",
    }  # fmt: skip
    return render(desk.request, "room/sealed_list.html", context)


def _place_names(desk: FormDesk) -> Mapping[str, str]:
    codes = (*desk.pack.regions, *desk.pack.sub_districts)
    return {code: desk.pack.place_name(code) for code in codes}


def _envelope(desk: FormDesk, code: str) -> HttpResponse:
    """One envelope as it was sent, for the module that opens it in the browser."""
    try:
        found = reading.envelope(desk.member, code)
    except AnoaError as error:
        return _problem(words.sentence(error), 500)
    if found is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    return HttpResponse(found, content_type="application/json")


def _mark(desk: FormDesk, code: str) -> HttpResponse:
    """Mark one as read or answered and show the list again."""
    state = {"read": State.READ, "answered": State.ANSWERED}.get(desk.request.POST.get("do", ""))
    if desk.request.method != "POST" or state is None:
        raise Http404
    try:
        reading.mark(desk.member, code, state)
        messages.success(desk.request, f"{code}: {words.state_words(str(state))}.")
    except AnoaError as error:
        messages.error(desk.request, words.sentence(error))
    return redirect("sealed")


listing = _signed_in(_listing, reading.may_read)
envelope = _signed_in(_envelope, reading.may_read)
mark = _signed_in(_mark, reading.may_read)


# -- keys -----------------------------------------------------------------------------------


def _keys(desk: FormDesk) -> HttpResponse:
    """Every sealing key with its fingerprint, for everybody; making one, for who may."""
    refused = None
    if desk.request.method == "POST":
        if "ticket" in desk.request.POST:
            refused = _published(desk)
            if refused is None:
                return redirect("sealing_keys")
        elif (done := carry_out(desk)) is not None:
            return done
    found = list(desk.picture.sealing_keys.values())[::-1]
    context = {
        "desk": desk, "rows": [(one, desk.offer(RETIRE, one.id)) for one in found],
        "operation": desk.operation.pk, "may_publish": sealing.may_publish(desk.member),
        "mine": sealing.key_for(desk.operation, desk.agency), "said": sealed_words.ceremony(),
        "may_read": reading.may_read(desk.member),
        "signing": _countersign_keys(desk),
        "publish_signing": desk.offer(SIGN_BY, fixed={"public": ANY_KEY}),
        "left": list(desk.picture.institutions.values())[::-1],
    }  # fmt: skip
    status = 422 if desk.refusal else 200
    return render(desk.request, "room/sealing_keys.html", context, status=status)


def _countersign_keys(desk: FormDesk) -> list[tuple[Any, Any]]:
    """The keys by which institutions countersign, the newest first, each with what may be done."""
    found = list(desk.picture.countersign_keys.values())[::-1]
    return [(one, desk.offer(REVOKE, one.id)) for one in found]


def _published(desk: FormDesk) -> RefusedForm | None:
    typed = desk.request.POST
    try:
        made = sealing.publish(desk.member, typed["ticket"], typed.getlist("answer"))
    except AnoaError as error:
        said = words.sentence(error, desk.pack.agencies)
        desk.refusal = RefusedForm(sealing.PUBLISH, "", typed, said, {})
        return desk.refusal
    messages.success(desk.request, f"{made[0].subject}: {words.deed_words(made[0].kind)}.")
    return None


def _challenge(desk: FormDesk) -> HttpResponse:
    """A test text sealed to a key that is to be published."""
    try:
        asked_for = json.loads(_body(desk.request, JSON_LIMIT))
        found, ticket = sealing.challenge(desk.member, asked_for["public"])
    except (AnoaError, ValueError, KeyError, TypeError) as error:
        said = words.sentence(error) if isinstance(error, AnoaError) else str(error)
        return _problem(said, 422)
    return JsonResponse({"envelope": found, "ticket": ticket})


keys = _signed_in(_keys)
challenge = require_POST(_signed_in(_challenge, sealing.may_publish))
