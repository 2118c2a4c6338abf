"""Certifying a deletion, and holding back what must not be deleted."""

from __future__ import annotations

from anoa.coordination.retention import HOLDABLE
from anoa.coordination.values import thing_of
from anoa.coordination.verbs import DUTY, Act, Drafts, verb
from anoa.errors import NotAllowed
from anoa.oplog import Handling

DELETION_FIELDS = (
    "class:id!", "whose:id!", "rule:id!", "pack_version:id!", "deleted:count!", "root:id!",
    "first:date", "last:date", "drafts:count", "files:count", "again:flag",
)  # fmt: skip


@verb("deletion.certify", DUTY, *DELETION_FIELDS, opens=True)
def certify(act: Act) -> Drafts:
    """Record that material of one's own institution was deleted; the room computes the data."""
    act.need(act.data["whose"] == act.actor.agency, "What {of} keeps, {of} deletes.",
             of=act.data["whose"])  # fmt: skip
    act.need(act.data["deleted"] > 0, "Nothing of this is due.")
    return (act.opening("deletion.certified", handling=Handling.PUBLIC),)


@verb("hold.place", DUTY, "about:id!", "reason:prose!", opens=True)
def place_hold(act: Act) -> Drafts:
    """Keep what belongs to a thing from being deleted, as for a case at court."""
    about = act.data["about"]
    thing = thing_of(about)
    if thing not in HOLDABLE:
        raise NotAllowed("Nothing that could be deleted belongs to {id}.", id=about)
    item = act.item(thing, about)
    mine = (act.actor.agency, about, None)
    placed = [one for one in act.state.holds.values()
              if (one.owner, one.about, one.lifted_at) == mine]  # fmt: skip
    act.need(not placed, "Your institution holds {id} already.", id=about)
    return (act.opening("hold.placed", handling=item.handling),)


@verb("hold.lift", DUTY, "reason:prose!")
def lift_hold(act: Act) -> Drafts:
    """Let what was held be deleted when its time is over."""
    hold = act.item("hold")
    act.need_owner(hold)
    act.need(hold.lifted_at is None, "{id} is lifted already.", id=hold.id)
    return (act.entry("hold.lifted"),)
