"""The situation line of each region or unit, and the map of the regions.

A line counts what is open and says since when a region is silent. It never sums up: whether a
region is orderly is for people to say, and silence is shown as silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anoa.ladder import Rung
from anoa.maps import MapValue, Shade, region_map, shape_sources
from anoa.pack import CIVIL, Pack
from anoa.picture import Picture
from anoa.sitrep.document import Block, Drawing, Paragraph, Section, Table
from anoa.sitrep.telling import OPEN_RUNGS, View
from anoa.situation import NOTHING, Counts, lines_of, situation

_SHADES: Mapping[Rung, Shade] = {
    Rung.ACTUAL: Shade.DARK, Rung.THRESHOLD: Shade.MIDDLE, Rung.POTENTIAL: Shade.LIGHT,
}  # fmt: skip
MAP_FONT = "Libertinus Serif, serif"  # the face that typst carries; a browser takes its own serif


@dataclass(frozen=True, slots=True)
class Situation:
    """What is open in one region or unit at a moment; ``provisional`` counts among the actual ones.

    ``shared`` are those of its things whose place does not tell which of several units it is;
    ``silent_in`` are its silent regions.
    """

    region: str
    threats: Mapping[Rung, int]
    provisional: int
    unanswered: int
    heard_at: datetime | None
    silent: bool
    shared: Counts = NOTHING
    silent_in: tuple[str, ...] = ()

    @property
    def highest(self) -> Rung:
        """The highest rung on which a threat stands; closed when none is open."""
        return next((rung for rung in OPEN_RUNGS if self.threats.get(rung)), Rung.CLOSED)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is recorded as open here; says nothing of what was not reported."""
        return self.highest is Rung.CLOSED and not self.unanswered


def situations(
    picture: Picture, pack: Pack, at: datetime, tree: str = CIVIL
) -> tuple[Situation, ...]:
    """The situation of every region or unit, and after them of wider ones where a thing is open.

    Things of a sub-district count in its region or unit; ``shared`` counts those whose place does
    not tell which unit. A region is silent when no institution was heard from it within the
    pack's ``silent_after``, or never; a unit when one of its regions is.
    """
    always = set(lines_of(pack, tree))
    lines = [
        one for one in situation(picture, pack, at, tree).lines if one.all or one.code in always
    ]
    return tuple(
        Situation(
            one.code, {rung: one.all.on(rung) for rung in OPEN_RUNGS}, one.provisional,
            one.unanswered, one.heard_at, one.is_silent and one.code in always,
            one.shared, one.silent,
        )
        for one in sorted(lines, key=lambda one: one.code not in always)
    )  # fmt: skip


def situation_section(view: View) -> Section:
    """A table of all regions or units of equal rank, with what readers must know to read it."""
    found = situations(view.picture, view.pack, view.at, view.tree)
    words, shorts = view.words, [view.rung(rung) for rung in OPEN_RUNGS]
    head = (view.tree_name, *shorts, words("unanswered"), words("last_heard"))
    rows = tuple(
        (
            view.line(one.region),
            *(_counted(view, one, rung) for rung in OPEN_RUNGS),
            _with_shared(view, view.count(one.unanswered), one.shared.unanswered),
            heard(view, one),
        )
        for one in found
    )
    legend = "; ".join(f"{view.rung(rung)}: {view.rung_name(rung)}" for rung in OPEN_RUNGS)
    hours = words.count(view.pack.clocks.silent_after.total_seconds() / 3600)
    caption = words(view.by_tree("situation_caption"), unit=view.tree_name)
    blocks: list[Block] = [
        Table(caption, head, (*rows, _total(view)), (1, 2, 3, 4), summed=True),
        Paragraph(words("situation_note", legend=legend, hours=hours), quiet=True),
    ]
    if view.tree != CIVIL:
        blocks.append(Paragraph(words("shared_note"), quiet=True))
    return Section("situation", words(view.by_tree("title_situation")), tuple(blocks))


def _total(view: View) -> tuple[str, ...]:
    """The last row: every thing once, and how many of them are shared between units."""
    whole = situation(view.picture, view.pack, view.at, view.tree)
    counts = [(whole.total.on(rung), whole.shared.on(rung)) for rung in OPEN_RUNGS]
    counts.append((whole.total.unanswered, whole.shared.unanswered))
    return (
        view.words("total"),
        *(_with_shared(view, view.count(count), shared) for count, shared in counts),
        silent_words(view),
    )


def silent_words(view: View) -> str:
    """How many regions are silent, whatever the tree; outsiders see a dash."""
    silent = sum(one.silent for one in situations(view.picture, view.pack, view.at))
    return "–" if view.public else view.words("silent_count", count=silent)


def _with_shared(view: View, text: str, shared: int) -> str:
    return view.words("of_which_shared", count=text, shared=shared) if shared else text


def _counted(view: View, one: Situation, rung: Rung) -> str:
    text = _with_shared(view, view.count(one.threats[rung]), one.shared.on(rung))
    if rung is Rung.ACTUAL and one.provisional:
        return view.words("of_which_provisional", count=text, provisional=one.provisional)
    return text


def heard(view: View, one: Situation) -> str:
    """When a region was last heard from; outsiders do not see it, and a dash says so."""
    if view.public or one.region not in lines_of(view.pack, view.tree):
        return "–"
    if one.heard_at is None:
        return view.words("never_heard")
    if one.silent and len(one.silent_in) < len(_regions(view, one)):
        names = ", ".join(map(view.place, one.silent_in))
        return view.words("heard_but", time=view.moment(one.heard_at), places=names)
    key = "silent_since" if one.silent else "heard"
    return view.words(key, time=view.moment(one.heard_at))


def _regions(view: View, one: Situation) -> tuple[str, ...]:
    unit = view.pack.units.get(one.region)
    return unit.regions if unit and view.tree != CIVIL else (one.region,)


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
