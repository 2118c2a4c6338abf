"""The only writer of the log and of the rows that follow from it.

One thread of a process writes at a time, each act in one transaction: lock the operation, take the
current picture, let the entries be made and the rules answer, insert entries and changed things,
commit, tell the followers. With SQLite one process writes (it holds the data folder); with
PostgreSQL several may, and the lock of the operation's row puts them in order. Pictures are kept
in memory (``history``) and caught up by seq; before each use the last entry is compared with the
database, so that a step that was rolled back leaves nothing.
"""

from __future__ import annotations

import gc
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Max

from anoa import columns
from anoa.coordination.values import THINGS, Item, Rules
from anoa.errors import AnoaError, StorageError
from anoa.oplog import Entry, Handling, plain
from anoa.pack import Pack, load_pack
from anoa.picture import Picture, settle
from anoa.room import local_words, search_rows
from anoa.room.history import History, Mark
from anoa.room.models import EntryRow, Operation, ThingRow
from anoa.room.notices import MOVED, tell
from anoa.room.storage import in_words
from anoa.shelf import Shelf
from anoa.sight import Things

Decide = Callable[[Picture], Sequence[Entry]]
Follower = Callable[[Operation, Picture, tuple[Entry, ...]], None]

_LOCK = threading.RLock()
_HISTORIES: dict[str, History] = {}
_FOLLOWERS: list[Follower] = []
AT_ONCE = 2_000  # entries read by one question
COLUMNS = ("seq", "at", "by", "agency", "kind", "v", "subject", "data", "handling", "cause", "salt")


def current_operation() -> Operation | None:
    """The operation of this room; None before one was opened."""
    return Operation.objects.first()


def pack_of(operation: Operation) -> Pack:
    """The pack of the operation as it was when it opened, with the words of this place."""
    folder = settings.DATA_FOLDER.path / operation.pack_folder
    return local_words.added(_load(folder, operation.pack_digest))


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


def now_of(operation: Operation) -> datetime:
    """The operation's time: the wall clock, or in an exercise the time of its last entry."""
    if operation.exercise:
        at = current_picture(operation).at
        if at is not None:
            return at
    return datetime.now(UTC).replace(microsecond=0)


# Reading


def entries(operation: Operation, after: int = 0, upto: int | None = None) -> tuple[Entry, ...]:
    """The entries of the log with a seq above ``after``, in order, and not above ``upto``."""
    return tuple(_read(operation, after, upto))


def _read(operation: Operation, after: int, upto: int | None = None) -> Iterator[Entry]:
    rows = EntryRow.objects.filter(operation=operation).order_by("seq").values_list(*COLUMNS)
    if upto is not None:
        rows = rows.filter(seq__lte=upto)
    while found := list(rows.filter(seq__gt=after)[:AT_ONCE]):  # as the log only grows at its end
        yield from map(entry_of, found)
        after = found[-1][0]
        if len(found) < AT_ONCE:
            return


def current_picture(operation: Operation) -> Picture:
    """The picture at the end of the log."""
    with _LOCK:
        return _caught_up(operation).head.picture


def lag_of(operation: Operation) -> int:
    """How many entries the picture in memory is behind the log; reads none of them."""
    last = EntryRow.objects.filter(operation=operation).aggregate(last=Max("seq"))["last"] or 0
    history = _HISTORIES.get(operation.pk)
    return last - history.head.seq if history is not None else last


def warm(operation: Operation) -> None:
    """Read the pack, and make the picture of a whole log and its columns, before the room answers.

    What is read then stays for as long as the room runs; so the collector of garbage neither looks
    at it while it grows, which takes half as long again, nor ever after.
    """
    gc.disable()
    try:
        pack_of(operation)
        columns.warm(current_picture(operation))
    finally:
        gc.enable()
    gc.freeze()


def picture_at(
    operation: Operation, *, at: datetime | None = None, seq: int | None = None
) -> Picture:
    """The picture as of an instant, or as of an entry: what replaying the log up to it gives.

    At most a few thousand entries are folded for it, however long the log is.
    """
    upto = seq_at(operation, at) if at is not None else seq
    with _LOCK:
        history = _caught_up(operation)
        start = history.head if upto is None else history.before(max(upto, 0))
    if start.seq and not _is_in_log(operation, start):
        with _LOCK:
            history.forget(lambda mark: _is_in_log(operation, mark))
        start = Mark()
    folded = tuple(_read(operation, start.seq, upto))
    picture = start.picture.extended(folded)
    if folded and upto is not None:
        with _LOCK:
            history.recall(Mark(picture, folded[-1].salt))
    return picture


def seq_at(operation: Operation, at: datetime) -> int:
    """The number of the last entry known at an instant; 0 before the first.

    Times never decrease along a log, so the place is found by halving.
    """
    rows = EntryRow.objects.filter(operation=operation)
    low, high = 0, rows.aggregate(last=Max("seq"))["last"] or 0
    while low < high:
        middle = (low + high + 1) // 2
        if rows.values_list("at", flat=True).get(seq=middle) <= at:
            low = middle
        else:
            high = middle - 1
    return low


def _caught_up(operation: Operation) -> History:
    history = _HISTORIES.setdefault(operation.pk, History())
    found = _read(operation, max(history.head.seq - 1, 0))
    if history.head.seq:
        last = next(found, None)
        if last is None or last.salt != history.head.salt:
            history.forget(lambda mark: _is_in_log(operation, mark))
            found = _read(operation, history.head.seq)
    history.follow(found)
    return history


