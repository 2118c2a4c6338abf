"""Which reports or incidents an address asks for: a filter on every field, an order, and a place.

The same address gives the list on the page and the files that one takes away; programs ask by the
same names (``api.reading``). What an address asks wrongly narrows nothing and is named, so that
nobody takes all for some.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.columns import ORDERS, Found, Said, Wanted, find
from anoa.coordination import VERBS
from anoa.coordination.reporting import REPORT_STATES
from anoa.coordination.values import Verdict
from anoa.oplog import Handling
from anoa.pack import Pack
from anoa.room import access, queries
from anoa.room.search import Reader
from anoa.room.views import words
from anoa.searching import Question

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

YES, NO = "yes", "no"
PLACING = frozenset({"after", "before"})  # where in the list one is, which a file has no use for
LABELS: Mapping[str, Any] = {
    "state": _("State"), "verdict": _("Verdict"), "owner": _("Owner"), "handling": _("Handling"),
    "tied": _("Tied to an incident"), "acknowledged_by": _("Acknowledged by"),
    "judged_by": _("Judged by"), "verified_chain": _("Verified by the chain of command"),
}  # fmt: skip
DAY_LABELS: Mapping[str, tuple[Any, Any]] = {
    "filed_at": (_("Filed from"), _("Filed until")),
    "opened_at": (_("Opened from"), _("Opened until")),
    "observed_at": (_("Observed from"), _("Observed until")),
    "verified_at": (_("Verified from"), _("Verified until")),
}
ORDER_WORDS: Mapping[str, Any] = {
    "newest": _("newest first"), "oldest": _("oldest first"), "observed": _("last observed first"),
    "due": _("answer due soonest first"), "urgent": _("what concerns people first"),
    "rating": _("best rated first"),
    "region": _("by place"),
}  # fmt: skip
COLUMN = {"sub_district": "place"}
Choices = list[tuple[str, Any]]


class HasIgnored(Protocol):
    """What was read of an address, some of which may have been left out."""

    @property
    def ignored(self) -> tuple[str, ...]: ...


Days = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that is listed: its page, its filters, its days (by beginning of name).

    ``fields`` are drawn on the page; ``region`` is asked for beside them by programs.
    """

    thing: str
    page: str
    states: tuple[str, ...]
    fields: tuple[str, ...]
    days: Mapping[str, str]
    orders: tuple[str, ...]

    @property
    def spans(self) -> Iterator[tuple[str, str, str]]:
        """The names of each first and last day, and the column that they are of."""
        return ((f"{name}from", f"{name}to", column) for name, column in self.days.items())

    @property
    def names(self) -> frozenset[str]:
        """What an address may hold of filters."""
        days = (name for first, last, _column in self.spans for name in (first, last))
        return frozenset({*self.fields, "region", "place", "q", *days})


REPORTS = Kind(
    "report", "reports", ("unanswered", *REPORT_STATES),
    ("state", "sub_district", "threat_type", "place_class", "object", "at_risk", "reliability",
     "credibility", "obtained", "verdict", "owner", "handling", "tied", "acknowledged_by",
     "judged_by"),
    {"": "filed_at", "observed_": "observed_at"}, tuple(ORDERS),
)  # fmt: skip
INCIDENTS = Kind(
    "incident", "incidents", ("recorded", "verified", "merged", "withdrawn"),
    ("state", "sub_district", "threat_type", "place_class", "owner", "handling",
     "verified_chain"),
    {"": "opened_at", "observed_": "observed_at", "verified_": "verified_at"},
    ("newest", "oldest", "observed", "region"),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {one.thing: one for one in (REPORTS, INCIDENTS)}


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter as the page draws it."""

    name: str
    label: Any
    chosen: str
    options: Choices


@dataclass(frozen=True, slots=True)
class Span:
    """A filter by days as the page draws it."""

    first: str
    last: str
    labels: tuple[Any, Any]
    chosen: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; what it asks wrongly is left out and named in ``ignored``."""

    wanted: Wanted
    order: str
    chosen: Mapping[str, str]
    place: str
    days: Mapping[str, str]
    after: int | None
    before: int | None
    ignored: tuple[str, ...]
    text: str = ""
    capped: bool = False

    @property
    def query(self) -> str:
        """The filters as a query, without the place in the list: an address to be kept."""
        order = {"order": self.order} if self.order != "newest" else {}
        asked = {"q": self.text, "place": self.place, **self.chosen, **self.days, **order}
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True)
class Address:
    """What was given, and what of it could not be used."""

    given: Mapping[str, str]
    ignored: list[str]

    def known(self, name: str, values: Container[str]) -> str:
        """A value that there is, or none; a strange one is named as left out."""
        value = self.given.get(name, "")
        if value and value not in values:
            self.ignored.append(value[:40])
            return ""
        return value

    def day(self, name: str) -> date | None:
        """A day."""
        text = self.given.get(name, "")
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or not 1970 < day.year < 9000:
            self.known(name, ())
            return None
        return day

    def cursor(self, name: str) -> int | None:
        """A place in the list."""
        text = self.given.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        self.known(name, ())
        return None


