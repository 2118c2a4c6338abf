"""Pages by which a file of reports is brought in: upload, columns, check, take in, faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from anoa.errors import AnoaError, Saying
from anoa.forms import Form
from anoa.room import copies
from anoa.room.intake import heads, importing
from anoa.room.intake.importing import CHECKED, TAKEN, Opened, Source
from anoa.room.intake.rows import RowRead
from anoa.room.intake.tables import FILE_LIMIT, NoTable
from anoa.room.models import ImportRow
from anoa.room.views.desk import Desk
from anoa.room.views.hooks import own_page, refused

Context = dict[str, Any]
FAULTS_SHOWN = 20
LISTED = 30
STATE_WORDS = {
    "new": _("not checked yet"), "checking": _("is being checked"), "checked": _("checked"),
    "taking": _("is being taken in"), "taken": _("taken in"), "failed": _("not finished"),
    "away": _("thrown away"),
}  # fmt: skip
HEADING = (_("Row"), _("Column"), _("Value"), _("What is wrong"), _("What to do"))


class InMemory(MemoryFileUploadHandler):
    """Keeps an upload in memory, so that no copy of it lies readable on a disk."""

    def handle_raw_input(self, *args: Any, **more: Any) -> None:
        """Take every size up to the limit."""
        self.activated = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep a piece; what goes beyond the limit is let go."""
        if start + len(raw_data) > FILE_LIMIT + 1:
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)


