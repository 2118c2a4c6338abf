"""Whose copy a file is: every export names its reader, the operation and the moment it was taken.

The mark stands where ordinary use keeps it: in each row of a table, in each feature, at the foot of
each page, in the first line of a log. It says who took a file, so that people mind their copies; it
does not stop anyone who takes it out on purpose. What was frozen stays as it is, byte for byte: a
reader's copy of a report shows the frozen pages and adds a line below them.
"""

from __future__ import annotations

import re
import tempfile
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from anoa.errors import DataError
from anoa.oplog import instant_text
from anoa.room.models import Member

PAGES = re.compile(rb"/Count (\d+)")
NO_AGENCY = "no-institution"


def mark_of(member: Member, at: datetime) -> str:
    """The mark in a copy: operation, institution, opaque member id, and when by the wall clock."""
    return mark(member.operation.pk, f"{member.agency or NO_AGENCY}/{member.ident}", at)


def mark(operation: str, reader: str, at: datetime) -> str:
    """The mark in a copy of a reader who is told otherwise, as on the command line."""
    return f"{operation} {reader} {instant_text(at.replace(microsecond=0))}"


def pdf_copy(frozen: bytes, mark: str, line: str) -> bytes:
    """A PDF that shows the pages of the frozen one, each with ``line`` and ``mark`` at its foot.

    Raises DataError when it cannot be set. A PDF in a PDF is no PDF/A; the frozen one is.
    """
    import typst  # a large library that only this needs

    pages = max((int(n) for n in PAGES.findall(frozen)), default=0)
    source = files("anoa.room").joinpath("copy.typ").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "frozen.pdf").write_bytes(frozen)
        (folder / "copy.typ").write_bytes(source)
        try:
            made = typst.compile(
                folder / "copy.typ", root=folder, format="pdf", ignore_system_fonts=True,
                sys_inputs={"pages": str(pages), "mark": mark, "line": line},
            )  # fmt: skip
        except typst.TypstError as error:
            raise DataError("the copy could not be set as PDF: {why}", why=error) from error
    assert isinstance(made, bytes)
    return made
