"""The data protection impact assessment of one operation: a draft from pack, schema and tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext

from anoa.forms import Form
from anoa.pack import Pack
from anoa.room.processing import columns
from anoa.room.processing.document import Paper, letterhead, to_fill
from anoa.room.processing.misuses import MISUSES
from anoa.room.processing.register import RISKY, TYPES, facts_of, measures, retention
from anoa.sitrep.document import Item, Listing, Paragraph, Section, Table


def compose_assessment(pack: Pack, language: str, at: datetime, number: int = 1) -> Paper:
    """The assessment in that language, as of a time; ``number`` is its edition."""
    with translation.override(language):
        return Paper(
            "assessment", gettext("Data protection impact assessment"), language, number, at,
            letterhead(pack, language), facts_of(pack, language, at), gettext("DRAFT"),
            tuple(_sections(pack, language)),
            (gettext("Made by anoa from pack {pack}, version {version}, from the tables of the "
                     "database and from its tests. It judges nothing: likelihood, severity and "
                     "the decision are the controller's.").format(
                         pack=pack.id, version=pack.version),),
        )  # fmt: skip


def _sections(pack: Pack, language: str) -> Iterator[Section]:
    yield Section("processing", gettext("1. What is processed"), (
        Listing("", tuple(Item(text) for text in _described(pack))),
        _answer(gettext("Why an assessment is made, and by whom")),
    ))  # fmt: skip
    yield Section("necessity", gettext("2. Whether it is needed, and no more than that"), (
        Paragraph(gettext("anoa has no field for a name, a party, a candidate or a result, no "
                          "model of persons, and shows a reporter's words to nobody but the "
                          "institution that received them.")),
        _answer(gettext("Purpose"), gettext("Legal basis"),
                gettext("Why less would not do"), gettext("How people are informed")),
    ))  # fmt: skip
    yield Section("attention", gettext("3. What needs most attention"), (
        *_attention(pack, language),))  # fmt: skip
    yield Section("risks", gettext("4. Misuses, and what is done about them"), (
        Paragraph(gettext("Each proof is a test of the program, written as the attempt that "
                          "fails. Likelihood and severity in this operation, and what remains, "
                          "are for the controller to judge.")),
        _risks(),
    ))  # fmt: skip
    yield Section("retention", gettext("5. How long it is kept"), tuple(retention(pack, language)))
    yield Section("measures", gettext("6. How it is protected"), (measures(),))
    yield Section("limits", gettext("7. What the program cannot do"), (Listing("", (
        Item(gettext("Screening finds forms of names, not meaning.")),
        Item(gettext("Sealing does not hide that somebody sent something, nor does it help "
                     "against a host that changes the page itself.")),
        Item(gettext("Whoever reads a screen can write down or photograph what is on it.")),
    )),))  # fmt: skip
    yield Section("decision", gettext("8. Who was heard, and what was decided"), (_answer(
        gettext("Institutions and people who were heard"),
        gettext("Opinion of the data protection officer"),
        gettext("What remains, and why it is accepted"), gettext("Decision, by whom, on"),
        gettext("When it is looked at again")),))  # fmt: skip


def _described(pack: Pack) -> Iterator[str]:
    sealed = sum(form.is_sealed for form in pack.forms.values())
    yield gettext("{institutions} institutions, {forms} forms, {sealed} of them sealed to one "
                  "institution").format(institutions=len(pack.agencies), forms=len(pack.forms),
                                        sealed=sealed)  # fmt: skip
    held = {one.holds for one in columns.columns()} - {columns.Holds.NOTHING, columns.Holds.EMPTY}
    for holds in columns.Holds:
        if holds in held:
            yield str(columns.ABOUT[holds])


def _answer(*questions: str) -> Table:
    return Table(
        gettext("What only the controller can say"), (gettext("Question"), gettext("Answer")),
        tuple((question, to_fill()) for question in questions),
    )  # fmt: skip


def _attention(pack: Pack, language: str) -> Iterator[Table | Paragraph]:
    rows = tuple(
        (pack.text(form.title, language) or form.id, why)
        for form in pack.forms.values()
        if (why := _why(form))
    )
    if not rows:
        yield Paragraph(gettext("No form asks for free text, pictures or a position."))
        return
    yield Table(
        gettext("Forms by which something about a person may come in"),
        (gettext("Form"), gettext("Why")), rows,
    )  # fmt: skip


def _why(form: Form) -> str:
    types = dict.fromkeys(str(TYPES[one.type]) for one in form.fields if one.type in RISKY)
    sealed = [gettext("sealed: nobody masks what it says")] if form.is_sealed else []
    return ", ".join([*types, *sealed])


def _risks() -> Table:
    rows = tuple(
        (
            f"M{one.number}", str(one.what),
            f"{one.answer} {gettext('Not complete in this version.') if one.is_open else ''}"
            .strip(),
            one.proof, to_fill(),
        )
        for one in MISUSES
    )  # fmt: skip
    return Table(
        gettext("Misuses"),
        (gettext("No."), gettext("Misuse"), gettext("What anoa does"), gettext("Proof"),
         gettext("What remains")),
        rows,
    )  # fmt: skip
