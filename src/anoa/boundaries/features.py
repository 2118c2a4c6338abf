"""Read the features of a GeoJSON file that somebody else made: degrees of WGS 84, or refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry import shape

from anoa.errors import DataError
from anoa.oplog import Json

LARGEST_FILE = 50_000_000  # bytes
MOST_FEATURES = 100_000
WGS_84 = ("4326", "CRS84", "OGC:CRS84", "WGS84", "WGS 84")
NOT_DEGREES = (
    "the coordinates are no degrees of longitude and latitude (found {x:g}, {y:g}); save the file "
    "as GeoJSON in WGS 84 (EPSG:4326) first, for example with QGIS or ogr2ogr -t_srs EPSG:4326"
)
SWAPPED = (
    "longitude and latitude are swapped in this file: its points begin with {x:g}, {y:g}; "
    "GeoJSON puts the longitude first. Use --swap-axes if the file is otherwise right"
)
Frame = tuple[float, float, float, float]  # west, south, east, north in degrees


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its place in the file (from 1), its properties, its geometry or None."""

    number: int
    properties: Mapping[str, Json]
    geometry: Any

    def text(self, field_name: str) -> str:
        """A property as text; empty when it is absent or no text or number.

        What a terminal would obey is shown as what it is, since questions are asked with it.
        """
        value = self.properties.get(field_name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        shown = (sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(value).strip())
        return "".join(shown)


@dataclass(frozen=True, slots=True)
class FeatureFile:
    """The features of a file, and what has to be told about reading it."""

    features: tuple[Feature, ...]
    notes: tuple[str, ...] = field(default=())


def read_features(text: str, frame: Frame, *, swap_axes: bool = False) -> FeatureFile:
    """The features of a GeoJSON text.

    ``frame`` is where the pack lies, with some margin: a file that lies there only after longitude
    and latitude change places is refused unless ``swap_axes``. Raises DataError for what is no
    FeatureCollection, another coordinate system, or no degrees.
    """
    tree = _parsed(text)
    _check_system(tree.get("crs"))
    notes: list[str] = []
    features = [_feature(n, one, notes) for n, one in enumerate(tree["features"], 1)]
    if swap_axes:
        features = [Feature(f.number, f.properties, _swapped(f.geometry)) for f in features]
    _check_place([f.geometry for f in features if f.geometry is not None], frame)
    return FeatureFile(tuple(features), tuple(notes))


def _parsed(text: str) -> dict[str, Json]:
    try:
        tree = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise DataError(
            "line {line}: this is not JSON ({why})", line=error.lineno, why=error.msg
        ) from error
    except (ValueError, RecursionError) as error:
        raise DataError("this is not JSON that can be read: {why}", why=str(error)[:80]) from error
    listed = tree.get("features") if isinstance(tree, dict) else None
    if not isinstance(listed, list) or not listed:
        raise DataError("this is no GeoJSON FeatureCollection with features")
    if len(listed) > MOST_FEATURES:
        raise DataError("the file has more than {most} features", most=MOST_FEATURES)
    return dict(tree)


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _check_system(crs: Json) -> None:
    """Old GeoJSON may name a coordinate system; only degrees of WGS 84 are understood."""
    if crs is None:
        return
    inner = crs.get("properties") if isinstance(crs, dict) else None
    name = str(inner.get("name", "")) if isinstance(inner, dict) else ""
    if not name.upper().endswith(WGS_84):
        raise DataError(
            "the file is in the coordinate system '{name}'; save it as GeoJSON in WGS 84 "
            "(EPSG:4326) first, for example with QGIS or ogr2ogr -t_srs EPSG:4326",
            name=name or crs,
        )


def _feature(number: int, one: Json, notes: list[str]) -> Feature:
    properties = one.get("properties") if isinstance(one, dict) else None
    known = properties if isinstance(properties, dict) else {}
    return Feature(number, known, _geometry(number, one, notes))


def _geometry(number: int, one: Json, notes: list[str]) -> Any:
    """The geometry in two dimensions; None with a note where there is none to be read."""
    raw = one.get("geometry") if isinstance(one, dict) else None
    if raw is None:
        notes.append(f"feature {number} has no geometry")
        return None
    try:
        found = shapely.force_2d(shape(raw))
    except Exception as error:  # shapely raises many kinds for what is nested wrongly
        notes.append(f"feature {number}: the geometry cannot be read ({type(error).__name__})")
        return None
    if found.is_empty or not all(map(math.isfinite, found.bounds)):
        notes.append(f"feature {number}: the geometry is empty or has no finite coordinates")
        return None
    return found


def _swapped(geometry: Any) -> Any:
    return shapely.transform(geometry, lambda xy: xy[:, ::-1]) if geometry is not None else None


def _check_place(geometries: list[Any], frame: Frame) -> None:
    """Refuse what is no degrees, and what lies at the pack only with its axes swapped."""
    if not geometries:
        return
    west, south, east, north = shapely.total_bounds(geometries)
    x, y = (float(n) for n in shapely.get_coordinates(geometries[0])[0])
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 180:
        raise DataError(NOT_DEGREES, x=x, y=y)
    there = shapely.box(*frame)
    if any(there.intersects(shapely.box(*one.bounds)) for one in geometries):
        return
    turned = (shapely.box(*_turned(one.bounds)) for one in geometries)
    if any(there.intersects(one) for one in turned):
        raise DataError(SWAPPED, x=x, y=y)
    if max(abs(south), abs(north)) > 90:
        raise DataError(NOT_DEGREES, x=x, y=y)


def _turned(bounds: Frame) -> Frame:
    west, south, east, north = bounds
    return south, west, north, east
