"""The only writer of the log and of the rows that follow from it.

One process writes (it holds the data folder), one thread at a time, each act in one transaction:
lock the operation, take the current picture, let the entries be made and the rules answer, insert
entries and changed things, commit. The picture is kept in memory and caught up by seq; before
each use its last entry is compared with the database, so that a step that was rolled back leaves
nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction

from anoa.coordination.values import Item, Rules
from anoa.errors import StorageError
from anoa.oplog import Entry, Handling, plain
from anoa.pack import Pack, load_pack
from anoa.picture import Picture, Things, settle
from anoa.room.models import EntryRow, Operation, ThingRow
from anoa.room.storage import full_disk, is_full

Decide = Callable[[Picture], Sequence[Entry]]

_LOCK = threading.RLock()
_PICTURES: dict[str, tuple[Picture, str]] = {}  # with the salt of the last entry


def current_operation() -> Operation | None:
    """The operation of this room; None before one was opened."""
    return Operation.objects.first()


def pack_of(operation: Operation) -> Pack:
    """The pack of the operation as it was when the operation opened."""
    return _load(settings.DATA_FOLDER.path / operation.pack_folder, operation.pack_digest)


@lru_cache(maxsize=4)
def _load(folder: Path, digest: str) -> Pack:
    pack = load_pack(folder)
    if pack.digest != digest:
        raise StorageError(
            "the stored pack {folder} was changed after it was opened", folder=folder
        )
    return pack


def rules_of(operation: Operation) -> Rules:
    """The rules that the operation's pack lays down."""
    return pack_of(operation).rules


# Reading


def entries(operation: Operation, after: int = 0) -> tuple[Entry, ...]:
    """The entries of the log with a seq above ``after``, in order."""
    rows = EntryRow.objects.filter(operation=operation, seq__gt=after).order_by("seq")
    return tuple(_entry(row) for row in rows.iterator(chunk_size=2000))


def current_picture(operation: Operation) -> Picture:
    """The picture at the end of the log."""
    with _LOCK:
        picture, salt = _PICTURES.get(operation.pk, (Picture(), ""))
        found = entries(operation, max(picture.seq - 1, 0))
        if picture.seq and (not found or found[0].salt != salt):
            picture, found = Picture(), entries(operation)
        elif picture.seq:
            found = found[1:]
        if not found and picture.seq:
            return picture
        picture = Picture.replay(found) if not picture.seq else _caught_up(picture, found)
        _keep(operation, picture, found[-1].salt if found else "")
        return picture


def _caught_up(picture: Picture, found: Iterable[Entry]) -> Picture:
    for entry in found:
        picture = picture.apply(entry)
    return picture


def _keep(operation: Operation, picture: Picture, salt: str) -> None:
    _PICTURES[operation.pk] = (picture, salt)


def _entry(row: EntryRow) -> Entry:
    return Entry(
        row.seq, row.at.astimezone(UTC), row.by, row.agency, row.kind, row.v, row.subject, row.data,
        Handling(row.handling), row.cause, row.salt,
    )  # fmt: skip


# Writing


@contextmanager
def lock() -> Iterator[None]:
    """Hold the writer's lock over several steps; take it before a transaction, never within one."""
    with _LOCK:
        yield


def write(operation: Operation, decide: Decide) -> tuple[Entry, ...]:
    """Put into the log what ``decide`` drafts on the current picture, and what rules make of it.

    ``decide`` runs under the lock and inside the transaction; what it writes is kept or undone with
    the entries. Raises what it raises, and StorageError when the disk is full; then nothing is
    kept.
    """
    with _LOCK, _storage_errors(), transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)
        before = current_picture(operation)
        drafts = tuple(decide(before))
        if not drafts:
            return ()
        after, made = settle(before, rules_of(operation), drafts, lambda: secrets.token_hex(16))
        EntryRow.objects.bulk_create(_entry_row(operation, entry) for entry in made)
        _upsert(operation, _changed(before.things, after.things))
    with _LOCK:
        _keep_if_next(operation, before, after, made[-1].salt)
    return made


def _keep_if_next(operation: Operation, before: Picture, after: Picture, salt: str) -> None:
    kept = _PICTURES.get(operation.pk)
    if kept is None or kept[0].seq <= before.seq:
        _keep(operation, after, salt)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, OSError) as error:
        if is_full(error):
            raise full_disk(settings.DATA_FOLDER.path) from error
        raise


def _entry_row(operation: Operation, entry: Entry) -> EntryRow:
    return EntryRow(
        operation=operation, seq=entry.seq, at=entry.at, by=entry.by, agency=entry.agency,
        kind=entry.kind, v=entry.v, subject=entry.subject, data=plain(entry.data),
        handling=str(entry.handling), cause=entry.cause, salt=entry.salt,
    )  # fmt: skip


def _changed(before: Things, after: Things) -> list[tuple[str, Item]]:
    return [
        (thing, item)
        for thing, items in after.items()
        for ident, item in items.items()
        if before[thing].get(ident) is not item
    ]


def _upsert(operation: Operation, changed: Iterable[tuple[str, Item]]) -> None:
    ThingRow.objects.bulk_create(
        [_thing_row(operation, thing, item) for thing, item in changed],
        update_conflicts=True,
        unique_fields=["operation", "thing", "ident"],
        update_fields=["owner", "region", "state", "handling", "due", "value"],
    )


def _thing_row(operation: Operation, thing: str, item: Item) -> ThingRow:
    return ThingRow(
        operation=operation, thing=thing, ident=item.id, owner=item.owner,
        region=getattr(item, "region", None) or "", state=str(getattr(item, "state", "")),
        handling=str(item.handling), due=getattr(item, "due", None), value=plain(asdict(item)),
    )  # fmt: skip


# Proof


def rows_equal_replay(operation: Operation) -> bool:
    """Whether the rows say exactly what replaying the log gives."""
    picture = Picture.replay(entries(operation))
    wanted = {
        (thing, item.id): _facts(_thing_row(operation, thing, item))
        for thing, items in picture.things.items()
        for item in items.values()
    }
    rows = ThingRow.objects.filter(operation=operation)
    return wanted == {(row.thing, row.ident): _facts(row) for row in rows}


def _facts(row: ThingRow) -> tuple[object, ...]:
    return row.owner, row.region, row.state, row.handling, row.due, row.value
