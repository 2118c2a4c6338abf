"""Forms as plain pages: for members who are signed in, and for who holds the address of a token.

They work without JavaScript; the form that works without a network is another one. A page never
says that something was sent when it was not: the number of the receipt says it.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext

from anoa.coordination.field import HelpCall
from anoa.errors import AnoaError, SubmissionError
from anoa.forms import Becomes, Form, read_answers
from anoa.room import actions, record
from anoa.room.filling import Sheet, arrival_of, pictures, raw_answers
from anoa.room.intake.desk import put
from anoa.room.intake.storing import vault
from anoa.room.intake.values import Receipt, Refused
from anoa.room.models import SubmissionRow
from anoa.room.stations import places_of
from anoa.room.views import sealed, words
from anoa.room.views.filling_ways import Way, by_member, by_token

WAIT_S = 30
LOOK_S = 20  # the page of a call that waits looks again after so long


def forms(way: Way) -> HttpResponse:
    """The forms that this reader may fill in, calls for help first."""
    rows = [
        {"address": way.address("form", form.id), "title": _text(way, form.title),
         "about": _text(way, form.about), "is_help": form.becomes is Becomes.HELP,
         "is_sealed": form.is_sealed}
        for form in sorted(way.forms, key=lambda one: one.becomes is not Becomes.HELP)
    ]  # fmt: skip
    return way.page("room/forms.html", rows=rows, fills_in=bool(way.sender.agency))


def _text(way: Way, texts: Any) -> str:
    return way.pack.text(texts, (get_language() or "en").partition("-")[0])


def form(way: Way, ident: str) -> HttpResponse:
    """One form: empty, with what is wrong in it, or sent."""
    found = way.form(ident)
    if found.is_sealed:
        return sealed.asked(way, found)
    sheet = _sheet(way, found)
    if way.request.method == "POST" and not sheet.needs_place:
        return _sent(way, found)
    return _asked(way, sheet)


def _sheet(way: Way, found: Form, **changes: Any) -> Sheet:
    request = way.request
    chosen = request.POST.get("sub_district") or request.GET.get("sub_district", "")
    language = (get_language() or "en").partition("-")[0]
    return Sheet(
        found, way.pack, places_of(way.pack), language, way.sender.within, chosen, **changes
    )  # fmt: skip


def _asked(way: Way, sheet: Sheet, status: int = 200, refused: str = "") -> HttpResponse:
    sender_id = way.request.POST.get("sender_id", "")[:64]
    return way.page(
        "room/form.html", status, sheet=sheet, refused=refused,
        sender_id=sender_id or secrets.token_hex(16), has_register=sheet.places.has_register,
        is_help=sheet.form.becomes is Becomes.HELP, calls=settings.HELP_CALLS,
    )  # fmt: skip


def _sent(way: Way, found: Form) -> HttpResponse:
    """Store what was filled in; what is wrong is told beside its field, and nothing is stored."""
    raw = raw_answers(found, way.request.POST, _files(way))
    answers = read_answers(found, raw, places_of(way.pack), ZoneInfo(way.pack.time_zone))
    if answers.wrong:
        wrong = {name: words.sentence(error) for name, error in answers.wrong.items()}
        refused, status = gettext("Some of what was filled in cannot be used."), 422
        return _asked(way, _sheet(way, found, typed=way.request.POST, wrong=wrong), status, refused)
    try:
        receipt = _stored(way, found, raw, answers.values)
    except Refused as error:
        refused, status = words.sentence(error), error.status
    except SubmissionError as error:
        refused, status = words.sentence(error), 422
    except (AnoaError, TimeoutError):
        refused, status = gettext("It could not be stored: nothing was sent. Try again."), 503
    else:
        return redirect(way.address("form_sent", receipt.code))
    return _asked(way, _sheet(way, found, typed=way.request.POST), status, refused)


def _files(way: Way) -> Any:
    return way.request.FILES


def _stored(way: Way, found: Form, raw: Any, values: Any) -> Receipt:
    """The receipt of what was filled in; the same page sent twice gives the same one."""
    sender_id = way.request.POST.get("sender_id", "")[:64] or secrets.token_hex(16)
    attachments = pictures(found, _files(way))
    waiting: Future[Receipt] = put(
        arrival_of(found, way.sender, sender_id, raw, values, attachments)
    )
    return waiting.result(WAIT_S)


def form_sent(way: Way, code: str) -> HttpResponse:
    """What became of a submission: never more than what stands in the room."""
    row = _row(way, code)
    known = way.pack.forms.get(row.form)
    is_help = known is not None and known.becomes is Becomes.HELP
    call = _call(way, row) if is_help else None
    standing = _standing(way, row, call)
    waits = standing in ("received", "asked") or (is_help and standing == "needs_person")
    answered = call.acknowledged_at if call else None
    answer = way.page(
        "room/form_sent.html", code=vault().code(row.number), number=row.number,
        standing=standing, is_help=is_help,
        form_title=_text(way, known.title) if known else "", waits=waits,
        answered_at=way.pack.local(answered).strftime("%H:%M") if answered else "",
        again=way.address("form", row.form) if known else "", calls=settings.HELP_CALLS,
    )  # fmt: skip
    if is_help and waits:
        answer["Refresh"] = str(LOOK_S)  # who waits for help has no hand free for a button
    return answer


def _row(way: Way, code: str) -> SubmissionRow:
    """The submission of that code, if it came by this way."""
    number = vault().number(code)
    rows = SubmissionRow.objects.filter(
        operation=way.operation, token=way.sender.token, agency=way.sender.agency
    )
    row = rows.filter(number=number).first() if number else None
    if row is None or (not way.sender.token and row.member != way.sender.member):
        raise Http404
    return row


def _call(way: Way, row: SubmissionRow) -> HelpCall | None:
    found = record.current_picture(way.operation).find("help", row.subject) if row.subject else None
    return found if isinstance(found, HelpCall) else None


def _standing(way: Way, row: SubmissionRow, call: HelpCall | None) -> str:
    """How it stands: of a call for help its own state, over when its two hours are."""
    if call is None:
        return str(row.state)
    over = call.is_open and not call.waits(actions.now_of(way.operation))
    return "expired" if over else call.state


member_forms, member_form, member_sent = by_member(forms), by_member(form), by_member(form_sent)
token_forms, token_form, token_sent = by_token(forms), by_token(form), by_token(form_sent)
