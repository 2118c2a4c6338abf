"""Read the shapes of the regions: plain GeoJSON polygons, approximate and labelled so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from anoa.oplog import Json
from anoa.pack.collecting import Findings, listed
from anoa.pack.schema import Draft

MOST_POINTS = 200_000
POLYGONS = {"Polygon": 2, "MultiPolygon": 3}  # how deep the rings lie
TOP_KEYS = {"type", "features"}
PROPERTIES = {"code", "approximate"}


def read_shapes(
    file: str, text: str | None, draft: Draft, findings: Findings
) -> Mapping[str, Json]:
    """The geometry of each region by code; what is wrong goes to ``findings``."""
    if text is None:
        return {}
    tree = _parsed(file, text, findings)
    if not isinstance(tree, dict) or not isinstance(tree.get("features"), list):
        if tree is not None:
            findings.add(file, 1, "this is not a FeatureCollection", "GeoJSON with features")
        return {}
    for key in sorted(set(tree) - TOP_KEYS):
        findings.add(file, 1, f"there is no key '{key}' in a FeatureCollection")
    lines = _Lines(text)
    shapes: dict[str, Json] = {}
    for number, feature in enumerate(tree["features"], 1):
        _read_feature(file, number, feature, lines, shapes, findings)
    _check_codes(file, shapes, lines, draft, findings)
    return shapes


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
        findings.add(file, line, f"feature {code} has a property '{key}'", "code, approximate")
    if properties.get("approximate") is not True:
        findings.add(file, line, f"feature {code} is not marked approximate: true")
    for key in sorted(set(feature) - {"type", "properties", "geometry"}):
        findings.add(file, line, f"feature {code} has a key '{key}'")
    if code in shapes:
        findings.add(file, line, f"code '{code}' stands twice")
    if (wrong := _wrong_geometry(feature.get("geometry"))) is not None:
        findings.add(file, line, f"feature {code}: {wrong}", "a Polygon or MultiPolygon")
        return
    shapes[code] = feature["geometry"]


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
