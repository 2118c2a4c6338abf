"""``anoa seal``: sign the head of the log, so that other institutions can countersign it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from anoa.cli.export import write_whole
from anoa.cli.serve import opened_room
from anoa.errors import StorageError


def add(subparsers: Any) -> None:
    """Add ``seal`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "seal", help="sign a digital seal of the record (while no server runs)",
        description="Sign a digital seal of the record in the name of a member. While a server "
        "runs, it holds the data folder: seal in the room instead.",
    )  # fmt: skip
    parser.add_argument("--member", required=True, metavar="NAME", help="who signs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the seal to this file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sign, print what was sealed, and return 0."""
    with opened_room() as folder:
        from anoa.room import actions, outgoing
        from anoa.room.models import Member

        member = Member.objects.select_related("operation").filter(ident=args.member).first()
        if member is None:
            raise StorageError(
                "there is no member '{name}' in {path}", name=args.member, path=folder.path
            )
        actions.do(member, "seal.sign")
        seal = outgoing.seals(member.operation)[-1]
        if args.out:
            write_whole(args.out, bytes(seal.content))
    print(f"Digital seal of the record at {seal.size} entries: {seal.ident}")
    return 0
