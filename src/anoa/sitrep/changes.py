"""What changed since the last report: moves of threats, decisions of two institutions, meetings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from anoa.coordination.values import Commitment, Meeting, Move, Proposal, Report, Threat
from anoa.ladder import Rung
from anoa.sitrep.document import Block, Item, Listing, Paragraph, Section
from anoa.sitrep.telling import View


def changes_section(view: View) -> Section:
    """Everything of the period, and always every actual that was lowered."""
    words = view.words
    listings = (
        Listing(words("moves"), tuple(_moves(view))),
        Listing(words("lowered_actuals"), tuple(_lowered_actuals(view))),
        Listing(words("two_signatures"), tuple(_carried(view))),
        Listing(words("incidents"), tuple(_incidents(view))),
        Listing(words("dissent"), tuple(_dissent(view))),
        Listing(words("commitments_changed"), tuple(_commitments(view))),
        Listing(words("meetings"), tuple(_meetings(view))),
    )
    blocks: list[Block] = [listing for listing in listings if listing.items]
    if not blocks:
        blocks = [Paragraph(words("none_public" if view.public else "no_change"))]
    return Section("changes", words("title_changes"), tuple(blocks))


def steps(threat: Threat) -> Iterator[tuple[Rung, bool, Move]]:
    """Each move with where the threat stood before it, and whether only provisionally."""
    if threat.moves:
        yield Rung.CLOSED, False, threat.moves[0]
    for before, move in pairwise(threat.moves):
        yield before.to, before.provisional, move


def told(view: View, threat: Threat, before: Rung, expired: bool, move: Move) -> Item:
    """A move as every report prints it: from where to where, when, who, why, by which rule."""
    words = view.words
    head = words(
        "move_head", time=view.zoned(move.at), threat=view.threat(threat),
        before=view.rung(before), after=view.rung(move.to),
    )  # fmt: skip
    if move.provisional:
        head += " " + words("provisional_mark")
    lines = [words("reason", reason=reason_of(view, before, expired, move))]
    by = words("move_by", agency=view.agency(move.agency), rule=move.rule or words("no_rule"))
    lines.append(by + (" " + words("signed_by", agencies=view.agencies(move.signed))
                       if move.signed else ""))  # fmt: skip
    return Item(head, tuple(lines))


def reason_of(view: View, before: Rung, expired: bool, move: Move) -> str:
    """The written reason; else that of the rule; else that a provisional standing ran out."""
    if move.reason:
        return move.reason
    if move.rule:
        return view.rule_reason(move.rule)
    if expired and before is Rung.ACTUAL and move.to is not Rung.ACTUAL:
        return view.words("provisional_expired")
    return view.words("no_reason")


def _moves(view: View) -> Iterator[Item]:
    found = [
        (move.seq, told(view, threat, before, expired, move))
        for threat in view.picture.threats.values()
        for before, expired, move in steps(threat)
        if view.before.seq < move.seq
    ]
    yield from (item for _, item in sorted(found, key=lambda pair: pair[0]))


def _lowered_actuals(view: View) -> Iterator[Item]:
    for threat in view.picture.threats.values():
        for before, provisional, move in steps(threat):
            if before is Rung.ACTUAL and move.to is not Rung.ACTUAL and not provisional:
                yield told(view, threat, before, provisional, move)


def _carried(view: View) -> Iterator[Item]:
    for one in view.picture.proposals.values():
        if one.state == "carried":
            yield proposal_item(view, one)


def proposal_item(view: View, one: Proposal) -> Item:
    """A proposal with its reason and who signed it."""
    words = view.words
    head = words(
        "proposal_head", id=one.id, action=words(f"action_{one.action}"),
        about=view.subject(one.about), to=_target(view, one),
    )  # fmt: skip
    reason = one.reason or view.rule_reason(one.rule)
    return Item(
        head,
        (
            words("reason", reason=reason),
            words("made_by", agency=view.agency(one.owner), time=view.zoned(one.made_at)),
            words("signed_by", agencies=view.signed(one)),
        ),
        urgent=one.is_open,
    )


def _target(view: View, one: Proposal) -> str:
    if one.action == "lower" and one.to in set(Rung):
        return view.rung(Rung(one.to))
    return view.threat_type(one.to)


def _incidents(view: View) -> Iterator[Item]:
    words = view.words
    for one in view.picture.incidents.values():
        if view.is_new("incident", one.id):
            head = words(
                "incident_head", id=one.id, kind=view.threat_type(one.threat_type),
                place=view.place(one.sub_district or one.region), time=view.zoned(one.observed_at),
            )  # fmt: skip
            state = words(f"state_{one.state}")
            yield Item(head, (words("incident_line", state=state, agency=view.agency(one.owner)),))


def _dissent(view: View) -> Iterator[Item]:
    """Reports and incidents that are disputed or were judged differently, as long as they exist."""
    disputed = {one.about for one in view.picture.remarks.values() if one.stance == "dispute"}
    for report in view.picture.reports.values():
        if report.overruled or report.id in disputed:
            head = view.words(
                "report_head", id=report.id, kind=view.threat_type(report.threat_type),
                place=view.place(report.sub_district or report.region),
                time=view.zoned(report.observed_at), agency=view.agency(report.owner),
            )  # fmt: skip
            yield Item(head, (*_verdicts(view, report), *disputes(view, report.id)))
    for incident in view.picture.incidents.values():
        if incident.id in disputed:
            head = view.words(
                "incident_head", id=incident.id, kind=view.threat_type(incident.threat_type),
                place=view.place(incident.sub_district or incident.region),
                time=view.zoned(incident.observed_at),
            )  # fmt: skip
            yield Item(head, tuple(disputes(view, incident.id)))


def _verdicts(view: View, report: Report) -> Iterator[str]:
    """Every verdict that was given, the oldest first."""
    given = [(one.verdict, one.agency, one.at, one.reason) for one in report.overruled]
    if report.verdict and report.judged_by and report.judged_at:
        given.append((report.verdict, report.judged_by, report.judged_at, report.reason or ""))
    for verdict, agency, at, reason in given:
        state = view.words(f"state_{verdict}")
        yield view.words("verdict_line", state=state, agency=view.agency(agency),
                         time=view.zoned(at), reason=reason)  # fmt: skip


def disputes(view: View, subject: str) -> Iterator[str]:
    """The disputes of a thing, in the words of who disputes it."""
    for remark in view.picture.remarks_on(subject):
        if remark.stance == "dispute":
            yield view.words("remark", stance=view.words("stance_dispute"),
                             agency=view.agency(remark.owner), text=remark.text)  # fmt: skip


def _commitments(view: View) -> Iterator[Item]:
    for one in view.picture.commitments.values():
        if view.is_new("commitment", one.id):
            lines = (one.what, *_given(view, one))
            yield Item(view.commitment(one), lines)


def _given(view: View, one: Commitment) -> Iterator[str]:
    if one.explanation:
        yield view.words("explained", agency=view.agency(one.debtor), text=one.explanation)
    if one.claim:
        yield view.words("claimed", text=one.claim)
    if one.reason:
        yield view.words("reason", reason=one.reason)


def _meetings(view: View) -> Iterator[Item]:
    for one in view.picture.meetings.values():
        if view.is_new("meeting", one.id):
            yield _meeting(view, one)


def _meeting(view: View, one: Meeting) -> Item:
    words = view.words
    head = words(
        "meeting_head", id=one.id, title=one.title, place=one.place, time=view.zoned(one.opened_at)
    )
    lines = [words("attending", agencies=view.agencies(one.attending))]
    lines += [
        words("minutes_line", line=words(f"line_{line.line}"), agency=view.agency(line.agency),
              text=line.text)
        for line in one.lines
    ]  # fmt: skip
    return Item(head, tuple(lines))
