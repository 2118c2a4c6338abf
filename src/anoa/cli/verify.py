"""``anoa verify``: does a LOG say what its digital seals say? Needs the files and nothing else."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from anoa.errors import LogError
from anoa.logfile import entries_of_kinds, scan_log
from anoa.seals import Verdict, read_keys, read_seal, verify_log
from anoa.seals.ended import ENDINGS, Late, ended_keys, late_cosignatures

SOUND, DIFFERS, UNREADABLE = 0, 1, 2


def add(subparsers: Any) -> None:
    """Add ``verify`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "verify", help="check a log against its digital seals",
        description="Check an operation log against its digital seals of the record. Needs only "
        "the files named here: no pack, no database, no network.",
        epilog="exit status: 0 sound, 1 differs, 2 a file cannot be read",
    )  # fmt: skip
    parser.add_argument("log", type=Path, metavar="LOG", help="the log, as anoa export writes it")
    parser.add_argument(
        "seals", type=Path, nargs="+", metavar="SEAL",
        help="digital seals or bare checkpoints, in any order",
    )  # fmt: skip
    parser.add_argument(
        "--keys", type=Path, required=True, metavar="FILE",
        help="public keys you trust, one vkey a line: the log's and those of the institutions",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdict and return the exit status."""
    try:
        keys = read_keys(args.keys)
        seals = [read_seal(path) for path in args.seals]
        verdict = verify_log(scan_log(args.log), seals, keys)
        late = late_cosignatures(seals, ended_keys(entries_of_kinds(args.log, ENDINGS)))
    except LogError as error:
        return _unreadable(str(error), as_json=args.json)
    gone = {one.cosigned for one in late}
    counted = tuple(one for one in verdict.cosigned_by if one not in gone)
    verdict = replace(verdict, cosigned_by=counted)
    if args.json:
        said = verdict.as_json() | {"not_counted": [one.as_json() for one in late]}
        print(json.dumps(said, ensure_ascii=False))
    else:
        print("\n".join([*sentences(verdict), *_not_counted(late)]))
    return SOUND if verdict.ok else DIFFERS


def _unreadable(problem: str, *, as_json: bool) -> int:
    if as_json:
        unknown = dict.fromkeys(("size", "sealed_to", "first_bad_seq"))
        print(json.dumps({"ok": False, **unknown, "problem": problem}, ensure_ascii=False))
    print(f"anoa verify: {problem}", file=sys.stderr)
    return UNREADABLE


def _not_counted(late: Sequence[Late]) -> list[str]:
    return [
        f"Not counted: a cosignature at {one.cosigned.size} by a key of {one.cosigned.name} that "
        f"the log ended at entry {one.seq}."
        for one in late
    ]


def sentences(verdict: Verdict) -> list[str]:
    """The verdict for people, line by line."""
    lines = [_headline(verdict), *(f"- {problem}" for problem in verdict.problems)]
    if verdict.unsealed:
        first = verdict.sealed_to + 1
        lines.append(f"Unsealed: entries {first} to {verdict.size}; nothing proves them yet.")
    for one in verdict.cosigned_by:
        lines.append(f"Countersigned at {one.size} by {one.name}, {one.as_json()['at']}.")
    if not verdict.cosigned_by:
        lines.append("Countersigned by nobody: only the log's own key vouches for it.")
    if verdict.hidden:
        lines.append(f"Hidden from this reader: {verdict.hidden}; only their hashes were compared.")
    for name in verdict.unknown_signatures:
        lines.append(f"Not checked, as its key is not in the keys file: a signature of {name!r}.")
    return lines


def _headline(verdict: Verdict) -> str:
    if verdict.ok:
        return f"SOUND: {verdict.size} entries, digitally sealed to entry {verdict.sealed_to}."
    if verdict.first_bad_seq is None:
        return f"NOT PROVED: {verdict.size} entries."
    return f"DIFFERS from entry {verdict.first_bad_seq} on ({verdict.size} entries)."
