"""Mend polygons: make them valid, join parts, simplify, and measure on a plane in kilometres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from anoa.oplog import Json

KM_PER_DEGREE = 111.195  # of latitude, on a sphere of 6,371 km
DECIMALS = 5  # of a degree: about 1 m; with four the smallest islets of a file would be lost


@dataclass(frozen=True, slots=True)
class Mended:
    """A valid polygon or multipolygon; ``wrong`` says what was mended, ``change`` by how much.

    ``change`` is a share of the area before (0.01 is one per cent), None where that was nothing.
    """

    geometry: Any
    wrong: str = ""
    change: float | None = None


def mended(geometry: Any) -> Mended | None:
    """The polygons of a geometry, valid; None when it holds no polygon.

    >>> bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> mended(bow).wrong
    'Self-intersection[1 1]'
    >>> mended(shapely.Point(1, 1)) is None
    True
    """
    polygons = polygonal(geometry)
    if polygons is None:
        return None
    if polygons.is_valid:
        return Mended(polygons)
    before = polygons.area
    after = polygonal(shapely.make_valid(polygons, method="structure", keep_collapsed=False))
    if after is not None and not after.is_valid:  # its parts touch along a line
        after = polygonal(shapely.union_all(_parts(after)))
    if after is None:
        return None
    change = abs(after.area - before) / before if before else None
    return Mended(after, shapely.is_valid_reason(polygons), change)


def polygonal(geometry: Any) -> Any:
    """The polygons of a geometry as one polygon or multipolygon; None when there are none."""
    parts = [p for p in _parts(geometry) if p.geom_type == "Polygon" and not p.is_empty]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _parts(geometry: Any) -> list[Any]:
    if not hasattr(geometry, "geoms"):
        return [geometry]
    return [part for one in geometry.geoms for part in _parts(one)]


def count_parts(geometry: Any) -> tuple[int, int]:
    """How many polygons (islands) and how many holes a geometry has."""
    parts = _parts(geometry)
    return len(parts), sum(len(part.interiors) for part in parts)


@dataclass(frozen=True, slots=True)
class Plane:
    """A plane for measuring near one latitude: degrees to kilometres and back."""

    latitude: float

    def there(self, geometry: Any) -> Any:
        """Degrees to kilometres."""
        return shapely.transform(geometry, lambda xy: xy * self._factor)

    def back(self, geometry: Any) -> Any:
        """Kilometres to degrees."""
        return shapely.transform(geometry, lambda xy: xy / self._factor)

    @property
    def _factor(self) -> Any:
        shrink = max(math.cos(math.radians(self.latitude)), 0.01)
        return np.array([shrink * KM_PER_DEGREE, KM_PER_DEGREE])


def simplified(shapes: Sequence[Any], tolerance_m: float) -> tuple[list[Any], bool]:
    """Shapes on a plane in kilometres with fewer points; whether they were kept neighbours.

    Where they form a coverage (neighbours share their borders point by point) the borders are
    simplified once for both sides; else each shape on its own, and gaps up to the tolerance may
    open. Islands and holes stay.
    """
    whole = np.array(shapes, dtype=object)
    coverage = bool(shapely.coverage_is_valid(whole))
    if tolerance_m <= 0:
        return list(shapes), coverage
    if coverage:
        thinner = shapely.coverage_simplify(whole, tolerance_m / 1000)
    else:
        thinner = shapely.simplify(whole, tolerance_m / 1000, preserve_topology=True)
    return [_still_polygonal(new, old) for new, old in zip(thinner, shapes, strict=True)], coverage


def _still_polygonal(new: Any, old: Any) -> Any:
    found = mended(new)
    return found.geometry if found else old


def as_geojson(geometry: Any) -> Json:
    """The geometry as GeoJSON with ``DECIMALS`` decimals, outer rings first and anticlockwise."""
    snapped = mended(shapely.set_precision(geometry, 10.0**-DECIMALS))
    whole = shapely.orient_polygons(snapped.geometry if snapped else geometry)
    polygons = [
        [_ring(ring) for ring in (part.exterior, *part.interiors)] for part in _parts(whole)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _ring(ring: Any) -> list[list[float]]:
    return [[round(float(x), DECIMALS), round(float(y), DECIMALS)] for x, y in ring.coords]


def overlap(one: Any, two: Any) -> float:
    """What two shapes have in common as a share of what both cover: 0 apart, 1 the same.

    >>> overlap(shapely.box(0, 0, 2, 1), shapely.box(1, 0, 3, 1))
    0.3333333333333333
    """
    union = shapely.union(one, two).area
    return float(shapely.intersection(one, two).area / union) if union else 0.0
