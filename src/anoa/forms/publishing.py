"""What no form asks: the check before a form is published, of a pack or of an upload."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from anoa.errors import AnoaError
from anoa.forms.values import MOST_FIELDS, Field, FieldType, Form, Texts
from anoa.screening import NO_WORDS, ScreenWords, has_word, screen

# What is asked, and the English words that ask it; those of a country stand in its pack.
ASKS: Mapping[str, tuple[str, ...]] = {
    "a name": (
        "name", "names", "surname*", "nickname*", "forename*", "signature*", "sign here",
        "autograph*", "initials", "your initial", "who", "whom", "whose", "suspect*",
        "perpetrator*", "culprit*", "offender*", "reported by", "reporter*", "informant*",
        "whistleblower*", "complainant*",
    ),
    "a post title": (
        "post title*", "job title*", "title of the post", "rank", "ranks", "badge*", "name plate*",
        "nameplate*", "position held", "office held", "which officer*", "which official*",
    ),
    "an identity": (
        "identity", "identity number*", "identity card*", "id number*", "id card*", "id no",
        "national id*", "voter id*", "passport*", "birth*", "date of birth", "age", "ages",
        "how old", "years old", "religio*", "ethnic*", "tribe*", "race", "gender", "sex",
        "nationality", "citizenship", "marital*", "social security*", "ssn", "driver's licen*",
        "driving licen*", "family card*", "number plate*", "plate number*", "licence plate*",
        "license plate*", "fingerprint*", "biometric*", "selfie*", "portrait*",
    ),
    "a party or candidate": (
        "party", "parties", "candidate*", "nominee*", "contender*", "ballot number*",
        "running mate*", "incumbent*", "voted for", "vote for", "voting preference*",
        "which ticket*", "which side*", "preferred ticket*", "supporter*", "campaign team*",
        "affiliat*", "faction*", "coalition*",
    ),
    "a result": (
        "result*", "vote", "vote count*", "votes", "tally", "tallies", "winner*", "seats",
        "recapitulation*", "won", "win", "wins", "winning", "leads", "leading", "in the lead",
        "ahead", "ballots for", "ballots cast", "ballots counted", "ballot count*",
        "counted ballots", "valid ballots", "invalid ballots", "quick count*", "parallel count*",
        "exit poll*", "count sheet*", "outcome of the count*",
    ),
    "how to reach somebody": (
        "phone*", "telephone*", "mobile", "mobile number*", "cell number*", "cell no",
        "cellphone*", "cell phone*", "cellular number*", "handphone*", "landline*", "email*",
        "e mail*", "e-mail*", "whatsapp", "telegram", "facebook", "instagram", "tiktok",
        "contact", "contacts", "address", "addresses", "reach you", "call you", "call back",
        "username*", "user name*", "your handle", "account name*", "account number*",
        "social media account*",
    ),
    "a device": (
        "imei", "imsi", "sim", "sim card*", "sim serial*", "device id*", "deviceid",
        "device number*", "subscriber*", "serial number*", "serial no", "ip address*",
        "mac address*", "handset*",
    ),
}  # fmt: skip
# Words that ask it in a question or a field's name; as an answer to choose they name a group.
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "an identity": ("id", "ids"),
    "a party or candidate": ("contestant*",),
}
# Words that keep a person from writing what is not asked, and honest uses of such words.
ALLOWED = (
    "no name*", "without name*", "do not write name*", "never name*", "not a name", "no phone*",
    "do not write a name*", "no party", "no candidate*", "no result*", "no votes", "nor a result",
    "no post title*", "no job title*", "no rank", "nor a post title*",
    "nor a name", "no identity*",
    "who is at risk", "who are at risk", "who is in danger", "who is affected", "who needs help",
    "who need help", "for whom", "who it is for", "who may receive", "who receives it",
    "who is competent", "not ask who you are", "who was informed", "who was told",
    "address of the station*", "address of the polling station*", "address of the post",
    "address of the office*", "address of the warehouse*", "address of the place",
    "office address*", "station address*", "this address",
    "station id*", "polling station id*", "box id*", "form id*", "post id*", "incident id*",
    "mobile signal*", "mobile network*", "mobile coverage", "mobile data", "mobile brigade*",
    "mobile patrol*", "mobile team*", "mobile unit*", "mobile post*", "mobile polling*",
    "contact with the post", "in contact with", "radio contact", "lost contact",
    "station number", "post number", "box number", "form number", "seal number",
    "vote again", "vote buying", "vote-buying", "buying votes", "buying of votes", "able to vote",
    "waiting to vote", "wait to vote", "came to vote", "right to vote", "day of the vote",
    "before the vote", "during the vote", "after the vote", "secrecy of the vote", "secret vote",
    "contestants at risk",
    "go ahead", "ahead of time", "way ahead", "road ahead", "leads to", "leading to",
)  # fmt: skip
# Beginnings and ends of a field's name that is written in one, and words that only look so.
GLUED_START = ("name", "vote", "party", "candidate", "result", "phone", "email", "identity",
               "passport", "signature", "suspect", "winner", "tally", "address", "idcard",
               "idnumber")  # fmt: skip
GLUED_END = ("name", "names", "vote", "votes", "party", "candidate", "result", "results", "phone",
             "email", "identity", "passport", "signature", "winner", "tally")  # fmt: skip
NOT_GLUED = re.compile(r"voter|voting|(?:mega|micro|head|ear)phone|(?:station|box|seal)number")
SHORTEST_KEY = 5  # letters of a pack's key that is looked for within a word
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


# Ways to show a field in other form formats that collect more than an answer.
REFUSED_APPEARANCES: Mapping[str, str] = {
    "signature": "takes a person's signature",
    "new-front": "takes a picture of who fills it in",
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
    if form.is_about_conduct and one.type is FieldType.PICTURE:
        yield Refusal(
            one.name,
            "a complaint about conduct takes no picture: it could show a person",
            "ask for the level of the body and the class of conduct",
        )
    yield from _of_name(one.name, words)
    own = () if one.list else one.choices  # the words of a list are the pack's, not questions
    yield from _spoken(one.name, one.label, words, is_question=True)
    for texts in (one.hint, *(choice.name for choice in own)):
        yield from _spoken(one.name, texts, words)


def _of_name(name: str, words: FormWords) -> Iterator[Refusal]:
    """What a field's name asks for, also where words are written in one or numbered."""
    parts = [part.rstrip("0123456789") or part for part in name.split("_") if part]
    spoken = " ".join(parts)
    for what, asked in _asked(spoken, words, is_question=True):
        yield Refusal(name, f"the field's name asks for {what}: '{asked}'")
    rest = _without(spoken, words.allowed)
    if key := next((one for one in words.keys if _holds(rest, one)), ""):
        yield Refusal(name, f"the field's name could hold a '{key}'")
    joined = "".join(parts)
    for kind, why in REFUSED_TYPES.items():
        plain = re.sub(r"[-_]", "", kind)
        if plain == joined or (len(plain) > 7 and plain in joined):
            yield Refusal(name, f"the field's name is that of a type that {why}")
            break
    if glued := next(filter(None, map(_glued, parts)), ""):
        yield Refusal(name, f"the field's name asks for a '{glued}'")


