"""How large past incidents were: one measure, in the words of every language of the pack."""

from __future__ import annotations

from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft


def check_history(draft: Draft, findings: Findings) -> None:
    """A measure that a reader of one language would not find, or that stands twice."""
    for row in draft.rows("incidents.csv"):
        texts = row.get("measure")
        texts = texts if isinstance(texts, dict) else {}
        blank = [language for language, text in texts.items() if not text]
        if blank and len(blank) < len(texts):
            findings.add(
                row.file, row.line, f"measure_{blank[0]} is blank, in another language it is not",
                "write it in every language, or in none",
            )  # fmt: skip
        if row.text("scale") and len(blank) < len(texts):
            findings.add(
                row.file, row.line, "scale and measure say the same thing twice",
                "leave out the column 'scale', which is of earlier packs",
            )  # fmt: skip
