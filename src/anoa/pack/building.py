"""Make the pack's values from a draft that has no problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from anoa.coordination.retention import DEFAULTS, Keeping
from anoa.errors import DataError
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.oplog import Handling, instant_text
from anoa.pack import values as v
from anoa.pack.areas import AreaSpec
from anoa.pack.forms import form_words, pack_forms
from anoa.pack.kinds import DAYS
from anoa.pack.message_words import message_words
from anoa.pack.pack import Pack
from anoa.pack.published_building import published_parts
from anoa.pack.schema import Draft, Row
from anoa.pack.shapes import Shapes
from anoa.screening import ScreenWords

T = TypeVar("T")
ALL = ["*"]
LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?\Z")


def build_pack(draft: Draft, shapes: Shapes, digest: str) -> Pack:
    """The pack of a draft; every check has passed, so that required values are there."""
    top, threats = draft.document("pack.yaml"), draft.document("threats.yaml")
    ladder, exercise = draft.document("ladder.yaml"), draft.document("exercise.yaml")
    zone = top.text("time_zone")
    return Pack(
        **_head(top, zone), **_places(draft, zone), **_institutions(draft),
        **_ladder_parts(ladder), **_indices(draft), **published_parts(draft),
        digest=digest, shapes=shapes.geometry, shape_sources=shapes.sources,
        words=screen_words(draft, _parties(draft)),
        place_classes=_texts_by_id(threats.get("place_classes")),
        threat_types=_keyed(threats.rows("threats"), _threat),
        protocols=_keyed(draft.document("protocols.yaml").rows("protocols"), _protocol),
        clocks=_deadlines(draft.document("clocks.yaml")),
        cast=_keyed(draft.document("cast.yaml").rows("members"), _member),
        exercise=_exercise(exercise, zone),
        forms=pack_forms(draft),
        form_words=form_words(draft, screen_words(draft, _parties(draft))),
        message_words=message_words(draft.document("messages.yaml")),
        retention=_retention(draft.document("retention.yaml")),
        retention_note=_texts(draft.document("retention.yaml"), "note"),
    )  # fmt: skip


def _head(top: Row, zone: str) -> dict[str, Any]:
    return {
        "id": top["id"], "name": top["name"], "version": top["version"],
        "languages": tuple(top.texts("languages")), "time_zone": zone,
        "time_zone_label": top["time_zone_label"], "known_at": top["known_at"],
        "root": top["root"], "main_index": top["main_index"],
        "operation": _operation(top.row("operation"), zone),
        "letterhead": _text_lists(top.get("letterhead")),
        "labels": _texts_by_id(top.get("labels")),
    }  # fmt: skip


def _places(draft: Draft, zone: str) -> dict[str, Any]:
    sub_districts = _keyed(draft.rows("sub_districts.csv"), _sub_district, "code")
    stations = _stations_by_region(draft.rows("regions.csv"), sub_districts)
    return {
        "sources": _keyed(draft.rows("sources.csv"), _source),
        "regions": {
            row.text("code"): _region(row, zone, stations[row.text("code")])
            for row in draft.rows("regions.csv")
        },
        "sub_districts": sub_districts,
        "villages": _keyed(draft.rows("villages.csv"), _village, "code"),
        "figures": tuple(map(_figure, draft.rows("figures.csv"))),
        "totals": tuple(map(_total, draft.rows("totals.csv"))),
        "history": tuple(
            _past_incident(row, draft.languages) for row in draft.rows("incidents.csv")
        ),
        "history_types": _keyed(draft.rows("history_types.csv"), _history_type),
    }


def _institutions(draft: Draft) -> dict[str, Any]:
    return {
        "agencies": _keyed(draft.rows("agencies.csv"), _agency),
        "area_tree": _area_tree(draft.document("pack.yaml").row("area_tree")),
        "area_parts": _area_parts(draft),
        "contests": _keyed(draft.rows("contests.csv"), _contest),
        "stages": _keyed(draft.rows("stages.csv"), _stage),
    }


def _ladder_parts(row: Row) -> dict[str, Any]:
    return {
        "ladder": _ladder(row),
        "rungs": {
            Rung(one.text("id")): v.RungWords(
                Rung(one.text("id")), one.text("short"), _texts(one, "name")
            )
            for one in row.rows("rungs")
        },
        "closed": _texts(row, "closed"),
        "signal_names": {one.text("id"): _texts(one, "name") for one in row.rows("signals")},
        "rule_reasons": {one.text("id"): _texts(one, "reason") for one in row.rows("rules")},
        "ladder_versions": _texts(row, "versions"),
    }


def _indices(draft: Draft) -> dict[str, Any]:
    document = draft.document("indices.yaml")
    return {
        "indices": _keyed(document.rows("indices"), _index),
        "editions": _keyed(document.rows("editions"), _edition),
        "indicators": _keyed(draft.rows("indicators.csv"), _indicator, "code"),
    }


def _keyed(rows: list[Row], make: Callable[[Row], T], name: str = "id") -> dict[str, T]:
    return {row.text(name): make(row) for row in rows}


def _texts(row: Row, name: str) -> v.Texts:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _texts_by_id(value: object) -> dict[str, v.Texts]:
    return dict(value) if isinstance(value, dict) else {}


def _text_lists(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {}
    return {language: tuple(lines) for language, lines in value.items()}


def _all(row: Row, name: str) -> tuple[str, ...]:
    """The ids of a list; empty where it says all."""
    return tuple(row.texts(name)) if row.get(name) != ALL else ()


def instant_of(moment: date | datetime, zone: str, ends: bool = False) -> datetime:
    """The aware UTC instant of a moment in pack time; a day is its beginning or its end.

    >>> instant_of(date(2024, 8, 6), "Asia/Tokyo").isoformat()
    '2024-08-05T15:00:00+00:00'
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(23, 59, 59) if ends else time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def _operation(row: Row, zone: str) -> v.OperationSpec:
    starts, ends = row["starts"], row["ends"]
    assert isinstance(starts, date) and isinstance(ends, date)
    return v.OperationSpec(
        row.text("codename"),
        instant_of(starts, zone),
        instant_of(ends, zone, ends=True),
        row.text("chair"),
        _texts(row, "window_note"),
        row.text("stations_owner"),
        tuple(row.texts("pattern")),
        tuple(row.texts("countersigners")),
    )


