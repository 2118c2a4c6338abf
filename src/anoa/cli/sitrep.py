"""``anoa sitrep``: a report made from a pack and a log alone, without room or database."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from anoa.coordination.duty import since_shift_began
from anoa.coordination.values import Sitrep as Issued
from anoa.errors import AnoaError, DataError, LogError, StorageError
from anoa.logfile import HiddenEntry, LogFile, read_log
from anoa.oplog import Entry, Handling
from anoa.pack import CIVIL, Pack, load_pack
from anoa.picture import Picture
from anoa.sitrep import (
    INSTITUTIONS,
    Sitrep,
    compose_handover,
    compose_sitrep,
    render_html,
    render_pdf,
    render_text,
)

PUBLIC = "public"
RENDERERS: Mapping[str, Callable[[Sitrep], bytes]] = {
    ".html": lambda sitrep: render_html(sitrep).encode("utf-8"),
    ".pdf": render_pdf,
    ".txt": lambda sitrep: render_text(sitrep).encode("utf-8"),
}


def add(subparsers: Any) -> None:
    """Add ``sitrep`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "sitrep", help="write a report from a pack and a log, without a database",
        description="Write the report of a moment. The same pack, log and arguments give the "
        "same bytes. Exit code 0: written; 2: it could not be, and a sentence says why.",
    )  # fmt: skip
    parser.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    parser.add_argument("log", type=Path, metavar="LOG", help="log file of the operation")
    parser.add_argument(
        "--kind",
        choices=["daily", "handover"],
        default="daily",
        help="which report; a hand-over is for the institution of --as",
    )
    parser.add_argument(
        "--at", required=True, metavar="TIME",
        help="as of when, as in 2024-08-09T07:00 (pack time) or with an offset",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="ends in .html, .pdf or .txt"
    )
    parser.add_argument("--language", metavar="id|en", help="default: the pack's first language")
    parser.add_argument(
        "--as", dest="reader", default=INSTITUTIONS, metavar="AGENCY|public",
        help="for which reader (default: what all institutions may see)",
    )  # fmt: skip
    parser.add_argument(
        "--tree", metavar="TREE",
        help="by which tree of the pack it counts (default: as issued, else civil)",
    )  # fmt: skip
    parser.add_argument("--number", type=int, metavar="N", help="default: the next, or as issued")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the report and say where; returns 0, or 2 with one sentence."""
    try:
        written = _write(args)
    except AnoaError as error:
        print(error, file=sys.stderr)
        return 2
    print(written)
    return 0


def _write(args: argparse.Namespace) -> str:
    render = RENDERERS.get(args.out.suffix.lower())
    if render is None:
        raise DataError(
            "'{file}' does not end in {known}: choose one", file=args.out,
            known=", ".join(RENDERERS),
        )  # fmt: skip
    if args.number is not None and args.number < 1:
        raise DataError("reports are numbered from 1, not {number}", number=args.number)
    if args.kind == "handover" and args.reader in (PUBLIC, INSTITUTIONS):
        raise DataError("a hand-over is for one institution: name it by --as")
    pack = load_pack(args.pack)
    at = moment(args.at, pack)
    log = read_log(args.log)
    if log.header.pack_digest != pack.digest:
        raise DataError(
            "the log was made with another state of the pack: it names digest {log}, the folder "
            "{folder} has {pack}", log=log.header.pack_digest, folder=args.pack, pack=pack.digest,
        )  # fmt: skip
    material = material_of(log, at, args.number, args.reader, args.kind)
    issued = material.issued
    number = args.number or (issued.number if issued else None)
    language = args.language or (issued.language if issued else None)
    tree = args.tree or (issued.tree if issued else CIVIL)
    if args.kind == "handover":
        sitrep = compose_handover(
            material.picture, pack, at=at, agency=args.reader, previous=material.previous,
            number=number, language=language, tree=tree,
        )  # fmt: skip
    else:
        sitrep = compose_sitrep(
            material.picture, pack, at=at, previous=material.previous, number=number,
            language=language, agency=None if args.reader == PUBLIC else args.reader,
            tree=tree,
        )  # fmt: skip
    content = render(sitrep)
    _put(args.out, content)
    digest = hashlib.sha256(content).hexdigest()
    return f"{args.out}: {sitrep.title} {sitrep.number}, seq {sitrep.at_seq}, SHA-256 {digest}"


def moment(text: str, pack: Pack) -> datetime:
    """The instant of a time with an offset, or of pack time without one.

    Raises DataError for what is no time.
    """
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=pack.zone())
    except ValueError as error:
        raise DataError(
            "'{text}' is not a time: write it as 2024-08-09T07:00 or with an offset", text=text
        ) from error


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of; ``issued`` when the log says that it was issued already."""

    picture: Picture
    previous: Picture | None
    issued: Issued | None


def material_of(
    log: LogFile,
    at: datetime,
    number: int | None = None,
    reader: str = INSTITUTIONS,
    kind: str = "daily",
) -> Material:
    """The picture at that moment, and that of the last report issued before it, if any.

    For a hand-over the earlier picture is that of the entry by which the present duty began.

    A report that was issued as of that moment (of that number, if given) is made again at the seq
    it was frozen at. Raises LogError when the log hides entries that this reader's report needs:
    what is sealed to others stands in nobody's report, what institutions see not in the public's.
    """
    never = {Handling.SEALED} | ({Handling.INSTITUTIONS} if reader == PUBLIC else set())
    if missing := [line for line in log.lines if _is_missing(line, never)]:
        raise LogError(
            "this copy of the log hides {hidden} entries that this report needs: "
            "ask for the report itself, or for a log that shows them", hidden=len(missing),
        )  # fmt: skip
    everything = Picture.replay(log.lines).sitreps.values()
    same = [one for one in everything if _is_same(one, at, number, reader, kind)]
    issued = max(same, key=lambda one: one.at_seq, default=None)
    lines, until = (log.lines[: issued.at_seq], None) if issued else (log.lines, at)
    picture = Picture.replay(lines, until=until)
    if kind == "handover":
        since = since_shift_began(picture.duties.values(), reader, at)
        if since.seq is None:
            return Material(picture, Picture.replay(log.lines, until=since.at), issued)
        return Material(picture, Picture.replay(log.lines[: since.seq]), issued)
    daily = (one for one in picture.sitreps.values() if one.report == kind)
    earlier = max((one.at_seq for one in daily), default=0)
    previous = Picture.replay(log.lines[:earlier]) if earlier else None
    return Material(picture, previous, issued)


def _is_same(one: Issued, at: datetime, number: int | None, reader: str, kind: str) -> bool:
    """Whether that is the report asked for; hand-overs are numbered for each institution."""
    mine = kind == "daily" or one.owner == reader
    return mine and one.report == kind and one.as_of == at and number in (None, one.number)


def _is_missing(line: Entry | HiddenEntry, never: set[Handling]) -> bool:
    return isinstance(line, HiddenEntry) and line.handling not in never


def _put(file: Path, content: bytes) -> None:
    """Write the whole file or leave what was there."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(handle, "wb") as fp:
                fp.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(
            "{file} cannot be written: {why}", file=file, why=error.strerror or error
        ) from error
