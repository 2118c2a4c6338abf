"""A report, threat or commitment as a short text to pass on, in the habit of the country's
messages: who may read it, when, where, what, what was done, how it stands. No names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from anoa.coordination.values import Commitment, Report, Threat
from anoa.pack import Pack
from anoa.pack.kinds import DAYS

LONGEST = 1500
_ENGLISH: Mapping[str, str] = {
    "label_date": "Date", "label_time": "Time", "label_place": "Place",
    "label_place_class": "Class of place", "label_what": "What", "label_at_risk": "At risk",
    "label_source": "Rating", "label_obtained": "How it was learnt", "label_action": "Action",
    "label_situation": "Situation", "handling_public": "MAY BE PASSED ON TO ANYONE",
    "handling_institutions": "FOR THE INSTITUTIONS OF THIS OPERATION ONLY",
    "handling_sealed": "SEALED - DO NOT PASS ON",
}  # fmt: skip


def message_text(thing: Report | Threat | Commitment, pack: Pack, language: str) -> str:
    """The text of a thing, at most 1,500 characters; its first line says who may read it.

    Of a report every field can be read back by ``parse_messages``. Words are the pack's, in its
    first language where it has none in ``language``, else English.
    """
    words = _Words(pack, language)
    if isinstance(thing, Report):
        lines = list(_report(thing, pack, words))
    elif isinstance(thing, Threat):
        lines = list(_threat(thing, pack, words))
    else:
        lines = list(_commitment(thing, pack, words))
    head = f"{words.get(f'handling_{thing.handling}')} - {thing.id}"
    return _shortened("\n".join([head, *filter(None, lines)]))


class _Words:
    """The pack's words for texts in one language."""

    def __init__(self, pack: Pack, language: str) -> None:
        self.pack, self.language = pack, language
        self.spoken = pack.message_words.spoken if pack.message_words else {}

    def get(self, key: str) -> str:
        """The word of a key; the English one, or the key's own last part, where none is given."""
        texts = self.spoken.get(key)
        if texts:
            return self.pack.text(texts, self.language)
        return _ENGLISH.get(key, key.partition("_")[2].replace("_", " "))

    def line(self, label: str, value: str) -> str:
        """A labelled line; none for an empty value."""
        return f"{self.get(f'label_{label}')}: {value}" if value else ""


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _report(report: Report, pack: Pack, words: _Words) -> Iterable[str]:
    place = report.sub_district or report.region
    kind = pack.threat_types.get(report.threat_type)
    people = f" ({words.get(f'at_risk_{report.at_risk}')})" if report.at_risk else ""
    yield from _moment(report.observed_at, report.region, pack, words)
    yield words.line("place", _place(place, pack))
    classes = pack.place_classes.get(report.place_class)
    yield words.line("place_class", pack.text(classes, words.language) if classes else "")
    yield words.line("what", pack.text(kind.name, words.language) if kind else "")
    yield words.line("at_risk", words.get(f"object_{report.object}") + people)
    yield words.line("source", f"{report.reliability}{report.credibility}")
    yield words.line("obtained", words.get(f"obtained_{report.obtained}"))
    yield words.line("situation", words.get(f"state_{report.state}"))


def _threat(threat: Threat, pack: Pack, words: _Words) -> Iterable[str]:
    kind = pack.threat_types.get(threat.threat_type)
    rung = pack.rungs.get(threat.rung)
    name = pack.text(rung.name if rung else pack.closed, words.language)
    yield from _moment(threat.since, threat.region, pack, words)
    yield words.line("place", _place(threat.region, pack))
    yield words.line("what", pack.text(kind.name, words.language) if kind else "")
    yield words.line("situation", name)
    last = threat.moves[-1] if threat.moves else None
    reasons = pack.rule_reasons.get(last.rule) if last else None
    said = (last.reason if last else "") or pack.text(reasons or {}, words.language)
    yield words.line("action", said)


def _commitment(held: Commitment, pack: Pack, words: _Words) -> Iterable[str]:
    def short(agency: str) -> str:
        return pack.agencies[agency].short if agency in pack.agencies else agency

    yield from _moment(held.due, held.region, pack, words)
    yield words.line("place", _place(held.region, pack) if held.region else "")
    yield words.line("what", f"{short(held.debtor)} → {short(held.creditor)}: {held.what}")
    yield words.line("situation", words.get(f"state_{held.state}"))


def _moment(at: datetime, region: str | None, pack: Pack, words: _Words) -> Iterable[str]:
    """Day, date and time in local time with the zone's own label."""
    local = pack.local(at, region)
    day = words.spoken.get(f"day_{DAYS[local.weekday()]}")
    month = words.spoken.get(f"month_{local.month}")
    date = f"{local:%Y-%m-%d}"
    if day and month:
        date = (f"{pack.text(day, words.language)}, {local.day} "
                f"{pack.text(month, words.language)} {local.year}")  # fmt: skip
    yield words.line("date", date)
    yield words.line("time", f"{local:%H.%M} {_zone(pack, region)}".strip())


def _zone(pack: Pack, region: str | None) -> str:
    key = pack.zone(region).key
    if key == pack.time_zone:
        return pack.time_zone_label
    zones = pack.message_words.zones if pack.message_words else ()
    return next((zone.words[0] for zone in zones if zone.id == key and zone.words), key)


def _place(code: str, pack: Pack) -> str:
    """The place and the region it lies in, each after the word for what it is."""
    region = pack.region_of(code) or code
    codes = [code] if code == region else [code, region]
    return ", ".join(_levelled(one, pack) for one in codes)


def _levelled(code: str, pack: Pack) -> str:
    level = pack.regions[code].level if code in pack.regions else "sub_district"
    groups = pack.message_words.levels if pack.message_words else ()
    words = next((group.words for group in groups if group.id == level and group.words), ())
    return " ".join([*words[:1], pack.place_name(code)])
