"""Verbs on threats and on proposals that two institutions sign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anoa.coordination.actors import backs_actual, open_threat
from anoa.coordination.institutions import voice_of
from anoa.coordination.reporting_verbs import need_same_circle
from anoa.coordination.values import Incident, Proposal, Threat
from anoa.coordination.verbs import DUTY, Act, Drafts, verb
from anoa.ladder import Rung
from anoa.oplog import Handling, instant_text

HOLD_LIMIT = timedelta(days=7)  # how long a person's own move may hold before rules decide again


@verb(
    "threat.raise", DUTY, "region:id", "threat_type:id", "to:word(potential|threshold|actual)!",
    "confidence:word(low|medium|high)!", "evidence:ids", "reason:prose!", "held_until:instant",
    opens=True,
)  # fmt: skip
def raise_threat(act: Act) -> Drafts:
    """Raise a threat by a duty officer's judgement, with a reason and an end.

    ``actual`` is only provisional: the owner of an incident that still waits to be verified, for
    the hours the pack allows, without enforcement.
    """
    threat = _meant(act)
    region = threat.region if threat else act.data.get("region")
    threat_type = threat.threat_type if threat else act.data.get("threat_type")
    act.need(bool(region and threat_type), "Say which region and threat type.")
    _need_owner_of_sealed(act, threat, str(region), str(threat_type))
    to = Rung(act.data["to"])
    standing = threat.rung if threat else Rung.CLOSED
    act.need(to.height > standing.height, "It stands at {rung} already.", rung=standing)
    evidence = list(act.data.get("evidence") or ())
    handling = threat.handling if threat else act.rules.threat_types[str(threat_type)].handling
    _check_evidence(act, evidence, handling)
    kind = act.rules.threat_types[str(threat_type)].owner_kind
    data = {
        "region": region, "threat_type": threat_type, "to": str(to),
        "owner": threat.owner if threat else _owner(act, kind, str(region)),
        "confidence": act.data["confidence"], "evidence": evidence, "reason": act.data["reason"],
        "rules_version": act.rules.ladder.version,
        "review_by": instant_text(act.at + act.rules.ladder.review[to]),
    } | (_provisional(act, threat, evidence) if to is Rung.ACTUAL else _held(act, to))  # fmt: skip
    if threat:
        return (act.entry("threat.raised", threat.id, data),)
    return (act.opening("threat.raised", data, handling),)


def _owner(act: Act, kind: str, region: str) -> str | None:
    owner = act.rules.agency_for(kind, region)
    return voice_of(act.state.institutions, owner) if owner else None


def _need_owner_of_sealed(act: Act, threat: Threat | None, region: str, threat_type: str) -> None:
    """Refuse what is sealed to others in one sentence, whether such a threat stands or not."""
    spec = act.rules.threat_types[threat_type]
    owner = threat.owner if threat else act.rules.agency_for(spec.owner_kind, region)
    act.need(
        owner == act.actor.agency or (threat or spec).handling != "sealed",
        "Threats of this type are sealed: the institution that owns them raises them.",
    )


def _meant(act: Act) -> Threat | None:
    if act.subject:
        threat: Threat = act.item("threat")
        act.need(threat.rung is not Rung.CLOSED, "{id} is closed.", id=threat.id)
        return threat
    region, threat_type = act.data.get("region"), act.data.get("threat_type")
    return open_threat(act.state, region, threat_type) if region and threat_type else None


def _check_evidence(act: Act, evidence: list[str], handling: Handling) -> None:
    for ident in evidence:
        thing = {"R": "report", "I": "incident", "S": "signal"}.get(ident.partition("-")[0], "")
        act.need(bool(thing), "{id} is no evidence: name reports, incidents, signals.", id=ident)
        item = act.item(thing, ident)
        act.need(item.handling != "sealed", "{id} is sealed: it cannot be named here.", id=ident)
        act.need_as_wide(item, handling)


def _held(act: Act, to: Rung) -> dict[str, Any]:
    until = act.when("held_until") or act.at + min(act.rules.ladder.dwell[to], HOLD_LIMIT)
    act.need(act.at < until <= act.at + HOLD_LIMIT, "A move by hand holds for at most seven days.")
    return {"held_until": instant_text(until)}


def _provisional(act: Act, threat: Threat | None, evidence: list[str]) -> dict[str, Any]:
    incidents: list[Incident] = [
        act.item("incident", ident) for ident in evidence if ident.startswith("I-")
    ]
    own = [i for i in incidents if i.owner == act.actor.agency and i.state == "recorded"]
    used = set(threat.evidence) if threat and any(m.provisional for m in threat.moves) else set()
    act.need(
        bool([incident for incident in own if incident.id not in used]),
        "By hand, actual is provisional only, and needs an incident of your own institution "
        "that waits to be verified and was not used for it before.",
    )
    return {"provisional_until": instant_text(act.at + act.rules.ladder.provisional)}


@verb("threat.lower", DUTY, "to:word(closed|potential|threshold)!", "reason:prose!")
def lower_threat(act: Act) -> Drafts:
    """Lower one's own threat, with a reason; an actual needs a proposal that two sign."""
    threat: Threat = act.item("threat")
    act.need_owner(threat)
    to = Rung(act.data["to"])
    act.need(
        threat.rung is not Rung.ACTUAL,
        "An actual is lowered by a proposal that two institutions of different chains sign.",
    )
    act.need(to.height < threat.rung.height, "It stands at {rung} already.", rung=threat.rung)
    data = dict(act.data) | {
        "rules_version": act.rules.ladder.version,
        "review_by": instant_text(act.at + act.rules.ladder.review.get(to, HOLD_LIMIT)),
    }
    return (act.entry("threat.lowered", data=data),)


