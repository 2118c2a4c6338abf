"""Coded messages: a word, a place and a few short words, by which a form is filled in.

The pack says in ``messages.yaml`` under ``codes`` which first word stands for which form. The place
follows it; after that each choice of the form is found by its words. What is missing or said in two
ways stays blank, and the form's own rules tell whether a person must look at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from anoa.forms import Field, FieldType, Form
from anoa.oplog import Json
from anoa.pack import Pack
from anoa.pack.message_words import Code
from anoa.room.intake.urgent import is_call
from anoa.room.stations import Places, places_of

WORD = re.compile(r"\w+(?:[.-]\w+)*")
CODE = re.compile(r"\d+(?:[.-]\d+)+\Z")  # what looks like the code of a place
LONGEST = 320  # characters; what is longer is told in words of one's own


@dataclass(frozen=True, slots=True)
class Coded:
    """A form, and what a coded message answers to it."""

    form: Form
    fields: dict[str, Json]


def coded(text: str, pack: Pack) -> Coded | None:
    """What a coded message says; None for any other message."""
    words = WORD.findall(text[:LONGEST])
    groups = pack.message_words.codes if pack.message_words else ()
    if len(words) < 2 or len(text) > LONGEST:
        return None
    code = next((one for one in groups if words[0].casefold() in _folded(one.words)), None)
    form = pack.forms.get(code.form) if code else None
    if code is None or form is None:
        return None
    placed = _placed(words[1], places_of(pack))
    if not placed and is_call(form) and CODE.match(words[1]):
        placed = {"polling_station": words[1]}  # of no register: a call goes on all the same
    if not placed:
        return None
    rest = f" {' '.join(words[2:]).casefold()} "
    fields: dict[str, Json] = {name: value for name, value in placed.items() if form.field(name)}
    for one in form.fields:
        if one.type is FieldType.CHOICE and (chosen := _chosen(one, code, rest)):
            fields[one.name] = chosen
    return Coded(form, fields)


def _folded(words: tuple[str, ...]) -> set[str]:
    return {word.casefold() for word in words}


def _placed(word: str, places: Places) -> dict[str, str]:
    """The fields of the place that a code names, with the sub-district of a station."""
    if places.is_station(word):
        return {"sub_district": places.sub_district_of(word), "polling_station": word}
    if places.is_sub_district(word):
        return {"sub_district": word}
    return {"region": word} if places.is_region(word) else {}


def _chosen(one: Field, code: Code, rest: str) -> str:
    """The one choice whose words stand in the rest; of two within each other the longer one."""
    hits = {phrase: ident for phrase, ident in _phrases(one, code) if f" {phrase} " in rest}
    whole = {ident for phrase, ident in hits.items()
             if not any(phrase != other and phrase in other for other in hits)}  # fmt: skip
    return whole.pop() if len(whole) == 1 else ""


def _phrases(one: Field, code: Code) -> Iterator[tuple[str, str]]:
    """What a choice may be called, in small letters."""
    own = {choice.id for choice in one.choices}
    for choice in one.choices:
        for name in (choice.id, *choice.name.values()):
            yield " ".join(WORD.findall(name)).casefold(), choice.id
    for group in code.answers:
        for word in group.words if group.id in own else ():
            yield " ".join(WORD.findall(word)).casefold(), group.id
