"""Words that a signed-in member writes with a report: a submission that is filed at once."""

from __future__ import annotations

import secrets

from anoa.coordination.actors import Actor
from anoa.room.intake.storing import seal, store
from anoa.room.intake.values import Arrival, Channel, Refused, State
from anoa.room.models import Operation, SubmissionRow

FORM = "words"


def words_of_member(actor: Actor, words: str) -> Arrival:
    """The submission that a member's words are; each is a new one."""
    return Arrival(
        secrets.token_hex(16), FORM, "", Channel.WEB, "", actor.agency, actor.member, words.encode()
    )


def keep(operation: Operation, arrival: Arrival, subject: str, likeness: str) -> str:
    """Store it as filed under ``subject`` within the transaction that is open.

    Returns the hash by which the entry of its report names it.
    """
    (outcome,) = store([seal(operation.pk, arrival)])
    if isinstance(outcome, Refused):
        raise outcome
    row = SubmissionRow.objects.get(number=outcome.number)
    row.state, row.subject, row.likeness = State.FILED, subject, likeness
    row.save(update_fields=["state", "subject", "likeness"])
    return str(row.sha256)
