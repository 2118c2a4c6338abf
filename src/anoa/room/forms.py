"""Forms made from the fields of verbs: what may be chosen, what was typed, and what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from anoa.columns import newest
from anoa.coordination import VERBS
from anoa.coordination.kinds import Field, Form
from anoa.ladder import Rung
from anoa.pack.checks.clock_changes import SKIPPED, clock_change
from anoa.room import places
from anoa.room.languages import report_languages
from anoa.room.views import words

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

Options = list[tuple[str, str]]
MANY = frozenset({"report", "incident"})  # things of which there may be a million
CHOICES = 60  # of them listed in a form, the newest; others are typed
CROWDED = frozenset({"report", "reports", "of", "into", "incident", "evidence", "about", "to"})
PLACES = frozenset({"region", "sub_district"})
SHORT_PROSE = frozenset({"title", "place"})
COMPUTED: Mapping[str, frozenset[str]] = {  # by the room, never typed
    "report.file": frozenset({"submission"}),
    "edition.adopt": frozenset({"class", "as_of", "source", "digest", "coverage", "classes"}),
    "sitrep.issue": frozenset({"number", "as_of", "at_seq", "digest", "handling"}),
    "seal.sign": frozenset({"size", "root", "key"}),
    "clock.advance": frozenset(),
    "report.take_batch": frozenset({"reports"}),
}
RAW_WORDS = "raw_words"  # kept apart from the entry: it never enters the log


@dataclass(frozen=True, slots=True)
class Control:
    """One field of a form as it is drawn."""

    name: str
    ident: str
    label: Any
    control: str  # select, textarea, checks, or the type of an input
    required: bool
    value: Any = ""
    options: Options = field(default_factory=list)
    error: str = ""
    others: str | None = None  # ids typed beside those ticked, where there are too many to list


@dataclass(frozen=True, slots=True)
class ActForm:
    """What a member may do here: a verb on a subject, with its fields."""

    verb: str
    subject: str
    label: Any
    fields: list[Control]
    hidden: Mapping[str, str]
    refusal: str = ""
    is_open: bool = False
    kept_at: datetime | None = None  # when the draft was kept that fills the fields

    @property
    def bare(self) -> bool:
        """Whether it is a button alone."""
        return not self.fields

    @property
    def anchor(self) -> str:
        """The id of the form in its page."""
        return f"act-{self.verb.replace('.', '-')}-{self.subject or 'new'}".replace("/", "-")


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was sent and not carried out: what was typed and why it was refused."""

    verb: str
    subject: str
    typed: QueryDict
    sentence: str
    errors: Mapping[str, str]


def typed_fields(verb: str) -> list[Field]:
    """The fields of a verb that a person fills in."""
    return [one for one in VERBS[verb].fields if one.name not in COMPUTED.get(verb, ())]


def act_form(
    desk: Desk,
    verb: str,
    subject: str = "",
    *,
    hidden: Mapping[str, str] | None = None,
    preset: Mapping[str, Any] | None = None,
    only: Mapping[str, Iterable[str]] | None = None,
    drop: Iterable[str] = (),
    needed: Iterable[str] = (),
    is_open: bool = False,
    raw_words: bool = False,
    label: Any = None,
) -> ActForm:
    """The form of a verb on a subject, filled with what was typed when it was refused."""
    hidden, preset, refused = dict(hidden or {}), dict(preset or {}), desk.refusal_of(verb, subject)
    fields = [
        replace(one, required=one.required or one.name in set(needed))
        for one in typed_fields(verb)
        if one.name not in hidden and one.name not in drop
    ]
    begun = None if refused else desk.begun.get(f"{verb} {subject}")
    preset |= _as_preset(fields, begun.typed) if begun else {}
    controls = [
        _control(desk, verb, subject, one, preset.get(one.name, ""), refused, (only or {}))
        for one in fields
    ]
    if raw_words:
        controls.append(_raw_words(preset.get(RAW_WORDS, ""), refused))
    return ActForm(
        verb, subject, label or words.VERB_WORDS.get(verb, verb), controls, hidden,
        refused.sentence if refused else "", is_open or bool(refused or begun),
        begun.kept_at if begun else None,
    )  # fmt: skip


