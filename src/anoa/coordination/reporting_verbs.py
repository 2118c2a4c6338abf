"""Verbs on reports, incidents and signals: who may file, answer, judge, tie and merge."""

from __future__ import annotations

from typing import Any

from anoa.coordination.actors import backs_actual
from anoa.coordination.consequences import incident_data
from anoa.coordination.institutions import has_left
from anoa.coordination.kinds import INCIDENT_FIELDS, REPORT_FIELDS
from anoa.coordination.triage_verbs import need_free, need_unchanged
from anoa.coordination.values import Incident, Report, Verdict
from anoa.coordination.verbs import (
    HANDLING_FIELD,
    OPERATOR,
    REPORTER,
    Act,
    Drafts,
    verb,
)
from anoa.errors import AnoaError, InputError
from anoa.oplog import instant_text

DERIVED_SIGNALS = frozenset({
    "credible_report", "corroborated_report", "verified_report", "verified_incident",
    "filter_alarm", "index_high", "neighbour_event",
})  # fmt: skip


def _check_place(act: Act) -> None:
    """The sub-district lies in the region, and nothing happened after now."""
    wrong: dict[str, AnoaError] = {}
    sub_district = act.data.get("sub_district")
    if sub_district and act.rules.regions[sub_district] != act.data["region"]:
        wrong["sub_district"] = AnoaError(
            "{sub_district} does not lie in {region}",
            sub_district=sub_district, region=act.data["region"],
        )  # fmt: skip
    observed = act.when("observed_at")
    if observed is not None and observed > act.at:
        wrong["observed_at"] = AnoaError("this lies in the future")
    if wrong:
        raise InputError(wrong)


@verb("report.file", REPORTER, *REPORT_FIELDS, "submission:id", HANDLING_FIELD, opens=True)
def file_report(act: Act) -> Drafts:
    """File a report; its acknowledge clock runs from now."""
    _check_place(act)
    spec = act.rules.threat_types[act.data["threat_type"]]
    handling = act.data.get("handling") or spec.handling
    data = dict(act.data) | {"acknowledge_by": instant_text(act.at + act.rules.clocks.acknowledge)}
    if handling == "sealed":
        # Sealed to the institution that owns this type, past everybody else.
        data["to"] = act.rules.agency_for(spec.owner_kind, act.data["region"])
        act.need(
            not has_left(act.state.institutions, str(data["to"])),
            "{agency}, to which this would be sealed, takes part no longer: it was not filed.",
            agency=data["to"],
        )  # fmt: skip
    return (act.opening("report.filed", data, handling),)


def _mine_unjudged(act: Act) -> Report:
    report: Report = act.item("report")
    act.need_owner(report)
    act.need(report.verdict is None, "{id} was judged; dispute the verdict instead.", id=report.id)
    act.need(not report.withdrawn, "{id} is withdrawn.", id=report.id)
    return report


@verb("report.amend", REPORTER, *REPORT_FIELDS)
def amend_report(act: Act) -> Drafts:
    """Correct one's own report before it is judged."""
    _mine_unjudged(act)
    _check_place(act)
    return (act.entry("report.amended"),)


@verb("report.withdraw", REPORTER, "reason:prose!")
def withdraw_report(act: Act) -> Drafts:
    """Take one's own report back; it stays in the log."""
    _mine_unjudged(act)
    return (act.entry("report.withdrawn"),)


@verb("report.check_picture", OPERATOR, "number:count!", "found:word(nobody|covered|kept_back)!")
def check_picture(act: Act) -> Drafts:
    """Say of a picture of one's own report who can be recognised on it, before others see it."""
    act.need_owner(act.item("report"))
    return (act.entry("report.picture_checked"),)


@verb("report.acknowledge", OPERATOR)
def acknowledge_report(act: Act) -> Drafts:
    """Answer another institution's report: it was read and somebody sees to it."""
    report = act.item("report")
    if report.handling != "sealed":
        act.need_other(report.owner)
    act.need(report.state == "recorded", "{id} is {state}.", id=report.id, state=report.state)
    return (act.entry("report.acknowledged", data={}),)


