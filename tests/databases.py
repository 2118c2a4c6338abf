"""Another database in place of the tests' own, while a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_database(name: str) -> Iterator[None]:
    """Turn the connection to another database (a file, with SQLite) while the block runs."""
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
