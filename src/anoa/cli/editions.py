"""``anoa index editions`` and ``anoa index scheme``: what others published, and their schemes."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anoa.errors import DataError, PackError
from anoa.pack import Age, NoPack, Pack, PublishedScore, Reading, load_pack

if TYPE_CHECKING:
    import pandas as pd

    from anoa.pack import Scheme
    from anoa.vulnerability import Scores

LANGUAGE = "en"
UNKNOWN = "unknown"
CLASSES = ("threat", "service", "procedure", "contest")


def add(commands: Any) -> None:
    """Add ``editions`` and ``scheme`` to the commands of ``anoa index``."""
    _add_editions(commands)
    _add_scheme(commands)


def _add_editions(commands: Any) -> None:
    editions = commands.add_parser(
        "editions", help="what others published, each on its own scale, with its age",
        description="List published editions; conflicts between sources stay side by side.",
    )  # fmt: skip
    editions.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    editions.add_argument("--region", metavar="CODE", help="a region (default: all)")
    editions.add_argument(
        "--known-by", type=_day, metavar="DATE",
        help="only what was public by that day, YYYY-MM-DD (default: the pack's day)",
    )  # fmt: skip
    editions.add_argument("--json", action="store_true", help="print JSON; unknown is null")
    editions.set_defaults(run=run_editions)


def _add_scheme(commands: Any) -> None:
    scheme = commands.add_parser(
        "scheme", help="score counts by a scheme's indicators, each class on its own",
        description="Units in rows, indicator codes in columns. Classes are never added up.",
    )  # fmt: skip
    scheme.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack")
    scheme.add_argument("scheme", metavar="SCHEME", help="a scheme of the pack")
    scheme.add_argument(
        "--data", type=Path, required=True, metavar="FILE", help="CSV; blank is unknown"
    )
    scheme.add_argument("--class", dest="klass", metavar="CLASS", help="one class (default: each)")
    scheme.add_argument("--json", action="store_true", help="print JSON; unknown is null")
    scheme.set_defaults(run=run_scheme)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no day: write YYYY-MM-DD") from None


def _loaded(path: Path) -> Pack:
    try:
        return load_pack(path)
    except NoPack:
        raise
    except PackError as error:
        raise DataError(f"{error}\nThe pack has {len(error.problems)} problem(s).") from error


# -- editions -------------------------------------------------------------------------------


def run_editions(args: argparse.Namespace) -> int:
    """Print the editions; returns 0, or 2 for what is not there."""
    try:
        pack = _loaded(args.pack)
        if args.region and args.region not in pack.regions:
            raise DataError(f"The pack has no region '{args.region}'.")
    except (PackError, DataError) as error:
        print(error, file=sys.stderr)
        return 2
    today = args.known_by or pack.known_at
    readings = {
        edition.id: [
            reading
            for reading in pack.readings_in(edition.id, today)
            if args.region in (None, reading.region)
        ]
        for edition in pack.published.values()
        if edition.known_at <= today
    }
    found = [(edition, rows) for edition, rows in readings.items() if rows]
    if args.json:
        told = [_as_json(pack, edition, rows, today) for edition, rows in found]
        print(json.dumps({"known_by": today.isoformat(), "editions": told}, ensure_ascii=False,
                         indent=1))  # fmt: skip
        return 0
    for edition, rows in found:
        print("\n".join(_told(pack, edition, rows, today)) + "\n")
    print(
        "Each edition stands on its own scale: scores of different editions are not compared, "
        "ranked or averaged. Unknown is not zero."
    )
    return 0


def _as_json(pack: Pack, ident: str, rows: list[Reading], today: date) -> dict[str, object]:
    one = pack.published[ident]
    age = Age.between(one.as_of, today)
    return {
        "id": one.id, "scheme": one.scheme, "publisher": one.publisher,
        "name": pack.text(one.name, LANGUAGE), "class": one.klass, "low": one.low,
        "high": one.high, "unit": one.unit,
        "categories": [{"id": band.id, "from": band.start} for band in one.bands],
        "scope": pack.text(one.scope, LANGUAGE), "as_of": one.as_of.isoformat(),
        "known_at": one.known_at.isoformat(), "sources": list(one.source),
        "age": {"years": age.years, "months": age.months, "days": age.days, "old": age.is_old},
        "note": pack.text(one.note, LANGUAGE),
        "regions": [_region_json(reading) for reading in rows],
    }  # fmt: skip


def _region_json(reading: Reading) -> dict[str, object]:
    return {
        "region": reading.region, "differs": reading.differs,
        "scores": [_score_json(score) for score in reading.scores],
        "dimensions": {
            part.node.code: [_score_json(score) for score in part.scores]
            for part in reading.parts
            if part.node
        },
    }  # fmt: skip


def _score_json(score: PublishedScore) -> dict[str, object]:
    return {
        "value": score.value, "category": score.category, "rank": score.rank,
        "source": score.source, "known_at": score.known_at.isoformat(),
    }  # fmt: skip


def _told(pack: Pack, ident: str, rows: list[Reading], today: date) -> list[str]:
    one = pack.published[ident]
    scale = UNKNOWN if one.low is None else f"{one.low:g} to {one.high:g}"
    known = [reading for reading in rows if reading.says_something]
    lines = [
        f"{one.id}: {pack.text(one.name, LANGUAGE)} ({one.publisher})",
        f"  class {one.klass}; scale {scale}; {pack.text(one.scope, LANGUAGE)}",
        f"  as of {one.as_of}, {age_text(Age.between(one.as_of, today))}; "
        f"public since {one.known_at}; {len(known)} of {len(rows)} regions known",
    ]
    if one.note:
        lines.append(f"  {pack.text(one.note, LANGUAGE)}")
    for reading in known:
        lines += _region_lines(pack, reading)
    return lines


def _known_parts(reading: Reading) -> list[Reading]:
    return [part for part in reading.parts if part.scores]


def _region_lines(pack: Pack, reading: Reading) -> list[str]:
    name = f"{reading.region} {pack.place_name(reading.region)}"
    mark = " (sources differ)" if reading.differs else ""
    lines = [f"    {name}: {_score_text(score)}{mark}" for score in reading.scores]
    if not lines:
        lines = [f"    {name}: {UNKNOWN}"]
    for part in _known_parts(reading):
        label = pack.text(part.node.name, LANGUAGE) if part.node else ""
        klass = part.node.klass if part.node else ""
        lines += [f"      {label} [{klass}]: {_score_text(score)}" for score in part.scores]
    return lines


def _score_text(score: PublishedScore) -> str:
    told = [
        f"{score.value:g}" if score.value is not None else "",
        score.category or "",
        f"rank {score.rank}" if score.rank else "",
    ]
    return f"{', '.join(filter(None, told)) or UNKNOWN} ({score.source})"


def age_text(age: Age) -> str:
    """An age in years and months, as people say it.

    >>> age_text(Age(1, 8, 619)), age_text(Age(0, 0, 12))
    ('1 year 8 months old', '12 days old')
    """
    parts = [(age.years, "year"), (age.months, "month")]
    if not age.years and not age.months:
        parts = [(age.days, "day")]
    told = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n or word == "day"]
    return " ".join(told) + " old"


# -- schemes --------------------------------------------------------------------------------


def run_scheme(args: argparse.Namespace) -> int:
    """Score a file of counts; returns 0, or 2 for what cannot be computed."""
    try:
        pack = _loaded(args.pack)
        scheme = pack.schemes.get(args.scheme)
        if scheme is None:
            known = ", ".join(pack.schemes) or "none"
            raise DataError(f"The pack has no scheme '{args.scheme}': it has {known}.")
        chosen = _chosen(args.klass)
        scores = _computed(scheme, args.data)
    except (PackError, DataError) as error:
        print(error, file=sys.stderr)
        return 2
    shown = {klass: one for klass, one in scores.items() if klass in chosen}
    print(_scheme_json(pack, scheme, shown) if args.json else _scheme_text(pack, scheme, shown))
    return 0


def _chosen(klass: str | None) -> tuple[str, ...]:
    if klass is None:
        return CLASSES
    if klass not in CLASSES:
        raise DataError(
            f"'{klass}' is no class of fact: one of {', '.join(CLASSES)}. There is no total: "
            "threat is never mixed with needs, remedies or contests."
        )
    return (klass,)


def _computed(scheme: Scheme, path: Path) -> Mapping[str, Scores]:
    from anoa.pack.scheme_scores import scheme_scores

    return scheme_scores(scheme, _counts(path))


def _counts(path: Path) -> pd.DataFrame:
    """The table of a file, units in rows; every cell that is no number is told with its line."""
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if len(rows) < 2:
        raise DataError(f"{path} has no rows: a header with indicator codes, then a row a unit")
    header = [cell.strip() for cell in rows[0][1]]
    problems: list[str] = []
    units = [row[0].strip() for _line, row in rows[1:]]
    problems += [f"{path}: '{one}' stands twice" for one in _twice(units) + _twice(header)]
    table = [_row(path, line, row, header, problems) for line, row in rows[1:]]
    if problems:
        raise DataError("\n".join(problems))
    return pd.DataFrame(table, index=units, columns=header[1:], dtype=float)


def _twice(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _row(
    path: Path, line: int, row: list[str], header: list[str], problems: list[str]
) -> list[float]:
    if len(row) != len(header):
        problems.append(f"{path}:{line}: {len(row)} cells, the header has {len(header)}")
        return [float("nan")] * (len(header) - 1)
    return [_count(path, line, name, cell, problems)
            for name, cell in zip(header[1:], row[1:], strict=True)]  # fmt: skip


def _count(path: Path, line: int, name: str, cell: str, problems: list[str]) -> float:
    text = cell.strip()
    if not text:
        return float("nan")
    if not text.replace(".", "", 1).isdecimal():
        problems.append(f"{path}:{line}: {name}: '{text}' is no count; blank when unknown")
        return float("nan")
    return float(text)


def _scheme_json(pack: Pack, scheme: Scheme, scores: Mapping[str, Scores]) -> str:
    from anoa.pack.scheme_scores import weights_are_published

    told = {
        klass: {
            "feeds_ladder": False,
            "weights": "published" if weights_are_published(scheme, klass) else "equal, ours",
            "units": [
                {"code": code, "name": pack.place_name(code), "score": _or_none(row["score"]),
                 "rank": _or_none(row["rank"]), "coverage": round(float(row["coverage"]), 6)}
                for code, row in one.table.iterrows()
            ],
        }
        for klass, one in scores.items()
    }  # fmt: skip
    return json.dumps({"scheme": scheme.id, "method": METHOD, "classes": told},
                      ensure_ascii=False, indent=1)  # fmt: skip


def _or_none(value: float) -> float | None:
    return None if value != value else float(value)


METHOD = (
    "Computed by anoa, not by the publisher: counts from none to the highest of this file, bent "
    "by log1p, 0 to 100. Scores depend on the units in the file."
)


def _scheme_text(pack: Pack, scheme: Scheme, scores: Mapping[str, Scores]) -> str:
    from anoa.pack.scheme_scores import weights_are_published

    lines = [f"{scheme.id}: {pack.text(scheme.name, LANGUAGE)}", METHOD]
    for klass, one in scores.items():
        published = weights_are_published(scheme, klass)
        weights = "published weights" if published else "equal weights, ours"
        lines += ["", f"class {klass}: {len(one.method.codes)} indicators, {weights}"]
        for code, row in one.table.iterrows():
            score = _or_none(row["score"])
            told = UNKNOWN if score is None else f"{score:.1f}, rank {row['rank']:.0f}"
            name = pack.place_name(str(code))
            lines.append(f"  {code} {name}: {told}; {row['coverage']:.0%} known")
    lines += ["", "No total: threat is never mixed with needs, remedies or contests. Unknown is "
              "not zero. No score here feeds the ladder."]  # fmt: skip
    return "\n".join(lines)
