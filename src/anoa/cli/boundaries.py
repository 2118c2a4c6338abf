"""``anoa boundaries``: official shapes in place of the approximate ones of a pack."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from anoa.boundaries import (
    LARGEST_FILE,
    TOLERANCE_M,
    Candidate,
    Match,
    Proposal,
    Replacement,
    frame_of,
    propose,
    read_features,
    replacement,
)
from anoa.errors import DataError, PackError
from anoa.pack import (
    NoPack,
    Pack,
    ShapeSource,
    check_shapes,
    load_pack,
    replace_shapes,
)

SHOWN = 8  # names of a list that people read
YES = {"y", "yes"}


def add(subparsers: Any) -> None:
    """Add ``boundaries`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "boundaries", help="put official shapes in place of a pack's approximate ones",
        description="Put the polygons of a GeoJSON file in place of a pack's shapes. What is not "
        "certain is asked. Exit code 0: done; 1: the pack has problems; 2: nothing was done.",
    )  # fmt: skip
    parser.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    parser.add_argument("file", type=Path, metavar="FILE", help="GeoJSON in WGS 84 (EPSG:4326)")
    parser.add_argument("--source", required=True, help="whose shapes they are, with a date")
    parser.add_argument("--licence", default="", help="under what terms they may be passed on")
    parser.add_argument("--match", type=Match, choices=list(Match), help="join by code or by name")
    parser.add_argument("--code-field", default="", help="property that holds the code")
    parser.add_argument("--name-field", default="", help="property that holds the name")
    parser.add_argument(
        "--tolerance-m", type=_metres, default=TOLERANCE_M,
        help=f"how far borders may move, in metres (default {TOLERANCE_M:g})",
    )  # fmt: skip
    parser.add_argument("--swap-axes", action="store_true", help="the file puts latitude first")
    parser.add_argument("--yes", action="store_true", help="ask nothing: take exact matches alone")
    parser.add_argument("--dry-run", action="store_true", help="show everything, write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object; asks nothing")
    parser.set_defaults(run=run)


def _metres(text: str) -> float:
    metres = float(text)
    if not 0 <= metres <= 5000:
        raise argparse.ArgumentTypeError("between 0 and 5000 metres")
    return metres


def run(args: argparse.Namespace) -> int:
    """Propose, ask, compare and write; returns 1 when the pack has problems of its own."""
    try:
        pack = load_pack(args.pack)
    except NoPack:
        raise
    except PackError as error:
        print(error, file=sys.stderr)
        return 1
    proposal = _proposal(args, pack)
    quiet = args.yes or args.json
    accepted = [one for one in proposal.candidates if _accepted(one, pack, quiet)]
    made = replacement(
        pack, accepted, ShapeSource(args.source.strip(), args.licence.strip()), args.tolerance_m
    )
    digest = _digest_after(args.pack, made)
    backup = None if args.dry_run else replace_shapes(args.pack, made.shapes)
    left = [one for one in proposal.candidates if one not in accepted]
    if args.json:
        facts = _facts(args, pack, proposal, made, left)
        facts |= {"digest": digest, "written": backup is not None}
        facts["backup"] = str(backup) if backup else None
        print(json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        lines = [*_told(args, pack, proposal, made, left), *_ending(pack, digest, backup)]
        print("\n".join(lines))
    return 0


def _proposal(args: argparse.Namespace, pack: Pack) -> Proposal:
    try:
        with args.file.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise DataError(
                "{file} is larger than {most} MB; simplify it or take out what lies elsewhere",
                file=args.file, most=LARGEST_FILE // 1_000_000,
            )  # fmt: skip
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            "{file} cannot be read: {why}", file=args.file, why=error.strerror or "no reason"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError("{file}: byte {at} is not UTF-8", file=args.file, at=error.start) from error
    found = read_features(text, frame_of(pack), swap_axes=args.swap_axes)
    return propose(
        pack, found, match=args.match, code_field=args.code_field, name_field=args.name_field
    )


def _accepted(one: Candidate, pack: Pack, quiet: bool) -> bool:
    """Whether the pair is certain, or a person says that it is right."""
    if not one.why:
        return True
    if quiet:
        return False
    print(f"{_pair_words(one, pack)}: {one.why}. Is it right? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in YES


def _pair_words(one: Candidate, pack: Pack) -> str:
    pair = one.pair
    file_side = " ".join(filter(None, [pair.file_code, f"'{pair.file_name}'"]))
    like = "" if pair.similarity is None else f", names {pair.similarity:.0%} alike"
    return f"{pair.code} {pack.place_name(pair.code)} = {file_side}{like}"


def _digest_after(path: Path, made: Replacement) -> str:
    """The digest the pack will have; a pack that would be refused then is not written."""
    checked = check_shapes(path, made.shapes)
    if checked.pack is None:
        raise PackError(checked.problems)
    return checked.pack.digest


def _facts(
    args: argparse.Namespace, pack: Pack, proposal: Proposal, made: Replacement,
    left: list[Candidate],
) -> dict[str, Any]:  # fmt: skip
    return {
        "pack": pack.id, "match": proposal.match.value, "code_field": proposal.code_field,
        "name_field": proposal.name_field, "tolerance_m": args.tolerance_m,
        "neighbours_kept": made.coverage, "replaced": [asdict(row) for row in made.rows],
        "to_confirm": [
            {"code": one.pair.code, "file_code": one.pair.file_code,
             "file_name": one.pair.file_name, "similarity": one.pair.similarity,
             "overlap": one.overlap, "why": one.why}
            for one in left
        ],
        "kept": list(made.kept), "unmatched": list(proposal.unmatched),
        "outside": list(proposal.outside), "notes": [*proposal.notes, *made.notes],
        "digest_before": pack.digest,
    }  # fmt: skip


def _told(
    args: argparse.Namespace, pack: Pack, proposal: Proposal, made: Replacement,
    left: list[Candidate],
) -> Iterator[str]:  # fmt: skip
    """Everything that was done and not done, in lines for people."""
    by = proposal.code_field if proposal.match is Match.CODE else proposal.name_field
    names = f", names in '{proposal.name_field}'" if proposal.match is Match.CODE else ""
    yield f"Joined by {proposal.match} (property '{by}'{names}): {_many(len(made.rows), 'region')}."
    yield from _table(made)
    yield from (f"Note: {note}." for note in (*proposal.notes, *made.notes))
    for one in left:
        yield f"Not joined: {_pair_words(one, pack)}: {one.why}."
    if proposal.outside:
        yield f"{_outside_words(proposal)}: {_short(proposal.outside)}."
    if made.kept:
        kept = [f"{code} {pack.place_name(code)}" for code in made.kept]
        keep = "keeps the shape it has" if len(kept) == 1 else "keep the shape they have"
        yield f"{_many(len(kept), 'region')} {keep}: {_short(kept)}."
    yield _tolerance_words(args.tolerance_m, made.coverage)


def _outside_words(proposal: Proposal) -> str:
    """How many features of the file are no region, and how many of those are sub-districts."""
    found, below = len(proposal.outside), proposal.below
    are = "is" if found == 1 else "are"
    words = f"{_many(found, 'feature')} of the file {are} no region of the pack"
    if not below:
        return words
    if found == 1:
        return f"{words} (it is a sub-district)"
    return f"{words} ({below} of them {'is a sub-district' if below == 1 else 'are sub-districts'})"


def _many(count: int, thing: str) -> str:
    """A count with its thing.

    >>> _many(1, "region"), _many(2, "region")
    ('1 region', '2 regions')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _tolerance_words(tolerance_m: float, coverage: bool) -> str:
    if not tolerance_m:
        return "The shapes were not simplified."
    if coverage:
        return f"Simplified to {tolerance_m:g} m; neighbours keep their common borders."
    return (
        f"Simplified to {tolerance_m:g} m, each shape on its own, because neighbours do not share "
        "their borders point by point in this file: gaps and overlaps of that size may stand "
        "between them."
    )


def _table(made: Replacement) -> Iterator[str]:
    yield f"{'region':<28} {'km² before':>11} {'km² after':>11} {'overlap':>8} {'points':>14}"
    for row in made.rows:
        points = f"{row.points_before:,}→{row.points_after:,}"
        yield (
            f"{f'{row.code} {row.name}'[:28]:<28} {row.km2_before:>11,.0f} "
            f"{row.km2_after:>11,.0f} {row.overlap:>8.0%} {points:>14}"
        )


def _short(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _ending(pack: Pack, digest: str, backup: Path | None) -> Iterator[str]:
    change = f"The digest of the pack {'changes' if backup is None else 'changed'}"
    yield (
        f"{change} from {pack.digest[:12]} to {digest[:12]}. An operation that runs already keeps "
        "its own copy of the pack and its old map; the next operation gets the new one."
    )
    if backup is None:
        yield "Nothing was written (--dry-run)."
    else:
        yield f"Written. The old shapes lie in {backup}."
