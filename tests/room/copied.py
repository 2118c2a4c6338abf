"""A room in a process of its own that begins where the tests' operation stands."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.databases import at_database

AGENCY = "polda-sultra"


@contextmanager
def rows_of(data: Path, blocker) -> Iterator[None]:
    """Read and write the rows of that data folder by the models while the block runs."""
    with blocker.unblock(), at_database(str(data / "anoa.sqlite3")):
        yield


def copied(folder: Path, blocker, **wanted: dict) -> tuple[Path, dict[str, str]]:
    """A data folder with the operation of the tests, a token for each name, and hooks.

    Each kind of hook stands among the tokens with its id, and with its secret.
    """
    from django.conf import settings
    from django.db import connection

    from anoa.room import record
    from anoa.room.intake import hooks
    from anoa.room.intake.storing import vault
    from anoa.room.intake.tokens import NewToken, make

    if connection.vendor != "sqlite":
        import pytest

        pytest.skip("copies a file of SQLite")
    vault()  # its key goes along
    data = folder / "data"
    shutil.copytree(
        settings.DATA_FOLDER.path, data, ignore=shutil.ignore_patterns("*.sqlite3*", "lock*")
    )
    with (
        closing(sqlite3.connect(str(connection.settings_dict["NAME"]))) as source,
        closing(sqlite3.connect(data / "anoa.sqlite3")) as target,
    ):
        source.backup(target)
    with rows_of(data, blocker):
        operation, at = record.current_operation(), datetime.now(UTC)
        held = {"agency": AGENCY, "scopes": ["submit", "bulk"], "label": "a device"}
        tokens = {
            name: make(operation, NewToken(**(held | more)), at) for name, more in wanted.items()
        }
        for kind in hooks.KINDS:
            row, tokens[f"{kind} secret"] = hooks.make(
                operation, hooks.NewHook(kind, AGENCY, "a gateway"), at, ""
            )
            tokens[kind] = row.ident
    return data, tokens
