"""The vault of contacts: the number from which somebody called for help by SMS, to call back.

It is the only contact that the room keeps, and of a call for help alone: a report needs none, as
its sender has the code of the receipt. The number lies encrypted under ``keys/contacts.key``,
outside the database, and is found by a keyed hash, under that key, of the keyed mark that the
submission holds. It is forgotten after ``KEPT``, stays out of backups, and is opened by the
institution of the call alone, with a reason that stands in the log.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from anoa.coordination.actors import Actor
from anoa.coordination.field import HelpCall
from anoa.errors import AccessDenied, NotAllowed
from anoa.room import access, actions, record
from anoa.room.intake.storing import opened
from anoa.room.intake.urgent import is_call
from anoa.room.intake.values import Channel
from anoa.room.intake.vault import Vault, new_key
from anoa.room.models import ContactRow, Member, SubmissionRow

KEY_FILE = "contacts.key"
KEPT = timedelta(hours=48)
VERB = "help.open_contact"
NUMBER = re.compile(r"\+?\d[\d ()./-]{3,28}\d\Z")
NONE = "No number is kept for this call: it did not come by SMS, or is older than two days."


@lru_cache(maxsize=1)
def safe() -> Vault:
    """The vault of contacts of this data folder; its key is made on first use."""
    return Vault(settings.DATA_FOLDER.secret(KEY_FILE, new_key))


def keep(submission: int, sender: str, number: str) -> None:
    """Keep the number of whoever sent that submission, if it calls for help.

    ``sender`` is the mark that the submission holds of it.
    """
    number = number.strip()
    row = SubmissionRow.objects.select_related("operation").get(number=submission)
    calls = is_call(record.pack_of(row.operation).forms.get(row.form))
    if not calls or not sender or not NUMBER.match(number):
        return
    mark = _mark(sender)
    with record.lock(), transaction.atomic():
        _forget_old()
        ContactRow.objects.update_or_create(
            operation=row.operation, mark=mark,
            defaults={"encrypted": safe().seal(mark, number.encode()), "ends_at": _now() + KEPT},
        )  # fmt: skip


def forget_old() -> None:
    """Forget the numbers whose time is over; writes only where there are any."""
    if ContactRow.objects.filter(ends_at__lte=_now()).exists():
        with record.lock(), transaction.atomic():
            _forget_old()


def _forget_old() -> None:
    ContactRow.objects.filter(ends_at__lte=_now()).delete()


def may_open(member: Member, call: HelpCall) -> bool:
    """Whether the member may call that sender back, if a number is kept."""
    return bool(member.agency) and call.owner == member.agency and access.may(member.role, VERB)


def is_kept(member: Member, call: HelpCall) -> bool:
    """Whether a number is kept for a call of the member's own institution."""
    return may_open(member, call) and _row(member, call) is not None


def open_for(member: Member, call: HelpCall, reason: str) -> str:
    """The number, once the log says who opened it and why.

    Raises AccessDenied for another institution, NotAllowed where none is kept, and what the verb
    raises.
    """
    if not may_open(member, call):
        raise AccessDenied("this is not for the role {role}", role=member.role)
    operation = member.operation
    at = actions.now_of(operation)
    actions.let_clocks_run(operation, at)
    actor = Actor(member.ident, member.agency, member.role)
    with record.lock(), transaction.atomic():
        row = _row(member, call)
        if row is None:
            raise NotAllowed(NONE)
        number = safe().open(row.mark, bytes(row.encrypted)).decode()
        actions.perform(actions.Deed(operation, actor, VERB, call.id, {"reason": reason}, at))
    return number


def _row(member: Member, call: HelpCall) -> Any:
    sent = SubmissionRow.objects.filter(
        operation=member.operation, subject=call.id, agency=member.agency,
        channel=str(Channel.SMS),
    ).order_by("-number")  # fmt: skip
    marks = [_mark(sender) for one in sent[:5] if (sender := _sender(one))]
    rows = ContactRow.objects.filter(
        operation=member.operation, mark__in=marks, ends_at__gt=_now()
    )  # fmt: skip
    return rows.order_by("-ends_at").first()


def _sender(row: SubmissionRow) -> str:
    """The mark of the sender that a stored message holds; empty for none."""
    said = msgspec.json.decode(opened(row)[1])
    return str(said.get("sender") or "") if isinstance(said, dict) else ""


def _mark(sender: str) -> str:
    return safe().digest(b"contact|" + sender.encode())


def _now() -> datetime:
    return datetime.now(UTC)
