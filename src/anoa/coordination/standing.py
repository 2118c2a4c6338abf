"""The pure step: what the things an entry touches become.

``changes`` is the one place that says what an entry means. The picture, the replay and the rows
of the room all use it, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from anoa.coordination.duty import duty_handed_over, duty_taken
from anoa.coordination.field import (
    finding_recorded,
    help_asked,
    logistics_stated,
    register_imported,
    station_reported,
    word_acknowledged,
    word_passed,
)
from anoa.coordination.institutions import (
    countersign_key_published,
    countersign_key_revoked,
    institution_left,
    institution_returned,
)
from anoa.coordination.reporting import Judgement
from anoa.coordination.retention import deletion_certified, hold_lifted, hold_placed
from anoa.coordination.sealed import key_published, key_retired, sealed_recorded
from anoa.coordination.sealing import Sealing
from anoa.coordination.values import (
    ActionClass,
    Assembly,
    Commitment,
    CommitmentState,
    Edition,
    Incident,
    Item,
    Line,
    Meeting,
    Member,
    Move,
    Operation,
    Post,
    Proposal,
    Remark,
    Report,
    SignalNote,
    Signature,
    Sitrep,
    Task,
    TaskState,
    Threat,
    Verdict,
)
from anoa.errors import LogError
from anoa.ladder import Rung
from anoa.oplog import Entry, parse_instant

Find = Callable[[str, str], Item | None]
Step = Callable[[Find, Entry], tuple[Item, ...]]


def changes(find: Find, entry: Entry) -> tuple[Item, ...]:
    """The new values of the things that the entry touches; ``find(thing, id)`` gives the old ones.

    Raises LogError when the entry speaks of a thing that is not there or opens one twice.
    """
    return STEPS[entry.kind](find, entry)


def _need(find: Find, entry: Entry, thing: str, ident: str) -> Any:
    item = find(thing, ident)
    if item is None:
        raise LogError(
            "entry {seq} ({kind}) speaks of {thing} '{ident}', which is not there",
            seq=entry.seq, kind=entry.kind, thing=thing, ident=ident,
        )  # fmt: skip
    return item


def _time(entry: Entry, name: str) -> datetime | None:
    text = entry.data.get(name)
    return parse_instant(text) if text else None


def _opened(make: Callable[[Entry], Item]) -> Step:
    def step(find: Find, entry: Entry) -> tuple[Item, ...]:
        if find(entry.thing, entry.subject) is not None:
            raise LogError(
                "entry {seq} opens {subject}, which is open already",
                seq=entry.seq, subject=entry.subject,
            )  # fmt: skip
        return (make(entry),)

    return step


def _changed(change: Callable[[Any, Entry], Mapping[str, Any]]) -> Step:
    def step(find: Find, entry: Entry) -> tuple[Item, ...]:
        item = _need(find, entry, entry.thing, entry.subject)
        return (replace(item, **change(item, entry)),)

    return step


def _common(entry: Entry) -> dict[str, Any]:
    return {"id": entry.subject, "owner": entry.agency, "handling": entry.handling}


def _operation(entry: Entry) -> Item:
    data = entry.data
    return Operation(
        entry.subject,
        data["name"],
        data["pack_digest"],
        data["time_zone"],
        data["exercise"],
        entry.at,
    )


def _part(entry: Entry) -> dict[str, Any]:
    return {
        "regions": tuple(entry.data.get("regions") or ()),
        "valid_from": _time(entry, "valid_from"), "valid_until": _time(entry, "valid_until"),
        "reads": entry.data.get("reads") or "own",
    }  # fmt: skip


def _edition(find: Find, entry: Entry) -> tuple[Item, ...]:
    data = entry.data
    return (
        Edition(
            **_common(entry), index=data["index"], edition=data["edition"], klass=data["class"],
            as_of=data["as_of"], source=data["source"], digest=data["digest"],
            adopted_at=entry.at, classes=dict(data["classes"]), coverage=data.get("coverage"),
        ),
    )  # fmt: skip


def _reported(entry: Entry) -> dict[str, Any]:
    data = entry.data
    return {
        "observed_at": _time(entry, "observed_at"), "region": data["region"],
        "sub_district": data.get("sub_district"), "threat_type": data["threat_type"],
        "place_class": data["place_class"],
    }  # fmt: skip


def _rated(entry: Entry) -> dict[str, Any]:
    data = entry.data
    return _reported(entry) | {
        "object": data["object"], "reliability": data["reliability"],
        "credibility": int(data["credibility"]), "obtained": data["obtained"],
        "at_risk": data.get("at_risk"),
    }  # fmt: skip


def _file_report(find: Find, entry: Entry) -> tuple[Item, ...]:
    report = Report(
        id=entry.subject, owner=entry.data.get("to", entry.agency), handling=entry.handling,
        **_rated(entry), filed_at=entry.at,
        acknowledge_by=parse_instant(entry.data["acknowledge_by"]),
        submission=entry.data.get("submission"),
    )  # fmt: skip
    # A sealed report must not show by the region's clock that somebody wrote.
    heard = () if entry.handling == "sealed" else _heard(find, entry)
    return (*_opened(lambda _: report)(find, entry), *heard)


def _heard(find: Find, entry: Entry) -> tuple[Item, ...]:
    return (Post(entry.data["region"], entry.agency, entry.at),)


FREE: dict[str, Any] = {"taken_by": None, "taker": None, "taken_until": None}


def _taken_up(report: Report, entry: Entry) -> Mapping[str, Any]:
    until = _time(entry, "until")
    return {"taken_by": entry.agency, "taker": entry.by, "taken_until": until}


def _judged(report: Report, entry: Entry) -> Mapping[str, Any]:
    judged_by = report.judged_by if entry.data.get("proposal") else entry.agency
    acknowledged = {} if report.acknowledged_at else {
        "acknowledged_at": entry.at, "acknowledged_by": entry.agency
    }  # fmt: skip
    return acknowledged | FREE | {
        "overruled": (*report.overruled, *_overruled(report)),
        "verdict": Verdict(entry.data["verdict"]), "judged_by": judged_by, "judged_at": entry.at,
        "reason": entry.data["reason"], "same_chain": entry.data["same_chain"],
    }  # fmt: skip


def _overruled(report: Report) -> tuple[Judgement, ...]:
    """The verdict that a new one takes the place of."""
    if report.verdict is None or report.judged_by is None or report.judged_at is None:
        return ()
    return (
        Judgement(
            report.verdict, report.judged_by, report.judged_at, report.reason or "",
            report.same_chain,
        ),
    )  # fmt: skip


def _tie(find: Find, entry: Entry) -> tuple[Item, ...]:
    incident = _need(find, entry, "incident", entry.subject)
    report = _need(find, entry, "report", entry.data["report"])
    return (
        replace(incident, reports=(*incident.reports, report.id)),
        replace(report, incident=incident.id),
    )


def _untie(find: Find, entry: Entry) -> tuple[Item, ...]:
    incident = _need(find, entry, "incident", entry.subject)
    report = _need(find, entry, "report", entry.data["report"])
    left = tuple(ident for ident in incident.reports if ident != report.id)
    return replace(incident, reports=left), replace(report, incident=None)


def _told_apart(find: Find, entry: Entry) -> tuple[Item, ...]:
    one, other = _both_reports(find, entry)
    return (
        replace(one, apart=(*one.apart, other.id)), replace(other, apart=(*other.apart, one.id))
    )  # fmt: skip


def _compared_again(find: Find, entry: Entry) -> tuple[Item, ...]:
    one, other = _both_reports(find, entry)
    return (
        replace(one, apart=tuple(ident for ident in one.apart if ident != other.id)),
        replace(other, apart=tuple(ident for ident in other.apart if ident != one.id)),
    )


def _both_reports(find: Find, entry: Entry) -> tuple[Report, Report]:
    other = entry.data["report"]
    return _need(find, entry, "report", entry.subject), _need(find, entry, "report", other)


def _merge(find: Find, entry: Entry) -> tuple[Item, ...]:
    old = _need(find, entry, "incident", entry.subject)
    into = _need(find, entry, "incident", entry.data["into"])
    moved = [_need(find, entry, "report", ident) for ident in old.reports]
    return (
        replace(old, merged_into=into.id, verified_at=None, verified_chain=None),
        replace(into, reports=tuple(dict.fromkeys((*into.reports, *old.reports)))),
        *(replace(report, incident=into.id) for report in moved),
    )


def _unmerge(find: Find, entry: Entry) -> tuple[Item, ...]:
    """The incident speaks for itself again, with those of its reports that went along."""
    old = _need(find, entry, "incident", entry.subject)
    into = _need(find, entry, "incident", entry.data["into"])
    back = [_need(find, entry, "report", ident) for ident in entry.data["reports"]]
    gone = {report.id for report in back}
    return (
        replace(old, merged_into=None, reports=tuple(report.id for report in back)),
        replace(into, reports=tuple(ident for ident in into.reports if ident not in gone)),
        *(replace(report, incident=old.id) for report in back),
    )


def _withdraw(find: Find, entry: Entry) -> tuple[Item, ...]:
    """The incident is taken back; it still names its reports, which are free to be tied anew."""
    incident = _need(find, entry, "incident", entry.subject)
    reports = [_need(find, entry, "report", ident) for ident in incident.reports]
    return (
        replace(incident, withdrawn=True, reason=entry.data["reason"]),
        *(replace(report, incident=None) for report in reports),
    )


def _move(entry: Entry, *, provisional: bool = False) -> Move:
    data = entry.data
    return Move(
        entry.at, Rung(data["to"]), entry.agency, entry.seq, data.get("reason") or "",
        data.get("rule") or "", provisional, tuple(data.get("signed", ())),
    )  # fmt: skip


def _raise_threat(find: Find, entry: Entry) -> tuple[Item, ...]:
    data = entry.data
    until = _time(entry, "provisional_until")
    move = _move(entry, provisional=until is not None)
    standing = {
        "rung": Rung(data["to"]), "since": entry.at, "confidence": data["confidence"],
        "review_by": _time(entry, "review_by"), "held_until": _time(entry, "held_until"),
        "provisional_until": until,
    }  # fmt: skip
    old = find("threat", entry.subject)
    if old is None:
        threat = Threat(
            id=entry.subject, owner=data["owner"], handling=entry.handling, region=data["region"],
            threat_type=data["threat_type"], opened_at=entry.at,
            evidence=tuple(data["evidence"]), moves=(move,),
            fall_back=Rung.CLOSED if until else None, **standing,
        )  # fmt: skip
        return (threat,)
    assert isinstance(old, Threat)
    evidence = tuple(dict.fromkeys((*old.evidence, *data["evidence"])))
    fall_back = old.rung if until else None
    return (
        replace(old, **standing, evidence=evidence, moves=(*old.moves, move), fall_back=fall_back),
    )


def _lowered(threat: Threat, entry: Entry) -> Mapping[str, Any]:
    return {
        "rung": Rung(entry.data["to"]), "since": entry.at, "moves": (*threat.moves, _move(entry)),
        "review_by": _time(entry, "review_by"), "held_until": None, "provisional_until": None,
        "fall_back": None,
    }  # fmt: skip


def _task(entry: Entry) -> Item:
    data = entry.data
    return Task(
        id=entry.subject, owner=data["agency"], handling=entry.handling, threat=data["threat"],
        region=data["region"], protocol=data["protocol"], action=data["action"],
        klass=ActionClass(data["class"]), due=parse_instant(data["due"]), assigned_at=entry.at,
    )  # fmt: skip


def _task_to(state: TaskState) -> Step:
    return _changed(
        lambda task, entry: {
            "state": state, "changed_at": entry.at,
            "proof": entry.data.get("proof", task.proof),
            "reason": entry.data.get("reason", task.reason),
        }
    )  # fmt: skip


def _meeting(entry: Entry) -> Item:
    data = entry.data
    return Meeting(
        **_common(entry), title=data["title"], place=data["place"], chair=data["chair"],
        opened_at=entry.at, agenda=tuple(data["agenda"]), attending=tuple(data["attending"]),
    )  # fmt: skip


def _line(meeting: Meeting, entry: Entry) -> Mapping[str, Any]:
    line = Line(entry.at, entry.agency, entry.data["line"], entry.data["text"])
    return {"lines": (*meeting.lines, line)}


def _commitment(entry: Entry) -> Item:
    data = entry.data
    return Commitment(
        **_common(entry), debtor=data["debtor"], creditor=data["creditor"], what=data["what"],
        proof=data["proof"], due=parse_instant(data["due"]), requested_at=entry.at,
        region=data.get("region"), stage=data.get("stage"), meeting=data.get("meeting"),
    )  # fmt: skip


def _commitment_to(state: CommitmentState, *kept: str) -> Step:
    return _changed(
        lambda item, entry: (
            {"state": state, "changed_at": entry.at} | {name: entry.data[name] for name in kept}
        )
    )


def _proposal(entry: Entry) -> Item:
    data = entry.data
    return Proposal(
        **_common(entry), about=data["about"], action=data["action"], to=data["to"],
        reason=data.get("reason") or "", rule=data.get("rule") or "", made_at=entry.at,
    )  # fmt: skip


def _signed(proposal: Proposal, entry: Entry) -> Mapping[str, Any]:
    signature = Signature(entry.agency, entry.data["chain"], entry.at)
    return {"signatures": (*proposal.signatures, signature)}


def _sitrep(entry: Entry) -> Item:
    data = entry.data
    return Sitrep(
        **_common(entry), report=data["report"], number=data["number"],
        as_of=parse_instant(data["as_of"]), at_seq=data["at_seq"], digest=data["digest"],
        language=data["language"], issued_at=entry.at, tree=data.get("tree", "civil"),
    )  # fmt: skip


def _seal(entry: Entry) -> Item:
    data = entry.data
    return Sealing(entry.subject, entry.agency, data["size"], data["root"], data["key"], entry.at)


STEPS: Mapping[str, Step] = {
    "operation.opened": _opened(_operation),
    "member.admitted": _opened(
        lambda e: Member(e.subject, e.data["agency"], e.data["role"], e.handling, **_part(e))
    ),
    "member.limited": _changed(lambda item, entry: _part(entry)),
    "member.left": _changed(lambda item, entry: {"left": True}),
    "member.factor_reset": lambda find, entry: (),
    "clock.advanced": lambda find, entry: (),
    "edition.adopted": _edition,
    "post.reported": _heard,
    "report.filed": _file_report,
    "report.amended": _changed(lambda item, entry: _rated(entry)),
    "report.withdrawn": _changed(
        lambda item, entry: {**FREE, "withdrawn": True, "reason": entry.data["reason"]}
    ),
    "report.acknowledged": _changed(
        lambda item, entry: {"acknowledged_at": entry.at, "acknowledged_by": entry.agency}
    ),
    "report.picture_checked": lambda find, entry: (),
    "report.taken_up": _changed(_taken_up),
    "report.released": _changed(lambda item, entry: FREE),
    "report.judged": _changed(_judged),
    "report.told_apart": _told_apart,
    "report.compared_again": _compared_again,
    "incident.opened": _opened(
        lambda e: Incident(**_common(e), **_reported(e), opened_at=e.at)
    ),
    "incident.amended": _changed(lambda item, entry: _reported(entry)),
    "incident.tied": _tie,
    "incident.untied": _untie,
    "incident.verified": _changed(
        lambda item, entry: {"verified_at": entry.at, "verified_chain": entry.data["chain"]}
    ),
    "incident.unverified": _changed(
        lambda item, entry: {"verified_at": None, "verified_chain": None}
    ),
    "incident.merged": _merge,
    "incident.unmerged": _unmerge,
    "incident.withdrawn": _withdraw,
    "signal.noted": _opened(
        lambda e: SignalNote(
            **_common(e), signal=e.data["signal"], region=e.data["region"],
            threat_type=e.data["threat_type"], reason=e.data["reason"], noted_at=e.at,
        )
    ),
    "threat.raised": _raise_threat,
    "threat.lowered": _changed(_lowered),
    "threat.provisional_expired": _changed(_lowered),
    "threat.handed_over": _changed(lambda item, entry: {"owner": entry.data["owner"]}),
    "task.assigned": _opened(_task),
    "task.acknowledged": _task_to(TaskState.ACKNOWLEDGED),
    "task.declined": _task_to(TaskState.DECLINED),
    "task.done": _task_to(TaskState.DONE),
    "task.withdrawn": _task_to(TaskState.WITHDRAWN),
    "meeting.opened": _opened(_meeting),
    "meeting.line_recorded": _changed(_line),
    "meeting.closed": _changed(lambda item, entry: {"closed_at": entry.at}),
    "commitment.requested": _opened(_commitment),
    "commitment.accepted": _commitment_to(CommitmentState.ACCEPTED),
    "commitment.declined": _commitment_to(CommitmentState.DECLINED, "reason"),
    "commitment.claimed": _commitment_to(CommitmentState.CLAIMED, "claim"),
    "commitment.returned": _commitment_to(CommitmentState.ACCEPTED, "reason"),
    "commitment.discharged": _commitment_to(CommitmentState.DISCHARGED),
    "commitment.lapsed": _changed(
        lambda item, e: {"late_at": e.at, "explain_by": _time(e, "explain_by")}
    ),
    "commitment.explained": _changed(
        lambda item, entry: {"explanation": entry.data["explanation"]}
    ),
    "commitment.broken": _commitment_to(CommitmentState.BROKEN, "reason"),
    "commitment.released": _commitment_to(CommitmentState.RELEASED, "reason"),
    "proposal.made": _opened(_proposal),
    "proposal.signed": _changed(_signed),
    "proposal.declined": _changed(lambda item, entry: {"state": "declined"}),
    "proposal.carried": _changed(lambda item, entry: {"state": "carried"}),
    "remark.made": _opened(
        lambda e: Remark(
            **_common(e), about=e.data["about"], stance=e.data["stance"], text=e.data["text"],
            made_at=e.at,
        )
    ),
    "assembly.noted": _opened(
        lambda e: Assembly(
            **_common(e), region=e.data["region"], date=e.data["date"],
            place_class=e.data["place_class"], noted_at=e.at,
        )
    ),
    "sitrep.issued": _opened(_sitrep),
    "seal.signed": _opened(_seal),
    "seal.countersigned": _changed(
        lambda item, entry: {
            "countersigned": (*item.countersigned, entry.data["key"]),
            "countersigners": (*item.countersigners, entry.agency),
        }
    ),
    "station.reported": station_reported,
    "logistics.stated": logistics_stated,
    "help.asked": _opened(help_asked),
    "help.acknowledged": _changed(
        lambda item, entry: {"acknowledged_at": entry.at, "acknowledged_by": entry.agency}
    ),
    "help.contact_opened": lambda find, entry: (),
    "help.expired": _changed(lambda item, entry: {"expired_at": entry.at}),
    "finding.recorded": _opened(finding_recorded),
    "word.passed": _opened(word_passed),
    "word.acknowledged": _changed(word_acknowledged),
    "register.imported": register_imported,
    "sealed.recorded": _opened(sealed_recorded),
    "sealing_key.published": key_published,
    "sealing_key.retired": _changed(key_retired),
    "deletion.certified": _opened(deletion_certified),
    "hold.placed": _opened(hold_placed),
    "hold.lifted": _changed(hold_lifted),
    "institution.left": institution_left,
    "institution.returned": _changed(institution_returned),
    "countersign_key.published": countersign_key_published,
    "countersign_key.revoked": _changed(countersign_key_revoked),
    "duty.taken": duty_taken,
    "duty.handed_over": _changed(duty_handed_over),
}  # fmt: skip
