"""Many rows by one statement: what PostgreSQL does in a third of the time of row by row.

Columns travel as arrays in binary form, so that neither side builds or parses text for them.
SQLite is fastest with one prepared statement for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection


def insert(model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of values in the order of ``columns``, within the transaction that is open.

    Raises IntegrityError as a save would; then the transaction must be undone.
    """
    if connection.vendor == "postgresql":
        _by_arrays(_statement(model, tuple(columns)), rows)
        return
    with connection.cursor() as cursor:
        cursor.executemany(_insertion(model, tuple(columns)), rows)


def insert_unless(
    model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], key: Sequence[str]
) -> int:
    """Insert on SQLite the rows whose key is new; returns how many those were."""
    statement = _insertion(model, tuple(columns)) + f" ON CONFLICT ({', '.join(key)}) DO NOTHING"
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)


@cache
def _insertion(model: Any, columns: tuple[str, ...]) -> str:
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608


def insert_new(
    model: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], wanted: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Insert on PostgreSQL the rows that break no constraint; the wanted columns of those.

    Waits for another transaction that is about to store the same, so that what was left out is
    there to be read afterwards.
    """
    statement = _statement(model, tuple(columns)) + (
        f" ON CONFLICT DO NOTHING RETURNING {', '.join(wanted)}".encode()
    )
    return _by_arrays(statement, rows)


def _by_arrays(statement: bytes, rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    import psycopg

    connection.ensure_connection()
    arrays = [list(values) for values in zip(*rows, strict=True)]
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,  # binds on the server, unlike Django's
    ):
        cursor.execute(statement, arrays, prepare=True)
        return cursor.fetchall() if cursor.description else []


@cache
def _statement(model: Any, columns: tuple[str, ...]) -> bytes:
    fields = {field.column: field for field in model._meta.concrete_fields}
    types = [fields[column].rel_db_type(connection) if fields[column].primary_key
             else fields[column].db_type(connection) for column in columns]  # fmt: skip
    arrays = ", ".join(f"%b::{_plain(kind)}[]" for kind in types)
    names = ", ".join(columns)
    return f"INSERT INTO {model._meta.db_table} ({names}) SELECT * FROM unnest({arrays})".encode()  # noqa: S608


def _plain(kind: str) -> str:
    """The type without its length, which the column checks."""
    return kind.partition("(")[0]