@verb(
    "report.judge", OPERATOR, "verdict:word(verified|refuted|unrelated|duplicate)!",
    "reason:prose!", "of:id", "instead_of:word(verified|refuted|unrelated|duplicate)",
)  # fmt: skip
def judge_report(act: Act) -> Drafts:
    """Verify a report of another institution, or refute it, with a written reason."""
    report: Report = act.item("report")
    act.need_other(report.owner)
    act.need(not report.withdrawn, "{id} is withdrawn.", id=report.id)
    verdict = Verdict(act.data["verdict"])
    need_free(act, report)
    repeats = report.verdict is verdict and report.judged_by == act.actor.agency
    act.need(not repeats, "{id} is {state} already.", id=report.id, state=verdict)
    need_unchanged(act, report)
    if verdict is Verdict.DUPLICATE:
        act.need(act.data.get("of") != report.id, "{id} cannot repeat itself.", id=report.id)
        act.need_as_wide(act.item("report", act.data.get("of") or ""), report.handling)
    if verdict is not Verdict.VERIFIED and report.incident is not None:
        act.need(  # which incident that is, this institution may not know
            not backs_actual(act.state, act.state.incidents[report.incident]),
            "An actual disturbance rests on {id}: propose the refutation, two institutions sign.",
            id=report.id,
        )
    same = act.rules.chain(report.owner) == act.chain
    data = {name: value for name, value in act.data.items() if name != "instead_of"}
    return (act.entry("report.judged", data=data | {"same_chain": same}),)


def _tie(act: Act, incident_id: str, region: str, report_id: str, handling: str) -> Any:
    report: Report = act.item("report", report_id)
    act.need(report.stands, "{id} is {state}.", id=report.id, state=report.state)
    act.need(
        report.incident is None, "{id} is tied to an incident already.", id=report.id
    )  # whose incident that is, this institution may not know
    act.need(report.region == region, "{id} speaks of another region.", id=report.id)
    act.need(
        report.handling != "sealed" or handling == "sealed",
        "{id} is sealed: open a sealed incident for it.", id=report.id,
    )  # fmt: skip
    act.need_as_wide(report, handling)
    return act.entry("incident.tied", incident_id, {"report": report.id}, handling)


@verb("incident.open", OPERATOR, *INCIDENT_FIELDS, "reports:ids", HANDLING_FIELD, opens=True)
def open_incident(act: Act) -> Drafts:
    """Open an incident, with the reports that describe it."""
    _check_place(act)
    spec = act.rules.threat_types[act.data["threat_type"]]
    handling = act.data.get("handling") or spec.handling
    data = {name: value for name, value in act.data.items() if name != "reports"}
    opened = act.opening("incident.opened", data, handling)
    reports = dict.fromkeys(act.data.get("reports") or ())
    ties = [_tie(act, opened.subject, act.data["region"], r, str(handling)) for r in reports]
    return (opened, *ties)


def _need_standing(act: Act, incident: Incident) -> None:
    act.need(incident.stands, "{id} is {state}.", id=incident.id, state=incident.state)


@verb("incident.tie", OPERATOR, "report:id!")
def tie_report(act: Act) -> Drafts:
    """Tie a report to one's own incident."""
    incident = act.item("incident")
    act.need_owner(incident)
    _need_standing(act, incident)
    return (_tie(act, incident.id, incident.region, act.data["report"], str(incident.handling)),)


@verb("incident.untie", OPERATOR, "report:id!", "reason:prose!")
def untie_report(act: Act) -> Drafts:
    """Say that a report does not describe one's own incident after all; it is free again."""
    incident: Incident = act.item("incident")
    act.need_owner(incident)
    _need_standing(act, incident)
    report: Report = act.item("report", act.data["report"])
    act.need(
        report.incident == incident.id, "{id} is not tied to {incident}.", id=report.id,
        incident=incident.id,
    )  # fmt: skip
    _need_no_actual(act, incident)
    return (act.entry("incident.untied"),)


