"""A paper about the processing of personal data, and its forms: Markdown, HTML and PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext

from anoa.errors import DataError
from anoa.oplog import Handling
from anoa.pack import Pack
from anoa.sitrep import render_html, render_pdf
from anoa.sitrep.document import Block, Brief, Listing, Paragraph, Section, Sitrep, Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as a tree of plain words; ``number`` is its edition."""

    report: str
    title: str
    language: str
    number: int
    at: datetime
    letterhead: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    notice: str
    sections: tuple[Section, ...]
    closing: tuple[str, ...]

    def sitrep(self) -> Sitrep:
        """The same as the document that the renderers of reports print."""
        with translation.override(self.language):
            page = (gettext("Page"), gettext("of"))
        return Sitrep(
            report=self.report, number=self.number, language=self.language, title=self.title,
            letterhead=self.letterhead, facts=self.facts, notice=self.notice, mark="",
            sections=self.sections, brief=Brief((), (), (), ""), page=page,
            handling=Handling.INSTITUTIONS, as_of=self.at, at_seq=0, closing=self.closing,
        )  # fmt: skip


def letterhead(pack: Pack, language: str) -> tuple[str, ...]:
    """The pack's letterhead in that language, else in its first one."""
    return tuple(pack.letterhead.get(language) or pack.letterhead.get(pack.languages[0]) or ())


def to_fill() -> str:
    """What stands where only the controller can say something."""
    return gettext("[to be filled in by the controller]")


def render(paper: Paper, suffix: str) -> bytes:
    """The paper in the form of that file ending; DataError for any other."""
    form = FORMS.get(suffix.lower())
    if form is None:
        raise DataError("'{file}' does not end in {known}: choose one", file=suffix,
                        known=", ".join(FORMS))  # fmt: skip
    return form(paper)


def markdown(paper: Paper) -> str:
    """The paper as Markdown.

    >>> cell("a|b\\nc")
    'a\\\\|b c'
    """
    lines = [*(f"{line}  " for line in paper.letterhead), "", f"# {paper.title}", ""]
    lines += [f"**{paper.notice}**", ""] if paper.notice else []
    lines += [f"- {label}: {value}" for label, value in paper.facts]
    for section in paper.sections:
        lines += ["", f"## {section.title}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    return "\n".join([*lines, "", *(f"*{one}*" for one in paper.closing)]).strip() + "\n"


def cell(text: str) -> str:
    """A text that stays within one cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def _block(block: Block) -> list[str]:
    match block:
        case Paragraph(text):
            return [text]
        case Listing(title, items):
            head = [f"### {title}", ""] if title else []
            return head + [f"- {' – '.join((one.head, *one.lines))}" for one in items]
        case Table(caption, head, rows):
            rule = "|---" * len(head) + "|"
            return [f"*{caption}*", "", _row(head), rule, *map(_row, rows)]
    return []


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(cell, cells))} |"


FORMS: Mapping[str, Callable[[Paper], bytes]] = {
    ".md": lambda paper: markdown(paper).encode(),
    ".html": lambda paper: render_html(paper.sitrep()).encode(),
    ".pdf": lambda paper: render_pdf(paper.sitrep()),
}
