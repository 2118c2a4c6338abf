"""The situation line of each region, and the map of it.

A line counts what is open and says since when a region is silent. It never sums up: whether a
region is orderly is for people to say, and silence is shown as silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anoa.ladder import Rung
from anoa.maps import MapValue, Shade, region_map, shape_sources
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.sitrep.document import Block, Drawing, Paragraph, Section, Table
from anoa.sitrep.telling import OPEN_RUNGS, View

_SHADES: Mapping[Rung, Shade] = {
    Rung.ACTUAL: Shade.DARK, Rung.THRESHOLD: Shade.MIDDLE, Rung.POTENTIAL: Shade.LIGHT,
}  # fmt: skip
MAP_FONT = "Libertinus Serif, serif"  # the face that typst carries; a browser takes its own serif


@dataclass(frozen=True, slots=True)
class Situation:
    """What is open in one region at a moment; ``provisional`` counts among the actual ones."""

    region: str
    threats: Mapping[Rung, int]
    provisional: int
    unanswered: int
    heard_at: datetime | None
    silent: bool

    @property
    def highest(self) -> Rung:
        """The highest rung on which a threat stands; closed when none is open."""
        return next((rung for rung in OPEN_RUNGS if self.threats.get(rung)), Rung.CLOSED)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is recorded as open here; says nothing of what was not reported."""
        return self.highest is Rung.CLOSED and not self.unanswered


def situations(picture: Picture, pack: Pack, at: datetime) -> tuple[Situation, ...]:
    """The situation of every leaf region in order of code, and of wider ones where a thing is open.

    Things of a sub-district count in its region. A region is silent when no institution was heard
    from it within the pack's ``silent_after``, or never.
    """
    threats, provisional, unanswered = Counter[tuple[str, Rung]](), Counter[str](), Counter[str]()
    for threat in picture.threats.values():
        code = pack.region_of(threat.region) or threat.region
        threats[code, threat.rung] += threat.rung is not Rung.CLOSED
        provisional[code] += threat.is_provisional
    for report in picture.reports.values():
        unanswered[pack.region_of(report.region) or report.region] += report.is_unanswered(at)
    open_in = {code for (code, _), count in threats.items() if count}
    open_in |= {code for code, count in unanswered.items() if count}
    posts = picture.posts
    made = []
    for code in (*pack.leaf_regions, *sorted(open_in - set(pack.leaf_regions))):
        post = posts.get(code)
        silent = post is None or at - post.heard_at > pack.clocks.silent_after
        counts: dict[Rung, int] = {rung: threats[code, rung] for rung in OPEN_RUNGS}
        made.append(
            Situation(
                code, counts, provisional[code], unanswered[code],
                post.heard_at if post else None, silent and code in pack.leaf_regions,
            )
        )  # fmt: skip
    return tuple(made)


def situation_section(view: View) -> Section:
    """A table of all regions of equal rank, with what readers must know to read it."""
    found = situations(view.picture, view.pack, view.at)
    words, shorts = view.words, [view.rung(rung) for rung in OPEN_RUNGS]
    head = (words("region"), *shorts, words("unanswered"), words("last_heard"))
    rows = tuple(
        (
            view.place(one.region),
            *(_counted(view, one, rung) for rung in OPEN_RUNGS),
            view.count(one.unanswered),
            heard(view, one),
        )
        for one in found
    )
    totals = tuple(
        view.count(sum(one.threats[rung] for one in found)) for rung in OPEN_RUNGS
    )  # fmt: skip
    silent = sum(one.silent for one in found)
    last = "–" if view.public else words("silent_count", count=silent)
    total = (
        words("total"), *totals, view.count(sum(one.unanswered for one in found)), last
    )  # fmt: skip
    legend = "; ".join(f"{view.rung(rung)}: {view.rung_name(rung)}" for rung in OPEN_RUNGS)
    hours = words.count(view.pack.clocks.silent_after.total_seconds() / 3600)
    blocks: list[Block] = [
        Table(words("situation_caption"), head, (*rows, total), (1, 2, 3, 4), summed=True),
        Paragraph(words("situation_note", legend=legend, hours=hours), quiet=True),
    ]
    return Section("situation", words("title_situation"), tuple(blocks))


def _counted(view: View, one: Situation, rung: Rung) -> str:
    text = view.count(one.threats[rung])
    if rung is Rung.ACTUAL and one.provisional:
        return view.words("of_which_provisional", count=text, provisional=one.provisional)
    return text


def heard(view: View, one: Situation) -> str:
    """When a region was last heard from; outsiders do not see it, and a dash says so."""
    if view.public or one.region not in view.pack.leaf_regions:
        return "–"
    if one.heard_at is None:
        return view.words("never_heard")
    key = "silent_since" if one.silent else "heard"
    return view.words(key, time=view.moment(one.heard_at))


def map_section(view: View, notice: str) -> Section:
    """The map of the situation: the highest open rung of each region, and who is silent."""
    found = situations(view.picture, view.pack, view.at)
    values = {one.region: _map_value(view, one) for one in found if one.region in view.pack.shapes}
    title = view.words("map_title", time=view.zoned(view.at))
    note = " · ".join(filter(None, [notice, _map_note(view)]))
    svg = region_map(
        view.pack, values, view.words.language, title=title, note=note, prefix="sitrep-map",
        font=MAP_FONT,
    )  # fmt: skip
    spoken = "; ".join(f"{view.place(code)}: {value.words}" for code, value in values.items())
    return Section("map", view.words("title_map"), (Drawing(svg, f"{title}. {spoken}"),))


def _map_note(view: View) -> str:
    """The marks of the map, and whose its shapes are: approximate ones are called so."""
    approximate = view.words("map_approximate") + " " if view.pack.has_approximate_shapes else ""
    sources = "; ".join(shape_sources(view.pack))
    whose = "\n" + view.words("map_sources", sources=sources) if sources else ""
    return approximate + view.words("map_note") + whose


def _map_value(view: View, one: Situation) -> MapValue:
    rung, silent = one.highest, one.silent and not view.public
    mark = f"{view.rung(rung)} {one.threats[rung]}" if rung is not Rung.CLOSED else ""
    if one.unanswered:
        mark = f"{mark} !".strip()
    if silent:
        mark = f"{mark} ?".strip()
    if rung is not Rung.CLOSED:
        meaning, shade = f"{view.rung(rung)}: {view.rung_name(rung)}", _SHADES[rung]
    elif silent:
        meaning, shade = view.words("map_silent"), Shade.UNKNOWN
    else:
        key = "map_blank_public" if view.public else "map_blank"
        meaning, shade = view.words(key), Shade.BLANK
    return MapValue(shade, mark[:16], meaning, line(view, one))


def line(view: View, one: Situation) -> str:
    """The situation of a region in one line: what is open, unanswered, silent with the time."""
    parts = [
        f"{view.rung(rung)} {_counted(view, one, rung)}"
        for rung in OPEN_RUNGS
        if one.threats[rung]
    ]  # fmt: skip
    if one.unanswered:
        parts.append(f"{view.words('unanswered')} {one.unanswered}")
    if one.silent and not view.public:
        parts.append(heard(view, one))
    return ", ".join(parts) or view.words("nothing_open")
