"""The digital seal of the record as a thing that institutions share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anoa.oplog import Handling


@dataclass(frozen=True, slots=True)
class Sealing:
    """A digital seal of the record: how far it reaches, and who countersigned."""

    id: str
    owner: str
    size: int
    root: str
    key: str
    signed_at: datetime
    countersigned: tuple[str, ...] = ()  # public keys
    countersigners: tuple[str, ...] = ()  # whose they are, in the same order
    handling: Handling = Handling.PUBLIC