def _source(row: Row) -> v.Source:
    day = row.get("date")
    return v.Source(
        row.text("id"), row.text("publisher"), day if isinstance(day, date) else None,
        row.text("url"), row.text("note"),
    )  # fmt: skip


def _stations_by_region(
    regions: list[Row], sub_districts: Mapping[str, v.SubDistrict]
) -> dict[str, int | None]:
    """The polling stations below each region; None where none or not all are known."""
    parents = {row.text("code"): row.text("parent") for row in regions}
    below: dict[str, list[int | None]] = {code: [] for code in parents}
    for one in sub_districts.values():
        code = one.region
        while code:
            below[code].append(one.polling_stations)
            code = parents[code]
    return {code: _known_sum(numbers) for code, numbers in below.items()}


def _known_sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _region(row: Row, zone: str, stations: int | None) -> v.Region:
    fields: Any = row
    return v.Region(
        fields["code"], fields["name"], fields["level"], fields["parent"], fields["lat"],
        fields["lon"], row.text("time_zone") or zone, stations, tuple(row.texts("source")),
        fields["known_at"],
    )  # fmt: skip


def _sub_district(row: Row) -> v.SubDistrict:
    fields: Any = row
    return v.SubDistrict(
        fields["code"], fields["name"], fields["region"], fields["lat"], fields["lon"],
        fields["polling_stations"], tuple(row.texts("source")), fields["known_at"],
    )  # fmt: skip


def _village(row: Row) -> v.Village:
    fields: Any = row
    return v.Village(
        fields["code"], fields["name"], fields["sub_district"], fields["kind"],
        tuple(row.texts("source")), fields["known_at"],
    )  # fmt: skip


def _figure(row: Row) -> v.Figure:
    fields: Any = row
    return v.Figure(
        fields["region"], fields["figure"], fields["period"], fields["value"], fields["unit"],
        fields["source"], fields["known_at"], row.text("note"),
    )  # fmt: skip


def _total(row: Row) -> v.Total:
    fields: Any = row
    return v.Total(
        fields["region"], fields["figure"], fields["period"], fields["value"], fields["source"],
        fields["known_at"], fields["parts"], row.text("note"), row.text("unit"),
    )  # fmt: skip


def _past_incident(row: Row, languages: tuple[str, ...]) -> v.PastIncident:
    fields: Any = row
    return v.PastIncident(
        fields["id"], fields["date"], fields["precision"], fields["region"],
        fields["place_class"], fields["type"], _measure(row, languages), fields["outlet"],
        fields["source_date"], tuple(row.texts("source")), fields["known_at"],
    )  # fmt: skip


