"""The YAML documents of pack format 1."""

from __future__ import annotations

from anoa.coordination.retention import CLASSES, MOMENTS
from anoa.pack.message_words import MESSAGES
from anoa.pack.schema import Document, Field, Holds, Record

RUNG_NAMES = ("potential", "threshold", "actual")
ACTION_CLASSES = ("dialogue", "service", "information", "protection", "presence", "enforcement")
ROLES = (
    "operator", "duty_officer", "secretary", "reader", "reporter", "auditor", "host_admin",
)  # fmt: skip
TEXTS = Holds.TEXTS
LIST = Holds.LIST
MAP = Holds.MAP


def _record(*fields: Field) -> Record:
    return Record(fields)


def _hours(name: str, about: str) -> Field:
    return Field(
        name, about, record=_record(*(Field(rung, "hours", "amount") for rung in RUNG_NAMES))
    )


def _actor(name: str, about: str) -> Field:
    return Field(
        name, about, record=_record(
            Field("kind", "every institution of this kind that answers for the region", "id",
                  required=False, refers=("agency_kind",)),
            Field("id", "one institution", "id", required=False, refers=("agency",)),
        ),
    )  # fmt: skip


THREATS_ALL = Field(
    "threats", 'ids of threats, or "*" for all', "id", holds=LIST, refers=("threat",),
    wildcard=True,
)  # fmt: skip

PACK = Document(
    "pack.yaml", "What the pack is and which operation it describes.",
    _record(
        Field("format", "the version of this format: 1", "count"),
        Field("id", "the pack's id", "id"),
        Field("version", "the pack's version", "id"),
        Field("name", "the pack's name", holds=TEXTS),
        Field("languages", "the languages of the pack; every text has each", "id", holds=LIST),
        Field("time_zone", "IANA name", "zone"),
        Field("time_zone_label", "what people call it"),
        Field("known_at", "figures known after this day are refused", "date"),
        Field("root", "the region that all others lie in", "id", refers=("region",)),
        Field("operation", "the operation", record=_record(
            Field("codename", "its name"),
            Field("starts", "first moment; a day means its beginning", "moment"),
            Field("ends", "last moment; a day means its end", "moment"),
            Field("chair", "who chairs: an institution or a kind of institution", "id",
                  refers=("agency", "agency_kind")),
            Field("stations_owner", "the kind of institution that keeps the register of polling "
                  "stations; blank: any", "id", required=False, refers=("agency_kind",)),
            Field("countersigners", "the institutions that countersign each digital seal, of more "
                  "than one chain of command; blank: the pack names none", "id", required=False,
                  holds=LIST, refers=("agency",)),
            Field("pattern", "the parts of a pattern that says who guards how many polling "
                  "stations, in the order in which people say them", "figure", required=False,
                  holds=LIST),
            Field("window_note", "why these days", required=False, holds=TEXTS),
        )),
        Field("main_index", "the index that stands for the others", "id", refers=("index",)),
        Field("area_tree", "the second tree, where areas of units do not follow the regions; the "
              "units and their areas stand in police_areas.csv", required=False, record=_record(
            Field("id", "its id in addresses and commands; never civil", "id"),
            Field("name", "the word for one of its units", holds=TEXTS),
        )),
        Field("letterhead", "the lines on top of a report", required=False,
              holds=Holds.TEXT_LISTS),
        Field("labels", "words of the pack that pages print", required=False, holds=MAP,
              record=None),
    ),
)  # fmt: skip

THREATS = Document(
    "threats.yaml", "The catalogue of threats; categories of persons at risk, never of doers.",
    _record(
        Field("place_classes", "classes of places", holds=MAP, key="place_class"),
        Field("objects", "what a threat may be against", "id", holds=LIST,
              choices=("person", "goods", "place", "activity")),
        Field("threats", "the types of threats", holds=LIST, record=_record(
            Field("id", "the type's id", "id", key="threat"),
            Field("name", "its name", holds=TEXTS),
            Field("object", "what it is against", "id",
                  choices=("person", "goods", "place", "activity")),
            Field("signs", "what to look for", holds=Holds.TEXT_LISTS),
            Field("owner", "which kind of institution owns it in its region", record=_record(
                Field("kind", "a kind of institution", "id", refers=("agency_kind",)),
            )),
            Field("context", "true: background, never raised by itself", "boolean",
                  required=False),
            Field("handling", "who sees such a threat unless its owner says otherwise", "id",
                  required=False, choices=("public", "institutions", "sealed")),
        )),
    ),
)  # fmt: skip

