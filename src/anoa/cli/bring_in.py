"""``anoa import``: a table of reports from a file to a serving room, by a token."""

from __future__ import annotations

import argparse
import csv
import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from anoa.errors import AnoaError

GOOD, FAULTY = 0, 1
SHOWN = 20
PATIENCE_S = 900
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADING = ("row", "column", "value", "what", "hint")


def add(subparsers: Any) -> None:
    """Add ``import`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "import", help="bring a CSV or XLSX table of reports into a serving room",
        description="Send a table to a room, a row for each report, by a token with the scope "
        "bulk. The same rows again double nothing. Exit code: 0 all rows without fault, 1 some "
        "with faults, 2 it could not be done.",
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE", type=Path, help="the CSV or XLSX file")
    parser.add_argument("--form", required=True, metavar="ID", help="the form each row answers")
    parser.add_argument("--to", required=True, metavar="URL", help="the address of the room")
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--token", metavar="TOKEN", help="a token with the scope bulk")
    given.add_argument(
        "--token-file", type=Path, metavar="FILE", help="a file with the token, unseen by others"
    )
    parser.add_argument(
        "--mapping", type=Path, metavar="FILE",
        help='JSON: {"columns": {"HEAD": "FIELD"}, "fixed": {"FIELD": "VALUE"}}; the field @id is '
        "the row's own number; without it columns are recognised by their heads",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only check; nothing is taken in")
    parser.add_argument("--errors", type=Path, metavar="FILE", help="write the faults there as CSV")
    parser.add_argument(
        "--authority", type=Path, metavar="FILE", help="the certificate that https is trusted by"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send the file and tell what became of it."""
    query = {"form": args.form, "dry": "1" if args.dry_run else "0"}
    if args.mapping:
        query["mapping"] = json.dumps(_mapping(args.mapping))
    said = _sent(args, query)
    faults = said["faults"]
    if args.errors:
        _write(args.errors, faults)
    _tell(said, args)
    return FAULTY if faults or said["counts"]["faulty"] else GOOD


def _mapping(path: Path) -> Any:
    try:
        return json.loads(_read(path))
    except ValueError as error:
        raise AnoaError("{file}: this is no JSON: {why}", file=path, why=error) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AnoaError("{file}: {why}", file=path, why=error.strerror) from error


def _sent(args: argparse.Namespace, query: Mapping[str, str]) -> Any:
    token = args.token or _read(args.token_file).decode(errors="replace").strip()
    address = f"{args.to.rstrip('/')}/api/v1/imports?{urlencode(query)}"
    if urlsplit(address).scheme not in ("http", "https") or not token.isascii():
        raise AnoaError("name the address of the room as https://… and a token of it")
    request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
        address, data=_read(args.file),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"},
    )  # fmt: skip
    trust = ssl.create_default_context(cafile=args.authority) if args.authority else None
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S, context=trust) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise AnoaError("{why}", why=_problem(error)) from error
    except (OSError, ValueError) as error:
        raise AnoaError("{url}: {why}", url=args.to, why=error) from error


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the room answered {error.code}"


def _write(path: Path, faults: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADING)
        for one in faults:
            cells = [str(one[name]) for name in HEADING]
            writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])


def _tell(said: Mapping[str, Any], args: argparse.Namespace) -> None:
    counts = said["counts"]
    for note in said["notes"]:
        print(note, file=sys.stderr)
    for head, why in said["left_out"].items():
        print(f"left out: {head} ({why})", file=sys.stderr)
    for one in said["faults"][:SHOWN]:
        print(f"{args.file}:{one['row']}: {one['column']}: {one['what']} ({one['hint']})",
              file=sys.stderr)  # fmt: skip
    if len(said["faults"]) > SHOWN:
        print(f"… and {len(said['faults']) - SHOWN} more: see --errors", file=sys.stderr)
    print(f"{counts['rows']} rows: {counts['good']} without fault, {counts['faulty']} with faults.")
    if not args.dry_run:
        print(f"{counts['received']} new, {counts['repeated']} were here before, "
              f"{counts['conflict']} were here with other content.")  # fmt: skip