def in_memory(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Choose the handler before anything reads the request; the token is checked after that."""

    @csrf_exempt
    def chosen(request: HttpRequest, **place: Any) -> HttpResponse:
        request.upload_handlers = [InMemory(request)]
        return csrf_protect(view)(request, **place)

    return chosen


@own_page("reports", "room/imports.html", importing.may_import)
def _listing(desk: Desk) -> Context | HttpResponse:
    if desk.request.method == "POST":
        try:
            row = _begun(desk)
        except AnoaError as error:
            desk.refusal = refused(desk, error)
        else:
            return redirect("import", ident=row.ident)
    rows = ImportRow.objects.filter(operation=desk.operation, agency=desk.agency).defer(
        "encrypted", "faults"
    )
    forms = importing.forms_for(desk.pack, desk.agency)
    return {
        "rows": [_row(desk, row) for row in rows.order_by("-made_at")[:LISTED]],
        "forms": [(ident, desk.pack.text(one.title, desk.language)) for ident, one in
                  forms.items()],
        "typed": desk.refusal.typed if desk.refusal else {},
    }  # fmt: skip


listing = in_memory(_listing)


def _begun(desk: Desk) -> ImportRow:
    file = desk.request.FILES.get("file")
    if file is None or (file.size or 0) > FILE_LIMIT:
        raise NoTable("choose a file of at most {n} MB", n=FILE_LIMIT >> 20)
    form = importing.form_of(desk.pack, desk.agency, desk.request.POST.get("form", ""))
    return importing.begin(_source(desk), file.read(), form, desk.pack)


def _source(desk: Desk) -> Source:
    return Source(desk.operation, desk.agency, desk.member.ident)


def _row(desk: Desk, row: ImportRow) -> Context:
    form = desk.pack.forms.get(row.form)
    return {
        "row": row, "state": STATE_WORDS.get(row.state, row.state), "facts": row.facts,
        "form": desk.pack.text(form.title, desk.language) if form else row.form,
    }  # fmt: skip


@own_page("reports", "room/import.html", importing.may_import)
def one(desk: Desk, ident: str) -> Context | HttpResponse:
    """One file: what was found in it, what each column is, and what a check found."""
    row = importing.find(_source(desk), ident)
    if row is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    if not row.encrypted or importing.is_running(row):
        return _done(desk, row) | {"is_running": importing.is_running(row)}
    try:
        form = importing.form_of(desk.pack, desk.agency, row.form)
        found = importing.opened(importing.content_of(row), form, desk.pack)
    except AnoaError as error:
        desk.refusal = refused(desk, error)
        return _done(desk, row)
    if desk.request.method == "POST" and (answer := _step(desk, row, found)) is not None:
        return answer
    return _done(desk, row) | _mapped(desk, row, found)


def _step(desk: Desk, row: ImportRow, found: Opened) -> HttpResponse | None:
    typed = desk.request.POST
    if typed.get("do") == "away":
        importing.throw_away(row)
        messages.success(desk.request, gettext("The file is thrown away."))
        return redirect("imports")
    before = row.mapping
    columns = {head: typed.get(f"column-{number}", before["columns"].get(head, ""))
               for number, head in enumerate(found.table.head)}  # fmt: skip
    fixed = {one.name: typed.get(f"fixed-{one.name}", before["fixed"].get(one.name, ""))
             for one in heads.fixable(columns, found.form)}  # fmt: skip
    try:
        importing.assign(row, {"columns": columns, "fixed": fixed}, found)
    except AnoaError as error:
        desk.refusal = refused(desk, error)
        return None
    if typed.get("do") == "take" and row.state == CHECKED:
        importing.start(row, TAKEN, desk.language)
    elif typed.get("do") in ("check", "take"):
        importing.start(row, CHECKED, desk.language)
    return redirect("import", ident=row.ident)


def _done(desk: Desk, row: ImportRow) -> Context:
    """What is shown of every import: its counts, and the first faults."""
    faults = importing.faults_of(row) if row.state in (CHECKED, TAKEN) else []
    why = row.facts.get("why")
    return {
        "one": _row(desk, row), "row": row, "facts": row.facts,
        "why": _said(Saying(why[0], **why[1])) if why else "",
        "faults": [(one, _said(one.what), _said(one.hint)) for one in faults[:FAULTS_SHOWN]],
        "more_faults": max(0, len(faults) - FAULTS_SHOWN),
    }  # fmt: skip


def _mapped(desk: Desk, row: ImportRow, found: Opened) -> Context:
    typed = desk.refusal.typed if desk.refusal else {}
    first = importing.shown_rows(found)
    columns = [
        {
            "head": head, "name": f"column-{number}",
            "refused": _reason(found.refused.get(head)),
            "field": typed.get(f"column-{number}", row.mapping["columns"].get(head, "")),
            "examples": [cells[number] for _n, cells in first if cells[number]][:3],
        }
        for number, head in enumerate(found.table.head)
    ]  # fmt: skip
    return {
        "columns": columns, "fields": _fields(desk, found.form), "fixed": _fixed(desk, row, found),
        "notes": [_said(one) for one in found.table.notes],
        **_preview(desk, row, found),
    }  # fmt: skip


def _fields(desk: Desk, form: Form) -> list[tuple[str, str, bool]]:
    """The fields that a column may be: name, label, whether each answer needs it."""
    return [(one.name, desk.pack.text(one.label, desk.language), one.required)
            for one in form.fields if one.is_question and one.type != "picture"]  # fmt: skip


def _fixed(desk: Desk, row: ImportRow, found: Opened) -> list[Context]:
    """The fields that may be the same for all rows, with their choices."""
    return [
        {
            "name": f"fixed-{one.name}", "label": desk.pack.text(one.label, desk.language),
            "value": row.mapping["fixed"].get(one.name, ""),
            "choices": [(choice.id, desk.pack.text(choice.name, desk.language))
                        for choice in one.choices],
        }
        for one in heads.fixable(row.mapping["columns"], found.form)
    ]  # fmt: skip


def _preview(desk: Desk, row: ImportRow, found: Opened) -> Context:
    """The first rows as they would be read, when the columns make sense."""
    try:
        assignment = heads.checked(row.mapping, found.table.head, found.refused, found.form)
    except AnoaError:
        return {"preview": []}
    names = [one.name for one in found.form.fields if one.name in assignment.fields]
    labels = {name: label for name, label, _needed in _fields(desk, found.form)}
    read = importing.preview(found, assignment, desk.language)
    return {
        "preview_heads": [labels.get(name, name) for name in names],
        "preview": [_preview_row(one, names, assignment) for one in read],
        "missing": [labels.get(one.name, one.name)
                    for one in heads.missing(assignment, found.form)],
    }  # fmt: skip


def _preview_row(one: RowRead, names: list[str], assignment: heads.Assignment) -> Context:
    wrong = {fault.column for fault in one.faults}
    cells = [(str(one.fields.get(name, ""))[:60], bool(wrong & {name, *assignment.heads_of(name)}))
             for name in names]  # fmt: skip
    return {"number": one.number, "cells": cells, "is_good": not one.faults}


def _reason(why: Saying | None) -> str:
    """Why a column is left out, in the reader's language with what it asks for or holds."""
    if why is None:
        return ""
    what = ", ".join(gettext(one) for one in why.values["what"].split(", "))
    return importing.spoken(Saying(why.sentence, what=what), gettext)


def _said(said: Saying) -> str:
    return importing.spoken(said, gettext)


@own_page("reports", "", importing.may_import)
def faults(desk: Desk, ident: str) -> HttpResponse:
    """The list of faults as a CSV that a spreadsheet opens."""
    row = importing.find(_source(desk), ident)
    if row is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    heading = [*map(str, HEADING), gettext("Copy of")]
    copy = copies.mark_of(desk.member, timezone.now())
    content = importing.faults_csv(importing.faults_of(row), heading, gettext, copy)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="faults-{row.ident}.csv"'
    return answer
