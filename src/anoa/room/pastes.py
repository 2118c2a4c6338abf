"""Pasted messages on their way to reports: encrypted drafts of one member, until each is done.

Of a message its words, the time of sending and what became of it are kept; who sent it is not.
What is done stays in the list, so that a discarded one can be put back, until the list is cleared
or the next paste begins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from anoa.errors import AccessDenied, AnoaError
from anoa.messages import MessageDraft, RawMessage, read_message, split_messages
from anoa.pack import Pack
from anoa.room import access, drafts, form_drafts
from anoa.room.likeness import likeness_of
from anoa.room.models import Draft, Member

PREFIX = "paste/"
WAITING, FILED, ROUTINE, DISCARDED = "waiting", "filed", "routine", "discarded"
SUMMARY = ("kind", "region", "threat_type")


@dataclass(frozen=True, slots=True)
class Pasted:
    """One pasted message: its number, its words, and what became of it.

    ``result`` names the report or post that was made of it; ``summary`` is what was read of it
    when it was pasted, for the list.
    """

    number: int
    raw: RawMessage
    likeness: str
    state: str = WAITING
    result: str = ""
    summary: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of its draft."""
        return f"{PREFIX}{self.number:05d}"

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to look at it."""
        return self.state == WAITING

    def packed(self) -> dict[str, Any]:
        """What its draft holds."""
        sent = self.raw.sent.isoformat() if self.raw.sent else ""
        return {
            "text": self.raw.text, "sent": sent, "forwarded": self.raw.forwarded,
            "likeness": self.likeness, "state": self.state, "result": self.result,
            "summary": list(self.summary),
        }  # fmt: skip


def may_paste(member: Member) -> bool:
    """Whether the member may make reports of messages."""
    return access.reads_own(member) and access.may(member.role, "report.file")


def need_paster(member: Member) -> None:
    """Raise AccessDenied for a member who files no reports."""
    if not may_paste(member):
        raise AccessDenied("this is not for the role {role}", role=member.role)


def begin(member: Member, text: str, pack: Pack, now: datetime) -> int:
    """Keep every message of a pasted text as a draft of its own; returns how many.

    What was done before leaves the list. Raises AccessDenied, and AnoaError for an empty or too
    large paste; then nothing is kept of it.
    """
    need_paster(member)
    found = split_messages(text, pack, now)
    if not found:
        raise AnoaError("there is no message in this text")
    read = [(raw, read_message(raw, pack, now)) for raw in found]
    with transaction.atomic():
        clear(member)
        first = max((one.number for one in waiting_list(member)), default=0) + 1
        for number, (raw, draft) in enumerate(read, first):
            one = Pasted(number, raw, likeness_of(raw.text), summary=_summary(draft))
            drafts.save(member, one.key, one.packed())
    return len(found)


def _summary(draft: MessageDraft) -> tuple[str, ...]:
    """What the list shows: three values, then how many fields were read and how many offered."""
    fields = draft.fields.values()
    read = sum(one.value is not None for one in fields)
    offered = sum(bool(one.candidates) for one in fields)
    return (*(draft.value(name) or "" for name in SUMMARY), str(read), str(offered))


def waiting_list(member: Member) -> list[Pasted]:
    """All pasted messages of the member in their order, done ones included."""
    found = (find_key(member, key) for key in drafts.keys(member, PREFIX))
    return [one for one in found if one is not None]


def find(member: Member, number: int) -> Pasted | None:
    """One pasted message of the member."""
    return find_key(member, f"{PREFIX}{number:05d}")


def find_key(member: Member, key: str) -> Pasted | None:
    """The pasted message under a key of the member's drafts."""
    held = drafts.load(member, key)
    if held is None:
        return None
    sent = datetime.fromisoformat(held["sent"]) if held["sent"] else None
    return Pasted(
        int(key.removeprefix(PREFIX)), RawMessage(held["text"], sent, held["forwarded"]),
        held["likeness"], held["state"], held["result"], tuple(held["summary"]),
    )  # fmt: skip


def put(member: Member, one: Pasted, state: str, result: str = "") -> None:
    """Say what became of a message."""
    drafts.save(member, one.key, replace(one, state=state, result=result).packed())


def clear(member: Member, page: str = "/paste/") -> None:
    """Forget what is done; what waits stays."""
    for one in waiting_list(member):
        if not one.is_waiting:
            drafts.discard(member, one.key)
            Draft.objects.filter(
                member=member, key__startswith=f"{form_drafts.PREFIX}{page}{one.number}#"
            ).delete()


def next_waiting(member: Member, after: int = 0) -> int | None:
    """The number of the next message that waits, from the first again after the last."""
    numbers = [one.number for one in waiting_list(member) if one.is_waiting]
    later = [number for number in numbers if number > after]
    return next(iter(later or numbers), None)


def twins(found: Iterable[Pasted]) -> dict[int, int]:
    """Messages that say the same as an earlier one of the list: number → the earlier number."""
    first: dict[str, int] = {}
    again = {}
    for one in found:
        if one.likeness in first:
            again[one.number] = first[one.likeness]
        else:
            first[one.likeness] = one.number
    return again
