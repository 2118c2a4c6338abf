"""Files that are made beside the pages: ask for one, see how far it is, take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from anoa.errors import NotAllowed
from anoa.room import access, queries, report_export, report_files, report_filters
from anoa.room.models import ExportFile
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of

Context = dict[str, Any]
REASONS: Mapping[str, Any] = {
    report_files.FULL: _("The disk of the room is full. Tell the administrator of this machine."),
    report_files.AWAY: _("The database server could not be reached. Have it made again."),
    report_files.STOPPED: _("The machine that made it stopped. Have it made again."),
    report_files.FAILED: _("A step could not be finished. Have it made again; if it happens again, "
                           "tell the administrator of this machine."),
}  # fmt: skip


def file_name(desk: Desk, form: str) -> str:
    """The name of a file of reports: an exercise is marked first."""
    mark = "EXERCISE-" if desk.exercise else ""
    end = report_export.TYPES[form][1]
    return f"{mark}reports-{desk.pack.local(desk.at):%Y%m%d-%H%M}.{end}"


def naming_of(desk: Desk) -> report_export.Naming:
    """How codes are named in a file for this reader."""
    return report_export.Naming(desk.pack, desk.language, queries.exercise_notice(desk.language))


@login_required
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Begin to make a file of the reports that the address asks for, and lead to its page."""
    desk = Desk(request, member_of(request), "reports")
    if not access.reads_things(desk.member):
        raise PermissionDenied(gettext("This page is not for your role."))
    form = request.POST.get("format", "")
    if form not in report_export.TYPES:
        raise Http404(gettext("There is no such format."))
    asked = report_filters.asked(desk, frozenset())
    if asked.ignored:
        messages.warning(request, report_filters.told(asked))
        return redirect("files")
    try:
        file = report_files.start(
            desk.member, form, report_filters.found(desk, asked.wanted), naming_of(desk),
            file_name(desk, form), asked.query,
        )  # fmt: skip
    except NotAllowed as error:
        messages.warning(request, words.sentence(error))
        return redirect("files")
    return redirect("file", file.ident)


@desk_page("reports", "room/files.html", looks_back=False)
def listing(desk: Desk) -> Context:
    """The files that this member had made within a day."""
    return {"files": report_files.of(desk.member)}


@desk_page("reports", "room/file.html", looks_back=False)
def one(desk: Desk, ident: str) -> Context:
    """How far a file is: rows done of rows in all, whole, or why there is none."""
    file = _mine(desk, ident)
    return {"file": file, "why": REASONS.get(file.reason, REASONS[report_files.FAILED])}


@login_required
@require_POST
def drop(request: HttpRequest, ident: str) -> HttpResponse:
    """Stop a file, or drop it."""
    report_files.drop(_mine(Desk(request, member_of(request), "reports"), ident))
    return redirect("files")


@desk_page("reports", "", looks_back=False)
def take(desk: Desk, ident: str) -> HttpResponseBase:
    """The whole file, its length said first; 409 for one that is not whole."""
    file = _mine(desk, ident)
    if file.state != report_files.WHOLE:
        said = gettext("This file is not whole: look at its page.")
        return HttpResponse(said, status=409, content_type="text/plain; charset=utf-8")
    answer = StreamingHttpResponse(report_files.content(file))
    answer["Content-Type"] = report_export.TYPES[file.form][0]
    answer["Content-Length"] = str(file.size)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["X-Anoa-Rows"] = str(file.rows)
    return answer


def _mine(desk: Desk, ident: str) -> ExportFile:
    found = report_files.one_of(desk.member, ident)
    if found is None:
        raise Http404(gettext("There is no such file, or it is older than a day."))
    return found
