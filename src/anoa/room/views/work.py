"""Reports, incidents, threats, meetings, commitments and tasks: their lists and their pages."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import Http404
from django.utils.translation import gettext

from anoa.columns import Wanted, find
from anoa.coordination.values import Incident, Meeting, Proposal, Report, Threat, thing_of
from anoa.ladder import Rung
from anoa.room import access, actions, places, queries
from anoa.room.forms import ActForm, local_input
from anoa.room.intake import releasing
from anoa.room.views import triage
from anoa.room.views.desk import Desk, desk_page

Context = dict[str, Any]
LIKE = 6  # incidents to which a report is offered to be tied on its page


def _found(desk: Desk, thing: str, ident: str) -> Any:
    """The thing as this reader may see it; what is hidden is not there."""
    item = desk.picture.find(thing, ident)
    if item is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    return item


# -- threats --------------------------------------------------------------------------------


@desk_page("threats", "room/threats.html")
def threats(desk: Desk) -> Context:
    """The ladder as columns."""
    shown, place = places.filtered(desk, desk.picture.threats.values())
    columns = queries.by_rung(shown)
    return {
        "place": place,
        "columns": [(str(rung), columns[rung]) for rung in
                    (Rung.ACTUAL, Rung.THRESHOLD, Rung.POTENTIAL, Rung.CLOSED)],
        "proposals": [p for p in desk.picture.proposals.values() if p.is_open],
        "acts": [
            *desk.offer("threat.raise", needed=("region", "threat_type")),
            *desk.offer("signal.note"),
        ],
        "today": desk.at,
    }  # fmt: skip


@desk_page("threats", "room/threat.html")
def threat(desk: Desk, ident: str) -> Context:
    """One threat, and why it stands where it stands."""
    found: Threat = _found(desk, "threat", ident)
    place = {"region": found.region, "threat_type": found.threat_type}
    proposals = [p for p in desk.picture.proposals.values() if p.about == ident]
    return {
        "threat": found,
        "moves": list(reversed(found.moves)),
        "tasks": [_task_with_words(desk, t) for t in desk.picture.tasks.values()
                  if t.threat == ident],
        "proposals": _with_signing(desk, proposals),
        "acts": [
            *desk.offer("threat.raise", ident, hidden=place),
            *desk.offer("threat.lower", ident),
            *desk.offer("threat.hand_over", ident),
            *desk.offer("proposal.make", hidden={"about": ident}, drop=("to",)),
            *desk.offer("remark.make", hidden={"about": ident}),
        ],
    }  # fmt: skip


def _task_with_words(desk: Desk, task: Any) -> Context:
    protocol = desk.pack.protocols.get(task.protocol)
    spec = next((a for a in protocol.actions if a.id == task.action), None) if protocol else None
    return {
        "task": task,
        "text": desk.text(spec.text) if spec else task.action,
        "proof": desk.text(spec.proof) if spec else "",
        "is_overdue": task.is_overdue(desk.at),
        "acts": [form for verb in ("task.acknowledge", "task.do", "task.decline")
                 for form in desk.offer(verb, task.id)],
    }  # fmt: skip


def _with_signing(desk: Desk, proposals: list[Proposal]) -> list[tuple[Proposal, list[ActForm]]]:
    return [
        (one, [*desk.offer("proposal.sign", one.id), *desk.offer("proposal.decline", one.id)])
        for one in proposals
    ]


@desk_page("threats", "room/proposal.html")
def proposal(desk: Desk, ident: str) -> Context:
    """One proposal and its signatures."""
    found = _found(desk, "proposal", ident)
    return {"proposal": found, "pairs": _with_signing(desk, [found])}


# -- reports and incidents ------------------------------------------------------------------


@desk_page("reports", "room/report.html")
def report(desk: Desk, ident: str) -> Context:
    """One report: its clock, its ratings, what became of it."""
    found: Report = _found(desk, "report", ident)
    same = {name: getattr(found, name) for name in
            ("region", "sub_district", "threat_type", "place_class", "object", "reliability",
             "credibility", "obtained", "at_risk")}  # fmt: skip
    typed = {name: "" if value is None else str(value) for name, value in same.items()}
    typed["observed_at"] = local_input(desk, found.observed_at)
    opening = {name: typed[name] for name in
               ("region", "sub_district", "threat_type", "place_class", "observed_at")
               if typed[name]}  # fmt: skip
    kin = triage.kin_shown(desk, found)
    return {
        "report": found,
        "unanswered": found.is_unanswered(desk.at),
        "raw": actions.raw_words(desk.member, ident) if _is_own(desk, found) else None,
        **_pictures(desk, found),
        "acknowledge": desk.offer("report.acknowledge", ident),
        "is_mine": found.taker == desk.member.ident,
        "held": found.is_held(desk.at),
        "kin": kin,
        "whence": triage.whence(),
        "acts": [
            *desk.offer("report.take_up", ident),
            *triage.judging(desk, found),
            *desk.offer("report.release", ident),
            *_incident_forms(desk, found, opening),
            *_telling_apart(desk, found, kin),
            *desk.offer("report.amend", ident, preset=typed),
            *desk.offer("report.withdraw", ident),
            *desk.offer("proposal.make", hidden={"about": ident}, drop=("to",)),
            *desk.offer("remark.make", hidden={"about": ident}),
            *desk.offer("hold.place", hidden={"about": ident}),
        ],
    }


def _is_own(desk: Desk, found: Report) -> bool:
    return found.owner == desk.agency and access.reads_own(desk.member)


def _pictures(desk: Desk, found: Report) -> Context:
    """What was released of the report's pictures, and for its owner what waits to be looked at."""
    came = [] if desk.past else releasing.of_report(desk.operation, found)
    mine = _is_own(desk, found) and releasing.may_release(desk.member)
    return {"pictures": [one for one in came if one["found"]], "received": came if mine else []}


