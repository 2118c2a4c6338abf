"""The CSV tables of pack format 1."""

from __future__ import annotations

from anoa.pack.areas import WORDS as AREA_WORDS
from anoa.pack.schema import Field, Holds, Record, Table

SOURCE = Field("source", "where it is published", "id", refers=("source",))
SOURCES = Field(
    "source", "where it is published; several joined by ;", "id", holds=Holds.LIST,
    refers=("source",),
)  # fmt: skip
KNOWN_AT = Field("known_at", "the day it was public", "date")
NOTE = Field("note", "a remark", required=False)
NAME = Field("name", "the proper name of the place")
NAMES = Field("name", "the name in each language", holds=Holds.TEXTS)


def point(required: bool) -> tuple[Field, Field]:
    """The two fields of a place on the map."""
    return (
        Field("lat", "degrees north of a point inside", "latitude", required=required),
        Field("lon", "degrees east of a point inside", "longitude", required=required),
    )


def _table(
    file: str,
    about: str,
    *fields: Field,
    required: bool = True,
    unique: tuple[str, ...] = (),
) -> Table:
    return Table(file, about, Record(fields), required, unique)


CLASSES = ("threat", "service", "procedure", "contest", "mixed")
PUBLISHED: tuple[Table, ...] = (
    _table(
        "published_editions.csv",
        "Editions of indices that others published, each with its own scale.",
        Field("id", "the edition's id", "id", key="published_edition"),
        Field("scheme", "the index it is an edition of; schemes/ID.csv, where there is one, names "
              "its dimensions", "id"),
        Field("publisher", "who published it"),
        NAMES,
        Field("class", "the class of fact; mixed: a total of several, which no ladder reads", "id",
              choices=CLASSES),
        Field("low", "the foot of its scale; blank: not published", "number", required=False),
        Field("high", "the top of its scale", "number", required=False),
        Field("categories", "its categories, least vulnerable first, as ID or ID:FROM; labels of "
              "pack.yaml name them", "band", required=False, holds=Holds.LIST),
        Field("unit", "the unit of its values: score, class, rank, polling_stations or another",
              "id"),
        Field("levels", "the levels of regions it speaks of", "id", holds=Holds.LIST),
        Field("scope", "which election it was made for", holds=Holds.TEXTS),
        Field("as_of", "the day up to which its facts were collected, or a late bound", "date"),
        KNOWN_AT, SOURCES,
        Field("note", "what a reader must know of it", required=False, holds=Holds.TEXTS),
        required=False,
    ),
    _table(
        "published_scores.csv",
        "What published editions say of regions. Several rows of different sources for one "
        "edition, region and dimension stay side by side.",
        Field("edition", "the edition", "id", refers=("published_edition",)),
        Field("region", "the region", "id", refers=("region",)),
        Field("dimension", "a code of its scheme; blank: the total", "id", required=False),
        Field("value", "on the edition's scale; blank: unknown", "number", required=False),
        Field("category", "one of its categories; blank: unknown", "id", required=False),
        Field("rank", "its place as published, 1 the most vulnerable; blank: unknown", "count",
              required=False),
        SOURCE, KNOWN_AT,
        Field("note", "what a reader must know of this row", required=False, holds=Holds.TEXTS),
        required=False,
    ),
)  # fmt: skip
SCHEMES = "schemes/"
SCHEME = _table(
    SCHEMES + "ID.csv",
    "A scheme of indicators without data, one file for each scheme; the file's name is its id. "
    "The row with a blank parent is the index itself and has the scheme's id as its code.",
    Field("code", "the code of the index, dimension or indicator", "id", names="scheme_code"),
    Field("parent", "the code above it; blank: the index itself", "id", required=False),
    Field("level", "1: an indicator; a parent has a higher level", "count"),
    NAMES,
    Field("weight", "its share within its parent; blank: not published", "amount", required=False),
    Field("direction", "1: a higher figure means more vulnerable; -1: less", "direction"),
    Field("class", "the class of fact, this pack's judgement; mixed: of several", "id",
          choices=CLASSES),
    SOURCES,
    required=False,
    unique=("code",),
)  # fmt: skip

