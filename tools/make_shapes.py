"""Compute approximate region shapes for a pack from the points of its sub-districts.

    npm pack world-atlas && tar xzf world-atlas-*.tgz      # in a temporary folder
    python tools/make_shapes.py package/land-10m.json [PACK] [--compare FILE] [--picture FILE]

Natural Earth's 1:10m land (public domain, through the npm package world-atlas) is cut to what lies
within REACH_DEG of a point, less a rim of TRIM_DEG, so that land of other provinces stays out;
every place of it goes to the nearest point of the same island (Voronoi cells), and the cells of a
region are joined. Where the coast lacks an islet, the point gets a small disc. The result says
"approximate" on every feature: it shows where a region lies and decides nothing about a border.
``--compare`` prints the overlap with official shapes (never kept here; 0.90 for the province, 0.56
to 0.87 by region), ``--picture`` draws the result as SVG.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPoint, Point, Polygon, box, mapping, shape
from shapely.geometry.base import BaseGeometry

REACH_DEG = 0.35
TRIM_DEG = 0.15
DISC_DEG = 0.03
TOLERANCE_DEG = 0.001
DECIMALS = 4
LARGEST_BYTES = 300_000
MARGIN_DEG = 1.0

Shapes = dict[str, BaseGeometry]


def main() -> int:
    """Write shapes.geojson of the pack and print what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("land", type=Path, help="land-10m.json of the npm package world-atlas")
    parser.add_argument("pack", type=Path, nargs="?", default=Path("packs/sultra-2024"))
    parser.add_argument("--compare", type=Path, help="GeoJSON of official shapes with codes")
    parser.add_argument("--picture", type=Path, help="SVG file to draw")
    arguments = parser.parse_args()
    if not arguments.land.is_file():
        print(f"make_shapes: {arguments.land} is not there: run npm pack world-atlas first")
        return 2
    points = read_points(arguments.pack / "sub_districts.csv")
    shapes = region_shapes(points, read_land(arguments.land, frame(points)))
    size = write_shapes(shapes, arguments.pack / "shapes.geojson")
    print(f"{len(shapes)} shapes, {size} bytes")
    if arguments.compare:
        print_overlap(shapes, arguments.compare)
    if arguments.picture:
        arguments.picture.write_text(picture(shapes, points), encoding="utf-8")
    return 0 if size < LARGEST_BYTES else 1


