"""What forms of the field are filed as: stations, materials, calls for help, findings, words.

Free text never leaves the stored submission: what a step carries are codes, counts and places.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from anoa.coordination.field import part_of_day
from anoa.errors import AnoaError, InputError
from anoa.forms import Becomes, read_answers
from anoa.oplog import Json, instant_text
from anoa.room.intake.meaning import Case, Step, answered, meaning, observed
from anoa.room.intake.urgent import UNKNOWN
from anoa.room.stations import places_of
from anoa.stations import CODE


def placed(case: Case, values: Mapping[str, Json]) -> dict[str, Any]:
    """The sub-district that a form was answered for, by itself or by its polling station."""
    station, sub_district = values.get("polling_station"), values.get("sub_district")
    if station and not sub_district:
        sub_district = places_of(case.pack).sub_district_of(str(station))
    if not sub_district:
        raise InputError({"sub_district": AnoaError("this is needed")})
    return {"sub_district": sub_district, "submission": case.sha256}


def _kept(values: Mapping[str, Json], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if values.get(name) not in (None, "")}


def _seen(case: Case, values: Mapping[str, Json]) -> dict[str, Any]:
    return {"observed_at": instant_text(observed(case, values.get("observed_at")))}


@meaning(Becomes.STATION)
def station(case: Case) -> tuple[Step, ...]:
    """A phase of a polling station."""
    values = answered(case)
    data = placed(case, values) | _seen(case, values)
    data |= _kept(values, "polling_station", "phase", "condition", "leg")
    if values.get("on_time"):
        data["on_time"] = values["on_time"] == "yes"
    return (Step("station.report", "", data),)


@meaning(Becomes.LOGISTICS)
def logistics(case: Case) -> tuple[Step, ...]:
    """Boxes and booths beside what the form expects for each station."""
    values = answered(case)
    stations = 1 if values.get("polling_station") else values.get("stations")
    if not stations:
        raise InputError({"stations": AnoaError("say for how many polling stations, or name one")})
    expects = case.form.expects if case.form else {}
    data = placed(case, values) | _seen(case, values)
    data |= _kept(values, "polling_station", "boxes", "booths", "papers")
    data |= {
        "stations": stations, "late": values.get("schedule") == "late",
        "boxes_expected": round(expects.get("boxes", 0) * int(stations)),
        "booths_expected": round(expects.get("booths", 0) * int(stations)),
    }  # fmt: skip
    return (Step("logistics.state", "", data),)


@meaning(Becomes.HELP)
def call_for_help(case: Case) -> tuple[Step, ...]:
    """A call for help, which waits two hours for a person; an odd answer never holds it up."""
    values = dict(case.fields)
    if case.form is not None:
        zone = ZoneInfo(case.pack.time_zone)
        values = dict(read_answers(case.form, case.fields, places_of(case.pack), zone).values)
    station = _code(values, case.fields, "polling_station")
    data = _place_of_call(case, values, station)
    data["polling_station"] = station or data.get("sub_district") or data["region"]
    data["need"] = _code(values, case.fields, "need") or UNKNOWN
    return (Step("help.ask", "", data | {"submission": case.sha256}),)


def _place_of_call(case: Case, values: Mapping[str, Json], station: str) -> dict[str, Any]:
    """The sub-district of a call, else the region that it or its token names, else the whole."""
    places = places_of(case.pack)
    said = (
        values.get("sub_district"), places.sub_district_of(station),
        station.rpartition("-")[0],  # a placeholder of before the register
    )  # fmt: skip
    if known := next((one for one in map(str, said) if places.is_sub_district(one)), ""):
        return {"sub_district": known}
    wide = (str(values.get("region") or case.fields.get("region")), case.within)
    return {"region": next((one for one in wide if places.is_region(one)), case.pack.root)}


def _code(values: Mapping[str, Json], sent: Mapping[str, Json], name: str) -> str:
    """An answer, else what was sent in its place when it can be a code at all."""
    text = str(values.get(name) or sent.get(name) or "").strip()
    return text if CODE.match(text) else ""


@meaning(Becomes.FINDING)
def finding(case: Case) -> tuple[Step, ...]:
    """The number and kind of a supervision report; what it says stays where it is."""
    values = answered(case)
    names = ("form_number", "region", "sub_district", "stage", "finding", "matter", "remedy")
    data = _kept(values, *names) | _seen(case, values) | {"submission": case.sha256}
    if "region" not in data:
        above = case.pack.sub_districts.get(str(data.get("sub_district")))
        data["region"] = above.region if above else case.pack.root
    if "handling" not in data and case.form is not None:
        data["handling"] = case.form.handling
    data["form_number"] = "".join(str(data.get("form_number", "")).split())
    return (Step("finding.record", "", data),)


@meaning(Becomes.WORD)
def word(case: Case) -> tuple[Step, ...]:
    """A word for the institutions that its sender chose; others learn place and part of day."""
    values = answered(case)
    at = case.pack.local(observed(case, values.get("observed_at")), str(values["sub_district"]))
    data = placed(case, values) | _kept(values, "concern")
    data |= {"to": list(values["receivers"]), "part_of_day": part_of_day(at.hour)}
    return (Step("word.pass", "", data),)
