"""Whether the room is sound: its database, writer's lock, disk, log, seals, backups, followers.

Each look asks the database a handful of short questions. What it tells is about the machine and
the log as a whole; nothing is told by person, institution or place.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Min

from anoa.coordination.sealing import Sealing
from anoa.room import actions, record
from anoa.room.backup import last_backup
from anoa.room.intake.storing import standing
from anoa.room.intake.values import State
from anoa.room.models import EntryRow, Operation
from anoa.room.notices import is_shared
from anoa.room.watch.counts import Metric, counts, gauge

LEAST_FREE = 256 << 20  # bytes; below it the next commit may fail
LOOK_AT_LOG = "look at the lines of the server"
DAILY = timedelta(hours=26)  # what is done once a day is late after so long
FILING_LATE = timedelta(minutes=2)
MOST_LAG = 50  # entries that a picture in memory may be behind between two looks

Fact = int | float | str | bool | None


class Mark(StrEnum):
    """How one thing stands; what fails keeps the room from its work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found."""

    mark: Mark
    facts: Mapping[str, Fact]
    do: str = ""  # what to do, where it is not well


@dataclass(frozen=True, slots=True)
class Health:
    """Everything that was looked at."""

    checks: Mapping[str, Check]

    @property
    def mark(self) -> Mark:
        """The worst of all."""
        marks = {one.mark for one in self.checks.values()}
        return next((mark for mark in (Mark.FAIL, Mark.WARN) if mark in marks), Mark.OK)

    @property
    def is_ready(self) -> bool:
        """Whether the room can do its work."""
        return self.mark is not Mark.FAIL

    def as_json(self) -> dict[str, object]:
        """The whole as JSON."""
        checks = {
            name: {"status": str(one.mark), **one.facts} | ({"do": one.do} if one.do else {})
            for name, one in self.checks.items()
        }
        return {"status": str(self.mark), "version": anoa_version(), "checks": checks}

    def metrics(self) -> list[Metric]:
        """The whole as metrics, with the counts of answers."""
        marks = tuple(({"check": name}, int(one.mark is not Mark.FAIL))
                      for name, one in self.checks.items())  # fmt: skip
        figures = [
            gauge(f"anoa_{check}_{name}", about, _figure(self.checks[check].facts.get(name)))
            for check, name, about in FIGURES
            if check in self.checks
        ]
        build = gauge("anoa_build_info", "The version of anoa.", 1, version=anoa_version())
        return [
            build, Metric("anoa_check_ok", "1 where a check does not fail.", marks), *figures,
            *counts.metrics(),
        ]  # fmt: skip


FIGURES = (
    ("database", "bytes", "Size of the database."),
    ("database", "answer_seconds", "How long one short question of the database took."),
    ("disk", "free_bytes", "Free bytes where the data folder lies."),
    ("disk", "total_bytes", "All bytes where the data folder lies."),
    ("log", "head", "Number of the last entry of the log."),
    ("log", "age_seconds", "Seconds since the last entry, by the operation's clock."),
    ("seal", "entries", "Entries that the last digital seal of the record covers."),
    ("seal", "age_seconds", "Seconds since the last digital seal, by the operation's clock."),
    ("seal", "unsealed_entries", "Entries after the last digital seal."),
    ("backup", "age_seconds", "Seconds since the last backup of this machine."),
    ("followers", "filing_waiting", "Submissions that wait to be filed."),
    ("followers", "filing_oldest_seconds", "How long the oldest of them has waited."),
    ("followers", "picture_lag_entries", "Entries that the picture in memory is behind."),
    ("followers", "live_streams", "Open pages that follow the log."),
)


def anoa_version() -> str:
    """The version of the installed anoa."""
    try:
        return version("anoa")
    except PackageNotFoundError:
        return "unknown"


def look(live_streams: int = 0) -> Health:
    """Look at everything now; a look that breaks is a check that fails."""
    checks = {"database": _safely(_database)}
    operation, lag = None, 0
    if checks["database"].mark is Mark.OK:
        with suppress(Exception):
            operation = record.current_operation()
            lag = record.lag_of(operation) if operation else 0  # before a look catches it up
    checks |= {"writer": _safely(_writer), "disk": _safely(_disk)}
    if operation is None:
        return Health(checks | {"log": Check(Mark.FAIL, {}, "open an operation: anoa demo")})
    found = operation
    checks["log"] = _safely(lambda: _log(found))
    checks["seal"] = _safely(lambda: _seal(found))
    checks["backup"] = _safely(_backup)
    checks["followers"] = _safely(lambda: _followers(found, live_streams, lag))
    return Health(checks)


def _safely(check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # whatever it is, the room is not well; its message stays here
        return Check(Mark.FAIL, {"error": type(error).__name__}, LOOK_AT_LOG)


def _database() -> Check:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
        took = round(time.perf_counter() - began, 6)
        kind = connection.vendor
        if kind == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            size = int(cursor.fetchone()[0])
        else:
            size = _size_of_file()
    return Check(Mark.OK, {"kind": kind, "answer_seconds": took, "bytes": size})


def _size_of_file() -> int:
    path: Path = settings.DATA_FOLDER.database
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))


def _writer() -> Check:
    """Whether this room's data folder is held, so that nobody else writes."""
    if is_held(settings.DATA_FOLDER.path / "lock"):
        return Check(Mark.OK, {"held": True, "shared": is_shared()})
    return Check(
        Mark.FAIL, {"held": False, "shared": is_shared()},
        "the data folder is not held by a server: start it anew",
    )  # fmt: skip


