"""``anoa admin``: what the administrator of the machine does about members."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room
from anoa.errors import AnoaError, StorageError

if TYPE_CHECKING:
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
    admit.set_defaults(run=_run_admit)
    tie = steps.add_parser(
        "tie-code", help="a code, printed once, that ties an institution's account to a member"
    )
    tie.add_argument("member", metavar="MEMBER", help="the member's user name")
    tie.add_argument("provider", metavar="PROVIDER", help="a name in the file of ANOA_OIDC")
    tie.set_defaults(run=_run_tie_code)
    for name, said, run in (
        ("untie", "take the accounts of institutions off a member", _run_untie),
        ("leave", "end a member's part: the account is shut, its sessions end", _run_leave),
        ("reset-factor", "take second factor, PIN and sessions from a member", _run_reset),
        ("sign-out", "end all sessions of a member", _run_sign_out),
        ("new-password", "give a member a new password, printed once; sessions end", _run_password),
    ):
        step = steps.add_parser(name, help=said)
        step.add_argument("member", metavar="MEMBER", help="the member's user name")
        step.set_defaults(run=run)


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

        print(accounts.admit_one(_operation(), args.member, args.agency, args.role))
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


def _run_tie_code(args: argparse.Namespace) -> int:
    with opened_room():
        from django.conf import settings

        from anoa.room.identity import ties

        provider = settings.OIDC.get(args.provider)
        if provider is None:
            raise AnoaError(
                "ANOA_OIDC names no provider {name}; it names: {known}",
                name=args.provider, known=", ".join(sorted(settings.OIDC)) or "none",
            )  # fmt: skip
        print(ties.make_code(_member(args.member), provider))
    return 0


def _run_untie(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room.identity import ties

        member = _member(args.member)
        count = ties.untie(member)
        print(f"Accounts of institutions taken off {member.ident}: {count}.")
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
