"""Search: one table of words (``search_rows``), asked on SQLite (FTS5) or on PostgreSQL.

The database names candidates that the reader may see by the one rule. Each is then looked at as the
reader sees it at the page's moment, and stays only if the words stand in it: so a search tells
nothing that a page would not, now or in the past, and both databases find the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from anoa.columns import Said
from anoa.coordination.values import Item
from anoa.oplog import Handling
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import access
from anoa.room.models import Operation, SearchRow
from anoa.searching import EXACT_BELOW, Question, codes_of, document

AT_MOST = 500  # candidates that are looked at, the newest


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found by written words, by thing and newest first; ``more`` if there may be more."""

    by_thing: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    more: bool = False

    def of(self, thing: str) -> tuple[Item, ...]:
        """The things of one kind."""
        return self.by_thing.get(thing, ())


@dataclass(frozen=True, slots=True)
class Reader:
    """Who searches: ``picture`` is what that institution sees, ``agency`` None an outsider."""

    operation: Operation
    pack: Pack
    picture: Picture
    agency: str | None
    widest: Handling

    def hits(self, question: Question) -> Hits:
        """The things in whose words each word of the question stands."""
        if not question.terms:
            return Hits()
        rows = SearchRow.objects.filter(
            access.visible(self.agency, self.widest), operation=self.operation
        )
        found = list(_matching(rows, question).order_by("-pk").values_list("thing", "ident")
                     [:AT_MOST + 1])  # fmt: skip
        by_thing: dict[str, list[Item]] = {}
        for thing, ident in found[:AT_MOST]:
            item = self.picture.things[thing].get(ident)
            if item is not None and question.is_in(document(self.pack, item)):
                by_thing.setdefault(thing, []).append(item)
        kept = {thing: tuple(items) for thing, items in by_thing.items()}
        return Hits(kept, len(found) > AT_MOST)

    def said(self, question: Question, thing: str, hits: Hits | None = None) -> Said:
        """What the question means for reports or incidents: codes by column, and ids."""
        hits = self.hits(question) if hits is None else hits
        ids = {item.id for item in hits.of(thing)} | ({question.ident} if question.ident else set())
        groups = tuple(codes_of(self.pack, term) for term in question.terms)
        return Said(groups, frozenset(ids))

    def named(self, question: Question) -> Item | None:
        """The thing whose id was typed, if the reader sees it."""
        if question.ident is None:
            return None
        found = (items.get(question.ident) for items in self.picture.things.values())
        return next((one for one in found if one is not None), None)


def _matching(rows: QuerySet[SearchRow], question: Question) -> QuerySet[Any]:
    """The rows in which each word begins a word; what is asked for holds letters and digits."""
    if connection.vendor == "sqlite":
        asked = " ".join(f'"{term}"{_end(term, " *")}' for term in question.terms)
        sql = "SELECT rowid FROM room_searchtext WHERE room_searchtext MATCH %s"
        return rows.filter(pk__in=RawSQL(sql, [asked]))  # noqa: S611 - the words are a parameter
    asked = " & ".join(f"'{term}'{_end(term, ':*')}" for term in question.terms)
    where = "array_to_tsvector(string_to_array(text, ' ')) @@ %s::tsquery"
    return rows.extra(where=[where], params=[asked])  # noqa: S610 - as above


def _end(term: str, sign: str) -> str:
    return "" if len(term) < EXACT_BELOW else sign
