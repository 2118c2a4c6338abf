"""A small operation in code: two police units of one chain, a commission, a supervisor, a forum."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from anoa.coordination import Actor, act
from anoa.coordination.values import (
    Action,
    ActionClass,
    AgencySpec,
    Clocks,
    ResponseProtocol,
    Rules,
    ThreatType,
)
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.oplog import Entry, Handling, instant_text
from anoa.picture import Picture, run_clocks, settle

NOON = datetime(2024, 9, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _ladder() -> Ladder:
    kinds = [
        SignalKind("credible_report", Rung.THRESHOLD),
        SignalKind("verified_report", Rung.THRESHOLD),
        SignalKind("verified_incident", Rung.ACTUAL),
        SignalKind("late_materials", Rung.THRESHOLD),
        SignalKind("filter_alarm", Rung.POTENTIAL, model=True),
    ]
    rules = (
        Rule("one", Rung.POTENTIAL, (Need("credible_report"),)),
        Rule("late", Rung.POTENTIAL, (Need("late_materials"),)),
        Rule("two-chains", Rung.THRESHOLD, (Need("credible_report", 2, 2),)),
        Rule("checked", Rung.THRESHOLD, (Need("verified_report"),)),
        Rule("happened", Rung.ACTUAL, (Need("verified_incident"),)),
    )
    dwell = {Rung.POTENTIAL: 168 * HOUR, Rung.THRESHOLD: 72 * HOUR, Rung.ACTUAL: 72 * HOUR}
    review = {Rung.POTENTIAL: 72 * HOUR, Rung.THRESHOLD: 24 * HOUR, Rung.ACTUAL: 12 * HOUR}
    return Ladder("1", {kind.id: kind for kind in kinds}, rules, dwell, review)


def _protocols() -> tuple[ResponseProtocol, ...]:
    talk = Action("talk", ActionClass.DIALOGUE, 24 * HOUR, agency_kind="forum")
    guard = Action("guard", ActionClass.PRESENCE, 4 * HOUR, agency_kind="police")
    protect = Action("protect", ActionClass.PROTECTION, HOUR, agency_kind="police")
    enforce = Action("enforce", ActionClass.ENFORCEMENT, HOUR, agency_kind="police")
    return (
        ResponseProtocol("pg", Rung.POTENTIAL, (talk,)),
        ResponseProtocol("ag", Rung.THRESHOLD, (talk, guard)),
        ResponseProtocol("gn", Rung.ACTUAL, (protect, enforce)),
    )


def rules(**changes: Any) -> Rules:
    """The rules of the small operation."""
    agencies = {
        spec.id: spec
        for spec in (
            AgencySpec("district-police", "police", "police", frozenset({"10.1"})),
            AgencySpec("police", "police", "police", frozenset({"*"})),
            AgencySpec("commission", "commission", "commission", frozenset({"*"})),
            AgencySpec("supervisor", "supervisor", "supervisor", frozenset({"*"})),
            AgencySpec("forum", "forum", "forum", frozenset({"*"})),
            AgencySpec("observers", "observer", "observers", frozenset({"*"}), Handling.PUBLIC),
        )
    }
    fields: dict[str, Any] = {
        "agencies": agencies,
        "regions": {"10": None, "10.1": "10", "10.2": "10", "10.1.1": "10.1", "10.2.1": "10.2"},
        "threat_types": {
            "rumor": ThreatType("rumor", "activity", "commission"),
            "clash": ThreatType("clash", "activity", "police"),
            "conduct": ThreatType("conduct", "person", "supervisor", Handling.SEALED),
        },
        "place_classes": frozenset({"road", "market"}),
        "stages": frozenset({"voting"}),
        "ladder": _ladder(),
        "protocols": _protocols(),
        "clocks": Clocks(timedelta(minutes=30), 24 * HOUR, 24 * HOUR),
        "starts": NOON - timedelta(days=10),
        "ends": NOON + timedelta(days=100),
        "screen": lambda text: ("a phone number",) if "0812" in text else (),
    }
    return Rules(**(fields | changes))


class World:
    """Plays verbs in memory and keeps the log."""

    def __init__(self, *, exercise: bool = True) -> None:
        self.rules, self.picture, self.entries = rules(), Picture(), list[Entry]()
        self.at, self._salt = NOON, count(1)
        opened = {
            "operation": "op", "name": "Op", "pack_version": "1", "pack_digest": "d",
            "time_zone": "UTC", "exercise": exercise, "rules_version": "1",
        }  # fmt: skip
        self.settle(
            [Entry(0, NOON, "rule:opening", "anoa", "operation.opened", 1, "op", opened, "public")]
        )

    def settle(self, drafts: Any) -> tuple[Entry, ...]:
        """Settle drafts with counted salts."""
        self.picture, made = settle(
            self.picture, self.rules, drafts, lambda: f"{next(self._salt):032x}"
        )
        self.entries.extend(made)
        return made

    def wait(self, hours: float) -> None:
        """Let the clock run."""
        self.at += hours * HOUR
        run_clocks(lambda: self.picture, self.rules, self.at, self.settle)

    def do(
        self, agency: str, verb: str, subject: str = "", role: str = "duty_officer", **data: Any
    ) -> str:
        """Do a verb; gives the id of its thing."""
        actor = Actor(f"m-{agency}", agency, role)
        drafts = act(self.picture, self.rules, actor, verb, subject, data, self.at)
        return self.settle(drafts)[0].subject

    def report(self, agency: str, **changes: Any) -> str:
        """File a credible report of a clash in 10.1 unless said otherwise."""
        return self.do(agency, "report.file", **reported(self.at, **changes))

    def incident(self, agency: str, *reports: str, **changes: Any) -> str:
        """Open an incident over these reports."""
        data = {
            "region": "10.1", "threat_type": "clash", "place_class": "road",
            "observed_at": instant_text(self.at), "reports": list(reports),
        } | changes  # fmt: skip
        return self.do(agency, "incident.open", **data)

    def threat(self, threat_type: str = "clash") -> Any:
        """The newest threat of the type."""
        return [t for t in self.picture.threats.values() if t.threat_type == threat_type][-1]

    def kinds(self) -> list[str]:
        """The kinds of all entries so far."""
        return [entry.kind for entry in self.entries]

    def actual(self) -> Any:
        """An actual over a verified incident, in three entries of people."""
        report = self.report("district-police")
        self.incident("district-police", report)
        self.do("supervisor", "report.judge", report, verdict="verified", reason="Seen as well.")
        return self.threat()


def reported(at: datetime, **changes: Any) -> Mapping[str, Any]:
    """The fields of a credible report."""
    return {
        "region": "10.1", "threat_type": "clash", "place_class": "road", "object": "activity",
        "observed_at": instant_text(at), "reliability": "B", "credibility": "2", "obtained": "seen",
    } | changes  # fmt: skip
