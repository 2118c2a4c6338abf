"""The kinds of entries, and what may stand in each.

An entry holds ids, categories, counts, times and words that an institution writes to be read.
A field that is not listed here is refused, so that no person, party or result finds a place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from anoa.errors import AnoaError, InputError, LogError
from anoa.oplog import Entry, Json, parse_instant


class Form(StrEnum):
    """The shape of a field's value."""

    ID = "id"  # an id of a thing, an institution, a region, a stage …
    WORD = "word"  # one of a list of words
    PROSE = "prose"  # words to be read, screened for persons and parties
    KEY = "key"  # a public key as anoa computed it, so not screened
    INSTANT = "instant"  # RFC 3339 with offset
    DATE = "date"  # YYYY-MM-DD
    COUNT = "count"  # whole number from 0
    FLAG = "flag"  # true or false
    SHARE = "share"  # number from 0 to 1
    IDS = "ids"  # list of ids
    WORDS_BY_REGION = "words_by_region"  # region code → word


ID_TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/$-]{0,79}\Z")
PROSE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry or of a verb."""

    name: str
    form: Form
    required: bool = False
    choices: tuple[str, ...] = ()


def fields(*specs: str) -> tuple[Field, ...]:
    """Fields from short texts ``name:form``, ``!`` for required, ``(a|b)`` for the choices.

    >>> fields("stance:word(comment|dispute)!")[0].choices
    ('comment', 'dispute')
    """
    return tuple(_field(spec) for spec in specs)


def _field(spec: str) -> Field:
    found = re.fullmatch(r"(\w+):(\w+)(?:\(([^)]*)\))?(!?)", spec)
    assert found, f"'{spec}' is not a field"
    name, form, choices, required = found.groups()
    return Field(name, Form(form), bool(required), tuple(choices.split("|")) if choices else ())


_REPORTED = (
    "region:id!", "sub_district:id", "threat_type:id!", "place_class:id!", "observed_at:instant!",
)  # fmt: skip
REPORT_FIELDS = (
    *_REPORTED,
    "object:word(person|goods|place|activity)!",
    "reliability:word(A|B|C|D|E|F)!",
    "credibility:word(1|2|3|4|5|6)!",
    "obtained:word(seen|told|received|document|duty)!",
    "at_risk:word(voters|organisers|contestants|journalists|officers)",
)
INCIDENT_FIELDS = _REPORTED
_PART = (  # of a member; what is not said is not limited
    "regions:ids", "valid_from:instant", "valid_until:instant",
    "reads:word(own|institutions|public)",
)  # fmt: skip

KINDS: Mapping[str, tuple[Field, ...]] = {
    kind: fields(*specs)
    for kind, specs in {
        "operation.opened": (
            "operation:id!", "name:prose!", "pack_version:id!", "pack_digest:id!", "time_zone:id!",
            "exercise:flag!", "rules_version:id!",
        ),
        "member.admitted": ("agency:id!", "role:id!", *_PART),
        "member.limited": _PART,
        "member.left": (),
        "member.factor_reset": (),
        "clock.advanced": (),
        "edition.adopted": (
            "index:id!", "edition:id!", "class:id!", "as_of:date!", "source:prose!", "digest:id!",
            "coverage:share", "classes:words_by_region!",
        ),
        "post.reported": ("region:id!",),
        "report.filed": (*REPORT_FIELDS, "acknowledge_by:instant!", "submission:id", "to:id"),
        "report.amended": REPORT_FIELDS,
        "report.withdrawn": ("reason:prose!",),
        "report.acknowledged": (),
        "report.picture_checked": ("number:count!", "found:word(nobody|covered|kept_back)!"),
        "report.taken_up": ("until:instant!",),
        "report.released": ("reason:prose",),
        "report.judged": (
            "verdict:word(verified|refuted|unrelated|duplicate)!", "reason:prose!", "of:id",
            "same_chain:flag!", "proposal:id",
        ),
        "report.told_apart": ("report:id!", "reason:prose!"),
        "report.compared_again": ("report:id!",),
        "incident.opened": INCIDENT_FIELDS,
        "incident.amended": (*INCIDENT_FIELDS, "proposal:id"),
        "incident.tied": ("report:id!",),
        "incident.untied": ("report:id!", "reason:prose!"),
        "incident.verified": ("chain:id!", "report:id!"),
        "incident.unverified": (),
        "incident.merged": ("into:id!", "reports:ids!", "proposal:id"),
        "incident.unmerged": ("into:id!", "reports:ids!", "reason:prose!"),
        "incident.withdrawn": ("reason:prose!",),
        "signal.noted": ("signal:id!", "region:id!", "threat_type:id!", "reason:prose!"),
        "threat.raised": (
            "region:id!", "threat_type:id!", "owner:id!", "to:word(potential|threshold|actual)!",
            "confidence:word(low|medium|high)!", "evidence:ids!", "reason:prose", "rule:id",
            "rules_version:id!", "review_by:instant!", "held_until:instant",
            "provisional_until:instant",
        ),
        "threat.lowered": (
            "to:word(closed|potential|threshold)!", "reason:prose", "rule:id", "rules_version:id!",
            "review_by:instant!", "proposal:id", "signed:ids",
        ),
        "threat.provisional_expired": (
            "to:word(closed|potential|threshold)!", "review_by:instant!",
        ),
        "threat.handed_over": ("owner:id!", "reason:prose!"),
        "task.assigned": (
            "threat:id!", "region:id!", "protocol:id!", "action:id!", "class:id!", "agency:id!",
            "due:instant!",
        ),
        "task.acknowledged": (),
        "task.declined": ("reason:prose!",),
        "task.done": ("proof:prose!",),
        "task.withdrawn": ("rule:id!",),
        "meeting.opened": (
            "title:prose!", "place:prose!", "chair:id!", "agenda:ids!", "attending:ids!",
        ),
        "meeting.line_recorded": ("line:word(decision|question|dissent)!", "text:prose!"),
        "meeting.closed": (),
        "commitment.requested": (
            "debtor:id!", "creditor:id!", "what:prose!", "proof:prose!", "due:instant!",
            "region:id", "stage:id", "meeting:id",
        ),
        "commitment.accepted": (),
        "commitment.declined": ("reason:prose!",),
        "commitment.claimed": ("claim:prose!",),
        "commitment.returned": ("reason:prose!",),
        "commitment.discharged": (),
        "commitment.lapsed": ("explain_by:instant!",),
        "commitment.explained": ("explanation:prose!",),
        "commitment.broken": ("reason:prose!",),
        "commitment.released": ("reason:prose!",),
        "proposal.made": (
            "about:id!", "action:word(lower|refute|merge|reclassify)!", "to:id!", "reason:prose",
            "rule:id",
        ),
        "proposal.signed": ("chain:id!",),
        "proposal.declined": ("reason:prose!",),
        "proposal.carried": ("signed:ids!",),
        "remark.made": ("about:id!", "stance:word(comment|dispute)!", "text:prose!"),
        "assembly.noted": ("region:id!", "date:date!", "place_class:id!"),
        "sitrep.issued": (
            "report:word(daily|handover)!", "number:count!", "as_of:instant!", "at_seq:count!",
            "digest:id!", "language:id!", "tree:id",
        ),
        "seal.signed": ("size:count!", "root:id!", "key:key!"),
        "seal.countersigned": ("key:key!",),
        "station.reported": (
            "region:id!", "sub_district:id!", "phase:word(arrival|opening|closing|escort)!",
            "condition:word(calm|attention)", "on_time:flag", "leg:word(left|arrived)",
            "observed_at:instant", "submission:id",
        ),
        "logistics.stated": (
            "region:id!", "sub_district:id!", "stations:count!", "boxes:count!", "booths:count!",
            "boxes_expected:count!", "booths_expected:count!", "late:flag!",
            "papers:word(complete|short|damaged|swapped|absent)", "observed_at:instant",
            "submission:id",
        ),
        "help.asked": (
            "region:id!", "sub_district:id", "polling_station:id!", "need:id!",
            "expires_at:instant!", "submission:id",
        ),
        "help.acknowledged": (),
        "help.expired": (),
        "help.contact_opened": ("reason:prose!",),
        "finding.recorded": (
            "form_number:id!", "region:id!", "sub_district:id", "stage:id",
            "finding:word(none|finding|dispute)!", "matter:id", "remedy:id",
            "observed_at:instant", "submission:id",
        ),
        "word.passed": (
            "region:id!", "sub_district:id!", "to:ids!", "concern:id",
            "part_of_day:word(night|morning|midday|afternoon|evening)!", "submission:id",
        ),
        "word.acknowledged": (),
        "register.imported": ("digest:id!", "rows:count!"),
        "sealed.recorded": ("day:date!",),
        "sealing_key.published": ("public:key!", "fingerprint:id!", "replaces:id"),
        "sealing_key.retired": ("reason:prose!",),
        "deletion.certified": (
            "class:id!", "whose:id!", "rule:id!", "pack_version:id!", "deleted:count!", "root:id!",
            "first:date", "last:date", "drafts:count", "files:count", "again:flag",
        ),
        "hold.placed": ("about:id!", "reason:prose!"),
        "hold.lifted": ("reason:prose!",),
        "institution.left": ("reason:prose!", "successor:id"),
        "institution.returned": ("reason:prose!",),
        "countersign_key.published": ("public:key!", "replaces:id"),
        "countersign_key.revoked": ("reason:prose!",),
        "duty.taken": ("after:id", "previous:id"),
        "duty.handed_over": ("to:id", "note:prose"),
    }.items()
}  # fmt: skip
VERSION = 1  # of every kind above


def check_values(spec: Iterable[Field], data: Mapping[str, Json]) -> dict[str, AnoaError]:
    """What is wrong with each value, by field; empty when everything fits."""
    known = {field.name: field for field in spec}
    wrong = {
        name: AnoaError("there is no field '{name}' here", name=name)
        for name in data
        if name not in known
    }
    for name, field in known.items():
        value = data.get(name)
        if value is None or value == "":
            if field.required:
                wrong[name] = AnoaError("this is needed")
        elif (why := _wrong(field, value)) is not None:
            wrong[name] = why
    return wrong


def _wrong(field: Field, value: Json) -> AnoaError | None:
    if field.form is Form.WORD:
        if value in field.choices:
            return None
        return AnoaError("choose one of: {choices}", choices=", ".join(field.choices))
    return None if _CHECKS[field.form](value) else AnoaError(_EXPECTED[field.form])


def _is_instant(value: Json) -> bool:
    try:
        parse_instant(value)
    except LogError:
        return False
    return isinstance(value, str)


def _is_date(value: Json) -> bool:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_prose(value: Json) -> bool:
    return isinstance(value, str) and len(value) <= PROSE_LIMIT and "\x00" not in value


def _is_id(value: Json) -> bool:
    return isinstance(value, str) and bool(ID_TEXT.match(value))


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS: Mapping[Form, Callable[[Json], bool]] = {
    Form.ID: _is_id,
    Form.PROSE: _is_prose,
    Form.KEY: _is_prose,
    Form.INSTANT: _is_instant,
    Form.DATE: _is_date,
    Form.COUNT: lambda value: _is_number(value) and isinstance(value, int) and value >= 0,
    Form.FLAG: lambda value: isinstance(value, bool),
    Form.SHARE: lambda value: _is_number(value) and 0 <= value <= 1,
    Form.IDS: lambda value: isinstance(value, list | tuple) and all(map(_is_id, value)),
    Form.WORDS_BY_REGION: lambda value: (
        isinstance(value, Mapping) and all(_is_id(k) and _is_id(v) for k, v in value.items())
    ),
}
_EXPECTED = {
    Form.ID: "this is not an id that anoa knows how to read",
    Form.KEY: "this is not a public key",
    Form.PROSE: "write at most 2,000 characters of plain text",
    Form.INSTANT: "write a time with its offset, as in 2024-08-06T09:00:00+02:00",
    Form.DATE: "write a date as 2024-08-06",
    Form.COUNT: "write a whole number from 0",
    Form.FLAG: "this is yes or no",
    Form.SHARE: "write a number from 0 to 1",
    Form.IDS: "this is not a list of ids",
    Form.WORDS_BY_REGION: "this is not a list of words by region",
}


def check_entry(entry: Entry) -> None:
    """Refuse an entry of an unknown kind or version, or with fields that its kind does not have.

    Raises InputError or LogError.
    """
    if entry.kind not in KINDS:
        raise LogError(
            "entry {seq}: there is no kind '{kind}' in this anoa; a newer anoa may have written it",
            seq=entry.seq, kind=entry.kind,
        )  # fmt: skip
    if entry.v != VERSION:
        raise LogError(
            "entry {seq}: {kind} has version {v}; this anoa reads version {known}",
            seq=entry.seq, kind=entry.kind, v=entry.v, known=VERSION,
        )  # fmt: skip
    if wrong := check_values(KINDS[entry.kind], entry.data):
        raise InputError(wrong)
