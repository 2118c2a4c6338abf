"""``messages.yaml``: how people of the country write in messages, and the values made of it.

Every word by which a pasted message is read, and by which one is written, stands in this file of
the pack; ``anoa.messages`` knows only how such words are put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anoa.pack.schema import Document, Field, Holds, Record, Row

LIST = Holds.LIST
AT_RISK = ("voters", "organisers", "contestants", "journalists", "officers")
COUNTED = ("injured", "dead", "damaged")
OBTAINED = ("seen", "told", "received", "document", "duty")
LABELLED = (
    "date", "time", "place", "place_class", "what", "at_risk", "source", "obtained", "station",
    "action", "situation",
)  # fmt: skip
PHRASE = (
    "words in order; `|` between words that may stand for one another, `*` for any letters, "
    "`<n>` for a number, `..` for up to three words between, of one clause and none of `gap_stops`"
)
LISTS: Mapping[str, str] = {
    "clock_words": "words before an hour of 24",
    "spoken_clock_words": "words before an hour that may be of 12",
    "half_words": "before an hour: half an hour before it",
    "vague_words": "after an hour: some minutes more or less, so that it is not read",
    "range_words": "between two times",
    "past_words": "before a part of the day: the one that has just passed",
    "now_words": "just now",
    "reference_words": "a date after such a word is not when something was seen",
    "abbreviations": "other words that end with a dot and end no sentence",
    "at_words": "words between which and a place nothing happened elsewhere: in, at, near",
    "weak_words": "words after which a place's name is no place of what happened",
    "origin_words": "words before the place that somebody comes from or goes to",
    "address_words": "a line that begins with such a word says who writes to whom",
    "station_words": "a polling station, before its number",
    "gap_stops": "words that `..` in a phrase never stands for: people, and words for telling",
    "deny_before": "words that deny what follows in the clause",
    "deny_after": "words that deny what stands right before them",
    "unreal_words": "a sentence with such a word tells of no fact: plans, ifs, warnings",
    "refuted_words": "a message with such a word says that a claim is false",
    "contrary_words": "a message with such a word is no mere routine report",
    "routine_words": "what a routine report may tell: a message with any other word is none; "
    + PHRASE,
    "passing_words": "words that tell nothing by themselves: and, of, already, we",
    "joining_words": "words that join two acts: and, then, after, because",
    "event_words": "words that mean what happened: event, incident, happened",
    "report_words": "a time beside such a word is when something was told, not when it was",
    "other_acts": "what is done before or after what happened: a time beside it is none of it; "
    + PHRASE,
    "act_words": "words that tell an act: a time beside two of them is of neither; " + PHRASE,
    "calm_words": "words by which a place is told to be calm; no routine report of themselves",
    "about_words": "before a number: it is not exact",
    "greeting_words": "words before a part of the day that make a greeting of it",
    "trouble_phrases": "phrases that keep a message from being a routine report; " + PHRASE,
    "nothing_phrases": "phrases by which a report says that there is nothing to tell; " + PHRASE,
    "help_phrases": "phrases that ask for help; " + PHRASE,
    "forwarded_words": "the mark of a forwarded message, alone on its line",
    "dropped_words": "what an export puts in place of pictures, deleted and system messages",
}


def _group(name: str, about: str, key: Field, words: str = "words") -> Field:
    fields = (key, Field("words", words, holds=LIST))
    return Field(name, about, required=False, holds=LIST, record=Record(fields))


def _phrases(name: str, about: str, *keys: Field) -> Field:
    fields = (*keys, Field("phrases", PHRASE, holds=LIST))
    return Field(name, about, required=False, holds=LIST, record=Record(fields))


MESSAGES = Document(
    "messages.yaml",
    "How people write in messages: the words by which pasted messages are read and texts to pass "
    "on are written. A word with a capital is no other than its small form.",
    Record((
        Field("date_order", "the order of a date in figures", "id", choices=("dmy", "mdy", "ymd")),
        _group("zones", "words for time zones", Field("zone", "IANA name", "zone")),
        _group("days", "words for the days of the week", Field("day", "the day", "day")),
        _group("months", "words for the months", Field("month", "1 to 12", "count")),
        _group("numbers", "words for numbers", Field("number", "the number", "count")),
        Field("day_parts", "parts of the day", required=False, holds=LIST, record=Record((
            Field("words", "its words", holds=LIST),
            Field("from", "the first hour that it may hold, 0 to 23", "count"),
            Field("to", "the last one", "count"),
        ))),
        _group("relative_days", "days told from the day of sending",
               Field("days_ago", "how many days before it", "count")),
        _group("levels", "words before the name of a place that say what it is",
               Field("level", "a level of regions.csv, `sub_district` or `village`", "id")),
        Field("aliases", "other names and short forms of places", required=False, holds=LIST,
              record=Record((
                  Field("words", "the names", holds=LIST),
                  Field("places", "regions or sub-districts", "id", holds=LIST,
                        refers=("region", "sub_district")),
              ))),
        _group("labels", "words before a colon at the beginning of a line",
               Field("field", "what follows them", "id", choices=LABELLED)),
        _phrases("signs", "what shows a type of threat beyond mistake",
                 Field("threat", "the type", "id", refers=("threat",)),
                 Field("at_risk", "whom such a phrase shows to be at risk", "id",
                       required=False, choices=AT_RISK)),
        _phrases("places", "what shows a class of place, after one of `at_words`",
                 Field("place_class", "the class", "id", refers=("place_class",))),
        _phrases("obtained", "what shows how something was learnt",
                 Field("id", "how it was learnt", "id", choices=OBTAINED)),
        _phrases("counts", "what tells a number",
                 Field("of", "of what", "id", choices=COUNTED)),
        Field("codes", "short messages of agreed words: one of them, the code of a place, then "
              "words for the choices of a form", required=False, holds=LIST, record=Record((
                  Field("form", "the form that they fill in", "id"),
                  Field("words", "the first word of such a message", holds=LIST),
                  Field("answers", "more words for choices than the form's own", required=False,
                        holds=LIST, record=Record((
                            Field("value", "the id of the choice", "id"),
                            Field("words", "its words", holds=LIST),
                        ))),
              ))),
        *(Field(name, about, required=False, holds=LIST) for name, about in LISTS.items()),
        Field("spoken", "the words of texts to pass on: `label_` and a label, `handling_`, "
              "`object_`, `at_risk_`, `obtained_`, `state_`, `day_`, `month_` and a value; what is "
              "missing is English", required=False, holds=Holds.MAP),
    )),
    required=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Words or phrases for one thing: a zone, a day, a month, a level, a label, a sign."""

    id: str
    words: tuple[str, ...]
    at_risk: str = ""


