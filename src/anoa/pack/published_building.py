"""Make published editions and schemes from a draft that has no problems."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from anoa.pack.published import Band, PublishedEdition, PublishedScore, Scheme, SchemeNode
from anoa.pack.schema import Draft, Row
from anoa.pack.tables import SCHEMES
from anoa.pack.values import Texts


def published_parts(draft: Draft) -> dict[str, Any]:
    """The published editions with their scores, and the schemes, by id."""
    scores: dict[str, list[PublishedScore]] = {}
    for row in draft.rows("published_scores.csv"):
        scores.setdefault(row.text("edition"), []).append(_score(row))
    return {
        "published": {
            row.text("id"): _edition(row, tuple(scores.get(row.text("id"), ())))
            for row in draft.rows("published_editions.csv")
        },
        "schemes": {name: _scheme(name, draft.rows(file)) for name, file in scheme_files(draft)},
    }


def scheme_files(draft: Draft) -> list[tuple[str, str]]:
    """Id and file of every scheme that was read."""
    files = sorted(file for file in draft.tables if file.startswith(SCHEMES))
    return [(PurePosixPath(file).stem, file) for file in files]


def _edition(row: Row, scores: tuple[PublishedScore, ...]) -> PublishedEdition:
    fields: Any = row
    return PublishedEdition(
        row.text("id"), row.text("scheme"), row.text("publisher"), _texts(row, "name"),
        row.text("class"), row.number("low"), row.number("high"),
        tuple(map(band_of, row.texts("categories"))), row.text("unit"),
        tuple(row.texts("levels")), _texts(row, "scope"), fields["as_of"], fields["known_at"],
        tuple(row.texts("source")), _texts(row, "note"), scores,
    )  # fmt: skip


def band_of(text: str) -> Band:
    """The category that a cell names.

    >>> band_of("medium:21.7")
    Band(id='medium', start=21.7)
    """
    word, colon, start = text.partition(":")
    return Band(word, float(start) if colon else None)


def _score(row: Row) -> PublishedScore:
    fields: Any = row
    return PublishedScore(
        row.text("edition"), row.text("region"), row.text("dimension"), row.number("value"),
        row.text("category") or None, fields["rank"], row.text("source"), fields["known_at"],
        _texts(row, "note"),
    )  # fmt: skip


def _scheme(name: str, rows: list[Row]) -> Scheme:
    return Scheme(name, {row.text("code"): _node(row) for row in rows})


def _node(row: Row) -> SchemeNode:
    fields: Any = row
    return SchemeNode(
        row.text("code"), row.text("parent"), fields["level"], _texts(row, "name"),
        row.number("weight"), fields["direction"], row.text("class"), tuple(row.texts("source")),
    )  # fmt: skip


def _texts(row: Row, name: str) -> Texts:
    value = row.get(name)
    return {key: text for key, text in value.items() if text} if isinstance(value, dict) else {}
