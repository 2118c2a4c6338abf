"""Names of columns, keys and figures that could hold what a pack never holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from anoa.pack.checks.words import FORBIDDEN_KEY_TOKENS, FORBIDDEN_TOKENS
from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft

WHY = "no field for persons, parties, candidates, ballot numbers, results, religion or ethnicity"
NAMED = ("figure", "history_type", "indicator", "place_class", "contest", "signal", "threat",
         "scheme_code", "published_edition")  # fmt: skip


def check_keys(draft: Draft, findings: Findings) -> None:
    """Unknown columns and keys, keys of free data, and names of figures are looked at word by
    word."""
    own = frozenset(draft.document("words/screening.yaml").texts("forbidden_keys"))
    for file, line, name in [*draft.strangers, *_free_keys(draft)]:
        _check(file, line, name, FORBIDDEN_KEY_TOKENS | own, findings)
    for space in NAMED:
        for name, (file, line) in draft.ids(space).items():
            _check(file, line, name, FORBIDDEN_TOKENS | own, findings)
    for row in draft.rows("totals.csv"):
        _check(row.file, row.line, row.text("figure"), FORBIDDEN_TOKENS | own, findings)


def forbidden_part(name: str, tokens: frozenset[str]) -> str:
    """The first part of a name that is one of the tokens; empty when none is.

    >>> forbidden_part("winning_party", frozenset({"party"}))
    'party'
    """
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    words = [word for word in re.split(r"[^a-z0-9]+", spaced) if word]
    pairs = [f"{first}_{second}" for first, second in pairwise(words)]
    return next((part for part in [*words, *pairs] if part in tokens), "")


def _check(file: str, line: int, name: str, tokens: frozenset[str], findings: Findings) -> None:
    if part := forbidden_part(name, tokens):
        findings.add(file, line, f"the name '{name[:60]}' could hold a '{part}'", WHY)


def _free_keys(draft: Draft) -> Iterator[tuple[str, int, str]]:
    """Keys of the exercise's data and of the labels."""
    for row in draft.document("exercise.yaml").rows("injects"):
        for key in _keys_in(row.get("data")):
            yield row.file, row.line_of("data"), key
    top = draft.document("pack.yaml")
    labels = top.get("labels")
    for key in labels if isinstance(labels, dict) else ():
        yield top.file, top.line_of("labels"), key


def _keys_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys_in(inner)
