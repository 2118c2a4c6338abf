"""What the pages ask: pure questions of a picture, a pack and the log. Nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

import pandas as pd

from anoa.columns import Found, Wanted, find, unanswered
from anoa.coordination.reporting import REPORT_STATES, STANDING_STATES
from anoa.coordination.values import (
    Assembly,
    Commitment,
    CommitmentState,
    Proposal,
    Task,
    Threat,
)
from anoa.ladder import RUNGS, Rung
from anoa.oplog import Entry
from anoa.pack import Pack, Stage, index_scores, indicator_sources
from anoa.picture import Picture
from anoa.room import record
from anoa.room.log_view import LogView
from anoa.situation import is_under
from anoa.vulnerability import Scores

LATELY = 12  # entries on the board
SHOWN = 20  # reports that a page shows of more; the list of reports has them all
_SCORES: dict[tuple[str, str, str], Scores] = {}  # a pack has few indices and editions
_PLACES: dict[tuple[str, str], frozenset[str]] = {}  # a pack has few regions and units
QUIET_KINDS = frozenset({"member.admitted", "clock.advanced", "operation.opened"})


def scores_of(pack: Pack, index: str, edition: str) -> Scores:
    """The scores of one edition of one index, computed once a pack."""
    key = (pack.digest, index, edition)
    if key not in _SCORES:
        _SCORES[key] = index_scores(pack, index, edition)
    return _SCORES[key]


def exercise_notice(language: str) -> str:
    """The mark of the exercise that this room runs; empty when it runs none."""
    operation = record.current_operation()
    if operation is None or not operation.exercise:
        return ""
    pack = record.pack_of(operation)
    return pack.text(pack.exercise.notice, language)


def threats_in(picture: Picture, pack: Pack, code: str) -> list[Threat]:
    """The open threats of a region or unit, the highest first."""
    found = [t for t in picture.threats.values()
             if t.rung is not Rung.CLOSED and is_under(pack, t, code)]  # fmt: skip
    return sorted(found, key=lambda t: (-t.rung.height, t.since))


@dataclass(frozen=True, slots=True)
class Some:
    """The first of many things, and how many there are."""

    shown: tuple[Any, ...]
    count: int
    by_state: tuple[tuple[str, int], ...] = ()

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def reports_in(picture: Picture, pack: Pack, code: str) -> Some:
    """The reports of a region or unit, the newest first."""
    found = find(picture, "report", Wanted({"place": places_under(pack, code)}))
    return Some(found.page("newest", SHOWN).items, len(found), by_report_state(found))


def by_report_state(found: Found) -> tuple[tuple[str, int], ...]:
    """How many of these reports or incidents are in each state, so that none hides in a sum."""
    return in_order(found.counts("state"))


def in_order(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Counts by state in the order in which people read them."""
    known = (*REPORT_STATES, "merged")
    return tuple((state, counts[state]) for state in known if state in counts)


def standing_counts(picture: Picture) -> tuple[tuple[str, int], ...]:
    """How many reports that stand are in each state: recorded and verified apart."""
    return by_report_state(find(picture, "report", Wanted({"state": STANDING_STATES})))


def places_under(pack: Pack, code: str) -> frozenset[str]:
    """The regions and sub-districts whose things count under a region or unit."""
    key = (pack.digest, code)
    if key not in _PLACES:
        known = (*pack.regions, *pack.sub_districts)
        _PLACES[key] = frozenset(one for one in known if is_under(pack, _Spot(one), code))
    return _PLACES[key]


@dataclass(frozen=True, slots=True)
class _Spot:
    region: str


def commitments_in(picture: Picture, pack: Pack, code: str) -> list[Commitment]:
    """The commitments that name a region, or one of a unit's, each by its day."""
    found = [c for c in picture.commitments.values() if c.region and is_under(pack, c, code)]
    return sorted(found, key=lambda c: c.due)


def by_rung(threats: Iterable[Threat]) -> dict[Rung, list[Threat]]:
    """The threats by rung, lowest rung first and closed last, the longest standing first."""
    columns: dict[Rung, list[Threat]] = {rung: [] for rung in (*RUNGS[1:], RUNGS[0])}
    for threat in sorted(threats, key=lambda t: t.since):
        columns[threat.rung].append(threat)
    return columns


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a decision or an answer."""

    proposals: list[Proposal]
    unanswered: Some
    late: list[Commitment]
    requested: list[Commitment]
    overdue: list[Task]
    reviews: list[Threat]

    @property
    def count(self) -> int:
        """How many things wait."""
        kinds: tuple[Sequence[object], ...] = (
            self.proposals, self.late, self.requested, self.overdue, self.reviews,
        )  # fmt: skip
        return sum(len(kind) for kind in kinds) + self.unanswered.count


def waiting(picture: Picture, at: datetime) -> Waiting:
    """What waits at that moment, the oldest first."""
    commitments, late = picture.commitments.values(), unanswered(picture, at)
    return Waiting(
        sorted((p for p in picture.proposals.values() if p.is_open), key=lambda p: p.made_at),
        Some(tuple(late.items(late.places[:SHOWN])), len(late)),
        sorted((c for c in commitments if c.is_late), key=lambda c: c.due),
        sorted((c for c in commitments if c.state is CommitmentState.REQUESTED and not c.is_late),
               key=lambda c: c.due),
        sorted((t for t in picture.tasks.values() if t.is_overdue(at)), key=lambda t: t.due),
        sorted((t for t in picture.threats.values()
                if t.rung is not Rung.CLOSED and t.review_by < at), key=lambda t: t.review_by),
    )  # fmt: skip


def lately(log: LogView) -> list[Entry]:
    """What changed last, newest first, without admissions and clock strokes."""
    return list(islice(log.newest(lambda entry: entry.kind not in QUIET_KINDS), LATELY))


COMMITMENT_ORDER = ("late", "requested", "accepted", "claimed", "broken", "discharged",
                    "declined", "released")  # fmt: skip


def commitment_state(commitment: Commitment) -> str:
    """The state as people follow it: late comes before where it stands otherwise."""
    return "late" if commitment.is_late else str(commitment.state)


def by_state(commitments: Iterable[Commitment]) -> list[tuple[str, list[Commitment]]]:
    """The commitments by state, those that need someone first, each by its day."""
    groups: dict[str, list[Commitment]] = {state: [] for state in COMMITMENT_ORDER}
    for one in sorted(commitments, key=lambda c: c.due):
        groups[commitment_state(one)].append(one)
    return [(state, found) for state, found in groups.items() if found]


@dataclass(frozen=True, slots=True)
class DimensionCell:
    """A region's score in one index: None is unknown, never zero."""

    index: str
    name: Mapping[str, str]
    klass: str
    score: float | None
    rank: int | None
    category: Mapping[str, str] | None
    coverage: float

    @property
    def percent(self) -> int:
        """The coverage in whole percent."""
        return round(self.coverage * 100)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A region's row in the table of an edition: the total, then the dimensions."""

    code: str
    total: DimensionCell
    dimensions: tuple[DimensionCell, ...]


