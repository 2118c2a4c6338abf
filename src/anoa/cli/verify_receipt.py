"""``anoa verify-receipt``: does a sealed log hold what a sender sent? Needs files only."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from anoa.errors import LogError
from anoa.logfile import read_log, shown
from anoa.oplog import Entry, instant_text
from anoa.seals import (
    ReceiptVerdict,
    read_keys,
    read_receipt,
    read_seal,
    verify_receipt,
)

PROVED, REFUSED, UNREADABLE, IN_PART = 0, 1, 2, 3
HEX = re.compile(r"[0-9a-fA-F]{64}\Z")


def add(subparsers: Any) -> None:
    """Add ``verify-receipt`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "verify-receipt", help="check that a sealed log holds what a sender sent",
        description="Check a receipt against keys you trust: that the entry of the log that filed "
        "the submission lies under the digital seal. Needs only the files named here: no pack, no "
        "database, no network.",
        epilog="exit status: 0 proved, 1 refused, 2 a file cannot be read, 3 proved in part",
    )  # fmt: skip
    parser.add_argument(
        "receipt", type=Path, metavar="RECEIPT", help="the file that the page of the receipt gives"
    )
    parser.add_argument(
        "--key", "--keys", dest="keys", type=Path, required=True, metavar="FILE",
        help="public keys you trust, one vkey a line: the log's and those of the institutions",
    )  # fmt: skip
    parser.add_argument(
        "--seal", dest="seals", type=Path, nargs="+", default=[], metavar="SEAL",
        help="copies of the seal that you have from elsewhere; one must be at the same size",
    )  # fmt: skip
    sent = parser.add_mutually_exclusive_group()
    sent.add_argument("--sent", type=Path, metavar="FILE", help="the very bytes that were sent")
    sent.add_argument("--sha256", metavar="HEX", help="their hash, as the first receipt says it")
    parser.add_argument(
        "--log", type=Path, metavar="LOG",
        help="a copy of the log by an institution that reads the entry, where the receipt does not "
        "hold it",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdict and return the exit status."""
    try:
        verdict = verify_receipt(
            read_receipt(args.receipt), read_keys(args.keys),
            seals=[read_seal(path) for path in args.seals], sent_sha256=_sent(args),
            log=read_log(args.log) if args.log else None,
        )  # fmt: skip
    except LogError as error:
        return _unreadable(str(error), as_json=args.json)
    if args.json:
        print(json.dumps(verdict.as_json(), ensure_ascii=False))
    else:
        print("\n".join(sentences(verdict)))
    if not verdict.ok:
        return REFUSED
    return PROVED if verdict.is_whole else IN_PART


def _sent(args: argparse.Namespace) -> str | None:
    """The hash of what was sent, as far as it was given."""
    if args.sent is not None:
        try:
            with args.sent.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise LogError(f"{args.sent} cannot be read: {error.strerror or error}") from error
    if args.sha256 is not None and not HEX.match(args.sha256):
        raise LogError(f"{shown(args.sha256)} is not a hash of 64 hexadecimal digits")
    return args.sha256.lower() if args.sha256 else None


def _unreadable(problem: str, *, as_json: bool) -> int:
    if as_json:
        unknown = {"ok": False, "whole": False, "problems": [problem], "missing": []}
        print(json.dumps(unknown, ensure_ascii=False))
    print(f"anoa verify-receipt: {problem}", file=sys.stderr)
    return UNREADABLE


def sentences(verdict: ReceiptVerdict) -> list[str]:
    """The verdict for people, line by line."""
    lines = [_headline(verdict), *(f"- {problem}" for problem in verdict.problems)]
    lines += [f"Not shown: {missing}." for missing in verdict.missing]
    if verdict.ok and verdict.entry:
        lines += _entry_lines(verdict.entry)
    for one in verdict.cosigned_by:
        lines.append(f"Countersigned at {one.size} by {one.name}, {one.as_json()['at']}.")
    if not verdict.cosigned_by:
        lines.append("Countersigned by nobody: only the log's own key vouches for it.")
    for name in verdict.unknown_signatures:
        lines.append(f"Not checked, as its key is not in the keys file: a signature of {name!r}.")
    return lines


def _headline(verdict: ReceiptVerdict) -> str:
    where = f"entry {verdict.seq} of {shown(verdict.origin)}, sealed at {verdict.size} entries"
    if not verdict.ok:
        return f"REFUSED: this does not prove {where}."
    if verdict.is_whole:
        return f"PROVED: what was sent is {where}."
    return f"PROVED IN PART: {where}."


def _entry_lines(entry: Entry) -> list[str]:
    told = {"at": instant_text(entry.at), "kind": entry.kind, "institution": entry.agency,
            "subject": entry.subject, "handling": str(entry.handling)}  # fmt: skip
    told |= {name: value for name, value in entry.data.items() if name != "submission"}
    return [f"  {_value(name)}: {_value(value)}" for name, value in told.items()]


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() and len(text) <= 200 else shown(text)
