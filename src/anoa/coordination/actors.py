"""Who acts, and what the rules read of how things stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Protocol

from anoa.coordination.duty import Duty
from anoa.coordination.field import LATE_MATERIALS, Finding, HelpCall, Materials
from anoa.coordination.institutions import CountersignKey, Institution
from anoa.coordination.retention import Hold
from anoa.coordination.sealed import SealingKey
from anoa.coordination.sealing import Sealing
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
    SignalNote,
    Sitrep,
    Task,
    Threat,
    Verdict,
)
from anoa.ladder import VERIFIED_INCIDENT, Rung, Signal, Standing

LATEST = 50  # signals of one kind and institution that rules read; no need asks for more


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
    @property
    def logistics(self) -> Mapping[str, Materials]: ...
    @property
    def helps(self) -> Mapping[str, HelpCall]: ...
    @property
    def findings(self) -> Mapping[str, Finding]: ...
    @property
    def sealing_keys(self) -> Mapping[str, SealingKey]: ...
    @property
    def holds(self) -> Mapping[str, Hold]: ...
    @property
    def institutions(self) -> Mapping[str, Institution]: ...
    @property
    def countersign_keys(self) -> Mapping[str, CountersignKey]: ...
    def find(self, thing: str, ident: str) -> Item | None:
        """The thing of that id, or None."""

    def unanswered_reports(self, at: datetime) -> Iterable[Report]:
        """The reports that nobody acknowledged in time, the oldest first."""

    def taken_reports(self) -> Iterable[Report]:
        """The reports that somebody is verifying, the oldest first."""

    def credible_reports(self, region: str, threat_type: str) -> Iterable[Iterable[Report]]:
        """Reports that came in as credible, by institution, each the newest first."""

    def verified_reports(self, region: str, threat_type: str) -> Iterable[Iterable[Report]]:
        """Reports that were verified, by the institution that filed them, the last first."""

    def verified_incidents(self, region: str, threat_type: str) -> Iterable[Iterable[Incident]]:
        """Incidents that were verified, by the chain that did so, the last first."""

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
    place = (region, threat_type)
    found = [
        *_latest(map(partial(_credible, rules), found) for found in state.credible_reports(*place)),
        *_latest(map(partial(_verified, rules), found) for found in state.verified_reports(*place)),
        *_latest(map(_happened, found) for found in state.verified_incidents(*place)),
    ]
    found += [
        Signal(note.signal, note.noted_at, rules.chain(note.owner), note.id)
        for note in state.signals.values()
        if (note.region, note.threat_type) == (region, threat_type) and note.handling != "sealed"
    ]
    if threat_type in late_types(rules):
        found += _late_materials(state, rules, region)
    found += [
        Signal("index_high", edition.adopted_at, "index", edition.id)
        for edition in state.editions.values()
        if edition.klass == "threat"
        and (top := rules.top_categories.get(edition.index)) is not None
        and edition.classes.get(region) == top
    ]
    return found


def _late_materials(state: State, rules: Rules, region: str) -> list[Signal]:
    late = [one for one in state.logistics.values() if one.region == region and one.is_late]
    late.sort(key=lambda one: one.stated_at, reverse=True)
    by_owner: dict[str, list[Signal]] = {}
    for one in late:
        signal = Signal(LATE_MATERIALS, one.stated_at, rules.chain(one.owner), one.id)
        by_owner.setdefault(one.owner, []).append(signal)
    return _latest(by_owner.values())


def late_types(rules: Rules) -> tuple[str, ...]:
    """The threat types of which a rule of the pack says that late materials may lift them."""
    named = {
        threat
        for rule in rules.ladder.rules
        for threat in rule.threats
        if any(need.signal == LATE_MATERIALS for need in rule.needs)
    }
    return tuple(sorted(named & set(rules.threat_types)))


def _latest(strings: Iterable[Iterable[Signal | None]]) -> list[Signal]:
    """Of each institution the latest signals, in order of ids; each string has the newest first.

    A need counts chains and signals, and asks for far fewer than are kept; so leaving out the
    older ones decides nothing, and no entry names a thousand reports as its evidence.
    """
    found = [one for string in strings
             for one in islice((signal for signal in string if signal), LATEST)]  # fmt: skip
    return sorted(found, key=lambda signal: (len(signal.evidence), signal.evidence))


def _credible(rules: Rules, report: Report) -> Signal | None:
    if not (report.is_credible and report.stands) or report.handling == "sealed":
        return None
    return Signal("credible_report", report.filed_at, rules.chain(report.owner), report.id)


def _verified(rules: Rules, report: Report) -> Signal | None:
    if report.verdict is not Verdict.VERIFIED or not report.stands or report.judged_at is None:
        return None
    if report.handling == "sealed" or report.same_chain:
        return None  # two units of one chain of command are one voice, and it spoke already
    return Signal("verified_report", report.judged_at, rules.chain(report.owner), report.id)


def _happened(incident: Incident) -> Signal | None:
    if incident.verified_at is None or not incident.stands or incident.handling == "sealed":
        return None
    chain = incident.verified_chain or ""
    return Signal(VERIFIED_INCIDENT, incident.verified_at, chain, incident.id)


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