def index_table(pack: Pack, edition: str) -> list[IndexRow]:
    """Every region's scores in the main index and in each of its parts, by code."""
    main = pack.indices[pack.main_index]
    parts = [part for part, _weight in main.parts]
    return [
        IndexRow(
            code, _cell(pack, main.id, edition, code),
            tuple(_cell(pack, part, edition, code) for part in parts),
        )
        for code in pack.leaf_regions
    ]  # fmt: skip


def index_row(pack: Pack, edition: str, code: str) -> IndexRow | None:
    """One region's scores; None for a place that the index does not score."""
    return next((row for row in index_table(pack, edition) if row.code == code), None)


def _cell(pack: Pack, index: str, edition: str, code: str) -> DimensionCell:
    spec = pack.indices[index]
    row = scores_of(pack, index, edition).table.loc[code]
    names = {category.id: category.name for category in spec.categories}
    return DimensionCell(
        index, spec.name, spec.klass,
        None if pd.isna(row["score"]) else float(row["score"]),
        None if pd.isna(row["rank"]) else int(row["rank"]),
        names.get(row["category"]) if isinstance(row["category"], str) else None,
        float(row["coverage"]),
    )  # fmt: skip


def mean_coverage(pack: Pack, index: str, edition: str) -> float:
    """How much of the index's weight is known on average, 0 to 1."""
    return float(scores_of(pack, index, edition).table["coverage"].mean())


def sources_behind(pack: Pack, edition: str, code: str) -> list[str]:
    """The ids of the sources behind a region's known indicators."""
    found = indicator_sources(pack, edition)
    mine = (source for (region, _one), sources in found.items() if region == code
            for source in sources)  # fmt: skip
    return list(dict.fromkeys(mine))


def edition_in_use(picture: Picture, pack: Pack) -> str:
    """The edition that the operation adopted last for the main index, else the pack's oldest.

    A later edition may hold figures that nobody knew at the operation's time.
    """
    adopted = [e for e in picture.editions.values() if e.index == pack.main_index]
    if adopted:
        return max(adopted, key=lambda e: e.adopted_at).edition
    return min(pack.editions.values(), key=lambda e: e.as_of).id


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """What the calendar holds on one local day."""

    day: date
    starts: list[Any]
    ends: list[Any]
    assemblies: list[Any]
    due: list[Commitment]
    holidays: list[Any]


def calendar(
    pack: Pack, today: date, assemblies: Iterable[Assembly], due: Iterable[Commitment]
) -> list[CalendarDay]:
    """The days of the operation on which something begins, ends, meets or falls due.

    Stages that were not known yet ``today`` are left out.
    """
    days: dict[date, CalendarDay] = {}

    def on(day: date) -> CalendarDay:
        return days.setdefault(day, CalendarDay(day, [], [], [], [], []))

    for stage in known_stages(pack, today):
        if stage.starts:
            on(stage.starts).starts.append(stage)
        if stage.ends and stage.ends != stage.starts:
            on(stage.ends).ends.append(stage)
    for assembly in assemblies:
        on(date.fromisoformat(assembly.date)).assemblies.append(assembly)
    for commitment in due:
        on(pack.local(commitment.due).date()).due.append(commitment)
    for holiday in pack.clocks.holidays:
        on(holiday.date).holidays.append(holiday)
    first, last = pack.local(pack.operation.starts), pack.local(pack.operation.ends)
    inside = (day for day in days if first.date() <= day <= last.date() + timedelta(days=1))
    return [days[day] for day in sorted(inside)]


def known_stages(pack: Pack, today: date) -> list[Stage]:
    """The stages that were published by that day."""
    return [stage for stage in pack.stages.values() if stage.known_at <= today]


def stages_running(pack: Pack, day: date) -> list[Stage]:
    """The stages that run on a local day; one without published days is not among them."""
    return [
        stage
        for stage in known_stages(pack, day)
        if stage.ends and stage.ends >= day and (stage.starts or stage.ends) <= day
    ]