def asked(desk: Desk, kind: Kind, also: frozenset[str] = PLACING) -> Asked:
    """Read the address of a page; ``also`` are names that it knows beside the filters."""
    given = {name: str(value) for name, value in desk.request.GET.items()}
    known = also | {"order", "tree", "at", "seq"}
    reader = Reader(
        desk.operation, desk.pack, desk.picture, access.agency_of(desk.member), desk.sees
    )
    return read(kind, given, reader, desk.at, known)


def read(
    kind: Kind, given: Mapping[str, str], reader: Reader, at: datetime,
    also: frozenset[str] = frozenset(),
) -> Asked:  # fmt: skip
    """What these names and values ask for, at that moment and by that reader's eyes."""
    pack = reader.pack
    address = Address(given, [name[:40] for name in given if name not in kind.names | also])
    chosen = {name: address.known(name, values(pack, kind, name))
              for name in (*kind.fields, "region")}  # fmt: skip
    place = address.known("place", {**pack.regions, **pack.units})
    spans = {column: (address.day(first), address.day(last)) for first, last, column in kind.spans}
    order = address.known("order", kind.orders)
    question, said, capped = _said(kind, reader, address)
    wanted = Wanted(
        _words(pack, chosen, place),
        {column: instants(pack, days) for column, days in spans.items() if any(days)},
        at if chosen["state"] == "unanswered" else None, said,
        chosen["tied"] == YES if chosen.get("tied") else None,
    )  # fmt: skip
    days = {name: day.isoformat() for first, last, column in kind.spans
            for name, day in zip((first, last), spans[column], strict=True) if day}  # fmt: skip
    return Asked(
        wanted, order or "newest", chosen, place, days, address.cursor("after"),
        address.cursor("before"), tuple(address.ignored), question.text, capped,
    )  # fmt: skip


def _said(kind: Kind, reader: Reader, address: Address) -> tuple[Question, Said | None, bool]:
    """What is searched for, what it means for things, and whether texts were left unread."""
    question = Question.of(address.given.get("q", ""))
    if not question.text:
        return question, None, False
    address.ignored.extend(question.left_out)
    hits = reader.hits(question)
    return question, reader.said(question, kind.thing, hits), hits.more


def found(desk: Desk, kind: Kind, wanted: Wanted) -> Found:
    """The things that were asked for, as far as the reader may see them."""
    return find(desk.picture, kind.thing, wanted)


def _words(pack: Pack, chosen: Mapping[str, str], place: str) -> dict[str, frozenset[str]]:
    found = {COLUMN.get(name, name): frozenset({value}) for name, value in chosen.items()
             if value and value != "unanswered" and name != "tied"}  # fmt: skip
    if place:
        under = queries.places_under(pack, place)
        found["place"] = found.get("place", under) & under
    return found


def instants(pack: Pack, days: Days) -> tuple[datetime | None, datetime | None]:
    """Local days, both included, as a span of instants."""
    zone, (first, last) = pack.zone(), days
    return (
        datetime.combine(first, time(), zone) if first else None,
        datetime.combine(last + timedelta(days=1), time(), zone) if last else None,
    )


def fixed(kind: Kind, name: str) -> tuple[str, ...]:
    """The values of a filter that are the same in every pack; none for one that a pack names."""
    match name:
        case "state":
            return kind.states
        case "verdict":
            return tuple(map(str, Verdict))
        case "handling":
            return tuple(map(str, Handling))
        case "tied":
            return YES, NO
    spec = next((one for one in VERBS["report.file"].fields if one.name == name), None)
    return tuple(spec.choices) if spec else ()


def values(pack: Pack, kind: Kind, name: str) -> Container[str]:
    """What may be chosen in a filter."""
    match name:
        case "owner" | "acknowledged_by" | "judged_by":
            return pack.agencies
        case "threat_type":
            return {one.id for one in pack.threat_types.values() if not one.context}
        case "place_class":
            return pack.place_classes
        case "sub_district":
            return pack.sub_districts
        case "region":
            return pack.regions
        case "verified_chain":
            return {one.chain for one in pack.agencies.values()}
    return fixed(kind, name)


def options(desk: Desk, kind: Kind, name: str) -> Choices:
    """What may be chosen in a filter: value and words."""
    pack = desk.pack
    match name:
        case "owner" | "acknowledged_by" | "judged_by":
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
        case "verified_chain":
            return [(one, one) for one in sorted({a.chain for a in pack.agencies.values()})]
        case "state":
            return [(one, words.state_words(one)) for one in kind.states]
        case "tied":
            return [(YES, _("yes")), (NO, _("no"))]
    return [(one, words.choice_words(name, one)) for one in fixed(kind, name)]


def choices(desk: Desk, kind: Kind, chosen: Mapping[str, str]) -> list[Choice]:
    """Every filter with its label and what is chosen in it."""
    return [
        Choice(name, LABELS.get(name) or words.field_words("report.file", name), chosen[name],
               options(desk, kind, name))
        for name in kind.fields
    ]  # fmt: skip


def spans(kind: Kind, asked: Asked) -> list[Span]:
    """The filters by days."""
    return [
        Span(first, last, DAY_LABELS[column],
             (asked.days.get(first, ""), asked.days.get(last, "")))
        for first, last, column in kind.spans
    ]  # fmt: skip


def told(asked: HasIgnored) -> str:
    """What of the address could not be used, in a sentence; empty when all could."""
    if not asked.ignored:
        return ""
    return gettext("This filter is not known and was left out: {what}.").format(
        what=", ".join(asked.ignored)
    )
