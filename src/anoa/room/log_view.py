"""The log as one institution may read it, read from the database a page at a time.

A long log is never held whole for a page. The database leaves out what the reader can by no means
see; the rule itself is asked of every entry that is left (``access.log_line``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import product
from operator import itemgetter

from django.db.models import Q

from anoa.coordination.values import RULES_AGENCY
from anoa.logfile import LogLine
from anoa.oplog import Entry, Handling
from anoa.picture import Picture
from anoa.room import access, record
from anoa.room.models import EntryRow, Operation

BATCH = 200
WORDS = ("word.passed", "word.acknowledged")
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LogView:
    """The entries up to ``upto`` through the eyes of an institution; ``agency`` None: an outsider.

    ``picture`` is the whole picture at that place: it says whose the things of written rules are.
    """

    operation: Operation
    picture: Picture
    agency: str | None
    widest: Handling
    upto: int

    def __len__(self) -> int:
        return self.upto

    def __iter__(self) -> Iterator[LogLine]:
        for after in range(0, self.upto, BATCH):
            yield from self.lines(after, min(after + BATCH, self.upto))

    def lines(self, after: int, upto: int) -> list[LogLine]:
        """The lines with numbers above ``after`` and not above ``upto``, in order."""
        found = record.entries(self.operation, max(after, 0), min(upto, self.upto))
        return [self._line(entry) for entry in found]

    def newest(self, wanted: Callable[[Entry], bool] | None = None) -> Iterator[Entry]:
        """The entries that this reader may read, newest first."""
        return self._readable("-seq", wanted)

    def since(self, seq: int) -> Iterator[Entry]:
        """The entries after that one which this reader may read, in order."""
        return self._readable("seq", None, seq__gt=seq)

    def last(self, seq: int | None = None, before: datetime | None = None) -> Entry | None:
        """The last entry that this reader may read, up to a number, or before an instant."""
        upto = {} if seq is None else {"seq__lte": seq}
        if before is not None:
            upto["seq__lte"] = record.seq_at(self.operation, before - MICROSECOND)
        return next(self._readable("-seq", None, **upto), None)

    def next(self, after: datetime) -> Entry | None:
        """The first entry after an instant that this reader may read."""
        return next(self.since(record.seq_at(self.operation, after)), None)

    def _parts(self) -> Iterator[Q]:
        """What the reader may see at all, in parts that an index gives in the order of the log."""
        rest = [Handling.INSTITUTIONS.value, Handling.SEALED.value]
        yield Q(handling=Handling.PUBLIC.value)
        if self.widest is not Handling.PUBLIC:
            yield Q(handling=rest.pop(0))
        if self.agency is not None:
            own = (self.agency, RULES_AGENCY)
            for handling, agency in product(rest, own):
                yield Q(handling=handling, agency=agency)
            words = Q(handling=Handling.SEALED.value, kind__in=WORDS)  # maybe for this reader
            yield words & ~Q(agency__in=own)

    def _readable(
        self, order: str, wanted: Callable[[Entry], bool] | None, **narrower: int
    ) -> Iterator[Entry]:
        rows = EntryRow.objects.filter(operation=self.operation, seq__lte=self.upto)
        rows = rows.filter(**narrower).order_by(order).values_list(*record.COLUMNS)
        parts = [rows.filter(part).iterator(chunk_size=BATCH) for part in self._parts()]
        for row in merge(*parts, key=itemgetter(0), reverse=order == "-seq"):
            entry = record.entry_of(row)
            if (wanted is None or wanted(entry)) and self.may_read(entry):
                yield entry

    def may_read(self, entry: Entry) -> bool:
        """Whether this reader may read the entry."""
        return access.may_read(entry, self.picture, self.agency, self.widest)

    def _line(self, entry: Entry) -> LogLine:
        return access.log_line(entry, self.picture, self.agency, self.widest)
