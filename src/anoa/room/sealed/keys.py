"""Sealing keys: which one browsers encrypt to, and the proof that somebody can open it.

Who registers a key opens a test text of the room with it first, in the browser; a key whose
private half is nowhere would swallow every text that is sealed to it.
"""

from __future__ import annotations

import hashlib
import json
import secrets

from django.core import signing

from anoa.coordination.actors import Actor
from anoa.coordination.sealed import SealingKey, current_key
from anoa.envelopes import EnvelopeError, fingerprint, public_of, sealed
from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import Entry
from anoa.room import access, actions, record
from anoa.room.models import Member, Operation

PUBLISH = "sealing_key.publish"
SALT = "anoa sealing key"
GOOD_FOR_S = 3600


def key_for(operation: Operation, agency: str) -> SealingKey | None:
    """The key to which text for that institution is sealed now; None where it has none."""
    keys = record.current_picture(operation).sealing_keys.values()
    return current_key(keys, agency)


def keys_of(operation: Operation, agency: str) -> list[SealingKey]:
    """All keys that the institution ever published, the newest first."""
    keys = record.current_picture(operation).sealing_keys.values()
    return [one for one in keys if one.owner == agency][::-1]


def may_publish(member: Member) -> bool:
    """Whether the member publishes the key of the own institution."""
    return access.reads_own(member) and access.may(member.role, PUBLISH)


def challenge(member: Member, public: str) -> tuple[str, str]:
    """An envelope with a test text, sealed to the key, and a ticket that knows the answer.

    Raises EnvelopeError for what is no key.
    """
    _need(member)
    answer = secrets.token_hex(16)
    try:
        envelope = sealed(
            json.dumps({"test": answer}).encode(), public_of(public), id=secrets.token_hex(16),
            operation=member.operation.pk, to=member.agency,
        )  # fmt: skip
    except ValueError as error:
        raise EnvelopeError("this is no sealing key: it has 43 letters") from error
    said = {"public": public, "agency": member.agency, "answer": _digest(answer)}
    return envelope.data.decode(), signing.dumps(said, salt=SALT)


def publish(member: Member, ticket: str, answers: list[str]) -> list[Entry]:
    """Publish the key of a ticket, when both copies opened the test text.

    Raises AccessDenied or NotAllowed.
    """
    _need(member)
    try:
        said = signing.loads(ticket, salt=SALT, max_age=GOOD_FOR_S)
    except signing.BadSignature as error:
        raise NotAllowed("The test took too long or is not of this room: do it again.") from error
    if said["agency"] != member.agency or len(answers) != 2:
        raise NotAllowed("The test took too long or is not of this room: do it again.")
    if any(_digest(one) != said["answer"] for one in answers):
        raise NotAllowed("A copy did not open the test text: the key is not published.")
    operation = member.operation
    actions.need_part(operation, member.agency)
    at = actions.now_of(operation)
    actions.let_clocks_run(operation, at)
    actor = Actor(member.ident, member.agency, member.role)
    data = {"public": said["public"], "fingerprint": fingerprint(public_of(said["public"]))}
    return list(actions.perform(actions.Deed(operation, actor, PUBLISH, "", data, at)))


def _need(member: Member) -> None:
    if not may_publish(member):
        raise AccessDenied("this is not for the role {role}", role=member.role)


def _digest(answer: str) -> str:
    return hashlib.sha256(answer.encode()).hexdigest()