def read_points(path: Path) -> dict[str, list[Point]]:
    """The points of the sub-districts by region."""
    points: dict[str, list[Point]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            points[row["region"]].append(Point(float(row["lon"]), float(row["lat"])))
    return dict(points)


def frame(points: dict[str, list[Point]]) -> Polygon:
    """A box around all points."""
    west, south, east, north = MultiPoint([p for some in points.values() for p in some]).bounds
    return box(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)


def read_land(path: Path, around: Polygon) -> BaseGeometry:
    """The land of a TopoJSON file inside a box."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    arcs = [decoded_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    pieces = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for rings in geometry["arcs"]:
            outer, *holes = (ring_of(ring, arcs) for ring in rings)
            polygon = shapely.make_valid(Polygon(outer, holes))
            if polygon.intersects(around):
                pieces.append(polygon.intersection(around))
    return shapely.union_all(pieces)


def decoded_arc(arc: list[list[int]], transform: dict[str, list[float]]) -> list[list[float]]:
    """An arc in degrees: TopoJSON keeps whole-number steps from point to point."""
    (scale_x, scale_y), (shift_x, shift_y) = transform["scale"], transform["translate"]
    x = y = 0
    places = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        places.append([x * scale_x + shift_x, y * scale_y + shift_y])
    return places


def ring_of(indexes: list[int], arcs: list[list[list[float]]]) -> list[list[float]]:
    """A ring joined from arcs; a negative index (its complement) runs an arc backwards."""
    ring: list[list[float]] = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring.extend(arc[1:] if ring else arc)
    return ring


def region_shapes(points: dict[str, list[Point]], land: BaseGeometry) -> Shapes:
    """The shapes by region code, sharing their borders, simplified and rounded."""
    codes = [code for code, some in points.items() for _ in some]
    places = [place for some in points.values() for place in some]
    parts: dict[str, list[BaseGeometry]] = defaultdict(list)
    for index, area in divided(places, land, frame(points)):
        parts[codes[index]].append(area)
    joined = [polygons_of(shapely.union_all(parts[code])) for code in sorted(parts)]
    simpler = shapely.coverage_simplify(joined, TOLERANCE_DEG)
    return {
        code: polygons_of(shapely.make_valid(shapely.set_precision(one, 10**-DECIMALS)))
        for code, one in zip(sorted(parts), simpler, strict=True)
    }


def divided(
    places: list[Point], land: BaseGeometry, around: Polygon
) -> Iterator[tuple[int, BaseGeometry]]:
    """Pieces of land, each with the number of the point it goes to.

    An island with points of its own is divided among these only: a strait is a border, even where
    the nearest point lies across the water.
    """
    around_points = shapely.union_all([place.buffer(REACH_DEG) for place in places])
    near = land.intersection(around_points.buffer(-TRIM_DEG))
    dry: set[int] = set()
    for island in shapely.get_parts(near):
        own = [n for n, place in enumerate(places) if island.contains(place)]
        dry.update(own)
        yield from cut(island, own or list(range(len(places))), places, around)
    wet = [n for n in range(len(places)) if n not in dry]
    discs = [places[n].buffer(DISC_DEG, quad_segs=4) for n in wet]
    free = shapely.union_all(discs).difference(near)
    yield from cut(free, wet, places, around)


def cut(
    area: BaseGeometry, numbers: list[int], places: list[Point], around: Polygon
) -> Iterator[tuple[int, BaseGeometry]]:
    """The area divided among the points of these numbers, each place to the nearest point."""
    if len(numbers) < 2:
        yield from ((number, area) for number in numbers)
        return
    chosen = MultiPoint([places[n] for n in numbers])
    cells = shapely.voronoi_polygons(chosen, extend_to=around, ordered=True).geoms
    for number, cell in zip(numbers, cells, strict=True):
        yield number, cell.intersection(area)


def polygons_of(geometry: BaseGeometry) -> BaseGeometry:
    """The areas of a geometry, without the lines and points that cutting may leave."""
    pieces = [piece for piece in shapely.get_parts(geometry) if piece.geom_type == "Polygon"]
    return shapely.union_all(pieces)


def write_shapes(shapes: Shapes, path: Path) -> int:
    """Write the shapes as GeoJSON; returns the number of bytes."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "approximate": True},
            "geometry": rounded(mapping(geometry)),
        }
        for code, geometry in shapes.items()
    ]
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    return path.write_bytes(text.encode())


def rounded(value: Any) -> Any:
    """The same nested value with every number cut to DECIMALS places."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return round(value, DECIMALS) if isinstance(value, float) else value


def print_overlap(shapes: Shapes, path: Path) -> None:
    """Print intersection over union with official shapes, by region and together."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    official = {f["properties"]["code"]: shape(f["geometry"]) for f in features}
    for code, ours in shapes.items():
        print(code, f"{overlap(ours, official[code]):.3f}")
    together = [shapely.union_all(list(some.values())) for some in (shapes, official)]
    print("all", f"{overlap(*together):.3f}")


def overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    """Intersection over union of two areas."""
    return float(one.intersection(other).area / one.union(other).area)


def picture(shapes: Shapes, points: dict[str, list[Point]]) -> str:
    """An SVG of the shapes, with the points and codes."""
    west, south, east, north = shapely.total_bounds(list(shapes.values()))
    scale = 900 / (east - west)
    parts = []
    for index, (code, geometry) in enumerate(shapes.items()):
        paths = "".join(
            "M" + "L".join(f"{(x - west) * scale:.1f},{(north - y) * scale:.1f}"
                           for x, y in ring.coords) + "Z"
            for piece in shapely.get_parts(geometry)
            for ring in (piece.exterior, *piece.interiors)
        )  # fmt: skip
        colour = f"hsl({index * 137 % 360},55%,75%)"
        parts.append(f'<path d="{paths}" fill="{colour}" stroke="#333" fill-rule="evenodd"/>')
        middle = geometry.representative_point()
        parts.append(f'<text x="{(middle.x - west) * scale:.0f}" '
                     f'y="{(north - middle.y) * scale:.0f}">{code}</text>')  # fmt: skip
    for place in (place for some in points.values() for place in some):
        parts.append(f'<circle cx="{(place.x - west) * scale:.1f}" '
                     f'cy="{(north - place.y) * scale:.1f}" r="1.5"/>')  # fmt: skip
    height = (north - south) * scale
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{height:.0f}">'
            f"{''.join(parts)}</svg>")  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
