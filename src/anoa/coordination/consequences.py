"""What written rules make of an entry, and what the clocks make of the time.

Both are pure: they draft entries, with the seq they answer as cause, and never write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from anoa.coordination.actors import (
    State,
    late_types,
    open_threat,
    signals_about,
    standing_of,
    verifying_report,
)
from anoa.coordination.institutions import voice_of
from anoa.coordination.kinds import VERSION
from anoa.coordination.values import (
    ALLOWED_CLASSES,
    RULES_AGENCY,
    Action,
    ActionClass,
    CommitmentState,
    Incident,
    Proposal,
    Rules,
    Threat,
    Verdict,
)
from anoa.ladder import Rung, Step
from anoa.oplog import Entry, Handling, instant_text

Drafts = tuple[Entry, ...]
STEPPING = frozenset({
    "report.filed", "report.amended", "report.withdrawn", "report.judged", "incident.verified",
    "incident.unverified", "incident.amended", "incident.merged", "incident.unmerged",
    "signal.noted", "threat.provisional_expired",
})  # fmt: skip
VERIFYING = frozenset({
    "report.judged", "report.withdrawn", "incident.tied", "incident.untied", "incident.merged",
    "incident.unmerged",
})  # fmt: skip

ANSWERED = VERIFYING | STEPPING | {  # kinds of entries that a rule may answer
    "logistics.stated", "threat.raised", "threat.lowered", "threat.provisional_expired",
    "proposal.signed",
}  # fmt: skip
LOCAL = frozenset({  # kinds that change nothing of which rules read elsewhere than in their region
    "threat.raised", "task.assigned", "task.withdrawn", "incident.verified", "incident.unverified",
})  # fmt: skip


def cell_of(state: State, entry: Entry) -> tuple[object, ...] | None:
    """What the rules read to answer an entry, its region first; None where they look further.

    Two entries of one cell find the same answers, but for their cause.
    """
    if entry.kind in VERIFYING or entry.kind == "proposal.signed":
        return None
    item: Any = state.find(entry.thing, entry.subject)
    if entry.thing in ("threat", "logistics"):
        return item.region, entry.kind, entry.subject, entry.at
    return item.region, item.threat_type, entry.at, item.handling == "sealed"


def follow(state: State, rules: Rules, entry: Entry) -> Drafts:
    """The entries that the written rules of the pack answer an entry with."""
    drafts: list[Entry] = []
    if entry.kind in VERIFYING:
        drafts += _verification(state, rules, entry)
    if entry.kind in STEPPING and not drafts:  # else the verification steps the ladder itself
        drafts += _ladder(state, rules, entry)
    if entry.kind == "logistics.stated":
        drafts += _late(state, rules, entry)
    if entry.kind == "threat.raised":
        drafts += _activate(state, rules, entry)
    if entry.kind in ("threat.lowered", "threat.provisional_expired"):
        drafts += _withdraw(state, entry)
    if entry.kind == "proposal.signed":
        drafts += _carry(state, rules, entry)
    return tuple(drafts)


def rule_entry(
    kind: str, subject: str, at: datetime, data: Mapping[str, Any], *, rule: str,
    handling: Handling = Handling.INSTITUTIONS, cause: int | None = None,
) -> Entry:  # fmt: skip
    """A draft that a written rule makes, not an institution."""
    kept = {name: value for name, value in data.items() if value is not None}
    return Entry(0, at, f"rule:{rule}", RULES_AGENCY, kind, VERSION, subject, kept, handling, cause)


def _verification(state: State, rules: Rules, entry: Entry) -> Iterator[Entry]:
    for incident in _incidents_of(state, entry):
        report = verifying_report(state, rules, incident)
        if report is not None and incident.verified_at is None:
            data = {"chain": rules.chain(report.judged_by or ""), "report": report.id}
            kind = "incident.verified"
        elif report is None and incident.verified_at is not None:
            data, kind = {}, "incident.unverified"
        else:
            continue
        yield rule_entry(
            kind, incident.id, entry.at, data, rule="another-chain",
            handling=incident.handling, cause=entry.seq,
        )  # fmt: skip


def _incidents_of(state: State, entry: Entry) -> tuple[Incident, ...]:
    idents: tuple[str | None, ...]
    if entry.thing == "incident":
        idents = (entry.subject, entry.data.get("into"))
    else:
        idents = (state.reports[entry.subject].incident,)
    return tuple(
        state.incidents[ident] for ident in idents if ident and state.incidents[ident].stands
    )


def _ladder(state: State, rules: Rules, entry: Entry) -> Iterator[Entry]:
    item: Any = state.find(entry.thing, entry.subject)
    if item.handling != "sealed":
        yield from _step(state, rules, entry, item.region, item.threat_type)


def _late(state: State, rules: Rules, entry: Entry) -> Iterator[Entry]:
    """What the pack's rules make of late materials, one threat type at a time."""
    if state.logistics[entry.subject].is_late:
        for threat_type in late_types(rules):
            if drafts := tuple(_step(state, rules, entry, entry.data["region"], threat_type)):
                yield from drafts
                return