LADDER = Document(
    "ladder.yaml", "The written rules by which a threat moves.",
    _record(
        Field("version", "the version of the rules", "id"),
        Field("rungs", "the three rungs, upwards", holds=LIST, record=_record(
            Field("id", "the rung", "id", key="rung", choices=RUNG_NAMES),
            Field("short", "its short name"),
            Field("name", "its name", holds=TEXTS),
        )),
        Field("closed", "the words for a closed threat", holds=TEXTS),
        Field("signals", "the named facts that rules read", holds=LIST, record=_record(
            Field("id", "the signal's id", "id", key="signal"),
            Field("name", "its name", holds=TEXTS),
            Field("ceiling", "the highest rung it may lift to", "id", choices=RUNG_NAMES),
            Field("local", "true: a fact of the region itself", "boolean"),
            Field("model", "true: computed, not seen", "boolean"),
        )),
        Field("rules", "what lifts a threat", holds=LIST, record=_record(
            Field("id", "the rule's id", "id", key="rule"),
            Field("to", "the rung it lifts to", "id", refers=("rung",)),
            THREATS_ALL,
            Field("needs", "all of these together", holds=LIST, record=_record(
                Field("signal", "a signal", "id", refers=("signal",)),
                Field("count", "how many", "count"),
                Field("chains", "of how many chains of command", "count"),
                Field("within_h", "within how many hours", "amount"),
            )),
            Field("reason", "the reason that every report prints", holds=TEXTS),
        )),
        _hours("dwell_h", "how long a rung is kept without support"),
        _hours("review_h", "after how long it is looked at again"),
        Field("provisional_h", "how long a provisional actual holds", "amount"),
        Field("versions", "what changed between versions", required=False, holds=TEXTS),
    ),
)  # fmt: skip

PROTOCOLS = Document(
    "protocols.yaml", "What is asked of whom when a threat reaches a rung.",
    _record(
        Field("protocols", "the protocols", holds=LIST, record=_record(
            Field("id", "the protocol's id", "id", key="protocol"),
            THREATS_ALL,
            Field("rung", "the rung", "id", refers=("rung",)),
            Field("actions", "the actions", holds=LIST, record=_record(
                Field("id", "the action's id", "id", key="action"),
                Field("text", "what to do", holds=TEXTS),
                _actor("agency", "who acts"),
                Field("class", "the class of action; the rung decides which are allowed", "id",
                      choices=ACTION_CLASSES),
                Field("due_h", "within how many hours", "amount"),
                Field("proof", "what shows that it is done", holds=TEXTS),
            )),
        )),
    ),
)  # fmt: skip

CLOCKS = Document(
    "clocks.yaml", "How long institutions have, and which days count.",
    _record(
        Field("acknowledge_min", "minutes to acknowledge a report", "count"),
        Field("assess_min", "minutes to judge it", "count"),
        Field("silent_after_h", "hours after which a region counts as silent", "count"),
        Field("explain_h", "hours that a debtor has to explain after a lapse", "count"),
        Field("report_every_h", "hours between two reports of a post", "count"),
        Field("working_days", "the days of work", "day", holds=LIST),
        Field("holidays", "days of no work", required=False, holds=LIST, record=_record(
            Field("date", "the day", "date"),
            Field("name", "its name", holds=TEXTS),
            Field("source", "where it is published", "id", refers=("source",)),
        )),
    ),
)  # fmt: skip

RETENTION = Document(
    "retention.yaml",
    "How long stored material of people is kept: days after a moment, by class.",
    _record(
        Field("note", "who decided this and on which ground; that these are first proposals",
              holds=TEXTS),
        Field("classes", "the classes; one that is not named is kept as anoa proposes", holds=LIST,
              record=_record(
                  Field("class", "the class", "id", key="retention_class", choices=tuple(CLASSES)),
                  Field("after", "the moment from which the days count", "id", choices=MOMENTS),
                  Field("days", "how many days", "count"),
              )),
    ),
    required=False,
)  # fmt: skip

