"""What no form asks: the check before a form is published, of a pack or of an upload."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from anoa.errors import AnoaError
from anoa.forms.values import MOST_FIELDS, Field, FieldType, Form, Texts
from anoa.screening import NO_WORDS, ScreenWords, has_word, screen

# What is asked, and the English words that ask it; those of a country stand in its pack.
ASKS: Mapping[str, tuple[str, ...]] = {
    "a name": (
        "name", "names", "surname*", "nickname*", "forename*", "signature*", "sign here",
        "who are you", "who did it", "suspect*", "perpetrator*",
    ),
    "an identity": (
        "identity", "identity number*", "identity card*", "id number*", "id card*", "id no",
        "national id*", "voter id*", "passport*", "birth*", "date of birth", "religio*",
        "ethnic*", "tribe*", "race", "gender", "sex",
    ),
    "a party or candidate": (
        "party", "parties", "candidate*", "nominee*", "ballot number*", "running mate*",
        "incumbent*", "voted for", "vote for", "voting preference*",
    ),
    "a result": (
        "result*", "vote count*", "votes", "tally", "tallies", "vote share*", "winner*", "seats",
        "votes cast", "recapitulation*",
    ),
    "how to reach somebody": (
        "phone*", "telephone*", "mobile number*", "email*", "e mail*", "e-mail*", "whatsapp",
        "home address*", "your address", "username*", "user name*",
    ),
    "a device": (
        "imei", "imsi", "sim", "sim card*", "sim serial*", "device id*", "deviceid",
        "subscriber*", "serial number*", "ip address*", "mac address*",
    ),
}  # fmt: skip
# Words that keep a person from writing what is not asked.
ALLOWED = (
    "no name*", "without name*", "do not write name*", "never name*", "not a name", "no phone*",
    "do not write a name*", "no party", "no candidate*", "no result*", "no votes", "nor a result",
    "nor a name", "no identity*",
)  # fmt: skip
# Types of other form formats that collect more than an answer.
REFUSED_TYPES: Mapping[str, str] = {
    "audit": "records every step and place of the person",
    "geotrace": "records where a person goes",
    "geoshape": "records where a person goes",
    "start-geopoint": "records the place in the background",
    "background-geopoint": "records the place in the background",
    "background-audio": "records sound in the background",
    "audio": "records voices",
    "video": "records persons",
    "deviceid": "collects the device's number",
    "phonenumber": "collects the telephone number",
    "phone_number": "collects the telephone number",
    "subscriberid": "collects the SIM card's number",
    "simserial": "collects the SIM card's number",
    "sim_id": "collects the SIM card's number",
    "username": "collects who the user is",
    "email": "collects the e-mail address",
    "user": "collects who the user is",
    "barcode": "could read an identity card",
    "file": "could carry anything",
}


@dataclass(frozen=True, slots=True)
class FormWords:
    """A country's words: what asks for a person, party or result, and phrases that do not."""

    asks: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # parts of a field's name
    screening: ScreenWords = NO_WORDS


NO_FORM_WORDS = FormWords()


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """Why a form may not be published: the field (blank: the form), what is wrong, what to do."""

    field: str
    what: str
    hint: str = "take it out"

    def __str__(self) -> str:
        return f"{self.field}: {self.what}" if self.field else self.what


class FormRefused(AnoaError):
    """The form asks what no form asks; ``refusals`` lists everything."""

    code = "form_refused"

    def __init__(self, form: str, found: Iterable[Refusal]) -> None:
        self.refusals = tuple(found)
        super().__init__(
            "form {form} is not published: {why}",
            form=form, why="; ".join(str(one) for one in self.refusals),
        )  # fmt: skip


def check_publishing(form: Form, words: FormWords) -> None:
    """Raise FormRefused with everything that keeps the form from being published."""
    if found := refusals(form, words):
        raise FormRefused(form.id, found)


def refusals(form: Form, words: FormWords = NO_FORM_WORDS) -> tuple[Refusal, ...]:
    """Everything that keeps a form from being published; empty when it may be."""
    found: list[Refusal] = []
    if len(form.fields) > MOST_FIELDS:
        found.append(
            Refusal("", f"it asks {len(form.fields)} things", f"at most {MOST_FIELDS} fields")
        )
    for name, texts in (("", form.title), ("", form.about)):
        found += _spoken(name, texts, words)
    for screen_ in form.screens:
        found += _spoken("", screen_.title, words)
    for one in form.fields:
        found += _of_field(form, one, words)
    return tuple(dict.fromkeys(found))


def _of_field(form: Form, one: Field, words: FormWords) -> Iterator[Refusal]:
    if form.is_on_duty and one.type in (FieldType.PICTURE, FieldType.POINT):
        yield Refusal(
            one.name,
            f"a form of officers on voting day takes no {one.type}",
            "ask for the polling station, and for counts",
        )
    spoken = one.name.replace("_", " ")
    for what, asked in _asked(spoken, words):
        yield Refusal(one.name, f"the field's name asks for {what}: '{asked}'")
    parts = set(one.name.split("_"))
    for key in words.keys:
        if key in parts or key in one.name.split("__") or f"_{key}_" in f"_{one.name}_":
            yield Refusal(one.name, f"the field's name could hold a '{key}'")
            break
    own = () if one.list else one.choices  # the words of a list are the pack's, not questions
    for texts in (one.label, one.hint, *(choice.name for choice in own)):
        yield from _spoken(one.name, texts, words)


def _spoken(name: str, texts: Texts, words: FormWords) -> Iterator[Refusal]:
    for language, text in texts.items():
        for what, asked in _asked(text, words):
            yield Refusal(name, f"the words in '{language}' ask for {what}: '{asked}'")
        for hit in screen(text, words.screening):
            yield Refusal(name, f"the words in '{language}' hold a {hit.kind}")


def asks_for(text: str, words: FormWords = NO_FORM_WORDS) -> str:
    """What a label or the head of a column asks for that no form asks; empty when nothing.

    >>> asks_for("Phone number")
    'how to reach somebody'
    """
    return next((what for what, _found in _asked(text, words)), "")


def _asked(text: str, words: FormWords) -> Iterator[tuple[str, str]]:
    rest = _without(text, (*ALLOWED, *words.allowed))
    for what, english in ASKS.items():
        if found := has_word(rest, english):
            yield what, found
    if found := has_word(rest, words.asks):
        yield "what no form asks", found


def _without(text: str, allowed: tuple[str, ...]) -> str:
    """The text without the phrases that are allowed though they hold such a word."""
    rest = text.casefold()
    while found := has_word(rest, allowed):
        rest = rest.replace(found, " … ")
    return rest


def refused_types(types: Iterable[str]) -> tuple[Refusal, ...]:
    """Types of fields of an uploaded form that collect more than an answer.

    >>> refused_types(["text", "audit location-priority=balanced"])[0].what
    "'audit' records every step and place of the person"
    """
    found = []
    for kind in types:
        word = re.split(r"[\s(]", kind.strip().casefold(), maxsplit=1)[0]
        if word in REFUSED_TYPES:
            found.append(Refusal(word, f"'{word}' {REFUSED_TYPES[word]}"))
    return tuple(dict.fromkeys(found))
