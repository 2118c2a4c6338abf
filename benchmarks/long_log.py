"""A valid log of any length: the reference exercise, played once and lived through again and again.

Each lap is the exercise's own entries with fresh ids, numbers and salts and a later time, so that
kinds, fields, causes and handling are mixed as people and written rules mix them. Replaying the
log checks every entry, as it does with a real one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from anoa.oplog import Entry, instant_text, parse_instant
from anoa.pack import Pack
from anoa.picture import play

ONCE = {"operation.opened", "member.admitted", "edition.adopted"}
ID = re.compile(r"[A-Z]-\d{4}\Z")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z\Z")
SPAN_S = 8 * 24 * 3600  # an operation's busy week, however long the log


def long_log(pack: Pack, count: int) -> list[Entry]:
    """``count`` entries of the pack's exercise, first its own and then laps of it."""
    return list(islice(_laps(pack, count), count))


def _salt(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def _laps(pack: Pack, count: int) -> Iterator[Entry]:
    _picture, first = play(pack, None, iter(map(_salt, range(1_000_000))).__next__)
    yield from first
    again = [entry for entry in first if entry.kind not in ONCE]
    start, seq, step = first[-1].at, len(first), max(SPAN_S // (count // len(again) + 1), 1)
    for lap in range(1, count // len(again) + 2):
        places: dict[int, int] = {}
        for entry in again:
            seq += 1
            places[entry.seq] = seq
            at = start + timedelta(seconds=lap * step)
            yield _moved(entry, seq, at, lap, places.get(entry.cause or 0))


def _moved(entry: Entry, seq: int, at: datetime, lap: int, cause: int | None) -> Entry:
    return replace(
        entry, seq=seq, at=at, subject=_renamed(entry.subject, lap, at - entry.at), cause=cause,
        data=_renamed(entry.data, lap, at - entry.at), salt=_salt(1_000_000 + seq),
    )  # fmt: skip


def _renamed(value: Any, lap: int, later: timedelta) -> Any:
    if isinstance(value, str) and ID.match(value):
        return f"{value[:2]}{int(value[2:]) + lap * 100:04d}"
    if isinstance(value, str) and INSTANT.match(value):
        return instant_text(parse_instant(value) + later)
    if isinstance(value, list | tuple):
        return [_renamed(one, lap, later) for one in value]
    if isinstance(value, dict):
        return {key: _renamed(one, lap, later) for key, one in value.items()}
    return value
