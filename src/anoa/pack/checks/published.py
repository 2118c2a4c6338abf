"""Published editions and schemes: scales, categories, levels, classes and days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from anoa.pack.checks.trees import cycle_of
from anoa.pack.checks.words import SENSITIVE
from anoa.pack.collecting import Findings, listed
from anoa.pack.published import MIXED, Band
from anoa.pack.published_building import band_of, scheme_files
from anoa.pack.schema import Draft, Row
from anoa.screening import has_word


def check_published(draft: Draft, findings: Findings) -> None:
    """Every edition can be shown on its own scale, and every scheme is a tree of classes."""
    schemes = {name: draft.rows(file) for name, file in scheme_files(draft)}
    editions = {row.text("id"): row for row in draft.rows("published_editions.csv")}
    for row in editions.values():
        _check_scale(row, findings)
        _check_bands(row, draft, findings)
        _check_levels(row, draft, findings)
        _check_days(row, findings)
    seen: dict[tuple[str, ...], int] = {}
    levels = {row.text("code"): row.text("level") for row in draft.rows("regions.csv")}
    for row in draft.rows("published_scores.csv"):
        _check_once(row, seen, findings)
        if edition := editions.get(row.text("edition")):
            _check_score(row, edition, findings)
            _check_place(row, edition, levels, findings)
            _check_dimension(row, edition, schemes, findings)
    for name, rows in schemes.items():
        _check_scheme(name, rows, draft, findings)


def _bands(edition: Row) -> list[Band]:
    return [band_of(text) for text in edition.texts("categories")]


def _check_scale(edition: Row, findings: Findings) -> None:
    low, high = edition.number("low"), edition.number("high")
    if (low is None) != (high is None):
        findings.add(edition.file, edition.line, "the scale has one end", "give low and high")
    elif low is not None and high is not None and low >= high:
        findings.add(edition.file, edition.line, f"the scale does not rise: {low:g} to {high:g}")


def _check_bands(edition: Row, draft: Draft, findings: Findings) -> None:
    bands = _bands(edition)
    labels = draft.document("pack.yaml").get("labels")
    names = [band.id for band in bands]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            findings.add(edition.file, edition.line, f"category '{name}' stands twice")
        if isinstance(labels, dict) and name not in labels:
            findings.add(
                edition.file, edition.line, f"category '{name}' has no label",
                "add it to the labels of pack.yaml",
            )  # fmt: skip
    starts = [band.start for band in bands if band.start is not None]
    if not starts:
        return
    if len(starts) < len(bands):
        findings.add(
            edition.file, edition.line, "some categories have a cut-off and some have none",
            "all of them, or none where they were not published",
        )  # fmt: skip
    if any(later <= earlier for earlier, later in pairwise(starts)):
        findings.add(edition.file, edition.line, "the categories do not begin at ascending scores")
    low, high = edition.number("low"), edition.number("high")
    if low is None or high is None or not low == starts[0] <= starts[-1] < high:
        findings.add(
            edition.file, edition.line, "the categories do not begin at the foot of the scale",
            "the first from low, the last below high",
        )  # fmt: skip


def _check_levels(edition: Row, draft: Draft, findings: Findings) -> None:
    known = {row.text("level") for row in draft.rows("regions.csv")}
    for level in edition.texts("levels"):
        if known and level not in known:
            findings.add(
                edition.file, edition.line, f"no region has the level '{level}'",
                "levels: " + listed(known),
            )  # fmt: skip


def _check_days(edition: Row, findings: Findings) -> None:
    as_of, known = edition.get("as_of"), edition.get("known_at")
    if isinstance(as_of, date) and isinstance(known, date) and as_of > known:
        findings.add(
            edition.file, edition.line, f"the edition speaks of {as_of}, after it was known",
            f"known_at is {known}",
        )  # fmt: skip


def _check_once(row: Row, seen: dict[tuple[str, ...], int], findings: Findings) -> None:
    key = tuple(row.text(name) for name in ("edition", "region", "dimension", "source"))
    if key in seen:
        findings.add(
            row.file, row.line, "a second row for this edition, region, dimension and source",
            f"see line {seen[key]}",
        )  # fmt: skip
    seen.setdefault(key, row.line)


def _check_score(row: Row, edition: Row, findings: Findings) -> None:
    value, low, high = row.number("value"), edition.number("low"), edition.number("high")
    if value is not None and (low is None or high is None):
        findings.add(
            row.file, row.line, f"a value of edition '{edition.text('id')}', which has no scale",
            "give the edition its low and high",
        )  # fmt: skip
    elif value is not None and low is not None and high is not None and not low <= value <= high:
        findings.add(
            row.file, row.line, f"{value:g} lies outside the scale of its edition",
            f"{low:g} to {high:g}",
        )  # fmt: skip
    known = [band.id for band in _bands(edition)]
    if row.text("category") and row.text("category") not in known:
        findings.add(
            row.file, row.line, f"'{row.text('category')}' is no category of its edition",
            "categories: " + (listed(known) or "none"),
        )  # fmt: skip
    if row.get("rank") == 0:
        findings.add(row.file, row.line, "a rank begins at 1")


def _check_place(row: Row, edition: Row, levels: dict[str, str], findings: Findings) -> None:
    level = levels.get(row.text("region"), "")
    if level and level not in edition.texts("levels"):
        findings.add(
            row.file, row.line, f"the edition does not speak of a {level}",
            "levels: " + listed(edition.texts("levels")),
        )  # fmt: skip
    known, first = row.get("known_at"), edition.get("known_at")
    if isinstance(known, date) and isinstance(first, date) and known < first:
        findings.add(
            row.file,
            row.line,
            f"this was known on {known}, before its edition",
            f"known on {first}",
        )


def _check_dimension(
    row: Row, edition: Row, schemes: dict[str, list[Row]], findings: Findings
) -> None:
    code, scheme = row.text("dimension"), edition.text("scheme")
    if not code:
        return
    if scheme not in schemes:
        findings.add(
            row.file, row.line, f"there is no scheme '{scheme}' that could name '{code}'",
            f"add schemes/{scheme}.csv",
        )  # fmt: skip
    elif code == scheme or code not in {node.text("code") for node in schemes[scheme]}:
        findings.add(
            row.file, row.line, f"'{code}' is no dimension of scheme '{scheme}'",
            "leave it blank for the total",
        )  # fmt: skip


# -- schemes --------------------------------------------------------------------------------


def _check_scheme(name: str, rows: list[Row], draft: Draft, findings: Findings) -> None:
    nodes = {row.text("code"): row for row in rows}
    file = f"schemes/{name}.csv"
    if rows and name not in nodes:
        findings.add(file, 0, f"no row has the code '{name}': the index itself", "parent blank")
    if name in draft.ids("index"):
        findings.add(file, 0, f"'{name}' is an index of this pack", "name the file otherwise")
    above = {code: [row.text("parent")] for code, row in nodes.items() if row.text("parent")}
    for code, row in nodes.items():
        if way := cycle_of(code, above):
            findings.add(row.file, row.line, f"'{code}' lies in itself: " + " → ".join(way[:8]))
        for what, hint in _node_problems(name, row, nodes):
            findings.add(row.file, row.line, what, hint)
        _check_words(row, draft, findings)


def _node_problems(name: str, row: Row, nodes: dict[str, Row]) -> Iterator[tuple[str, str]]:
    code, level, klass = row.text("code"), row.number("level") or 0, row.text("class")
    parent = nodes.get(row.text("parent"))
    if code == name and row.text("parent"):
        yield f"'{name}' is the index itself and has a parent", "leave it blank"
    if code != name and parent is None:
        yield f"the parent of '{code}' is no row of this scheme", "codes: " + listed(nodes)
    if parent is not None and (parent.number("level") or 0) <= level:
        yield f"the parent of '{code}' has no higher level", ""
    if level == 1 and klass == MIXED:
        yield f"indicator '{code}' has no one class", "threat, service, procedure or contest"
    if parent is not None and parent.text("class") not in (klass, MIXED):
        yield (
            f"'{code}' of class {klass} stands under '{parent.text('code')}' of class "
            f"{parent.text('class')}",
            "only what is mixed holds several classes",
        )


def _check_words(row: Row, draft: Draft, findings: Findings) -> None:
    """What is of class threat speaks of acts, never of what people are."""
    if row.text("class") != "threat":
        return
    words = (*SENSITIVE, *draft.document("words/screening.yaml").texts("sensitive_words"))
    for text in (row.text("code"), *row.all_texts("name")):
        if found := has_word(re.sub(r"[_:;.-]+", " ", text), words):
            findings.add(
                row.file, row.line, f"'{row.text('code')}' of class threat speaks of '{found}'",
                "never religion, ethnicity, language, age or income in the threat class",
            )  # fmt: skip
