"""Read pasted messages into drafts: every field right, or blank with a mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from anoa.errors import AnoaError
from anoa.messages.acts import Telling
from anoa.messages.context import Reading, Standing
from anoa.messages.lexicon import Lexicon, lexicon_of
from anoa.messages.moments import moment_fields
from anoa.messages.phrases import Hit, words_of
from anoa.messages.places import place_fields
from anoa.messages.splitting import split_messages
from anoa.messages.values import (
    FIELDS,
    UNKNOWN,
    MessageDraft,
    MessageField,
    RawMessage,
    Span,
    doubtful,
    sure,
)
from anoa.pack import Pack
from anoa.pack.message_words import COUNTED

NEAR = 3
_MORE = re.compile(r"[ \t]*(?:[-–,/&+]|(?:[^\W\d_]\W?){1,8})[ \t]*\d{1,3}(?![\d.:/])")
ROUTINE, REPORT = "routine", "report"
_RATING = re.compile(r"\W*([A-F])\s*[-/.]?\s*([1-6])\W*", re.I)


def parse_messages(text: str, pack: Pack, now: datetime) -> tuple[MessageDraft, ...]:
    """The drafts of a paste; ``now`` is aware and the latest moment that can be told.

    Raises AnoaError for a paste that is too large, and for a pack without ``messages.yaml``.
    """
    return tuple(read_message(raw, pack, now) for raw in split_messages(text, pack, now))


def read_message(raw: RawMessage, pack: Pack, now: datetime) -> MessageDraft:
    """The fields of one message: sure, or blank with what they may be.

    A denial, a plan, a warning, a question and a hoax never give the thing they speak of, and an
    assembly never gives a threat. The reporter's name is in no field.
    """
    lexicon = lexicon_of(pack)
    if lexicon is None:
        raise AnoaError("the pack {pack} does not say how people write messages", pack=pack.id)
    reading = Telling(raw.text, lexicon)
    fields = dict.fromkeys(FIELDS, UNKNOWN)
    fields |= _not_elsewhere(reading, place_fields(reading))
    fields |= moment_fields(reading, fields["region"].value, raw, now)
    fields |= _threat(reading)
    fields |= _ratings(reading)
    fields["place_class"] = _place_class(reading)
    fields["polling_station"] = _station(reading)
    fields |= _counts(reading, fields)
    fields["obtained"] = _obtained(reading, raw.forwarded)
    fields["need_help"] = _help(reading)
    fields["kind"] = _kind(reading, fields)
    return MessageDraft(raw.text, raw.sent, raw.forwarded, fields)


# -- what happened --------------------------------------------------------------------------


def _threat(reading: Reading) -> dict[str, MessageField]:
    labelled = _labelled(reading, "what")
    if labelled is not None:
        return _with_object(reading, labelled)
    hits = [(hit, reading.standing(hit)) for hit in reading.hits("signs")]
    said = [hit for hit, standing in hits if standing is Standing.SAID]
    told = [hit for hit, standing in hits if standing is not Standing.DENIED]
    types = {hit.phrase.of for hit in said}
    if len(types) != 1:
        doubt = doubtful([hit.phrase.of for hit in told], *(reading.span(hit) for hit in told))
        return _with_objects(reading, doubt)
    spans = [reading.span(hit) for hit in said]
    found = _with_object(reading, sure(types.pop(), *spans))
    people = {hit.phrase.at_risk for hit in said if hit.phrase.at_risk}
    if len(people) == 1 and found["at_risk"].value is None:
        found["at_risk"] = sure(people.pop(), *spans)
    elif people:
        found["at_risk"] = doubtful(sorted(people), *spans)
    return found


def _with_object(reading: Reading, threat: MessageField) -> dict[str, MessageField]:
    """The type with what it is against: as a labelled line says, else as the pack's type does."""
    spec = reading.lexicon.pack.threat_types[threat.value or ""]
    found = {"threat_type": threat, "object": sure(spec.object, *threat.spans), "at_risk": UNKNOWN}
    return found | _against(reading)


def _with_objects(reading: Reading, threat: MessageField) -> dict[str, MessageField]:
    """A type in doubt with what its candidates are against, in doubt as it is."""
    types = reading.lexicon.pack.threat_types
    objects = doubtful([types[one].object for one in threat.candidates], *threat.spans)
    return {"threat_type": threat, "object": objects} | _against(reading)


