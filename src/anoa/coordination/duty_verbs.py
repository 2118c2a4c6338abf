"""Taking over and handing over the duty of one's own institution."""

from __future__ import annotations

from anoa.coordination.duty import current_duty
from anoa.coordination.verbs import OPERATOR, Act, Drafts, verb
from anoa.oplog import Handling


@verb("duty.take_over", OPERATOR, "after:id", opens=True)
def take_over(act: Act) -> Drafts:
    """Take the duty of the own institution over from whoever has it.

    ``after`` is the duty that the member saw standing: of two who take at once, the second is told.
    """
    now = current_duty(act.state.duties.values(), act.actor.agency)
    seen = act.data.get("after") or None
    if now is None:
        act.need(seen is None, "There is no {thing} {id}.", thing="duty", id=seen)
        return (act.opening("duty.taken", {}, Handling.INSTITUTIONS),)
    act.need(now.member != act.actor.member, "You have the duty already ({id}).", id=now.id)
    act.need(
        seen == now.id,
        "{member} took the duty over meanwhile ({id}): look who has it before you take it.",
        member=now.member, id=now.id,
    )  # fmt: skip
    data = {"after": now.id, "previous": now.member}
    return (act.opening("duty.taken", data, Handling.INSTITUTIONS),)


@verb("duty.hand_over", OPERATOR, "to:id", "note:prose")
def hand_over(act: Act) -> Drafts:
    """Leave a note and perhaps name who follows; the duty stays until it is taken over."""
    duty = act.item("duty")
    act.need_owner(duty)
    act.need(duty.ended_at is None, "{id} was taken over already.", id=duty.id)
    act.need(
        duty.member == act.actor.member, "{member} has the duty {id}.",
        member=duty.member, id=duty.id,
    )  # fmt: skip
    if to := act.data.get("to"):
        known = act.state.find("member", to)
        fits = known is not None and known.owner == act.actor.agency and to != act.actor.member
        act.need(fits, "{member} is no other member of your institution.", member=to)
    return (act.entry("duty.handed_over"),)
