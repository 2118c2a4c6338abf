"""Who countersigns the digital seals: institutions that need not trust each other."""

from __future__ import annotations

from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft

PACK = "pack.yaml"


def check_countersigners(draft: Draft, findings: Findings) -> None:
    """The countersigning institutions are of more than one chain of command."""
    operation = draft.document(PACK).row("operation")
    named = operation.texts("countersigners")
    chains = {row.text("id"): row.text("chain") for row in draft.rows("agencies.csv")}
    known = [name for name in named if name in chains]
    if known and len({chains[name] for name in known}) < 2:
        findings.add(
            operation.file, operation.line_of("countersigners"),
            "the countersigning institutions are all of one chain of command",
            "name institutions of two chains or more, so that none vouches for itself alone",
        )  # fmt: skip
    for name in {one for one in named if named.count(one) > 1}:
        findings.add(
            operation.file, operation.line_of("countersigners"),
            f"countersigner '{name}' stands twice", "name each once",
        )  # fmt: skip
