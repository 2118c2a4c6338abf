"""Calls for help: nothing odd about one keeps it from the people who answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from anoa.errors import NotAllowed
from anoa.forms import Becomes, Form
from anoa.oplog import Entry
from anoa.pack import Pack
from anoa.room import actions, record
from anoa.room.intake.storing import standing
from anoa.room.intake.values import Arrival, State
from anoa.room.models import Member, Operation, SubmissionRow

UNKNOWN = "unknown"  # a need that nobody could read


def is_call(form: Form | None) -> bool:
    """Whether answers to the form call for help."""
    return form is not None and form.becomes is Becomes.HELP


def unheld(arrival: Arrival, pack: Pack) -> Arrival:
    """The arrival; a call for help without what would have it wait for a person in the inbox."""
    if arrival.problems and is_call(pack.forms.get(arrival.form)):
        return replace(arrival, problems=())
    return arrival


def unheld_of(arrival: Arrival, operation: str) -> Arrival:
    """The same for an operation by its id; asks the database only where something is odd."""
    if not arrival.problems:
        return arrival
    return unheld(arrival, record.pack_of(Operation.objects.get(pk=operation)))


def unfiled(operation: Operation, pack: Pack) -> Any:
    """The calls for help that could not be filed all the same, of every institution, as rows."""
    forms = [one.id for one in pack.forms.values() if is_call(one)]
    return standing(State.NEEDS_PERSON).filter(operation=operation, form__in=forms)


def answer(member: Member, number: int) -> list[Entry]:
    """Answer a call that could not be filed: it is put on record as far as it can be, and answered.

    Its place is the whole operation, as nobody could read where it comes from; its institution
    finds in the inbox what was sent. Raises what ``actions.do`` raises, and NotAllowed when
    somebody dealt with it meanwhile.
    """
    operation = member.operation
    pack = record.pack_of(operation)
    with record.lock(), transaction.atomic():
        rows = SubmissionRow.objects.select_for_update().filter(operation=operation, number=number)
        row = rows.first()
        is_open = row is not None and row.state == State.NEEDS_PERSON
        if row is None or not is_open or not is_call(pack.forms.get(row.form)):
            raise NotAllowed("This submission was dealt with already.")
        data = {"region": pack.root, "polling_station": pack.root, "need": UNKNOWN}
        made = actions.do(member, "help.ask", "", data | {"submission": row.sha256})
        made += actions.do(member, "help.acknowledge", made[0].subject)
        row.state, row.subject = str(State.FILED), made[0].subject
        row.closed_by, row.closed_at = member.ident, datetime.now(UTC)
        row.save(update_fields=["state", "subject", "closed_by", "closed_at"])
    return made
