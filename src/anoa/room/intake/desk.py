"""The one way in: submissions of all channels, stored by one thread in groups.

``put`` hands a submission to the writer and gives a Future of its receipt. The writer takes all
that waits (at most ``GROUP``), stores it in one transaction and only then answers: while one
group is being made safe on the disk the next one gathers, so no delay is added. The queue is
bounded; what does not fit is told to come back. When a group cannot be stored, its members are
tried one by one, so that a bad one never takes others with it.

Who calls within a transaction of his own has it stored there and then, as part of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection

from anoa.errors import StorageError
from anoa.room import record
from anoa.room.intake.storing import Outcome, Sealed, seal, store
from anoa.room.intake.values import Arrival, Busy, Receipt, Refused
from anoa.room.storage import in_words

GROUP = 512
WAITING_LIMIT = 20_000  # submissions
WEIGHT_LIMIT = 256 << 20  # bytes
Listener = Callable[[], None]


@dataclass(slots=True)
class _Ticket:
    """What waits: submissions that are stored together, and who is to be told."""

    batch: Sequence[Sealed]
    tell: Callable[[Any], None]
    loop: asyncio.AbstractEventLoop | None = None
    outcomes: list[Outcome | Exception] = field(default_factory=list)

    @property
    def weight(self) -> int:
        return sum(one.weight for one in self.batch)


class Desk:
    """The queue and its writer; everything but the writer's own methods may be called anywhere."""

    def __init__(self) -> None:
        self._waiting: deque[_Ticket] = deque()
        self._count = self._weight = 0
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Have a function called after each commit in the writer's thread; it must not wait."""
        self._listeners.append(listener)

    def put(self, arrival: Arrival, received_at: datetime | None = None) -> Future[Receipt]:
        """Store one submission; the Future fails with Conflict, Refused or StorageError.

        ``received_at`` is told where the row is not to say it to the second.
        Raises Busy when too much waits.
        """
        answer: Future[Receipt] = Future()

        def tell(outcomes: list[Any]) -> None:
            _settle(answer, outcomes[0])

        self._take(_Ticket([seal(_operation(), arrival, received_at)], tell))
        return answer

    def put_many(self, arrivals: Iterable[Arrival]) -> Future[list[Outcome]]:
        """Store many; the Future gives a receipt or a refusal for each, in order.

        Raises Busy when too much waits. A StorageError stands for each that could not be kept.
        """
        answer: Future[list[Outcome]] = Future()
        operation = _operation()
        batch = [seal(operation, one) for one in arrivals]

        def tell(outcomes: list[Any]) -> None:
            failed = next((one for one in outcomes if _is_failure(one)), None)
            _settle(answer, failed or outcomes)

        self._take(_Ticket(batch, tell))
        return answer

    async def receive(self, operation: str, arrival: Arrival) -> Receipt:
        """Store one submission from an event loop; raises Conflict, Busy or StorageError."""
        (outcome,) = await self.receipts([seal(operation, arrival)])
        if isinstance(outcome, Refused):
            raise outcome
        return outcome

    async def receipts(self, batch: Sequence[Sealed]) -> list[Outcome]:
        """Store what was sealed, from an event loop; cheaper than Futures.

        Raises Busy, or StorageError when it could not be kept.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Outcome]] = loop.create_future()

        def tell(outcomes: list[Any]) -> None:
            if answer.done():  # the sender is gone; what he sent is stored
                return
            failed = next((one for one in outcomes if _is_failure(one)), None)
            answer.set_exception(failed) if failed else answer.set_result(outcomes)

        self._take(_Ticket(batch, tell, loop))
        return await answer

    def _take(self, ticket: _Ticket) -> None:
        if ticket.loop is None and connection.in_atomic_block:
            ticket.tell(list(store(ticket.batch)))
            return
        if not ticket.batch:
            ticket.tell([])
            return
        count, weight = len(ticket.batch), ticket.weight
        with self._moved:
            if self._is_closing or (
                self._waiting
                and (self._count + count > WAITING_LIMIT or self._weight + weight > WEIGHT_LIMIT)
            ):
                raise Busy()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
                self._thread.start()
            self._waiting.append(ticket)
            self._count += count
            self._weight += weight
            self._moved.notify()

    def close(self) -> None:
        """Store what still waits, then stop; later submissions are told to come back."""
        with self._moved:
            self._is_closing = True
            self._moved.notify()
        if self._thread is not None:
            self._thread.join()

    # The writer

    def _run(self) -> None:
        while group := self._next_group():
            close_old_connections()
            self._write(group)
            _tell(group)
            for listener in self._listeners:
                listener()
        connection.close()

    def _next_group(self) -> list[_Ticket]:
        """All that waits, up to a group's size; empty when the desk closes."""
        with self._moved:
            while not self._waiting and not self._is_closing:
                self._moved.wait()
            group: list[_Ticket] = []
            size = 0
            while self._waiting and (not group or size + len(self._waiting[0].batch) <= GROUP):
                ticket = self._waiting.popleft()
                size += len(ticket.batch)
                self._weight -= ticket.weight
                group.append(ticket)
            self._count -= size
        return group

    def _write(self, group: list[_Ticket]) -> None:
        whole = [one for ticket in group for one in ticket.batch]
        outcomes = _stored(whole)
        start = 0
        for ticket in group:
            ticket.outcomes = outcomes[start : start + len(ticket.batch)]
            start += len(ticket.batch)


def _stored(whole: Sequence[Sealed]) -> list[Outcome | Exception]:
    """Store all at once; when that fails, one by one, so that only the bad ones are refused."""
    try:
        return list(store(whole))
    except Exception as error:
        if in_words(error, settings.DATA_FOLDER.path) or len(whole) == 1:
            return [_in_words(error)] * len(whole)
    outcomes: list[Outcome | Exception] = []
    for one in whole:
        try:
            outcomes += store([one])
        except Exception as error:
            outcomes.append(_in_words(error))
    return outcomes


def _in_words(error: Exception) -> StorageError:
    if said := in_words(error, settings.DATA_FOLDER.path):
        return said
    failed = StorageError("this could not be stored and nothing of it was kept: send it again")
    failed.__cause__ = error
    return failed


def _tell(group: list[_Ticket]) -> None:
    """Answer all: a wake-up for each event loop, not for each submission."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Ticket]] = {}
    for ticket in group:
        if ticket.loop is None:
            ticket.tell(ticket.outcomes)
        else:
            by_loop.setdefault(ticket.loop, []).append(ticket)
    for loop, tickets in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell_all, tickets)


def _tell_all(tickets: list[_Ticket]) -> None:
    for ticket in tickets:
        ticket.tell(ticket.outcomes)


def _is_failure(outcome: object) -> bool:
    return isinstance(outcome, Exception) and not isinstance(outcome, Refused)


def _settle(answer: Future[Any], outcome: object) -> None:
    if not answer.set_running_or_notify_cancel():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _operation() -> str:
    found = record.current_operation()
    if found is None:
        raise StorageError("there is no operation to report to: run anoa demo")
    return str(found.pk)


desk = Desk()
put = desk.put
put_many = desk.put_many
