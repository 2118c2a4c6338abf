"""``anoa form``: the forms of a pack as XLSForm or XForm, and a written XLSForm into a pack."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from anoa.errors import AnoaError, DataError, PackError
from anoa.openrosa import form_of_xlsform, xform_of, xlsx_of
from anoa.pack import load_pack
from anoa.pack.form_writing import form_text

BEFORE = "# Made of an XLSForm by anoa form import.\n"


def add(subparsers: Any) -> None:
    """Add ``form`` to the parsers of the command line."""
    parser = subparsers.add_parser("form", help="forms as XLSForm, out of a pack and into it")
    steps = parser.add_subparsers(dest="step", metavar="STEP", required=True)
    out = steps.add_parser(
        "export", help="write a form of a pack as an XLSForm workbook or an XForm",
        description="Write a form as FILE.xlsx (an XLSForm, to go on with in any tool for it) or "
        "FILE.xml (the XForm that phones load).",
    )  # fmt: skip
    out.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    out.add_argument("form", metavar="FORM", help="id of the form")
    out.add_argument("file", type=Path, metavar="FILE", help="ends in .xlsx or .xml")
    out.set_defaults(run=run_export)
    into = steps.add_parser(
        "import", help="check an XLSForm workbook and put it into a pack",
        description="Read FILE.xlsx, list everything that keeps it from being published, and "
        "write PACK/forms/ID.yaml only when there is nothing.",
    )  # fmt: skip
    into.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    into.add_argument("file", type=Path, metavar="FILE", help="the workbook, .xlsx")
    into.add_argument("--replace", action="store_true", help="replace the form of that id")
    into.set_defaults(run=run_import)


def run_export(args: argparse.Namespace) -> int:
    """Write one form; returns 0."""
    pack = load_pack(args.pack)
    if args.form not in pack.forms:
        known = ", ".join(pack.forms) or "none"
        raise DataError("there is no form '{form}'; there are: {known}",
                        form=args.form, known=known)  # fmt: skip
    makers = {".xlsx": xlsx_of, ".xml": xform_of}
    if args.file.suffix not in makers:
        raise AnoaError("{file} ends neither in .xlsx nor in .xml", file=args.file)
    languages = {code: code for code in pack.languages}
    content = makers[args.file.suffix](pack.forms[args.form], languages)
    try:
        args.file.write_bytes(content)
    except OSError as error:
        raise AnoaError("{file} cannot be written: {why}",
                        file=args.file, why=error.strerror) from error  # fmt: skip
    print(f"{args.file} holds the form {args.form}, version {pack.forms[args.form].version}.")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Check a workbook and write its form into the pack; returns 0."""
    pack = load_pack(args.pack)
    try:
        content = args.file.read_bytes()
    except OSError as error:
        raise AnoaError("{file} cannot be read: {why}",
                        file=args.file, why=error.strerror) from error  # fmt: skip
    form = form_of_xlsform(args.file.name, content, pack.languages, pack.form_words)
    place = args.pack / "forms" / f"{form.id}.yaml"
    if place.exists() and not args.replace:
        raise AnoaError("{place} exists: name another form_id, or say --replace", place=place)
    _write(args.pack, place, BEFORE + form_text(form))
    print(f"{place} holds the form {form.id} with {len(form.fields)} fields.")
    return 0


def _write(pack: Path, place: Path, text: str) -> None:
    """Write the file; when the pack then has problems, put back what was and raise them."""
    try:
        before = place.read_bytes() if place.exists() else None
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
        try:
            load_pack(pack)
        except PackError:
            place.unlink() if before is None else place.write_bytes(before)
            raise
    except OSError as error:
        raise AnoaError("{place} cannot be written: {why}",
                        place=place, why=error.strerror) from error  # fmt: skip
