"""From a file and a pack to new shapes: what is proposed, what was accepted, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape

from anoa.boundaries import matching
from anoa.boundaries.features import Feature, FeatureFile, Frame
from anoa.boundaries.matching import Match, Pair
from anoa.boundaries.mending import (
    Plane,
    as_geojson,
    count_parts,
    mended,
    overlap,
    polygonal,
    simplified,
)
from anoa.errors import DataError
from anoa.oplog import Json
from anoa.pack import Pack, Shapes, ShapeSource

ELSEWHERE = 0.2  # a shape that overlaps the pack's less than this is confirmed by a person
MARGIN = 0.5  # degrees around the pack's shapes that still count as there
TOLERANCE_M = 100.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair with its valid shape in degrees; ``why`` a person has to confirm it, empty if sure.

    ``overlap`` is with the shape the pack has now, a share between 0 and 1.
    """

    pair: Pair
    shape: Any
    overlap: float
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What of a file belongs to which region of the pack, and what belongs to none."""

    match: Match
    code_field: str
    name_field: str
    candidates: tuple[Candidate, ...]
    outside: tuple[str, ...]  # features that are no region of the pack
    below: int  # of those, the ones that carry the code of a sub-district
    unmatched: tuple[str, ...]  # regions that no feature was found for
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One region before and after: areas in km², points, islands, and how far both overlap."""

    code: str
    name: str
    file_name: str
    km2_before: float
    km2_after: float
    overlap: float
    points_before: int  # in the file
    points_after: int
    islands: int
    holes: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """The new shapes of the pack; ``kept`` are the regions that keep the shape they have."""

    shapes: Shapes
    rows: tuple[Compared, ...]
    kept: tuple[str, ...]
    coverage: bool
    notes: tuple[str, ...]


def frame_of(pack: Pack) -> Frame:
    """Where the pack lies: the box around its shapes with a margin, in degrees."""
    west, south, east, north = shapely.total_bounds([shape(one) for one in pack.shapes.values()])
    return west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN


def propose(
    pack: Pack,
    file: FeatureFile,
    *,
    match: Match | None = None,
    code_field: str = "",
    name_field: str = "",
) -> Proposal:
    """Which features are which regions.

    Without ``match`` they are joined by code where the file has codes of the pack, else by name;
    without field names the properties that fit best are taken. Raises DataError where nothing can
    be joined, or bare codes and names contradict each other.
    """
    features = file.features
    fields = _fields(features, pack, code_field, name_field)
    regions = sorted({*pack.leaf_regions, *pack.shapes})
    parts = matching.parts_below(features, pack, fields[0])
    whole = [f for f in features if f.number not in parts]
    chosen = match or (Match.CODE if _has_codes(whole, regions, fields[0]) else Match.NAME)
    join = matching.by_code if chosen is Match.CODE else matching.by_name
    pairs = join(whole, pack, regions, fields)
    notes = list(file.notes)
    found = [_candidate(pack, pair, features, notes) for pair in pairs]
    candidates = tuple(one for one in found if one)
    if not candidates:
        raise DataError(_nothing(chosen, len(parts)), code_field=fields[0], name_field=fields[1])
    rest = [matching.spoken(f, fields) for f in matching.outside(features, pairs)]
    missing = sorted(set(regions) - {one.pair.code for one in candidates})
    return Proposal(
        chosen, *fields, candidates, tuple(rest), len(parts), tuple(missing), tuple(notes)
    )


def _fields(
    features: Sequence[Feature], pack: Pack, code_field: str, name_field: str
) -> tuple[str, str]:
    known = {name for feature in features for name in feature.properties}
    for asked in filter(None, (code_field, name_field)):
        if asked not in known:
            raise DataError(
                "no feature has a property '{asked}'; there are: {known}",
                asked=asked, known=", ".join(sorted(known)[:20]) or "none",
            )  # fmt: skip
    return (
        code_field or matching.code_field_of(features, pack),
        name_field or matching.name_field_of(features, pack),
    )


def _has_codes(features: Iterable[Feature], regions: Iterable[str], field: str) -> bool:
    known = {matching.digits_of(code) for code in regions}
    return bool(field) and any(matching.digits_of(f.text(field)) in known for f in features)


def _nothing(match: Match, parts: int) -> str:
    looked = "code (property '{code_field}')" if match is Match.CODE else "name ('{name_field}')"
    if parts:
        found = (
            "1 feature carries the code of a sub-district and no feature is a region"
            if parts == 1
            else f"{parts} features carry codes of sub-districts and none is a region"
        )
        return f"{found}: the map draws regions, so give a file with the shapes of regions"
    return (
        f"no feature is a region of the pack by {looked}. Say which properties hold them: "
        "--code-field, --name-field, --match code or --match name"
    )


