"""The register of polling stations: what it says by sub-district, and its import by its keeper."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from anoa.coordination.field import REGISTER
from anoa.errors import AnoaError
from anoa.room.stations import Places, import_register, keeps_register, places_of
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of
from anoa.stations import CATEGORIES, COLUMNS, LARGEST, POWERS, SIGNALS, RegisterError

Context = dict[str, Any]
TOLD = 200  # problems on the page


@desk_page("incoming", "room/stations.html", looks_back=False)
def stations(desk: Desk) -> Context:
    """The register by sub-district, or the placeholders until there is one."""
    if not desk.inside:
        raise PermissionDenied(gettext("There is no such thing, or it is not yours to see."))
    return _context(desk)


def _context(desk: Desk) -> Context:
    places, chosen = places_of(desk.pack), desk.request.GET.get("sub_district", "")
    counted = [
        (one, len(places.stations_in(code))) for code, one in desk.pack.sub_districts.items()
    ]
    known = desk.pack.sub_districts.get(chosen)
    return {
        "rows": counted, "count": sum(n for _one, n in counted), "places": places,
        "unknown": _without_number(desk, places), "chosen": known,
        "listed": places.stations_in(known.code) if known else (),
        "keeps": keeps_register(desk.member), "register": desk.picture.find(REGISTER, REGISTER),
        "columns": COLUMNS, "example": "; ".join(f"{one}=…" for one in desk.pack.operation.pattern),
        "words": {"category": CATEGORIES, "signal": SIGNALS, "power": POWERS},
    }  # fmt: skip


def _without_number(desk: Desk, places: Places) -> int:
    """How many sub-districts have stations whose number is not known."""
    if places.has_register:
        return 0
    return sum(one.polling_stations is None for one in desk.pack.sub_districts.values())


@login_required
@wraps(stations)
def stations_import(request: HttpRequest) -> HttpResponse:
    """Take the file in, or list every problem of it; a failed import changes nothing."""
    if request.method != "POST":
        return redirect("stations")
    desk = Desk(request, member_of(request), "incoming")
    desk.looks_back = False
    if not keeps_register(desk.member):
        raise PermissionDenied(
            gettext("The register of polling stations is not kept by your institution.")
        )
    told: Context
    try:
        made = _taken(desk)
    except RegisterError as error:
        found = [
            (one.line, words.sentence(one.what), words.sentence(one.hint) if one.hint else "")
            for one in error.wrongs
        ]
        told = {"problems": found[:TOLD], "problem_count": len(found)}
    except AnoaError as error:
        told = {"refused": words.sentence(error, desk.pack.agencies)}
    else:
        said = ngettext("{n} polling station imported.", "{n} polling stations imported.", made)
        messages.success(request, said.format(n=made))
        return redirect("stations")
    return render(request, "room/stations.html", {"desk": desk, **_context(desk), **told},
                  status=422)  # fmt: skip


def _taken(desk: Desk) -> int:
    file: Any = desk.request.FILES.get("file")
    if file is None:
        raise AnoaError("Choose a file first.")
    entries = import_register(desk.member, file.read(LARGEST + 1), str(file.name or ""))
    return int(entries[0].data["rows"])
