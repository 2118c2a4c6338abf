"""A report as an A4 PDF (PDF/A-2b), set by typst with its own fonts: the same bytes every time."""

from __future__ import annotations

import json
from importlib.resources import files

from anoa.errors import DataError
from anoa.oplog import Json
from anoa.sitrep.document import Sitrep
from anoa.sitrep.words import Words


def render_pdf(sitrep: Sitrep) -> bytes:
    """The report as PDF, its time stamped as of the report and not of the making.

    Raises DataError when typst cannot set it.
    """
    import typst  # a large library that only this needs

    source = files("anoa.sitrep").joinpath("daily.typ").read_bytes()
    try:
        made = typst.compile(
            source, format="pdf", ignore_system_fonts=True, pdf_standards="a-2b",
            sys_inputs={"report": _words(sitrep)}, timestamp=int(sitrep.as_of.timestamp()),
        )  # fmt: skip
    except typst.TypstError as error:
        raise DataError("the report could not be set as PDF: {why}", why=error) from error
    assert isinstance(made, bytes)
    return made


def _words(sitrep: Sitrep) -> str:
    """What the template reads: the document as JSON, with the lines that need a catalogue."""
    words, tree = Words(sitrep.language), dict[str, Json](sitrep.as_json())
    tree["heading"] = f"{sitrep.title} {words('number', number=sitrep.number)}"
    tree["closing"] = [*sitrep.closing, words("digest", digest=sitrep.digest)]
    return json.dumps(tree, ensure_ascii=False)