def _is_in_log(operation: Operation, mark: Mark) -> bool:
    return EntryRow.objects.filter(operation=operation, seq=mark.seq, salt=mark.salt).exists()


def entry_of(row: Sequence[Any]) -> Entry:
    """The entry of a row's values in the order of COLUMNS."""
    seq, at, by, agency, kind, v, subject, data, handling, cause, salt = row
    return Entry(
        seq, at.astimezone(UTC), by, agency, kind, v, subject, data, Handling(handling), cause, salt
    )


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
    return _write(operation, lambda before: _settled(operation, before, decide))


Outcomes = Sequence["tuple[Entry, ...] | AnoaError"]


def write_many(
    operation: Operation,
    decides: Callable[[], Iterable[Decide]],
    keep: Callable[[Outcomes], None],
) -> Outcomes:
    """Put many acts into the log in one transaction, each on the picture after the one before.

    ``decides`` is asked for them inside the transaction, one after the other; an act that is
    refused leaves nothing and its error stands in its place. ``keep`` is told the outcomes before
    the commit; what it writes is kept or undone with the entries.
    """
    outcomes: list[tuple[Entry, ...] | AnoaError] = []

    def step(before: Picture) -> tuple[Picture, tuple[Entry, ...]]:
        made: list[Entry] = []
        for decide in decides():
            try:
                before, mine = _settled(operation, before, decide)
            except AnoaError as error:
                outcomes.append(error)
            else:
                outcomes.append(mine)
                made += mine
        keep(outcomes)
        return before, tuple(made)

    _write(operation, step)
    return outcomes


def _settled(
    operation: Operation, before: Picture, decide: Decide
) -> tuple[Picture, tuple[Entry, ...]]:
    drafts = tuple(decide(before))
    if not drafts:
        return before, ()
    return settle(before, rules_of(operation), drafts, lambda: secrets.token_hex(16))


def _write(
    operation: Operation, step: Callable[[Picture], tuple[Picture, tuple[Entry, ...]]]
) -> tuple[Entry, ...]:
    with _LOCK, _storage_errors(), transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)
        before = current_picture(operation)
        after, made = step(before)
        if not made:
            return ()
        EntryRow.objects.bulk_create(_entry_row(operation, entry) for entry in made)
        changed = _changed(before.things, after.things)
        _upsert(operation, changed)
        search_rows.keep(operation, pack_of(operation), before.things, changed)
        tell(MOVED)
        transaction.on_commit(lambda: _tell(operation, after, made), robust=True)
    with _LOCK:
        history = _HISTORIES[operation.pk]
        if history.head.seq <= before.seq:
            history.keep(Mark(after, made[-1].salt))
    return made


def follow(follower: Follower) -> None:
    """Have a function called after each commit, with the operation, the picture and the entries.

    It runs in the thread that wrote and must not wait for anything.
    """
    _FOLLOWERS.append(follower)


def _tell(operation: Operation, after: Picture, made: tuple[Entry, ...]) -> None:
    for follower in _FOLLOWERS:
        follower(operation, after, made)


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (DatabaseError, OSError) as error:
        if said := in_words(error, settings.DATA_FOLDER.path):
            raise said from error
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
        if isinstance(items, Shelf)
        for item in items.changed_since(before[thing])
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


def renew_rows() -> int:
    """Make the rows of things anew from the log where an earlier anoa wrote them with other fields.

    Returns how many operations had such rows. To be called before the room answers; the log is
    not touched. Rows that were looked at once are not looked at again until the fields change: a
    million of them take a minute.
    """
    renewed = 0
    for operation in Operation.objects.exclude(rows_shape=_SHAPE):
        rows = ThingRow.objects.filter(operation=operation).values_list("thing", "value")
        if any(set(value) != _FIELDS.get(thing) for thing, value in rows.iterator()):
            _make_rows_anew(operation)
            renewed += 1
        Operation.objects.filter(pk=operation.pk).update(rows_shape=_SHAPE)
    return renewed


_FIELDS = {thing: {one.name for one in fields(kind)} for thing, kind in THINGS.items()}
_SHAPE = hashlib.sha256(
    repr(sorted((thing, sorted(names)) for thing, names in _FIELDS.items())).encode()
).hexdigest()


def _make_rows_anew(operation: Operation) -> None:
    with _LOCK, _storage_errors(), transaction.atomic():
        Operation.objects.select_for_update().get(pk=operation.pk)
        picture = Picture.replay(entries(operation))
        ThingRow.objects.filter(operation=operation).delete()
        ThingRow.objects.bulk_create(
            (
                _thing_row(operation, thing, item)
                for thing, items in picture.things.items()
                for item in items.values()
            ),
            batch_size=2000,
        )


def renew_search(*, anew: bool = False) -> None:
    """Make the words of the search where an earlier anoa kept none, or ``anew``."""
    for operation in Operation.objects.all():
        if anew or search_rows.is_missing(operation):
            warm(operation)  # before the transaction, as it takes long
            with _LOCK, _storage_errors(), transaction.atomic():
                Operation.objects.select_for_update().get(pk=operation.pk)
                search_rows.make_anew(operation, pack_of(operation), current_picture(operation))


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
