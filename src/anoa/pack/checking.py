"""All checks across the files of a pack, in one place."""

from __future__ import annotations

from collections.abc import Callable

from anoa.pack.checks.areas import check_areas
from anoa.pack.checks.clock_changes import check_clock_changes
from anoa.pack.checks.conduct import check_conduct
from anoa.pack.checks.exercise import check_exercise
from anoa.pack.checks.figures import check_figures
from anoa.pack.checks.history import check_history
from anoa.pack.checks.indices import check_indices
from anoa.pack.checks.keys import check_keys
from anoa.pack.checks.messages import check_messages
from anoa.pack.checks.published import check_published
from anoa.pack.checks.retention import check_retention
from anoa.pack.checks.seals import check_countersigners
from anoa.pack.checks.times import check_times
from anoa.pack.checks.trees import check_trees
from anoa.pack.checks.vocabulary import check_vocabulary
from anoa.pack.collecting import Findings
from anoa.pack.forms import check_forms
from anoa.pack.schema import Draft

CHECKS: tuple[Callable[[Draft, Findings], None], ...] = (
    check_trees, check_times, check_history, check_clock_changes, check_figures, check_indices,
    check_conduct, check_exercise, check_keys, check_vocabulary, check_areas, check_published,
    check_messages, check_forms, check_countersigners, check_retention,
)  # fmt: skip


def check_draft(draft: Draft, findings: Findings) -> None:
    """Run every check; each adds its problems and leaves the draft as it is."""
    for check in CHECKS:
        check(draft, findings)
