"""``anoa export``: the operation log as a LOG file for one reader, with its seals and keys."""

from __future__ import annotations

import argparse
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anoa.cli.serve import opened_room
from anoa.errors import AnoaError, StorageError
from anoa.oplog import Handling

PUBLIC, INSTITUTIONS = "public", "institutions"
MEMBER = re.compile(r"[a-z][a-z0-9-]{1,39}\Z")


def add(subparsers: Any) -> None:
    """Add ``export`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "export", help="write the operation log to a file",
        description="Write the operation log as JSON Lines, with the seals of the record and the "
        "public key of the log. What the reader may not see stands there as a hash only. "
        "May run while a server runs.",
    )  # fmt: skip
    parser.add_argument("log", type=Path, nargs="?", metavar="LOG", help="file to write")
    parser.add_argument("--out", type=Path, metavar="LOG", help="the same; - is standard output")
    parser.add_argument(
        "--as", dest="reader", default=INSTITUTIONS, metavar="READER",
        help="an institution of the pack, 'public', or 'institutions': what all of them may see "
        "(default)",
    )  # fmt: skip
    parser.add_argument(
        "--for", dest="taker", default="host-admin", metavar="MEMBER",
        help="whose copy it is, an opaque id as of a member; stands in the first line (default: "
        "host-admin)",
    )  # fmt: skip
    parser.add_argument(
        "--seals", type=Path, metavar="FOLDER", help="also write seals and keys.txt to this folder"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the files and say what was written; returns 0."""
    target = args.out or args.log
    if target is None:
        raise AnoaError("name the file to write: anoa export LOG")
    if not MEMBER.match(args.taker):
        raise AnoaError("--for takes a member's user name, never a person's: small letters, "
                        "digits and hyphens")  # fmt: skip
    with opened_room(alone=False) as folder:
        from anoa.room import copies, outgoing, record

        operation = record.current_operation()
        if operation is None:
            raise StorageError("there is no operation in {path}", path=folder.path)
        agency, widest = _reader(args.reader, record.rules_of(operation).agencies)
        copy = copies.mark(operation.pk, f"{args.reader}/{args.taker}", datetime.now(UTC))
        raw = outgoing.log_bytes(operation, agency, widest, copy)
        if str(target) == "-":
            sys.stdout.buffer.write(raw)
        else:
            write_whole(target, raw)
        count = raw.count(b"\n") - 1
        said = [f"{count} entries to {target}"]
        if args.seals:
            said += _write_seals(args.seals, operation)
    for line in said:
        print(f"anoa export: {line}", file=sys.stderr)
    return 0


def _reader(word: str, agencies: Any) -> tuple[str | None, Handling]:
    if word == PUBLIC:
        return None, Handling.PUBLIC
    if word == INSTITUTIONS:
        return INSTITUTIONS, Handling.INSTITUTIONS
    if word not in agencies:
        raise AnoaError(
            "there is no institution '{word}' in the pack: name one of {known}, or public",
            word=word, known=", ".join(agencies),
        )  # fmt: skip
    return word, agencies[word].sees


def _write_seals(folder: Path, operation: Any) -> list[str]:
    from anoa.room import outgoing
    from anoa.room.actions import log_key

    folder.mkdir(parents=True, exist_ok=True)
    found = outgoing.seals(operation)
    for seal in found:
        write_whole(folder / f"{seal.ident}.seal", bytes(seal.content))
    write_whole(folder / "keys.txt", f"{log_key(operation).public.vkey}\n".encode())
    return [f"{len(found)} digital seals and keys.txt to {folder}"]


def write_whole(target: Path, content: bytes) -> None:
    """Write the file at once, so that no half file is ever there; StorageError when it cannot."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StorageError(
            "{path} cannot be written: {why}", path=target, why=error.strerror or error
        ) from error