def is_held(path: Path) -> bool:
    """Whether some process holds the lock; asks for a shared one, and lets it go at once."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _disk() -> Check:
    usage = shutil.disk_usage(settings.DATA_FOLDER.path)
    facts = {"free_bytes": usage.free, "total_bytes": usage.total}
    if usage.free >= LEAST_FREE:
        return Check(Mark.OK, facts)
    return Check(Mark.FAIL, facts, "make room where the data folder lies")


def _log(operation: Operation) -> Check:
    rows = EntryRow.objects.filter(operation=operation).order_by("-seq")
    seq, at = rows.values_list("seq", "at").first() or (0, None)
    now = actions.now_of(operation)
    age = None if at is None else _seconds(now - at)
    return Check(Mark.OK if seq else Mark.FAIL, {"head": seq, "age_seconds": age})


def _seal(operation: Operation) -> Check:
    picture = record.current_picture(operation)
    last: Sealing | None = max(picture.seals.values(), key=lambda one: one.size, default=None)
    if last is None:
        return Check(Mark.WARN, {"entries": 0, "age_seconds": None,
                                 "unsealed_entries": picture.seq}, "seal the log")  # fmt: skip
    age = actions.now_of(operation) - last.signed_at
    facts: dict[str, Fact] = {
        "entries": last.size, "age_seconds": _seconds(age),
        "unsealed_entries": picture.seq - last.size, "countersigned": len(last.countersigned),
    }  # fmt: skip
    if age <= DAILY:
        return Check(Mark.OK, facts)
    return Check(Mark.WARN, facts, "the log is sealed once a day: seal it now")


def _backup() -> Check:
    at = last_backup(settings.DATA_FOLDER)
    age = None if at is None else datetime.now(UTC) - at
    facts = {"age_seconds": None if age is None else _seconds(age)}
    if age is not None and age <= DAILY:
        return Check(Mark.OK, facts)
    return Check(Mark.WARN, facts, "make a backup: anoa backup FILE, and carry it away")


def _followers(operation: Operation, live_streams: int, lag: int) -> Check:
    waiting = standing(State.RECEIVED)
    oldest = waiting.aggregate(at=Min("received_at"))["at"]
    age = None if oldest is None else datetime.now(UTC) - oldest
    facts: dict[str, Fact] = {
        "filing_waiting": waiting.count(),
        "filing_oldest_seconds": 0 if age is None else _seconds(age),
        "picture_lag_entries": lag, "live_streams": live_streams,
    }  # fmt: skip
    if (age is None or operation.exercise or age <= FILING_LATE) and lag <= MOST_LAG:
        return Check(Mark.OK, facts)
    return Check(
        Mark.WARN, facts, "what follows the log is behind: look at the lines of the server"
    )


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


def _figure(value: Fact) -> float | None:
    return value if isinstance(value, int | float) else None
