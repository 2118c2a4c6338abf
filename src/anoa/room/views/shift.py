"""The shift: who has the duty, what changed since one's own, what waits, what comes next."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.coordination.duty import Duty, current_duty, since_last_duty
from anoa.room import access, actions
from anoa.room.forms import ActForm
from anoa.room.views.desk import Desk, desk_page
from anoa.sitrep import AHEAD, shift_of
from anoa.sitrep.shift import Due

Context = dict[str, Any]
SHEETS = 5  # hand-overs on the page
SINCE_WORDS = {
    "own_duty": _("since your last duty ended"),
    "shift_before": _("since the shift before this one began"),
    "shift": _("since the present shift began"),
    "first": _("since a day before your duty began, the first in the log"),
    "day": _("in the last 24 hours, as the log knows of no duty before"),
}
DUE_WORDS = {
    "acknowledge": _("Answer to a report"), "commitment": _("Commitment due"),
    "task": _("Task due"), "review": _("Review due"),
    "provisional": _("Provisional standing ends"), "stage_starts": _("Stage begins"),
    "stage_ends": _("Stage ends"),
}  # fmt: skip


@desk_page("shift", "room/shift.html")
def shift(desk: Desk) -> Context:
    """What the member who takes the duty over must know, as far as the reader may see it."""
    duties = list(desk.picture.duties.values())
    since = since_last_duty(duties, desk.agency, desk.member.ident, desk.at)
    before = access.view(desk.member, actions.picture_since(desk.operation, since))
    told = shift_of(desk.picture, before, desk.pack, desk.at, desk.tree)
    mine = current_duty(duties, desk.agency)
    return {
        "shift": told,
        "since": since,
        "since_words": SINCE_WORDS[since.why],
        "mine": mine,
        "others": [one for one in duties if one.ended_at is None and one.owner != desk.agency],
        "ahead": [_due(desk, due) for due in told.ahead],
        "ahead_hours": int(AHEAD.total_seconds()) // 3600,
        "silent_hours": int(desk.pack.clocks.silent_after.total_seconds()) // 3600,
        "acts": _acts(desk, mine),
        "sheets": _sheets(desk),
        "issue": desk.offer(
            "sitrep.issue",
            hidden={"report": "handover"},
            preset={"tree": desk.tree},
            drop=() if len(desk.pack.trees) > 1 else ("tree",),
            label=gettext("Issue the hand-over"),
        ),
    }


def _acts(desk: Desk, mine: Duty | None) -> list[ActForm]:
    if mine is None:
        return desk.offer("duty.take_over", drop=("after",))
    colleagues = [one for one in desk.picture.members.values()
                  if one.owner == desk.agency and one.id != desk.member.ident]  # fmt: skip
    return [
        *desk.offer("duty.take_over", hidden={"after": mine.id}),
        *desk.offer("duty.hand_over", mine.id, drop=() if colleagues else ("to",)),
    ]


def _sheets(desk: Desk) -> list[Any]:
    """The last hand-overs of the reader's institution, the newest first."""
    found = [one for one in desk.picture.sitreps.values()
             if (one.report, one.owner) == ("handover", desk.agency)]  # fmt: skip
    return sorted(found, key=lambda one: one.number, reverse=True)[:SHEETS]


def _due(desk: Desk, due: Due) -> Context:
    stage = desk.pack.stages.get(due.subject)
    return {
        "at": due.at, "what": DUE_WORDS[due.what], "ident": "" if stage else due.subject,
        "text": desk.text(stage.name) if stage else _about(desk, due.subject),
    }  # fmt: skip


def _about(desk: Desk, ident: str) -> str:
    for things in (desk.picture.reports, desk.picture.commitments, desk.picture.tasks,
                   desk.picture.threats):  # fmt: skip
        if (item := things.get(ident)) is not None:
            return desk.describe(item)
    return ""
