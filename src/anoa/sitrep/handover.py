"""The hand-over: one page for whoever takes the duty over, for one institution's eyes.

It fits one A4 page by rule and not by luck: all lists share ``ROOM`` lines in turns, each
line has at most ``LINE`` characters, and a list that was cut says how much more stands on the
board.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from anoa.coordination.duty import Duty, current_duty
from anoa.coordination.values import Report, Task, Threat
from anoa.oplog import Handling
from anoa.pack import CIVIL, Pack
from anoa.picture import Picture
from anoa.sitrep.brief import shorten
from anoa.sitrep.compose import facts_of, known_tree, letterhead_of, next_number, view_of
from anoa.sitrep.document import (
    Brief,
    Heading,
    Item,
    Listing,
    Paragraph,
    Section,
    Sitrep,
    Table,
)
from anoa.sitrep.shift import Due, Shift, shift_of
from anoa.sitrep.situation import Situation
from anoa.sitrep.telling import View
from anoa.sitrep.waiting import open_threats, standing

ROOM = 22  # items of all lists together
LINE = 95  # characters of one item
NOTE = 400  # characters of the note for the next shift
PLACES = 8  # silent regions by name


def compose_handover(
    picture: Picture,
    pack: Pack,
    *,
    at: datetime,
    agency: str,
    previous: Picture | None = None,
    number: int | None = None,
    language: str | None = None,
    tree: str = CIVIL,
) -> Sitrep:
    """The hand-over of that institution's duty as of ``at`` (aware), for it alone to read.

    ``previous`` is the picture at the entry by which the present duty began (see
    ``duty.since_shift_began``). Names of people are not in it; the page leaves lines to sign by
    hand. It is sealed to the institution. By another ``tree`` of the pack silence is told by its
    units, which also stand beside each place. The same arguments give an equal document. Raises
    DataError as ``compose_sitrep`` does.
    """
    seen = view_of(picture, pack, at, previous, language, agency)
    view = replace(seen, tree=known_tree(pack, tree))
    operation = view.picture.operation
    assert operation is not None
    words = view.words
    notice = pack.text(pack.exercise.notice, words.language) if operation.exercise else ""
    number = next_number(picture, at, "handover", agency) if number is None else number
    duty = current_duty(view.picture.duties.values(), agency)
    shift = shift_of(view.picture, view.before, pack, at, tree)
    listings, silent = _listings(view, shift), _silent(view, shift)
    return Sitrep(
        report="handover", number=number, language=words.language, title=words("title_handover"),
        letterhead=letterhead_of(view), facts=_facts(view, agency), notice=notice,
        mark="", sections=_sections(view, duty, shared(listings, view), silent),
        brief=_brief(view, number, notice, listings, silent),
        page=(words("page"), words("of_pages")),
        handling=Handling.SEALED, as_of=at.astimezone(UTC), at_seq=picture.seq,
        closing=(words("reproducible", seq=picture.seq, report=words("title_handover")),),
    )  # fmt: skip


def _facts(view: View, agency: str) -> tuple[tuple[str, str], ...]:
    """The facts of a report, sealed to the institution whatever it holds."""
    *facts, (label, _handling) = facts_of(view, agency)
    return (*facts, (label, view.words("handling_sealed")))


def shared(listings: Iterable[Listing], view: View, room: int = ROOM) -> tuple[Listing, ...]:
    """The lists cut to ``room`` items together, an item of each in turn; what is cut is counted."""
    found = [one for one in listings if one.items]
    taken = dict.fromkeys(range(len(found)), 0)
    while room > 0 and (rest := [n for n in taken if taken[n] < len(found[n].items)]):
        for place in rest[:room]:
            taken[place] += 1
        room -= len(rest)
    return tuple(_cut(one, taken[place], view) for place, one in enumerate(found))


def _cut(listing: Listing, count: int, view: View) -> Listing:
    left = len(listing.items) - count
    more = (Item(view.words("more_on_board", count=left)),) if left else ()
    return Listing(listing.title, (*listing.items[:count], *more))


def _listings(view: View, shift: Shift) -> tuple[Listing, ...]:
    words, lines = view.words, _lines
    return (
        Listing(words("handover_decisions"), lines([
            *(f"{one.id} {words(f'action_{one.action}')}: {view.subject(one.about)}; "
              + words("signed_by", agencies=view.signed(one)) for one in shift.proposals),
            *(view.commitment(one) for one in shift.requested),
            *(words("handover_review", threat=_threat(view, one)) for one in shift.reviews),
        ])),
        Listing(words("title_threats"), lines(
            f"{standing(view, one)} · {_threat(view, one)}" for one in open_threats(view))),
        Listing(words("unanswered_reports"), lines(
            words("brief_unanswered", id=one.id, place=_place(view, one),
                  time=view.moment(one.acknowledge_by)) for one in shift.unanswered)),
        Listing(words("handover_late"), lines([
            *(view.commitment(one) for one in shift.late),
            *(words("task_head", id=one.id, agency=view.agency(one.owner),
                    klass=view.label(one.klass), place=_place(view, one),
                    due=view.moment(one.due), state=words(f"state_{one.state}"))
              for one in shift.overdue),
        ])),
        Listing(words("handover_ahead"), lines(_due(view, one) for one in shift.ahead)),
        Listing(words("moves"), lines(
            words("move_head", time=view.moment(one.move.at), threat=_threat(view, one.threat),
                  before=view.rung(one.before), after=view.rung(one.move.to))
            for one in shift.moved)),
        Listing(words("handover_reports"), lines([
            *(_report(view, one, "handover_filed") for one in shift.filed),
            *(_report(view, one, "handover_answered") for one in shift.answered),
            *([words("more_reports", n=shift.more)] if shift.more else []),
            *(f"{view.commitment(one)}" for one in shift.kept),
        ])),
    )  # fmt: skip


def _lines(texts: Iterable[str]) -> tuple[Item, ...]:
    return tuple(Item(shorten(text, LINE)) for text in texts)


def _report(view: View, one: Report, key: str) -> str:
    return view.words(key, id=one.id, place=_place(view, one))


def _place(view: View, one: Report | Task) -> str:
    return view.place(one.region) + view.units(one)


def _threat(view: View, one: Threat) -> str:
    return view.threat(one) + view.units(one)


def _due(view: View, due: Due) -> str:
    words, stage = view.words, view.pack.stages.get(due.subject)
    subject = view.pack.text(stage.name, words.language) if stage else view.subject(due.subject)
    what = words(f"due_{due.what}", subject=subject)
    return f"{view.moment(due.at)} · {what}"


def _sections(
    view: View, duty: Duty | None, listings: tuple[Listing, ...], silent: str
) -> tuple[Section, ...]:
    words = view.words
    blocks = listings or (Paragraph(words("handover_nothing")),)
    return (
        Section("duty", words("title_duty"), tuple(map(Paragraph, _duty(view, duty)))),
        Section("shift", words("title_shift"), (*blocks, Paragraph(silent))),
        Section("signatures", words("title_signatures"), (_signatures(view),)),
    )


def _duty(view: View, duty: Duty | None) -> list[str]:
    words = view.words
    if duty is None:
        return [words("handover_no_duty")]
    told = [words("handover_duty", member=duty.member, time=view.zoned(duty.since), id=duty.id)]
    if duty.offered_to:
        told.append(words("handover_to", member=duty.offered_to))
    if duty.note:
        told.append(words("handover_note", text=shorten(duty.note, NOTE)))
    return told


def _silent(view: View, shift: Shift) -> str:
    """Who is silent by name, as far as there is room; silence is never called calm."""
    names = [_silent_line(view, one) for one in shift.silent[:PLACES]]
    left = len(shift.silent) - len(names)
    if not names:
        return view.words("handover_all_heard")
    more = " " + view.words("more_on_board", count=left) if left else ""
    return view.words("handover_silent", places=", ".join(names)) + more


def _silent_line(view: View, one: Situation) -> str:
    """A region; or a unit with those of its regions from which nobody was heard."""
    name = view.line(one.region)
    regions = () if one.silent_in == (one.region,) else one.silent_in
    return f"{name} ({', '.join(map(view.place, regions))})" if regions else name


def _signatures(view: View) -> Table:
    words = view.words
    rows = tuple((words(f"sign_{one}"), "", "") for one in ("name", "time", "signature"))
    return Table(words("sign_caption"), ("", words("sign_gives"), words("sign_takes")), rows)


def _brief(
    view: View, number: int, notice: str, listings: tuple[Listing, ...], silent: str
) -> Brief:
    words, local = view.words, view.pack.local(view.at)
    opening = (
        notice, f"*{words('title_handover')} {words('number', number=number)}*",
        f"{words('day')}: {words.day(local.date())}",
        f"{words('time')}: {words.clock(local)} {view.pack.time_zone_label}",
    )  # fmt: skip
    parts = tuple(
        Heading(f"*{one.title}*", tuple(f"- {item.head}" for item in one.items)) for one in listings
    )
    closing = (shorten(silent), notice)
    return Brief(
        tuple(filter(None, opening)), parts, tuple(filter(None, closing)), words("brief_more")
    )
