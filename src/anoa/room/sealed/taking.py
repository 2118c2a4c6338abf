"""Taking sealed envelopes: checked from outside, stored by the ordinary intake, and nothing more.

The row names the owner and the local day. It names no sender, form, place or hour: who is let in
is checked at the door and then forgotten.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future

from anoa.coordination.sealed import SealingKey
from anoa.envelopes import Envelope
from anoa.forms import Form
from anoa.pack import Pack
from anoa.room import actions, record
from anoa.room.intake.desk import put
from anoa.room.intake.values import SEALED, Arrival, Channel, Receipt, Refused
from anoa.room.models import Operation
from anoa.room.sealed.days import day_start, sealed_rows
from anoa.room.sealed.keys import key_for

WAIT_S = 30


class KeyReplaced(Refused):
    """The key was replaced while the form was open; ``key`` is the one to seal to now."""

    code = "key_replaced"
    status = 409

    def __init__(self, key: SealingKey) -> None:
        self.key = key
        super().__init__(
            "the key was replaced while you wrote: nothing was sent. Compare the new fingerprint "
            "and send again"
        )


class NoKey(Refused):
    """The institution has no key to which anything could be sealed."""

    code = "no_key"
    status = 409


class NotForHere(Refused):
    """The envelope is for another operation, or for nobody who owns a sealed form."""

    code = "not_for_here"
    status = 422


def owner_of(pack: Pack, form: Form) -> str:
    """The one institution that opens what is sealed by this form, wherever it happened."""
    return pack.rules.agency_for(form.owner_kind, pack.root) or ""


def take(operation: Operation, data: bytes, owners: Collection[str]) -> Receipt:
    """Store an envelope for one of the owners; the same one sent twice gives the same receipt.

    Raises EnvelopeError, KeyReplaced, NoKey, NotForHere, Conflict, Busy or StorageError.
    """
    envelope = Envelope.parse(data)
    if envelope.operation != operation.pk or envelope.to not in owners:
        raise NotForHere("this was sealed for another room or institution: nothing was stored")
    if not sealed_rows().filter(operation=operation, sender_id=envelope.id).exists():
        _need_key(operation, envelope)  # what was stored before is answered as before
    arrival = Arrival(
        envelope.id, SEALED, "", Channel.WEB, SEALED, envelope.to, "", envelope.data
    )  # fmt: skip
    day = day_start(record.pack_of(operation), actions.now_of(operation))
    waiting: Future[Receipt] = put(arrival, day)
    return waiting.result(WAIT_S)


def _need_key(operation: Operation, envelope: Envelope) -> None:
    key = key_for(operation, envelope.to)
    if key is None:
        raise NoKey("the institution has no sealing key now: nothing can be sealed to it")
    if key.fingerprint != envelope.key:
        raise KeyReplaced(key)
