"""The log as one institution may read it, read from the database a page at a time.

A long log is never held whole for a page. The database leaves out what the reader can by no means
see; the rule itself is asked of every entry that is left (``access.log_line``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from anoa.coordination.values import RULES_AGENCY
from anoa.logfile import LogLine
from anoa.oplog import Entry, Handling
from anoa.picture import Picture
from anoa.room import access, record
from anoa.room.models import EntryRow, Operation

BATCH = 200


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
        return self._readable(self._rows().order_by("-seq"), wanted)

    def since(self, seq: int) -> Iterator[Entry]:
        """The entries after that one which this reader may read, in order."""
        return self._readable(self._rows().filter(seq__gt=seq).order_by("seq"))

    def last(self, seq: int | None = None, before: datetime | None = None) -> Entry | None:
        """The last entry that this reader may read, up to a number, or before an instant."""
        rows = self._rows().order_by("-seq")
        rows = rows if seq is None else rows.filter(seq__lte=seq)
        rows = rows if before is None else rows.filter(at__lt=before)
        return next(self._readable(rows), None)

    def next(self, after: datetime) -> Entry | None:
        """The first entry after an instant that this reader may read."""
        return next(self._readable(self._rows().filter(at__gt=after).order_by("seq")), None)

    def _rows(self) -> Any:
        mine = Q(handling=Handling.PUBLIC.value)
        if self.widest is not Handling.PUBLIC:
            mine |= Q(handling=Handling.INSTITUTIONS.value)
        if self.agency is not None:
            mine |= Q(agency__in=(self.agency, RULES_AGENCY))
        return EntryRow.objects.filter(mine, operation=self.operation, seq__lte=self.upto)

    def _readable(
        self, rows: Any, wanted: Callable[[Entry], bool] | None = None
    ) -> Iterator[Entry]:
        for row in rows.values_list(*record.COLUMNS).iterator(chunk_size=BATCH):
            entry = record.entry_of(row)
            if (wanted is None or wanted(entry)) and self.may_read(entry):
                yield entry

    def may_read(self, entry: Entry) -> bool:
        """Whether this reader may read the entry."""
        return access.may_read(entry, self.picture, self.agency, self.widest)

    def _line(self, entry: Entry) -> LogLine:
        return access.log_line(entry, self.picture, self.agency, self.widest)
