"""What one process tells the others that use the same PostgreSQL; with SQLite there are none.

A notice goes out when the transaction is committed in which it was told, and never otherwise. It
names what moved and holds nothing of it. ``together`` hears it.
"""

from __future__ import annotations

import secrets

from django.db import connection

CHANNEL = "anoa"
ME = secrets.token_hex(8)  # this process among those that listen
MOVED = "moved"  # the log
SCREENS = "screens"  # a session ended or was locked
TOKENS = "tokens"  # a token was revoked


def is_shared() -> bool:
    """Whether the room lies in a database that other machines may use too."""
    return bool(connection.vendor == "postgresql")


def tell(kind: str, what: str = "") -> None:
    """Tell the other processes that something of that kind moved."""
    if is_shared():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{ME} {kind} {what}"])