def _step(
    state: State, rules: Rules, entry: Entry, region: str, threat_type: str
) -> Iterator[Entry]:
    threat = open_threat(state, region, threat_type)
    signals = signals_about(state, rules, region, threat_type)
    standing = standing_of(threat, entry.at)
    step = rules.ladder.step(standing, threat_type, signals, entry.at)
    if step is not None and step.to.height > standing.rung.height:
        # While an actual is provisional, only its verification changes it; the rest waits.
        waits = threat is not None and threat.is_provisional and step.to is not Rung.ACTUAL
        if not waits:
            yield _raise(state, rules, entry, step, threat or (region, threat_type))


def _raise(
    state: State, rules: Rules, entry: Entry, step: Step, about: Threat | tuple[str, str]
) -> Entry:
    threat = about if isinstance(about, Threat) else None
    region, threat_type = (about.region, about.threat_type) if isinstance(about, Threat) else about
    owner = threat.owner if threat else _owner(state, rules, threat_type, region)
    data = {
        "region": region, "threat_type": threat_type, "owner": owner,
        "to": str(step.to), "confidence": _confidence(step.to), "evidence": list(step.evidence),
        "rule": step.rule, "rules_version": rules.ladder.version,
        "review_by": instant_text(entry.at + rules.ladder.review[step.to]),
    }  # fmt: skip
    subject = threat.id if threat else state.next_id("threat")
    return rule_entry(
        "threat.raised", subject, entry.at, data, rule=step.rule, cause=entry.seq,
        handling=threat.handling if threat else Handling.INSTITUTIONS,
    )  # fmt: skip


def _owner(state: State, rules: Rules, threat_type: str, region: str) -> str:
    kind = rules.threat_types[threat_type].owner_kind
    owner = rules.agency_for(kind, region)
    return voice_of(state.institutions, owner) if owner else RULES_AGENCY


def _confidence(rung: Rung) -> str:
    """One source, two chains, or a verified incident: what each rung's rules rest on."""
    return {Rung.POTENTIAL: "low", Rung.THRESHOLD: "medium"}.get(rung, "high")


def _activate(state: State, rules: Rules, entry: Entry) -> Iterator[Entry]:
    threat = state.threats[entry.subject]
    running = {
        (task.protocol, task.action)
        for task in state.tasks.values()
        if task.threat == threat.id and (task.is_open or task.state == "done")
    }
    more = 0
    for protocol in rules.protocols:
        if protocol.rung is not threat.rung or not protocol.speaks_of(threat.threat_type):
            continue
        for action in protocol.actions:
            provisional_force = threat.is_provisional and action.klass is ActionClass.ENFORCEMENT
            agency = _who(state, rules, action, threat.region)
            if provisional_force or agency is None or (protocol.id, action.id) in running:
                continue
            data = {
                "threat": threat.id, "region": threat.region, "protocol": protocol.id,
                "action": action.id, "class": str(action.klass), "agency": agency,
                "due": instant_text(entry.at + action.due),
            }  # fmt: skip
            yield rule_entry(
                "task.assigned", state.next_id("task", more), entry.at, data, rule=protocol.id,
                handling=threat.handling, cause=entry.seq,
            )  # fmt: skip
            more += 1


