"""The board, the page of a region, the calendar and the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from anoa.coordination.values import Assembly, Commitment
from anoa.ladder import Rung
from anoa.maps import MapValue, Shade, region_map, shape_sources
from anoa.pack import CIVIL, Pack
from anoa.room import charts, editions, places, queries
from anoa.room.views.desk import Desk, desk_page
from anoa.situation import Line, line_of, situation

SHADES: Mapping[Rung, Shade] = {
    Rung.ACTUAL: Shade.DARK, Rung.THRESHOLD: Shade.MIDDLE, Rung.POTENTIAL: Shade.LIGHT,
    Rung.CLOSED: Shade.BLANK,
}  # fmt: skip
Context = dict[str, Any]


@desk_page("board", "room/board.html")
def board(desk: Desk) -> Context:
    """What stands open by region, what waits, what changed."""
    found = situation(desk.picture, desk.pack, desk.at, desk.tree)
    civil = found if desk.tree == CIVIL else situation(desk.picture, desk.pack, desk.at)
    return {
        "lines": found.lines,
        "totals": found.total,
        "shared": found.shared,
        "report_states": queries.standing_counts(desk.picture),
        "shared_threats": sum(found.shared.on(rung) for rung in SHADES),
        "map": situation_map(desk, civil.lines),
        "lately": queries.lately(desk.log),
        "running": queries.stages_running(desk.pack, desk.pack.local(desk.at).date()),
        "advance": desk.offer("clock.advance") if desk.exercise else [],
    }


def situation_map(desk: Desk, lines: Sequence[Line]) -> SafeString:
    """The regions as SVG, shaded by the highest rung that stands open in each."""
    values = {line.code: map_value(desk, line) for line in lines if line.code in desk.pack.shapes}
    drawn = region_map(
        desk.pack, values, desk.language,
        title=gettext("Highest open rung by region"),
        note=map_note(desk.pack, provisional=any(line.provisional for line in lines)),
    )  # fmt: skip
    return mark_safe(drawn)  # noqa: S308 - our own SVG, escaped where it is drawn


def map_note(pack: Pack, *, provisional: bool = False) -> str:
    """What stands under a map: what white means, and whose the shapes are, if anybody's."""
    words = (
        gettext("Shapes are approximate. White: nothing open in the log, not proof of calm.")
        if pack.has_approximate_shapes
        else gettext("White: nothing open in the log, not proof of calm.")
    )
    words += " " + gettext("*: provisional.") if provisional else ""
    sources = "; ".join(shape_sources(pack))
    return (
        f"{words}\n" + gettext("Shapes: {sources}.").format(sources=sources) if sources else words
    )


def nothing_open(desk: Desk) -> str:
    """What white means: an outsider cannot know what the log holds beyond what is public."""
    return gettext("nothing open in the log") if desk.inside else gettext("nothing public is open")


def map_value(desk: Desk, line: Line) -> MapValue:
    """How a region is drawn: shade and mark of its highest rung, and its counts in words."""
    star = bool(line.provisional)
    marks = [
        f"{desk.pack.rungs[rung].short} {count}" + ("*" if rung is Rung.ACTUAL and star else "")
        for rung, count in ((Rung.ACTUAL, line.actual), (Rung.THRESHOLD, line.threshold),
                            (Rung.POTENTIAL, line.potential))
        if count
    ]  # fmt: skip
    nothing = nothing_open(desk)
    meaning = desk.rung_name(line.highest) if marks else nothing
    return MapValue(
        SHADES[line.highest], marks[0] if marks else "", meaning,
        ", ".join(marks) or nothing,
        reverse("region", args=[line.code]),
    )  # fmt: skip


