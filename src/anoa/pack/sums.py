"""What the parts of a published total add up to, of figures known by a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from anoa.pack.pack import Pack
from anoa.pack.values import Total


def sum_of_parts(pack: Pack, total: Total, day: date) -> float | None:
    """What the parts of a total add up to, of figures known by that day; None: some is unknown."""
    if total.unit:
        return _sum_of_unit(pack, total, day)
    below = pack.children(total.region)
    if total.parts == "regions":
        return float(len([code for code in below if code in pack.regions]))
    if total.parts.startswith("figure:"):
        return _added([_figure(pack, code, total, day) for code in below])
    inner = [one for code in below for one in (pack.children(code) or (code,))]
    subs = [c for c in (below if total.region in pack.leaf_regions else inner)
            if c in pack.sub_districts and pack.sub_districts[c].known_at <= day]  # fmt: skip
    if not subs:
        return None
    match total.parts:
        case "polling_stations":
            return _added([pack.sub_districts[code].polling_stations for code in subs])
        case "sub_districts":
            return float(len(subs))
    return _villages(pack, subs, day)


def _sum_of_unit(pack: Pack, total: Total, day: date) -> float | None:
    """The same of one unit's part of a region; None where it is not known what is its."""
    inside = [p for p in pack.parts_of(total.unit)
              if total.region in pack.above(p.region)]  # fmt: skip
    if any(part.possible for part in inside):
        return None
    subs = [code for part in inside for code in part.sub_districts
            if code in pack.sub_districts and pack.sub_districts[code].known_at <= day]  # fmt: skip
    if total.parts.startswith("figure:"):
        return _added([_figure(pack, code, total, day) for code in subs])
    match total.parts:
        case "polling_stations":
            return _added([pack.sub_districts[code].polling_stations for code in subs])
        case "sub_districts":
            return float(len(subs)) if subs else None
        case "villages":
            return _villages(pack, subs, day)
    return None


def _villages(pack: Pack, subs: Sequence[str], day: date) -> float | None:
    villages = [pack.villages[v] for code in subs for v in pack.children(code)]
    return float(len(villages)) if all(v.known_at <= day for v in villages) else None


def _figure(pack: Pack, code: str, total: Total, day: date) -> float | None:
    wanted = (code, total.parts.removeprefix("figure:"), total.period)
    found = (
        f.value
        for f in pack.figures
        if (f.region, f.figure, f.period) == wanted and f.known_at <= day
    )
    return next((value for value in found if value is not None), None)


def _added(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return float(sum(known)) if parts and len(known) == len(parts) else None
