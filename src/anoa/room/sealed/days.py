"""When the log is told of sealed text: at the end of its local day, all of that day at once.

The entry's time is midnight, and it stands before whatever came after midnight; so neither its
time nor its place says when within the day something was sent. Those of one day come in an order
drawn by lot.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from anoa.coordination.consequences import rule_entry
from anoa.coordination.sealed import notes_of
from anoa.oplog import Entry
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import record
from anoa.room.intake.storing import TABLE
from anoa.room.intake.values import SEALED
from anoa.room.models import Operation, SubmissionRow

LOT = random.SystemRandom()


def sealed_rows() -> Any:
    """The rows of sealed submissions, read by the index of them alone."""
    return SubmissionRow.objects.extra(where=[f"{TABLE}.scope = '{SEALED}'"])  # noqa: S610


def day_start(pack: Pack, at: datetime) -> datetime:
    """When the local day began in which an instant lies; all that a row tells of its time."""
    return _midnight(pack, pack.local(at).date())


def ends(operation: Operation, at: datetime) -> Iterator[datetime]:
    """The midnights up to ``at`` at which sealed text is still to be recorded, earliest first."""
    waiting = sealed_rows().filter(subject="").values_list("received_at", flat=True)
    begun = sorted(set(waiting.distinct()))
    if not begun:
        return
    last = record.current_picture(operation).at
    pack = record.pack_of(operation)
    for end in sorted({_end_of(pack, start, last) for start in begun}):
        if end <= at:
            yield end


def record_until(operation: Operation, end: datetime) -> tuple[Entry, ...]:
    """Put into the log that something sealed came in on the days before ``end``."""
    pack = record.pack_of(operation)

    def decide(picture: Picture) -> tuple[Entry, ...]:
        rows = list(sealed_rows().filter(subject="", received_at__lt=end))
        LOT.shuffle(rows)
        rows.sort(key=lambda row: row.received_at)
        ids = [picture.next_id("sealed", number) for number in range(len(rows))]
        for row, ident in zip(rows, ids, strict=True):
            SubmissionRow.objects.filter(pk=row.pk).update(subject=ident)
        days = [pack.local(row.received_at).date() for row in rows]
        return notes_of(days, max(end, picture.at or end), ids, rule_entry)

    return record.write(operation, decide)


def _end_of(pack: Pack, start: datetime, last: datetime | None) -> datetime:
    """The midnight that ends a day; the next one where the log has gone on past it."""
    end = _midnight(pack, pack.local(start).date() + timedelta(days=1))
    if last is not None and last > end:  # recorded now, it would tell that it came in just now
        return _midnight(pack, pack.local(last).date() + timedelta(days=1))
    return end


def _midnight(pack: Pack, day: date) -> datetime:
    return datetime.combine(day, time(), pack.zone()).astimezone(UTC)
