"""What waits for somebody: open threats, unanswered reports, actions, commitments, proposals."""

from __future__ import annotations

from collections.abc import Iterator

from anoa import columns
from anoa.coordination.reporting import UNDER_VERIFICATION, VERIFIED_IN_CHAIN
from anoa.coordination.values import Commitment, CommitmentState, Report, SignalNote, Task, Threat
from anoa.ladder import Rung
from anoa.sitrep.changes import proposal_item, reason_of, steps
from anoa.sitrep.document import Item, Listing, Paragraph, Section
from anoa.sitrep.telling import View

UNJUDGED = ("recorded", "acknowledged", UNDER_VERIFICATION, VERIFIED_IN_CHAIN)


def section(view: View, name: str, *listings: Listing) -> Section:
    """A section of the listings that hold something; a sentence says so where none does."""
    filled = tuple(listing for listing in listings if listing.items)
    nothing = Paragraph(view.words("none_public" if view.public else "none"))
    return Section(name, view.words(f"title_{name}"), filled or (nothing,))


def threats_section(view: View) -> Section:
    """Open threats, the highest first, each with evidence, confidence, owner and clock."""
    items = tuple(_threat(view, threat) for threat in open_threats(view))
    return section(view, "threats", Listing("", items))


def open_threats(view: View) -> list[Threat]:
    """Open threats, the highest first, then the oldest standing."""
    found = (t for t in view.picture.threats.values() if t.rung is not Rung.CLOSED)
    return sorted(found, key=lambda threat: (-threat.rung.height, threat.since, threat.id))


def standing(view: View, threat: Threat) -> str:
    """Where a threat stands; a provisional standing is never printed without its mark."""
    mark = " " + view.words("provisional_mark") if threat.is_provisional else ""
    return f"{view.rung(threat.rung)}{mark}"


def _threat(view: View, threat: Threat) -> Item:
    words = view.words
    lines = [
        words("threat_since", name=view.rung_name(threat.rung), time=view.zoned(threat.since),
              owner=view.agency(threat.owner)),
        words("threat_evidence", evidence=view.evidence(threat.evidence),
              confidence=words(f"confidence_{threat.confidence}")),
        words("threat_review", time=view.zoned(threat.review_by)),
    ]  # fmt: skip
    if threat.review_by < view.at:
        lines[-1] += " " + words("overdue")
    if threat.moves:
        before, expired, move = list(steps(threat))[-1]
        lines.append(words("reason", reason=reason_of(view, before, expired, move)))
    if threat.provisional_until:
        until = view.zoned(threat.provisional_until)
        late = " " + words("overdue") if threat.provisional_until < view.at else ""
        lines.insert(0, words("provisional_line", time=until) + late)
    lines += _remarks(view, threat.id)
    return Item(f"{standing(view, threat)} · {view.threat(threat)}", tuple(lines),
                urgent=threat.rung is Rung.ACTUAL)  # fmt: skip


def _remarks(view: View, subject: str) -> list[str]:
    return [
        view.words("remark", stance=view.words(f"stance_{remark.stance}"),
                   agency=view.agency(remark.owner), text=remark.text)
        for remark in view.picture.remarks_on(subject)
    ]  # fmt: skip


def unanswered_section(view: View) -> Section:
    """Reports nobody acknowledged in time, reports without a judgement, signals without threat."""
    words = view.words
    late, waiting = unanswered(view), unjudged(view)
    return section(
        view, "unanswered",
        Listing(words("unanswered_reports"), tuple(_report(view, one, True) for one in late)),
        Listing(words("unjudged_reports"), tuple(_report(view, one, False) for one in waiting)),
        Listing(words("loose_signals"), tuple(_signals(view))),
    )  # fmt: skip


def unanswered(view: View) -> list[Report]:
    """Reports that nobody acknowledged in time, the oldest first."""
    return list(columns.unanswered(view.picture, view.at).items())


def unjudged(view: View) -> list[Report]:
    """Reports that stand, are not overdue, and that no other institution has judged yet."""
    return [
        one
        for one in view.picture.reports.values()
        if one.state in UNJUDGED and not one.is_unanswered(view.at)
    ]


def _report(view: View, one: Report, urgent: bool) -> Item:
    words = view.words
    head = words(
        "report_head", id=one.id, kind=view.threat_type(one.threat_type),
        place=view.place(one.sub_district or one.region), time=view.zoned(one.observed_at),
        agency=view.agency(one.owner),
    )  # fmt: skip
    key = "answer_was_due" if urgent else "report_line"
    line = words(
        key, time=view.zoned(one.acknowledge_by), reliability=one.reliability,
        credibility=one.credibility, state=words(f"state_{one.state}"),
    )  # fmt: skip
    return Item(head, (line, *_remarks(view, one.id)), urgent)


