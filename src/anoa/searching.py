"""What of a thing can be searched, and whether the words of a question stand in it.

A thing is found by its id, by the names of its place, type, class of place and institution in every
language of the pack, and by the words that institutions wrote into it. Of words passed on to chosen
institutions nothing is searched. Reports and incidents without such words have no document: their
codes stand in columns (``anoa.columns``), and the names of codes are looked up here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from anoa.coordination.values import LETTERS, Item
from anoa.pack import Pack

TOKEN = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")  # codes of places stay whole
NAMED = re.compile(r"([A-Za-z])[-\s]?0*(\d{1,12})")
TOKEN_CHARS = 60
TERMS = 8  # more words of a question are left out
EXACT_BELOW = 2  # a word of so few letters must be there as it is
TEXTS: Mapping[str, tuple[str, ...]] = {
    "report": ("reason",), "incident": ("reason",), "threat": (), "task": ("proof", "reason"),
    "meeting": ("title", "place"), "proposal": ("reason",), "signal": ("reason",),
    "commitment": ("what", "proof", "explanation", "claim", "reason"), "remark": ("text",),
    "assembly": ("date",), "station": (), "logistics": (), "help": ("polling_station", "need"),
    "finding": ("form_number", "matter", "remedy"),
}  # fmt: skip
IN_COLUMNS = frozenset({"report", "incident"})
AGENCIES = ("owner", "debtor", "creditor")
COLUMNS = ("place", "threat_type", "place_class", "owner")
_NAMES: dict[str, Mapping[str, Mapping[str, frozenset[str]]]] = {}  # a process knows few packs


def tokens(text: str) -> list[str]:
    """The words of a text as they are compared: without case, accents and signs.

    >>> tokens("Élan: NORTH-3, 10.2")
    ['elan', 'north', '3', '10.2']
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return [found[:TOKEN_CHARS] for found in TOKEN.findall(letters)]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody searches for: words, the id it may be, and the words that are left out."""

    text: str
    terms: tuple[str, ...]
    ident: str | None
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Question:
        """Read what was typed.

        >>> Question.of(" r 12 ").ident, Question.of("North logistics").terms
        ('R-0012', ('north', 'logistics'))
        """
        text = " ".join(text.split())[:200]
        words = tuple(dict.fromkeys(tokens(text)))
        return cls(text, words[:TERMS], _ident(text), words[TERMS:])

    def is_in(self, document: str) -> bool:
        """Whether each word begins a word of the document."""
        there = f" {document} "
        return bool(self.terms) and all(
            (f" {term} " if len(term) < EXACT_BELOW else f" {term}") in there for term in self.terms
        )


def _ident(text: str) -> str | None:
    found = NAMED.fullmatch(text)
    if found and (letter := found[1].upper()) in LETTERS.values():
        return f"{letter}-{int(found[2]):04d}"
    return None


def texts(item: Item) -> Iterator[str]:
    """The words that institutions wrote into a thing."""
    named = thing_of_item(item)
    for name in TEXTS.get(named, ()):
        if value := getattr(item, name):
            yield str(value)
    for part in (*getattr(item, "lines", ()), *getattr(item, "moves", ())):
        if said := getattr(part, "text", "") or getattr(part, "reason", ""):
            yield said


def thing_of_item(item: Item) -> str:
    """Which thing it is, by its type; empty for one that is not searched."""
    return _KINDS.get(type(item).__name__, "")


_KINDS = {
    "Report": "report", "Incident": "incident", "Threat": "threat", "Task": "task",
    "Meeting": "meeting", "Proposal": "proposal", "SignalNote": "signal", "Remark": "remark",
    "Commitment": "commitment", "Assembly": "assembly", "Station": "station",
    "Materials": "logistics", "HelpCall": "help", "Finding": "finding",
}  # fmt: skip


def document(pack: Pack, item: Item) -> str:
    """The words by which a thing is found, each as it is compared; empty when columns have them."""
    thing = thing_of_item(item)
    written = list(texts(item))
    if not thing or (thing in IN_COLUMNS and not written):
        return ""
    words = tokens(" ".join([item.id, *written]))
    for name, code in _codes(item):
        words += sorted(names(pack)[name].get(code, ()))
    words += _action_words(pack, item)
    return " ".join(words)


def _codes(item: Any) -> Iterator[tuple[str, str]]:
    """The codes of a thing, each with the kind of names it has."""
    for name in ("sub_district", "region"):
        if code := getattr(item, name, None):
            yield "place", code
            break
    for name in ("threat_type", "place_class"):
        if code := getattr(item, name, None):
            yield name, code
    for name in AGENCIES:
        if code := getattr(item, name, None):
            yield "owner", code


def _action_words(pack: Pack, item: Any) -> list[str]:
    """What a task asks for, in the pack's words."""
    protocol = pack.protocols.get(getattr(item, "protocol", ""))
    if protocol is None:
        return []
    return [word for action in protocol.actions if action.id == item.action
            for text in action.text.values() for word in tokens(text)]  # fmt: skip


def names(pack: Pack) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """The words that name each code, by kind of code; a sub-district has its region's too."""
    if pack.digest not in _NAMES:
        _NAMES[pack.digest] = {
            "place": {code: _place_words(pack, code)
                      for code in (*pack.regions, *pack.sub_districts)},
            "threat_type": {one.id: _words(*one.name.values())
                            for one in pack.threat_types.values()},
            "place_class": {ident: _words(*said.values())
                            for ident, said in pack.place_classes.items()},
            "owner": {one.id: _words(one.short, *one.name.values())
                      for one in pack.agencies.values()},
        }  # fmt: skip
    return _NAMES[pack.digest]


def _words(*said: str) -> frozenset[str]:
    return frozenset(word for text in said for word in tokens(text))


def _place_words(pack: Pack, code: str) -> frozenset[str]:
    known = pack.sub_districts.get(code)
    above = [pack.place_name(known.region)] if known else []
    return _words(code, pack.place_name(code), *above)


def codes_of(pack: Pack, term: str) -> Mapping[str, frozenset[str]]:
    """The codes that a word may mean, by column; columns without any are left out."""
    found = {
        name: frozenset(code for code, words in names(pack)[name].items() if _names(words, term))
        for name in COLUMNS
    }
    return {name: codes for name, codes in found.items() if codes}


def _names(words: frozenset[str], term: str) -> bool:
    if len(term) < EXACT_BELOW:
        return term in words
    return any(word.startswith(term) for word in words)
