"""Several machines on one PostgreSQL: what they tell each other, and what they must share.

Each has a data folder and a process of its own. The lock of the operation's row puts their writes
in order, and every process asks the log before it trusts its own memory. So nothing here is needed
for what is recorded. It is needed for what is *shown* at once: after a commit the database notifies
the other processes, and each tells its own open pages. A notice that is lost costs nothing but
time, as whoever listens anew looks at the log first.

With SQLite there is one process, and everything here does nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connection, connections

from anoa.errors import StorageError
from anoa.room import actions, drafts, factors, likeness, record
from anoa.room.intake import contacts, storing
from anoa.room.models import KeyMark
from anoa.room.notices import CHANNEL, ME, is_shared

if TYPE_CHECKING:
    from anoa.room.live import Hub
    from anoa.room.storage import DataFolder

SETTING_UP = 0x616E6F61  # the advisory lock of whoever changes tables
SHARED_KEYS = (  # not those of https, which each machine may have for itself and renew
    "session.key", "likeness.key", "drafts.key", "intake.key", "submissions.key", "log-*.key",
    "exercise-*.key", "factors.key", "contacts.key",
)  # fmt: skip
BEAT_S = 1.0  # between looks at whether the server is to stop
AGAIN_S = (0.2, 1.0, 2.0, 5.0)  # before listening is tried again; the last one stays
AT_ONCE = 1_000  # entries told after a break; pages that are further behind ask the database


@contextmanager
def setting_up() -> Iterator[None]:
    """Change tables while no other machine does."""
    if not is_shared():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [SETTING_UP])
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [SETTING_UP])
        connection.close()  # and with it what was set


# Keys


def check_keys() -> None:
    """Refuse a data folder whose keys are not those of the database, or that lacks one.

    The database knows a keyed digest of each key file, never a key. With two keys for one
    purpose, one machine could not read what the other encrypted. Keys that are new are made and
    made known here, so that a copy of the folder has all of them.
    """
    if not is_shared():
        return
    folder: DataFolder = settings.DATA_FOLDER
    held, known = _marks(folder), dict(KeyMark.objects.values_list("name", "mark"))
    wrong = sorted(name for name, mark in known.items() if held.get(name) != mark)
    if wrong:
        raise StorageError(
            "the key {name} in {path} is not the one of this database: copy keys/ and packs/ from "
            "the data folder of the machine that opened the room",
            name=wrong[0], path=folder.path,
        )  # fmt: skip
    _make_all_keys()
    fresh = {name: mark for name, mark in _marks(folder).items() if name not in known}
    KeyMark.objects.bulk_create(
        (KeyMark(name=name, mark=mark) for name, mark in fresh.items()), ignore_conflicts=True
    )


def _marks(folder: DataFolder) -> dict[str, str]:
    return {
        path.name: _mark(path.read_bytes())
        for pattern in SHARED_KEYS
        for path in sorted(folder.keys.glob(pattern))
    }


def _make_all_keys() -> None:
    """Make now what is else made on first use."""
    likeness.key()
    drafts.cipher()
    factors.cipher()
    storing.vault()
    contacts.safe()
    if (operation := record.current_operation()) is not None:
        actions.log_key(operation)


def _mark(key: bytes) -> str:
    return hmac.digest(hashlib.sha256(key).digest(), b"anoa key mark", "sha256").hex()


# Listening


class Ear:
    """Hears what other processes tell, in a thread of its own, for as long as a room is served."""

    def __init__(self, hub: Hub, hearers: Mapping[str, Callable[[str], object]]) -> None:
        self._hub = hub
        self._hearers = hearers
        self._seq = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_listening = threading.Event()

    def start(self) -> None:
        """Begin to listen; does nothing where nobody else can tell anything."""
        if is_shared() and self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="ear", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop listening and wait for the end of it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        tries = 0
        while not self._stop.is_set():
            with suppress(Exception):  # the server is away: everything is looked up afterwards
                self._listen()
                tries = 0
            was_listening = self.is_listening.is_set()
            self.is_listening.clear()
            tries = 0 if was_listening else min(tries + 1, len(AGAIN_S) - 1)
            self._stop.wait(AGAIN_S[tries])
        connection.close()

    def _listen(self) -> None:
        with _own_connection() as database:
            database.execute(f"LISTEN {CHANNEL}")
            self._hear_all()  # what came while nobody listened
            self.is_listening.set()
            while not self._stop.is_set():
                found = {
                    tuple(notice.payload.split(" ", 2)[1:])
                    for notice in database.notifies(timeout=BEAT_S, stop_after=1)
                    if not notice.payload.startswith(ME)
                }
                for kind, what in sorted(found):
                    self._hear(kind, what)

    def _hear_all(self) -> None:
        self._hear("moved", "")
        for kind in self._hearers:
            self._hear(kind, "")

    def _hear(self, kind: str, what: str) -> None:
        close_old_connections()
        if kind == "moved":
            self._catch_up()
        elif kind in self._hearers:
            self._hearers[kind](what)

    def _catch_up(self) -> None:
        """Give the hub what the log holds beyond what was given before."""
        operation = record.current_operation()
        if operation is None:
            return
        picture = record.current_picture(operation)
        after = max(self._seq or picture.seq - 1, picture.seq - AT_ONCE, 0)
        made = record.entries(operation, after, picture.seq)
        self._seq = picture.seq
        if made:
            self._hub.publish(operation, picture, made)


def _own_connection() -> Any:
    """A connection of psycopg's own, as listening blocks it."""
    import psycopg

    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    asked = wrapper.get_connection_params()
    wanted = {name: asked[name] for name in asked if name not in ("context", "cursor_factory",
              "prepare_threshold", "server_side_binding")}  # fmt: skip
    return psycopg.connect(**wanted, autocommit=True)
