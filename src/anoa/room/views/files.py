"""Files that are made beside the pages: ask for one, see how far it is, take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from anoa.errors import NotAllowed
from anoa.room import access, copies, list_export, list_files, list_filters, queries
from anoa.room.list_filters import INCIDENTS, REPORTS, Kind
from anoa.room.models import ExportFile
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of

Context = dict[str, Any]
REASONS: Mapping[str, Any] = {
    list_files.FULL: _("The disk of the room is full. Tell the administrator of this machine."),
    list_files.AWAY: _("The database server could not be reached. Have it made again."),
    list_files.STOPPED: _("The machine that made it stopped. Have it made again."),
    list_files.PURGED: _("Stored material was deleted since it was begun, so it is gone. Have it "
                         "made again."),
    list_files.FAILED: _("A step could not be finished. Have it made again; if it happens again, "
                           "tell the administrator of this machine."),
}  # fmt: skip


def file_name(desk: Desk, kind: Kind, form: str) -> str:
    """The name of a file of a list: an exercise is marked first."""
    mark = "EXERCISE-" if desk.exercise else ""
    end = list_export.TYPES[form][1]
    return f"{mark}{kind.page}-{desk.pack.local(desk.at):%Y%m%d-%H%M}.{end}"


def naming_of(desk: Desk, kind: Kind) -> list_export.Naming:
    """How codes are named in a file for this reader."""
    notice = queries.exercise_notice(desk.language)
    copy = copies.mark_of(desk.member, timezone.now())
    return list_export.Naming(desk.pack, desk.language, notice, kind.thing, copy)


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin to make a file of the list that the address asks for, and lead to its page."""
    desk = Desk(request, member_of(request), "reports")
    if not access.reads_things(desk.member):
        raise PermissionDenied(gettext("This page is not for your role."))
    form = request.POST.get("format", "")
    if form not in list_export.TYPES:
        raise Http404(gettext("There is no such format."))
    kind = INCIDENTS if request.GET.get("list") == INCIDENTS.page else REPORTS
    asked = list_filters.asked(desk, kind, frozenset({"list"}))
    if asked.ignored:
        messages.warning(request, list_filters.told(asked))
        return redirect("files")
    try:
        file = list_files.start(
            desk.member, form, list_filters.found(desk, kind, asked.wanted),
            naming_of(desk, kind), file_name(desk, kind, form), asked.query,
        )  # fmt: skip
    except NotAllowed as error:
        messages.warning(request, words.sentence(error))
        return redirect("files")
    return redirect("file", file.ident)


@desk_page("reports", "room/files.html", looks_back=False)
def listing(desk: Desk) -> Context:
    """The files that this member had made within a day."""
    return {"files": list_files.of(desk.member)}


@desk_page("reports", "room/file.html", looks_back=False)
def one(desk: Desk, ident: str) -> Context:
    """How far a file is: rows done of rows in all, whole, or why there is none."""
    file = _mine(desk, ident)
    page = INCIDENTS.page if f"{INCIDENTS.page}-" in file.name else REPORTS.page
    return {"file": file, "page": page, "why": REASONS.get(file.reason, REASONS[list_files.FAILED])}


@login_required
@require_POST
def drop(request: HttpRequest, ident: str) -> HttpResponse:
    """Stop a file, or drop it."""
    list_files.drop(_mine(Desk(request, member_of(request), "reports"), ident))
    return redirect("files")


@desk_page("reports", "", looks_back=False)
def take(desk: Desk, ident: str) -> HttpResponseBase:
    """The whole file, its length said first; 409 for one that is not whole."""
    file = _mine(desk, ident)
    if file.state != list_files.WHOLE:
        said = gettext("This file is not whole: look at its page.")
        return HttpResponse(said, status=409, content_type="text/plain; charset=utf-8")
    answer = StreamingHttpResponse(list_files.content(file))
    answer["Content-Type"] = list_export.TYPES[file.form][0]
    answer["Content-Length"] = str(file.size)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["X-Anoa-Rows"] = str(file.rows)
    return answer


def _mine(desk: Desk, ident: str) -> ExportFile:
    found = list_files.one_of(desk.member, ident)
    if found is None:
        raise Http404(gettext("There is no such file, or it is older than a day."))
    return found
