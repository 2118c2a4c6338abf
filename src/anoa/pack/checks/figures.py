"""Figures: one unit per figure, sources that say where they are from."""

from __future__ import annotations

from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft


def check_figures(draft: Draft, findings: Findings) -> None:
    """A figure has one unit everywhere, and a source without an address says why."""
    units: dict[str, tuple[str, int]] = {}
    for row in draft.rows("figures.csv"):
        figure, unit = row.text("figure"), row.text("unit")
        if not figure or not unit:
            continue
        first, line = units.setdefault(figure, (unit, row.line))
        if unit != first:
            findings.add(
                row.file, row.line, f"figure '{figure}' is in '{unit}' here and '{first}' before",
                f"see line {line}",
            )  # fmt: skip
    for row in draft.rows("sources.csv"):
        if "url" in row and row.get("url") is None and not row.text("note") and row.text("id"):
            findings.add(
                row.file, row.line, f"source '{row.text('id')}' has no address and no note",
                "the note says why",
            )  # fmt: skip
