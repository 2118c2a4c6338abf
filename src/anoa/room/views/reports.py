"""The lists of reports and of incidents, with a filter on every field, and the same as files."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext

from anoa.columns import Found, Page, Wanted, find
from anoa.room import list_export, list_files, list_filters, pastes, places, queries
from anoa.room.forms import ActForm, local_input
from anoa.room.intake import inbox
from anoa.room.list_filters import INCIDENTS, REPORTS, Asked, Kind
from anoa.room.views import files, words
from anoa.room.views.desk import Desk, desk_page
from anoa.room.views.triage import may_triage

Context = dict[str, Any]
ON_A_PAGE = 50
SHOWN = 20  # incidents on the page of reports; the list of incidents has them all
LONG = 5_000  # things of which a file is better made beside the page


@desk_page("reports", "room/reports.html")
def reports(desk: Desk) -> Context:
    """The reports that the address asks for, a page of them, and how many there are."""
    asked = list_filters.asked(desk, REPORTS)
    context = _listed(desk, REPORTS, asked)
    context["items"] = [(one, one.is_unanswered(desk.at)) for one in context["items"]]
    return context | {
        "acts": _filing(desk),
        "can_paste": pastes.may_paste(desk.member) and not desk.past,
        "in_inbox": 0 if desk.past else inbox.count_for(desk.member),
        "most": inbox.COUNT_LIMIT,
        "may_triage": may_triage(desk),
        "incidents": _newest_incidents(desk, asked.place),
    }


@desk_page("reports", "room/incidents.html")
def incidents(desk: Desk) -> Context:
    """The incidents that the address asks for, a page of them, and how many there are."""
    context = _listed(desk, INCIDENTS, list_filters.asked(desk, INCIDENTS))
    return context | {"acts": desk.offer("incident.open", preset=_now(desk))}


def _listed(desk: Desk, kind: Kind, asked: Asked) -> Context:
    """What both lists show: a page of the things, filters, counts and files."""
    found = list_filters.found(desk, kind, asked.wanted)
    everything = find(desk.picture, kind.thing)
    page: Page = found.page(asked.order, ON_A_PAGE, asked.after, asked.before)
    return {
        "kind": kind,
        "export": f"{kind.thing}_export",
        "asked": asked,
        "filters": list_filters.choices(desk, kind, asked.chosen),
        "spans": list_filters.spans(kind, asked),
        "filtering": any((*asked.chosen.values(), *asked.days.values())),
        "ignored": list_filters.told(asked),
        "orders": [(one, list_filters.ORDER_WORDS[one]) for one in kind.orders],
        "items": list(page.items),
        "page": page,
        "first": page.skipped + 1,
        "last": page.skipped + len(page.items),
        "count": len(found),
        "all": len(everything),
        "place": places.place_filter(desk, asked.place, len(found), len(everything)),
        "by_line": _by_line(desk, found),
        "by_state": queries.by_report_state(found),
        "formats": list_export.TYPES,
        "long": len(found) > LONG and not desk.past,
    }


def _by_line(desk: Desk, found: Found) -> places.LineCounts:
    """How many there are by line, each state by itself, so that none hides in a sum."""
    counts = found.counts_by("state", "place")
    order = [state for state, _count in queries.by_report_state(found)]
    return places.by_line(desk, {words.state_words(state): counts[state] for state in order})


def _newest_incidents(desk: Desk, place: str) -> queries.Some:
    words = {"place": queries.places_under(desk.pack, place)} if place else {}
    found = find(desk.picture, "incident", Wanted(words))
    page: Page = found.page("newest", SHOWN)
    return queries.Some(page.items, len(found), queries.by_report_state(found))


def _now(desk: Desk) -> dict[str, str]:
    return {"observed_at": local_input(desk, desk.at)}


def _filing(desk: Desk) -> list[ActForm]:
    return desk.offer("report.file", preset=_now(desk), raw_words=True)


@desk_page("reports", "")
def export(desk: Desk, thing: str) -> HttpResponseBase:
    """The reports or incidents that the address asks for, as a file."""
    form = desk.request.GET.get("format", "csv")
    if form not in list_export.TYPES:
        raise Http404(gettext("There is no such format."))
    kind = list_filters.KINDS[thing]
    asked = list_filters.asked(desk, kind, frozenset({"format"}))
    if asked.ignored:
        return HttpResponse(
            list_filters.told(asked), status=400, content_type="text/plain; charset=utf-8"
        )
    found = list_filters.found(desk, kind, asked.wanted)
    kept = list_files.Unpurged(desk.operation, found)
    try:
        answer = _answer(form, kept, files.naming_of(desk, kind))
    except list_export.MaterialDeleted as error:
        said = words.sentence(error)
        return HttpResponse(said, status=409, content_type="text/plain; charset=utf-8")
    answer["Content-Type"] = list_export.TYPES[form][0]
    answer["Content-Disposition"] = f'attachment; filename="{files.file_name(desk, kind, form)}"'
    answer["X-Anoa-Rows"] = str(len(found))
    return answer


def _answer(form: str, found: list_export.Rows, naming: list_export.Naming) -> HttpResponseBase:
    if form == "xlsx":
        return FileResponse(list_export.xlsx_file(found, naming))
    if form == "geojson":
        return StreamingHttpResponse(list_export.geojson_pieces(found, naming))
    if form == "hxl":
        return FileResponse(list_export.hxl_file(found, naming))
    return StreamingHttpResponse(list_export.csv_pieces(found, naming))