def _incident_forms(desk: Desk, found: Report, opening: dict[str, str]) -> list[ActForm]:
    if found.incident:
        return []
    ties = [
        form
        for one in _incidents_like(desk, found)
        for form in desk.offer("incident.tie", one.id, hidden={"report": found.id},
                               label=gettext("Tie to incident {id}").format(id=one.id))
    ]  # fmt: skip
    both = [found.id, *(one for one in desk.request.GET.getlist("with")[:1])]
    chosen = opening | {"reports": both}
    return [*ties, *desk.offer("incident.open", preset=chosen, is_open=len(both) > 1)]


def _telling_apart(desk: Desk, found: Report, kin: list[Any]) -> list[ActForm]:
    """The form that tells a proposed report apart, and the one that takes it back."""
    offered = {
        "report.tell_apart": [one.report.id for one, _ in kin], "report.compare_again": found.apart
    }  # fmt: skip
    return [
        form
        for verb, others in offered.items() if others
        for form in desk.offer(verb, found.id, fixed={"report": others[0]}, only={"report": others})
    ]  # fmt: skip


def _incidents_like(desk: Desk, found: Report) -> tuple[Any, ...]:
    """The newest incidents of that type in that region."""
    same = {"threat_type": frozenset({found.threat_type}), "region": frozenset({found.region})}
    return find(desk.picture, "incident", Wanted(same)).page("newest", LIKE).items


@desk_page("reports", "room/incident.html")
def incident(desk: Desk, ident: str) -> Context:
    """One incident and the reports that describe it."""
    found: Incident = _found(desk, "incident", ident)
    return {
        "incident": found,
        "reports": _tied(desk, found),
        "by_state": queries.in_order(Counter(one.state for one in _tied(desk, found))),
        "voices": _voices(desk, found),
        "kin": triage.kin_of_incident(desk, found),
        "whence": triage.whence(),
        "acts": [*desk.offer("incident.tie", ident), *desk.offer("incident.merge", ident),
                 *desk.offer("incident.unmerge", ident), *_untying(desk, found),
                 *desk.offer("incident.amend", ident, preset=_typed(desk, found)),
                 *desk.offer("incident.withdraw", ident),
                 *desk.offer("proposal.make", hidden={"about": ident}),
                 *desk.offer("remark.make", hidden={"about": ident}),
                 *desk.offer("hold.place", hidden={"about": ident})],
    }  # fmt: skip


def _tied(desk: Desk, found: Incident) -> list[Report]:
    """The reports of an incident that the reader sees."""
    return [desk.picture.reports[one] for one in found.reports if one in desk.picture.reports]


