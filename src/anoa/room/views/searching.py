"""The page on which one searches: ids, places, types, and words that institutions wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from anoa.columns import Wanted, find
from anoa.coordination.values import Item
from anoa.room import access
from anoa.room.queries import Some
from anoa.room.search import Hits, Reader
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page
from anoa.searching import Question, codes_of, texts, tokens

Context = dict[str, Any]
SHOWN = 20  # of each kind
EXCERPT_CHARS = 200
KINDS = ("threat", "commitment", "task", "meeting", "proposal", "signal", "remark", "finding",
         "help", "station", "logistics", "assembly")  # fmt: skip


def reader_of(desk: Desk) -> Reader:
    """The reader of a page as one who searches."""
    agency = access.agency_of(desk.member)
    return Reader(desk.operation, desk.pack, desk.picture, agency, desk.sees)


@dataclass(frozen=True, slots=True)
class Line:
    """A thing that was found: what it is about, and the words that institutions wrote into it."""

    item: Item
    about: str
    state: str
    excerpt: str


@desk_page("search", "room/search.html")
def search(desk: Desk) -> Context:
    """What the words of the address are found in, as far as the reader sees it."""
    question, reader = Question.of(desk.request.GET.get("q", "")), reader_of(desk)
    hits, named = reader.hits(question), reader.named(question)
    reports, incidents = (_coded(desk, reader, question, hits, thing)
                          for thing in ("report", "incident"))  # fmt: skip
    groups = [(words.THING_WORDS[thing], Some(tuple(_lines(desk, found[:SHOWN])), len(found)))
              for thing in KINDS if (found := hits.of(thing))]  # fmt: skip
    named = reader.named(question)
    return {
        "question": question, "named": next(_lines(desk, (named,) if named else ()), None),
        "places": list(_places(desk, question)), "types": list(_types(desk, question)),
        "groups": groups, "reports": reports, "incidents": incidents, "capped": hits.more,
        "query": urlencode({"q": question.text}),
        "nothing": not (named or groups or reports.count or incidents.count),
    }  # fmt: skip


def _coded(desk: Desk, reader: Reader, question: Question, hits: Hits, thing: str) -> Some:
    """Reports or incidents, by their codes and by their words, the newest first."""
    if not question.terms:
        return Some((), 0)
    found = find(desk.picture, thing, Wanted(said=reader.said(question, thing, hits)))
    return Some(tuple(_lines(desk, found.page("newest", SHOWN).items)), len(found))


def _lines(desk: Desk, items: tuple[Item, ...]) -> Iterator[Line]:
    for item in items:
        said = " · ".join(texts(item))
        cut = said if len(said) <= EXCERPT_CHARS else said[:EXCERPT_CHARS].rstrip() + "…"
        about = _about(desk, item)
        state = str(getattr(item, "state", ""))
        known = state if state in words.STATE_WORDS or state in words.CHOICE_WORDS else ""
        yield Line(item, about, known, "" if said == about else cut)


def _about(desk: Desk, item: Any) -> str:
    """A thing in a few words; of a task what it asks for."""
    protocol = desk.pack.protocols.get(getattr(item, "protocol", ""))
    asked = [desk.text(one.text) for one in protocol.actions if one.id == item.action] \
        if protocol else []  # fmt: skip
    return " – ".join([*asked, desk.describe(item)])


def _places(desk: Desk, question: Question) -> Iterator[tuple[str, str]]:
    """The regions and sub-districts with all words in their own names, and the page to read."""
    own = {code: " ".join(tokens(f"{code} {desk.pack.place_name(code)}"))
           for code in sorted(_meant(desk, question, "place"))}  # fmt: skip
    for code in [code for code, said in own.items() if question.is_in(said)][:SHOWN]:
        if code in desk.pack.regions:
            yield code, reverse("region", args=[code])
        else:
            region = desk.pack.sub_districts[code].region
            asked = urlencode({"place": region, "sub_district": code})
            yield code, f"{reverse('reports')}?{asked}"


def _types(desk: Desk, question: Question) -> Iterator[tuple[str, str]]:
    """The types that all words name, each with the list of its reports."""
    for code in sorted(_meant(desk, question, "threat_type")):
        if not desk.pack.threat_types[code].context:
            yield code, f"{reverse('reports')}?{urlencode({'threat_type': code})}"


def _meant(desk: Desk, question: Question, column: str) -> frozenset[str]:
    meant = [codes_of(desk.pack, term).get(column, frozenset()) for term in question.terms]
    return frozenset.intersection(*meant) if meant else frozenset()
