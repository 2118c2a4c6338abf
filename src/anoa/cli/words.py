"""``anoa words``: the words of this place that nobody may write, such as names of candidates."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.coordination.kinds import KINDS, Form
from anoa.errors import StorageError
from anoa.screening import ScreenWords, find_parties

if TYPE_CHECKING:
    from anoa.oplog import Entry


def add(subparsers: Any) -> None:
    """Add ``words`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "words", help="names of candidates that nobody may write: check the list, add to it",
        description="The list lies in words/candidates.txt of the data folder (ANOA_DATA), one "
        "word or phrase a line, and in no pack, log, backup or export. What is screened for party "
        "words is screened for these. A running server reads a changed list by itself.",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    check = steps.add_parser(
        "check", help="read the list, and say which entries of the log hold a word of it"
    )
    check.set_defaults(run=_run_check)
    more = steps.add_parser(
        "add", help="add words from standard input, one a line, so that no shell remembers them"
    )
    more.set_defaults(run=_run_add)


def _run_add(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room import local_words

        new = local_words.add(sys.stdin)
        print(f"{new} words are new; {len(local_words.current())} are in {local_words.file()}")
    return 0


def _run_check(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room import local_words, record

        path = local_words.file()
        if not path.exists():
            print(f"There is no list: write one word or phrase a line into {path}")
            return 0
        if path.stat().st_mode & 0o077:
            print(f"Others on this machine may read it: chmod 600 {path}")
        found = ScreenWords(parties=local_words.current())
        print(f"{len(found.parties)} words or phrases in {path}")
        operation = record.current_operation()
        if operation is None:
            raise StorageError("there is no operation here: run anoa demo")
        held = list(_holding(record.entries(operation), found))
    for entry in held:
        print(f"  entry {entry.seq} ({entry.kind} {entry.subject}) holds a word of the list")
    if held:
        print("They were written before the word was listed. No entry is ever changed.")
    else:
        print("No entry of the log holds one.")
    return 0


def _holding(entries: tuple[Entry, ...], words: ScreenWords) -> Iterator[Entry]:
    for entry in entries:
        prose = (one.name for one in KINDS.get(entry.kind, ()) if one.form is Form.PROSE)
        if any(find_parties(str(entry.data.get(name, "")), words) for name in prose):
            yield entry
