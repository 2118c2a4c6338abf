"""``anoa index compute``: one edition of an index, as a table for people, as JSON or as CSV."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from anoa.cli import editions
from anoa.errors import DataError, PackError
from anoa.pack import (
    Age,
    EditionSpec,
    IndexSpec,
    NoPack,
    Pack,
    index_scores,
    indicator_sources,
    load_pack,
)
from anoa.vulnerability import Scores

LANGUAGE = "en"  # what the command line itself speaks; the pack's first language stands in for it
UNKNOWN = "unknown"
WIDTH = 100  # of sentences; the table is as wide as its columns

Spec = TypeVar("Spec")


@dataclass(frozen=True, slots=True)
class Computed:
    """One edition of one index of a pack, and everything its print has to say about it."""

    pack: Pack
    index: IndexSpec
    edition: EditionSpec
    scores: Scores
    sources: Mapping[tuple[str, str], list[str]]

    def text(self, texts: Mapping[str, str]) -> str:
        """The pack's words in the language of the command line."""
        return " ".join(self.pack.text(texts, LANGUAGE).split())

    @property
    def mean_coverage(self) -> float:
        """How much of the nominal weight is known, 0 to 1, on average over the regions."""
        return float(self.scores.table["coverage"].mean())

    @property
    def is_thin(self) -> bool:
        """Whether less is known on average than a category needs."""
        return self.mean_coverage < self.index.category_coverage

    @property
    def age(self) -> Age:
        """How old its figures are on the pack's day."""
        return Age.between(self.edition.as_of, self.pack.known_at)


def add(subparsers: Any) -> None:
    """Add ``index`` with its commands to the parsers of the command line."""
    index = subparsers.add_parser(
        "index", help="compute the vulnerability index of a pack",
        description="The indices of a pack, ours, and the editions that others published.",
    )  # fmt: skip
    commands = index.add_subparsers(dest="index_command", metavar="COMMAND", required=True)
    compute = commands.add_parser(
        "compute", help="score, rank, category, coverage and contributions by region",
        description="Compute one edition of an index from the figures known by its day.",
    )  # fmt: skip
    compute.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    compute.add_argument("--index", metavar="ID", help="an index of the pack (default: its main)")
    compute.add_argument("--edition", metavar="ID", help="an edition (default: the newest)")
    form = compute.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON; unknown is null")
    form.add_argument("--csv", action="store_true", help="print CSV; unknown is blank")
    compute.set_defaults(run=run)
    editions.add(commands)


def run(args: argparse.Namespace) -> int:
    """Compute and print; returns 0, 1 for a pack with problems, 2 for what is not there."""
    try:
        computed = compute(load_pack(args.pack), args.index, args.edition)
    except NoPack as error:
        print(error, file=sys.stderr)
        return 2
    except PackError as error:
        count = len(error.problems)
        print(f"{error}\nThe pack has {count} problem(s); nothing was computed.", file=sys.stderr)
        return 1
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    write = as_json if args.json else as_csv if args.csv else as_table
    sys.stdout.write(write(computed))
    return 0


def compute(pack: Pack, index_id: str | None, edition_id: str | None) -> Computed:
    """The edition of the index; None stands for the pack's main index, the newest edition.

    Raises DataError that lists the known ids when one is unknown.
    """
    index = _chosen("index", index_id or pack.main_index, pack.indices)
    newest = max(pack.editions.values(), key=lambda edition: (edition.as_of, edition.id)).id
    edition = _chosen("edition", edition_id or newest, pack.editions)
    scores = index_scores(pack, index.id, edition.id)
    sources = indicator_sources(pack, edition.id)
    return Computed(pack, index, edition, scores, sources)


def _chosen(what: str, chosen: str, known: Mapping[str, Spec]) -> Spec:
    if chosen not in known:
        raise DataError(f"The pack has no {what} '{chosen}': it has {', '.join(known)}.")
    return known[chosen]


# -- JSON -----------------------------------------------------------------------------------


def as_json(computed: Computed) -> str:
    """The edition as a JSON object; regions in order of code, unknown is null."""
    scores, pack, index = computed.scores, computed.pack, computed.index
    age = computed.age
    return _dumped(
        {
            "index": index.id,
            "name": computed.text(index.name),
            "class": index.klass,
            "edition": computed.edition.id,
            "as_of": computed.edition.as_of.isoformat(),
            "age": {"years": age.years, "months": age.months, "days": age.days, "old": age.is_old},
            "scale": [_plain(end) for end in index.scale],
            "source": f"computed by anoa from pack {pack.id} {pack.version}, sha256 {pack.digest}",
            "label": computed.text(index.label),
            "about": computed.text(index.about),
            "note": computed.text(computed.edition.note),
            "feeds_ladder": scores.method.feeds_ladder,
            "coverage": round(computed.mean_coverage, 6),
            "low_coverage": computed.is_thin,
            "regions": [_region(computed, code) for code in _codes(scores)],
        }
    )


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _codes(scores: Scores) -> list[str]:
    return sorted(scores.table.index)


