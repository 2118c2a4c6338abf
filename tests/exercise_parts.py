"""Parts of the reference exercise: the first week, which small tests play, and all of it."""

from datetime import UTC, datetime, timedelta

from anoa.pack import Inject, Pack

FIRST_WEEK_ENDS = datetime(2024, 8, 13, tzinfo=UTC)


def first_week(pack: Pack) -> tuple[Inject, ...]:
    """The injects of the first meeting and of the week after it; in any pack."""
    assert pack.exercise is not None
    injects = pack.exercise.injects
    return tuple(one for one in injects if one.at < injects[0].at + timedelta(days=7))
