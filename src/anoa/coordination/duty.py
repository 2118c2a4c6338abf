"""Who has the duty at an institution: a named member, since when, and who before.

One duty an institution. It never stands empty between two members: who hands over keeps it until
somebody takes it. A member is named by the opaque id of the log, never by a personal name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from anoa.errors import LogError
from anoa.oplog import Entry, Handling


@dataclass(frozen=True, slots=True)
class Duty:
    """One member's turn: from the entry by which it was taken until the next one took it."""

    id: str
    owner: str  # the institution
    handling: Handling
    member: str
    since: datetime
    at_seq: int  # the entry by which it began
    after: str | None = None  # the duty before this one
    previous: str | None = None  # its member
    note: str = ""  # left for whoever takes over
    offered_to: str | None = None
    handed_over_at: datetime | None = None
    ended_at: datetime | None = None
    ended_seq: int | None = None

    @property
    def state(self) -> str:
        """on_duty, handing_over, or ended."""
        if self.ended_at:
            return "ended"
        return "handing_over" if self.handed_over_at else "on_duty"


def current_duty(duties: Iterable[Duty], agency: str) -> Duty | None:
    """The duty of that institution that nobody took over yet; None when it was never taken."""
    return next((one for one in duties if one.owner == agency and one.ended_at is None), None)


def ended_duties(duties: Iterable[Duty], agency: str) -> tuple[Duty, ...]:
    """The ended duties of that institution, the last one last."""
    found = [one for one in duties if one.owner == agency and one.ended_seq is not None]
    return tuple(sorted(found, key=lambda one: one.at_seq))


def duty_taken(find: Callable[[str, str], Any], entry: Entry) -> tuple[Duty, ...]:
    """The step of ``duty.taken``: a new duty, and the end of the one it follows."""
    before = entry.data.get("after")
    fresh = Duty(
        entry.subject, entry.agency, entry.handling, entry.by, entry.at, entry.seq, before,
        entry.data.get("previous"),
    )  # fmt: skip
    if before is None:
        return (fresh,)
    old = find("duty", before)
    if old is None:
        raise LogError(
            "entry {seq} follows duty {id}, which is not there", seq=entry.seq, id=before
        )
    return fresh, replace(old, ended_at=entry.at, ended_seq=entry.seq)


def duty_handed_over(duty: Duty, entry: Entry) -> dict[str, Any]:
    """The change of ``duty.handed_over``: a note and perhaps a member, until somebody takes it."""
    return {
        "note": entry.data.get("note") or "", "offered_to": entry.data.get("to"),
        "handed_over_at": entry.at,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Since:
    """From where a member reads what is new, and why from there.

    ``why`` is own_duty (the member's last duty ended), shift_before (the last ended duty began),
    shift (the present duty began), first (a day before the own duty began, the institution's first)
    or day (nothing of that is known: the last 24 hours). The last two have no ``seq``.
    """

    why: str
    at: datetime
    seq: int | None


DAY = timedelta(hours=24)


def since_last_duty(duties: Iterable[Duty], agency: str, member: str, at: datetime) -> Since:
    """From where that member reads what is new: never later than when it last had the duty."""
    known = tuple(duties)
    ended = ended_duties(known, agency)
    own = [one for one in ended if one.member == member and one.ended_at is not None]
    if own and (ended_at := own[-1].ended_at):
        return Since("own_duty", ended_at, own[-1].ended_seq)
    if ended:
        return Since("shift_before", ended[-1].since, ended[-1].at_seq)
    now = current_duty(known, agency)
    if now is not None and now.member == member:
        return Since("first", now.since - DAY, None)
    return since_shift_began(known, agency, at)


def since_shift_began(duties: Iterable[Duty], agency: str, at: datetime) -> Since:
    """From where a hand-over tells what is new: the beginning of the present duty."""
    now = current_duty(duties, agency)
    return Since("shift", now.since, now.at_seq) if now else Since("day", at - DAY, None)