def _candidate(
    pack: Pack, pair: Pair, features: Sequence[Feature], notes: list[str]
) -> Candidate | None:
    """The mended shape of a pair; None with a note when there is no polygon in it."""
    name = pack.regions[pair.code].name
    parts = [
        found
        for number in pair.numbers
        if (found := _valid(features[number - 1], f"{pair.code} {name}", notes)) is not None
    ]
    if not parts:
        notes.append(f"{pair.code} {name}: there is no polygon in the file")
        return None
    if len(parts) > 1:
        notes.append(f"{pair.code} {name}: {len(parts)} shapes of the file were joined into one")
    whole = polygonal(shapely.union_all(parts)) if len(parts) > 1 else parts[0]
    frame = shapely.box(*frame_of(pack))
    if not frame.contains(shapely.box(*whole.bounds)):
        notes.append(f"{pair.code} {name}: the shape reaches beyond where the pack lies")
    common = _overlap_with_present(pack, pair.code, whole)
    why = pair.why
    if not why and common < ELSEWHERE:
        why = f"it overlaps only {common:.0%} with the shape that the pack has"
    return Candidate(pair, whole, common, why)


def _valid(feature: Feature, place: str, notes: list[str]) -> Any:
    """The feature's valid polygons, with a note when they had to be mended."""
    if feature.geometry is None:
        return None
    found = mended(feature.geometry)
    if found is None:
        return None
    if feature.geometry.geom_type == "GeometryCollection":
        notes.append(f"{place}: only the polygons of a collection were taken")
    if found.wrong:
        change = "area unknown" if found.change is None else f"area changed by {found.change:.2%}"
        notes.append(f"{place}: repaired ({found.wrong}; {change})")
    return found.geometry


def _present(pack: Pack, code: str) -> Any:
    found = mended(shape(pack.shapes[code])) if code in pack.shapes else None
    return found.geometry if found else shapely.Polygon()


def _overlap_with_present(pack: Pack, code: str, new: Any) -> float:
    return overlap(_present(pack, code), new)


def replacement(
    pack: Pack,
    accepted: Sequence[Candidate],
    source: ShapeSource,
    tolerance_m: float = TOLERANCE_M,
) -> Replacement:
    """The pack's shapes with those of ``accepted`` in place, simplified to a tolerance in metres.

    A region without a new shape keeps the one it has, approximate or not.
    """
    if not accepted:
        raise DataError("no shape was accepted, so nothing changes")
    _, south, _, north = shapely.total_bounds([one.shape for one in accepted])
    plane = Plane((south + north) / 2)
    flat = [plane.there(one.shape) for one in accepted]
    thinner, coverage = simplified(flat, tolerance_m)
    made: dict[str, Json] = {
        one.pair.code: as_geojson(plane.back(new))
        for one, new in zip(accepted, thinner, strict=True)
    }
    sources = {**pack.shape_sources, **dict.fromkeys(made, source)}
    rows = tuple(_compared(pack, one, made[one.pair.code], plane) for one in accepted)
    kept = tuple(sorted(set(pack.shapes) - set(made)))
    notes = tuple(_lost(rows, accepted))
    return Replacement(Shapes({**pack.shapes, **made}, sources), rows, kept, coverage, notes)


def _compared(pack: Pack, one: Candidate, made: Json, plane: Plane) -> Compared:
    code, new = one.pair.code, shape(made)
    islands, holes = count_parts(new)
    return Compared(
        code, pack.regions[code].name, one.pair.file_name,
        plane.there(_present(pack, code)).area, plane.there(new).area,
        _overlap_with_present(pack, code, new),
        int(shapely.get_num_coordinates(one.shape)), int(shapely.get_num_coordinates(new)),
        islands, holes,
    )  # fmt: skip


def _lost(rows: Iterable[Compared], accepted: Iterable[Candidate]) -> Iterable[str]:
    """Islands or holes that were smaller than the last decimal and are gone."""
    for row, one in zip(rows, accepted, strict=True):
        islands, holes = count_parts(one.shape)
        if (row.islands, row.holes) != (islands, holes):
            yield (
                f"{row.code} {row.name}: {islands} island{'s' * (islands != 1)} and "
                f"{holes} hole{'s' * (holes != 1)} in the file, "
                f"{row.islands} and {row.holes} after simplifying and rounding"
            )
