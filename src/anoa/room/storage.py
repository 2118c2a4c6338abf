"""The data folder: its version, the lock of its one server, and the keys that lie in it.

VERSION              the layout of the folder, a whole number
lock                 held (flock) by the one process that writes
anoa.sqlite3         the database, unless ANOA_DATABASE_URL names another
keys/                secrets, mode 0600, never in a backup
packs/               the packs of the operations as they were when these opened
certificates/        certificates of deletion, outside database and backups; see ``retention``
words/               words of this place that are screened like a party's, never in a backup
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from anoa.errors import StorageError

VERSION = 1
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL_WORDS = ("database or disk is full", "disk i/o error", "no space left on device")
FULL_STATE = "53100"  # what PostgreSQL calls these things
LOCKED_STATE = "55P03"
AWAY_STATES = ("08", "57P0", "53300", "28", "3D000")
AWAY_NAMES = ("OperationalError", "InterfaceError", "ConnectionTimeout", "ConnectionFailure")
OURS = (
    "VERSION",
    "lock",
    "anoa.sqlite3",
    "keys",
    "packs",
    "certificates",
    "words",
    "lost+found",
)  # beginnings of names


def data_path(environ: Mapping[str, str] | None = None) -> Path:
    """The data folder: ANOA_DATA, else ``anoa`` in the user's own data directory.

    >>> data_path({"ANOA_DATA": "/srv/anoa"}).as_posix()
    '/srv/anoa'
    """
    environ = os.environ if environ is None else environ
    if named := environ.get("ANOA_DATA"):
        return Path(named).expanduser().absolute()
    home = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser().absolute() / "anoa"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A folder that holds everything a room keeps."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "anoa.sqlite3"

    @property
    def packs(self) -> Path:
        """Where the packs of the operations lie."""
        return self.path / "packs"

    @property
    def certificates(self) -> Path:
        """Where certificates of deletion lie, so that a restored backup is purged again."""
        return self.path / "certificates"

    @property
    def local_words(self) -> Path:
        """The words of this place that nobody may write, one a line; there need be none."""
        return self.path / "words" / "candidates.txt"

    @property
    def keys(self) -> Path:
        """Where secrets lie."""
        return self.path / "keys"

    @property
    def version(self) -> int | None:
        """The version of the layout; None when nothing was written here yet."""
        try:
            text = (self.path / "VERSION").read_text("ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StorageError("{path}/VERSION cannot be read", path=self.path) from error
        if not text.isdigit():
            raise StorageError("{path}/VERSION does not hold a version", path=self.path)
        return int(text)

    def check(self) -> None:
        """Refuse a folder that this anoa must not touch; changes nothing."""
        version = self.version
        if version is not None and version > VERSION:
            raise StorageError(
                "the data folder {path} is of version {version} and this anoa knows {known}: "
                "install the newer anoa; nothing was touched",
                path=self.path, version=version, known=VERSION,
            )  # fmt: skip
        if version is None and self.path.is_dir():
            foreign = [one for one in self.path.iterdir() if not one.name.startswith(OURS)]
            if foreign:
                raise StorageError(
                    "{path} holds other files and is no data folder of anoa: "
                    "name an empty folder by ANOA_DATA",
                    path=self.path,
                )  # fmt: skip

    def prepare(self) -> None:
        """Make the folder and its version file where they are missing; refuse a newer one."""
        self.check()
        with storage_errors(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
            self.packs.mkdir(exist_ok=True)
            if self.version != VERSION:
                self._write_version()

    def _write_version(self) -> None:
        fresh = self.path / "VERSION.new"
        with fresh.open("w", encoding="ascii") as file:
            file.write(f"{VERSION}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / "VERSION")

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder alone; StorageError when another process does.

        The kernel frees the lock when the process ends, however it ends.
        """
        with storage_errors(self.path):
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StorageError(
                    "another anoa holds the data folder {path}: stop it first, or name another "
                    "folder by ANOA_DATA",
                    path=self.path,
                ) from error
            yield
        finally:
            os.close(handle)

    def secret(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret of that name in ``keys/``, made once, readable by its owner only."""
        file = self.keys / name
        with suppress(FileNotFoundError):
            return file.read_bytes()
        with storage_errors(self.path):
            self.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.keys / f".{name}.{os.getpid()}.{threading.get_ident()}"
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(make())
                out.flush()
                os.fsync(handle)
            with suppress(FileExistsError):
                os.link(fresh, file)  # the first one stays
            fresh.unlink()
        return file.read_bytes()


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def is_full(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, says that the disk is full."""
    for one in _causes(error):
        if isinstance(one, OSError) and one.errno in FULL:
            return True
        if isinstance(one, sqlite3.Error) and any(w in str(one).lower() for w in FULL_WORDS):
            return True
        if getattr(one, "sqlstate", None) == FULL_STATE:
            return True
    return False


def is_away(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, says that PostgreSQL cannot be reached now.

    A commit whose answer was lost is among them: whether it was kept, only the log can tell.
    """
    for one in _causes(error):
        if type(one).__module__.partition(".")[0] != "psycopg":
            continue
        state = getattr(one, "sqlstate", None)
        if state is None and type(one).__name__ in AWAY_NAMES:
            return True
        if state is not None and state.startswith(AWAY_STATES):
            return True
    return False


def in_words(error: BaseException, path: Path) -> StorageError | None:
    """The sentence for an error of the disk or of the database server; None for any other."""
    if is_full(error):
        return full_disk(path)
    if is_away(error):
        return StorageError(
            "the database server cannot be reached: nothing that was recorded before is lost. "
            "Look at the log when it is back before you do this step again"
        )
    if any(getattr(one, "sqlstate", None) == LOCKED_STATE for one in _causes(error)):
        return StorageError(
            "another step takes long and holds the log: nothing of this step was kept; do it again"
        )
    return None


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into one plain sentence."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise full_disk(path) from error
        raise StorageError(
            "the data folder {path} cannot be used: {why}",
            path=path, why=error.strerror or error,
        ) from error  # fmt: skip


def full_disk(path: Path) -> StorageError:
    """The sentence for a full disk."""
    return StorageError(
        "there is no room left for the data folder {path}: nothing of this step was kept and "
        "nothing before it was lost; make room and do it again",
        path=path,
    )  # fmt: skip