def _against(reading: Reading) -> dict[str, MessageField]:
    """What and who is at risk, as a labelled line says it word by word."""
    found: dict[str, MessageField] = {}
    for text, span in reading.labelled("at_risk"):
        thing, _, people = text.partition("(")
        of, whom = (reading.lexicon.texts[name].get(words_of(words))
                    for name, words in (("object", thing), ("at_risk", people)))  # fmt: skip
        if of:
            found["object"] = sure(of, span)
        if whom:
            found["at_risk"] = sure(whom, span)
    return found


def _labelled(reading: Reading, name: str) -> MessageField | None:
    """The value of a labelled line that says one of the pack's own names, word by word."""
    found = [
        (value, span)
        for text, span in reading.labelled(name)
        if (value := reading.lexicon.texts[name].get(words_of(text)))
    ]
    if len({value for value, _ in found}) != 1:
        return None
    return sure(found[0][0], *(span for _, span in found))


def _counts(reading: Telling, fields: dict[str, MessageField]) -> dict[str, MessageField]:
    """Numbers that are stated; none is made of a denial, and none of a date, time or station."""
    names = ("observed_date", "observed_time", "polling_station")
    taken = [span for name in names for span in fields[name].spans]
    found: dict[str, list[Hit]] = {}
    for hit in reading.said("counts", Standing.ASSEMBLY):
        found.setdefault(hit.phrase.of, []).append(hit)
    counted = {}
    for name in COUNTED:
        hits = [hit for hit in found.get(name, ()) if _counts_something(reading, hit, taken)]
        numbers = [str(hit.number) for hit in hits]
        spans = [reading.span(hit) for hit in hits]
        firm = all(reading.counts_for_event(hit, name == "damaged") for hit in hits)
        one = firm and len(set(numbers)) == 1 and _is_one(hits)
        counted[name] = sure(numbers[0], *spans) if one else doubtful(numbers, *spans)
    return counted


def _counts_something(reading: Reading, hit: Hit, taken: list[Span]) -> bool:
    """Whether a hit's number is a number of something, and not the name of a place or a date."""
    if hit.number is None:
        return False
    place = next(
        p for p in hit.places if reading.numbers.number(reading.tokens[p].word) == hit.number
    )
    token = reading.tokens[place]
    if any(a <= token.start < b for a, b in taken) or (token.word[0] == "0" and hit.number):
        return False
    names = reading.lexicon.names("reference_words") | reading.lexicon.names("station_words")
    return not (place and (reading.tokens[place - 1].word,) in names)


def _is_one(hits: list[Hit]) -> bool:
    """Whether the hits share words, so that they tell one number and not two equal ones."""
    return all(set(hit.places) & set(hits[0].places) for hit in hits)


def _ratings(reading: Reading) -> dict[str, MessageField]:
    found = [
        (match, span)
        for text, span in reading.labelled("source")
        if (match := _RATING.fullmatch(text))
    ]
    if len({(match[1].upper(), match[2]) for match, _ in found}) != 1:
        return {}
    match, span = found[0]
    return {"reliability": sure(match[1].upper(), span), "credibility": sure(match[2], span)}


# -- where, how -----------------------------------------------------------------------------


def _not_elsewhere(reading: Telling, fields: dict[str, MessageField]) -> dict[str, MessageField]:
    """The places, in doubt where all that names one tells that nothing happened there."""
    starts = {token.start: at for at, token in enumerate(reading.tokens)}
    return {
        name: doubtful([one.value], *one.spans)
        if one.value and all(reading.is_elsewhere(starts[a]) for a, _ in one.spans if a in starts)
        else one
        for name, one in fields.items()
    }


def _place_class(reading: Telling) -> MessageField:
    """The class of place, where all that the message names is of one class and it was there."""
    labelled = _labelled(reading, "place_class")
    if labelled is not None:
        return labelled
    hits = _outermost(reading.hits("places"))
    signs = {place for hit in reading.said("signs") for place in hit.places}
    there = [
        hit for hit in hits
        if reading.standing(hit) is Standing.SAID and reading.is_place_of_event(hit.first)
        and (_is_there(reading, hit.first) or signs & set(hit.places)
             or reading.label_at(hit.first) == "place")
    ]  # fmt: skip
    spans = [reading.span(hit) for hit in hits]
    if there and len({hit.phrase.of for hit in hits}) == 1:
        return sure(there[0].phrase.of, *spans)
    return doubtful([hit.phrase.of for hit in hits], *spans)


