"""The shapes of the regions: plain GeoJSON polygons, approximate or with their source."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from anoa.oplog import Json
from anoa.pack.collecting import Findings, listed
from anoa.pack.schema import Draft
from anoa.pack.values import ShapeSource

SHAPES = "shapes.geojson"
MOST_POINTS = 200_000
LONGEST_SOURCE = 200  # characters of a source or a licence
POLYGONS = {"Polygon": 2, "MultiPolygon": 3}  # how deep the rings lie
TOP_KEYS = {"type", "features"}
PROPERTIES = {"code", "approximate", "source", "licence"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """GeoJSON geometries by code of region; ``sources`` of those that are not approximate."""

    geometry: Mapping[str, Json] = field(default_factory=dict)
    sources: Mapping[str, ShapeSource] = field(default_factory=dict)


def shapes_text(shapes: Shapes) -> str:
    """The file ``shapes.geojson`` of these shapes, one feature a line in order of code."""
    lines = []
    for code in sorted(shapes.geometry):
        properties: dict[str, Json] = {"code": code, "approximate": code not in shapes.sources}
        if known := shapes.sources.get(code):
            properties["source"] = known.name
            properties |= {"licence": known.licence} if known.licence else {}
        feature = {"type": "Feature", "properties": properties, "geometry": shapes.geometry[code]}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"


def read_shapes(text: str | None, draft: Draft, findings: Findings) -> Shapes:
    """The geometry of each region by code; what is wrong goes to ``findings``."""
    file = SHAPES
    if text is None:
        return Shapes()
    tree = _parsed(file, text, findings)
    if not isinstance(tree, dict) or not isinstance(tree.get("features"), list):
        if tree is not None:
            findings.add(file, 1, "this is not a FeatureCollection", "GeoJSON with features")
        return Shapes()
    for key in sorted(set(tree) - TOP_KEYS):
        findings.add(file, 1, f"there is no key '{key}' in a FeatureCollection")
    lines = _Lines(text)
    shapes: dict[str, Json] = {}
    sources: dict[str, ShapeSource] = {}
    for number, feature in enumerate(tree["features"], 1):
        _read_feature(file, number, feature, lines, shapes, findings)
        _read_source(file, feature, lines, sources, findings)
    _check_codes(file, shapes, lines, draft, findings)
    return Shapes(shapes, sources)


class _Lines:
    """Finds the line of a region's code; JSON keeps no lines of its own."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, code: object) -> int:
        """The line where the code stands first; 1 when it is not found."""
        place = self._text.find(f'"{code}"') if isinstance(code, str) else -1
        return self._text.count("\n", 0, place) + 1 if place >= 0 else 1


def _parsed(file: str, text: str, findings: Findings) -> Json:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        findings.add(file, error.lineno, f"this is not JSON: {error.msg}")
    except (ValueError, RecursionError) as error:
        findings.add(file, 0, f"this is not JSON that a pack may hold: {type(error).__name__}")
    return None


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _read_feature(
    file: str,
    number: int,
    feature: Json,
    lines: _Lines,
    shapes: dict[str, Json],
    findings: Findings,
) -> None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(code, str) or not isinstance(properties, dict):
        findings.add(file, 1, f"feature {number} has no properties.code")
        return
    line = lines.of(code)
    for key in sorted(set(properties) - PROPERTIES):
        findings.add(file, line, f"feature {code} has a property '{key}'", listed(PROPERTIES))
    for key in sorted(set(feature) - {"type", "properties", "geometry"}):
        findings.add(file, line, f"feature {code} has a key '{key}'")
    if code in shapes:
        findings.add(file, line, f"code '{code}' stands twice")
    if (wrong := _wrong_geometry(feature.get("geometry"))) is not None:
        findings.add(file, line, f"feature {code}: {wrong}", "a Polygon or MultiPolygon")
        return
    shapes[code] = feature["geometry"]


def _read_source(
    file: str, feature: Json, lines: _Lines, sources: dict[str, ShapeSource], findings: Findings
) -> None:
    """A shape is marked approximate, or says whose it is; nothing else is a shape of a pack."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(code, str):
        return  # told where the feature is read
    source, licence = properties.get("source"), properties.get("licence", "")
    approximate = properties.get("approximate")
    if approximate is True and source is None and not licence:
        return
    line, texts = lines.of(code), [one for one in (source, licence) if isinstance(one, str)]
    if approximate is True:
        findings.add(file, line, f"feature {code} is approximate and yet names a source or licence")
    elif approximate is not False or not source or len(texts) < 2:
        findings.add(
            file, line, f"feature {code} is neither marked approximate: true nor does it name its "
            "source", "approximate: false needs a source",
        )  # fmt: skip
    elif any(len(one) > LONGEST_SOURCE or not one.isprintable() for one in texts):
        findings.add(
            file, line, f"feature {code}: its source is no short line of text",
            f"at most {LONGEST_SOURCE} characters",
        )  # fmt: skip
    else:
        sources[code] = ShapeSource(*texts)


def _wrong_geometry(geometry: Json) -> str | None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(kind, str) or kind not in POLYGONS:
        return "the geometry is no polygon"
    if set(geometry) != {"type", "coordinates"}:
        return "the geometry has other keys than type and coordinates"
    rings: list[Json] = [geometry["coordinates"]]
    for _ in range(POLYGONS[kind]):
        if not all(isinstance(one, list) and one for one in rings):
            return "the coordinates are not nested as they should be"
        rings = [inner for one in rings for inner in one]
    if not all(isinstance(point, list) for point in rings):
        return "the coordinates are not nested as they should be"
    if len(rings) > MOST_POINTS:
        return f"the shape has more than {MOST_POINTS} points"
    return None if all(map(_is_point, rings)) else "a point is not [longitude, latitude]"


def _is_point(point: Json) -> bool:
    return (
        len(point) == 2
        and all(isinstance(n, int | float) and not isinstance(n, bool) for n in point)
        and all(math.isfinite(n) for n in point)
        and abs(point[0]) <= 180
        and abs(point[1]) <= 90
    )


def _check_codes(
    file: str, shapes: Mapping[str, Json], lines: _Lines, draft: Draft, findings: Findings
) -> None:
    if "region" in draft.broken:
        return
    rows = draft.rows("regions.csv")
    parents = {row.text("parent") for row in rows}
    leaves = {row.text("code") for row in rows if row.text("code") not in parents}
    for code in sorted(set(shapes) - set(draft.ids("region"))):
        findings.add(file, lines.of(code), f"code '{code}' is not a known region")
    if missing := leaves - set(shapes):
        findings.add(file, 0, f"regions without a shape: {listed(missing)}")
