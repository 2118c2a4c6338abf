"""``forms/ID.yaml``: the forms of a pack, read into ``anoa.forms.Form``, checked for publishing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from anoa.errors import DataError
from anoa.forms import (
    CHANNELS,
    Audience,
    Becomes,
    Choice,
    Condition,
    Field,
    FieldType,
    FormWords,
    Screen,
    Texts,
    refusals,
)
from anoa.forms import Form as FormValue
from anoa.forms.values import HANDLINGS
from anoa.pack.collecting import Findings
from anoa.pack.schema import Document, Draft, Holds, Record, Row
from anoa.pack.schema import Field as Key
from anoa.screening import NO_WORDS, ScreenWords

FORMS = "forms/"
FORM_FILE = re.compile(re.escape(FORMS) + r"[a-z][a-z0-9-]{0,39}\.yaml\Z")
LISTS = ("threat_types", "signs", "place_classes", "agencies", "stages")
LIST, TEXTS = Holds.LIST, Holds.TEXTS
Lists = Mapping[str, tuple[Choice, ...]]
Offer = tuple[Row, str, Texts, str]  # whence it is, id, words, the answer it belongs to
Made = TypeVar("Made")

FORM = Document(
    f"{FORMS}ID.yaml",
    "A form that people fill in; one file a form, named after its id. It asks for no person, "
    "party, candidate or result and collects nothing about the device; an officers' form of voting "
    "day takes no picture and no position. The check refuses one that does.",
    Record((
        Key("id", "the form's id, also the file's name", "id"),
        Key("version", "goes up whenever the form changes", "id"),
        Key("title", "its title", holds=TEXTS),
        Key("about", "what it is for, in a sentence", required=False, holds=TEXTS),
        Key("audience", "who fills it in", "id", holds=LIST,
            choices=tuple(str(one) for one in Audience)),
        Key("kinds", "the kinds of institutions whose members and tokens may use it, or `*`", "id",
            holds=LIST, refers=("agency_kind",), wildcard=True),
        Key("becomes", "what an answer is filed as", "id",
            choices=tuple(str(one) for one in Becomes)),
        Key("handling", "who sees what is filed", "id", required=False, choices=HANDLINGS),
        Key("owner", "of a form that becomes `sealed`: which kind of institution owns it; the "
            "sender's browser encrypts to that institution's key", required=False, record=Record((
                Key("kind", "a kind of institution that answers for the whole of the operation",
                    "id", refers=("agency_kind",)),
            ))),
        Key("channels", "the ways it may come by; blank: every way", "id", required=False,
            holds=LIST, choices=CHANNELS),
        Key("sets", "what is laid down instead of asked", required=False, holds=Holds.FREE),
        Key("expects", "of a count, how many there must be for each polling station; the "
            "difference is shown", required=False, holds=Holds.FREE),
        Key("screens", "the pages of the form", holds=LIST, record=Record((
            Key("title", "its title", holds=TEXTS),
            Key("fields", "what is asked, in order", holds=LIST, record=Record((
                Key("name", "the field's name: small letters, digits and _", "figure"),
                Key("type", "what is asked for", "id",
                    choices=tuple(str(one) for one in FieldType)),
                Key("label", "the question", holds=TEXTS),
                Key("hint", "what helps to answer it", required=False, holds=TEXTS),
                Key("list", "the choices: a list of the pack; `signs` are those of the types of "
                    "threats, `agencies` the institutions", "id", required=False, choices=LISTS),
                Key("choices", "the choices, where no list of the pack has them", required=False,
                    holds=LIST, record=Record((
                        Key("id", "the choice's id: letters, digits and . _ -"),
                        Key("name", "its words", holds=TEXTS),
                        Key("under", "only with this answer to the field of `by`", "id",
                            required=False),
                    ))),
                Key("by", "an earlier field whose answer narrows the choices", "figure",
                    required=False),
                Key("required", "true: no answer is marked for a person", "boolean",
                    required=False),
                Key("when", "asked only when an earlier field is so: `field=value`, "
                    "`field=one|other`", required=False),
                Key("least", "smallest number, length of a text, or number of choices", "amount",
                    required=False),
                Key("most", "the largest", "amount", required=False),
                Key("default", "choices that are ticked from the beginning", "id",
                    required=False, holds=LIST),
            ))),
        ))),
    )),
    required=False,
)  # fmt: skip


def form_rows(draft: Draft) -> Iterator[Row]:
    """The top of every form that was read."""
    for name in sorted(draft.documents):
        if FORM_FILE.match(name):
            yield draft.documents[name]


def document_for(file: str) -> Document:
    """The description of one form's file."""
    return replace(FORM, file=file)