def _region(computed: Computed, code: str) -> dict[str, object]:
    scores = computed.scores
    row, parts = scores.table.loc[code], scores.contributions.loc[code]
    counted = {indicator: float(part) for indicator, part in parts.dropna().items()}
    rank = _known(row["rank"])
    return {
        "code": code,
        "name": computed.pack.place_name(code),
        "score": _known(row["score"]),
        "rank": None if rank is None else int(rank),
        "category": row["category"],
        "coverage": float(row["coverage"]),
        "contributions": None if rank is None else counted,
        "not_counted": [indicator for indicator in parts.index if indicator not in counted],
        "dimensions": _dimensions(scores, code),
        "sources": {
            indicator: list(computed.sources.get((code, indicator), ()))
            for indicator in parts.index
            if computed.sources.get((code, indicator))
        },
    }


def _dimensions(scores: Scores, code: str) -> dict[str, dict[str, float | None]]:
    return {
        dimension: {
            "score": _known(scores.dimensions.at[code, dimension]),
            "coverage": float(scores.dimension_coverage.at[code, dimension]),
        }
        for dimension in scores.dimensions.columns
    }


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


# -- CSV ------------------------------------------------------------------------------------


def as_csv(computed: Computed) -> str:
    """The edition as CSV, one row per region in order of code, unknown is blank."""
    rows = [_flat(computed, code) for code in _codes(computed.scores)]
    out = io.StringIO()
    table = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def _flat(computed: Computed, code: str) -> dict[str, object]:
    scores, index, edition = computed.scores, computed.index, computed.edition
    row = scores.table.loc[code]
    dimensions, parts = scores.dimensions.loc[code], scores.contributions.loc[code]
    return {
        "index": index.id,
        "class": index.klass,
        "edition": edition.id,
        "as_of": edition.as_of.isoformat(),
        "code": code,
        "name": computed.pack.place_name(code),
        "score": _cell(row["score"]),
        "rank": "" if pd.isna(row["rank"]) else int(row["rank"]),
        "category": row["category"] or "",
        "coverage": _cell(row["coverage"]),
        **{f"dimension_{one}": _cell(score) for one, score in dimensions.items()},
        **{f"contribution_{one}": _cell(part) for one, part in parts.items()},
        "label": computed.text(index.label),
    }


def _cell(value: float) -> str:
    return "" if pd.isna(value) else repr(float(value))


# -- a table for people ---------------------------------------------------------------------


def as_table(computed: Computed) -> str:
    """The edition as an aligned table with what it is, what it stands on and what it cannot say."""
    head, foot = _wrapped(_head(computed)), _wrapped(_foot(computed))
    return "\n".join([*head, "", *_aligned(_rows(computed)), "", *foot]) + "\n"


def _wrapped(sentences: list[str]) -> list[str]:
    return [line for sentence in sentences for line in textwrap.wrap(sentence, WIDTH)]


def _head(computed: Computed) -> list[str]:
    index, edition = computed.index, computed.edition
    foot, top = index.scale
    lines = [
        f"{computed.text(index.name)}: {computed.text(index.label)}",
        f"Index {index.id}, class {index.klass}, edition {edition.id}: figures known by "
        f"{edition.as_of.isoformat()}, {editions.age_text(computed.age)} on the pack's day, "
        f"{computed.pack.known_at.isoformat()}. Scale {foot:g} to {top:g}, "
        f"{top:g} = most vulnerable.",
    ]
    if computed.is_thin:
        table = computed.scores.table
        bare = [f"{int(table[what].isna().sum())}" for what in ("score", "category")]
        lines.append(
            f"LOW COVERAGE: on average {computed.mean_coverage:.0%} of the weight is known; "
            f"of {len(table)} regions {bare[0]} have no score and {bare[1]} no category."
        )
    return [*lines, computed.text(edition.note), computed.text(index.about)]


def _rows(computed: Computed) -> list[list[str]]:
    scores, names = computed.scores, {c.id: c.name for c in computed.index.categories}
    dimensions = list(scores.dimensions)
    rows = [["code", "region", "score", "rank", "category", "coverage", *dimensions]]
    for code in _codes(scores):
        row = scores.table.loc[code]
        category = names.get(row["category"])
        rows.append(
            [code, computed.pack.place_name(code), _shown(row["score"], 1)]
            + [_shown(row["rank"], 0), computed.text(category) if category else UNKNOWN]
            + [f"{row['coverage']:.0%}"]
            + [_shown(scores.dimensions.at[code, one], 1) for one in dimensions]
        )
    return rows


def _shown(value: float, digits: int) -> str:
    return UNKNOWN if pd.isna(value) else f"{value:.{digits}f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = {0, 1, 4}  # code, region and category stand left, figures right
    return [
        "  ".join(
            cell.ljust(width) if at in words else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _foot(computed: Computed) -> list[str]:
    pack = computed.pack
    ladder = (
        "This index is of the threat class: the pack's rules may read it, as one sign among others."
        if computed.scores.method.feeds_ladder
        else "This index feeds no ladder and no forecast: only the threat class may."
    )
    return [
        "Unknown is not zero: the weight of what is unknown goes to what is known beside it, "
        "and coverage says how much was known.",
        "Uncertainty is not computed here, so small differences of score or rank mean nothing. "
        "No score is a probability of unrest, and none has been validated.",
        ladder,
        f"Source: computed by anoa from pack {pack.id} {pack.version}, sha256 {pack.digest}.",
    ]
