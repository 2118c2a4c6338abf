"""``anoa backup``: the whole room in one file, also while its server runs."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.errors import StorageError

if TYPE_CHECKING:
    from anoa.room.backup import Progress

TELL_EVERY_S = 2.0
LAY_OUT = "from anoa.cli.serve import opened_room\nwith opened_room():\n    pass\n"
NO_KEYS = (
    "It holds no keys: nobody can read reporters' words or seal by it, and it holds no drafts. "
    "Keep a copy of keys/ of the data folder elsewhere."
)
WITH_KEYS = (
    "It holds the keys: whoever has this file can seal in the name of this log and read reporters' "
    "words. Keep it where you would keep the keys."
)


def add(subparsers: Any) -> None:
    """Add ``backup`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "backup", help="write the whole room into one file (a server may run)",
        description="Write the database and the packs of the data folder (ANOA_DATA) into one file "
        "that anoa restore reads. May run while a server runs. Nobody stays signed in by it.",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FILE", help="file to write; must be new")
    parser.add_argument(
        "--with-keys", action="store_true",
        help="also the keys: then the file must be kept as secret as they are",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the backup and say what is in it; returns 0."""
    from anoa.room.backup import make_backup, note_backup
    from anoa.room.storage import DataFolder, data_path

    folder = DataFolder(data_path())
    folder.check()
    if not (folder.database.exists() or on_postgresql()):
        raise StorageError("there is no operation in {path}", path=folder.path)
    target = args.file.absolute()
    at = datetime.now(UTC).replace(microsecond=0)
    done = make_backup(
        folder, target, at, teller("backup"),
        with_keys=args.with_keys, fill=_from_postgresql if on_postgresql() else None,
    )  # fmt: skip
    note_backup(folder, at)
    print(f"{done.operation} at {done.entries} entries to {target} ({target.stat().st_size} bytes)")
    print(WITH_KEYS if args.with_keys else NO_KEYS)
    return 0


def on_postgresql() -> bool:
    """Whether the room's database is not the file in its data folder."""
    return bool(os.environ.get("ANOA_DATABASE_URL"))


def _from_postgresql(copy: Path, progress: Progress) -> None:
    """Fill the empty file with the tables of a new room and the rows of PostgreSQL."""
    with TemporaryDirectory(prefix="anoa-", dir=copy.parent) as folder:
        on_sqlite(Path(folder), ["-c", LAY_OUT])
        shutil.copyfile(Path(folder) / "anoa.sqlite3", copy)
    with opened_room(alone=False):
        from anoa.room.moving import copy_to_file

        copy_to_file(copy, progress)


def on_sqlite(folder: Path, args: Sequence[str]) -> str:
    """Run Python on a data folder whose database is SQLite; returns what it printed.

    In a process of its own, as Django knows one database for its tables and their changes.
    """
    environment = {name: os.environ[name] for name in os.environ if name != "ANOA_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, *args], env=environment | {"ANOA_DATA": str(folder)}, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it ended without a word"]
        raise StorageError("{why}", why=said[-1].partition(": ")[2] or said[-1])
    return done.stdout


def teller(command: str) -> Progress:
    """A function that says how far a long work is, every two seconds."""
    last = time.monotonic()

    def tell(what: str, done: int, whole: int) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            share = 100 * done // max(whole, 1)
            print(f"anoa {command}: {what} {share} %", file=sys.stderr, flush=True)

    return tell