def pack_forms(draft: Draft) -> dict[str, FormValue]:
    """The forms of a draft without problems, by id in the order of their files."""
    lists = choice_lists(draft)
    return {row.text("id"): _form(row, lists) for row in form_rows(draft)}


def form_words(draft: Draft, screening: ScreenWords = NO_WORDS) -> FormWords:
    """The country's words by which forms are checked."""
    row = draft.document("words/screening.yaml")
    asks = (*row.texts("form_words"), *row.texts("candidate_words"), *_numbered(row))
    return FormWords(
        asks, tuple(row.texts("form_allowed")), tuple(row.texts("forbidden_keys")), screening
    )


def _numbered(words: Row) -> Iterator[str]:
    """Words for the number on a ballot; a plain word for a number counts with a small number."""
    for word in words.texts("number_words"):
        if " " in word:
            yield word
        yield from (f"{word} {zero}{n}" for n in range(1, 10) for zero in ("", "0"))


def check_forms(draft: Draft, findings: Findings) -> None:
    """Every form is whole, says what its filing needs, and asks nothing that no form asks."""
    lists = choice_lists(draft, findings)
    words = form_words(draft)  # names of persons and parties are looked for in every file
    for row in form_rows(draft):
        _check_file(row, findings)
        whole = [_made(one, one.line, findings, _field, lists) for one in _field_rows(row)]
        form = _made(row, 0, findings, _form, lists) if all(whole) else None
        _check_owner(draft, row, findings)
        lines = {one.text("name"): one.line for one in _field_rows(row)}
        for refusal in refusals(form, words) if form else ():
            findings.add(row.file, lines.get(refusal.field, 0), str(refusal), refusal.hint)
        spoken = draft.document("words/screening.yaml").texts("form_words")
        if form and not spoken and set(draft.languages) - {"en"}:
            findings.add(
                "words/screening.yaml", 0, "form_words names no word, and there are forms",
                "words of every language that ask for a name, a party or a result",
            )  # fmt: skip


def _made(
    row: Row, line: int, findings: Findings, make: Callable[[Row, Lists], Made], lists: Lists
) -> Made | None:
    """The value of a row, or None with a problem."""
    try:
        return make(row, lists)
    except DataError as error:
        findings.add(row.file, line, str(error))
    except ValueError:  # a word of no list, of which its own line tells already
        pass
    return None


def _check_file(row: Row, findings: Findings) -> None:
    wanted = row.file.removeprefix(FORMS).removesuffix(".yaml")
    if row.text("id") and row.text("id") != wanted:
        findings.add(row.file, row.line_of("id"), f"the form {row.text('id')} stands in a file of "
                     "another name", f"name the file {FORMS}{row.text('id')}.yaml")  # fmt: skip


def _check_owner(draft: Draft, row: Row, findings: Findings) -> None:
    """One institution must own what is sealed wherever it happened: a region would tell of it."""
    kind = row.row("owner").text("kind")
    kin = [one for one in draft.rows("agencies.csv") if one.text("kind") == kind]
    root = draft.document("pack.yaml").text("root")
    if kin and not any({"*", root} & set(one.texts("regions")) for one in kin):
        findings.add(
            row.file, row.line_of("owner"), f"no institution of kind {kind} is for all regions",
            "a sealed form has one owner, so that nobody reads the region from who owns it",
        )  # fmt: skip