def _measure(row: Row, languages: tuple[str, ...]) -> v.Texts:
    """The measure in each language; of an earlier pack its one text; none when it is blank."""
    texts, former = _texts(row, "measure"), row.text("scale")
    found = {language: texts.get(language) or former for language in languages}
    return found if any(found.values()) else {}


def _history_type(row: Row) -> v.HistoryType:
    return v.HistoryType(row.text("id"), _texts(row, "name"), row.text("class"))


def _agency(row: Row) -> v.Agency:
    return v.Agency(
        row.text("id"), _texts(row, "name"), row.text("short"), row.text("kind"),
        row.text("chain"), tuple(row.texts("regions")), row.text("parent") or None,
        Handling(row.text("sees")), tuple(row.texts("source")),
    )  # fmt: skip


def _area_parts(draft: Draft) -> tuple[v.AreaPart, ...]:
    printed: dict[str, Any] = {one.text("id"): one.get("date") for one in draft.rows("sources.csv")}
    return tuple(_area_part(row, printed) for row in draft.rows("police_areas.csv"))


def _area_part(row: Row, printed: Mapping[str, date | None]) -> v.AreaPart:
    sources: Any = [printed.get(one) for one in row.texts("source")]
    known: Any = row.get("known_at") or max(filter(None, sources), default=None)
    return v.AreaPart(
        row.text("unit"), row.text("region"), row.text("part"), row.text("basis"),
        tuple(row.texts("source")), tuple(row.texts("sub_districts")), known,
    )  # fmt: skip


def _area_tree(row: Row) -> AreaSpec | None:
    return AreaSpec(row.text("id"), _texts(row, "name")) if row.text("id") else None


def _contest(row: Row) -> v.Contest:
    fields: Any = row
    return v.Contest(
        fields["id"], fields["office"], fields["region"], fields["entrants"],
        tuple(row.texts("source")), fields["known_at"],
    )  # fmt: skip


def _stage(row: Row) -> v.Stage:
    fields: Any = row
    return v.Stage(
        fields["id"], fields["name"], fields["starts"], fields["ends"], row.text("basis"),
        tuple(row.texts("source")), fields["known_at"],
    )  # fmt: skip


def _threat(row: Row) -> v.ThreatKind:
    return v.ThreatKind(
        row.text("id"), _texts(row, "name"), row.text("object"), _text_lists(row.get("signs")),
        row.row("owner").text("kind"), row.get("context") is True,
        Handling(row.text("handling") or Handling.INSTITUTIONS),
    )  # fmt: skip


def _hours(row: Row, name: str) -> timedelta:
    return timedelta(hours=row.number(name) or 0.0)


def _by_rung(row: Row) -> dict[Rung, timedelta]:
    return {rung: _hours(row, rung) for rung in Rung if rung is not Rung.CLOSED}


def _ladder(row: Row) -> Ladder:
    return Ladder(
        version=row.text("version"),
        signals={
            one.text("id"): SignalKind(
                one.text("id"), Rung(one.text("ceiling")), one.get("local") is True,
                one.get("model") is True,
            )
            for one in row.rows("signals")
        },
        rules=tuple(map(_rule, row.rows("rules"))),
        dwell=_by_rung(row.row("dwell_h")),
        review=_by_rung(row.row("review_h")),
        provisional=_hours(row, "provisional_h"),
    )  # fmt: skip


def _rule(row: Row) -> Rule:
    needs = (
        Need(
            need.text("signal"), int(need.number("count") or 0), int(need.number("chains") or 0),
            _hours(need, "within_h"),
        )
        for need in row.rows("needs")
    )  # fmt: skip
    return Rule(row.text("id"), Rung(row.text("to")), tuple(needs), frozenset(_all(row, "threats")))


def _protocol(row: Row) -> v.Protocol:
    return v.Protocol(
        row.text("id"), _all(row, "threats"), Rung(row.text("rung")),
        tuple(map(_action, row.rows("actions"))),
    )  # fmt: skip


def _action(row: Row) -> v.ActionSpec:
    actor = row.row("agency")
    return v.ActionSpec(
        row.text("id"), _texts(row, "text"), actor.text("id") or None,
        actor.text("kind") or None, row.text("class"), _hours(row, "due_h"),
        _texts(row, "proof"),
    )  # fmt: skip


