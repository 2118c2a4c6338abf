"""A room's rows from PostgreSQL into a SQLite file and back, so that one backup fits both.

The file is one that anoa made itself and brought to the present form; rows are copied table by
table in the order of their keys, all of one moment. What belongs to a machine or to an hour stays
behind: sessions, locked screens, marks of keys, files of reports, numbers to call back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from anoa.errors import StorageError
from anoa.room import record
from anoa.room.backup import Progress
from anoa.room.models import (
    ContactRow,
    ExportFile,
    ExportPiece,
    KeyMark,
    KnownMachine,
    LockedScreen,
    Operation,
    WrongTries,
)
from anoa.room.proof import Proof, prove

FILE = "file"  # the alias of the SQLite file
STAYS = (
    Session, LockedScreen, KeyMark, ExportFile, ExportPiece, KnownMachine, WrongTries, ContactRow,
)  # fmt: skip
AT_ONCE = 1_000  # rows
ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


def copy_to_file(path: Path, progress: Progress) -> None:
    """Copy all rows of the room into the SQLite file, which has its tables; others may write on."""
    with _file(path), transaction.atomic(FILE), transaction.atomic():
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(ONE_MOMENT)
        _copy(DEFAULT_DB_ALIAS, FILE, progress)


def load_from_file(path: Path, progress: Progress) -> Proof:
    """Copy all rows of the SQLite file into the empty room of PostgreSQL, and prove it.

    All in one transaction. Raises StorageError when the database holds a room already, or when
    what it then holds does not agree with its log.
    """
    with _file(path), transaction.atomic():
        if Operation.objects.exists():
            raise StorageError("the database of ANOA_DATABASE_URL holds a room: name an empty one")
        _copy(FILE, DEFAULT_DB_ALIAS, progress)
        _count_on()
        operation = record.current_operation()
        if operation is None:
            raise StorageError("there is no operation in the backup")
        KeyMark.objects.all().delete()  # the keys of the backup come with it, or later
        return prove(operation)


@contextmanager
def _file(path: Path) -> Iterator[None]:
    """The file as a second database of Django."""
    wanted: dict[str, Any] = {
        "ENGINE": "django.db.backends.sqlite3", "NAME": path,
        "OPTIONS": {"init_command": "PRAGMA synchronous=OFF;"},  # a copy that is synced as a whole
    }  # fmt: skip
    both = {DEFAULT_DB_ALIAS: dict(connections.settings[DEFAULT_DB_ALIAS]), FILE: wanted}
    connections.settings[FILE] = connections.configure_settings(both)[FILE]
    try:
        yield
    finally:
        connections[FILE].close()
        del connections[FILE]
        del connections.settings[FILE]


def _models() -> list[Any]:
    found = apps.get_models(include_auto_created=True)
    return [one for one in found if one._meta.managed and one not in STAYS]


def _copy(source: str, target: str, progress: Progress) -> None:
    """Copy all tables; references are checked when the transaction ends."""
    models = _models()
    for model in reversed(models):  # what laying out the tables put there
        model._base_manager.using(target).all()._raw_delete(target)
    for number, model in enumerate(models):
        for rows in _rows(model, source):
            model._base_manager.using(target).bulk_create(rows, batch_size=AT_ONCE)
        progress("table", number + 1, len(models))


def _rows(model: Any, source: str) -> Iterator[list[Any]]:
    """The rows of a table as new ones, some at a time, in the order of the primary key."""
    names = [field.attname for field in model._meta.concrete_fields]
    key = names.index(model._meta.pk.attname)
    rows = model._base_manager.using(source).order_by("pk").values_list(*names)
    after: Any = None
    while found := list((rows if after is None else rows.filter(pk__gt=after))[:AT_ONCE]):
        yield [model(**dict(zip(names, row, strict=True))) for row in found]
        after = found[-1][key]


def _count_on() -> None:
    """Let the numbers that PostgreSQL gives go on after those that were copied."""
    database = connections[DEFAULT_DB_ALIAS]
    with database.cursor() as cursor:
        for statement in database.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)
