"""``anoa admin``: what the administrator of the machine does about institutions and members."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from anoa.cli import processing
from anoa.cli.serve import opened_room
from anoa.cli.sitrep import moment
from anoa.errors import AnoaError, StorageError
from anoa.oplog import instant_text

if TYPE_CHECKING:
    from anoa.room.accounts import Limits
    from anoa.room.models import Member, Operation


def add(subparsers: Any) -> None:
    """Add ``admin`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "admin", help="institutions, members, keys: list, admit, let go, reset, retire",
        description="What the administrator of this machine does about institutions, members and "
        "keys. While a server runs on SQLite, it holds the data folder: stop it first, or let a "
        "duty officer of the institution use the pages /members and /sealing-keys. What only "
        "lists may run beside a server.",
    )  # fmt: skip
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    _add_lists(steps)
    _add_institutions(steps)
    processing.add(steps)
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


def _add_lists(steps: Any) -> None:
    for name, said, run in (
        ("institutions", "list the institutions: members, keys, tokens, last act, what is open",
         _run_institutions),
        ("members", "list the members, and whether they have a second factor", _run_members),
        ("keys", "list the public keys of institutions and log, and the secrets by name",
         _run_keys),
    ):  # fmt: skip
        step = steps.add_parser(name, help=said)
        step.add_argument("--json", action="store_true", help="print JSON")
        step.set_defaults(run=run)


def _add_institutions(steps: Any) -> None:
    left = steps.add_parser(
        "institution-left", help="end an institution's part; what it owns stays its own",
        description="The members of the institution leave, their accounts are shut, its tokens "
        "and hooks revoked, its keys retired, in one step that the log tells. What it opened "
        "stays its own; whoever --successor names may do with it what the owner could, but for "
        "what is sealed.",
    )  # fmt: skip
    left.add_argument("agency", metavar="ID", help="the institution's id in the pack")
    left.add_argument("--reason", required=True, metavar="TEXT", help="why; the log tells it")
    left.add_argument(
        "--successor", default="", metavar="ID", help="who speaks for it: one of the same kind"
    )
    left.set_defaults(run=_run_left)
    back = steps.add_parser("institution-back", help="let an institution take part again")
    back.add_argument("agency", metavar="ID", help="the institution's id in the pack")
    back.add_argument("--reason", required=True, metavar="TEXT", help="why; the log tells it")
    back.set_defaults(run=_run_back)
    retire = steps.add_parser(
        "retire-key", help="retire a sealing key, or revoke a countersigning key, that is lost",
        description="As when an institution lost a key and none of its members can sign in. What "
        "was sealed to a lost key stays sealed for ever; what was countersigned by it stays "
        "signed. A new key is published by the institution itself, on the page /sealing-keys.",
    )  # fmt: skip
    retire.add_argument("key", metavar="KEY", help="as anoa admin keys lists it: K-0001, Q-0001")
    retire.add_argument("--reason", required=True, metavar="TEXT", help="why; the log tells it")
    retire.set_defaults(run=_run_retire)


def _run_institutions(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room import institutions

        found = institutions.standings(_operation())
        if args.json:
            return _print_json(found)
        for one in found:
            keys = f"sealing {one.sealing_key or '-'}  countersigning {one.countersign_key or '-'}"
            voice = f" -> {one.successor}" if one.successor else ""
            last = instant_text(one.last_act) if one.last_act else "-"
            print(f"{one.agency}  {one.state}{voice}  members {one.members}  tokens {one.tokens}  "
                  f"{keys}  open {one.open_things}  last {last}")  # fmt: skip
    return 0


def _run_keys(args: argparse.Namespace) -> int:
    with opened_room(alone=False):
        from anoa.room import institutions

        found = institutions.keys(_operation())
        if args.json:
            return _print_json(found)
        for one in found:
            since = instant_text(one.since) if one.since else "-"
            print(f"{one.id}  {one.what}  {one.agency}  {one.state}  {since}  {one.public or '-'}")
    return 0


def _run_left(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import institutions

        done = institutions.let_institution_go(
            _operation(), args.agency, args.reason, args.successor
        )
    voice = f"{done.successor} speaks for them." if done.successor else "Nobody speaks for them."
    print(f"{args.agency} takes part no longer; the log says so. Accounts shut: {done.members}. "
          f"Tokens and hooks revoked: {done.tokens + done.hooks}. Keys retired: "
          f"{', '.join(done.keys) or 'none'}.")  # fmt: skip
    print(f"What it opened stays its own; still open: {done.open_things}. {voice}")
    return 0


def _run_back(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import institutions

        institutions.let_institution_back(_operation(), args.agency, args.reason)
    print(f"{args.agency} takes part again; the log says so. Admit its members by anoa admin "
          "admit; keys and tokens are made anew.")  # fmt: skip
    return 0


def _run_retire(args: argparse.Namespace) -> int:
    with opened_room():
        from anoa.room import institutions

        owner = institutions.retire_key(_operation(), args.key, args.reason)
    print(f"{args.key} of {owner} is used no more; the log says so.")
    print("What was sealed to it opens with its key file alone: if that is lost, so is the text."
          if args.key.startswith("K") else "What it signed before stays signed.")  # fmt: skip
    return 0


def _print_json(found: Sequence[Any]) -> int:
    rows = [
        {name: instant_text(value) if isinstance(value, datetime) else value
         for name, value in asdict(one).items()}
        for one in found
    ]  # fmt: skip
    print(json.dumps(rows, ensure_ascii=False, indent=1))
    return 0


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
        rows = list(Member.objects.select_related("user").order_by("agency", "ident"))
        if args.json:
            print(json.dumps([
                {"member": one.ident, "agency": one.agency, "role": one.role,
                 "second_factor": one.user_id in held, "takes_part": one.user.is_active}
                for one in rows
            ], indent=1))  # fmt: skip
            return 0
        for one in rows:
            factor = "second factor" if one.user_id in held else "-"
            left = "" if one.user.is_active else "  left"
            print(f"{one.ident}  {one.agency or '-'}  {one.role}  {factor}{left}")
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
