"""``anoa token``: make, list and revoke the tokens by which phones and gateways send."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.errors import AnoaError, StorageError
from anoa.oplog import instant_text

if TYPE_CHECKING:
    from anoa.room.models import Operation, TokenRow

DAYS = 90


def add(subparsers: Any) -> None:
    """Add ``token`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "token", help="make, list and revoke tokens for sending (while no server runs)",
        description="Tokens by which phones, gateways and programs send reports without signing "
        "in. While a server runs, it holds the data folder: use the page /tokens instead.",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    _add_new(steps)
    revoke = steps.add_parser("revoke", help="end a token at once")
    revoke.add_argument("id", metavar="ID", help="the token's id, as 'anoa token list' shows it")
    revoke.set_defaults(run=_run_revoke)
    listed = steps.add_parser("list", help="list the tokens, without their secrets")
    listed.add_argument("--json", action="store_true", help="print JSON")
    listed.set_defaults(run=_run_list)


def _add_new(steps: Any) -> None:
    new = steps.add_parser("new", help="make a token and print it once")
    new.add_argument("--agency", required=True, metavar="ID", help="who owns what comes by it")
    new.add_argument(
        "--label", required=True, metavar="TEXT",
        help="which device, post or gateway it is for; never a person's name",
    )  # fmt: skip
    new.add_argument(
        "--scopes", default="submit,bulk", metavar="WORDS",
        help="what it may do, separated by commas (default: %(default)s)",
    )  # fmt: skip
    new.add_argument("--forms", default="", metavar="IDS", help="only these forms (default: all)")
    new.add_argument("--region", default="", metavar="CODE", help="where the device stands")
    new.add_argument("--member", default="", metavar="NAME", help="a member who answers for it")
    new.add_argument(
        "--days", type=_days, default=DAYS, metavar="DAYS",
        help="how long it is good (default: %(default)s; 0: until it is revoked)",
    )  # fmt: skip
    new.set_defaults(run=_run_new)


def _days(text: str) -> int:
    if not text.isdecimal() or int(text) > 3650:
        raise argparse.ArgumentTypeError("a number of days from 0 to 3650")
    return int(text)


def _run_new(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room.intake import tokens

        at = datetime.now(UTC)
        wanted = tokens.NewToken(
            args.agency, _words(args.scopes), args.label, _words(args.forms), args.member,
            args.region, at + timedelta(days=args.days) if args.days else None,
        )  # fmt: skip
        print(tokens.make(_operation(), wanted, at))
    return 0


def _run_revoke(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room.intake import tokens

        row = tokens.revoke(_operation(), args.id, datetime.now(UTC))
        print(f"{row.ident} ({row.label}) is revoked.")
    return 0


def _run_list(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room.models import TokenRow

        rows = TokenRow.objects.filter(operation=_operation()).order_by("made_at")
        if args.json:
            print(json.dumps([_as_json(row) for row in rows], ensure_ascii=False, indent=1))
            return 0
        for row in rows:
            over = row.revoked_at or row.expires_at
            word = "revoked" if row.revoked_at else "until" if over else "open"
            when = instant_text(over) if over else "-"
            print(f"{row.ident}  {row.agency}  {row.scopes}  {word} {when}  {row.label}")
    return 0


def _as_json(row: TokenRow) -> dict[str, Any]:
    ends = row.revoked_at or row.expires_at
    return {
        "token": row.ident, "agency": row.agency, "label": row.label, "region": row.region,
        "scopes": row.scopes.split(), "forms": row.forms.split(),
        "made_at": instant_text(row.made_at), "ends_at": instant_text(ends) if ends else None,
        "revoked": row.revoked_at is not None,
    }  # fmt: skip


def _operation() -> Operation:
    from anoa.room import record

    operation = record.current_operation()
    if operation is None:
        raise StorageError("there is no operation here: run anoa demo")
    return operation


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if any(" " in word for word in words):
        raise AnoaError("separate words by commas: {text}", text=text)
    return words