@verb("incident.unmerge", OPERATOR, "reason:prose!")
def unmerge_incident(act: Act) -> Drafts:
    """Undo a merge: it needed both owners, so either may take it back."""
    old: Incident = act.item("incident")
    act.need(old.merged_into is not None, "{id} is {state}.", id=old.id, state=old.state)
    into: Incident = act.item("incident", old.merged_into)
    act.need(
        act.actor.agency in (old.owner, into.owner),
        "{id} belongs to {owner}: comment on it or dispute it instead.",
        id=old.id, owner=old.owner,
    )  # fmt: skip
    _need_standing(act, into)
    _need_no_actual(act, into)
    back = [one for one in old.reports if act.state.reports[one].incident == into.id]
    data = {"into": into.id, "reports": back, "reason": act.data["reason"]}
    return (act.entry("incident.unmerged", data=data),)


def _need_no_actual(act: Act, incident: Incident) -> None:
    act.need(
        not backs_actual(act.state, incident),
        "An actual disturbance rests on {id}: propose first that it be lowered.", id=incident.id,
    )  # fmt: skip


@verb("incident.amend", OPERATOR, *INCIDENT_FIELDS)
def amend_incident(act: Act) -> Drafts:
    """Correct one's own incident; one that an actual rests on needs two institutions."""
    incident = act.item("incident")
    act.need_owner(incident)
    _need_standing(act, incident)
    act.need(
        not backs_actual(act.state, incident),
        "An actual disturbance rests on {id}: propose the change, two institutions sign.",
        id=incident.id,
    )  # fmt: skip
    _check_place(act)
    return (act.entry("incident.amended", data=incident_data(incident) | dict(act.data)),)


@verb("incident.merge", OPERATOR, "into:id!")
def merge_incident(act: Act) -> Drafts:
    """Merge two of one's own incidents; others' need a proposal that both owners sign."""
    old, into = act.item("incident"), act.item("incident", act.data["into"])
    for incident in (old, into):
        act.need(
            incident.owner == act.actor.agency and not backs_actual(act.state, incident),
            "Both owners must agree to merge {id}: propose it.", id=incident.id,
        )  # fmt: skip
        _need_standing(act, incident)
    act.need(old.id != into.id, "{id} cannot be merged into itself.", id=old.id)
    need_same_circle(act, old, into)
    data = {"into": into.id, "reports": list(old.reports)}
    return (act.entry("incident.merged", data=data),)


def need_same_circle(act: Act, one: Incident, other: Incident) -> None:
    """Refuse to merge what not the same readers see, as each would name the other."""
    act.need(
        one.handling == other.handling and (one.handling != "sealed" or one.owner == other.owner),
        "{id} and {other} are not for the same readers: they cannot be merged.",
        id=one.id, other=other.id,
    )  # fmt: skip


@verb("incident.withdraw", OPERATOR, "reason:prose!")
def withdraw_incident(act: Act) -> Drafts:
    """Take one's own incident back once no report of it stands; it stays in the log."""
    incident: Incident = act.item("incident")
    act.need_owner(incident)
    _need_standing(act, incident)
    standing = [ident for ident in incident.reports if act.state.reports[ident].stands]
    act.need(
        not standing, "{report} still speaks for {id}: it must be judged or withdrawn first.",
        report=", ".join(standing), id=incident.id,
    )  # fmt: skip
    _need_no_actual(act, incident)
    waiting = [p.id for p in act.state.proposals.values()
               if p.is_open and incident.id in (p.about, p.to)]  # fmt: skip
    act.need(not waiting, "{proposal} waits for signatures about {id}: sign or decline it first.",
             proposal=", ".join(waiting), id=incident.id)  # fmt: skip
    return (act.entry("incident.withdrawn"),)


@verb(
    "signal.note", OPERATOR, "signal:id!", "region:id!", "threat_type:id!", "reason:prose!",
    HANDLING_FIELD, opens=True,
)  # fmt: skip
def note_signal(act: Act) -> Drafts:
    """Put a named local fact on record; what reports and models tell is never noted by hand."""
    signal = act.data["signal"]
    act.need(
        signal not in DERIVED_SIGNALS and not act.rules.ladder.signals[signal].model,
        "'{signal}' follows from reports or a model: file a report instead.", signal=signal,
    )  # fmt: skip
    return (act.opening("signal.noted"),)