def _field_rows(row: Row) -> Iterator[Row]:
    for screen in row.rows("screens"):
        yield from screen.rows("fields")


def choice_lists(draft: Draft, findings: Findings | None = None) -> Lists:
    """The lists of the pack that a field may take its choices from, by name.

    An id that no choice can have is noted in ``findings`` and left out.
    """
    threats = draft.document("threats.yaml")
    types = [one for one in threats.rows("threats") if one.get("context") is not True]
    classes = threats.get("place_classes")
    offered: dict[str, Iterable[Offer]] = {
        "threat_types": map(_offer, types),
        "signs": (sign for one in types for sign in _signs(one)),
        "place_classes": (
            (threats, str(name), texts if isinstance(texts, dict) else {}, "")
            for name, texts in (classes if isinstance(classes, dict) else {}).items()
        ),
        "agencies": map(_offer, draft.rows("agencies.csv")),
        "stages": map(_offer, draft.rows("stages.csv")),
    }
    return {name: tuple(_choices(each, findings)) for name, each in offered.items()}


def _choices(offered: Iterable[Offer], findings: Findings | None) -> Iterator[Choice]:
    for row, ident, texts, under in offered:
        try:
            yield Choice(ident, texts, under)
        except DataError as error:
            if findings is None:
                raise
            findings.add(row.file, row.line, str(error))


def _offer(row: Row) -> Offer:
    return row, row.text("id"), _texts(row, "name"), ""


def _signs(threat: Row) -> Iterator[Offer]:
    """The signs of a type of threat, numbered from 1: ``TYPE.1``."""
    signs = threat.get("signs")
    by_language = {k: v for k, v in (signs if isinstance(signs, dict) else {}).items() if v}
    for number in range(min(map(len, by_language.values()), default=0)):
        texts = {language: str(lines[number]) for language, lines in by_language.items()}
        yield threat, f"{threat.text('id')}.{number + 1}", texts, threat.text("id")


def _texts(row: Row, name: str) -> Texts:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _form(row: Row, lists: Lists) -> FormValue:
    kinds = row.texts("kinds")
    sets, expects = row.get("sets"), row.get("expects")
    return FormValue(
        id=row.text("id"), version=row.text("version"), title=_texts(row, "title"),
        about=_texts(row, "about"), audience=tuple(map(Audience, row.texts("audience"))),
        becomes=Becomes(row.text("becomes")), handling=row.text("handling") or "institutions",
        kinds=() if kinds == ["*"] else tuple(kinds),
        channels=tuple(row.texts("channels")) or CHANNELS,
        sets={k: str(v) for k, v in sets.items()} if isinstance(sets, dict) else {},
        expects=_amounts(expects) if isinstance(expects, dict) else {},
        owner_kind=row.row("owner").text("kind"),
        screens=tuple(
            Screen(_texts(one, "title"), tuple(_field(each, lists) for each in one.rows("fields")))
            for one in row.rows("screens")
        ),
    )  # fmt: skip


def _amounts(held: Mapping[str, object]) -> dict[str, float]:
    try:
        return {name: float(str(value)) for name, value in held.items()}
    except ValueError as error:
        raise DataError("what a form expects is a number for each count") from error


def _field(row: Row, lists: Lists) -> Field:
    own = tuple(
        Choice(one.text("id"), _texts(one, "name"), one.text("under"))
        for one in row.rows("choices")
    )
    if own and row.text("list"):
        raise DataError("the field '{name}' has choices and a list", name=row.text("name"))
    return Field(
        name=row.text("name"), type=FieldType(row.text("type")), label=_texts(row, "label"),
        hint=_texts(row, "hint"), choices=own or lists.get(row.text("list"), ()),
        by=row.text("by"), required=row.get("required") is True,
        when=Condition.parse(row.text("when")) if row.text("when") else None,
        least=row.number("least"), most=row.number("most"), default=tuple(row.texts("default")),
        list=row.text("list"),
    )  # fmt: skip
