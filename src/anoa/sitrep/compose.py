"""Compose the daily report: a pure function of picture, pack and arguments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from anoa.coordination.seeing import OF_ALL
from anoa.errors import DataError
from anoa.oplog import Handling
from anoa.pack import CIVIL, Pack
from anoa.picture import Picture
from anoa.sitrep.brief import brief_of
from anoa.sitrep.changes import changes_section
from anoa.sitrep.document import Paragraph, Section, Sitrep
from anoa.sitrep.record import record_section
from anoa.sitrep.situation import map_section, situation_section
from anoa.sitrep.telling import View
from anoa.sitrep.totals import totals_section
from anoa.sitrep.waiting import (
    actions_section,
    commitments_section,
    proposals_section,
    threats_section,
    unanswered_section,
)
from anoa.sitrep.words import Words, own_language

INSTITUTIONS = OF_ALL


def compose_sitrep(
    picture: Picture,
    pack: Pack,
    *,
    at: datetime,
    previous: Picture | None = None,
    number: int | None = None,
    language: str | None = None,
    agency: str | None = INSTITUTIONS,
    tree: str = CIVIL,
) -> Sitrep:
    """The daily report of a picture as of ``at`` (aware), for the readers that ``agency`` names.

    ``agency`` is an institution of the pack, ``"institutions"`` for what all of them may see (the
    default), or None for the public; the picture is cut to that reader here, whatever was given.
    ``previous`` is the picture of the last report; without it everything since the opening is new.
    ``number`` defaults to the one after the reports issued by then, ``language`` to the pack's
    first, ``tree`` to the regions; by another tree of the pack the lines are its units, and the
    totals are the same. The same arguments give an equal document. Raises DataError for a
    picture without operation, an unknown institution, language or tree, or a time before the
    picture's last entry.
    """
    seen = view_of(picture, pack, at, previous, language, agency)
    view = replace(seen, tree=known_tree(pack, tree))
    operation = picture.operation
    assert operation is not None
    notice = pack.text(pack.exercise.notice, view.words.language) if operation.exercise else ""
    number = next_number(picture, at) if number is None else number
    facts = facts_of(view, agency)
    words = view.words
    sections = _sections(view, notice)
    return Sitrep(
        report="daily", number=number, language=words.language, title=words("title_daily"),
        letterhead=letterhead_of(view), facts=facts, notice=notice,
        mark=notice.replace("-", "–").partition("–")[0].strip(), sections=sections,
        brief=brief_of(view, number, notice), page=(words("page"), words("of_pages")),
        handling=_handling(view), as_of=at.astimezone(UTC), at_seq=picture.seq,
        closing=(words("reproducible", seq=picture.seq, report=words("title_daily")),),
    )  # fmt: skip


def next_number(
    picture: Picture, at: datetime, report: str = "daily", owner: str | None = None
) -> int:
    """The number of a report as of ``at``: that of the one issued then, else the next.

    Reports of a kind are numbered in the order in which they were issued, from 1; hand-overs for
    each institution (``owner``) by itself.
    """
    issued = [one for one in picture.sitreps.values()
              if one.report == report and owner in (None, one.owner)]  # fmt: skip
    same = [one.number for one in issued if one.as_of == at]
    return same[0] if same else max((one.number for one in issued), default=0) + 1


def view_of(
    picture: Picture,
    pack: Pack,
    at: datetime,
    previous: Picture | None,
    language: str | None,
    agency: str | None,
) -> View:
    """What a report is made of, cut to its readers; raises DataError as compose_sitrep does."""
    operation = picture.operation
    if operation is None or picture.at is None:
        raise DataError("there is no operation yet at {at}: choose a later time", at=at.isoformat())
    if at.tzinfo is None or at < picture.at:
        raise DataError(
            "a report as of {at} cannot be made of entries up to {last}: replay the log until then",
            at=at.isoformat(), last=picture.at.isoformat(),
        )  # fmt: skip
    if agency not in (None, INSTITUTIONS) and agency not in pack.agencies:
        raise DataError("the pack has no institution '{agency}'", agency=agency)
    sees = _sees(pack, agency)
    before = (previous or Picture()).seen_by(agency, sees)
    since = _since(picture, before) or operation.opened_at
    if previous is not None and previous.seq > picture.seq:
        raise DataError("the last report stands at a later entry than this one")
    words = Words(language or own_language(pack.languages))
    seen = picture.seen_by(agency, sees)
    return View(seen, before, pack, words, at, since, public=sees is Handling.PUBLIC)


def known_tree(pack: Pack, tree: str) -> str:
    """That tree; raises DataError when the pack does not have it."""
    if tree not in pack.trees:
        raise DataError(
            "the pack has no tree '{tree}': choose one of {known}", tree=tree,
            known=", ".join(pack.trees),
        )  # fmt: skip
    return tree


def _since(picture: Picture, before: Picture) -> datetime | None:
    """The moment of the last report as it was issued; else of the last entry it held."""
    issued = (one.as_of for one in picture.sitreps.values() if one.at_seq == before.seq)
    return max(issued, default=before.at)


def _sees(pack: Pack, agency: str | None) -> Handling:
    if agency is None:
        return Handling.PUBLIC
    return Handling.INSTITUTIONS if agency == INSTITUTIONS else pack.agencies[agency].sees


def _handling(view: View) -> Handling:
    """The widest circle that may read the report, by what it holds."""
    if view.reads_sealed():
        return Handling.SEALED
    return Handling.PUBLIC if view.public else Handling.INSTITUTIONS


def letterhead_of(view: View) -> tuple[str, ...]:
    """The lines over the title, in the report's language where the pack has them."""
    lines = view.pack.letterhead
    for language in (view.words.language, *view.pack.languages):
        if lines.get(language):
            return tuple(lines[language])
    return (view.pack.operation.codename,)


def facts_of(view: View, agency: str | None) -> tuple[tuple[str, str], ...]:
    """Day, time, place, period, readers and handling: label and value."""
    words, local = view.words, view.pack.local(view.at)
    zone = view.pack.time_zone_label
    one = words("for_one", agency=view.agency(agency or ""))
    readers = {None: words("for_public"), INSTITUTIONS: words("for_institutions")}
    counted = () if view.tree == CIVIL else ((words("counted_by"), view.tree_name),)
    return (
        (words("day"), words.day(local.date())),
        (words("time"), f"{words.clock(local)} {zone}"),
        (words("place"), view.place(view.pack.root)),
        (words("period"), words("period_line", start=view.zoned(view.since),
                                end=view.zoned(view.at))),
        *counted,
        (words("readers"), readers.get(agency) or one),
        (words("handling"), words(f"handling_{_handling(view)}")),
    )  # fmt: skip


def _sections(view: View, notice: str) -> tuple[Section, ...]:
    sections = (
        situation_section(view), map_section(view, notice), threats_section(view),
        unanswered_section(view), commitments_section(view), actions_section(view),
        proposals_section(view), changes_section(view), totals_section(view), record_section(view),
    )  # fmt: skip
    if not view.public:
        return sections
    limits = Section("limits", view.words("title_limits"), (Paragraph(view.words("public_note")),))
    return (limits, *sections)
