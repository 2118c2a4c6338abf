"""The register of polling stations: what it says by sub-district, and its import by its keeper."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from anoa.coordination.field import REGISTER
from anoa.errors import AnoaError
from anoa.pack import SubDistrict
from anoa.room.places import Place, by_line, filtered, line_name
from anoa.room.stations import Places, import_register, keeps_register, places_of
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of
from anoa.situation import lines_of
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
    count = {code: len(places.stations_in(code)) for code in desk.pack.sub_districts}
    here, place = filtered(desk, desk.pack.sub_districts.values(), _place)
    known = next((one for one in here if one.code == chosen), None)
    return {
        "rows": _grouped(desk, here, count), "count": sum(count.values()), "places": places,
        "place": place, "here": sum(count[one.code] for one in here),
        "shared": sum(count[one.code] for one in here
                      if place.chosen in desk.pack.spot(one.code, desk.pack.trees[-1]).lines
                      and desk.pack.spot(one.code, desk.pack.trees[-1]).is_shared),
        "by_line": by_line(desk, {
            gettext("Sub-districts"): {one.code: 1 for one in here},
            gettext("Polling stations"): {one.code: count[one.code] for one in here},
        }),
        "unknown": _without_number(desk, places), "chosen": known,
        "listed": places.stations_in(known.code) if known else (),
        "keeps": keeps_register(desk.member), "register": desk.picture.find(REGISTER, REGISTER),
        "columns": COLUMNS, "example": "; ".join(f"{one}=…" for one in desk.pack.operation.pattern),
        "words": {"category": CATEGORIES, "signal": SIGNALS, "power": POWERS},
    }  # fmt: skip


def _place(one: SubDistrict) -> Place:
    return Place(one.region, one.code)


def _grouped(
    desk: Desk, here: list[SubDistrict], count: Mapping[str, int]
) -> list[tuple[str, list[tuple[SubDistrict, int]]]]:
    """The sub-districts with their stations by line of the tree; a shared one under each."""
    groups: dict[str, list[tuple[SubDistrict, int]]] = {}
    for one in here:
        for code in desk.pack.spot(one.code, desk.tree).lines:
            groups.setdefault(code, []).append((one, count[one.code]))
    known = [code for code in lines_of(desk.pack, desk.tree) if code in groups]
    order = [*(code for code in groups if code not in known), *known]
    return [(line_name(desk.pack, code), groups[code]) for code in order]


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
        asked = request.GET.urlencode()
        return redirect(reverse("stations") + (f"?{asked}" if asked else ""))
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