def _deadlines(row: Row) -> v.Deadlines:
    return v.Deadlines(
        acknowledge=timedelta(minutes=row.number("acknowledge_min") or 0),
        assess=timedelta(minutes=row.number("assess_min") or 0),
        silent_after=_hours(row, "silent_after_h"),
        explain=_hours(row, "explain_h"),
        report_every=_hours(row, "report_every_h"),
        working_days=frozenset(DAYS.index(day) for day in row.texts("working_days")),
        holidays=tuple(map(_holiday, row.rows("holidays"))),
    )


def _holiday(row: Row) -> v.Holiday:
    fields: Any = row
    return v.Holiday(fields["date"], _texts(row, "name"), row.text("source"))


def _index(row: Row) -> v.IndexSpec:
    fields: Any = row
    low, high = fields["scale"]
    return v.IndexSpec(
        row.text("id"), _texts(row, "name"), _texts(row, "about"), row.text("class"),
        (low, high),
        tuple((part.text("index"), part.number("weight") or 0.0) for part in row.rows("parts")),
        fields["min_coverage"], fields["category_coverage"],
        tuple(map(_category, row.rows("categories"))), _texts(row, "label"),
    )  # fmt: skip


def _category(row: Row) -> v.Category:
    return v.Category(row.text("id"), _texts(row, "name"), row.number("from") or 0.0)


def _edition(row: Row) -> v.EditionSpec:
    fields: Any = row
    return v.EditionSpec(row.text("id"), fields["as_of"], _texts(row, "note"))


def _indicator(row: Row) -> v.IndicatorSpec:
    fields: Any = row
    return v.IndicatorSpec(
        fields["code"], fields["parent"], fields["level"], _texts(row, "name"),
        fields["weight"], fields["direction"], fields["class"], fields["unit"], fields["from"],
        fields["low"], fields["high"], fields["transform"], tuple(row.texts("source")),
    )  # fmt: skip


def _member(row: Row) -> v.CastMember:
    return v.CastMember(row.text("id"), row.text("agency"), row.text("role"))


def _exercise(row: Row, zone: str) -> v.Exercise:
    return v.Exercise(
        _texts(row, "title"), _texts(row, "notice"), int(row.number("play_until") or 0),
        tuple(
            _inject(number, inject, zone) for number, inject in enumerate(row.rows("injects"), 1)
        ),
    )  # fmt: skip


def _inject(number: int, row: Row, zone: str) -> v.Inject:
    at, data = row["at"], row.get("data")
    if not isinstance(at, datetime):
        raise DataError("inject {number} has no time", number=number)
    return v.Inject(
        number, instant_of(at, zone), row.text("who"), row.text("verb"), row.text("subject"),
        _timed(data, zone) if isinstance(data, dict) else {}, row.text("as"), row.text("source"),
    )  # fmt: skip


def _timed(value: Any, zone: str) -> Any:
    """The value with every time without offset, which means pack time, as an instant in UTC."""
    if isinstance(value, dict):
        return {key: _timed(inner, zone) for key, inner in value.items()}
    if isinstance(value, list):
        return [_timed(inner, zone) for inner in value]
    if isinstance(value, str) and LOCAL_TIME.match(value):
        try:
            return instant_text(instant_of(datetime.fromisoformat(value), zone))
        except (ValueError, OverflowError):
            return value  # it only looks like a time; the verb's own check tells
    return value


def _retention(row: Row) -> dict[str, Keeping]:
    """How long each class is kept; as anoa proposes where the pack is silent."""
    said = (
        Keeping(one.text("class"), one.text("after"), int(one.number("days") or 0))
        for one in row.rows("classes")
    )
    return {**DEFAULTS, **{one.klass: one for one in said}}


def _parties(draft: Draft) -> tuple[str, ...]:
    return tuple(row.text("word") for row in draft.rows("words/parties.txt"))


def screen_words(draft: Draft, parties: tuple[str, ...]) -> ScreenWords:
    """The words by which the pack's country recognises persons, parties and assemblies."""
    row = draft.document("words/screening.yaml")
    return ScreenWords(
        parties=parties,
        assembly=tuple(row.texts("assembly_words")),
        restrict=tuple(row.texts("restrict_words")),
        sensitive=tuple(row.texts("sensitive_words")),
        **{
            name: tuple(row.texts(name))
            for name in (
                "honorifics", "titles", "suffixes", "not_names", "candidate_words",
                "number_words", "plate_areas", "forbidden_keys",
            )
        },
    )  # fmt: skip
