"""Times: nothing known after the pack, nothing outside the operation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from anoa.pack.building import instant_of
from anoa.pack.collecting import Findings
from anoa.pack.kinds import Unreadable, known_zone, read_moment
from anoa.pack.schema import Draft, Row
from anoa.pack.tables import TABLES

DUE_KEYS = ("due", "due_at", "deadline")
Window = tuple[datetime, datetime]


def check_times(draft: Draft, findings: Findings) -> None:
    """Figures and history by the pack's day; stages, deadlines and injects in the operation."""
    _check_known(draft, findings)
    _check_history(draft, findings)
    _check_stage_order(draft, findings)
    _check_clocks(draft, findings)
    window = window_of(draft)
    if window is None:
        return
    if window[0] >= window[1]:
        top = draft.document("pack.yaml")
        line = top.row("operation").line_of("ends")
        findings.add(top.file, line, "the operation ends before it starts")
        return
    _check_stages(draft, window, findings)
    _check_injects(draft, window, findings)
    _check_deadlines(draft, window, findings)


def window_of(draft: Draft) -> Window | None:
    """First and last instant of the operation; None when they could not be read."""
    zone = zone_of(draft)
    row = draft.document("pack.yaml").row("operation")
    starts, ends = row.get("starts"), row.get("ends")
    if zone is None or not isinstance(starts, date) or not isinstance(ends, date):
        return None
    return instant_of(starts, zone), instant_of(ends, zone, ends=True)


def zone_of(draft: Draft) -> str | None:
    """The pack's time zone; None when it could not be read."""
    zone = draft.document("pack.yaml").text("time_zone")
    return zone if zone and known_zone(zone) else None


def _local_days(draft: Draft, window: Window) -> tuple[date, date]:
    zone = ZoneInfo(zone_of(draft) or "UTC")
    return window[0].astimezone(zone).date(), window[1].astimezone(zone).date()


def _check_known(draft: Draft, findings: Findings) -> None:
    limit = draft.document("pack.yaml").get("known_at")
    if not isinstance(limit, date):
        return
    for table in TABLES:
        for row in draft.rows(table.file):
            day = row.get("known_at")
            if isinstance(day, date) and day > limit:
                findings.add(
                    row.file, row.line, f"this became known on {day}, after the pack",
                    f"the pack's known_at is {limit}",
                )  # fmt: skip


def _check_history(draft: Draft, findings: Findings) -> None:
    limit = draft.document("pack.yaml").get("known_at")
    for row in draft.rows("incidents.csv"):
        day, known = row.get("date"), row.get("known_at")
        if not isinstance(day, date):
            continue
        if isinstance(limit, date) and day > limit:
            findings.add(
                row.file, row.line, f"the incident is dated {day}, after the pack",
                f"the pack's known_at is {limit}",
            )  # fmt: skip
        planned = row.get("precision") in ("planned", "month")
        if isinstance(known, date) and day > known and not planned:
            findings.add(
                row.file, row.line, f"the incident of {day} was known on {known}, before it was"
            )


def _check_stage_order(draft: Draft, findings: Findings) -> None:
    for row in draft.rows("stages.csv"):
        starts, ends = row.get("starts"), row.get("ends")
        if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
            findings.add(row.file, row.line, f"the stage ends on {ends}, before it starts")


def _check_stages(draft: Draft, window: Window, findings: Findings) -> None:
    first, last = _local_days(draft, window)
    for row in draft.rows("stages.csv"):
        starts, ends = row.get("starts"), row.get("ends")
        too_early = isinstance(ends, date) and ends < first
        too_late = isinstance(starts, date) and starts > last
        if too_early or too_late:
            findings.add(
                row.file, row.line, f"stage '{row.text('id')}' lies outside the operation",
                f"the operation runs from {first} to {last}",
            )  # fmt: skip


def injects_in_time(draft: Draft) -> Iterator[tuple[int, Row, datetime]]:
    """Number, row and instant of every inject whose time could be read."""
    zone = zone_of(draft) or "UTC"
    for number, row in enumerate(draft.document("exercise.yaml").rows("injects"), 1):
        at = row.get("at")
        if isinstance(at, datetime):
            yield number, row, instant_of(at, zone)


def _check_injects(draft: Draft, window: Window, findings: Findings) -> None:
    for number, row, at in injects_in_time(draft):
        if not window[0] <= at <= window[1]:
            findings.add(
                row.file, row.line_of("at"), f"inject {number} lies outside the operation",
                _runs(window),
            )  # fmt: skip
        data = row.get("data")
        for key in DUE_KEYS if isinstance(data, dict) else ():
            due = _instant(data.get(key), draft) if isinstance(data, dict) else None
            if due is not None and not window[0] <= due <= window[1]:
                findings.add(
                    row.file, row.line_of("data"),
                    f"the deadline of inject {number} lies outside the operation", _runs(window),
                )  # fmt: skip


def _instant(value: object, draft: Draft) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = read_moment(value)
    except Unreadable:
        return None
    assert isinstance(moment, date)
    return instant_of(moment, zone_of(draft) or "UTC", ends=True)


def _runs(window: Window) -> str:
    first, last = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ") for moment in window)
    return f"the operation runs from {first} to {last}"


def _check_deadlines(draft: Draft, window: Window, findings: Findings) -> None:
    hours = (window[1] - window[0]).total_seconds() / 3600
    for protocol in draft.document("protocols.yaml").rows("protocols"):
        for action in protocol.rows("actions"):
            due = action.number("due_h")
            if due is not None and not 0 < due <= hours:
                findings.add(
                    action.file, action.line_of("due_h"),
                    f"the deadline of action '{action.text('id')}' lies outside the operation",
                    f"more than 0 and at most {hours:.0f} hours",
                )  # fmt: skip


def _check_clocks(draft: Draft, findings: Findings) -> None:
    row = draft.document("clocks.yaml")
    for name in ("acknowledge_min", "assess_min", "silent_after_h", "explain_h", "report_every_h"):
        value = row.number(name)
        if value is not None and not 0 < value <= 100_000:
            findings.add(row.file, row.line_of(name), f"{name} must be more than zero")
