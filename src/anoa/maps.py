"""A map of the regions as SVG: shades, hatches and letters, legible in black-and-white print.

The shapes are the pack's: approximate, or with a source that the note has to name. Nothing is
loaded from outside: no tiles, no fonts, no style sheet (presentation
attributes only, which a strict content security policy allows).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from itertools import pairwise
from textwrap import wrap

from anoa.errors import DataError
from anoa.oplog import Json
from anoa.pack import Pack

WIDTH = 640.0
MARGIN = 12.0
LEGEND_LINE = 20.0
NOTE_LINE, NOTE_WIDTH = 14.0, 112  # height of a line; letters that fit into it
SHIFTS = (0.0, 6.0, -6.0, 12.0, -12.0, 18.0, -18.0, 24.0)  # where a name may stand instead
INK = "#1a1a1a"
FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"

Point = tuple[float, float]
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]  # outer ring first, then holes


class Shade(StrEnum):
    """How a region is filled, from least to most; each has its own hatch beside its colour."""

    UNKNOWN = "unknown"  # nothing is known: dotted
    BLANK = "blank"  # known, and nothing to show: white, never a colour of calm
    LIGHT = "light"
    MIDDLE = "middle"
    DARK = "dark"


_COLOURS: Mapping[Shade, tuple[str, str]] = {  # ground, hatch
    Shade.UNKNOWN: ("#ececec", "#777777"),
    Shade.BLANK: ("#ffffff", "#ffffff"),
    Shade.LIGHT: ("#fdf0b8", "#b08a00"),
    Shade.MIDDLE: ("#f4b266", "#8a4b00"),
    Shade.DARK: ("#a3242c", "#5e0d14"),
}
_HATCHES: Mapping[Shade, str] = {
    Shade.UNKNOWN: '<circle cx="4" cy="4" r="0.9" fill="{ink}"/>',
    Shade.LIGHT: '<path d="M0 8L8 0" stroke="{ink}" stroke-width="0.6"/>',
    Shade.MIDDLE: '<path d="M0 8L8 0M-2 2L2 -2M6 10L10 6" stroke="{ink}" stroke-width="1.4"/>',
    Shade.DARK: '<path d="M0 8L8 0M0 0L8 8" stroke="{ink}" stroke-width="1.2"/>',
}


@dataclass(frozen=True, slots=True)
class MapValue:
    """What the map shows of one region.

    ``mark`` is a word of a few letters written in the region, ``meaning`` the shade in the legend,
    ``words`` what a screen reader says of the region, ``href`` where a click leads.
    """

    shade: Shade
    mark: str = ""
    meaning: str = ""
    words: str = ""
    href: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shade", Shade(self.shade))
        if len(self.mark) > 16:
            raise DataError("the mark '{mark}' is too long for a map: 16 letters", mark=self.mark)


def region_map(
    pack: Pack,
    values: Mapping[str, MapValue],
    language: str,
    *,
    title: str = "",
    note: str = "",
    prefix: str = "map",
    font: str = FONT,
) -> str:
    """The pack's regions as one SVG element; the legend lists the meanings that the values use.

    Regions without a value are drawn as unknown. ``note`` stands under the legend, its lines each
    on their own (say there whether shapes are approximate and whose they are); ``prefix``
    begins all ids, one per map of a page.
    Raises DataError for a value of a region that has no shape.
    """
    if strange := sorted(set(values) - set(pack.shapes)):
        raise DataError("there is no shape of: {regions}", regions=", ".join(strange))
    places = {code: polygons_of(shape) for code, shape in sorted(pack.shapes.items())}
    frame = _Frame.around(point for shape in places.values() for ring in shape for point in ring[0])
    title = title or pack.text(pack.name, language)
    unknown = MapValue(Shade.UNKNOWN)
    shown = {code: values.get(code, unknown) for code in places}
    names = {code: pack.place_name(code) for code in places}
    parts = [_head(frame, shown, names, title, note, prefix, font), _patterns(prefix)]
    parts += [_region(places[c], shown[c], names[c], frame, prefix) for c in places]
    parts += _labels(places, shown, names, frame)
    parts += _legend(shown.values(), note, frame, prefix)
    return "\n".join([*parts, "</svg>"]) + "\n"


@dataclass(frozen=True, slots=True)
class _Frame:
    """A local equirectangular projection: degrees of longitude shrunk by the mid latitude."""

    west: float
    north: float
    shrink: float
    scale: float
    height: float

    @classmethod
    def around(cls, points: Iterable[Point]) -> _Frame:
        found = list(points)
        if not found:
            raise DataError("the pack has no shapes to draw")
        lons, lats = [x for x, _ in found], [y for _, y in found]
        shrink = max(math.cos(math.radians((min(lats) + max(lats)) / 2)), 0.01)
        span = max((max(lons) - min(lons)) * shrink, (max(lats) - min(lats)) / 2, 1e-6)
        scale = (WIDTH - 2 * MARGIN) / span
        height = (max(lats) - min(lats)) * scale + 2 * MARGIN
        return cls(min(lons), max(lats), shrink, scale, height)

    def place(self, point: Point) -> Point:
        lon, lat = point
        x = (lon - self.west) * self.shrink * self.scale + MARGIN
        return round(x, 1), round((self.north - lat) * self.scale + MARGIN, 1)


def polygons_of(geometry: Json) -> tuple[Polygon, ...]:
    """The polygons of a GeoJSON geometry; all in one turn of longitude, also across 180 degrees."""
    nested = geometry["coordinates"]
    several = nested if geometry["type"] == "MultiPolygon" else [nested]
    lons = [point[0] for polygon in several for ring in polygon for point in ring]
    turn = 360.0 if max(lons) - min(lons) > 180 else 0.0
    return tuple(
        tuple(tuple((x + turn * (x < 0), y) for x, y in ring) for ring in polygon)
        for polygon in several
    )


def _head(
    frame: _Frame,
    shown: Mapping[str, MapValue],
    names: Mapping[str, str],
    title: str,
    note: str,
    prefix: str,
    font: str,
) -> str:
    lines = len(_meanings(shown.values())) + len(_note_lines(note))
    height = frame.height + lines * LEGEND_LINE + MARGIN
    role = "group" if any(value.href for value in shown.values()) else "img"
    spoken = "; ".join(_spoken(names[code], value) for code, value in shown.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}" '
        f'width="{WIDTH:.0f}" height="{height:.0f}" role="{role}" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" font-family="{escape(font)}" '
        f'fill="{INK}">\n'
        f'<title id="{prefix}-title">{escape(title)}</title>\n'
        f'<desc id="{prefix}-desc">{escape(spoken)}</desc>'
    )


def _spoken(name: str, value: MapValue) -> str:
    said = value.words or " ".join(filter(None, [value.mark, value.meaning]))
    return f"{name}: {said}" if said else name


def _patterns(prefix: str) -> str:
    made = [
        f'<pattern id="{prefix}-{shade}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{_COLOURS[shade][0]}"/>'
        f"{hatch.format(ink=_COLOURS[shade][1])}</pattern>"
        for shade, hatch in _HATCHES.items()
    ]
    return "<defs>" + "".join(made) + "</defs>"


def shade_patterns(prefix: str) -> str:
    """The hatches of all shades as an SVG of no size, for shapes that others draw on the page.

    A shape is then filled by ``shade_fill(shade, prefix)``.
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="patterns" width="0" height="0" '
        f'aria-hidden="true">{_patterns(prefix)}</svg>'
    )


