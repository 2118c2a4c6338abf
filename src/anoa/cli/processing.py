"""``anoa admin register`` and ``anoa admin dpia``: papers about personal data, from a pack."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from anoa.cli.serve import opened_room, start_django
from anoa.errors import StorageError

if TYPE_CHECKING:
    from anoa.pack import Pack

PAPERS = {
    "register": "write the register of processing activities, from pack and database tables",
    "dpia": "write a draft of the data protection impact assessment",
}


def add(steps: Any) -> None:
    """Add both steps to those of ``anoa admin``."""
    for name, said in PAPERS.items():
        step = steps.add_parser(
            name, help=said,
            description=f"{said[0].upper()}{said[1:]}. What only the controller can say, as the "
            "legal basis, stands as a place to be filled in. No data of persons is read.",
        )  # fmt: skip
        step.add_argument(
            "pack", type=Path, nargs="?", metavar="PACK",
            help="folder of a pack (default: the pack of the room's operation)",
        )  # fmt: skip
        step.add_argument("--language", choices=["id", "en"],
                          help="default: the first of the pack's that anoa has")  # fmt: skip
        step.add_argument("--edition", type=_edition, default=1, metavar="N",
                          help="number of this edition (default: 1)")  # fmt: skip
        step.add_argument(
            "--out", type=Path, metavar="FILE",
            help="ends in .md, .html or .pdf (default: Markdown on the screen)",
        )  # fmt: skip
        step.set_defaults(run=run)


def _edition(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 9999:
        raise argparse.ArgumentTypeError("a number from 1 to 9999")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Write the paper and say where; returns 0."""
    with _pack(args.pack) as pack:
        from anoa.room import processing
        from anoa.sitrep.words import own_language

        language = args.language or own_language(pack.languages)
        compose = processing.compose_register
        if args.step == "dpia":
            compose = processing.compose_assessment
        paper = compose(pack, language, datetime.now(UTC).replace(microsecond=0), args.edition)
        content = processing.render(paper, args.out.suffix if args.out else ".md")
    if args.out is None:
        sys.stdout.buffer.write(content)
        return 0
    try:
        args.out.write_bytes(content)
    except OSError as error:
        raise StorageError("{path} cannot be written: {why}", path=args.out,
                           why=error.strerror) from error  # fmt: skip
    print(f"Written to {args.out}. It is a draft: fill in what only the controller can say.")
    return 0


@contextmanager
def _pack(folder: Path | None) -> Iterator[Pack]:
    """The pack of that folder, with the tables of a room but none of its data; else the room's."""
    if folder is None:
        with opened_room(alone=False):
            from anoa.room import record

            operation = record.current_operation()
            if operation is None:
                raise StorageError("there is no operation here: name a pack")
            yield record.pack_of(operation)
        return
    from anoa.pack import load_pack

    pack = load_pack(folder)
    with TemporaryDirectory(prefix="anoa-") as empty:
        os.environ["ANOA_DATA"] = empty
        os.environ.pop("ANOA_DATABASE_URL", None)
        start_django(Path(empty))
        yield pack