INDICES = Document(
    "indices.yaml", "The indices and their editions.",
    _record(
        Field("indices", "the indices", holds=LIST, record=_record(
            Field("id", "the index's id", "id", key="index"),
            Field("name", "its name", holds=TEXTS),
            Field("about", "what it says and does not say", holds=TEXTS),
            Field("class", "its class; vulnerability only for a total", "id",
                  choices=("vulnerability", "threat", "service", "procedure", "contest")),
            Field("scale", "lowest and highest score: [0, 100]", "number", holds=LIST),
            Field("parts", "of a total: the indices it is made of", required=False, holds=LIST,
                  record=_record(
                      Field("index", "an index", "id", refers=("index",)),
                      Field("weight", "its share, in any scale", "number"),
                  )),
            Field("min_coverage", "below this share of known weight the score is unknown",
                  "share"),
            Field("category_coverage", "below this share the category is unknown", "share"),
            Field("categories", "from the lowest upwards", holds=LIST, record=_record(
                Field("id", "the category's id", "id"),
                Field("name", "its name", holds=TEXTS),
                Field("from", "the score it begins at", "number"),
            )),
            Field("label", "whose index it is", holds=TEXTS),
        )),
        Field("editions", "the editions", holds=LIST, record=_record(
            Field("id", "the edition's id", "id", key="edition"),
            Field("as_of", "only figures known by this day are used", "date"),
            Field("note", "what to know of it", required=False, holds=TEXTS),
        )),
    ),
)  # fmt: skip

CAST = Document(
    "cast.yaml", "The members of the exercise, by role only.",
    _record(
        Field("members", "the members", holds=LIST, record=_record(
            Field("id", "the member's opaque id", "id", key="member"),
            Field("agency", "the institution it acts for; blank for the host's administrator",
                  "id", required=False, refers=("agency",)),
            Field("role", "what it may do", "id", choices=ROLES),
        )),
    ),
)  # fmt: skip

EXERCISE = Document(
    "exercise.yaml",
    "An exercise: who does what and when. All of it is invented, but for what a source tells.",
    _record(
        Field("title", "its title", holds=TEXTS),
        Field("notice", "what every page prints", holds=TEXTS),
        Field("play_until", "the number of the inject that the demo plays to", "count"),
        Field("injects", "the injects, in order of time", holds=LIST, record=_record(
            Field("at", "when; without an offset it is pack time", "instant"),
            Field("who", "a member, or rule", "id"),
            Field("verb", "what is done", "id"),
            Field("subject", "the thing it is done to, or $name", "subject", required=False),
            Field("data", "the verb's fields", required=False, holds=Holds.FREE),
            Field("as", "a name for the thing that the verb opens; $name.threat, $name.proposal "
                  "and $name.ACTION are what the written rules opened with it", "id",
                  required=False),
            Field("source", "what really happened that the inject is built around: a past "
                  "incident, a stage or a source; all else in it is invented", "id", required=False,
                  refers=("past_incident", "stage", "source")),
        )),
    ),
)  # fmt: skip

WORDS = Document(
    "words/screening.yaml",
    "The words of the country by which persons, candidates and assemblies are recognised.",
    _record(
        Field("honorifics", "in any case, before a capitalised word: a person", holds=LIST),
        Field("titles", "as written, before a capitalised word: a person", holds=LIST),
        Field("suffixes", "titles after a name", holds=LIST),
        Field("not_names", "capitalised words that may follow without being a name", holds=LIST),
        Field("candidate_words", "words for a candidate, found before a number or a name",
              holds=LIST),
        Field("number_words", "words for a number on the ballot", holds=LIST),
        Field("plate_areas", "letters that number plates begin with", holds=LIST),
        Field("assembly_words", "words for an assembly; * stands for any letters", holds=LIST),
        Field("restrict_words", "words for what no action may do to an assembly", holds=LIST),
        Field("sensitive_words", "words for what no indicator of the threat class may speak of",
              holds=LIST),
        Field("forbidden_keys", "parts of a key or column that could hold a person, party, "
              "candidate, ballot number, result, religion or ethnicity", holds=LIST),
        Field("form_words", "words by which a form asks for a name, an identity, a party, a "
              "result, or how to reach somebody", required=False, holds=LIST),
        Field("form_allowed", "phrases of forms that hold such a word and ask for none of it",
              required=False, holds=LIST),
    ),
)  # fmt: skip

DOCUMENTS: tuple[Document, ...] = (
    PACK, THREATS, LADDER, PROTOCOLS, CLOCKS, RETENTION, INDICES, CAST, EXERCISE, WORDS,
    MESSAGES,
)  # fmt: skip