@dataclass(frozen=True, slots=True)
class DayPart:
    """A part of the day and the hours it may hold; over midnight where ``first > last``."""

    words: tuple[str, ...]
    first: int
    last: int

    def holds(self, hour: int) -> bool:
        """Whether an hour lies in it."""
        if self.first <= self.last:
            return self.first <= hour <= self.last
        return hour >= self.first or hour <= self.last


@dataclass(frozen=True, slots=True)
class Alias:
    """Other names of one or more places."""

    words: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """The first words of short messages that fill in a form, and words for its choices."""

    form: str
    words: tuple[str, ...]
    answers: tuple[WordGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageWords:
    """The words of ``messages.yaml``; ``lists`` by the names of LISTS."""

    date_order: str = "dmy"
    zones: tuple[WordGroup, ...] = ()
    days: tuple[WordGroup, ...] = ()
    months: tuple[WordGroup, ...] = ()
    numbers: tuple[WordGroup, ...] = ()
    day_parts: tuple[DayPart, ...] = ()
    relative_days: tuple[WordGroup, ...] = ()
    levels: tuple[WordGroup, ...] = ()
    aliases: tuple[Alias, ...] = ()
    labels: tuple[WordGroup, ...] = ()
    signs: tuple[WordGroup, ...] = ()
    places: tuple[WordGroup, ...] = ()
    obtained: tuple[WordGroup, ...] = ()
    counts: tuple[WordGroup, ...] = ()
    codes: tuple[Code, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    spoken: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def words(self, name: str) -> tuple[str, ...]:
        """The words of one of the plain lists."""
        return self.lists.get(name, ())


def message_words(row: Row) -> MessageWords | None:
    """The words of a checked document; None where the pack has none."""
    if not row.text("date_order"):
        return None
    groups = {
        "zones": "zone", "days": "day", "months": "month", "numbers": "number",
        "relative_days": "days_ago", "levels": "level", "labels": "field", "signs": "threat",
        "places": "place_class", "obtained": "id", "counts": "of",
    }  # fmt: skip
    spoken = row.get("spoken")
    return MessageWords(
        date_order=row.text("date_order"),
        day_parts=tuple(
            DayPart(tuple(one.texts("words")), _hour(one, "from"), _hour(one, "to"))
            for one in row.rows("day_parts")
        ),
        aliases=tuple(
            Alias(tuple(one.texts("words")), tuple(one.texts("places")))
            for one in row.rows("aliases")
        ),
        codes=tuple(
            Code(one.text("form"), tuple(one.texts("words")), _groups(one, "answers", "value"))
            for one in row.rows("codes")
        ),
        lists={name: tuple(row.texts(name)) for name in LISTS},
        spoken=dict(spoken) if isinstance(spoken, dict) else {},
        **{name: _groups(row, name, key) for name, key in groups.items()},
    )


def _hour(row: Row, name: str) -> int:
    return int(row.number(name) or 0)


def _groups(row: Row, name: str, key: str) -> tuple[WordGroup, ...]:
    return tuple(
        WordGroup(
            str(one.get(key)), tuple(one.texts("words") or one.texts("phrases")),
            one.text("at_risk"),
        )
        for one in row.rows(name)
    )  # fmt: skip
