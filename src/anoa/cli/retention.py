"""``anoa retention``: what is kept how long, what is due, its deletion, and its certificates."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.coordination.retention import CLASSES
from anoa.errors import LogError, NotAllowed, StorageError
from anoa.logfile import read_log
from anoa.seals import (
    CertificateVerdict,
    read_certificate,
    read_keys,
    read_seal,
    verify_certificate,
)

if TYPE_CHECKING:
    from anoa.room.models import Operation
    from anoa.room.retention.due import Due

SOUND, REFUSED, UNREADABLE, UNSEALED = 0, 1, 2, 3


def add(subparsers: Any) -> None:
    """Add ``retention`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "retention", help="what stored material is due for deletion; delete it; check certificates",
        description="Stored material of people is kept as long as the pack says and then deleted, "
        "with a certificate in the log. Nothing is deleted unasked: run purge from the timetable "
        "of the machine, or let duty officers use the page /retention.",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    shown = steps.add_parser("due", help="list what would go now and why, what is held, what waits")
    shown.set_defaults(run=_run_due)
    purge = steps.add_parser("purge", help="delete what is due (no server may run on SQLite)")
    purge.add_argument("--dry-run", action="store_true", help="delete nothing: the same as due")
    purge.set_defaults(run=_run_purge)
    for one in (shown, purge):
        one.add_argument(
            "--class", dest="classes", action="append", choices=sorted(CLASSES), metavar="CLASS",
            help=f"only this class, may be given more than once: {', '.join(CLASSES)}",
        )  # fmt: skip
    check = steps.add_parser(
        "check", help="check a certificate against a copy of the log; needs no database",
        epilog="exit status: 0 it stands in the log, under a seal; 1 refused; 2 a file cannot be "
        "read; 3 it stands in the log, and no seal with these keys covers it",
    )  # fmt: skip
    check.add_argument("certificate", type=Path, metavar="CERTIFICATE")
    check.add_argument("--log", type=Path, required=True, metavar="LOG", help="a copy of the log")
    check.add_argument("--seal", dest="seals", type=Path, nargs="+", default=[], metavar="SEAL")
    check.add_argument("--key", "--keys", dest="keys", type=Path, metavar="FILE",
                       help="public keys you trust, one a line")  # fmt: skip
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=_run_check)


def _classes(args: argparse.Namespace) -> tuple[str, ...]:
    return tuple(args.classes or CLASSES)


def _operation() -> Operation:
    from anoa.room import record

    operation = record.current_operation()
    if operation is None:
        raise StorageError("there is no operation here: run anoa demo")
    return operation


def _run_due(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room import record
        from anoa.room.retention.due import due, now

        operation = _operation()
        picture = record.current_picture(operation)
        for one in due(operation, picture, None, now(operation), _classes(args)):
            print("\n".join(_told(one)))
    print("Nothing was deleted.")
    return 0


def _told(one: Due) -> list[str]:
    """One class: its rule, what goes, what is held, what waits and for what."""
    rule = one.keeping
    lines = [f"{one.klass}: {rule.days} days after {rule.after.replace('_', ' ')}"]
    lines.append(f"  due now: {len(one.found)}{' and more' if one.more else ''}")
    for found in one.listed:
        what = f" ({found.subject})" if found.subject else ""
        why = f"{found.base:%Y-%m-%d}" + (f", {found.why} was never settled" if found.why else "")
        came = f"{found.came:%Y-%m-%d}"
        lines.append(f"    {found.of} {found.name[:12]}{what}: came {came}, counts from {why}")
    for held in one.held:
        lines.append(f"  held by {held.hold}: {held.material.of} {held.material.name[:12]} "
                     f"({held.material.subject})")  # fmt: skip
    kept = f"  kept: {one.kept}"
    if one.kept:
        kept += f", {one.open} of them not settled" if one.open else ""
        kept += f"; next on {one.next_at:%Y-%m-%d}" if one.next_at else ""
    return [*lines, kept]


def _run_purge(args: argparse.Namespace) -> int:
    if args.dry_run:
        return _run_due(args)
    with opened_room():
        from anoa.room.retention import ledger, purging

        operation = _operation()
        try:
            made = purging.purge(purging.Deleter(operation), _classes(args))
        except NotAllowed as error:
            print(error)
            return 0
        for one in made:
            data = one.entry.data
            what = f"{data['deleted']} of {one.klass} of {data['whose']} deleted ({data['rule']})"
            print(f"{one.entry.subject}: {what}; entry {one.entry.seq}, root {one.root}")
        print(f"The certificates lie in {ledger.folder()}: keep a copy where the backups are not.")
    return 0


def _run_check(args: argparse.Namespace) -> int:
    try:
        verdict = verify_certificate(
            read_certificate(args.certificate), read_log(args.log),
            [read_seal(path) for path in args.seals], read_keys(args.keys) if args.keys else (),
        )  # fmt: skip
    except LogError as error:
        print(f"anoa retention: {error}", file=sys.stderr)
        return UNREADABLE
    if args.json:
        print(json.dumps(verdict.as_json(), ensure_ascii=False))
    else:
        print("\n".join(_sentences(verdict)))
    if not verdict.ok:
        return REFUSED
    return SOUND if verdict.is_sealed else UNSEALED


def _sentences(verdict: CertificateVerdict) -> list[str]:
    entry, names = verdict.certificate.entry, len(verdict.certificate.names)
    if not verdict.ok:
        return ["REFUSED", *(f"- {problem}" for problem in verdict.problems)]
    data = entry.data
    lines = [
        f"Certificate {entry.subject} stands in the log as entry {entry.seq}, by {entry.by} of "
        f"{entry.agency}.",
        f"{names} of class {verdict.certificate.klass} of {data['whose']} were deleted under the "
        f"rule {data['rule']} of pack version {data['pack_version']}; the names give the root.",
        f"{verdict.in_log} of them are named by entries that this copy of the log shows.",
    ]
    if verdict.is_sealed:
        lines.append(f"A seal at {verdict.sealed_to} entries covers it.")
    else:
        lines.append("No seal with these keys covers it yet: give --seal and --key.")
    return lines
