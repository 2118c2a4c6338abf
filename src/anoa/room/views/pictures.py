"""Looking at a picture before others see it, and what others see."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from anoa.errors import AnoaError
from anoa.room.intake import inbox, releasing
from anoa.room.intake.covering import read_boxes
from anoa.room.models import AttachmentRow
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page
from anoa.room.views.intake import intake_page

Context = dict[str, Any]


@intake_page("reports", "room/picture_check.html", inbox.may_open)
def check(desk: Desk, number: int, place: int) -> Context | HttpResponse:
    """Cover whoever could be recognised, say that nobody can be, or keep the picture back."""
    sent = inbox.find(desk.member, number)
    rows = AttachmentRow.objects.select_related("submission")
    row = rows.filter(submission=sent, pk=place).first() if sent else None
    if sent is None or row is None:
        raise _nothing()
    typed, refused = desk.request.POST, ""
    if desk.request.method == "POST":
        try:
            found = typed.get("found", "")
            releasing.release(desk.member, row, found, read_boxes(typed.get("boxes", "")))
        except AnoaError as error:
            refused = words.sentence(error, desk.pack.agencies)
        else:
            messages.success(desk.request, gettext("Done."))
            return redirect("report", sent.subject)
    return {"sent": sent, "row": row, "typed": typed.get("boxes", ""), "refused": refused}


@desk_page("reports", "", looks_back=False)
def released(desk: Desk, ident: str, number: int) -> HttpResponse:
    """The copy of a picture, for whoever sees the report."""
    report = desk.picture.reports.get(ident)
    content = releasing.content_of(desk.operation, report, number) if report else None
    if content is None:
        raise _nothing()
    answer = HttpResponse(content, content_type="image/png")
    answer["Content-Disposition"] = f'inline; filename="{ident}-{number}.png"'
    answer["Cache-Control"] = "no-store"
    return answer


def _nothing() -> Http404:
    return Http404(gettext("There is no such thing, or it is not yours to see."))
