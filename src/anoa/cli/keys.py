"""``anoa keys``: make a signing or a sealing key, and show what belongs to one."""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path
from typing import Any

from anoa.cli import sealing
from anoa.errors import LogError
from anoa.seals import KeyKind, PrivateKey, read_private_key, write_private_key

DONE, FAILED = 0, 2


def add(subparsers: Any) -> None:
    """Add ``keys`` with its commands to the parsers of the command line."""
    keys = subparsers.add_parser(
        "keys", help="make and show keys for digital seals of the record and for sealed text",
        description="Keys for digital seals of the record and for sealed text. A private key never "
        "leaves the machine it was made on; hand its public line to the others in person or on "
        "paper.",
    )  # fmt: skip
    commands = keys.add_subparsers(dest="keys_command", metavar="COMMAND", required=True)
    new = commands.add_parser(
        "new", help="make a private key and print its public line",
        description="Make a private key, readable by its owner only, and print its public line.",
    )  # fmt: skip
    new.add_argument("name", metavar="NAME", help="who signs, as in commission.example/anoa")
    new.add_argument("--out", type=Path, required=True, metavar="FILE", help="must not exist yet")
    new.add_argument(
        "--kind", choices=[str(kind) for kind in KeyKind], default=str(KeyKind.COSIGNER),
        help="cosigner for an institution (default); log for the log itself, NAME = its origin",
    )  # fmt: skip
    new.set_defaults(run=run)
    show = commands.add_parser("show", help="print the public line of a private key")
    show.add_argument("file", type=Path, metavar="FILE", help="the private key")
    show.set_defaults(run=run)
    sealing.add(commands)


def run(args: argparse.Namespace) -> int:
    """Make or read the key, print its vkey, and return the exit status."""
    try:
        key = _new(args) if args.keys_command == "new" else read_private_key(args.file)
    except LogError as error:
        print(f"anoa keys: {error}", file=sys.stderr)
        return FAILED
    print(key.public.vkey)
    return DONE


def _new(args: argparse.Namespace) -> PrivateKey:
    key = PrivateKey(args.name, KeyKind(args.kind), secrets.token_bytes(32))
    write_private_key(args.out, key)
    return key
