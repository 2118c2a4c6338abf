"""Who acts, and what the rules read of how things stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anoa.coordination.duty import Duty
from anoa.coordination.values import (
    Commitment,
    Edition,
    Incident,
    Item,
    Meeting,
    Operation,
    Proposal,
    Report,
    Rules,
    Sealing,
    SignalNote,
    Sitrep,
    Task,
    Threat,
    Verdict,
)
from anoa.ladder import VERIFIED_INCIDENT, Rung, Signal, Standing


@dataclass(frozen=True, slots=True)
class Actor:
    """A member by opaque id, the institution it acts for, and its role there."""

    member: str
    agency: str
    role: str


class State(Protocol):
    """What verbs and rules read of a picture."""

    @property
    def at(self) -> datetime | None: ...
    @property
    def operation(self) -> Operation | None: ...
    @property
    def reports(self) -> Mapping[str, Report]: ...
    @property
    def incidents(self) -> Mapping[str, Incident]: ...
    @property
    def threats(self) -> Mapping[str, Threat]: ...
    @property
    def tasks(self) -> Mapping[str, Task]: ...
    @property
    def meetings(self) -> Mapping[str, Meeting]: ...
    @property
    def commitments(self) -> Mapping[str, Commitment]: ...
    @property
    def proposals(self) -> Mapping[str, Proposal]: ...
    @property
    def signals(self) -> Mapping[str, SignalNote]: ...
    @property
    def editions(self) -> Mapping[str, Edition]: ...
    @property
    def sitreps(self) -> Mapping[str, Sitrep]: ...
    @property
    def seals(self) -> Mapping[str, Sealing]: ...
    @property
    def duties(self) -> Mapping[str, Duty]: ...
    def find(self, thing: str, ident: str) -> Item | None:
        """The thing of that id, or None."""

    def next_id(self, thing: str, more: int = 0) -> str:
        """The id of the next thing to be opened."""


def open_threat(state: State, region: str, threat_type: str) -> Threat | None:
    """The threat of that type in that region that is not closed, if there is one."""
    return next(
        (
            threat
            for threat in state.threats.values()
            if (threat.region, threat.threat_type) == (region, threat_type)
            and threat.rung is not Rung.CLOSED
        ),
        None,
    )


def verifying_report(state: State, rules: Rules, incident: Incident) -> Report | None:
    """A report of the incident that an institution of another chain of command verified.

    Two institutions of one chain are one: their word alone makes no incident verified.
    """
    for report in (state.reports[ident] for ident in incident.reports if ident in state.reports):
        if (
            report.verdict is Verdict.VERIFIED
            and report.stands
            and report.judged_by is not None
            and rules.chain(report.judged_by) != rules.chain(report.owner)
        ):
            return report
    return None


def signals_about(state: State, rules: Rules, region: str, threat_type: str) -> list[Signal]:
    """The signals that the picture holds for one threat type in one region.

    Assemblies, disputes, service needs and remarks are not among them, and what is sealed is
    left to its owner.
    """
    found = [
        Signal(kind, at, rules.chain(report.owner), report.id)
        for report in state.reports.values()
        if (report.region, report.threat_type) == (region, threat_type)
        and report.stands
        and report.handling != "sealed"
        for kind, at in _signals_of(report)
    ]
    found += [
        Signal(VERIFIED_INCIDENT, incident.verified_at, incident.verified_chain or "", incident.id)
        for incident in state.incidents.values()
        if (incident.region, incident.threat_type) == (region, threat_type)
        and incident.verified_at is not None
        and incident.merged_into is None
    ]
    found += [
        Signal(note.signal, note.noted_at, rules.chain(note.owner), note.id)
        for note in state.signals.values()
        if (note.region, note.threat_type) == (region, threat_type) and note.handling != "sealed"
    ]
    found += [
        Signal("index_high", edition.adopted_at, "index", edition.id)
        for edition in state.editions.values()
        if edition.klass == "threat"
        and (top := rules.top_categories.get(edition.index)) is not None
        and edition.classes.get(region) == top
    ]
    return found


def _signals_of(report: Report) -> list[tuple[str, datetime]]:
    signals = [("credible_report", report.filed_at)] if report.is_credible else []
    if report.verdict is Verdict.VERIFIED and report.judged_at is not None:
        signals.append(("verified_report", report.judged_at))
    return signals


def standing_of(threat: Threat | None, at: datetime) -> Standing:
    """The standing that rules read: a provisional actual counts as where it would return to."""
    if threat is None:
        return Standing(Rung.CLOSED, at)
    if threat.fall_back is not None:
        return Standing(threat.fall_back, threat.since, threat.provisional_until)
    return Standing(threat.rung, threat.since, threat.held_until)


def backs_actual(state: State, incident: Incident) -> bool:
    """Whether an actual rests on this incident, so that changing it needs two institutions."""
    threat = open_threat(state, incident.region, incident.threat_type)
    return (
        threat is not None
        and threat.rung is Rung.ACTUAL
        and not threat.is_provisional
        and incident.id in threat.evidence
    )
