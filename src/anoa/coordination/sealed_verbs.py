"""Publishing, replacing and retiring the key to which text is sealed for one's institution."""

from __future__ import annotations

from anoa.coordination.sealed import current_key
from anoa.coordination.verbs import DUTY, Act, Drafts, verb
from anoa.oplog import Handling


@verb("sealing_key.publish", DUTY, "public:key!", "fingerprint:id!", opens=True)
def publish_key(act: Act) -> Drafts:
    """Publish the institution's sealing key, in place of the one it had."""
    known = [one for one in act.state.sealing_keys.values()
             if one.fingerprint == act.data["fingerprint"]]  # fmt: skip
    act.need(not known, "This key was published already: a key is used once.")
    now = current_key(act.state.sealing_keys.values(), act.actor.agency)
    data = dict(act.data) | ({"replaces": now.id} if now else {})
    return (act.opening("sealing_key.published", data, Handling.PUBLIC),)


@verb("sealing_key.retire", DUTY, "reason:prose!")
def retire_key(act: Act) -> Drafts:
    """Say that a key is lost or not to be used; what was sealed to it stays sealed to it."""
    key = act.item("sealing_key")
    act.need_owner(key)
    act.need(key.retired_at is None, "{id} is retired already.", id=key.id)
    return (act.entry("sealing_key.retired"),)