@verb("threat.hand_over", DUTY, "owner:id!", "reason:prose!")
def hand_over_threat(act: Act) -> Drafts:
    """Hand one's own threat over to another institution."""
    threat: Threat = act.item("threat")
    act.need_owner(threat)
    owner = act.data["owner"]
    act.need(owner in act.rules.agencies, "There is no institution {id}.", id=owner)
    act.need(owner != threat.owner, "{owner} owns it already.", owner=owner)
    return (act.entry("threat.handed_over"),)


@verb(
    "proposal.make", DUTY, "about:id!", "action:word(lower|refute|merge|reclassify)!", "to:id",
    "reason:prose!", opens=True,
)  # fmt: skip
def make_proposal(act: Act) -> Drafts:
    """Propose what two institutions must sign; who proposes signs first."""
    about, to = _proposed(act)
    twin = [
        p
        for p in act.state.proposals.values()
        if p.is_open and (p.about, p.action) == (about.id, act.data["action"])
    ]
    act.need(not twin, "{id} proposes this already: sign it.", id=twin[0].id if twin else "")
    data = dict(act.data) | {"to": to}
    made = act.opening("proposal.made", data, str(about.handling))
    signed = act.entry("proposal.signed", made.subject, {"chain": act.chain}, about.handling)
    return (made, signed)


def _proposed(act: Act) -> tuple[Any, str]:
    ident, action = str(act.data["about"]), act.data["action"]
    if action == "lower":
        threat: Threat = act.item("threat", ident)
        act.need(
            threat.rung is Rung.ACTUAL and not threat.is_provisional,
            "Only an actual needs a proposal: the owner lowers {id} with a reason.", id=ident,
        )  # fmt: skip
        return threat, str(threat.rung.below)
    if action == "refute":
        report = act.item("report", ident)
        act.need(report.stands, "{id} is {state}.", id=ident, state=report.state)
        return report, "refuted"
    incident: Incident = act.item("incident", ident)
    act.need(incident.stands, "{id} is {state}.", id=ident, state=incident.state)
    to = str(act.data.get("to") or "")
    if action == "reclassify":
        act.need(
            to in act.rules.threat_types and to != incident.threat_type,
            "Say to which other threat type.",
        )
        act.need(
            backs_actual(act.state, incident),
            "No actual rests on {id}: its owner corrects it.", id=ident,
        )  # fmt: skip
        return incident, to
    into: Incident = act.item("incident", to)
    act.need(
        into.id != incident.id and into.stands and into.region == incident.region,
        "{id} and {other} cannot be merged.", id=ident, other=to,
    )  # fmt: skip
    need_same_circle(act, incident, into)
    return incident, to


def _open_proposal(act: Act) -> Proposal:
    proposal: Proposal = act.item("proposal")
    act.need(proposal.is_open, "{id} is {state}.", id=proposal.id, state=proposal.state)
    return proposal


@verb("proposal.sign", DUTY)
def sign_proposal(act: Act) -> Drafts:
    """Sign a proposal for one's institution."""
    proposal = _open_proposal(act)
    signed = {signature.agency for signature in proposal.signatures}
    act.need(act.actor.agency not in signed, "Your institution signed {id}.", id=proposal.id)
    return (act.entry("proposal.signed", data={"chain": act.chain}),)


@verb("proposal.decline", DUTY, "reason:prose!")
def decline_proposal(act: Act) -> Drafts:
    """Decline a proposal, with a reason; the standing stays as it is."""
    _open_proposal(act)
    return (act.entry("proposal.declined"),)
