"""``anoa tls``: a local authority for https where the site has no certificate of its own."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anoa.errors import AnoaError

if TYPE_CHECKING:
    from anoa.room.tls import Authority, Certificate

STEPS = """\
On each phone, once, over a network you trust:
  1. Open {address}
     ({plain}
     or carry the certificate over by cable or memory card).
  2. Download the certificate of the authority and compare its fingerprint with the one above,
     read to you by a person of the post. If it differs: stop, and tell the post.
  3. Android: Settings > Security > Encryption & credentials > Install a certificate >
     CA certificate. It asks for a screen lock.
     iPhone: open the profile in Settings > Profile Downloaded > Install, then switch it on in
     Settings > General > About > Certificate Trust Settings.
The same words, with the download, stand on the page /tls."""


def add(subparsers: Any) -> None:
    """Add ``tls`` with its commands to the parsers of the command line."""
    tls = subparsers.add_parser(
        "tls", help="make a local authority, so that phones reach the room over https",
        description="A local authority of this data folder and the certificate of its server. "
        "Sites with a certificate of their own need none: anoa serve --certificate --key.",
    )  # fmt: skip
    commands = tls.add_subparsers(dest="tls_command", metavar="COMMAND", required=True)
    new = commands.add_parser("new", help="make the authority and the server's first certificate")
    _add_names(new)
    renew = commands.add_parser("renew", help="make the server's next certificate")
    _add_names(renew)
    show = commands.add_parser("show", help="say what there is, and the steps for phones")
    for one in (new, renew, show):
        one.add_argument(
            "--out", type=Path, metavar="FILE",
            help="also write the authority's certificate there, to hand out",
        )  # fmt: skip
    tls.set_defaults(run=run)


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--name", action="append", default=[], metavar="HOST",
        help="a name under which phones reach the room, as room.office.example; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--ip", action="append", default=[], metavar="ADDRESS",
        help="an address under which they do; may be repeated",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Make, renew or show; returns 0."""
    from anoa.room import tls
    from anoa.room.storage import DataFolder, data_path

    folder, at = DataFolder(data_path()), datetime.now(UTC)
    folder.check()
    if args.tls_command == "show":
        found = tls.local_certificate(folder, at)
    elif args.tls_command == "renew":
        before = () if args.name or args.ip else tls.served_names(folder)
        found = tls.renewed(folder, [*args.name, *args.ip, *before], at)
        print("A server that runs takes the new certificate when it is started again.")
    else:
        tls.checked_names([*args.name, *args.ip])
        folder.prepare()
        found = tls.new_authority(folder, [*args.name, *args.ip], at)
    assert found.authority is not None
    if args.out:
        _hand_out(args.out, found.authority)
    print(described(found, found.authority))
    return 0


def _hand_out(file: Path, authority: Authority) -> None:
    try:
        file.write_bytes(authority.pem)
    except OSError as error:
        raise AnoaError(
            "{file} cannot be written: {why}", file=file, why=error.strerror or error
        ) from error


def described(found: Certificate, authority: Authority) -> str:
    """What a person at the machine needs to know and to read out."""
    name = f"[{found.names[0]}]" if ":" in found.names[0] else found.names[0]
    lines = [
        f"Authority:    {authority.name}, until {authority.ends_at:%Y-%m-%d}",
        "Fingerprint:  " + authority.fingerprint[:47],
        "  (SHA-256)   " + authority.fingerprint[48:],
        f"Server:       {', '.join(found.names)}, until {found.ends_at:%Y-%m-%d}",
        f"Key:          {found.file.parent}/tls-authority.pem (0600: whoever has it can pretend",
        "              to be this room; it is in backups only with --with-keys)",
        "Serve:        anoa serve --tls --host 0.0.0.0 --port 8443 --http-port 8080", "",
    ]  # fmt: skip
    steps = STEPS.format(
        address=f"https://{name}:8443/tls and go past the warning",
        plain=f"or http://{name}:8080/tls, where the room is served with --http-port,",
    )
    return "\n".join([*lines, steps])
