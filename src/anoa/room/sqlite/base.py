"""Django's SQLite, whose writers of one process wait in a line instead of asking again and again.

SQLite lets one writer in at a time. A second one sleeps and tries again, longer each time, so that
under load it may wait a second for what took a millisecond. As one process alone writes to a data
folder, its threads take a lock before they begin to write.
"""

from __future__ import annotations

import threading
from typing import Any

from django.db.backends.sqlite3 import base

PATIENCE_S = 20.0  # then SQLite's own waiting decides
_LINE = threading.RLock()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that holds the lock of the process from ``BEGIN`` to the end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._holds = False

    def _start_transaction_under_autocommit(self) -> None:
        self._holds = _LINE.acquire(timeout=PATIENCE_S)
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._let_go()
            raise

    def _commit(self) -> Any:
        done = super()._commit()
        self._let_go()  # after a commit that failed there is a rollback
        return done

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._let_go()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._holds:
            self._holds = False
            _LINE.release()
