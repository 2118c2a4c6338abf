"""The zoomable map: a page, and its shapes and counts as GeoJSON for the reader who asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from anoa.columns import Wanted, find
from anoa.ladder import RUNGS, Rung
from anoa.maps import label_point, polygons_of, shade_fill, shade_patterns, shade_swatch
from anoa.oplog import Json, instant_text
from anoa.pack import CIVIL, SubDistrict
from anoa.room import places
from anoa.room.templatetags.room import day_text
from anoa.room.views.desk import Desk, desk_page
from anoa.room.views.situation import SHADES, map_note, map_value, nothing_open, situation_map
from anoa.situation import Line, is_unit, situation

STANDING = Wanted({"state": frozenset({"recorded", "verified"})})
PREFIX = "zoom"  # of the ids of the patterns
Context = dict[str, Any]


@desk_page("board", "room/map.html")
def map_page(desk: Desk) -> Context:
    """The map one can zoom, the same as a list, and the still map for print."""
    lines = situation(desk.picture, desk.pack, desk.at).lines
    listed = lines if desk.tree == CIVIL else situation(
        desk.picture, desk.pack, desk.at, desk.tree).lines  # fmt: skip
    chosen = places.chosen_place(desk)
    here = [one for one in listed if not chosen or places.lies_at(desk.pack, one.code, chosen)]
    return {
        "place": places.place_filter(desk, chosen, len(here), len(listed)),
        "map": situation_map(desk, lines),
        "patterns": _svg(shade_patterns(PREFIX)),
        "legend": _legend(desk),
        "note": map_note(desk.pack, provisional=any(line.provisional for line in lines)),
        "data": reverse("map_data") + _moment(desk),
        "words": json.dumps(_words(), ensure_ascii=False),
        "listed": [(line.code, facts_of(desk, line)) for line in here],
    }


def _svg(drawn: str) -> SafeString:
    return mark_safe(drawn)  # noqa: S308 - our own SVG, which holds no text of anybody


def _legend(desk: Desk) -> list[tuple[SafeString, str]]:
    """Every shade with its meaning, the strongest first."""
    shown = [(SHADES[rung], f"{desk.pack.rungs[rung].short}: {desk.rung_name(rung)}")
             for rung in reversed(RUNGS) if rung is not Rung.CLOSED]  # fmt: skip
    shown.append((SHADES[Rung.CLOSED], nothing_open(desk)))
    return [(_svg(shade_swatch(shade, PREFIX)), meaning) for shade, meaning in shown]


def _words() -> Mapping[str, str]:
    """What the module says of itself; everything else comes with the data."""
    return {
        "map": gettext("Zoomable map. Arrow keys move it, plus and minus zoom."),
        "closer": gettext("Zoom in"), "farther": gettext("Zoom out"),
        "close": gettext("Close"),
        "page": gettext("Page of the region"),
        "failed": gettext("The map cannot be brought up to date now; it shows what it knew last."),
        "absent": gettext("The zoomable map cannot be loaded; the still map is shown instead."),
    }  # fmt: skip


def _moment(desk: Desk) -> str:
    """The query that keeps what is asked for at the moment of this page."""
    return "?" + urlencode({"at": instant_text(desk.past)}) if desk.past else ""


@desk_page("board", "")
def map_data(desk: Desk) -> HttpResponse:
    """The regions with what this reader may know of them, and the places of sub-districts.

    With ``shapes=0`` geometry is null and the places are left out: what a live page asks again.
    """
    shapes = desk.request.GET.get("shapes") != "0"
    lines = situation(desk.picture, desk.pack, desk.at).lines
    incidents = find(desk.picture, "incident", STANDING)
    by_region, by_place = incidents.counts("region"), incidents.counts("place")
    features = [_with_incidents(desk, _region(desk, line, shapes), by_region)
                for line in lines if line.code in desk.pack.shapes]  # fmt: skip
    if shapes:
        features += [_with_incidents(desk, one, by_place) for one in _sub_districts(desk)]
    told = {"type": "FeatureCollection", "seq": desk.seq, "at": instant_text(desk.at),
            "features": features}  # fmt: skip
    body = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = HttpResponse(body, content_type="application/geo+json")
    answer["ETag"], answer["Cache-Control"] = tag, "private, no-cache"
    given: HttpResponse = get_conditional_response(desk.request, etag=tag, response=answer)
    return given


def _with_incidents(desk: Desk, feature: Json, counts: Mapping[str, int]) -> Json:
    """The feature with how many incidents the reader sees there; an outsider is told no zero."""
    count, told = counts.get(feature["id"], 0), feature["properties"]
    if count or desk.inside:
        told["incidents"] = count
    if count:
        text = ngettext("{n} incident recorded", "{n} incidents recorded", count)
        told["facts"] = [*told["facts"], text.format(n=count)]
    return feature


def _region(desk: Desk, line: Line, shapes: bool) -> Json:
    value = map_value(desk, line)
    known = desk.pack.shape_sources.get(line.code)
    shape = desk.pack.shapes[line.code]
    told = {
        "kind": "region", "code": line.code, "name": desk.pack.place_name(line.code),
        "fill": shade_fill(value.shade, PREFIX), "rank": line.highest.height,
        "mark": _mark(desk, line, value.mark), "facts": facts_of(desk, line),
        "actual": line.actual, "threshold": line.threshold, "potential": line.potential,
        "provisional": line.provisional, "label": label_point(shape),
        "href": value.href + _moment(desk),
        "shape": str(known) if known else "approximate",
    }  # fmt: skip
    if desk.inside:
        heard = instant_text(line.heard_at) if line.heard_at else None
        told |= {"unanswered": line.unanswered, "silent": line.is_silent, "heard_at": heard}
    geometry = {"type": "MultiPolygon", "coordinates": polygons_of(shape)} if shapes else None
    return {"type": "Feature", "id": line.code, "properties": told, "geometry": geometry}


def _mark(desk: Desk, line: Line, mark: str) -> str:
    """The letters in the region: its highest rung, ``!`` unanswered reports, ``?`` silence."""
    if not desk.inside:
        return mark
    signs = ["!" if line.unanswered else "", "?" if line.is_silent else ""]
    return " ".join(filter(None, [mark, *signs]))


def facts_of(desk: Desk, line: Line) -> list[str]:
    """What this reader may know of a region, each fact one short sentence."""
    return list(_facts(desk, line))


def _facts(desk: Desk, line: Line) -> Iterator[str]:
    yield map_value(desk, line).words
    if line.provisional:
        yield gettext("{n} of them provisional").format(n=line.provisional)
    if shared := sum(line.shared.on(rung) for rung in RUNGS):
        yield gettext("{n} of them shared").format(n=shared)
    if desk.inside and line.unanswered:
        yield ngettext(
            "{n} report unanswered", "{n} reports unanswered", line.unanswered
        ).format(n=line.unanswered)  # fmt: skip
    if desk.inside:
        yield _heard(desk, line)
    if desk.tree != CIVIL and line.code in desk.pack.leaf_regions:
        units = [places.line_name(desk.pack, code) for code in desk.pack.units_of(line.code)]
        if units:
            yield gettext("Units: {units}").format(units=", ".join(units))


def _heard(desk: Desk, line: Line) -> str:
    if line.heard_at is None:
        return desk.text(desk.pack.labels.get("silent", {})) or gettext("never heard from")
    local = desk.pack.local(line.heard_at)
    when = f"{day_text(local.date())}, {local:%H.%M}"
    silent, heard = gettext("silent since {when}"), gettext("last heard from {when}")
    if not is_unit(desk.pack, line.code):
        return (silent if line.is_silent else heard).format(when=when)
    told = [heard.format(when=when)]
    if line.is_silent:
        regions = ", ".join(map(desk.pack.place_name, line.silent))
        told.append(gettext("silent: {regions}").format(regions=regions))
    return " · ".join(told)


def _sub_districts(desk: Desk) -> list[Json]:
    """A point for each sub-district whose place is known, with its public figure."""
    return [
        {
            "type": "Feature", "id": one.code,
            "properties": {
                "kind": "sub_district", "code": one.code, "name": one.name, "region": one.region,
                "polling_stations": _stations(desk, one), "facts": _about(desk, one),
            },
            "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        }
        for one in desk.pack.sub_districts.values()
        if one.lat is not None and one.lon is not None
    ]  # fmt: skip


def _stations(desk: Desk, one: SubDistrict) -> int | None:
    """The published number of polling stations; a page of the past has no later figure."""
    later = desk.past is not None and one.known_at > desk.pack.local(desk.past).date()
    return None if later else one.polling_stations


def _about(desk: Desk, one: SubDistrict) -> list[str]:
    stations = _stations(desk, one)
    if stations is None:
        return [gettext("polling stations: unknown")]
    text = ngettext("{n} polling station", "{n} polling stations", stations).format(n=stations)
    known = [desk.pack.sources[ident].publisher for ident in one.source]
    return [text, gettext("Source: {source}, {day}").format(
        source=", ".join(known), day=day_text(one.known_at))]  # fmt: skip
