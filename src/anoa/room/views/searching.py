"""The page on which one searches: ids, places, types, and words that institutions wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from anoa.columns import Wanted, find
from anoa.coordination.values import Item, thing_of
from anoa.room import access, places
from anoa.room.queries import Some, places_under
from anoa.room.search import Hits, Reader
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page
from anoa.searching import Question, codes_of, texts, tokens
from anoa.situation import is_under

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
    (reports, some), (incidents, more) = (_coded(desk, reader, question, hits, thing)
                                          for thing in ("report", "incident"))  # fmt: skip
    written = {thing: found for thing in KINDS if (found := hits.of(thing))}
    here = {thing: _here(desk, found) for thing, found in written.items()}
    groups = [(words.THING_WORDS[thing], Some(tuple(_lines(desk, found[:SHOWN])), len(found)))
              for thing, found in here.items() if found]  # fmt: skip
    shown = sum(map(len, here.values())) + reports.count + incidents.count
    every = sum(map(len, written.values())) + some + more
    asked = {"q": question.text, "place": places.chosen_place(desk)}
    return {
        "question": question, "named": next(_lines(desk, (named,) if named else ()), None),
        "place": places.place_filter(desk, asked["place"], shown, every),
        "places": list(_places(desk, question)), "units": list(_units(desk, question)),
        "types": list(_types(desk, question)),
        "groups": groups, "reports": reports, "incidents": incidents, "capped": hits.more,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "nothing": not (named or shown),
    }  # fmt: skip


def _here(desk: Desk, found: tuple[Item, ...]) -> tuple[Item, ...]:
    """Those in the place that was chosen; a remark or proposal is where its thing is."""
    chosen = places.chosen_place(desk)
    return tuple(one for one in found
                 if not chosen or is_under(desk.pack, _placed(desk, one), chosen))  # fmt: skip


def _placed(desk: Desk, item: Any) -> Any:
    about = getattr(item, "about", "")
    return desk.picture.find(thing_of(about) or "", about) or item if about else item


def _coded(
    desk: Desk, reader: Reader, question: Question, hits: Hits, thing: str
) -> tuple[Some, int]:
    """Reports or incidents here, by codes and by words, the newest first; how many everywhere."""
    if not question.terms:
        return Some((), 0), 0
    said, chosen = reader.said(question, thing, hits), places.chosen_place(desk)
    found = every = find(desk.picture, thing, Wanted(said=said))
    if chosen:
        under = {"place": places_under(desk.pack, chosen)}
        found = find(desk.picture, thing, Wanted(under, said=said))
    return Some(tuple(_lines(desk, found.page("newest", SHOWN).items)), len(found)), len(every)


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


def _units(desk: Desk, question: Question) -> Iterator[str]:
    """The units that all words name."""
    meant = _meant(desk, question, "owner")
    yield from [code for code in desk.pack.units if code in meant][:SHOWN]


def _types(desk: Desk, question: Question) -> Iterator[tuple[str, str]]:
    """The types that all words name, each with the list of its reports."""
    for code in sorted(_meant(desk, question, "threat_type")):
        if not desk.pack.threat_types[code].context:
            yield code, f"{reverse('reports')}?{urlencode({'threat_type': code})}"


def _meant(desk: Desk, question: Question, column: str) -> frozenset[str]:
    meant = [codes_of(desk.pack, term).get(column, frozenset()) for term in question.terms]
    return frozenset.intersection(*meant) if meant else frozenset()