def _voices(desk: Desk, found: Incident) -> int:
    """How many chains of command speak for it: two units of one chain are one voice."""
    standing = (one for one in _tied(desk, found) if one.stands)
    return len({desk.pack.rules.chain(one.owner) for one in standing})


def _untying(desk: Desk, found: Incident) -> list[ActForm]:
    """The form that unties a report, while there is one that may be untied."""
    tied = {one.id for one in _tied(desk, found)}
    first = next(iter(tied), "")
    return desk.offer("incident.untie", found.id, fixed={"report": first}, only={"report": tied})


def _typed(desk: Desk, found: Incident) -> dict[str, str]:
    """What an incident holds, as its owner would type it."""
    return {
        "region": found.region, "sub_district": found.sub_district or "",
        "threat_type": found.threat_type, "place_class": found.place_class,
        "observed_at": local_input(desk, found.observed_at),
    }  # fmt: skip


# -- meetings -------------------------------------------------------------------------------


@desk_page("meetings", "room/meetings.html")
def meetings(desk: Desk) -> Context:
    """The coordination meetings, the newest first."""
    found = sorted(desk.picture.meetings.values(), key=lambda m: m.opened_at, reverse=True)
    return {"meetings": found, "waiting": desk.waiting, "acts": desk.offer("meeting.open")}


@desk_page("meetings", "room/meeting.html")
def meeting(desk: Desk, ident: str) -> Context:
    """The meeting as a room: agenda, lines, commitments, and the list that is signed."""
    found: Meeting = _found(desk, "meeting", ident)
    held = [c for c in desk.picture.commitments.values() if c.meeting == ident]
    return {
        "meeting": found,
        "agenda": [(one, _thing(desk, one)) for one in found.agenda],
        "commitments": sorted(held, key=lambda c: c.id),
        "acts": [
            *desk.offer("meeting.record_line", ident, is_open=found.closed_at is None),
            *desk.offer("commitment.request", hidden={"meeting": ident}),
            *desk.offer("meeting.close", ident),
        ] if found.closed_at is None else [],
        "signers": found.attending,
    }  # fmt: skip


def _thing(desk: Desk, ident: str) -> str:
    """A thing of the agenda in a few words; empty for what this reader may not see."""
    if ident in desk.picture.editions:
        adopted = desk.picture.editions[ident]
        return desk.text(desk.pack.edition_name(adopted.index, adopted.edition))
    thing = thing_of(ident)
    item = desk.picture.find(thing, ident) if thing else None
    return desk.describe(item) if item else ""


# -- commitments and tasks ------------------------------------------------------------------


@desk_page("commitments", "room/commitments.html")
def commitments(desk: Desk) -> Context:
    """Who promised what to whom, those that need someone first."""
    mine = desk.request.GET.get("mine") == "1"
    found = [c for c in desk.picture.commitments.values()
             if not mine or desk.agency in (c.debtor, c.creditor)]  # fmt: skip
    shown, place = places.filtered(desk, found)
    return {"groups": queries.by_state(shown), "mine": mine, "place": place,
            "acts": desk.offer("commitment.request")}  # fmt: skip


@desk_page("commitments", "room/commitment.html")
def commitment(desk: Desk, ident: str) -> Context:
    """One promise: the institution's explanation first, then what may be done."""
    found = _found(desk, "commitment", ident)
    verbs = ("accept", "decline", "explain", "claim", "discharge", "return", "break", "release")
    return {
        "commitment": found,
        "state": queries.commitment_state(found),
        "acts": [
            *(form for verb in verbs for form in desk.offer(f"commitment.{verb}", ident)),
            *desk.offer("remark.make", hidden={"about": ident}),
        ],
    }


@desk_page("tasks", "room/tasks.html")
def tasks(desk: Desk) -> Context:
    """The actions that protocols asked of the reader's institution, and those of the others."""
    everything = sorted(desk.picture.tasks.values(), key=lambda t: (not t.is_open, t.due))
    listed = [t for t in everything if t.owner == desk.agency or t.is_open]
    found, place = places.filtered(desk, listed)
    return {
        "place": place,
        "mine": [_task_with_words(desk, t) for t in found if t.owner == desk.agency],
        "others": [_task_with_words(desk, t) for t in found
                   if t.owner != desk.agency and t.is_open],
    }  # fmt: skip