@desk_page("board", "room/region.html")
def region(desk: Desk, code: str) -> Context:
    """All that the room knows of one region."""
    pack, picture = desk.pack, desk.picture
    if code not in pack.regions:
        raise Http404(gettext("There is no such region."))
    edition = queries.edition_in_use(picture, pack)
    row = queries.index_row(pack, edition, code)
    figures = [
        (f, (f.source,)) for f in pack.figures if f.region == code and f.known_at <= _today(desk)
    ]
    return {
        "region": pack.regions[code],
        "line": line_of(picture, pack, desk.at, code),
        "edition": pack.editions[edition],
        "row": row,
        "main": pack.indices[pack.main_index],
        "bars": _bars(pack, row),
        "sources": queries.sources_behind(pack, edition, code),
        **editions.of_region(pack, code, _today(desk)),
        "threats": queries.threats_in(picture, pack, code),
        "reports": queries.reports_in(picture, pack, code),
        "commitments": queries.commitments_in(picture, pack, code),
        "contests": [c for c in pack.contests.values() if c.region in (code, pack.root)],
        "sub_districts": [pack.sub_districts[c] for c in pack.children(code)
                          if c in pack.sub_districts],
        "units": [(unit, part) for unit in pack.units_of(code) for part in pack.parts_of(unit)
                  if part.region == code],
        "past": [(p, desk.text(pack.history_types[p.type].name)) for p in pack.history
                 if p.region == code and p.known_at <= _today(desk)],
        "figures": figures,
        "today": _today(desk),
        "answers": [a for a in pack.agencies.values() if code in a.regions],
        "acts": [
            *desk.offer("post.report", hidden={"region": code}),
            *desk.offer("threat.raise", hidden={"region": code}, needed=("threat_type",)),
            *desk.offer("signal.note", hidden={"region": code}),
        ],
    }  # fmt: skip


def _today(desk: Desk) -> Any:
    return desk.pack.local(desk.at).date()


def _bars(
    pack: Pack, row: queries.IndexRow | None
) -> list[tuple[queries.DimensionCell, SafeString]]:
    if row is None:
        return []
    cells = (row.total, *row.dimensions)
    return [(cell, charts.score_bar(cell.score, pack.indices[cell.index].scale)) for cell in cells]


@desk_page("index", "room/index.html")
def index(desk: Desk) -> Context:
    """The table of an edition: total and dimensions side by side."""
    pack = desk.pack
    known = [e.id for e in pack.editions.values() if e.as_of <= _today(desk)]
    in_use = queries.edition_in_use(desk.picture, pack)
    edition = desk.request.GET.get("edition", in_use)
    if edition not in pack.editions or (edition not in known and edition != in_use):
        edition = in_use
    main = pack.indices[pack.main_index]
    every = queries.index_table(pack, edition)
    rows, place = places.filtered(desk, every, lambda row: places.Place(row.code))
    coverage = queries.mean_coverage(pack, main.id, edition)
    return {
        "main": main,
        "parts": [pack.indices[part] for part, _weight in main.parts],
        "rows": rows,
        "place": place,
        "edition": pack.editions[edition],
        "editions": known,
        "coverage": round(coverage * 100),
        "is_thin": coverage < main.category_coverage,
        "unknown": sum(row.total.score is None for row in every),
        "registry": editions.registry(pack, desk.picture, _today(desk)),
        "acts": desk.offer("edition.adopt", only={"edition": set(pack.editions)}),
        "published_acts": _published_acts(desk),
    }


def _published_acts(desk: Desk) -> list[Any]:
    """The form that adopts a published edition, while there is one that was not adopted."""
    free = editions.free_to_adopt(desk.pack, desk.picture, _today(desk))
    if not free:
        return []
    return desk.offer(
        "edition.adopt", editions.PUBLISHED, hidden={"index": editions.PUBLISHED},
        only={"edition": free}, label=gettext("Adopt a published edition"),
    )  # fmt: skip


@desk_page("calendar", "room/calendar.html")
def calendar(desk: Desk) -> Context:
    """Stages of the whole operation; planned assemblies and what falls due, by place too."""
    dated = [*desk.picture.assemblies.values(),
             *(one for one in desk.picture.commitments.values() if one.is_open)]  # fmt: skip
    shown, place = places.filtered(desk, dated)
    due = [one for one in shown if isinstance(one, Commitment)]
    meets = [one for one in shown if isinstance(one, Assembly)]
    heads: dict[str, list[Any]] = {
        gettext("Planned assemblies"): list(meets), gettext("Falls due"): list(due)
    }  # fmt: skip
    return {
        "place": place,
        "by_line": places.by_line(desk, {name: places.counted(some)
                                         for name, some in heads.items()}),
        "days": queries.calendar(desk.pack, _today(desk), meets, due),
        "today": _today(desk),
        "running": queries.stages_running(desk.pack, _today(desk)),
        "unpublished": [s for s in queries.known_stages(desk.pack, _today(desk)) if s.ends is None],
        "acts": desk.offer("assembly.note"),
    }  # fmt: skip
