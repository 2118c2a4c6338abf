"""Carrying certificates out again: what a backup brought back is deleted before a page is served.

A certificate whose root stands in the log was carried out in the same transaction as its entry,
so only those that the log does not know are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from anoa.coordination.retention import Deletion, Keeping
from anoa.picture import Picture
from anoa.room import record
from anoa.room.models import Operation
from anoa.room.retention import ledger
from anoa.room.retention.due import now, scope_of
from anoa.room.retention.purging import Choice, Deleter, certified
from anoa.room.retention.stores import STORES
from anoa.seals import Certificate


@dataclass(frozen=True, slots=True)
class Again:
    """How many certificates were looked at, and what was deleted again by how many of them."""

    certificates: int = 0
    carried_out: int = 0
    things: int = 0


def carry_out(operation: Operation, certificates: Iterable[Certificate]) -> Again:
    """Delete again what each certificate names and is there; the log is told of each that did.

    Certificates of other operations are passed over.
    """
    seen = carried = things = 0
    for one in certificates:
        if one.operation != operation.pk:
            continue
        seen += 1
        if is_known(record.current_picture(operation), one):
            continue
        if count := _one(operation, one):
            carried, things = carried + 1, things + count
    return Again(seen, carried, things)


def from_place(operation: Operation, place: Path | None) -> Again:
    """Carry out what lies in a folder or file, and keep it in the folder of this room."""
    if place is None:
        return Again()
    found = [one for one in ledger.read_all(place) if one.operation == operation.pk]
    done = carry_out(operation, found)
    for one in found:
        ledger.put(one)
    return done


def of_this_machine(operation: Operation) -> Again:
    """Carry out what lies in the data folder; and write there what only the database holds."""
    done = carry_out(operation, ledger.read_all(ledger.folder()))
    ledger.write_missing(operation)
    return done


def is_known(picture: Picture, certificate: Certificate) -> bool:
    """Whether the log holds that certificate, or that it was carried out again."""
    return any(
        isinstance(one, Deletion) and one.root == certificate.root
        for one in picture.things["deletion"].values()
    )


def _one(operation: Operation, certificate: Certificate) -> int:
    names, data, count = frozenset(certificate.names), certificate.entry.data, 0

    def choose(picture: Picture) -> Choice | None:
        nonlocal count
        keeping = _keeping(certificate)
        scope = scope_of(operation, picture, None)
        rows = [one for one in STORES[keeping.klass].look(scope, keeping) if one.name in names]
        count = len(rows)
        return (keeping, str(data["whose"]), rows) if rows else None

    certified(Deleter(operation), choose, now(operation), again=certificate)
    return count


def _keeping(certificate: Certificate) -> Keeping:
    """The rule as the certificate says it, whatever the pack says now."""
    after, _, days = str(certificate.entry.data["rule"]).rpartition("-")
    return Keeping(certificate.klass, after, int(days.removesuffix("d")))