def shade_swatch(shade: Shade, prefix: str) -> str:
    """A small box of the shade for a legend outside the map."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="16" aria-hidden="true">'
        f'<rect x="1" y="1" width="26" height="14" stroke="{INK}" '
        f'fill="{shade_fill(shade, prefix)}"/></svg>'
    )


def label_point(geometry: Json) -> Point:
    """Where a name has most room in a GeoJSON polygon: longitude and latitude in degrees.

    >>> label_point({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]})
    (2.0, 2.0)
    """
    x, y = _inner_point(max((polygon[0] for polygon in polygons_of(geometry)), key=_area))
    return round(float(x), 4), round(float(y), 4)


def shade_fill(shade: Shade, prefix: str) -> str:
    """What fills a shape of that shade on a page that holds the patterns of ``prefix``."""
    return f"url(#{prefix}-{shade})" if shade in _HATCHES else _COLOURS[shade][0]


def _region(
    polygons: Sequence[Polygon], value: MapValue, name: str, frame: _Frame, prefix: str
) -> str:
    drawn = "".join(_path(ring, frame) for polygon in polygons for ring in polygon)
    shape = (
        f'<path d="{drawn}" fill="{shade_fill(value.shade, prefix)}" fill-rule="evenodd" '
        f'stroke="{INK}" stroke-width="0.8"><title>{escape(_spoken(name, value))}</title></path>'
    )
    return f'<a href="{escape(value.href)}">{shape}</a>' if value.href else shape


def _path(ring: Ring, frame: _Frame) -> str:
    placed = [frame.place(point) for point in ring]
    thinned = [placed[0], *(b for a, b in pairwise(placed) if a != b)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in thinned) + "Z"


def _labels(
    places: Mapping[str, tuple[Polygon, ...]],
    shown: Mapping[str, MapValue],
    names: Mapping[str, str],
    frame: _Frame,
) -> list[str]:
    """Names and marks with a white rim; each moves up or down a little where another stands."""
    taken: list[tuple[float, float, float, float]] = []
    said = []
    for code, polygons in places.items():
        name, mark = names[code], shown[code].mark
        x, y = frame.place(_inner_point(max((p[0] for p in polygons), key=_area)))
        half = 2.7 * max(len(name), len(mark))
        x = min(max(x, MARGIN + half), WIDTH - MARGIN - half)
        boxes = [_box(x, y + shift, half, mark) for shift in SHIFTS]
        free = (n for n, box in enumerate(boxes) if not any(_overlap(box, old) for old in taken))
        chosen = next(free, 0)
        taken.append(boxes[chosen])
        said.append(_label(name, mark, x, y + SHIFTS[chosen]))
    return said


def _box(x: float, y: float, half: float, mark: str) -> tuple[float, float, float, float]:
    return x - half, y - 9, x + half, y + (14 if mark else 3)


def _overlap(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def _label(name: str, mark: str, x: float, y: float) -> str:
    said = _rimmed(name, x, y, 'font-size="10"')
    if mark:
        said += _rimmed(mark, x, y + 12, 'font-size="12" font-weight="bold"')
    return said


def _rimmed(words: str, x: float, y: float, size: str) -> str:
    """Words drawn twice, the rim first: not every renderer knows paint-order."""
    place = f'x="{x:g}" y="{round(y, 1):g}" text-anchor="middle" {size}'
    rim = 'stroke="#ffffff" stroke-width="3" stroke-linejoin="round" aria-hidden="true"'
    return f"<text {place} {rim}>{escape(words)}</text><text {place}>{escape(words)}</text>"


def _area(ring: Ring) -> float:
    """The area of a ring in square degrees (shoelace formula)."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise((*ring, ring[0])))) / 2


