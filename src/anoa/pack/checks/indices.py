"""Indices: weights, goalposts, classes, and what the threat class may never speak of."""

from __future__ import annotations

import re
from itertools import pairwise

from anoa.pack.checks.words import SENSITIVE
from anoa.pack.collecting import Findings, listed
from anoa.pack.schema import Draft, Row
from anoa.screening import has_word

TOTAL = "vulnerability"


def check_indices(draft: Draft, findings: Findings) -> None:
    """Every index can be computed, and none says more than its class."""
    indices = {row.text("id"): row for row in draft.document("indices.yaml").rows("indices")}
    below = _indicators_by_parent(draft)
    for index in indices.values():
        _check_scale(index, findings)
        _check_categories(index, findings)
        _check_coverage(index, findings)
        _check_content(index, below.get(index.text("id"), []), indices, findings)
    for row in draft.rows("indicators.csv"):
        _check_goalposts(row, findings)
        _check_origin(row, draft, findings)
        _check_class(row, indices, draft, findings)


def _indicators_by_parent(draft: Draft) -> dict[str, list[Row]]:
    below: dict[str, list[Row]] = {}
    for row in draft.rows("indicators.csv"):
        below.setdefault(row.text("parent"), []).append(row)
    return below


def _check_scale(index: Row, findings: Findings) -> None:
    scale = index.numbers("scale")
    if (scale and len(scale) != 2) or (scale and not scale[0] < scale[-1]):
        line = index.line_of("scale")
        findings.add(index.file, line, "the scale is not a lowest and a highest score", "[0, 100]")


def _check_categories(index: Row, findings: Findings) -> None:
    categories = index.rows("categories")
    starts = [category.number("from") for category in categories]
    line = index.line_of("categories")
    known = [start for start in starts if start is not None]
    if any(later <= earlier for earlier, later in pairwise(known)):
        findings.add(index.file, line, "the categories do not begin at ascending scores")
    scale = index.numbers("scale")
    if known and len(scale) == 2 and not scale[0] == known[0] <= known[-1] < scale[1]:
        findings.add(
            index.file, line, "the categories do not begin at the foot of the scale",
            f"the first from {scale[0]:g}, the last below {scale[1]:g}",
        )  # fmt: skip
    names = [category.text("id") for category in categories]
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        findings.add(index.file, line, f"category '{name}' stands twice")
    if not categories and "categories" in index.lines:
        findings.add(index.file, line, f"index '{index.text('id')}' has no categories")


def _check_coverage(index: Row, findings: Findings) -> None:
    score, category = index.number("min_coverage"), index.number("category_coverage")
    if score is not None and category is not None and category < score:
        findings.add(
            index.file, index.line_of("category_coverage"),
            f"category_coverage {category} is below min_coverage {score}",
            "a category needs at least what a score needs",
        )  # fmt: skip


def _check_content(
    index: Row, indicators: list[Row], indices: dict[str, Row], findings: Findings
) -> None:
    """A total has parts and no indicators; any other index has indicators and no parts."""
    name, parts = index.text("id"), index.rows("parts")
    is_total = index.text("class") == TOTAL
    if is_total and indicators:
        first = indicators[0]
        findings.add(first.file, first.line, f"the total '{name}' takes parts, not indicators")
    if is_total and not parts:
        findings.add(index.file, index.line, f"the total '{name}' has no parts")
    if not is_total and parts:
        line = index.line_of("parts")
        findings.add(index.file, line, f"index '{name}' is no total and has parts")
    if not is_total and not indicators and index.text("class"):
        findings.add(index.file, index.line, f"index '{name}' has no indicators")
    for part in parts:
        of = indices.get(part.text("index"), index)
        if of is not index and of.text("class") == TOTAL:
            findings.add(part.file, part.line, "a total is no part of another total")
        if of.numbers("scale") != index.numbers("scale"):
            findings.add(
                part.file, part.line,
                f"the part '{part.text('index')}' has another scale than '{name}'",
            )  # fmt: skip
    _check_weights(index.file, index.line_of("parts"), f"the parts of '{name}'", parts, findings)
    if indicators:
        what = f"the indicators of '{name}'"
        _check_weights(indicators[0].file, indicators[0].line, what, indicators, findings)


def _check_weights(file: str, line: int, what: str, rows: list[Row], findings: Findings) -> None:
    weights = [row.number("weight") for row in rows]
    for row, weight in zip(rows, weights, strict=True):
        if weight is not None and weight < 0:
            findings.add(row.file, row.line, f"the weight {weight:g} is negative")
    if rows and None not in weights and sum(w for w in weights if w is not None) <= 0:
        findings.add(file, line, f"the weights of {what} sum to nothing")


def _check_goalposts(row: Row, findings: Findings) -> None:
    low, high = row.number("low"), row.number("high")
    if low is not None and high is not None and low >= high:
        findings.add(
            row.file, row.line, f"the goalpost low {low:g} is not below high {high:g}",
            "low is where the score is lowest; direction -1 turns it round",
        )  # fmt: skip
    if low is not None and low < 0 and row.get("transform") == "log1p":
        findings.add(row.file, row.line, "log1p needs goalposts from zero up")
    if row.number("level") not in (None, 1):
        findings.add(row.file, row.line, "level must be 1 in format 1")


def _check_origin(row: Row, draft: Draft, findings: Findings) -> None:
    word, _, names = row.text("from").partition(":")
    if word == "figure" and "figure" not in draft.broken and names not in draft.ids("figure"):
        findings.add(
            row.file, row.line, f"no row of figures.csv has the figure '{names}'",
            "figures: " + listed(draft.ids("figure")),
        )  # fmt: skip
    if word != "history" or "history_type" in draft.broken:
        return
    classes = {one.text("id"): one.text("class") for one in draft.rows("history_types.csv")}
    for name in names.split(";"):
        if name not in classes:
            findings.add(
                row.file, row.line, f"'{name}' is not a type of past incidents",
                "types: " + listed(classes),
            )  # fmt: skip
        elif classes[name] and row.text("class") and classes[name] != row.text("class"):
            findings.add(
                row.file, row.line,
                f"incidents of type '{name}' are of class {classes[name]}, "
                f"the indicator of class {row.text('class')}",
            )  # fmt: skip


def _check_class(row: Row, indices: dict[str, Row], draft: Draft, findings: Findings) -> None:
    code, own = row.text("code"), row.text("class")
    parent = indices.get(row.text("parent"))
    klass = parent.text("class") if parent else ""
    if own and klass and klass not in (own, TOTAL):
        findings.add(
            row.file, row.line,
            f"indicator '{code}' of class {own} stands in an index of class {klass}",
            "each class stands on its own",
        )  # fmt: skip
    if "threat" not in (own, klass):
        return
    words = (*SENSITIVE, *draft.document("words/screening.yaml").texts("sensitive_words"))
    told = [code, row.text("unit"), row.text("from"), *row.all_texts("name")]
    told += _figures_told(row, draft)
    for text in told:
        if found := has_word(re.sub(r"[_:;.-]+", " ", text), words):
            findings.add(
                row.file, row.line, f"indicator '{code}' of class threat speaks of '{found}'",
                "never religion, ethnicity, language, age or income in the threat class",
            )  # fmt: skip
            return


def _figures_told(row: Row, draft: Draft) -> list[str]:
    """Units and notes of the figures that the indicator reads."""
    name = row.text("from").removeprefix("figure:")
    rows = (one for one in draft.rows("figures.csv") if one.text("figure") == name)
    return sorted({text for one in rows for text in (one.text("unit"), one.text("note"))})
