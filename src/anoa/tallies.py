"""What a picture counts and finds again as entries are folded, so that nobody goes through it all.

Reports that nobody has answered are counted by place, handling and owner. Reports and incidents
that the ladder reads are strung together by region and threat type, a string for each institution
(of incidents, for each chain of command that verified), the newest first. Strings may hold what has
changed since: who reads them looks at the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from anoa.coordination.values import Incident, Item, Report, Verdict

Cell = tuple[str, str]  # region, threat type
Owned = tuple[str, str]  # handling, owner
Chain = tuple[str, "Chain"] | tuple[()]  # an id and the chain of those before it
Strings = Mapping[Cell, Mapping[str, Chain]]
Pairs = Iterable[tuple[Item | None, Item]]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of unanswered reports, and the strings of what the ladder reads."""

    unanswered: Mapping[str, Mapping[Owned, int]] = field(default_factory=dict)
    credible: Strings = field(default_factory=dict)
    verified: Strings = field(default_factory=dict)
    incidents: Strings = field(default_factory=dict)

    def changed(self, pairs: Pairs) -> Tallies:
        """The tallies after these things changed, each given as it was (None: new) and as it is."""
        work = _Work(self)
        for old, new in pairs:
            if isinstance(new, Report):
                work.take_report(old if isinstance(old, Report) else None, new)
            elif isinstance(new, Incident):
                work.take_incident(old if isinstance(old, Incident) else None, new)
        return work.done()


def along(chain: Chain) -> Iterator[str]:
    """The ids of a string, the newest first, each once.

    >>> list(along(("R-2", ("R-1", ("R-2", ())))))
    ['R-2', 'R-1']
    """
    seen = set[str]()
    while chain:
        ident, chain = chain
        if ident not in seen:
            seen.add(ident)
            yield ident


def smallest_place(report: Report) -> str:
    """The sub-district of a report, else its region."""
    return report.sub_district or report.region


class _Work:
    """The next tallies while they are made; the outer mappings are copied once."""

    def __init__(self, start: Tallies) -> None:
        self._start = start
        self._unanswered: dict[str, Mapping[Owned, int]] | None = None
        self._strings: dict[str, dict[Cell, Mapping[str, Chain]]] = {}

    def take_report(self, old: Report | None, new: Report) -> None:
        if old is not None and old.state == "recorded":
            self._count(old, -1)
        if new.state == "recorded":
            self._count(new, 1)
        moved = old is None or _cell(old) != _cell(new)
        if new.is_credible and (moved or (old is not None and not old.is_credible)):
            self._string("credible", new, new.owner)
        fresh = moved or (old is not None and old.verdict is not Verdict.VERIFIED)
        if new.verdict is Verdict.VERIFIED and fresh:
            self._string("verified", new, new.owner)

    def take_incident(self, old: Incident | None, new: Incident) -> None:
        fresh = old is None or old.verified_at is None or _cell(old) != _cell(new)
        if new.verified_at is not None and fresh:
            self._string("incidents", new, new.verified_chain or "")

    def _count(self, report: Report, by: int) -> None:
        if self._unanswered is None:
            self._unanswered = dict(self._start.unanswered)
        place, owned = smallest_place(report), (str(report.handling), report.owner)
        here = dict(self._unanswered.get(place, {}))
        here[owned] = here.get(owned, 0) + by
        if not here[owned]:
            del here[owned]
        self._unanswered[place] = here

    def _string(self, name: str, thing: Report | Incident, of: str) -> None:
        if name not in self._strings:
            self._strings[name] = dict(getattr(self._start, name))
        strings, cell = self._strings[name], _cell(thing)
        here = strings.get(cell, {})
        strings[cell] = {**here, of: (thing.id, here.get(of, ()))}

    def done(self) -> Tallies:
        if self._unanswered is None and not self._strings:
            return self._start
        counted = self._start.unanswered if self._unanswered is None else self._unanswered
        return Tallies(
            {place: here for place, here in counted.items() if here},
            *(self._strings.get(name, getattr(self._start, name))
              for name in ("credible", "verified", "incidents")),
        )  # fmt: skip


def _cell(thing: Report | Incident) -> Cell:
    return thing.region, thing.threat_type
