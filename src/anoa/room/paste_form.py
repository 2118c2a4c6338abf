"""The form in which a person confirms what was read of a message, field by field.

A field that was read is filled in and has to be ticked; one with candidates offers them; a blank
stays blank unless the person fills it in. Nothing is filed that the person did not confirm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext

from anoa.messages import MessageDraft, MessageField
from anoa.room.forms import Control, act_form

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

VERB = "report.file"
OK, PICK = "ok-", "pick-"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a blank may be; ``object`` is what a type of threat is against, in an id and words."""

    value: str
    text: str
    object: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One control with what was read for it.

    ``read``: the value that was filled in and has to be ticked; ``quotes``: the words it was read
    from; ``candidates``: what a blank may be.
    """

    control: Control
    read: str = ""
    quotes: tuple[str, ...] = ()
    candidates: list[Candidate] = field(default_factory=list)
    ticked: bool = False
    picked: str = ""
    is_doubtful: bool = False


def readings(draft: MessageDraft, desk: Desk) -> dict[str, MessageField]:
    """The fields of the report form as they were read; date and time make one."""
    names = ("region", "sub_district", "threat_type", "place_class", "object", "reliability",
             "credibility", "obtained", "at_risk")  # fmt: skip
    return {name: draft.fields[name] for name in names} | {"observed_at": _moment(draft, desk)}


def _moment(draft: MessageDraft, desk: Desk) -> MessageField:
    """The moment as an input of type datetime-local holds it; else days and times to choose."""
    from anoa.messages.values import doubtful, sure

    whole = draft.fields["observed_at"]
    if whole.value:
        local = desk.pack.local(datetime.fromisoformat(whole.value))
        return sure(f"{local:%Y-%m-%dT%H:%M}", *whole.spans)
    day, clock = draft.fields["observed_date"], draft.fields["observed_time"]
    days = [day.value] if day.value else list(day.candidates)
    times = [clock.value] if clock.value else list(clock.candidates)
    both = [f"{one}T{other}" for one in days for other in times][:8]
    return doubtful(both, *day.spans, *clock.spans)


def confirmed(desk: Desk, draft: MessageDraft) -> list[Confirmed]:
    """The controls of the form, each with what was read for it."""
    read = readings(draft, desk)
    preset = {name: one.value or "" for name, one in read.items()}
    [form] = [act_form(desk, VERB, preset=preset)]
    objects = next((dict(one.options) for one in form.fields if one.name == "object"), {})
    return [_confirmed(desk, draft, one, read.get(one.name), objects) for one in form.fields]


def _confirmed(
    desk: Desk, draft: MessageDraft, control: Control, found: MessageField | None,
    objects: Mapping[str, str],
) -> Confirmed:  # fmt: skip
    if found is None:
        return Confirmed(control)
    typed = desk.refusal.typed if desk.refusal else QueryDict()
    quotes = tuple(dict.fromkeys(draft.text[a:b].strip() for a, b in found.spans))
    return Confirmed(
        control, found.value or "", quotes[:4], _candidates(desk, control, found, objects),
        ticked=typed.get(OK + control.name) == "1", picked=typed.get(PICK + control.name, ""),
        is_doubtful=found.value is None and bool(found.candidates or found.spans),
    )  # fmt: skip


def _objects(desk: Desk) -> dict[str, str]:
    """What each type of threat is against, as the pack says."""
    return {one.id: one.object for one in desk.pack.threat_types.values()}


def _candidates(
    desk: Desk, control: Control, found: MessageField, words: Mapping[str, str]
) -> list[Candidate]:
    """What a blank may be, in words; only what the form offers at all."""
    if control.control == "datetime-local":
        return [Candidate(one, one.replace("T", " ")) for one in found.candidates]
    offered = dict(control.options)
    objects = _objects(desk) if control.name == "threat_type" else {}
    return [
        Candidate(one, offered[one], objects.get(one, ""), words.get(objects.get(one, ""), ""))
        for one in found.candidates
        if one in offered
    ]


def with_picks(draft: MessageDraft, desk: Desk, typed: QueryDict) -> QueryDict:
    """What was sent, with the chosen candidate where a field was left blank.

    A chosen type says what it is against, as one that was read does.
    """
    filled = typed.copy()
    for name in readings(draft, desk):
        if not filled.get(name, "").strip() and filled.get(PICK + name):
            filled[name] = filled[PICK + name]
    chosen = filled.get("threat_type", "")
    offered = draft.fields["threat_type"].candidates
    if chosen in offered and not filled.get("object", "").strip():
        filled["object"] = _objects(desk).get(chosen, "")
    return filled


def unticked(draft: MessageDraft, desk: Desk, typed: Mapping[str, Any]) -> Iterator[str]:
    """Fields that stand as they were read and were not confirmed."""
    for name, found in readings(draft, desk).items():
        if found.value and typed.get(name) == found.value and typed.get(OK + name) != "1":
            yield name


def not_confirmed() -> str:
    """The sentence beside such a field."""
    return gettext("Tick that this is right, or change it.")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the message; ``is_read`` where a field was read from it."""

    text: str
    is_read: bool


def pieces(draft: MessageDraft) -> list[Piece]:
    """The message with the stretches that fields were read from."""
    spans = sorted({span for one in draft.fields.values() if one.value for span in one.spans})
    found: list[Piece] = []
    at = 0
    for start, end in spans:
        if end <= at:
            continue
        start = max(start, at)
        found += [Piece(draft.text[at:start], False), Piece(draft.text[start:end], True)]
        at = end
    found.append(Piece(draft.text[at:], False))
    return [one for one in found if one.text]
