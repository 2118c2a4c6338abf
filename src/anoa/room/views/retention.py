"""The page of retention: what is kept how long, what is due, its deletion, holds, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from anoa.coordination.retention import CLASSES, Deletion, Keeping
from anoa.errors import AnoaError
from anoa.room import access
from anoa.room.models import CertificateFile
from anoa.room.outgoing import header_of
from anoa.room.passive import is_passive
from anoa.room.retention import due as due_of
from anoa.room.retention import ledger, purging
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of
from anoa.seals import parse_certificate

Context = dict[str, Any]
TEMPLATE = "room/retention.html"
COUNTED = 1_000  # of a class that is due, for the page
NAMES = 500  # of a certificate, on its page; the file has all
CLASS_WORDS: Mapping[str, Any] = {
    "words": _("what was sent, with any contact data in it"),
    "pictures": _("pictures and files that came with it"),
    "sealed": _("sealed text that only its owner opens"),
    "imports": _("tables that were brought in and not taken over"),
    "drafts": _("drafts and pasted messages"),
    "files": _("files of lists that members had made"),
    "tries": _("counts of wrong passwords and codes"),
}  # fmt: skip
AFTER_WORDS: Mapping[str, Any] = {
    "settled": _("after it was settled"), "received": _("after it came in or was last kept"),
    "operation_end": _("after the end of the operation"),
}  # fmt: skip


def rule_words(rule: str) -> str:
    """A rule of a certificate, as ``settled-30d``, in words."""
    after, _dash, days = rule.rpartition("-")
    number = int(days.removesuffix("d"))
    said = ngettext("{n} day", "{n} days", number).format(n=number)
    return f"{said} {AFTER_WORDS.get(after, after)}"


def class_words(klass: str) -> str:
    """A class in words."""
    return str(CLASS_WORDS.get(klass, klass))


@desk_page("log", TEMPLATE, looks_back=False)
def retention(desk: Desk) -> Context:
    """What is kept how long, and for who may delete what is due now."""
    return _context(desk)


@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Delete what is due of the ticked classes; refused, the page says why and nothing is gone."""
    if request.method != "POST":
        return redirect("retention")
    desk = Desk(request, member_of(request), "log")
    desk.looks_back = False
    chosen = tuple(one for one in CLASSES if one in request.POST.getlist("class"))
    try:
        if not chosen or request.POST.get("sure") != "yes":
            raise AnoaError("Tick what is to be deleted, and that you have read it.")
        made = purging.purge_as(desk.member, chosen)
    except AnoaError as error:
        context = {"desk": desk, **_context(desk), "refused": words.sentence(error)}
        return render(request, TEMPLATE, context, status=422)
    ids = ", ".join(one.entry.subject for one in made)
    messages.success(request, gettext("Deleted, with certificate {ids}.").format(ids=ids))
    return redirect("retention")


def _context(desk: Desk) -> Context:
    rules = desk.pack.rules.retention
    # A page that fetches itself anew keeps the part of what is due, which may take seconds.
    may = purging.may_delete(desk.member) and not is_passive(desk.request)
    found = _due(desk) if may else {}
    deletions = list(desk.picture.things["deletion"].values())
    return {
        "rows": [_row(rules[klass], found.get(klass)) for klass in CLASSES],
        "note": desk.text(desk.pack.retention_note), "may": may,
        "due": [one for one in found.values() if one.found], "class_words": CLASS_WORDS,
        "deletions": sorted(deletions, key=lambda one: one.id, reverse=True),
        "holds": [] if not access.reads_things(desk.member)
        else sorted(desk.picture.holds.values(), key=lambda one: one.id, reverse=True),
    }  # fmt: skip


def _due(desk: Desk) -> dict[str, due_of.Due]:
    moment = due_of.now(desk.operation)
    found = due_of.due(desk.operation, desk.whole, desk.agency, moment, at_most=COUNTED)
    return {one.klass: one for one in found}


def _row(keeping: Keeping, told: due_of.Due | None) -> Context:
    return {"klass": keeping.klass, "name": class_words(keeping.klass),
            "rule": rule_words(keeping.rule), "due": told}  # fmt: skip


@desk_page("log", "room/deletion.html", looks_back=False)
def deletion(desk: Desk, ident: str) -> Context:
    """One certificate, to be read and printed."""
    found = _found(desk, ident)
    row = CertificateFile.objects.filter(operation=desk.operation, ident=ident).first()
    certificate = parse_certificate(bytes(row.content), ident) if row else None
    return {
        "deletion": found, "name": class_words(found.klass), "rule": rule_words(found.rule),
        "certificate": certificate, "names": certificate.names[:NAMES] if certificate else (),
        "more": len(certificate.names) - NAMES if certificate else 0,
        "origin": header_of(desk.operation).origin,
    }  # fmt: skip


@desk_page("log", "", looks_back=False)
def deletion_file(desk: Desk, ident: str) -> HttpResponse:
    """The certificate as a file, which ``anoa retention check`` reads."""
    _found(desk, ident)
    row = CertificateFile.objects.filter(operation=desk.operation, ident=ident).first()
    if row is None:
        raise Http404(gettext("There is no such certificate."))
    answer = HttpResponse(bytes(row.content), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{ident}{ledger.END}"'
    return answer


def _found(desk: Desk, ident: str) -> Deletion:
    found = desk.picture.things["deletion"].get(ident)
    if not isinstance(found, Deletion):
        raise Http404(gettext("There is no such certificate."))
    return found


@desk_page("reports", "room/hold.html", looks_back=False)
def hold(desk: Desk, ident: str) -> Context:
    """One hold: what it keeps, why, and the way to lift it."""
    found = desk.picture.holds.get(ident)
    if found is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    return {"hold": found, "acts": desk.offer("hold.lift", ident)}
