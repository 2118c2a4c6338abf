"""``anoa restore``: a backup becomes a data folder, compared in every part before it is used."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anoa.cli.backup import on_postgresql, on_sqlite, teller
from anoa.cli.serve import opened_room
from anoa.errors import StorageError

if TYPE_CHECKING:
    from anoa.room.proof import Proof
    from anoa.room.retention.again import Again


def add(subparsers: Any) -> None:
    """Add ``restore`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "restore", help="make a data folder from a backup",
        description="Make a new data folder from a file that anoa backup wrote. The file, the log, "
        "its seals and its reports are compared first; the folder is there whole or not at all.",
    )  # fmt: skip
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    parser.add_argument(
        "--into", type=Path, required=True, metavar="FOLDER", help="the folder: new or empty"
    )
    parser.add_argument(
        "--certificates", type=Path, metavar="PLACE",
        help="certificates of deletion, a folder or a file (default: certificates/ of the data "
        "folder ANOA_DATA): what they name is deleted again",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restore, prove, and say how to go on; returns 0."""
    from anoa.room.restore import unpacked

    target = args.into.expanduser().absolute()
    place = _certificates(args.certificates)
    if on_postgresql():
        return _into_postgresql(args.file.absolute(), target, place)
    with unpacked(args.file, target, teller("restore")) as (beside, manifest):
        proof, again = _proved(beside, place)
        if proof.entries != manifest.entries:
            raise StorageError(
                "the backup tells of {said} entries, and {found} are in it",
                said=manifest.entries, found=proof.entries,
            )  # fmt: skip
    print(f"{manifest.operation} of {manifest.made_at} is restored into {target}")
    print(f"{proof.entries} entries; the rows are what the log gives")
    print(f"{proof.seals} digital seals hold, up to entry {proof.sealed_to}; "
          f"{proof.reports} issued reports are unchanged")  # fmt: skip
    if not manifest.with_keys:
        print("It holds no keys: put your copy of keys/ into it before you serve. Without them "
              "reporters' words stay unread and the log gets a new key.")  # fmt: skip
    print("\n".join(_deleted_again(again, place, manifest.made_at)))
    print(f"Go on with: ANOA_DATA={target} anoa serve")
    return 0


def _certificates(named: Path | None) -> Path | None:
    """Where certificates are looked for; None where there are none."""
    from anoa.room.storage import DataFolder, data_path

    place = (named or DataFolder(data_path()).certificates).expanduser().absolute()
    if place.exists():
        return place
    if named is not None:
        raise StorageError("there are no certificates in {path}", path=place)
    return None


def _deleted_again(again: Again, place: Path | None, made_at: str) -> list[str]:
    """What became of the certificates, in sentences."""
    if place is None:
        return [
            "No certificates of deletion were found. If anything was deleted after "
            f"{made_at}, it is back: restore again with --certificates and the folder "
            "certificates/ of the old data folder, before you serve."
        ]
    told = f"{again.certificates} certificates of deletion were looked at"
    if not again.things:
        return [f"{told}; nothing that they name was in the backup"]
    return [f"{told}; {again.things} things that the backup had brought back are deleted again"]


def _into_postgresql(file: Path, target: Path, place: Path | None) -> int:
    """Restore into a folder with SQLite, which proves it, and move its rows on."""
    named = ["--certificates", str(place)] if place else []
    command = ["-m", "anoa", "restore", str(file), "--into", str(target), *named]
    print(on_sqlite(target, command), end="")
    os.environ["ANOA_DATA"] = str(target)
    database = target / "anoa.sqlite3"
    try:
        with opened_room():
            from anoa.room.moving import load_from_file

            proof = load_from_file(database, teller("restore"))
    except BaseException:
        shutil.rmtree(target)
        raise
    for left in target.glob("anoa.sqlite3*"):
        left.unlink()
    print(f"{proof.entries} entries are in the database of ANOA_DATABASE_URL; the rows are what "
          "the log gives")  # fmt: skip
    return 0


def _proved(folder: Path, certificates: Path | None) -> tuple[Proof, Again]:
    """Prove what was restored; then delete again what the certificates name."""
    os.environ["ANOA_DATA"] = str(folder)
    with opened_room():
        from django.db import connections

        from anoa.room import proof, record
        from anoa.room.retention import again

        operation = record.current_operation()
        if operation is None:
            raise StorageError("there is no operation in the backup")
        found = proof.prove(operation)
        done = again.from_place(operation, certificates)
        connections.close_all()
    return found, done
