"""What a member may do about another member of its institution."""

from __future__ import annotations

from anoa.coordination.verbs import DUTY, Act, Drafts, verb
from anoa.oplog import Handling


@verb("member.reset_factor", DUTY)
def reset_factor(act: Act) -> Drafts:
    """Record that the second factor of a colleague was taken off, as after a lost phone."""
    member = act.item("member")
    act.need_owner(member)
    act.need(not member.left, "{member} takes part no longer.", member=member.id)
    act.need(
        member.id != act.actor.member,
        "Another member of your institution must do this, or the administrator of the machine.",
    )
    return (act.entry("member.factor_reset", handling=Handling.INSTITUTIONS),)