def _who(state: State, rules: Rules, action: Action, region: str) -> str | None:
    agency = action.agency or rules.agency_for(action.agency_kind or "", region)
    return voice_of(state.institutions, agency) if agency else None


def _withdraw(state: State, entry: Entry) -> Iterator[Entry]:
    threat = state.threats[entry.subject]
    for task in state.tasks.values():
        if (
            task.threat == threat.id
            and task.is_open
            and task.klass not in ALLOWED_CLASSES[threat.rung]
        ):
            yield rule_entry(
                "task.withdrawn", task.id, entry.at, {"rule": "class-not-allowed"},
                rule="class-not-allowed", handling=task.handling, cause=entry.seq,
            )  # fmt: skip


def _carry(state: State, rules: Rules, entry: Entry) -> Iterator[Entry]:
    proposal = state.proposals[entry.subject]
    if not proposal.is_open or not _is_complete(state, rules, proposal):
        return
    signed = [signature.agency for signature in proposal.signatures]
    yield rule_entry(
        "proposal.carried", proposal.id, entry.at, {"signed": signed}, rule="two-institutions",
        handling=proposal.handling, cause=entry.seq,
    )  # fmt: skip
    kind, data = _effect(state, rules, proposal, entry.at, signed)
    yield rule_entry(
        kind, proposal.about, entry.at, data, rule="two-institutions",
        handling=proposal.handling, cause=entry.seq,
    )  # fmt: skip


def _is_complete(state: State, rules: Rules, proposal: Proposal) -> bool:
    chains = {signature.chain for signature in proposal.signatures}
    if proposal.action != "merge":
        return len(chains) >= 2
    signers = {signature.agency for signature in proposal.signatures}
    both = (state.incidents[proposal.about], state.incidents[proposal.to])
    owners = {voice_of(state.institutions, incident.owner) for incident in both}
    verified = any(incident.verified_at for incident in both)
    return owners <= signers and (len(chains) >= 2 or not verified)


def _effect(
    state: State, rules: Rules, proposal: Proposal, at: datetime, signed: list[str]
) -> tuple[str, dict[str, Any]]:
    if proposal.action == "lower":
        to = Rung(proposal.to)
        return "threat.lowered", {
            "to": str(to), "reason": proposal.reason or None, "rule": proposal.rule or None,
            "rules_version": rules.ladder.version, "proposal": proposal.id, "signed": signed,
            "review_by": instant_text(at + _review(rules, to)),
        }  # fmt: skip
    if proposal.action == "refute":
        return "report.judged", {
            "verdict": str(Verdict.REFUTED), "reason": proposal.reason, "same_chain": False,
            "proposal": proposal.id,
        }  # fmt: skip
    incident = state.incidents[proposal.about]
    if proposal.action == "merge":
        return "incident.merged", {
            "into": proposal.to, "reports": list(incident.reports), "proposal": proposal.id
        }  # fmt: skip
    return "incident.amended", incident_data(incident) | {
        "threat_type": proposal.to, "proposal": proposal.id
    }  # fmt: skip


def incident_data(incident: Incident) -> dict[str, Any]:
    """The fields of an incident as its owner last wrote them."""
    data = {
        "region": incident.region, "sub_district": incident.sub_district,
        "threat_type": incident.threat_type, "place_class": incident.place_class,
        "observed_at": instant_text(incident.observed_at),
    }  # fmt: skip
    return {name: value for name, value in data.items() if value is not None}


def _review(rules: Rules, rung: Rung) -> timedelta:
    return rules.ladder.review.get(rung, timedelta(days=7))


