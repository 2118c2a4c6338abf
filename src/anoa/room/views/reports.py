"""The list of reports with a filter on every field, and the same reports as files."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext

from anoa.columns import Found, Page, Wanted, find
from anoa.room import pastes, places, queries, report_export, report_filters
from anoa.room.forms import ActForm, local_input
from anoa.room.intake import inbox
from anoa.room.views import files
from anoa.room.views.desk import Desk, desk_page

Context = dict[str, Any]
ON_A_PAGE = 50
INCIDENTS = 20
LONG = 5_000  # reports of which a file is better made beside the page


@desk_page("reports", "room/reports.html")
def reports(desk: Desk) -> Context:
    """The reports that the address asks for, a page of them, and how many there are."""
    asked = report_filters.asked(desk)
    found, everything = report_filters.found(desk, asked.wanted), find(desk.picture, "report")
    page = found.page(asked.order, ON_A_PAGE, asked.after, asked.before)
    return {
        "asked": asked,
        "filters": report_filters.choices(desk, asked.chosen),
        "filtering": any((*asked.chosen.values(), asked.first_day, asked.last_day)),
        "ignored": report_filters.told(asked),
        "orders": report_filters.ORDER_WORDS.items(),
        "reports": [(one, one.is_unanswered(desk.at)) for one in page.items],
        "page": page,
        "first": page.skipped + 1,
        "last": page.skipped + len(page.items),
        "count": len(found),
        "all": len(everything),
        "place": places.place_filter(desk, asked.place, len(found), len(everything)),
        "by_line": places.by_line(desk, {gettext("Reports"): found.counts("place")}),
        "formats": report_export.TYPES,
        "long": len(found) > LONG and not desk.past,
        "acts": _filing(desk),
        "can_paste": pastes.may_paste(desk.member) and not desk.past,
        "in_inbox": 0 if desk.past else inbox.count_for(desk.member),
        "incidents": _incidents(desk, asked.place),
    }  # fmt: skip


def _incidents(desk: Desk, place: str) -> queries.Some:
    words = {"place": queries.places_under(desk.pack, place)} if place else {}
    found = find(desk.picture, "incident", Wanted(words))
    page: Page = found.page("newest", INCIDENTS)
    return queries.Some(page.items, len(found))


def _filing(desk: Desk) -> list[ActForm]:
    return desk.offer(
        "report.file", preset={"observed_at": local_input(desk, desk.at)}, raw_words=True
    )


@desk_page("reports", "")
def export(desk: Desk) -> HttpResponseBase:
    """The reports that the address asks for, as a file."""
    form = desk.request.GET.get("format", "csv")
    if form not in report_export.TYPES:
        raise Http404(gettext("There is no such format."))
    asked = report_filters.asked(desk, frozenset({"format"}))
    if asked.ignored:
        return HttpResponse(
            report_filters.told(asked), status=400, content_type="text/plain; charset=utf-8"
        )
    found = report_filters.found(desk, asked.wanted)
    answer = _answer(form, found, files.naming_of(desk))
    answer["Content-Type"] = report_export.TYPES[form][0]
    answer["Content-Disposition"] = f'attachment; filename="{files.file_name(desk, form)}"'
    answer["X-Anoa-Rows"] = str(len(found))
    return answer


def _answer(form: str, found: Found, naming: report_export.Naming) -> HttpResponseBase:
    if form == "xlsx":
        return FileResponse(report_export.xlsx_file(found, naming))
    if form == "geojson":
        return StreamingHttpResponse(report_export.geojson_pieces(found, naming))
    if form == "hxl":
        return FileResponse(report_export.hxl_file(found, naming))
    return StreamingHttpResponse(report_export.csv_pieces(found, naming))
