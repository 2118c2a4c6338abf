"""All checks across the files of a pack, in one place."""

from __future__ import annotations

from collections.abc import Callable

from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft

CHECKS: tuple[Callable[[Draft, Findings], None], ...] = ()


def check_draft(draft: Draft, findings: Findings) -> None:
    """Run every check; each adds its problems and leaves the draft as it is."""
    for check in CHECKS:
        check(draft, findings)
