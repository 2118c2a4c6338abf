"""One file that holds a room: its database, its packs, and on request its keys.

A backup is a tar file packed with gzip. ``manifest.json`` comes first and names every other member
with its size and SHA-256, so that a damaged file is told before anything is used. The database is
copied by SQLite's own online copy within one read transaction: a server may write meanwhile, and
the copy is of one moment. Sessions are left out; so are drafts, unless the keys go along, as
nobody could read them.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from anoa.errors import LogError, StorageError
from anoa.oplog import instant_text, parse_instant
from anoa.room.storage import DataFolder, is_full

FORMAT = "anoa-backup/1"
MANIFEST = "manifest.json"
OF_THIS_MACHINE = (  # stay at home
    "django_session", "room_knownmachine", "room_wrongtries", "room_contactrow",
)  # fmt: skip
PAGES_A_STEP = 2000  # of 4,096 bytes: progress is told about every 8 MB
BLOCK = 1 << 20
LAST = "last-backup"  # in the data folder: when the last one was made

Progress = Callable[[str, int, int], None]  # what, how many bytes or pages, of how many
Fill = Callable[[Path, Progress], None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; ``files`` is (size in bytes, SHA-256) by path."""

    made_at: str
    operation: str
    pack_digest: str
    entries: int
    layout: int  # the version of the data folder
    with_keys: bool
    files: Mapping[str, tuple[int, str]]

    def __post_init__(self) -> None:
        if not self.files or any(_is_odd(name) for name in self.files):
            raise StorageError("the backup names files that do not belong into a data folder")

    @property
    def data(self) -> bytes:
        """The bytes of the manifest."""
        said = {"format": FORMAT} | asdict(self) | {"files": dict(self.files)}
        return json.dumps(said, indent=1, sort_keys=True).encode()


def _is_odd(name: str) -> bool:
    first, *rest = name.split("/")
    below = first in ("packs", "keys") and rest and not any(p in ("", ".", "..") for p in rest)
    return not (name in ("VERSION", "anoa.sqlite3") or below)


def make_backup(
    folder: DataFolder, target: Path, at: datetime, progress: Progress, *,
    with_keys: bool = False, fill: Fill | None = None,
) -> Manifest:  # fmt: skip
    """Write the room of a data folder into one file, mode 0600, whole or not at all.

    May run while a server runs. ``fill`` writes the database where it is not the folder's own
    file. Raises StorageError when there is no operation, when the target is
    there already, or when the disk refuses.
    """
    if target.exists():
        raise StorageError("{path} is there already: name another file", path=target)
    copy = target.with_name(f".{target.name}.{os.getpid()}.sqlite3")
    half = target.with_name(f".{target.name}.{os.getpid()}")
    with told(target):
        try:
            _private(copy).close()
            if fill is None:
                copy_database(folder.database, copy, progress)
            else:
                fill(copy, progress)
            _forget(copy, drafts=not with_keys)
            members = {"anoa.sqlite3": copy, **_files(folder, with_keys=with_keys)}
            manifest = _manifest(folder, copy, members, at, with_keys=with_keys)
            _pack(half, manifest, members, progress)
            os.link(half, target)  # the name is taken only now, and never from another file
        finally:
            for leftover in (half, *copy.parent.glob(f"{copy.name}*")):
                leftover.unlink(missing_ok=True)
    return manifest


def note_backup(folder: DataFolder, at: datetime) -> None:
    """Remember when the last backup of this machine was made; nothing else is kept of it."""
    with suppress(OSError):  # the backup is there all the same
        (folder.path / LAST).write_text(f"{instant_text(at)}\n", "ascii")


def last_backup(folder: DataFolder) -> datetime | None:
    """When the last backup of this machine was made; None when that is not known."""
    try:
        return parse_instant((folder.path / LAST).read_text("ascii").strip())
    except (OSError, UnicodeDecodeError, LogError):
        return None


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the disk or the database file refuses into one plain sentence."""
    try:
        yield
    except FileExistsError as error:
        raise StorageError("{path} is there already: name another file", path=path) from error
    except (OSError, sqlite3.Error) as error:
        if is_full(error):
            raise StorageError(
                "there is no room left for {path}: nothing was kept; make room and do it again",
                path=path,
            ) from error
        why = getattr(error, "strerror", None) or str(error)
        raise StorageError("{path} cannot be written: {why}", path=path, why=why) from error


def _private(path: Path) -> io.FileIO:
    """A new file that only its owner may read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return io.FileIO(handle, "w")


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copy a SQLite database as it is at one moment, while others may write to it."""
    if not source.exists():
        raise StorageError("there is no database {path}", path=source)
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, timeout=20)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes the moment
        old.backup(
            new, pages=PAGES_A_STEP,
            progress=lambda _, left, pages: progress("database", pages - left, pages),
        )  # fmt: skip


def _forget(copy: Path, *, drafts: bool) -> None:
    """Take out of a copy what must not lie about: sessions, and drafts that nobody could read."""
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA secure_delete=ON")
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        for table in (*OF_THIS_MACHINE, *(["room_draft"] if drafts else [])):
            if table in tables:
                database.execute(f"DELETE FROM {table}")  # noqa: S608 (names from above)
        database.commit()


def _files(folder: DataFolder, *, with_keys: bool) -> dict[str, Path]:
    roots = [folder.packs, *([folder.keys] if with_keys else [])]
    found = (
        one for root in roots for one in sorted(root.rglob("*"))
        if one.is_file() and not any(p.startswith(".") for p in one.relative_to(root).parts)
    )  # fmt: skip
    named = {one.relative_to(folder.path).as_posix(): one for one in found}
    return {"VERSION": folder.path / "VERSION"} | named


def _manifest(
    folder: DataFolder, copy: Path, members: Mapping[str, Path], at: datetime, *, with_keys: bool
) -> Manifest:
    with closing(sqlite3.connect(copy)) as database:
        row = None
        with suppress(sqlite3.OperationalError):  # no such table: nothing was opened here yet
            row = database.execute("SELECT ident, pack_digest FROM room_operation").fetchone()
        if row is None:
            raise StorageError("there is no operation in {path}", path=folder.path)
        count = database.execute(
            "SELECT count(*) FROM room_entryrow WHERE operation_id = ?", row[:1]
        ).fetchone()[0]
    files = {name: (path.stat().st_size, digest_of(path)) for name, path in members.items()}
    return Manifest(
        instant_text(at), row[0], row[1], count, folder.version or 0, with_keys, files
    )  # fmt: skip


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(half: Path, manifest: Manifest, members: Mapping[str, Path], progress: Progress) -> None:
    whole = sum(size for size, _ in manifest.files.values())
    done = 0
    with _private(half) as out:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as tar:
            _add(tar, MANIFEST, io.BytesIO(manifest.data), len(manifest.data))
            for name, path in members.items():
                size = manifest.files[name][0]
                with path.open("rb") as file:
                    _add(tar, name, file, size)
                done += size
                progress("file", done, whole)
        out.flush()
        os.fsync(out.fileno())


def _add(tar: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    tar.addfile(info, content)
