"""``anoa keys sealing`` and ``anoa keys open``: a sealing key on the institution's own machine.

Neither needs the room, a database or a network.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from anoa.envelopes import COPIES, Envelope, EnvelopeError, SealingSecret, fingerprint, is_locked

DONE, FAILED = 0, 2


def add(commands: Any) -> None:
    """Add both commands to those of ``anoa keys``."""
    new = commands.add_parser(
        "sealing", help="make an institution's sealing key in two copies",
        description="Make the key to which browsers seal text for an institution, in two copies on "
        "two carriers, and print its fingerprint. A lost key is lost text. The page Sealing keys "
        "of the room proves both copies and publishes the public key.",
    )  # fmt: skip
    new.add_argument("agency", metavar="AGENCY", help="the institution's id in the pack")
    new.add_argument("operation", metavar="OPERATION", help="the operation's id")
    for copy, name in zip(COPIES, ("--out", "--copy"), strict=True):
        new.add_argument(name, type=Path, required=True, metavar="FILE",
                         help=f"copy {copy}; must not exist yet")  # fmt: skip
    _passphrase(new)
    new.set_defaults(run=run_new)
    show = commands.add_parser(
        "open", help="open a sealed envelope with a key file",
        description="Print what stands in an envelope that the room's page of sealed texts gave.",
    )  # fmt: skip
    show.add_argument("key", type=Path, metavar="KEYFILE", help="a copy of the sealing key")
    show.add_argument("envelope", type=Path, metavar="ENVELOPE", help="the sealed envelope (JSON)")
    _passphrase(show)
    show.set_defaults(run=run_open)


def _passphrase(parser: Any) -> None:
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE",
        help="whose first line is the passphrase of the key files",
    )  # fmt: skip


def run_new(args: argparse.Namespace) -> int:
    """Write both copies, print the fingerprint, and return the exit status."""
    key = SealingSecret(args.agency, args.operation, secrets.token_bytes(32))
    paths = (args.out, args.copy)
    try:
        passphrase = _read(args.passphrase_file)
        for copy, path in zip(COPIES, paths, strict=True):
            salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
            _write(path, key.file(copy, passphrase, salt, nonce))
    except (OSError, EnvelopeError) as error:
        return _failed(error)
    print(f"Fingerprint: {fingerprint(key.public)}")
    print("Keep the two files on two carriers in two places: a lost key is lost text.")
    return DONE


def run_open(args: argparse.Namespace) -> int:
    """Print the text of an envelope and return the exit status."""
    try:
        held = args.key.read_bytes()
        passphrase = _read(args.passphrase_file)
        if is_locked(held) and not passphrase:
            raise EnvelopeError("this key file asks for its passphrase: name --passphrase-file")
        key = SealingSecret.of_file(held, passphrase)
        text = Envelope.parse(args.envelope.read_bytes().strip()).opened(key.secret)
    except (OSError, EnvelopeError) as error:
        return _failed(error)
    sys.stdout.buffer.write(text + b"\n")
    return DONE


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0]:
        raise EnvelopeError("{path} has no passphrase in its first line", path=path)
    return lines[0]


def _write(path: Path, content: bytes) -> None:
    """A new file that only its owner reads; FileExistsError when there is one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _failed(error: Exception) -> int:
    where = getattr(error, "filename", None)
    why = f"{where}: {getattr(error, 'strerror', error)}" if where else str(error)
    print(f"anoa keys: {why}", file=sys.stderr)
    return FAILED