def _outermost(hits: list[Hit]) -> list[Hit]:
    """The hits without those that lie wholly within a longer one."""
    return [
        hit
        for hit in hits
        if not any(
            other.first <= hit.first
            and hit.last <= other.last
            and len(hit.places) < len(other.places)
            for other in hits
        )
    ]


def _is_there(reading: Telling, place: int) -> bool:
    """Whether a word for being at a place stands before, and nothing of anybody between."""
    names = reading.lexicon.names("at_words")
    sentence = reading.tokens[place].sentence
    for at in range(place - 1, max(-1, place - 1 - NEAR), -1):
        if reading.tokens[at].sentence != sentence:
            return False
        if (reading.tokens[at].word,) in names:
            return True
        if at not in reading.passing:
            return False
    return False


def _station(reading: Telling) -> MessageField:
    """The number of the one polling station that is named."""
    names = reading.lexicon.names("station_words")
    numbers, spans, several = [], [], False
    for place, token in enumerate(reading.tokens):
        length = reading.starts(place, names)
        after = place + length
        if not length or after >= len(reading.tokens):
            continue
        if reading.starts(after, reading.lexicon.names("reference_words")):
            after += 1
        number = reading.tokens[after] if after < len(reading.tokens) else token
        gap = reading.text[reading.tokens[after - 1].end : number.start]
        if number.word.isdecimal() and len(number.word) <= 3 and not gap.strip(" .-") and (
            len(gap) <= 2 and "\n" not in gap
        ):  # fmt: skip
            numbers.append(str(int(number.word)))
            spans.append((token.start, number.end))
            several = several or bool(_MORE.match(reading.text[number.end :]))
            several = several or reading.is_elsewhere(place)
    if len(set(numbers)) == 1 and not several:
        return sure(numbers[0], *spans)
    return doubtful(numbers, *spans)


def _obtained(reading: Reading, forwarded: bool) -> MessageField:
    labelled = _labelled(reading, "obtained")
    if labelled is not None:
        return labelled
    hits = list(reading.hits("obtained"))
    found = [hit.phrase.of for hit in hits] + (["received"] if forwarded else [])
    spans = [reading.span(hit) for hit in hits]
    if any(reading.standing(hit) is Standing.DENIED for hit in hits):
        return doubtful(found, *spans)
    return sure(found[0], *spans) if len(set(found)) == 1 else doubtful(found, *spans)


# -- what it is -----------------------------------------------------------------------------


def _help(reading: Reading) -> MessageField:
    spans = [reading.span(hit) for hit in reading.said("help_phrases", Standing.ASSEMBLY)]
    return sure("yes", *spans) if spans else UNKNOWN


def _kind(reading: Telling, fields: dict[str, MessageField]) -> MessageField:
    """A report of a threat, a routine one of which every word is routine, or not known."""
    if fields["threat_type"].value:
        return sure(REPORT, *fields["threat_type"].spans)
    nothing = list(reading.said("nothing_phrases", Standing.ASSEMBLY))
    if not nothing or list(_contrary(reading, fields)):
        return UNKNOWN
    spans = [reading.span(hit) for hit in nothing]
    if reading.content or reading.is_crowded:
        return doubtful([ROUTINE], *spans)
    return sure(ROUTINE, *spans)


def _contrary(reading: Reading, fields: dict[str, MessageField]) -> Iterator[object]:
    """Whatever speaks against a message that has nothing to tell."""
    for name in ("injured", "dead", "damaged", "need_help", "threat_type"):
        if fields[name].value or fields[name].candidates:
            yield name
    yield from reading.hits("contrary_words")
    if reading.is_refuting:
        yield "refuted"
    for name in ("trouble_phrases", "signs", "help_phrases"):
        for hit in reading.hits(name):
            if reading.standing(hit) is not Standing.DENIED:
                yield hit


__all__ = ["REPORT", "ROUTINE", "Lexicon", "parse_messages", "read_message"]
