"""``anoa admin``: what the administrator of the machine does about members."""

from __future__ import annotations

import argparse
from datetime import UTC
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.cli.sitrep import moment
from anoa.errors import AnoaError, StorageError

if TYPE_CHECKING:
    from anoa.room.accounts import Limits
    from anoa.room.models import Member, Operation


def add(subparsers: Any) -> None:
    """Add ``admin`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "admin", help="members: list, admit, let go, reset a second factor (while no server runs)",
        description="What the administrator of this machine does about members. While a server "
        "runs on SQLite, it holds the data folder: stop it first, or let a duty officer of the "
        "institution use the page /members.",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    steps.add_parser(
        "members", help="list the members, and whether they have a second factor"
    ).set_defaults(run=_run_members)
    admit = steps.add_parser(
        "admit", help="admit a member, with an account and a password that is printed once"
    )
    admit.add_argument(
        "member", metavar="MEMBER", help="a user name: a role, never the name of a person"
    )
    admit.add_argument("--agency", required=True, metavar="ID", help="whom the member acts for")
    admit.add_argument("--role", required=True, metavar="ROLE", help="what the member may do")
    _add_limits(admit)
    admit.set_defaults(run=_run_admit)
    limit = steps.add_parser(
        "limit", help="limit where and when a member acts; without options: lift the limits"
    )
    limit.add_argument("member", metavar="MEMBER", help="the member's user name")
    _add_limits(limit)
    limit.set_defaults(run=_run_limit)
    for name, said, run in (
        ("leave", "end a member's part: the account is shut, its sessions end", _run_leave),
        ("reset-factor", "take second factor, PIN and sessions from a member", _run_reset),
        ("sign-out", "end all sessions of a member", _run_sign_out),
        ("new-password", "give a member a new password, printed once; sessions end", _run_password),
    ):
        step = steps.add_parser(name, help=said)
        step.add_argument("member", metavar="MEMBER", help="the member's user name")
        step.set_defaults(run=run)


def _add_limits(step: argparse.ArgumentParser) -> None:
    step.add_argument(
        "--region", action="append", default=[], metavar="ID",
        help="a region or unit in which the member acts (may be given again; default: everywhere)",
    )  # fmt: skip
    for name, said in (("from", "from when the member takes part"), ("until", "until when")):
        step.add_argument(
            f"--{name}", dest=f"valid_{name}", metavar="TIME",
            help=f"{said}: with an offset, or in the pack's time",
        )  # fmt: skip

    step.add_argument(
        "--reads", default="", choices=("institutions", "public"),
        help="reads no more than all institutions see, or no more than what is public",
    )  # fmt: skip


def _limits(args: argparse.Namespace) -> Limits:
    from anoa.room import accounts, record

    pack = record.pack_of(_operation())
    start, end = (
        moment(text, pack).astimezone(UTC) if text else None
        for text in (args.valid_from, args.valid_until)
    )
    return accounts.Limits(tuple(dict.fromkeys(args.region)), start, end, args.reads)


def _run_limit(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import accounts

        member, limits = _member(args.member), _limits(args)
        accounts.limit(member, limits)
        told = "is limited from now on" if limits != accounts.NO_LIMITS else "has no limits"
        print(f"The part of {member.ident} {told}. The log says so.")
    return 0


def _run_members(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from allauth.mfa.models import Authenticator

        from anoa.room.models import Member
        from anoa.room.sessions import FACTORS

        held = set(Authenticator.objects.filter(type__in=FACTORS).values_list("user_id", flat=True))
        for one in Member.objects.order_by("agency", "ident"):
            factor = "second factor" if one.user_id in held else "-"
            print(f"{one.ident}  {one.agency or '-'}  {one.role}  {factor}")
    return 0


def _run_admit(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import accounts

        operation, limits = _operation(), _limits(args)
        print(accounts.admit_one(operation, args.member, args.agency, args.role, limits))
    return 0


def _run_leave(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import accounts

        member = _member(args.member)
        accounts.let_go(member)
        print(f"{member.ident} takes part no longer. What it did stays in the log.")
    return 0


def _run_reset(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import factors

        member = _member(args.member)
        factors.reset_by_host(member.operation, member)
        told = "The log says so." if member.agency else "Of no institution, so not in the log."
        print(f"The second factor of {member.ident} is taken off, its sessions have ended. {told}")
    return 0


def _run_sign_out(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import sessions

        member = _member(args.member)
        sessions.end_all(member)
        print(f"All sessions of {member.ident} have ended.")
    return 0


def _run_password(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import accounts

        print(accounts.new_password(_member(args.member)))
    return 0


def _operation() -> Operation:
    from anoa.room import record

    operation = record.current_operation()
    if operation is None:
        raise StorageError("there is no operation here: run anoa demo")
    return operation


def _member(name: str) -> Member:
    from anoa.room.models import Member

    rows = Member.objects.select_related("operation", "user")
    found: Member | None = rows.filter(operation=_operation(), ident=name).first()
    if found is None:
        raise AnoaError("there is no member {name}: anoa admin members lists them", name=name)
    return found
