"""``anoa countersign``: an institution adds its cosignature to a digital seal of the record."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anoa.errors import LogError
from anoa.logfile import encode64, scan_log, shown
from anoa.oplog import parse_instant
from anoa.seals import (
    KeyKind,
    PrivateKey,
    SealFile,
    check_signatures,
    inconsistency,
    read_keys,
    read_private_key,
    read_seal,
    spoken,
)
from anoa.seals.checkpoint import unix_text

SIGNED, REFUSED, UNREADABLE = 0, 1, 2


class Refused(LogError):
    """The seal is readable, but must not be signed."""


def add(subparsers: Any) -> None:
    """Add ``countersign`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "countersign", help="add an institution's cosignature to a digital seal of the record",
        description="Add your institution's cosignature to a digital seal of the record, in place. "
        "Do it on your own machine, with --log: a cosignature says that you have compared.",
        epilog="exit status: 0 signed, 1 refused, 2 a file cannot be read or written",
    )  # fmt: skip
    parser.add_argument("seal", type=Path, metavar="SEAL", help="the seal; it is replaced whole")
    parser.add_argument(
        "--key", type=Path, metavar="FILE",
        help="your private key of kind cosigner, as anoa keys new makes it; needed to sign",
    )  # fmt: skip
    parser.add_argument(
        "--read", action="store_true",
        help="compare, and print the root as it is read aloud; nothing is signed",
    )  # fmt: skip
    parser.add_argument(
        "--log", type=Path, metavar="LOG",
        help="your own copy of the log (strongly recommended): the seal is refused when it is "
        "not of this log; the copy may be older when the seal carries the leaf hashes since",
    )  # fmt: skip
    parser.add_argument(
        "--keys", type=Path, metavar="FILE",
        help="public keys you trust: the seal is refused when the log's key did not sign it",
    )  # fmt: skip
    parser.add_argument(
        "--at", metavar="TIME", help="time of the cosignature, with an offset (default: now)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sign the seal, print who signed what, and return the exit status."""
    try:
        at = parse_instant(args.at) if args.at else datetime.now(UTC)
        seal = read_seal(args.seal)
        if args.read:
            return _read_aloud(seal, _check(seal, args.log, args.keys))
        if args.key is None:
            raise LogError("name your private key by --key, or only compare by --read")
        key = read_private_key(args.key)
        if key.kind is not KeyKind.COSIGNER:
            raise Refused(f"the key of {shown(key.name)} is a log key: make a cosigner key")
        notes = _check(seal, args.log, args.keys)
        if any(one.claims(key.public) for one in seal.checkpoint.signatures):
            return _already(seal, key)
        signed = seal.cosigned(key, at)
        _replace(args.seal, signed.data)
    except Refused as error:
        print(f"anoa countersign: not signed: {error}", file=sys.stderr)
        return REFUSED
    except (LogError, OverflowError) as error:
        print(f"anoa countersign: {error}", file=sys.stderr)
        return UNREADABLE
    for note in notes:
        print(f"anoa countersign: {note}", file=sys.stderr)
    print(_statement(signed, key, at))
    return SIGNED


def _read_aloud(seal: SealFile, notes: list[str]) -> int:
    """Print what was compared and the root in groups of digits."""
    for note in notes:
        print(f"anoa countersign: {note}", file=sys.stderr)
    print(f"{seal.checkpoint.origin} at {seal.size} entries; the root, read aloud:")
    print(_groups(seal))
    return SIGNED


def _groups(seal: SealFile) -> str:
    groups = spoken(seal.checkpoint.root)
    return "\n".join("  ".join(groups[row : row + 4]) for row in range(0, len(groups), 4))


def _check(seal: SealFile, log: Path | None, keys: Path | None) -> list[str]:
    """What the signer must know; Refused when the seal is not of the log or not of its key."""
    notes = []
    if keys is None:
        notes.append("without --keys the signature of the log was not checked")
    else:
        found = check_signatures(seal.checkpoint, read_keys(keys))
        if found.forged:
            raise Refused(f"the key of {shown(found.forged[0])} did not make its signature")
        if not found.by_log:
            raise Refused(f"it is not signed by a log key of {shown(seal.checkpoint.origin)}")
    if log is None:
        return [*notes, "without --log the seal was compared with nothing"]
    scan = scan_log(log)
    if problem := inconsistency(scan, seal):
        raise Refused(problem)
    if (size := len(scan.leaves)) < seal.size:
        notes.append(f"your copy ends at entry {size}; the rest was seen as leaf hashes only")
    return notes


def _already(seal: SealFile, key: PrivateKey) -> int:
    """A second run changes nothing; a line in our name that we did not write is an alarm."""
    if key.name in check_signatures(seal.checkpoint, [key.public]).forged:
        raise Refused(
            f"it has a signature in the name of {shown(key.name)} that your key did not make"
        )
    print(f"{key.name} has countersigned {seal.title} already; nothing was changed.")
    return SIGNED


def _statement(seal: SealFile, key: PrivateKey, at: datetime) -> str:
    head = seal.checkpoint
    names = [one.name for one in head.signatures]
    return (
        f"{key.name} countersigned the digital seal of the record of {head.origin}\n"
        f"at {head.size} entries, {unix_text(int(at.timestamp()))}\n"
        f"root {encode64(head.root)}, read aloud:\n{_groups(seal)}\n"
        f"signatures now: {', '.join(names)}"
    )


def _replace(path: Path, data: bytes) -> None:
    """Put the bytes in the file's place at once, so that no half seal is ever there."""
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(target.stat().st_mode & 0o777)
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LogError(f"{path} cannot be replaced: {error.strerror or error}") from error
