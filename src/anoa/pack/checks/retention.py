"""How long each class of stored material is kept: a moment that fits it, and not too long."""

from __future__ import annotations

from anoa.coordination.retention import CLASSES, LONGEST, MOST_DAYS
from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft

FILE = "retention.yaml"


def check_retention(draft: Draft, findings: Findings) -> None:
    """Each class counts from a moment that it has, and no longer than the room keeps it."""
    for row in draft.document(FILE).rows("classes"):
        klass, after, days = row.text("class"), row.text("after"), row.number("days")
        moments = CLASSES.get(klass, ())
        if moments and after and after not in moments:
            findings.add(
                row.file, row.line_of("after"), f"{klass} cannot be kept from '{after}' on",
                f"one of: {', '.join(moments)}",
            )  # fmt: skip
        most = LONGEST.get(klass, MOST_DAYS)
        if days is not None and days > most:
            findings.add(
                row.file, row.line_of("days"), f"{klass} would be kept {days:.0f} days",
                f"at most {most} days",
            )  # fmt: skip
