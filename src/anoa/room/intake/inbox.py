"""What waits for a person, and what a person does with it: file it by hand, or set it aside.

An institution has its own submissions only; nobody else sees that there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from anoa.coordination.reporting import VERIFIED_IN_CHAIN
from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import Entry
from anoa.room import access, actions, record
from anoa.room.intake.storing import sealed_reason, standing
from anoa.room.intake.values import SEALED, State
from anoa.room.models import Member, Operation, SubmissionRow

AT_ONCE = 50
COUNT_LIMIT = 1_000
REASON_LIMIT = 500
ASIDE = ("known", "unclear", "elsewhere", "test", "other")  # classes of reasons to set it aside


def may_open(member: Member) -> bool:
    """Whether the member deals with what comes in for an institution."""
    return access.reads_own(member) and access.may(member.role, "report.file")


def need_opener(member: Member) -> None:
    """Raise AccessDenied for a member who does not."""
    if not may_open(member):
        raise AccessDenied("this is not for the role {role}", role=member.role)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of the inbox is asked for: words by column, the places of a region, and a span of days.

    All of it is answered from columns that were extracted at intake; nothing is decrypted.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    region: str = ""
    sub_districts: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.words or self.region or self.start or self.end)

    @property
    def condition(self) -> Q:
        """The same as a condition on rows; a form may have asked for the sub-district alone."""
        found = Q(**self.words)
        if self.region:
            found &= Q(region=self.region) | Q(sub_district__in=self.sub_districts)
        if self.start:
            found &= Q(received_at__gte=self.start)
        if self.end:
            found &= Q(received_at__lt=self.end)
        return found


ALL = Narrowed()


def listed(
    member: Member, state: State, after: int = 0, narrowed: Narrowed = ALL
) -> list[SubmissionRow]:
    """The institution's submissions that stand so, oldest first, from a number on.

    There is one more than ``AT_ONCE`` where the list goes on.
    """
    rows = standing(state).filter(narrowed.condition, agency=member.agency, number__gt=after)
    return list(rows.order_by("number")[: AT_ONCE + 1])


def how_many(member: Member, state: State = State.NEEDS_PERSON, narrowed: Narrowed = ALL) -> int:
    """How many of the institution's stand so; at most ``COUNT_LIMIT`` are counted."""
    rows = standing(state).filter(narrowed.condition, agency=member.agency)
    return rows.values("number")[:COUNT_LIMIT].count()


def kinds(member: Member, state: State) -> list[str]:
    """The kinds that senders gave to what stands so."""
    rows = standing(state).filter(agency=member.agency).exclude(kind="")
    return sorted(rows.order_by().values_list("kind", flat=True).distinct())


def count_for(member: Member) -> int:
    """How many wait for a person of the member's institution, if the member deals with them."""
    return how_many(member) if may_open(member) else 0


def unfiled() -> int:
    """How many the follower has not looked at yet; at most ``COUNT_LIMIT`` are counted."""
    return standing(State.RECEIVED).values("number")[:COUNT_LIMIT].count()


def find(member: Member, number: int) -> SubmissionRow | None:
    """A submission of the member's own institution, whatever its state."""
    rows = SubmissionRow.objects.exclude(scope=SEALED)  # of which nothing can be shown here
    return rows.filter(operation=member.operation, number=number, agency=member.agency).first()


def file_by_hand(member: Member, number: int, data: Mapping[str, Any]) -> list[Entry]:
    """File a submission as the report that the member filled in; its entry names it.

    Raises what ``actions.do`` raises, and NotAllowed when it was dealt with meanwhile.
    """
    with record.lock(), transaction.atomic():
        row = _open_row(member, number)
        made = actions.do(member, "report.file", "", dict(data) | {"submission": row.sha256})
        row.subject, row.seq = made[0].subject, made[0].seq
        _close(row, member, State.FILED)
    return made


def set_aside(member: Member, number: int, reason: str, kind: str = "other") -> None:
    """Set a submission aside with a reason; it is kept and can be taken up again.

    ``kind`` is the class of the reason, one of ASIDE; its sender is told the class and no more.
    """
    if kind not in ASIDE:
        raise NotAllowed("Choose one of the classes of reasons.")
    reason = reason.strip()
    if not 3 <= len(reason) <= REASON_LIMIT:
        raise NotAllowed("Say in 3 to {most} characters why it is set aside.", most=REASON_LIMIT)
    with record.lock(), transaction.atomic():
        row = _open_row(member, number)
        row.reason, row.aside = sealed_reason(row, reason), kind
        _close(row, member, State.DISCARDED)


def take_up(member: Member, number: int) -> None:
    """Let a submission that was set aside wait for a person again."""
    need_opener(member)
    with record.lock(), transaction.atomic():
        row = _locked(member, number)
        if row is None or row.state != State.DISCARDED:
            raise NotAllowed("This submission was not set aside.")
        if not row.encrypted:
            raise NotAllowed("What was sent was deleted: there is nothing to take up.")
        row.aside = ""
        _close(row, member, State.NEEDS_PERSON)


def _open_row(member: Member, number: int) -> SubmissionRow:
    need_opener(member)
    row = _locked(member, number)
    if row is None or row.state != State.NEEDS_PERSON:
        raise NotAllowed("This submission was dealt with already.")
    return row


def _locked(member: Member, number: int) -> SubmissionRow | None:
    """The row, which no other machine changes until the transaction ends."""
    rows = SubmissionRow.objects.select_for_update()
    return rows.filter(operation=member.operation, number=number, agency=member.agency).first()


def _close(row: SubmissionRow, member: Member, state: State) -> None:
    row.state, row.closed_by, row.closed_at = str(state), member.ident, datetime.now(UTC)
    row.save(update_fields=["state", "subject", "seq", "reason", "aside", "closed_by", "closed_at"])


def became(operation: Operation, row: SubmissionRow) -> str:
    """What became of a submission, for whoever holds its code, as a word that reveals nothing else.

    Of a report it is how it stands (``report.verified``), of what was set aside the class of the
    reason (``aside.known``); empty where there is no more to tell. No institution, id or time.
    """
    if row.state == State.DISCARDED:
        return f"aside.{row.aside or 'other'}"
    report = record.current_picture(operation).reports.get(row.subject)
    if row.state != State.FILED or report is None:
        return ""
    # The word of the reporter's own chain of command settles nothing.
    is_chain = report.state == VERIFIED_IN_CHAIN
    return f"report.{'acknowledged' if is_chain else report.state}"