TABLES: tuple[Table, ...] = (
    _table(
        "sources.csv", "Where every figure comes from.",
        Field("id", "the source's id", "id", key="source"),
        Field("publisher", "who published it"),
        Field("date", "the day of publication", "date", required=False),
        Field("url", "its address; blank where it would name a person or party, and the note "
              "says so", "url", required=False),
        NOTE,
    ),
    _table(
        "regions.csv", "The civil regions as a tree; the root has a blank parent.",
        Field("code", "the official code", "id", key="region"),
        NAME,
        Field("level", "province, regency, city or what the country calls it", "id"),
        Field("parent", "the region it lies in", "id", required=False, refers=("region",)),
        *point(required=True),
        Field("time_zone", "IANA name; blank: the pack's", "zone", required=False),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "sub_districts.csv", "The parts of the regions, with their polling stations.",
        Field("code", "the official code", "id", key="sub_district"),
        NAME,
        Field("region", "the region it lies in", "id", refers=("region",)),
        *point(required=False),
        Field("polling_stations", "how many there are", "count", required=False),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "villages.csv", "The villages of the sub-districts.",
        Field("code", "the official code", "id", key="village"),
        NAME,
        Field("sub_district", "the sub-district it lies in", "id", refers=("sub_district",)),
        Field("kind", "what the country calls it", "id"),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "figures.csv",
        "Figures of regions and sub-districts. Several rows for one region, figure and period "
        "come from different sources; where they differ the difference is shown.",
        Field("region", "a region or sub-district", "id", refers=("region", "sub_district")),
        Field("figure", "the figure's name", "figure", names="figure"),
        Field("period", "what time it speaks of", "period"),
        Field("value", "the figure; blank: unknown", "amount", required=False),
        Field("unit", "its unit"),
        SOURCE, KNOWN_AT, NOTE,
        unique=("region", "figure", "period", "source"),
    ),
    _table(
        "totals.csv",
        "Published totals, and what must add up to them; a difference is a discrepancy, not a "
        "problem.",
        Field("region", "the region of the total", "id", refers=("region",)),
        Field("figure", "the figure's name", "figure"),
        Field("period", "what time it speaks of", "period"),
        Field("value", "the published total", "amount"),
        SOURCE, KNOWN_AT,
        Field("parts", "what must add up to it", "parts"),
        NOTE,
        Field("unit", "only this unit's part of the region; the table may lack the column", "id",
              required=False, refers=("agency",), later=True),
        unique=("region", "figure", "period", "source", "parts", "unit"),
    ),
    _table(
        "agencies.csv", "The institutions of the operation.",
        Field("id", "the institution's id", "id", key="agency"),
        NAMES,
        Field("short", "its short name"),
        Field("kind", "police, military, commission, supervisor, government, prosecution, "
              "parliament, forum, leader, observer or another", "id", names="agency_kind"),
        Field("chain", "its chain of command: institutions of one chain count as one", "id"),
        Field("regions", "the regions it answers for; * for all", "id", required=False,
              holds=Holds.LIST, refers=("region",), wildcard=True),
        Field("parent", "the institution above it", "id", required=False, refers=("agency",)),
        Field("sees", "how far it may look", "id", choices=("institutions", "public")),
        SOURCES,
    ),
    _table(
        "police_areas.csv",
        "Which part of a region an institution answers for, where its area does not follow the "
        "regions.",
        Field("unit", "the institution", "id", refers=("agency",)),
        Field("region", "the region", "id", refers=("region",)),
        Field("sub_districts", "its sub-districts there: codes; * for all; rest for what no other "
              "unit names; ? for some more, not known which; blank: not known which. The table "
              "may lack the column", "id", required=False, holds=Holds.LIST,
              refers=("sub_district",), wildcard=True, stand_ins=AREA_WORDS, later=True),
        Field("part", "which part of it, in words"),
        Field("basis", "what that rests on"),
        SOURCES,
        Field("known_at", "the day it was public; blank: the day of its latest source. The table "
              "may lack the column", "date", required=False, later=True),
        required=False,
    ),
    _table(
        "contests.csv", "The contests of the election; how many stood, and nothing about them.",
        Field("id", "the contest's id", "id", key="contest"),
        Field("office", "governor, regent, mayor or another", "id"),
        Field("region", "the region it is held in", "id", refers=("region",)),
        Field("entrants", "how many entered; blank: not known", "count", required=False),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "stages.csv", "The stages of the election; one wholly outside the operation is a problem.",
        Field("id", "the stage's id", "id", key="stage"),
        NAMES,
        Field("starts", "first day; blank: not published", "date", required=False),
        Field("ends", "last day; blank: not published", "date", required=False),
        Field("basis", "the rule or report that says so", required=False),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "indicators.csv", "What the indices are computed from.",
        Field("code", "the indicator's code", "id", key="indicator"),
        Field("parent", "the index it belongs to", "id", refers=("index",)),
        Field("level", "1: an indicator", "count"),
        NAMES,
        Field("weight", "its share within its parent, in any scale", "number"),
        Field("direction", "1: a higher figure means a higher score; -1: a lower one", "direction"),
        Field("class", "the class of fact", "id",
              choices=("threat", "service", "procedure", "contest")),
        Field("unit", "the unit of its values"),
        Field("from", "figure:NAME (the newest known by the edition's day) or history:TYPE;TYPE "
              "(how many incidents of these types are known by that day; none found is unknown, "
              "not zero)", "origin"),
        Field("low", "fixed goalpost of the lowest score, in the indicator's own unit", "number"),
        Field("high", "fixed goalpost of the highest score", "number"),
        Field("transform", "how a value is stretched before scoring", "id",
              choices=("none", "log1p")),
        SOURCES,
    ),
    _table(
        "incidents.csv",
        "What happened before: no description, and no place below the regency or city.",
        Field("id", "the incident's id", "id", key="past_incident"),
        Field("date", "the day; its precision says how exact", "date"),
        Field("precision", "what the date is", "id",
              choices=("day", "month", "reported", "planned")),
        Field("region", "a region, never below it", "id", refers=("region",)),
        Field("place_class", "the class of place", "id", refers=("place_class",)),
        Field("type", "the type of incident", "id", refers=("history_type",)),
        Field("measure", "how large, in figures and single words (3 stations; windows broken); in "
              "every language or in none", required=False, holds=Holds.TEXTS, later=True),
        Field("scale", "of earlier packs: the measure in one language", required=False,
              former=True),
        Field("outlet", "who reported it"),
        Field("source_date", "the day of the report", "date", required=False),
        SOURCES, KNOWN_AT,
    ),
    _table(
        "history_types.csv", "The types of past incidents.",
        Field("id", "the type's id", "id", key="history_type"),
        NAMES,
        Field("class", "the class of fact it counts for", "id",
              choices=("threat", "service", "procedure", "contest")),
    ),
    *PUBLISHED,
)  # fmt: skip
