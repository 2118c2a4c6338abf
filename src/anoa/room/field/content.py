"""What a phone takes along: the forms of its token, and lists of places; nothing about people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from anoa.forms import Form
from anoa.pack import Pack
from anoa.room import record, stations
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.values import Channel
from anoa.room.models import Operation


def forms_of(bearer: Bearer) -> dict[str, Any]:
    """The forms that the token may send from a browser, with what their pages need.

    ``help`` are the numbers that the site set; they stand in no pack and in no repository.
    """
    operation = Operation.objects.get(pk=bearer.operation)
    pack = record.pack_of(operation)
    own = pack.agencies.get(bearer.agency)
    chosen = [form for form in pack.forms.values() if _is_for(form, bearer, pack)]
    kept = [form for form in chosen if not form.is_sealed]
    return {
        "operation": dict(pack.name),
        "notice": dict(pack.exercise.notice) if operation.exercise else {},
        "languages": [*pack.languages],
        "agency": own.short if own else bearer.agency,
        "region": bearer.region,
        "forms": [form.as_json() for form in kept],
        "sealed": [  # each on its own page, as nothing of it is kept on a phone
            {"id": form.id, "title": dict(form.title), "about": dict(form.about)}
            for form in chosen if form.is_sealed
        ],
        "help": {"sms": settings.HELP_SMS, "calls": settings.HELP_CALLS},
    }  # fmt: skip


def _is_for(form: Form, bearer: Bearer, pack: Pack) -> bool:
    own = pack.agencies.get(bearer.agency)
    return (
        str(Channel.WEB) in form.channels
        and (not bearer.forms or form.id in bearer.forms)
        and own is not None
        and form.is_for(own.kind)
    )


def places_of(bearer: Bearer) -> dict[str, Any]:
    """Regions and sub-districts with their polling stations, within the token's region.

    ``codes`` are those of the register. Until there is one, ``stations`` is how many there are, or
    None where nobody knows: unknown is no zero. Nothing else of the register leaves the room.
    """
    pack = record.pack_of(Operation.objects.get(pk=bearer.operation))
    places = stations.places_of(pack)
    below = {one.region for one in pack.sub_districts.values()}
    regions = [
        {"id": code, "name": pack.place_name(code)}
        for code in pack.regions
        if code in below and _is_within(code, bearer.region, pack.regions)
    ]
    known = {one["id"] for one in regions}
    return {
        "has_register": places.has_register,
        "regions": regions,
        "sub_districts": [
            {"id": one.code, "name": one.name, "region": one.region}
            | _stations(places, one.code, one.polling_stations)
            for one in pack.sub_districts.values() if one.region in known
        ],
    }  # fmt: skip


def _stations(places: stations.Places, sub_district: str, count: int | None) -> dict[str, Any]:
    if not places.has_register:
        return {"stations": count}
    return {"codes": [[one.code, one.name] for one in places.stations_in(sub_district)]}


def _is_within(code: str | None, above: str, regions: Mapping[str, Any]) -> bool:
    while code and above:
        if code == above:
            return True
        code = regions[code].parent if code in regions else None
    return not above
