"""Institutions that left the operation, who speaks for them since, and keys to countersign with.

What an institution opened stays its own in the log. Where it left, another of the same kind may
speak for it: do what its owner could do to a thing that others may see. What is sealed to an
institution never passes on to another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from anoa.errors import LogError
from anoa.oplog import Entry, Handling


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution that left, or came back; those that never left are not told of."""

    id: str
    owner: str  # itself
    handling: Handling
    left_at: datetime
    reason: str
    successor: str | None = None  # speaks for it
    returned_at: datetime | None = None

    @property
    def state(self) -> str:
        """left or returned."""
        return "returned" if self.returned_at else "left"


@dataclass(frozen=True, slots=True)
class CountersignKey:
    """The public key by which an institution countersigns digital seals of the record."""

    id: str
    owner: str
    handling: Handling
    public: str  # a line, as anoa keys show prints it
    published_at: datetime
    replaced_by: str | None = None
    revoked_at: datetime | None = None
    reason: str | None = None

    @property
    def state(self) -> str:
        """current, replaced or revoked."""
        if self.revoked_at:
            return "revoked"
        return "replaced" if self.replaced_by else "current"


AdminItem = Institution | CountersignKey
THINGS: Mapping[str, type] = {"institution": Institution, "countersign_key": CountersignKey}
LETTERS: Mapping[str, str] = {"countersign_key": "Q"}


def has_left(institutions: Mapping[str, Institution], agency: str) -> bool:
    """Whether the institution takes part no longer."""
    found = institutions.get(agency)
    return found is not None and found.state == "left"


def voice_of(institutions: Mapping[str, Institution], agency: str) -> str:
    """Who speaks for an institution: itself, or whoever follows it where it left."""
    seen: set[str] = set()
    while has_left(institutions, agency) and agency not in seen:
        seen.add(agency)
        agency = institutions[agency].successor or agency
    return agency


def current_countersign_key(keys: Mapping[str, Any], agency: str) -> CountersignKey | None:
    """The key by which that institution countersigns now; None where it published none."""
    found = (one for one in keys.values() if one.owner == agency and one.state == "current")
    return next(found, None)


def institution_left(find: Callable[[str, str], Any], entry: Entry) -> tuple[Institution, ...]:
    """The step of ``institution.left``."""
    old = find("institution", entry.subject)
    if old is not None and old.state == "left":
        raise LogError("entry {seq}: {id} left already", seq=entry.seq, id=entry.subject)
    data = entry.data
    return (
        Institution(
            entry.subject, entry.subject, entry.handling, entry.at, data["reason"],
            data.get("successor"),
        ),
    )  # fmt: skip


def institution_returned(old: Institution, entry: Entry) -> dict[str, Any]:
    """The change of ``institution.returned``: it speaks for itself again."""
    return {"returned_at": entry.at, "reason": entry.data["reason"], "successor": None}


def countersign_key_published(
    find: Callable[[str, str], Any], entry: Entry
) -> tuple[CountersignKey, ...]:
    """The step of ``countersign_key.published``: a new key, and the end of the one it replaces."""
    data = entry.data
    if find("countersign_key", entry.subject) is not None:
        raise LogError("entry {seq} opens {subject}, which is open already",
                       seq=entry.seq, subject=entry.subject)  # fmt: skip
    fresh = CountersignKey(entry.subject, entry.agency, entry.handling, data["public"], entry.at)
    if "replaces" not in data:
        return (fresh,)
    old = find("countersign_key", data["replaces"])
    if old is None or old.owner != entry.agency:
        raise LogError("entry {seq} replaces key {id}, which is not there",
                       seq=entry.seq, id=data["replaces"])  # fmt: skip
    return fresh, replace(old, replaced_by=fresh.id)


def countersign_key_revoked(key: CountersignKey, entry: Entry) -> dict[str, Any]:
    """The change of ``countersign_key.revoked``: nothing is signed by it any more, and why."""
    return {"revoked_at": entry.at, "reason": entry.data["reason"]}
