"""``anoa new-pack``: a commented pack to begin from, which check accepts and demo serves."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anoa.errors import AnoaError
from anoa.pack.kinds import ID, known_zone
from anoa.pack.skeleton import skeleton
from anoa.pack.skeleton_values import NewPack

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,6})?\Z")


def add(subparsers: Any) -> None:
    """Add ``new-pack`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "new-pack", help="write a commented pack to begin from",
        description="Write a pack with every file and field, each with what it holds. What stands "
        "in it is invented; anoa check accepts it and counts what is left to replace.",
    )  # fmt: skip
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    parser.add_argument("--id", metavar="ID", help="the pack's id (default: the folder's name)")
    parser.add_argument(
        "--languages", default="en", metavar="LIST", help="languages, by commas (%(default)s)"
    )
    parser.add_argument(
        "--time-zone", default="UTC", metavar="ZONE", help="an IANA name (%(default)s)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the files and say what to do next; returns 0."""
    folder: Path = args.folder
    new = NewPack(
        _id(args.id or folder.resolve().name.lower()), _languages(args.languages),
        _zone(args.time_zone), datetime.now(UTC).date(),
    )  # fmt: skip
    files = skeleton(new)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise AnoaError("{folder} is not an empty folder: name another one", folder=folder)
        for name, text in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnoaError(
            "{folder} cannot be written: {why}", folder=folder, why=error.strerror
        ) from error
    print(f"{folder} holds {len(files)} files. Everything in them is invented.")
    print(f"What they hold: {folder}/README.md. What is left to replace: anoa check {folder}")
    print(f"To see it: anoa demo --pack {folder}")
    return 0


def _id(text: str) -> str:
    if not ID.match(text) or len(text) > 60:
        raise AnoaError(
            "'{id}' is not an id: give --id, of small letters, digits and . _ -", id=text
        )
    return text


def _languages(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in found:
        if not LANGUAGE.match(word):
            raise AnoaError("'{word}' is not a language: write as in --languages en,fr", word=word)
    return found


def _zone(text: str) -> str:
    if not known_zone(text):
        raise AnoaError("'{zone}' is not a time zone: write an IANA name", zone=text)
    return text