def _holds(spoken: str, key: str) -> bool:
    """Whether a field's name, its words apart, has a key; a long one also within a word."""
    plain = key.replace("_", " ")
    if f" {plain} " in f" {spoken} ":
        return True
    ends = len(plain) >= SHORTEST_KEY and " " not in plain
    return ends and any(one.startswith(plain) or one.endswith(plain) for one in spoken.split())


def _glued(part: str) -> str:
    """The word that begins or ends a part of a name written in one; empty for none."""
    rest = NOT_GLUED.sub("", part)
    starts = (one for one in GLUED_START if rest.startswith(one) and len(rest) > len(one) + 1)
    ends = (one for one in GLUED_END if rest.endswith(one) and len(rest) > len(one) + 1)
    return next(starts, "") or next(ends, "")


def _spoken(
    name: str, texts: Texts, words: FormWords, *, is_question: bool = False
) -> Iterator[Refusal]:
    for language, text in texts.items():
        for what, asked in _asked(text, words, is_question=is_question):
            yield Refusal(name, f"the words in '{language}' ask for {what}: '{asked}'")
        for hit in screen(text, words.screening):
            yield Refusal(name, f"the words in '{language}' hold a {hit.kind}")


def asks_for(text: str, words: FormWords = NO_FORM_WORDS) -> str:
    """What a label or the head of a column asks for that no form asks; empty when nothing.

    >>> asks_for("Phone number")
    'how to reach somebody'
    """
    return next((what for what, _found in _asked(text, words)), "")


def _asked(text: str, words: FormWords, *, is_question: bool = False) -> Iterator[tuple[str, str]]:
    rest = _without(_plain(text), (*ALLOWED, *words.allowed))
    for what, english in ASKS.items():
        more = QUESTIONS.get(what, ()) if is_question else ()
        if found := has_word(rest, (*english, *more)):
            yield what, found
    if found := has_word(rest, words.asks):
        yield "what no form asks", found


def _plain(text: str) -> str:
    """The text without invisible signs, and abbreviations without their dots or spaces.

    >>> _plain("N.I.K. and I D card")
    'NIK and ID card'
    """
    seen = "".join(
        one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf"
    )
    undotted = re.sub(r"\b(?:[^\W\d_]\.\s?){2,}", lambda one: _joined(one[0]), seen)
    return re.sub(r"\b(?:[^\W\d_]\s){1,}[^\W\d_]\b", lambda one: _joined(one[0]), undotted)


def _joined(letters: str) -> str:
    end = " " if letters[-1:].isspace() else ""
    return "".join(one for one in letters if one.isalpha()) + end


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


def refused_appearance(text: str) -> Refusal | None:
    """The way to show a field that collects more than an answer; None when there is none.

    >>> refused_appearance("signature").what
    "the appearance 'signature' takes a person's signature"
    """
    for word in text.casefold().split():
        if word in REFUSED_APPEARANCES:
            return Refusal(word, f"the appearance '{word}' {REFUSED_APPEARANCES[word]}")
    return None
