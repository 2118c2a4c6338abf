"""Local times that name no instant or two: the clocks skip them, or they come twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from anoa.pack.building import LOCAL_TIME
from anoa.pack.collecting import Findings
from anoa.pack.kinds import known_zone
from anoa.pack.schema import Draft, Row

SKIPPED, TWICE = "is skipped", "comes twice"


def check_clock_changes(draft: Draft, findings: Findings) -> None:
    """No inject stands at a time that its day does not have, or has twice, without an offset."""
    name = draft.document("pack.yaml").text("time_zone")
    if not known_zone(name):
        return
    for number, row in enumerate(draft.document("exercise.yaml").rows("injects"), 1):
        for key, at in _local_times(row):
            if odd := clock_change(at, ZoneInfo(name)):
                findings.add(
                    row.file, row.line_of(key),
                    f"inject {number}: {at:%H:%M} on {at.date()} {odd}: the clocks change",
                    "write another time, or one with its offset",
                )  # fmt: skip


def clock_change(at: datetime, zone: ZoneInfo) -> str:
    """Whether a local time without offset is skipped or comes twice; empty when it is one instant.

    >>> clock_change(datetime(2025, 3, 30, 2, 30), ZoneInfo("Europe/Oslo"))
    'is skipped'
    >>> clock_change(datetime(2025, 10, 26, 2, 30), ZoneInfo("Europe/Oslo"))
    'comes twice'
    """
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return ""
    there = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    return TWICE if there == at else SKIPPED


def _local_times(row: Row) -> Iterator[tuple[str, datetime]]:
    at, data = row.get("at"), row.get("data")
    if isinstance(at, datetime) and at.tzinfo is None:
        yield "at", at
    for value in data.values() if isinstance(data, dict) else ():
        if isinstance(value, str) and LOCAL_TIME.match(value):
            try:
                yield "data", datetime.fromisoformat(value)
            except ValueError:
                continue  # another check says what is wrong with it
