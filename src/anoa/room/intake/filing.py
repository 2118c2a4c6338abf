"""The follower that files submissions: each exactly once, apart from the answer to the sender.

It takes submissions that are ``received``, in the order of their numbers, inside the transaction
that writes the entries; so neither a crash nor a second process files one twice or leaves one out.
What cannot be filed by rule waits for a person, with the reason in words. It works in short turns
and rests in between while more is coming in, so that senders do not wait for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import close_old_connections, connection

from anoa.coordination.actors import Actor
from anoa.coordination.field import HelpCall
from anoa.coordination.verbs import act
from anoa.errors import AnoaError, Saying
from anoa.openrosa.submissions import OTHER_VERSION
from anoa.oplog import Entry
from anoa.pack import Pack
from anoa.picture import Picture, settle
from anoa.room import actions, record
from anoa.room.intake import (
    contacts,
    field_meanings,  # noqa: F401 - registers them
)
from anoa.room.intake.desk import desk
from anoa.room.intake.meaning import NOT_BY_THIS_WAY, Case, NeedsPerson, Step, steps_of, troubles
from anoa.room.intake.storing import TABLE, opened, sealed_trouble, standing
from anoa.room.intake.urgent import is_call
from anoa.room.intake.values import State
from anoa.room.models import Operation, SubmissionRow, TokenRow
from anoa.room.sealed import days

AT_ONCE = 200
TURN_S = 0.025  # a turn ends after so long, as it holds the log
REST = 9.0  # while more comes in, it rests so many times as long as it worked
LOOK_S = 5.0  # it looks by itself so often, for what other processes stored
UPDATE = (
    f"UPDATE {TABLE} SET state = %s, subject = %s, seq = %s, trouble = %s "  # noqa: S608 - our own name
    "WHERE number = %s"
)
ROLE = "reporter"
log = logging.getLogger("anoa.intake")


def file_some(operation: Operation, at_once: int = AT_ONCE, turn_s: float = TURN_S) -> int:
    """File what waits, up to so many and for so long; returns how many were looked at."""
    waiting = standing(State.RECEIVED)  # a database holds one operation
    at = actions.now_of(operation)
    if not waiting.exists():
        if next(days.ends(operation, at), None) is not None:
            actions.let_clocks_run(operation, at)
        return 0
    actions.let_clocks_run(operation, at)
    pack = record.pack_of(operation)
    taken: list[SubmissionRow] = []
    joined: dict[int, str] = {}

    def decides() -> Iterator[record.Decide]:
        until = time.monotonic() + turn_s
        for row in waiting.order_by("number")[:at_once].iterator(chunk_size=25):
            taken.append(row)
            yield partial(_drafts, operation, pack, row, at, joined)
            if time.monotonic() > until:
                return

    record.write_many(operation, decides, lambda outcomes: _mark(taken, outcomes, joined))
    return len(taken)


def _drafts(
    operation: Operation, pack: Pack, row: SubmissionRow, at: datetime, joined: dict[int, str],
    picture: Picture,
) -> tuple[Entry, ...]:  # fmt: skip
    """The entries of one submission; refuses with the reason why a person must look.

    None of a call for help that waits already: ``joined`` is told which call the row belongs to.
    """
    now = max(at, picture.at or at)
    try:
        case = case_of(operation, pack, row, now)
        _need_way(case, row.channel)
        _need_version(case, row.form_version)
        steps = steps_of(case)
        if (call := _waiting_call(picture, case.agency, steps, now)) is not None:
            joined[row.number] = call
            return ()
        actor = Actor(case.member or f"token-{case.token}", case.agency, ROLE)
        return _acted(picture, pack, actor, steps, now)
    except AnoaError:
        raise
    except Exception as error:  # one odd submission must not stop those behind it
        log.exception("submission %s could not be filed", row.number)
        raise NeedsPerson(("it could not be filed: look at it by hand",)) from error


def _waiting_call(picture: Picture, agency: str, steps: Sequence[Step], at: datetime) -> str | None:
    """The unanswered call of the same institution, station and need: the same call, heard again.

    A phone without a network asks by SMS, and sends the call itself once it finds one.
    """
    if len(steps) != 1 or steps[0].verb != "help.ask":
        return None
    asked = (agency, steps[0].data.get("polling_station"), steps[0].data.get("need"))
    calls = (one for one in picture.things["help"].values() if isinstance(one, HelpCall))
    same = (one.id for one in calls if one.waits(at) and one.station
            and asked == (one.owner, one.polling_station, one.need))  # fmt: skip
    return next(same, None)


def _need_way(case: Case, channel: str) -> None:
    """Raise NeedsPerson for a form that is not the institution's, or not for this channel.

    Every channel ends here, so that none lets through what another refuses. A call for help is
    heard from anybody by any way.
    """
    if case.form is None or is_call(case.form):
        return
    agency = case.pack.agencies.get(case.agency)
    if agency is None or not case.form.is_for(agency.kind) or channel not in case.form.channels:
        raise NeedsPerson((Saying(NOT_BY_THIS_WAY, form=case.form.id),))


def _need_version(case: Case, version: str) -> None:
    """Raise NeedsPerson for answers to another version of the form; none said is this one.

    A call for help is answered whatever version of the form it came on.
    """
    if case.form is None or is_call(case.form):
        return
    if version not in ("", case.form.version):
        raise NeedsPerson((Saying(OTHER_VERSION, version=version, ours=case.form.version),))


def _acted(
    picture: Picture, pack: Pack, actor: Actor, steps: Iterable[Step], at: datetime
) -> tuple[Entry, ...]:
    """What all steps draft; a later step sees what the earlier ones did."""
    drafts: list[Entry] = []
    for number, step in enumerate(steps):
        if number:
            picture, _entries = settle(picture, pack.rules, drafts[-1:], lambda: "0" * 32)
        drafts += act(picture, pack.rules, actor, step.verb, step.subject, step.data, at)
    return tuple(drafts)


def case_of(operation: Operation, pack: Pack, row: SubmissionRow, at: datetime) -> Case:
    """A submission as meanings read it."""
    fields, _body = opened(row)
    form = pack.forms.get(row.form)
    return Case(
        row.number, row.sha256, row.form, form, fields, row.agency, row.member,
        row.token, row.received_at, row.observed_at, pack, at, operation.exercise,
        _region_of(row) if is_call(form) else "",
    )  # fmt: skip


def _region_of(row: SubmissionRow) -> str:
    """The region of the token by which a submission came; empty for none."""
    regions = TokenRow.objects.filter(ident=row.token).values_list("region", flat=True)
    return regions.first() or "" if row.token else ""


def _mark(taken: list[SubmissionRow], outcomes: record.Outcomes, joined: Mapping[int, str]) -> None:
    rows: list[tuple[str, str, int | None, bytes, int]] = []
    for row, outcome in zip(taken, outcomes, strict=True):
        if isinstance(outcome, AnoaError):
            trouble = sealed_trouble(row, troubles(outcome))
            rows.append((str(State.NEEDS_PERSON), "", None, trouble, row.number))
        else:
            subject = outcome[0].subject if outcome else joined.get(row.number, "")
            rows.append((str(State.FILED), subject, seq_of(row.sha256, outcome), b"", row.number))
    with connection.cursor() as cursor:
        cursor.executemany(UPDATE, rows)


def seq_of(submission: str, made: Iterable[Entry]) -> int | None:
    """The number of the entry that carries a submission by its name."""
    return next((one.seq for one in made if one.data.get("submission") == submission), None)


class Filer:
    """The follower's thread."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._is_closing = False
        self._thread: threading.Thread | None = None
        desk.listen(self._wanted.set)

    def start(self) -> None:
        """Begin, once for each process that serves."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="filing", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End after the present turn; what waits is filed at the next start."""
        self._is_closing = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(10)

    def _run(self) -> None:
        at_once = AT_ONCE
        while not self._is_closing:
            self._wanted.clear()
            began = time.monotonic()
            try:
                close_old_connections()
                operation = record.current_operation()
                found = file_some(operation, at_once) if operation is not None else 0
                at_once = AT_ONCE
            except Exception:
                log.exception("filing broke; it is tried again")
                found, at_once = 0, 1  # the next turn finds the one that breaks it
            spent = time.monotonic() - began
            if not found:
                self._rest()
            elif self._wanted.is_set():
                time.sleep(spent * REST)
        connection.close()

    def _rest(self) -> None:
        """Nothing waits: forget what is to be forgotten, and look again after a while."""
        with suppress(Exception):
            contacts.forget_old()
        self._wanted.wait(LOOK_S)


filer = Filer()
