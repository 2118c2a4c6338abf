"""``anoa check``: every problem of a pack at once, its counts, and where its figures disagree."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from anoa.pack import Checked, Discrepancy, NoPack, check_pack


def add(subparsers: Any) -> None:
    """Add ``check`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "check", help="check a pack: all problems at once, with file and line",
        description="Check a pack. Exit code 0: no problem; 1: problems; 2: there is no pack.",
    )  # fmt: skip
    parser.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check and print; returns 0 without problems, 1 with problems, 2 without a pack."""
    try:
        checked = check_pack(args.pack)
    except NoPack as error:
        print(error, file=sys.stderr)
        return 2
    if args.json:
        text = json.dumps(checked.as_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    else:
        text = in_words(checked)
    sys.stdout.write(text)
    return 1 if checked.problems else 0


def in_words(checked: Checked) -> str:
    """The result in plain sentences, problems first."""
    lines = [str(problem) for problem in checked.problems]
    lines += [_spoken(one) for one in checked.discrepancies]
    counts = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in checked.counts.items()
    )
    lines.append(f"The pack holds {counts}.")
    lines += [f"Left from anoa new-pack: {note}." for note in checked.notes]
    lines.append(_verdict(len(checked.problems), len(checked.discrepancies)))
    return "\n".join(lines) + "\n"


def _verdict(problems: int, discrepancies: int) -> str:
    figures = "1 figure disagrees" if discrepancies == 1 else f"{discrepancies} figures disagree"
    disagree = f"{figures} or cannot be compared (no problem of the pack)"
    if problems:
        told = "1 problem: nothing can be loaded until it is mended"
        if problems > 1:
            told = f"{problems} problems: nothing can be loaded until they are mended"
        return f"{told}. {disagree}."
    return f"No problems. {disagree}." if discrepancies else "No problems."


def _spoken(one: Discrepancy) -> str:
    place = f"{one.region} under {one.unit}" if one.unit else one.region
    what = f"{place}, {one.figure} {one.period}: "
    note = f" Note: {one.note}." if one.note else ""
    if one.of == "areas":
        return (
            f"{one.region}: of {one.difference:,.10g} of {one.published:,.10g} sub-districts it is "
            f"not known which unit they are of.{note}"
        )
    if one.parts is None or one.difference is None:
        return f"{what}{one.published:,.10g} is published by {one.source};{note or ' no parts.'}"
    if one.of == "sources":
        first, second = one.source.split(";")
        return (
            f"{what}{first} says {one.published:,.10g}, {second} says {one.parts:,.10g}, "
            f"a difference of {one.difference:,.10g}.{note}"
        )
    return (
        f"{what}{one.source} publishes {one.published:,.10g}, the parts sum to "
        f"{one.parts:,.10g}, a difference of {one.difference:,.10g}.{note}"
    )