def _as_preset(fields: Iterable[Field], typed: Mapping[str, list[str]]) -> dict[str, Any]:
    many = {one.name for one in fields if one.form is Form.IDS}
    return {name: values if name in many else values[0] for name, values in typed.items()}


def _raw_words(preset: str, refused: Refused | None) -> Control:
    typed = refused.typed.get(RAW_WORDS, "") if refused else preset
    return Control(RAW_WORDS, "report-raw-words", words.RAW_WORDS_LABEL, "textarea", False, typed)


def _control(
    desk: Desk,
    verb: str,
    subject: str,
    spec: Field,
    preset: Any,
    refused: Refused | None,
    only: Mapping[str, Iterable[str]],
) -> Control:
    options = options_of(desk, verb, spec)
    if spec.name in only:
        allowed = set(only[spec.name])
        options = [pair for pair in options if pair[0] in allowed]
    crowded = spec.name in CROWDED and len(options) >= CHOICES
    control = "text" if crowded and spec.form is Form.ID else _control_kind(spec, options)
    value: Any = preset
    if refused:
        many = control == "checks"
        value = refused.typed.getlist(spec.name) if many else refused.typed.get(spec.name, "")
    return Control(
        spec.name, f"{verb.replace('.', '-')}-{subject or 'new'}-{spec.name}".replace("/", "-"),
        words.field_words(verb, spec.name), control, spec.required, value, options,
        refused.errors.get(spec.name, "") if refused else "",
        _beside(options, value) if crowded and control == "checks" else None,
    )  # fmt: skip


def _beside(options: Options, value: Any) -> str:
    """The chosen ids that are not among those listed."""
    listed = {ident for ident, _text in options}
    return " ".join(one for one in (value or ()) if one not in listed)


def _control_kind(spec: Field, options: Options) -> str:
    fixed = {Form.IDS: "checks", Form.INSTANT: "datetime-local", Form.DATE: "date",
             Form.COUNT: "number", Form.WORD: "select", Form.FLAG: "select"}  # fmt: skip
    if spec.form in fixed:
        return fixed[spec.form]
    if spec.form in (Form.PROSE, Form.KEY):
        return "text" if spec.name in SHORT_PROSE else "textarea"
    return "select" if options or spec.name in _SOURCES else "text"


def options_of(desk: Desk, verb: str, spec: Field) -> Options:
    """What may be chosen for a field: value and words; empty for a field that is typed."""
    if spec.form is Form.FLAG:
        return [(value, words.choice_words(spec.name, value)) for value in ("true", "false")]
    if spec.form is Form.WORD or spec.choices:
        return [(choice, _word(desk, spec.name, choice)) for choice in spec.choices]
    source = _SOURCES.get(f"{verb}:{spec.name}") or _SOURCES.get(spec.name)
    found = source(desk) if source else []
    if desk.regions and spec.name in PLACES:
        found = [pair for pair in found if pair[0] in desk.acts_in]
    return found


def _word(desk: Desk, name: str, choice: str) -> str:
    if name == "to" and choice in set(Rung):
        return desk.rung_name(choice)
    return words.choice_words(name, choice)


def _regions(desk: Desk) -> Options:
    codes = [desk.pack.root, *desk.pack.leaf_regions]
    return [(code, desk.pack.place_name(code)) for code in codes]


def _sub_districts(desk: Desk) -> Options:
    found = [(s.code, f"{desk.pack.place_name(s.region)} – {s.name}")
             for s in desk.pack.sub_districts.values()]  # fmt: skip
    return sorted(found, key=lambda pair: pair[1])


def _threat_types(desk: Desk) -> Options:
    return [(one.id, desk.text(one.name)) for one in desk.pack.threat_types.values()
            if not one.context]  # fmt: skip


def _agencies(desk: Desk) -> Options:
    return [(one.id, one.short) for one in desk.pack.agencies.values()]


