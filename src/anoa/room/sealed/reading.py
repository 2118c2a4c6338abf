"""What the owner of sealed submissions may do: list them, fetch one as it is, and mark it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from django.db import transaction

from anoa.envelopes import Envelope
from anoa.errors import AccessDenied, AnoaError, NotAllowed
from anoa.room import access, record
from anoa.room.intake.storing import opened, vault
from anoa.room.intake.values import State
from anoa.room.models import Member, Operation, SubmissionRow
from anoa.room.sealed.days import sealed_rows
from anoa.room.sealed.taking import owner_of

READERS = frozenset({"duty_officer", "operator", "secretary"})
MARKS = {State.READ: (State.SEALED,), State.ANSWERED: (State.SEALED, State.READ)}
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A sealed submission as its owner sees it before opening it."""

    code: str
    id: str  # the sender's own, to which the text is bound
    day: datetime
    state: str
    key: str  # fingerprint of the key that opens it
    kb: int
    entry: str  # in the log, once its day is over
    certificate: str = ""  # by which it was deleted, as its time was over


def owners(operation: Operation) -> frozenset[str]:
    """The institutions to which a form of the pack is sealed."""
    pack = record.pack_of(operation)
    return frozenset(owner_of(pack, form) for form in pack.forms.values() if form.is_sealed)


def may_read(member: Member) -> bool:
    """Whether the member's institution owns a sealed form, and the member opens what comes in."""
    is_owner = access.reads_own(member) and member.agency in owners(member.operation)
    return is_owner and member.role in READERS


def listed(member: Member, before: str = "") -> list[Listed]:
    """The institution's sealed submissions, the newest first, or those before that code.

    There is one more than ``AT_ONCE`` where the list goes on.
    """
    _need(member)
    rows = sealed_rows().filter(operation=member.operation, agency=member.agency)
    if number := vault().number(before):
        rows = rows.filter(number__lt=number)
    return [_listed(row) for row in rows.order_by("-number")[: AT_ONCE + 1]]


def _listed(row: SubmissionRow) -> Listed:
    try:
        key = Envelope.parse(opened(row)[1]).key
    except AnoaError:
        key = ""  # the page says that it was damaged
    return Listed(
        vault().code(row.number), row.sender_id, row.received_at, row.state, key,
        row.size // 1024, row.subject, row.certificate,
    )  # fmt: skip


def envelope(member: Member, code: str) -> bytes | None:
    """The envelope of that code as it was sent; None when there is none, or it was deleted."""
    _need(member)
    row = _row(member, code)
    return None if row is None or not row.encrypted else opened(row)[1]


def mark(member: Member, code: str, state: State) -> None:
    """Say that it was read or answered: whoever has its code can ask. No entry tells of it.

    Raises NotAllowed when there is none, or when it stands so already.
    """
    _need(member)
    with record.lock(), transaction.atomic():
        row = _row(member, code)
        if row is None:
            raise NotAllowed("There is no {thing} {id}.", thing="sealed", id=code)
        if row.state not in MARKS[state]:
            raise NotAllowed("{id} is {state} already.", id=code, state=str(row.state))
        row.state, row.closed_at = str(state), _today()
        row.save(update_fields=["state", "closed_at"])


def _row(member: Member, code: str) -> SubmissionRow | None:
    number = vault().number(code)
    found = sealed_rows().filter(operation=member.operation, agency=member.agency, number=number)
    row: SubmissionRow | None = found.first()
    return row


def _today() -> datetime:
    return datetime.combine(datetime.now(UTC).date(), time(), UTC)


def _need(member: Member) -> None:
    if not may_read(member):
        raise AccessDenied("this is not for the role {role}", role=member.role)