def tick(state: State, rules: Rules, at: datetime) -> Drafts:
    """What falls due first by ``at``: a lapsed promise, an expired standing, a slow lowering.

    One call gives what falls due at the earliest moment; call again until nothing follows. In an
    exercise, whose clock jumps, each draft carries its own due time; else the moment it is known.
    """
    due = [found for found in _due(state, rules, at) if found[0] <= at]
    if not due:
        return ()
    moment, draft = min(due, key=lambda pair: (pair[0], pair[1].kind, pair[1].subject))
    exercise = state.operation is not None and state.operation.exercise
    known = max(moment, state.at or moment) if exercise else at
    return (_dated(draft, known, rules),)


def _dated(draft: Entry, at: datetime, rules: Rules) -> Entry:
    data = dict(draft.data)
    if "review_by" in data:
        data["review_by"] = instant_text(at + _review(rules, Rung(data["to"])))
    if "explain_by" in data:
        data["explain_by"] = instant_text(at + rules.clocks.explain)
    return Entry(
        0, at, draft.by, draft.agency, draft.kind, draft.v, draft.subject, data, draft.handling
    )


def _due(state: State, rules: Rules, at: datetime) -> Iterator[tuple[datetime, Entry]]:
    for commitment in state.commitments.values():
        owed = commitment.state in (CommitmentState.ACCEPTED, CommitmentState.REQUESTED)
        if owed and commitment.late_at is None:
            yield commitment.due, rule_entry(
                "commitment.lapsed", commitment.id, at, {"explain_by": instant_text(at)},
                rule="due", handling=commitment.handling,
            )  # fmt: skip
    for call in state.helps.values():
        if call.is_open:
            yield (
                call.expires_at,
                rule_entry(
                    "help.expired", call.id, at, {}, rule="two-hours", handling=call.handling
                ),
            )
    for report in state.taken_reports():
        if report.taken_until is not None:
            yield report.taken_until, rule_entry(
                "report.released", report.id, at, {}, rule="time-to-judge",
                handling=report.handling,
            )  # fmt: skip
    for threat in state.threats.values():
        if threat.rung is not Rung.CLOSED:
            yield from _threat_due(state, rules, threat, at)


def _threat_due(
    state: State, rules: Rules, threat: Threat, at: datetime
) -> Iterator[tuple[datetime, Entry]]:
    if threat.provisional_until is not None:
        data = {"to": str(threat.fall_back), "review_by": instant_text(at)}
        yield threat.provisional_until, rule_entry(
            "threat.provisional_expired", threat.id, at, data, rule="provisional",
            handling=threat.handling,
        )  # fmt: skip
        return
    standing = standing_of(threat, at)
    if at < (standing.held_until or standing.since + rules.ladder.dwell[standing.rung]):
        return  # kept at least so long, whatever the signals say
    signals = signals_about(state, rules, threat.region, threat.threat_type)
    step = rules.ladder.step(standing, threat.threat_type, signals, at)
    if step is None or step.to.height > threat.rung.height:
        return
    moment = min(at, rules.ladder.kept_until(standing, threat.threat_type, signals, at))
    if not step.proposed:
        data = {
            "to": str(step.to), "rule": step.rule, "rules_version": rules.ladder.version,
            "review_by": instant_text(at),
        }  # fmt: skip
        yield (
            moment,
            rule_entry(
                "threat.lowered", threat.id, at, data, rule=step.rule, handling=threat.handling
            ),
        )
    elif not _was_proposed(state, rules, threat, at):
        data = {"about": threat.id, "action": "lower", "to": str(step.to), "rule": step.rule}
        yield moment, rule_entry(
            "proposal.made", state.next_id("proposal"), at, data, rule=step.rule,
            handling=threat.handling,
        )  # fmt: skip


def _was_proposed(state: State, rules: Rules, threat: Threat, at: datetime) -> bool:
    """Whether this standing's lowering is open, or was declined less than a dwell ago."""
    return any(
        proposal.about == threat.id
        and proposal.action == "lower"
        and (
            proposal.is_open
            or (
                proposal.state == "declined"
                and at < proposal.made_at + rules.ladder.dwell[threat.rung]
            )
        )
        for proposal in state.proposals.values()
    )
