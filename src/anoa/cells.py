"""What the ladder reads of reports and incidents, found again by region and threat type.

As entries are folded, reports and incidents are strung together, a string for each institution (of
incidents, for each chain of command that verified), the newest first. A string may hold what has
changed since: who reads it looks at the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from anoa.coordination.values import Incident, Item, Report, Verdict

Cell = tuple[str, str]  # region, threat type
Chain = tuple[str, "Chain"] | tuple[()]  # an id and the chain of those before it
Strings = Mapping[Cell, Mapping[str, Chain]]
Pairs = Iterable[tuple[Item | None, Item]]


@dataclass(frozen=True, slots=True)
class Cells:
    """Strings of credible and of verified reports and of verified incidents."""

    credible: Strings = field(default_factory=dict)
    verified: Strings = field(default_factory=dict)
    incidents: Strings = field(default_factory=dict)

    def changed(self, pairs: Pairs) -> Cells:
        """The cells after these things changed, each given as it was (None: new) and as it is."""
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


class _Work:
    """The next cells while they are made; an outer mapping is copied once."""

    def __init__(self, start: Cells) -> None:
        self._start = start
        self._strings: dict[str, dict[Cell, Mapping[str, Chain]]] = {}

    def take_report(self, old: Report | None, new: Report) -> None:
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

    def _string(self, name: str, thing: Report | Incident, of: str) -> None:
        if name not in self._strings:
            self._strings[name] = dict(getattr(self._start, name))
        strings, cell = self._strings[name], _cell(thing)
        here = strings.get(cell, {})
        strings[cell] = {**here, of: (thing.id, here.get(of, ()))}

    def done(self) -> Cells:
        if not self._strings:
            return self._start
        names = ("credible", "verified", "incidents")
        return Cells(*(self._strings.get(name, getattr(self._start, name)) for name in names))


def _cell(thing: Report | Incident) -> Cell:
    return thing.region, thing.threat_type
