"""``anoa demo``: the reference exercise, played and served on this machine."""

from __future__ import annotations

import argparse
import os
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import anoa
from anoa.cli.https import add_tls, plain_bound, prepared
from anoa.cli.serve import add_address, bound, listen, made_ready, opened_room
from anoa.errors import AnoaError

if TYPE_CHECKING:
    from anoa.pack import Inject, Pack
    from anoa.room.models import Operation

TELL_EVERY_S = 2.0


def add(subparsers: Any) -> None:
    """Add ``demo`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "demo", help="play the exercise of a pack and serve it",
        description="Make the data folder (ANOA_DATA), play the exercise of the pack, make the "
        "accounts of its cast, and serve on this machine. Run again, it starts on what is there.",
    )  # fmt: skip
    add_address(parser)
    add_tls(parser)
    parser.add_argument(
        "--new-passwords", action="store_true", help="give every account a new password"
    )
    parser.add_argument("--pack", type=Path, metavar="PACK", help="a pack with an exercise")
    parser.add_argument(
        "--until", metavar="DATE",
        help="play further: through that day (2024-11-27, pack time), or all",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open the exercise where there is none, print the accounts, serve until stopped."""
    tls, until = prepared(args), last_day(args.until)
    with opened_room() as folder, bound(args) as sock, plain_bound(tls, args.host) as plain:
        from anoa.room import accounts, exercise, record

        operation = record.current_operation()
        passwords: dict[str, str] = {}
        if operation is None:
            pack = args.pack or find_pack()
            print(f"Playing the exercise of {pack} into {folder.path} …", flush=True)
            operation, passwords = exercise.open_exercise(pack)
        elif args.new_passwords:
            passwords = accounts.new_passwords(operation)
        if until:
            play_on(operation, until)
        record.warm(operation)
        made_ready(operation)
        words = describe(operation, passwords, folder.path)
        said = words.replace
        return listen(sock, lambda at: print(said("{address}", at), flush=True), tls, plain)


def last_day(text: str | None) -> date | None:
    """The day that ``--until`` names, the last there is for ``all``; None for no day."""
    if text is None:
        return None
    try:
        return date.max if text == "all" else date.fromisoformat(text)
    except ValueError as error:
        raise AnoaError(
            "'{text}' is not a day: write it as 2024-11-27, or all", text=text
        ) from error


def play_on(operation: Operation, until: date) -> None:
    """Play the exercise through that day, or to its end, and say how far it is."""
    from anoa.room import exercise, record

    pack = record.pack_of(operation)
    last = time.monotonic()

    def tell(inject: Inject) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            print(f"  {pack.local(inject.at):%Y-%m-%d %H:%M} …", flush=True)

    played = exercise.play_on(operation, _end_of(until, pack), tell)
    print(f"{played} further injects were played.", flush=True)


def _end_of(day: date, pack: Pack) -> datetime | None:
    """The first moment after that day in the pack's own zone; None after the last there is."""
    if day == date.max:
        return None
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(pack.time_zone))


def find_pack() -> Path:
    """The pack of the demo: ANOA_PACK, else the one in ``./packs``, else beside the source."""
    if named := os.environ.get("ANOA_PACK"):
        return Path(named)
    beside = Path(anoa.__file__).resolve().parents[2] / "packs"
    for folder in (Path("packs"), beside):
        for found in sorted(folder.glob("*/exercise.yaml")):
            return found.parent
    raise AnoaError("no pack with an exercise was found in ./packs: name one by ANOA_PACK")


def describe(operation: Operation, passwords: dict[str, str], folder: Path) -> str:
    """What the demo prints; ``{address}`` stands where the address will."""
    from anoa.room import record
    from anoa.room.models import Member

    pack = record.pack_of(operation)
    notice = pack.exercise.notice if pack.exercise else {}
    members = Member.objects.filter(operation=operation).order_by("id")
    width = max((len(member.ident) for member in members), default=0)
    lines = [
        " / ".join(notice.values()), "",
        "The situation room is at {address}", f"Data folder: {folder}", "", "Accounts:",
        *(f"  {m.ident:<{width}}  {passwords.get(m.ident, ''):<16}  {m.role}" for m in members),
        "",
    ]  # fmt: skip
    if passwords:
        lines.append("These passwords are shown once. New ones: anoa demo --new-passwords")
    else:
        lines.append("The passwords are as they were. New ones: anoa demo --new-passwords")
    return "\n".join([*lines, "Stop with Ctrl-C.", "", " / ".join(notice.values())])