def _texts(pick: Callable[[Desk], Mapping[str, Any]]) -> Callable[[Desk], Options]:
    def options(desk: Desk) -> Options:
        return [(ident, desk.text(getattr(one, "name", one))) for ident, one in pick(desk).items()]

    return options


def _things(*things: str) -> Callable[[Desk], Options]:
    def options(desk: Desk) -> Options:
        return [
            (item.id, f"{item.id} – {desk.describe(item)}")
            for thing in things
            for item in _recent(desk, thing)
        ]

    return options


def _recent(desk: Desk, thing: str) -> list[Any]:
    """The things of a kind that may be chosen, oldest first; of very many only the newest."""
    if thing in MANY:
        return newest(desk.picture, thing, CHOICES)[::-1]
    return list(desk.picture.things[thing].values())


def _colleagues(desk: Desk) -> Options:
    """The other members of the reader's institution."""
    found = [m for m in desk.picture.members.values() if m.owner == desk.agency and not m.left]
    return [(one.id, one.id) for one in found if one.id != desk.member.ident]


def _editions(desk: Desk) -> Options:
    """Editions that could be known by the operation's day, ours first, then published ones."""
    today = desk.pack.local(desk.at).date()
    own = [(one.id, one.id) for one in desk.pack.editions.values() if one.as_of <= today]
    published = [one for one in desk.pack.published.values() if one.known_at <= today]
    return own + [(one.id, f"{desk.text(one.name)} – {one.publisher}") for one in published]


_SOURCES: Mapping[str, Callable[[Desk], Options]] = {
    "region": _regions, "sub_district": _sub_districts, "threat_type": _threat_types,
    "place_class": _texts(lambda desk: desk.pack.place_classes),
    "debtor": _agencies, "creditor": _agencies, "owner": _agencies, "attending": _agencies,
    "chair": _agencies, "stage": _texts(lambda desk: desk.pack.stages),
    "meeting": _things("meeting"), "report": _things("report"), "reports": _things("report"),
    "of": _things("report"), "into": _things("incident"), "incident": _things("incident"),
    "evidence": _things("report", "incident", "signal"),
    "about": _things("threat", "report", "incident"),
    "signal": _texts(lambda desk: desk.pack.signal_names),
    "language": lambda desk: [(one, one) for one in report_languages(desk.pack)],
    "tree": lambda desk: [(tree, places.tree_name(desk, tree)) for tree in desk.pack.trees],
    "proposal.make:to": _things("incident"), "duty.hand_over:to": _colleagues,
    "index": _texts(lambda desk: desk.pack.indices), "edition": _editions,
}  # fmt: skip


def data_of(desk: Desk, verb: str, typed: QueryDict) -> dict[str, Any]:
    """The data of a verb from what was typed: only its own fields, blanks left out.

    A time without offset is the operation's local time.
    """
    data: dict[str, Any] = {}
    for spec in typed_fields(verb):
        if spec.form is Form.IDS:
            if chosen := " ".join(typed.getlist(spec.name)).replace(",", " ").split():
                data[spec.name] = list(dict.fromkeys(chosen))
            continue
        value = typed.get(spec.name, "").strip()
        if value:
            data[spec.name] = _read(desk, spec, value)
    return data


def _read(desk: Desk, spec: Field, value: str) -> Any:
    if spec.form is Form.INSTANT:
        return _with_offset(desk, value)
    if spec.form is Form.COUNT and value.isdecimal() and len(value) < 12:
        return int(value)
    if spec.form is Form.FLAG:
        return {"true": True, "false": False}.get(value, value)
    return value


def _with_offset(desk: Desk, value: str) -> str:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return value  # the fields' own check says what is wrong with it
    if at.tzinfo is None and clock_change(at, desk.pack.zone()) == SKIPPED:
        return value  # no such time: refused like one without an offset
    return (at if at.tzinfo else at.replace(tzinfo=desk.pack.zone())).isoformat()


def local_input(desk: Desk, at: datetime) -> str:
    """An instant as an input of type datetime-local holds it."""
    return desk.pack.local(at).strftime("%Y-%m-%dT%H:%M")
