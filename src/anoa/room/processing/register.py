"""The register of processing activities of one operation, from its pack and the database's tables.

Nothing is made up: what neither pack nor schema says stands as a place for the controller.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.coordination.kinds import KINDS
from anoa.coordination.kinds import Form as Shape
from anoa.forms import Audience, FieldType, Form
from anoa.oplog import Handling
from anoa.pack import Pack
from anoa.room.processing import columns
from anoa.room.processing.document import Paper, letterhead, to_fill
from anoa.sitrep.document import Item, Listing, Paragraph, Section, Table

LAW = "data_protection_law"  # a label of the pack: the law under which the controller works
AUDIENCES = {
    Audience.MEMBER: _("members of institutions"),
    Audience.STATION_OFFICER: _("officers on duty at a polling station"),
    Audience.CREW: _("who runs a polling station or carries its materials"),
    Audience.OVERSEER: _("who watches over the election by law"),
    Audience.CITIZEN: _("citizens"),
    Audience.OBSERVER: _("observers"),
    Audience.LEADER: _("leaders of communities"),
}
CHANNELS = {
    "web": _("a page of the room"), "openrosa": _("a phone with a collecting app"),
    "api": _("a program"), "bulk": _("many at once by a program"),
    "webhook": _("a gateway that calls"), "sms": _("short messages"), "file": _("a table"),
}  # fmt: skip
HANDLINGS = {
    "public": _("everybody"), "institutions": _("the institutions of the operation"),
    "sealed": _("its owner alone"),
}  # fmt: skip
RISKY = (FieldType.TEXT, FieldType.PICTURE, FieldType.POINT)  # may tell of anybody, or of where
TYPES = {
    FieldType.TEXT: _("free text"), FieldType.PICTURE: _("pictures"),
    FieldType.POINT: _("position of the device"), FieldType.TIME: _("times"),
    FieldType.REGION: _("region"), FieldType.SUB_DISTRICT: _("sub-district"),
    FieldType.POLLING_STATION: _("polling station"), FieldType.CHOICE: _("choices"),
    FieldType.CHOICES: _("choices"), FieldType.COUNT: _("counts"), FieldType.AMOUNT: _("amounts"),
}  # fmt: skip
MEASURES = (
    _("What is sent is encrypted at rest; the keys lie outside the database and its backups."),
    _("What is sealed is encrypted in the sender's browser to its owner's key; the server cannot "
      "read it."),
    _("Other institutions see codes, places and times, never a reporter's words."),
    _("Words that institutions write are screened for names, numbers and parties before they "
      "are kept."),
    _("Members are known by roles. A number to call back lies in a vault of its own, found by a "
      "keyed hash, until its time is over; there is no other record of a person."),
    _("Signing in asks for a second factor in a real operation; wrong tries are slowed down."),
    _("One rule decides what an institution may see, on pages, in files and in answers to "
      "programs."),
    _("Every step stands in a log that other institutions check and countersign."),
    _("Lines that the server writes about itself hold no address, name, path or text."),
    _("The program sends nothing about its use, and connects to nothing but what its host names."),
)  # fmt: skip


def compose_register(pack: Pack, language: str, at: datetime, number: int = 1) -> Paper:
    """The register in that language, as of a time; ``number`` is its edition."""
    with translation.override(language):
        return Paper(
            "register", gettext("Register of processing activities"), language, number, at,
            letterhead(pack, language), facts_of(pack, language, at), gettext("DRAFT"),
            tuple(_sections(pack, language)),
            (gettext("Made by anoa from pack {pack}, version {version}, and from the tables of "
                     "the database. It holds no data of persons.").format(
                         pack=pack.id, version=pack.version),),
        )  # fmt: skip


def facts_of(pack: Pack, language: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """What stands at the head of both papers."""
    first, last = (pack.local(one).date().isoformat()
                   for one in (pack.operation.starts, pack.operation.ends))  # fmt: skip
    return (
        (gettext("Operation"), pack.operation.codename),
        (gettext("Pack"), f"{pack.text(pack.name, language)} ({pack.version})"),
        (gettext("Period"), f"{first} – {last}"),
        (gettext("As of"), pack.local(at).date().isoformat()),
    )


def _sections(pack: Pack, language: str) -> Iterator[Section]:
    yield Section("responsible", gettext("1. Who answers for it"), (_responsible(pack, language),))
    yield Section("activities", gettext("2. What is collected by forms"), (
        *_activities(pack, language),))  # fmt: skip
    yield Section("room", gettext("3. What the room itself keeps"), (
        Paragraph(gettext("Read from the tables of the database. Columns that hold nothing of a "
                          "person are left out."), quiet=True),
        _tables(),
    ))  # fmt: skip
    yield Section("log", gettext("4. What stands in the log"), (
        Paragraph(gettext("An entry holds ids, categories, counts and times, and in these fields "
                          "words that an institution wrote to be read. A reporter's words are "
                          "never among them.")),
        _prose_fields(),
    ))  # fmt: skip
    yield Section("recipients", gettext("5. Who may see it"), (_recipients(pack, language),))
    yield Section("retention", gettext("6. How long it is kept"), tuple(retention(pack, language)))
    yield Section("transfers", gettext("7. Where it goes"), (
        Paragraph(gettext("The room runs on one machine of its host and sends nothing by itself. "
                          "Backups, gateways and exports go where people carry them:")),
        Listing("", (Item(gettext("Host of the machine"), (to_fill(),)),
                     Item(gettext("Where backups lie"), (to_fill(),)),
                     Item(gettext("Gateways and their providers"), (to_fill(),)),
                     Item(gettext("Transfers to other countries"), (to_fill(),)))),
    ))  # fmt: skip
    yield Section("measures", gettext("8. How it is protected"), (measures(),))


def _responsible(pack: Pack, language: str) -> Table:
    law = pack.text(pack.labels.get(LAW, {}), language)
    asked = (
        (gettext("Controller, and joint controllers"), to_fill()),
        (gettext("Address and contact"), to_fill()),
        (gettext("Data protection officer"), to_fill()),
        (gettext("Law under which the controller works"),
         gettext("{law} (named by the pack)").format(law=law) if law else to_fill()),
        (gettext("Legal basis of each activity"), to_fill()),
        (gettext("Supervisory authority"), to_fill()),
        (gettext("How people ask for access, correction and deletion"), to_fill()),
        (gettext("Approved by, on"), to_fill()),
    )  # fmt: skip
    return Table(gettext("What only the controller can say"),
                 (gettext("Question"), gettext("Answer")), asked)  # fmt: skip


def _activities(pack: Pack, language: str) -> Iterator[Table | Paragraph]:
    if not pack.forms:
        yield Paragraph(gettext("The pack has no forms."))
        return
    rows = tuple(_activity(pack, form, language) for form in pack.forms.values())
    yield Table(
        gettext("Forms of the pack"),
        (gettext("Form"), gettext("Who fills it in"), gettext("By which ways"),
         gettext("What it asks"), gettext("Who may see it"), gettext("Legal basis")),
        rows,
    )  # fmt: skip


def _activity(pack: Pack, form: Form, language: str) -> tuple[str, ...]:
    types = dict.fromkeys(str(TYPES[one.type]) for one in form.fields if one.type in TYPES)
    return (
        pack.text(form.title, language) or form.id,
        _joined(AUDIENCES[one] for one in form.audience),
        _joined(CHANNELS.get(one, one) for one in form.channels),
        ", ".join(types), str(HANDLINGS[form.handling]), to_fill(),
    )  # fmt: skip


def _joined(parts: Iterator[object]) -> str:
    return ", ".join(str(one) for one in parts)


def _tables() -> Table:
    rows = tuple(
        (str(columns.TABLES[table].about), ", ".join(names), str(columns.ABOUT[holds]))
        for table, kinds in columns.personal().items()
        for holds, names in kinds.items()
    )
    return Table(
        gettext("Columns that may hold personal data"),
        (gettext("What for"), gettext("Columns"), gettext("What they may hold")), rows,
    )  # fmt: skip


def _prose_fields() -> Table:
    rows = tuple(
        (kind, ", ".join(one.name for one in fields if one.form is Shape.PROSE))
        for kind, fields in KINDS.items()
        if any(one.form is Shape.PROSE for one in fields)
    )
    return Table(gettext("Words in the log"), (gettext("Kind of entry"), gettext("Fields")), rows)


def _recipients(pack: Pack, language: str) -> Table:
    wide = {
        Handling.PUBLIC: gettext("what is public"),
        Handling.INSTITUTIONS: gettext("what the institutions share, and its own"),
        Handling.SEALED: gettext("what the institutions share, and its own"),
    }
    rows = tuple((one.short, pack.text(one.name, language), wide[one.sees])
                 for one in pack.agencies.values())  # fmt: skip
    return Table(
        gettext("Institutions of the pack"),
        (gettext("Institution"), gettext("Name"), gettext("What it sees")), rows,
    )  # fmt: skip


def retention(pack: Pack, language: str) -> Iterator[Table | Paragraph]:
    """How long each class is kept, where the pack says it; else a place to say it."""
    classes = pack.retention
    if not classes:
        yield Paragraph(gettext("The pack lays down no classes of retention: {to_fill}").format(
            to_fill=to_fill()))  # fmt: skip
        return
    if note := pack.text(pack.retention_note, language):
        yield Paragraph(note)
    rows = tuple((str(KEPT.get(one.klass, one.klass)), str(one.days),
                  str(FROM.get(one.after, one.after))) for one in classes.values())  # fmt: skip
    yield Table(
        gettext("How long each class is kept"),
        (gettext("Class"), gettext("Days"), gettext("Counted from")), rows, numeric=(1,),
    )  # fmt: skip


KEPT = {
    "words": _("what was sent"), "pictures": _("pictures and files that came with it"),
    "sealed": _("sealed text"), "imports": _("tables that somebody brings in"),
    "drafts": _("what a member began to write, and pasted messages"),
    "files": _("files that members had made"), "tries": _("wrong passwords and codes, counted"),
}  # fmt: skip
FROM = {
    "settled": _("when it was settled"), "received": _("when it came in"),
    "operation_end": _("the end of the operation"),
}  # fmt: skip


def measures() -> Listing:
    """What protects it, whatever the pack."""
    return Listing("", tuple(Item(str(one)) for one in MEASURES))
