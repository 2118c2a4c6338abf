"""The page of a unit whose area does not follow the regions."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext

from anoa.pack import Total
from anoa.pack.sums import sum_of_parts
from anoa.room import queries
from anoa.room.views.desk import Desk, desk_page
from anoa.situation import line_of

Context = dict[str, Any]


@desk_page("board", "room/unit.html")
def unit(desk: Desk, ident: str) -> Context:
    """What the room knows of one unit: what is open in its area, and what its area is."""
    pack, picture = desk.pack, desk.picture
    if ident not in pack.units:
        raise Http404(gettext("There is no such unit."))
    area = pack.units[ident]
    line = line_of(picture, pack, desk.at, ident)
    places = pack.sub_districts
    return {
        "agency": pack.agencies[ident],
        "tree": pack.trees[-1],
        "area": area,
        "line": line,
        "threats": queries.threats_in(picture, pack, ident),
        "reports": queries.reports_in(picture, pack, ident),
        "commitments": queries.commitments_in(picture, pack, ident),
        "posts": [
            (code, picture.posts[code].heard_at if code in picture.posts else None,
             code in line.silent)
            for code in area.regions
        ],
        "parts": [
            (part, [places[c] for c in part.sub_districts], [places[c] for c in part.possible])
            for part in area.parts
        ],
        "published": [_published(desk, total) for total in pack.totals
                      if total.unit == ident and total.known_at <= _today(desk)],
    }  # fmt: skip


def _published(desk: Desk, total: Total) -> tuple[Total, tuple[str], float | None, float | None]:
    parts = sum_of_parts(desk.pack, total, _today(desk))
    return total, (total.source,), parts, None if parts is None else total.value - parts


def _today(desk: Desk) -> Any:
    return desk.pack.local(desk.at).date()
