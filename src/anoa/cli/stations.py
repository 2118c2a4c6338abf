"""``anoa stations``: check a register of polling stations, and import it for its keeper."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from anoa.errors import AccessDenied, AnoaError, StorageError
from anoa.pack import load_pack
from anoa.stations import LARGEST, RegisterRules, read_register


def add(subparsers: Any) -> None:
    """Add ``stations`` to the parsers of the command line."""
    parser = subparsers.add_parser("stations", help="the register of polling stations")
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    check = steps.add_parser(
        "check", help="list everything that is wrong in a register, and import nothing",
        description="Read FILE.csv against the sub-districts of PACK.",
    )  # fmt: skip
    check.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    check.add_argument("file", type=Path, metavar="FILE", help="the register, CSV in UTF-8")
    check.set_defaults(run=run_check)
    into = steps.add_parser(
        "import", help="import a register into the operation (while no server runs)",
        description="Import FILE.csv in the name of a member of the institution that keeps the "
        "register. It takes the place of an earlier one. While a server runs, it holds the data "
        "folder: use the page /stations instead.",
    )  # fmt: skip
    into.add_argument("file", type=Path, metavar="FILE", help="the register, CSV in UTF-8")
    into.add_argument("--member", required=True, metavar="NAME", help="who imports it")
    into.set_defaults(run=run_import)


def run_check(args: argparse.Namespace) -> int:
    """Check a register; returns 0 when there is nothing to mend."""
    pack = load_pack(args.pack)
    rules = RegisterRules(
        frozenset(pack.sub_districts), pack.operation.pattern, pack.screen_sentences
    )
    stations = read_register(_content(args.file), rules, args.file.name)
    print(f"{args.file}: {len(stations)} polling stations, nothing to mend.")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Import a register; returns 0."""
    from anoa.cli.serve import opened_room

    content = _content(args.file)
    with opened_room():
        from anoa.room.models import Member
        from anoa.room.stations import import_register

        member = Member.objects.select_related("operation").filter(ident=args.member).first()
        if member is None:
            raise AccessDenied("there is no member {name} here", name=args.member)
        made = import_register(member, content, args.file.name)
        if not made:
            raise StorageError("nothing was imported")
        print(f"{made[0].data['rows']} polling stations imported: {made[0].data['digest']}")
    return 0


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise AnoaError("{file} cannot be read: {why}",
                        file=file, why=error.strerror) from error  # fmt: skip
