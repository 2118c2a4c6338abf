"""The values that stand in a new pack until its authors put their own there.

Everything is invented. A text of several languages is one text here; PLACEHOLDER marks what must
be replaced, so that a check can count what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from anoa.coordination.retention import DEFAULTS

PLACEHOLDER = "(placeholder)"
SOURCE = "placeholder"  # the id of the source that stands in for every real one
RUNGS = {"potential": "Watch", "threshold": "Alert", "actual": "Emergency"}


@dataclass(frozen=True, slots=True)
class NewPack:
    """What is asked of who makes a pack: its id, languages, time zone, and the day it is made."""

    id: str
    languages: tuple[str, ...]
    time_zone: str
    today: date

    def day(self, later: int) -> str:
        """A day after the one on which the pack is made."""
        return (self.today + timedelta(days=later)).isoformat()

    def at(self, later: int, clock: str) -> str:
        """A local time of such a day."""
        return f"{self.day(later)}T{clock}"


def documents(new: NewPack) -> dict[str, dict[str, Any]]:
    """The values of the YAML files, by file."""
    return {
        "pack.yaml": _pack(new),
        "threats.yaml": _threats(),
        "ladder.yaml": _ladder(),
        "protocols.yaml": {"protocols": _protocols()},
        "clocks.yaml": {
            "acknowledge_min": 30, "assess_min": 120, "silent_after_h": 24, "explain_h": 24,
            "report_every_h": 24, "working_days": ["mon", "tue", "wed", "thu", "fri"],
            "holidays": [{
                "date": new.day(30), "name": f"A holiday {PLACEHOLDER}", "source": SOURCE,
            }],
        },
        "retention.yaml": {
            "note": f"First proposals of anoa; the institutions decide {PLACEHOLDER}",
            "classes": [
                {"class": one.klass, "after": one.after, "days": one.days}
                for one in DEFAULTS.values()
            ],
        },
        "indices.yaml": _indices(new),
        "cast.yaml": {"members": [
            {"id": "chair-desk", "agency": "commission", "role": "duty_officer"},
            {"id": "oversight-desk", "agency": "oversight", "role": "duty_officer"},
            {"id": "safety-desk", "agency": "safety", "role": "duty_officer"},
            {"id": "safety-field", "agency": "safety", "role": "reporter"},
            {"id": "watcher", "agency": "observers", "role": "reader"},
            {"id": "auditor", "agency": "observers", "role": "auditor"},
            {"id": "host-admin", "agency": "", "role": "host_admin"},
        ]},
        "exercise.yaml": _exercise(new),
        "words/screening.yaml": {
            "honorifics": ["Mister", "Madam"], "titles": ["Dr.", "Capt."], "suffixes": ["Esq."],
            "not_names": ["Election", "Commission"], "candidate_words": ["candidate"],
            "number_words": ["list number"], "plate_areas": [],
            "assembly_words": ["meeting of all"],
            "restrict_words": ["shut out"], "sensitive_words": ["faith group"],
            "forbidden_keys": ["faith"],
        },
    }  # fmt: skip


def tables(new: NewPack) -> dict[str, list[dict[str, str]]]:
    """The rows of the CSV files, by file; a file that is not named has none yet."""
    known = {"source": SOURCE, "known_at": new.day(0)}
    place = known | {"lat": "0.5", "lon": "0.5"}
    return {
        "sources.csv": [{
            "id": SOURCE, "publisher": f"Invented {PLACEHOLDER}", "date": new.day(0),
            "note": "invented by anoa new-pack: name the true source and its address",
        }],
        "regions.csv": [
            {"code": "r", "name": "Country", "level": "country"} | place,
            {"code": "r.1", "name": "First Region", "level": "region", "parent": "r"} | place,
            {"code": "r.2", "name": "Second Region", "level": "region", "parent": "r"}
            | place | {"lon": "1.5"},
        ],
        "sub_districts.csv": [
            {"code": f"r.{n}.{m}", "name": f"Part {n}.{m}", "region": f"r.{n}",
             "polling_stations": "10"} | known
            for n in (1, 2) for m in (1, 2)
        ],
        "figures.csv": [
            {"region": f"r.{n}", "figure": "travel_h", "period": str(new.today.year),
             "value": str(3 * n), "unit": "hours", "note": "invented"} | known
            for n in (1, 2)
        ],
        "agencies.csv": _agencies(),
        "contests.csv": [{"id": "council", "office": "council", "region": "r"} | known],
        "stages.csv": [
            {"id": "campaign", "name": f"Campaign {PLACEHOLDER}", "starts": new.day(0),
             "ends": new.day(56), "basis": PLACEHOLDER} | known,
            {"id": "voting", "name": f"Voting {PLACEHOLDER}", "starts": new.day(60),
             "ends": new.day(60), "basis": PLACEHOLDER} | known,
        ],
        "indicators.csv": [
            {"code": "r_travel", "parent": "reach", "level": "1", "weight": "1", "direction": "1",
             "name": f"Hours of travel {PLACEHOLDER}", "class": "service", "unit": "hours",
             "from": "figure:travel_h", "low": "0", "high": "10", "transform": "none",
             "source": SOURCE},
            {"code": "u_events", "parent": "unrest", "level": "1", "weight": "1", "direction": "1",
             "name": f"Violent events on record {PLACEHOLDER}", "class": "threat",
             "unit": "incidents", "from": "history:fight", "low": "0", "high": "5",
             "transform": "none", "source": SOURCE},
        ],
        "incidents.csv": [{
            "id": "past-1", "date": new.day(-700), "precision": "day", "region": "r.1",
            "place_class": "street", "type": "fight", "measure": f"2 hurt {PLACEHOLDER}",
            "outlet": f"Invented {PLACEHOLDER}",
        } | known],
        "history_types.csv": [{"id": "fight", "name": f"Fight {PLACEHOLDER}", "class": "threat"}],
    }  # fmt: skip


def _agencies() -> list[dict[str, str]]:
    rows = (
        ("commission", "Election commission", "commission", "*", "institutions"),
        ("oversight", "Office of oversight", "oversight", "*", "institutions"),
        ("safety", "Public safety service", "safety", "*", "institutions"),
        ("observers", "Observers", "observer", "", "public"),
    )
    return [
        {"id": one, "name": f"{name} {PLACEHOLDER}", "short": name, "kind": kind, "chain": one,
         "regions": regions, "sees": sees, "source": SOURCE}
        for one, name, kind, regions, sees in rows
    ]  # fmt: skip


def _pack(new: NewPack) -> dict[str, Any]:
    return {
        "format": 1, "id": new.id, "version": "1", "name": f"A new pack {PLACEHOLDER}",
        "languages": list(new.languages), "time_zone": new.time_zone,
        "time_zone_label": new.time_zone.rpartition("/")[2].replace("_", " ") + " time",
        "known_at": new.day(0), "root": "r", "main_index": "overview",
        "operation": {
            "codename": f"A new operation {PLACEHOLDER}", "starts": new.day(0),
            "ends": new.day(90), "chair": "commission",
            "window_note": f"Why these days {PLACEHOLDER}",
        },
        "letterhead": [f"A new operation {PLACEHOLDER}"],
        "labels": {"region": "Region", "country": "Country", "council": "Council"},
    }  # fmt: skip


def _threats() -> dict[str, Any]:
    return {
        "place_classes": {"street": "Street or square", "station": "Polling station",
                          "office": "Office of the election commission", "other": "Another place"},
        "objects": ["person", "goods", "place", "activity"],
        "threats": [
            {"id": "false_claim", "name": f"False claim about how to vote {PLACEHOLDER}",
             "object": "activity", "owner": {"kind": "commission"}, "context": False,
             "signs": ["The same claim turns up in two places without a source"]},
            {"id": "fight", "name": f"Fight near an election place {PLACEHOLDER}",
             "object": "activity", "owner": {"kind": "safety"}, "context": False,
             "signs": ["Two groups meet and push"]},
        ],
    }  # fmt: skip


def _ladder() -> dict[str, Any]:
    signals = (
        ("officer_call", "Judgement of a duty officer", "threshold"),
        ("credible_report", "Credible report", "threshold"),
        ("corroborated_report", "Report confirmed by another institution", "threshold"),
        ("verified_report", "Verified report", "threshold"),
        ("verified_incident", "Verified incident", "actual"),
    )
    rules = (
        ("one-report", "potential", "credible_report", "One credible report within 72 hours."),
        ("verified", "threshold", "verified_report", "Another institution verified a report."),
        ("it-happened", "actual", "verified_incident", "Another institution verified an incident."),
    )
    hours = {"potential": 72, "threshold": 48, "actual": 24}
    return {
        "version": "1",
        "rungs": [{"id": one, "short": word[:3].upper(), "name": word}
                  for one, word in RUNGS.items()],
        "closed": "Closed",
        "signals": [{"id": one, "name": name, "ceiling": ceiling, "local": True, "model": False}
                    for one, name, ceiling in signals],
        "rules": [{"id": one, "to": to, "threats": "*", "reason": reason,
                   "needs": [{"signal": signal, "count": 1, "chains": 1, "within_h": 72}]}
                  for one, to, signal, reason in rules],
        "dwell_h": hours, "review_h": {rung: count / 2 for rung, count in hours.items()},
        "provisional_h": 2, "versions": f"Version 1, not yet tried {PLACEHOLDER}",
    }  # fmt: skip


def _protocols() -> list[dict[str, Any]]:
    asked = (
        ("potential", "commission", "information", 6, "Publish the right answer.", "Its number"),
        ("threshold", "safety", "presence", 6, "Be there and speak with people.", "A note"),
        ("actual", "safety", "protection", 1, "Bring people to a safe place.", "A note"),
    )
    return [
        {"id": f"any-{rung}", "threats": "*", "rung": rung, "actions": [{
            "id": f"any-{rung}-1", "text": f"{text} {PLACEHOLDER}", "agency": {"kind": kind},
            "class": klass, "due_h": hours, "proof": f"{proof} {PLACEHOLDER}",
        }]}
        for rung, kind, klass, hours, text, proof in asked
    ]  # fmt: skip


def _indices(new: NewPack) -> dict[str, Any]:
    kinds = (
        (
            "overview",
            "vulnerability",
            "Overview",
            [{"index": "unrest", "weight": 1}, {"index": "reach", "weight": 1}],
        ),
        ("unrest", "threat", "Unrest on record", None),
        ("reach", "service", "Reach", None),
    )
    shared = {
        "scale": [0, 100], "min_coverage": 0.3, "category_coverage": 0.5,
        "categories": [{"id": "low", "name": "low", "from": 0},
                       {"id": "high", "name": "high", "from": 60}],
        "about": f"What it says and does not say {PLACEHOLDER}",
        "label": f"An invented index {PLACEHOLDER}",
    }  # fmt: skip
    return {
        "indices": [
            {"id": one, "name": name, "class": klass} | ({"parts": parts} if parts else {}) | shared
            for one, klass, name, parts in kinds
        ],
        "editions": [{"id": "first", "as_of": new.day(0), "note": f"Invented {PLACEHOLDER}"}],
    }


def _exercise(new: NewPack) -> dict[str, Any]:
    report = {
        "region": "r.1", "threat_type": "false_claim", "object": "activity",
        "place_class": "street", "observed_at": new.at(7, "12:30"), "reliability": "B",
        "credibility": "2", "obtained": "told", "at_risk": "voters",
    }  # fmt: skip
    promise = {
        "debtor": "oversight", "creditor": "commission",
        "what": "A list of stations without steps.",
        "proof": "The list", "due": new.at(8, "16:00"), "region": "r.2", "meeting": "$meeting",
    }  # fmt: skip
    meeting = {
        "title": "First meeting (EXERCISE)", "place": "Here", "chair": "commission",
        "attending": ["commission", "oversight", "safety"],
    }  # fmt: skip
    steps: tuple[tuple[str, str, str, str, dict[str, Any], str], ...] = (
        ("09:00", "chair-desk", "edition.adopt", "", {"index": "overview", "edition": "first"}, ""),
        ("09:10", "chair-desk", "meeting.open", "", meeting, "meeting"),
        ("09:20", "chair-desk", "commitment.request", "", promise, "promise"),
        ("09:25", "oversight-desk", "commitment.accept", "$promise", {}, ""),
        ("10:00", "chair-desk", "meeting.close", "$meeting", {}, ""),
        ("13:00", "safety-field", "report.file", "", report, "claim"),
        ("13:20", "oversight-desk", "report.acknowledge", "$claim", {}, ""),
        ("14:00", "oversight-desk", "report.judge", "$claim",
         {"verdict": "verified", "reason": "We were asked the same. (EXERCISE)"}, ""),
        ("18:00", "chair-desk", "sitrep.issue", "", {"report": "daily"}, ""),
        ("18:30", "chair-desk", "seal.sign", "", {}, ""),
    )  # fmt: skip
    return {
        "title": f"A first exercise {PLACEHOLDER}", "notice": "EXERCISE – INVENTED DATA",
        "play_until": 8,
        "injects": [
            {name: value for name, value in (
                ("at", new.at(7, clock)), ("who", who), ("verb", verb), ("subject", subject),
                ("data", data), ("as", named),
            ) if value}
            for clock, who, verb, subject, data, named in steps
        ],
    }  # fmt: skip
