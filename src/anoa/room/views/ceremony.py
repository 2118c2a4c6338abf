"""The seal ceremony: a page that the countersigning institutions walk through, and can print."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.coordination.sealing import Sealing
from anoa.errors import AnoaError
from anoa.ladder import Rung
from anoa.picture import Picture
from anoa.room import access, ceremony, queries, record
from anoa.room.outgoing import header_of
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of
from anoa.seals import spoken
from anoa.situation import situation

Context = dict[str, Any]
TEMPLATE = "room/ceremony.html"
IN_A_ROW = 4  # groups of digits
KINDS = 8  # of entries that are named; the rest is one line
VERB = "seal.countersign"


@desk_page("log", TEMPLATE, looks_back=False)
def ceremony_page(desk: Desk, ident: str = "") -> Context:
    """The steps for one seal, or before the next is signed."""
    return _context(desk, ident)


@login_required
def hand_in(request: HttpRequest, ident: str) -> HttpResponse:
    """Take a countersigned file up, or say what is wrong with it; then nothing is kept."""
    if request.method != "POST":
        return redirect("ceremony_of", ident=ident)
    desk = Desk(request, member_of(request), "log")
    desk.looks_back = False
    try:
        access.need(desk.member.role, VERB)
        content = _file_of(request)
        entries = ceremony.hand_in(desk.member, ident, content, request.POST.get("key", ""))
    except AnoaError as error:
        told = {"handed_in": words.sentence(error, desk.pack.agencies)}
        context = {"desk": desk, **_context(desk, ident), **told}
        return render(request, TEMPLATE, context, status=422)
    said = f"{entries[0].subject}: {words.deed_words(entries[0].kind)}."
    messages.success(request, said)
    return redirect("ceremony_of", ident=ident)


def _file_of(request: HttpRequest) -> bytes:
    file: Any = request.FILES.get("file")
    if file is None:
        raise AnoaError("Choose a file first.")
    return bytes(file.read(ceremony.LARGEST + 1))


def _context(desk: Desk, ident: str) -> Context:
    seals = sorted(desk.picture.seals.values(), key=lambda one: one.size)
    if not ident:
        return _before(desk, seals)
    sealing = desk.picture.seals.get(ident)
    if sealing is None:
        raise Http404(gettext("There is no such seal."))
    return _of(desk, sealing) | {"newest": seals[-1].id}


def _before(desk: Desk, seals: list[Sealing]) -> Context:
    """What the next seal will cover, and the way to sign it."""
    since = seals[-1].size if seals else 0
    found = ceremony.entries_since(desk.log, since + 1, desk.seq)
    return {
        "range": found, "size": desk.seq,
        "open": _open(desk, desk.picture), "acts": desk.offer("seal.sign"),
        "last": seals[-1] if seals else None, "named": desk.pack.operation.countersigners,
        **_kinds(found),
    }  # fmt: skip


def _of(desk: Desk, sealing: Sealing) -> Context:
    since = ceremony.size_before(desk.picture, sealing.size)
    found = ceremony.entries_since(desk.log, since + 1, sealing.size)
    stored = ceremony.stored_seal(desk.operation, sealing.id)
    named = desk.pack.operation.countersigners
    then = access.view(desk.member, record.picture_at(desk.operation, seq=sealing.size))
    groups = spoken(stored.checkpoint.root)
    signers = ceremony.signers(desk.present, named, sealing, stored)
    return {
        "sealing": sealing, "range": found, "size": sealing.size, "open": _open(desk, then),
        "rows": [groups[row : row + IN_A_ROW] for row in range(0, len(groups), IN_A_ROW)],
        "origin": header_of(desk.operation).origin, "named": named, "signers": signers,
        "missing": [one for one in signers if one.is_named and one.key is None],
        "may_hand_in": desk.agency and access.may(desk.member.role, VERB),
        "has_signed": desk.agency in sealing.countersigners,
        "needs_key": not ceremony.keys_of(desk.present, desk.agency), **_kinds(found),
    }  # fmt: skip


def _kinds(found: ceremony.Range) -> Context:
    told = [(words.deed_words(kind), count) for kind, count in found.kinds[:KINDS]]
    return {"kinds": told, "other": sum(count for _kind, count in found.kinds[KINDS:])}


OPEN = (
    ("unanswered", _("reports unanswered")), ("late", _("commitments late")),
    ("overdue", _("tasks over their time")), ("proposals", _("proposals waiting")),
)  # fmt: skip


def _open(desk: Desk, picture: Picture) -> list[tuple[str, int]]:
    """What stood open, as the reader may see it; nothing for who reads no things."""
    if not access.reads_things(desk.member):
        return []
    at = picture.at or desk.at
    total = situation(picture, desk.pack, at).total
    waiting = queries.waiting(picture, at)
    counts = {
        "unanswered": waiting.unanswered.count, "late": len(waiting.late),
        "overdue": len(waiting.overdue), "proposals": len(waiting.proposals),
    }  # fmt: skip
    rungs = [(desk.rung_name(rung), total.on(rung)) for rung in (
        Rung.ACTUAL, Rung.THRESHOLD, Rung.POTENTIAL
    )]  # fmt: skip
    return [*rungs, *((str(label), counts[name]) for name, label in OPEN)]
