"""Pictures of a report for those who see the report: only once a person looked at them.

Who owns the report sees what was sent. A member of that institution covers whoever could be
recognised, or says that nobody can be, and the copy made of it is shown to all who see the report.
Before that they are not told that there is a picture. The log says who looked, and no content.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from anoa.coordination.actors import Actor
from anoa.coordination.values import Report
from anoa.errors import NotAllowed
from anoa.oplog import Entry
from anoa.room import access, actions, record
from anoa.room.intake import inbox
from anoa.room.intake.covering import Box, covered
from anoa.room.intake.storing import attachment, row_name, vault
from anoa.room.intake.values import SEALED
from anoa.room.models import AttachmentRow, Member, Operation, ReleasedPicture, SubmissionRow

VERB = "report.check_picture"
NOBODY, COVERED, KEPT_BACK = "nobody", "covered", "kept_back"


def release(
    member: Member, row: AttachmentRow, found: str, boxes: tuple[Box, ...]
) -> tuple[Entry, ...]:
    """Show a picture to those who see the report, covered or as it is, or keep it back.

    Raises NotAllowed before the submission is a report, without boxes to cover, and what the verb
    raises.
    """
    inbox.need_opener(member)
    sent, reports = row.submission, record.current_picture(member.operation).reports
    if not sent.subject or reports.get(sent.subject) is None:
        raise NotAllowed("File it as a report first: its pictures are shown with the report.")
    if found == COVERED and not boxes:
        raise NotAllowed("Nothing is covered: mark a rectangle, or say that nobody can be known.")
    made = b""
    if found != KEPT_BACK:
        made = covered(attachment(row), boxes if found == COVERED else ())
    with record.lock(), transaction.atomic():
        done = _told(member, sent, number_of(row), found)
        ReleasedPicture.objects.filter(attachment=row).delete()
        if made:
            ReleasedPicture.objects.create(
                attachment=row, found=found, encrypted=vault().seal(_name(row), made)
            )
    return done


def may_release(member: Member) -> bool:
    """Whether the member looks at pictures of the own institution's reports for others."""
    return inbox.may_open(member) and access.may(member.role, VERB)


def _told(member: Member, sent: SubmissionRow, number: int, found: str) -> tuple[Entry, ...]:
    operation = member.operation
    at = actions.now_of(operation)
    actions.let_clocks_run(operation, at)
    if not access.may(member.role, VERB):
        raise NotAllowed("This is not for your role.")
    actor = Actor(member.ident, member.agency, member.role)
    data = {"number": number, "found": found}
    return actions.perform(actions.Deed(operation, actor, VERB, sent.subject, data, at))


def number_of(row: AttachmentRow) -> int:
    """Which picture of its submission it is, from 1."""
    earlier = AttachmentRow.objects.filter(submission=row.submission_id, pk__lte=row.pk)
    return int(earlier.count())


def of_report(operation: Operation, report: Report) -> list[dict[str, Any]]:
    """The pictures that came with a report: number, place, and how it was found; blank for not yet.

    ``place`` and what was not released are for the report's own institution alone.
    """
    rows = AttachmentRow.objects.filter(submission__in=_sent(operation, report.id)).order_by("pk")
    rows = rows.values("pk", "submission__number", "releasedpicture__found")
    return [
        {"number": n, "place": one["pk"], "submission": one["submission__number"],
         "found": one["releasedpicture__found"] or ""}
        for n, one in enumerate(rows, 1)
    ]  # fmt: skip


def content_of(operation: Operation, report: Report, number: int) -> bytes | None:
    """The copy of that picture, a PNG; None where none was released."""
    rows = AttachmentRow.objects.filter(submission__in=_sent(operation, report.id)).order_by("pk")
    row = rows.select_related("submission")[number - 1 : number].first() if number > 0 else None
    held = ReleasedPicture.objects.filter(attachment=row).first() if row else None
    return vault().open(_name(row), bytes(held.encrypted)) if row and held else None


def _sent(operation: Operation, report: str) -> Any:
    """The one submission that a report was filed from."""
    rows = SubmissionRow.objects.filter(operation=operation, subject=report).exclude(scope=SEALED)
    return rows.order_by("number").values("number")[:1]


def _name(row: AttachmentRow) -> str:
    return f"{row_name(row.submission.scope, row.submission.sender_id)}|{row.name}|released"