def _inner_point(ring: Ring) -> Point:
    """The middle of the widest west-east stretch inside the ring: where a name has most room.

    >>> _inner_point(((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)))
    (2.0, 2.0)
    """
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    middle, best = (ring[0][0], (south + north) / 2), -1.0
    for step in (5, 4, 6, 3, 7, 2, 8):  # from the middle outwards; ties keep the middle
        lat = south + (north - south) * step / 10
        crossings = sorted(
            a[0] + (lat - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
            for a, b in pairwise((*ring, ring[0]))
            if (a[1] <= lat) != (b[1] <= lat)
        )
        for west, east in zip(crossings[::2], crossings[1::2], strict=False):
            if east - west > best * 1.05:
                middle, best = ((west + east) / 2, lat), east - west
    return middle


def _meanings(values: Iterable[MapValue]) -> list[tuple[Shade, str]]:
    """The legend: each meaning once, the strongest shade first."""
    found = {(value.shade, value.meaning) for value in values if value.meaning}
    order = list(Shade)
    return sorted(found, key=lambda pair: (-order.index(pair[0]), pair[1]))


def _legend(values: Iterable[MapValue], note: str, frame: _Frame, prefix: str) -> list[str]:
    lines, y = [], frame.height
    for shade, meaning in _meanings(values):
        lines.append(
            f'<rect x="{MARGIN:g}" y="{y:.1f}" width="26" height="14" stroke="{INK}" '
            f'stroke-width="0.8" fill="{shade_fill(shade, prefix)}"/>'
            f'<text x="{MARGIN + 34:g}" y="{y + 11:.1f}" font-size="12">{escape(meaning)}</text>'
        )
        y += LEGEND_LINE
    for number, words in enumerate(_note_lines(note)):
        lines.append(
            f'<text x="{MARGIN:g}" y="{y + 11 + number * NOTE_LINE:.1f}" font-size="11" '
            f'font-style="italic">{escape(words)}</text>'
        )
    return lines


def _note_lines(note: str) -> list[str]:
    return [line for part in note.splitlines() for line in wrap(part, NOTE_WIDTH)]


def shape_sources(pack: Pack) -> tuple[str, ...]:
    """Whose shapes the map draws, each source once; nothing of the approximate ones."""
    return tuple(
        dict.fromkeys(str(pack.shape_sources[code]) for code in sorted(pack.shape_sources))
    )
