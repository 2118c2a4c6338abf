"""The short text of a report: day, time, place, then situation, description and actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anoa.coordination.values import Commitment
from anoa.ladder import Rung
from anoa.sitrep.changes import steps
from anoa.sitrep.document import Brief, Heading
from anoa.sitrep.record import last_seal
from anoa.sitrep.situation import line, silent_words, situations
from anoa.sitrep.telling import OPEN_RUNGS, View
from anoa.sitrep.waiting import (
    explanation,
    late_commitments,
    open_commitments,
    open_threats,
    standing,
    unanswered,
)
from anoa.situation import situation

LINE_LIMIT = 150  # characters of one line, so that no line is cut by the messenger's limit


def brief_of(view: View, number: int, notice: str) -> Brief:
    """What stands in the short text, the weightiest lines first in every part."""
    words, local = view.words, view.pack.local(view.at)
    title = f"*{words('title_daily')} {words('number', number=number)}*"
    opening = (
        notice,
        title,
        view.pack.operation.codename,
        f"{words('day')}: {words.day(local.date())}",
        f"{words('time')}: {words.clock(local)} {view.pack.time_zone_label}",
        f"{words('place')}: {view.place(view.pack.root)}",
        words("brief_public") if view.public else "",
    )
    closing = (words("brief_source", seq=view.picture.seq, seal=_sealed(view)), notice)
    parts = (
        Heading(f"*{words('brief_description')}*", _short(_description(view))),
        Heading(f"*{words('brief_actions')}*", _short(_actions(view))),
        Heading(f"*{words('brief_situation')}*", _short(_situation(view))),
    )
    return Brief(
        _short(filter(None, opening)), parts, _short(filter(None, closing)), words("brief_more")
    )


def _short(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(shorten(text) for text in lines)


def shorten(text: str, limit: int = LINE_LIMIT) -> str:
    """One line of at most ``limit`` characters; what was left out shows as an ellipsis.

    >>> shorten("one  two\\nthree", 8)
    'one two…'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def _sealed(view: View) -> str:
    seal = last_seal(view)
    return view.words("brief_seal", size=seal.size) if seal else view.words("brief_no_seal")


def _description(view: View) -> Iterator[str]:
    """Open threats, then what is unanswered and what was lowered."""
    words, nothing = view.words, True
    for threat in open_threats(view):
        nothing = False
        yield f"- {standing(view, threat)}: {view.threat(threat)}"
    for one in unanswered(view):
        nothing = False
        yield "- " + words("brief_unanswered", id=one.id, place=view.place(one.region),
                           time=view.moment(one.acknowledge_by))  # fmt: skip
    for text in _lowered(view):
        nothing = False
        yield text
    if nothing:
        yield "- " + words("none_public" if view.public else "none")


def _lowered(view: View) -> Iterator[str]:
    for threat in view.picture.threats.values():
        for before, provisional, move in steps(threat):
            lowered = before is Rung.ACTUAL and move.to is not Rung.ACTUAL and not provisional
            if lowered and move.seq > view.before.seq:
                yield "- " + view.words(
                    "brief_lowered", threat=view.threat(threat), before=view.rung(before),
                    after=view.rung(move.to), agencies=view.agencies(move.signed),
                )  # fmt: skip


def _actions(view: View) -> Iterator[str]:
    """Commitments that are late with their explanation first, then those due, then tasks."""
    words = view.words
    for one in late_commitments(view):
        yield "- " + shorten(explanation(view, one), 90) + f" ({_owed(view, one)})"
    tasks = view.picture.tasks.values()
    overdue = sum(task.is_overdue(view.at) for task in tasks)
    still = sum(task.is_open for task in tasks)
    done = sum(not task.is_open and view.is_new("task", task.id) for task in tasks)
    if tasks or not view.public:
        yield "- " + words("brief_tasks", still=still, overdue=overdue, done=done)
    else:
        yield "- " + words("none_public")
    waiting = sum(one.is_open for one in view.picture.proposals.values())
    if waiting:
        yield "- " + words("brief_proposals", count=waiting)
    for one in open_commitments(view):
        yield f"- {_owed(view, one)}"


def _owed(view: View, one: Commitment) -> str:
    state = view.words("state_late" if one.is_late else f"state_{one.state}")
    return view.words(
        "brief_owed", id=one.id, debtor=view.agency(one.debtor), due=view.moment(one.due),
        state=state,
    )  # fmt: skip


def _situation(view: View) -> Iterator[str]:
    """The sums, then each region where something is open or unanswered, then the silent ones."""
    found = situations(view.picture, view.pack, view.at, view.tree)
    total = situation(view.picture, view.pack, view.at, view.tree).total
    sums = (f"{view.rung(r)} {view.count(total.on(r))}" for r in OPEN_RUNGS)
    counts = [*sums, f"{view.words('unanswered')} {view.count(total.unanswered)}"]
    if not view.public:
        counts.append(silent_words(view))
    yield "- " + ", ".join(counts)
    for one in sorted(found, key=lambda one: (-one.highest.height, one.region)):
        if not one.is_quiet:
            yield f"- {view.line(one.region)}: {line(view, one)}"
    regions = situations(view.picture, view.pack, view.at)
    if silent := [view.place(one.region) for one in regions if one.silent and not view.public]:
        yield from _named(view, silent)


def _named(view: View, places: list[str]) -> Iterator[str]:
    """The silent regions, as many to a line as fit."""
    names = list(places)
    while names:
        taken = 1
        while taken < len(names) and len(_silent(view, names[: taken + 1])) <= LINE_LIMIT:
            taken += 1
        yield _silent(view, names[:taken])
        names = names[taken:]


def _silent(view: View, names: list[str]) -> str:
    return "- " + view.words("brief_silent", places=", ".join(names))