def _signals(view: View) -> Iterator[Item]:
    """Signals that no threat of their region and type has taken up."""
    for one in view.picture.signals.values():
        if not _is_taken_up(view, one):
            name = view.pack.text(view.pack.signal_names.get(one.signal, {}), view.words.language)
            head = f"{one.id} {name or one.signal}, {view.place(one.region)}"
            by = view.words("made_by", agency=view.agency(one.owner), time=view.zoned(one.noted_at))
            yield Item(head, (view.words("reason", reason=one.reason), by))


def _is_taken_up(view: View, one: SignalNote) -> bool:
    return any(
        (threat.region, threat.threat_type) == (one.region, one.threat_type)
        and (threat.rung is not Rung.CLOSED or threat.since >= one.noted_at)
        for threat in view.picture.threats.values()
    )


def actions_section(view: View) -> Section:
    """Actions that protocols ask for: overdue, open, and done since the last report."""
    words, tasks = view.words, sorted(view.picture.tasks.values(), key=lambda t: (t.due, t.id))
    late = tuple(_task(view, one) for one in tasks if one.is_overdue(view.at))
    others = [one for one in tasks if one.is_open and not one.is_overdue(view.at)]
    closed = [one for one in tasks if not one.is_open and view.is_new("task", one.id)]
    return section(
        view, "actions",
        Listing(words("actions_overdue"), late),
        Listing(words("actions_open"), tuple(_task(view, one) for one in others)),
        Listing(words("actions_closed"), tuple(_task(view, one) for one in closed)),
    )  # fmt: skip


def action_words(view: View, task: Task) -> str:
    """What the protocol asks for, in the pack's words."""
    protocol = view.pack.protocols.get(task.protocol)
    actions = protocol.actions if protocol else ()
    texts = next((action.text for action in actions if action.id == task.action), {})
    return view.pack.text(texts, view.words.language) or task.action


def _task(view: View, one: Task) -> Item:
    words = view.words
    head = words(
        "task_head", id=one.id, agency=view.agency(one.owner), klass=view.label(one.klass),
        place=view.place(one.region), due=view.zoned(one.due), state=words(f"state_{one.state}"),
    )  # fmt: skip
    lines = [action_words(view, one)]
    if one.proof:
        lines.append(words("proof", text=one.proof))
    if one.reason:
        lines.append(words("reason", reason=one.reason))
    return Item(head, tuple(lines), urgent=one.is_overdue(view.at))


def commitments_section(view: View) -> Section:
    """Commitments that are late or broken, the institution's explanation first; then the open."""
    late, open_ones = late_commitments(view), open_commitments(view)
    return section(
        view, "commitments",
        Listing(view.words("commitments_late"), tuple(_late(view, one) for one in late)),
        Listing(view.words("commitments_open"), tuple(_open(view, one) for one in open_ones)),
    )  # fmt: skip


def late_commitments(view: View) -> list[Commitment]:
    """Late ones, and those found broken since the last report, by their day."""
    found = (
        one
        for one in view.picture.commitments.values()
        if one.is_late
        or (one.state is CommitmentState.BROKEN and view.is_new("commitment", one.id))
    )
    return sorted(found, key=lambda one: (one.due, one.id))


def open_commitments(view: View) -> list[Commitment]:
    """Open ones whose day has not passed, by their day."""
    found = (one for one in view.picture.commitments.values() if one.is_open and not one.is_late)
    return sorted(found, key=lambda one: (one.due, one.id))


def explanation(view: View, one: Commitment) -> str:
    """What the debtor says of the delay, or until when it may say so."""
    agency = view.agency(one.debtor)
    if one.explanation:
        return view.words("explained", agency=agency, text=one.explanation)
    if one.explain_by:
        return view.words("unexplained", agency=agency, time=view.zoned(one.explain_by))
    return view.words("not_explained", agency=agency)


def _late(view: View, one: Commitment) -> Item:
    lines = [view.commitment(one), one.what, view.words("asked_proof", text=one.proof)]
    if one.claim:
        lines.append(view.words("claimed", text=one.claim))
    if one.reason:
        lines.append(view.words("reason", reason=one.reason))
    return Item(explanation(view, one), (*lines, *_remarks(view, one.id)), urgent=True)


def _open(view: View, one: Commitment) -> Item:
    lines = [one.what, view.words("asked_proof", text=one.proof)]
    if one.region:
        lines.append(f"{view.words('place')}: {view.place(one.region)}")
    if one.claim:
        lines.append(view.words("claimed", text=one.claim))
    return Item(view.commitment(one), (*lines, *_remarks(view, one.id)))


def proposals_section(view: View) -> Section:
    """Proposals that still lack a signature."""
    found = (one for one in view.picture.proposals.values() if one.is_open)
    return section(view, "proposals", Listing("", tuple(proposal_item(view, one) for one in found)))
