"""Which reports an address asks for: a filter on every field, an order, and where in it one is.

The same address gives the list on the page and the files that one takes away.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.columns import ORDERS, Found, Said, Wanted, find
from anoa.coordination import VERBS
from anoa.coordination.values import Verdict
from anoa.oplog import Handling
from anoa.room import access, places, queries
from anoa.room.search import Reader
from anoa.room.views import words
from anoa.searching import Question

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

STATES = ("unanswered", "recorded", "acknowledged", *map(str, Verdict), "withdrawn")
FIELDS = ("state", "sub_district", "threat_type", "place_class", "reliability", "credibility",
          "obtained", "verdict", "owner", "handling")  # fmt: skip
COLUMN = {"sub_district": "place"}
PLACING = frozenset({"after", "before"})  # where in the list one is, which a file has no use for
KNOWN = frozenset({*FIELDS, "q", "place", "from", "to", "order", "tree", "at", "seq"})
LABELS: Mapping[str, Any] = {"state": _("State"), "verdict": _("Verdict"), "owner": _("Owner"),
                             "handling": _("Handling")}  # fmt: skip
ORDER_WORDS: Mapping[str, Any] = {
    "newest": _("newest first"), "oldest": _("oldest first"), "observed": _("last observed first"),
    "due": _("answer due soonest first"), "rating": _("best rated first"),
    "region": _("by place"),
}  # fmt: skip
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter as the page draws it."""

    name: str
    label: Any
    chosen: str
    options: Choices


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; what it asks wrongly is left out and named in ``ignored``."""

    wanted: Wanted
    order: str
    chosen: Mapping[str, str]
    place: str
    first_day: str
    last_day: str
    after: int | None
    before: int | None
    ignored: tuple[str, ...]
    text: str = ""
    capped: bool = False

    @property
    def query(self) -> str:
        """The filters as a query, without the place in the list: an address to be kept."""
        days = {"from": self.first_day, "to": self.last_day}
        order = {"order": self.order} if self.order != "newest" else {}
        asked = {"q": self.text, "place": self.place, **self.chosen, **days, **order}
        return urlencode({name: value for name, value in asked.items() if value})


def asked(desk: Desk, also: frozenset[str] = PLACING) -> Asked:
    """Read the address of a page of reports; ``also`` are names that it knows beside the filters.

    Whatever else stands in it narrows nothing, and is named: nobody takes all for some.
    """
    given = desk.request.GET
    chosen, ignored = {}, [name[:40] for name in given if name not in KNOWN | also]
    for name in FIELDS:
        value = given.get(name, "")
        known = {option for option, _text in options(desk, name)}
        chosen[name] = _known(value, known, ignored)
    order = _known(given.get("order", ""), ORDERS, ignored)
    first, last = (_day(given.get(name, ""), ignored) for name in ("from", "to"))
    place = _known(given.get(places.PLACE, ""), (places.chosen_place(desk),), ignored)
    question, said, capped = _said(desk, ignored)
    return Asked(
        Wanted(_words(desk, chosen, place), _times(desk, first, last),
               desk.at if chosen["state"] == "unanswered" else None, said),
        order or "newest", chosen, place,
        first.isoformat() if first else "", last.isoformat() if last else "",
        *(_cursor(given.get(name, ""), ignored) for name in ("after", "before")), tuple(ignored),
        question.text, capped,
    )  # fmt: skip


def _said(desk: Desk, ignored: list[str]) -> tuple[Question, Said | None, bool]:
    """What is searched for, what it means for reports, and whether texts were left unread."""
    question = Question.of(desk.request.GET.get("q", ""))
    if not question.text:
        return question, None, False
    ignored += question.left_out
    agency = access.agency_of(desk.member)
    reader = Reader(desk.operation, desk.pack, desk.picture, agency, desk.sees)
    hits = reader.hits(question)
    return question, reader.said(question, "report", hits), hits.more


def found(desk: Desk, wanted: Wanted) -> Found:
    """The reports that were asked for, as far as the reader may see them."""
    return find(desk.picture, "report", wanted)


def _words(desk: Desk, chosen: Mapping[str, str], place: str) -> dict[str, frozenset[str]]:
    found = {COLUMN.get(name, name): frozenset({value}) for name, value in chosen.items()
             if value and value != "unanswered"}  # fmt: skip
    if place:
        under = queries.places_under(desk.pack, place)
        found["place"] = found.get("place", under) & under
    return found


def _times(
    desk: Desk, first: date | None, last: date | None
) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Local days, both included, as a span of instants."""
    zone = desk.pack.zone()
    start = datetime.combine(first, time(), zone) if first else None
    end = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
    return {"filed_at": (start, end)} if start or end else {}


def _day(text: str, ignored: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1970 < day.year < 9000:
        ignored.append(text[:40])
        return None
    return day


def _cursor(text: str, ignored: list[str]) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    _known(text, (), ignored)
    return None


def _known(value: str, values: Container[str], ignored: list[str]) -> str:
    """A value that there is, or none; a strange one is named as left out."""
    if value and value not in values:
        ignored.append(value[:40])
        return ""
    return value


def options(desk: Desk, name: str) -> Choices:
    """What may be chosen in a filter: value and words."""
    pack = desk.pack
    match name:
        case "state":
            return [(one, words.state_words(one)) for one in STATES]
        case "verdict":
            return [(str(one), words.choice_words(name, one)) for one in Verdict]
        case "handling":
            return [(str(one), words.choice_words(name, one)) for one in Handling]
        case "owner":
            return [(one.id, one.short) for one in pack.agencies.values()]
        case "threat_type":
            return [(one.id, desk.text(one.name)) for one in pack.threat_types.values()
                    if not one.context]  # fmt: skip
        case "place_class":
            return [(ident, desk.text(texts)) for ident, texts in pack.place_classes.items()]
        case "sub_district":
            return [(one.code, f"{pack.place_name(one.region)} – {one.name}")
                    for one in sorted(pack.sub_districts.values(),
                                      key=lambda one: (one.region, one.name))]  # fmt: skip
        case _:
            spec = next(one for one in VERBS["report.file"].fields if one.name == name)
            return [(one, words.choice_words(name, one)) for one in spec.choices]


def choices(desk: Desk, chosen: Mapping[str, str]) -> list[Choice]:
    """Every filter with its label and what is chosen in it."""
    return [
        Choice(name, LABELS.get(name) or words.field_words("report.file", name), chosen[name],
               options(desk, name))
        for name in FIELDS
    ]  # fmt: skip


def told(asked: Asked) -> str:
    """What of the address could not be used, in a sentence; empty when all could."""
    if not asked.ignored:
        return ""
    return gettext("This filter is not known and was left out: {what}.").format(
        what=", ".join(asked.ignored)
    )
