"""What a member who takes the duty over must know: what changed, what waits, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from anoa.columns import EPOCH, Wanted, find, unanswered
from anoa.coordination.values import (
    Commitment,
    CommitmentState,
    Move,
    Proposal,
    Report,
    Task,
    Threat,
)
from anoa.ladder import Rung
from anoa.pack import CIVIL, Pack
from anoa.picture import Picture
from anoa.sitrep.changes import steps
from anoa.sitrep.situation import Situation, situations

AHEAD = timedelta(hours=12)
LISTED = 60  # reports in one group


@dataclass(frozen=True, slots=True)
class Moved:
    """A move of a threat, and where it stood before."""

    threat: Threat
    before: Rung
    move: Move


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due: ``what`` is acknowledge, commitment, task, review, provisional,
    stage_starts or stage_ends; ``subject`` an id, or the stage's."""

    at: datetime
    what: str
    subject: str


@dataclass(frozen=True, slots=True)
class Shift:
    """The groups of one look at the picture; every list has what is oldest or next first.

    ``more`` counts the reports that are left out where a group has more than ``LISTED``.
    """

    moved: tuple[Moved, ...]
    filed: tuple[Report, ...]
    answered: tuple[Report, ...]
    kept: tuple[Commitment, ...]
    proposals: tuple[Proposal, ...]
    unanswered: tuple[Report, ...]
    requested: tuple[Commitment, ...]
    late: tuple[Commitment, ...]
    overdue: tuple[Task, ...]
    reviews: tuple[Threat, ...]
    silent: tuple[Situation, ...]
    ahead: tuple[Due, ...]
    more: int = 0


def shift_of(
    picture: Picture, before: Picture, pack: Pack, at: datetime, tree: str = CIVIL
) -> Shift:
    """What stands in ``picture`` at ``at`` and changed since ``before``, both as one reader sees.

    Silent regions are those not heard from within the pack's ``silent_after``: silent is not calm.
    By another ``tree`` of the pack they are told by its units.
    """
    promises = sorted(picture.commitments.values(), key=lambda one: (one.due, one.id))
    tasks = sorted(picture.tasks.values(), key=lambda one: (one.due, one.id))
    threats = sorted(picture.threats.values(), key=lambda one: (one.review_by, one.id))
    filed, n_filed = _since(picture, before, "filed_at", _is_filed)
    answered, n_answered = _since(picture, before, "answered_at", _is_answered)
    late = unanswered(picture, at)
    return Shift(
        moved=_moved(picture, before),
        filed=filed,
        answered=answered,
        kept=tuple(one for one in promises if _is_kept(one, before)),
        proposals=tuple(sorted((one for one in picture.proposals.values() if one.is_open),
                               key=lambda one: (one.made_at, one.id))),
        unanswered=tuple(late.items(late.places[:LISTED])),
        requested=tuple(one for one in promises if not one.is_late
                        and one.state is CommitmentState.REQUESTED),
        late=tuple(one for one in promises if one.is_late),
        overdue=tuple(one for one in tasks if one.is_overdue(at)),
        reviews=tuple(one for one in threats if one.rung is not Rung.CLOSED
                      and one.review_by < at),
        silent=tuple(one for one in situations(picture, pack, at, tree) if one.silent),
        ahead=tuple(sorted(_ahead(picture, pack, at), key=lambda due: (due.at, due.subject))),
        more=sum(max(n - LISTED, 0) for n in (n_filed, n_answered, len(late))),
    )  # fmt: skip


def _moved(picture: Picture, before: Picture) -> tuple[Moved, ...]:
    found = (
        Moved(threat, rung, move)
        for threat in picture.threats.values()
        for rung, _provisional, move in steps(threat)
        if move.seq > before.seq
    )
    return tuple(sorted(found, key=lambda one: one.move.seq))


def _since(
    picture: Picture, before: Picture, column: str, is_new: Callable[[Report, Picture], bool]
) -> tuple[tuple[Report, ...], int]:
    """The first reports that something was done with since then, the oldest first; and how many.

    What was done at the very time of the last entry of then may have been known: it is looked at.
    """
    then = before.at or EPOCH
    next_one = then + timedelta(microseconds=1)
    later = find(picture, "report", Wanted(times={column: (next_one, None)}))
    same = find(picture, "report", Wanted(times={column: (then, next_one)})).items()
    new = [one for one in same if before.at and is_new(one, before)]
    shown = sorted([*new, *later.items(later.places[:LISTED])], key=lambda r: (r.filed_at, r.id))
    return tuple(shown[:LISTED]), len(new) + len(later)


def _is_filed(one: Report, before: Picture) -> bool:
    return before.find("report", one.id) is None


def _is_answered(one: Report, before: Picture) -> bool:
    """Whether it was acknowledged or judged since then."""
    old = before.reports.get(one.id)
    now = (one.acknowledged_at, one.judged_at)
    return now != ((old.acknowledged_at, old.judged_at) if old else (None, None))


def _is_kept(one: Commitment, before: Picture) -> bool:
    old = before.commitments.get(one.id)
    kept = CommitmentState.DISCHARGED
    return one.state is kept and (old is None or old.state is not kept)


def _ahead(picture: Picture, pack: Pack, at: datetime) -> Iterator[Due]:
    for due in (*_of_reports(picture, at), *_of_things(picture), *_of_stages(pack, at)):
        if at <= due.at <= at + AHEAD:
            yield due


def _of_reports(picture: Picture, at: datetime) -> Iterator[Due]:
    """The next reports whose clock runs out, as many as a list has."""
    soon = {"acknowledge_by": (at, at + AHEAD + timedelta(microseconds=1))}
    found = find(picture, "report", Wanted({"state": frozenset({"recorded"})}, soon))
    for report in found.page("due", LISTED).items:
        yield Due(report.acknowledge_by, "acknowledge", report.id)


def _of_things(picture: Picture) -> Iterator[Due]:
    for promise in picture.commitments.values():
        if promise.is_open and not promise.is_late:
            yield Due(promise.due, "commitment", promise.id)
    for task in picture.tasks.values():
        if task.is_open:
            yield Due(task.due, "task", task.id)
    for threat in picture.threats.values():
        if threat.rung is not Rung.CLOSED:
            yield Due(threat.review_by, "review", threat.id)
        if threat.provisional_until:
            yield Due(threat.provisional_until, "provisional", threat.id)


def _of_stages(pack: Pack, at: datetime) -> Iterator[Due]:
    """Stages that were published by that day; one ends with the end of its last local day."""
    today = pack.local(at).date()
    for stage in pack.stages.values():
        if stage.known_at > today:
            continue
        if stage.starts:
            yield Due(_midnight(pack, stage.starts), "stage_starts", stage.id)
        if stage.ends:
            yield Due(_midnight(pack, stage.ends + timedelta(days=1)), "stage_ends", stage.id)


def _midnight(pack: Pack, day: date) -> datetime:
    return datetime.combine(day, time(), pack.zone()).astimezone(UTC)
