"""A report as a short text for a messenger: at most 1,500 characters, whole lines only."""

from __future__ import annotations

from collections.abc import Sequence

from anoa.sitrep.document import Brief, Heading, Sitrep

TEXT_LIMIT = 1500


def render_text(sitrep: Sitrep) -> str:
    """The short text of the report, ending in a newline; first and last line mark an exercise."""
    return brief_text(sitrep.brief)


def brief_text(brief: Brief, limit: int = TEXT_LIMIT) -> str:
    """The brief in at most ``limit`` characters, cut line by line.

    Opening, closing and the titles of the parts always stand. The parts share what room is left
    in turns, a line each, so that a long part does not starve the next; where lines were left out
    the part says how many. Should even the lines that always stand be too long, each is cut to an
    equal share, and the first and the last line stay.
    """
    fixed = _fixed(brief)
    taken = _taken(brief, limit - len(fixed))
    if len(fixed) > limit - _room_for_counts(brief):
        return _squeezed([*brief.opening, *brief.closing], limit)
    lines = [*brief.opening]
    for part, count in zip(brief.parts, taken, strict=True):
        lines += ["", part.title, *_kept(part, count, brief.more)]
    return "\n".join([*lines, "", *brief.closing]) + "\n"


def _fixed(brief: Brief) -> str:
    titles = [line for part in brief.parts for line in ("", part.title)]
    return "\n".join([*brief.opening, *titles, "", *brief.closing]) + "\n"


def _kept(part: Heading, count: int, more: str) -> list[str]:
    left = len(part.lines) - count
    return [*part.lines[:count], *([more.format(count=left)] if left else [])]


def _more_size(brief: Brief, part: Heading) -> int:
    return len(brief.more.format(count=len(part.lines))) + 1


def _room_for_counts(brief: Brief) -> int:
    return sum(_more_size(brief, part) for part in brief.parts if part.lines)


def _taken(brief: Brief, room: int) -> list[int]:
    """How many lines of each part fit: one of each in turn while there is room."""
    room -= _room_for_counts(brief)
    taken, waiting = [0] * len(brief.parts), set(range(len(brief.parts)))
    while waiting:
        for place in sorted(waiting):
            lines = brief.parts[place].lines
            size = len(lines[taken[place]]) + 1 if taken[place] < len(lines) else room + 1
            if size > room:
                waiting.discard(place)  # whole lines in order: nothing behind this one may overtake
                continue
            taken[place] += 1
            room -= size
    return taken


def _squeezed(lines: Sequence[str], limit: int) -> str:
    share = max(limit // max(len(lines), 1) - 1, 1)
    kept = lines if len(lines) * 2 <= limit else [lines[0], lines[-1]]
    return "\n".join(line[:share] for line in kept) + "\n"
