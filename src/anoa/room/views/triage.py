"""Who verifies what: the reports that a verifier holds, takes and gives back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext

from anoa import triage as engine
from anoa.coordination import VERBS
from anoa.coordination.values import Incident, Report
from anoa.room import places
from anoa.room.forms import ActForm
from anoa.room.templatetags.room import span_text
from anoa.room.views.desk import Desk, desk_page
from anoa.same_event import Band, shipped
from anoa.triage import Kin

Context = dict[str, Any]
TAKE = "report.take_batch"
SIZES, USUAL = (1, 3, 5, 10, 20), 5
COMPARED = 12  # reports of an incident that others are compared with


def may_triage(desk: Desk) -> bool:
    """Whether the reader verifies reports: by role, and for an institution that sees them."""
    return bool(desk.agency) and desk.inside and desk.member.role in VERBS[TAKE].roles


@desk_page("reports", "room/triage.html")
def triage(desk: Desk) -> Context:
    """The reports that the reader holds, those that others hold, and the way to the next ones."""
    if not may_triage(desk):
        raise PermissionDenied(gettext("This page is not for your role."))
    held = engine.held(desk.picture, desk.at)
    mine = [one for one in held if one.taker == desk.member.ident]
    others = [one for one in held if one.taker != desk.member.ident]
    typed = desk.request.POST
    place = typed.get("place", "")
    rules = desk.pack.rules
    shown = [_held(desk, one) for one in mine]
    return {
        "mine": shown,
        "any_kin": any(one["kin"] for one in shown),
        "others": [(one, desk.offer("report.release", one.id)) for one in others],
        "by_agency": sorted(Counter(one.taken_by for one in held).items(), key=str),
        "may_take": desk.is_live,
        "waiting": len(engine.waiting(desk.picture, rules, desk.agency, None)),
        "refusal": desk.refusal_of(TAKE, ""),
        "sizes": SIZES,
        "size": int(count) if (count := typed.get("count", "")).isdecimal() else USUAL,
        "order": typed.get("order", ""),
        "place": places.place_filter(desk, place, 0, 0),
        "minutes": int(rules.clocks.assess.total_seconds()) // 60,
        "whence": whence(),
    }


def _held(desk: Desk, found: Report) -> Context:
    acts = [*judging(desk, found), *desk.offer("report.release", found.id)]
    return {"report": found, "acts": acts, "kin": kin_shown(desk, found)}


def judging(desk: Desk, found: Report) -> list[ActForm]:
    """The form of a verdict; it says which verdict it would replace, as the reader sees it."""
    mine = found.verdict is not None and found.judged_by == desk.agency
    hidden = {"instead_of": str(found.verdict)} if mine else {}
    return desk.offer("report.judge", found.id, hidden=hidden, drop=("instead_of",))


def kin_shown(desk: Desk, found: Report) -> list[tuple[Kin, list[str]]]:
    """Reports that may tell of the same event, with the grounds in words."""
    if not found.stands or not desk.inside:
        return []
    return [(kin, grounds(kin)) for kin in engine.kin_of(desk.picture, desk.pack, found)]


def kin_of_incident(desk: Desk, found: Incident) -> list[tuple[Kin, list[str]]]:
    """Reports that may tell of the same event as those of an incident, and are not tied to it."""
    if not found.stands:
        return []
    tied = [desk.picture.reports[one] for one in found.reports if one in desk.picture.reports]
    best: dict[str, tuple[Kin, list[str]]] = {}
    apart = {ident for report in tied for ident in report.apart}
    for report in tied[:COMPARED]:
        for kin, why in kin_shown(desk, report):
            other = kin.report
            known = best.get(other.id)
            if (
                other.incident != found.id
                and other.id not in apart
                and (known is None or known[0].probability < kin.probability)
            ):
                best[other.id] = (kin, why)
    return sorted(best.values(), key=lambda pair: -pair[0].probability)[: engine.SHOWN]


def grounds(kin: Kin) -> list[str]:
    """Why a report is proposed, in words."""
    near = gettext("{km} km apart").format(km=max(round(kin.distance_km), 1))
    same = gettext("same sub-district") if kin.report.sub_district else gettext("same region")
    said = [same if kin.same_place else near,
            gettext("{span} apart").format(span=span_text(kin.apart)),
            gettext("same type") if kin.same_type else gettext("another type")]  # fmt: skip
    if kin.same_target:
        said.append(gettext("the same is concerned"))
    if kin.same_chain:
        said.append(gettext("one chain of command: still one voice"))
    return said


def whence() -> str:
    """From what the proposals were learnt, and what the likely ones were worth there."""
    known = shipped()
    source = gettext("Learnt from: {data}.").format(data=known.provenance.data)
    if Band.NEAR_CERTAIN in known.bands:
        return source
    return source + " " + gettext("None is called near-certain.")
