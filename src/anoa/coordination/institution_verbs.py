"""Publishing, replacing and revoking the key by which one's institution countersigns seals."""

from __future__ import annotations

from anoa.coordination.institutions import current_countersign_key
from anoa.coordination.verbs import DUTY, Act, Drafts, verb
from anoa.errors import AnoaError, InputError, LogError
from anoa.oplog import Handling
from anoa.seals import KeyKind, parse_vkey


@verb("countersign_key.publish", DUTY, "public:key!", opens=True)
def publish_countersign_key(act: Act) -> Drafts:
    """Publish the key by which the institution countersigns, in place of the one it had."""
    public = _public_line(str(act.data["public"]))
    keys = act.state.countersign_keys
    known = [one for one in keys.values() if one.public == public]
    act.need(not known, "This key was published already: a key is published once.")
    used = {
        (key, agency)
        for one in act.state.seals.values()
        for key, agency in zip(one.countersigned, one.countersigners, strict=True)
    }
    others = [agency for key, agency in used if key == public and agency != act.actor.agency]
    act.need(
        not others, "{agency} countersigned by this key: publish a key of your own.",
        agency=others[0] if others else "",
    )  # fmt: skip
    now = current_countersign_key(keys, act.actor.agency)
    data = {"public": public} | ({"replaces": now.id} if now else {})
    return (act.opening("countersign_key.published", data, Handling.PUBLIC),)


def _public_line(text: str) -> str:
    try:
        key = parse_vkey(text.strip())
    except LogError as error:
        raise InputError({"public": AnoaError("this is no public key: give the line that anoa "
                                              "keys show prints")}) from error  # fmt: skip
    if key.kind is not KeyKind.COSIGNER:
        raise InputError({"public": AnoaError("this is the key of a log: give the line of a "
                                              "cosigner key")})  # fmt: skip
    return key.vkey


@verb("countersign_key.revoke", DUTY, "reason:prose!")
def revoke_countersign_key(act: Act) -> Drafts:
    """Say that a key is lost or in other hands: no seal is countersigned by it from now on."""
    key = act.item("countersign_key")
    act.need_owner(key)
    act.need(key.revoked_at is None, "{id} is revoked already.", id=key.id)
    return (act.entry("countersign_key.revoked"),)
