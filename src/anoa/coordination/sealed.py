"""What stands in the log about sealed text: its day, and the public keys to which it is encrypted.

``sealed.recorded`` says that something sealed came in on a day, and nothing else: neither where it
came from nor whose it is. A ``sealing_key`` is an institution's public key; anybody checks by its
fingerprint that a page encrypts to that key and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from anoa.errors import LogError
from anoa.oplog import Entry, Handling

RECORDED = "sealed.recorded"
RULE = "end-of-day"


@dataclass(frozen=True, slots=True)
class SealedNote:
    """That something sealed came in on that local day; ``owner`` is nobody's name."""

    id: str
    owner: str
    handling: Handling
    day: str


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The public key to which browsers encrypt what an institution alone shall read."""

    id: str
    owner: str
    handling: Handling
    public: str  # base64url of the 32 bytes of X25519
    fingerprint: str  # SHA-256 of those bytes, as hex
    published_at: datetime
    replaced_by: str | None = None
    retired_at: datetime | None = None
    reason: str | None = None

    @property
    def state(self) -> str:
        """current, replaced or retired."""
        if self.retired_at:
            return "retired"
        return "replaced" if self.replaced_by else "current"


SealedItem = SealedNote | SealingKey
THINGS: Mapping[str, type] = {"sealed": SealedNote, "sealing_key": SealingKey}
LETTERS: Mapping[str, str] = {"sealed": "X", "sealing_key": "K"}


def current_key(keys: Iterable[Any], agency: str) -> SealingKey | None:
    """The key to which text for that institution is encrypted now; None where it has none."""
    found = (one for one in keys if isinstance(one, SealingKey) and one.owner == agency)
    return next((one for one in found if one.state == "current"), None)


def notes_of(
    days: Sequence[date], at: datetime, ids: Sequence[str], draft: Callable[..., Entry]
) -> tuple[Entry, ...]:
    """The drafts that record sealed text of those days; ``draft`` makes a rule's entry."""
    return tuple(
        draft(RECORDED, ident, at, {"day": day.isoformat()}, rule=RULE, handling=Handling.PUBLIC)
        for ident, day in zip(ids, days, strict=True)
    )  # fmt: skip


def sealed_recorded(entry: Entry) -> SealedNote:
    """The thing of ``sealed.recorded``."""
    return SealedNote(entry.subject, entry.agency, entry.handling, entry.data["day"])


def key_published(find: Callable[[str, str], Any], entry: Entry) -> tuple[SealingKey, ...]:
    """The step of ``sealing_key.published``: a new key, and the end of the one it replaces."""
    data = entry.data
    if find("sealing_key", entry.subject) is not None:
        raise LogError("entry {seq} opens {subject}, which is open already",
                       seq=entry.seq, subject=entry.subject)  # fmt: skip
    fresh = SealingKey(
        entry.subject, entry.agency, entry.handling, data["public"], data["fingerprint"], entry.at
    )
    if "replaces" not in data:
        return (fresh,)
    old = find("sealing_key", data["replaces"])
    if old is None or old.owner != entry.agency:
        raise LogError("entry {seq} replaces key {id}, which is not there",
                       seq=entry.seq, id=data["replaces"])  # fmt: skip
    return fresh, replace(old, replaced_by=fresh.id)


def key_retired(key: SealingKey, entry: Entry) -> dict[str, Any]:
    """The change of ``sealing_key.retired``: nothing is encrypted to it any more, and why."""
    return {"retired_at": entry.at, "reason": entry.data["reason"]}
