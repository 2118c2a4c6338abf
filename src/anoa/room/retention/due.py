"""What is due for deletion now, what is held back, and what comes next, by class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from anoa.coordination.retention import CLASSES, RECEIVED, Keeping, Settling, held_things
from anoa.picture import Picture
from anoa.room import actions, record
from anoa.room.models import EntryRow, Operation
from anoa.room.retention.stores import STORES, Material, Scope

LISTED = 50  # of each class, by name
AT_MOST = 20_000  # of one certificate


@dataclass(frozen=True, slots=True)
class Held:
    """Something whose time is over, and the hold that keeps it."""

    material: Material
    hold: str


@dataclass(slots=True)
class Due:
    """One class: what is due, what is held, how much is kept, and when the next is due.

    ``found`` are at most ``AT_MOST``; ``more`` if there are others.
    """

    keeping: Keeping
    found: list[Material] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    kept: int = 0
    open: int = 0  # of those kept: not settled, so that they wait for the end of the operation
    next_at: datetime | None = None
    more: bool = False

    @property
    def klass(self) -> str:
        """The class."""
        return self.keeping.klass

    @property
    def listed(self) -> list[Material]:
        """The first of what is due."""
        return self.found[:LISTED]

    @property
    def of(self) -> list[str]:
        """The institutions whose material is due."""
        return sorted({one.of for one in self.found})


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by the operation's clock and by the wall's; they differ in an exercise."""

    at: datetime
    wall: datetime

    def of(self, keeping: Keeping) -> datetime:
        """The clock by which a class is counted: what only counts from when it came, the wall's."""
        return self.wall if keeping.after == RECEIVED else self.at


def now(operation: Operation) -> Moment:
    """The present moment."""
    return Moment(actions.now_of(operation), datetime.now(UTC))


def scope_of(operation: Operation, picture: Picture, agency: str | None) -> Scope:
    """What is looked through for one institution, or for everybody."""
    rows = EntryRow.objects.filter(operation=operation, kind="report.withdrawn")
    withdrawn = {subject: at.astimezone(UTC) for subject, at in rows.values_list("subject", "at")}
    ends = record.rules_of(operation).ends
    return Scope(operation, Settling(picture, withdrawn), ends, agency)


def due(
    operation: Operation, picture: Picture, agency: str | None, moment: Moment,
    classes: tuple[str, ...] = tuple(CLASSES), at_most: int = AT_MOST,
) -> list[Due]:  # fmt: skip
    """What is due of these classes, of one institution or of everybody."""
    scope = scope_of(operation, picture, agency)
    holds = held_things(picture.holds.values(), picture.incidents)
    rules = record.rules_of(operation).retention
    return [_of_class(scope, rules[klass], holds, moment, at_most) for klass in classes]


def _of_class(
    scope: Scope, keeping: Keeping, holds: dict[str, str], moment: Moment, at_most: int
) -> Due:
    told, clock, store = Due(keeping), moment.of(keeping), STORES[keeping.klass]
    looked = scope.narrowed(keeping, clock)
    if looked is not scope:
        told.kept = store.rows(scope).count() - store.rows(looked).count()
    for one in store.look(looked, keeping):
        goes = keeping.due(one.base)
        if goes > clock:
            told.kept += 1
            told.open += bool(one.why)
            told.next_at = goes if told.next_at is None else min(told.next_at, goes)
        elif hold := holds.get(one.subject):
            told.held.append(Held(one, hold))
        elif len(told.found) < at_most:
            told.found.append(one)
        else:
            told.more = True
    return told


def by_institution(found: list[Material]) -> Iterator[tuple[str, list[Material]]]:
    """What is due, parted by whose it is: a certificate speaks of one institution."""
    for agency in sorted({one.of for one in found}):
        yield agency, [one for one in found if one.of == agency]
