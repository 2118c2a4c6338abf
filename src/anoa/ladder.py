"""The threat ladder: raise at once, lower slowly, always with a reason.

A ladder is data of the pack. It reads named signals about one threat type in one region and says
what follows for the standing: a move, a proposal that institutions must sign, or nothing. It never
reads an assembly, a person or a party; a model alone reaches no more than the lowest rung.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anoa.errors import DataError


class Rung(StrEnum):
    """Where a threat stands; the words people read for them are the pack's."""

    CLOSED = "closed"
    POTENTIAL = "potential"
    THRESHOLD = "threshold"
    ACTUAL = "actual"

    @property
    def height(self) -> int:
        """0 for closed to 3 for actual."""
        return HEIGHTS[self]

    @property
    def below(self) -> Rung:
        """The next rung down; closed stays closed."""
        return RUNGS[max(self.height - 1, 0)]


RUNGS = tuple(Rung)
HEIGHTS = {rung: height for height, rung in enumerate(RUNGS)}
VERIFIED_INCIDENT = "verified_incident"


@dataclass(frozen=True, slots=True)
class SignalKind:
    """A kind of named fact: how high it may lift, whether it is local, whether a model made it."""

    id: str
    ceiling: Rung
    local: bool = True
    model: bool = False

    def __post_init__(self) -> None:
        if self.model and self.ceiling.height > Rung.POTENTIAL.height:
            raise DataError(
                "signal '{id}' comes from a model and may lift no higher than potential", id=self.id
            )
        if self.ceiling is Rung.ACTUAL and self.id != VERIFIED_INCIDENT:
            raise DataError(
                "signal '{id}' may not lift to actual: only a verified incident does", id=self.id
            )


@dataclass(frozen=True, slots=True)
class Signal:
    """One named fact about a region and a threat type, with the evidence it rests on."""

    kind: str
    at: datetime
    chain: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a rule asks for: so many signals, of so many chains of command, within so many hours."""

    signal: str
    count: int = 1
    chains: int = 1
    within: timedelta = timedelta(hours=72)

    def met_by(self, signals: Iterable[Signal], at: datetime) -> tuple[Signal, ...]:
        """The signals that meet the need at that moment; empty when it is not met."""
        fresh = tuple(
            s for s in signals if s.kind == self.signal and at - self.within <= s.at <= at
        )
        enough = (
            len({s.evidence for s in fresh}) >= self.count
            and len({s.chain for s in fresh}) >= self.chains
        )
        return fresh if enough else ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A written rule of the pack: these needs together lift a threat to that rung."""

    id: str
    to: Rung
    needs: tuple[Need, ...]
    threats: frozenset[str] = frozenset()  # empty: every threat type

    def speaks_of(self, threat_type: str) -> bool:
        """Whether the rule is meant for this threat type."""
        return not self.threats or threat_type in self.threats

    def met_by(self, signals: Collection[Signal], at: datetime) -> tuple[Signal, ...]:
        """The signals the rule stands on; empty unless every need is met."""
        met = [need.met_by(signals, at) for need in self.needs]
        return tuple(s for found in met for s in found) if met and all(met) else ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a threat stands, since when, and until when a person's or a provisional move holds."""

    rung: Rung
    since: datetime
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows for a standing; ``proposed`` when institutions must sign it first."""

    to: Rung
    rule: str
    evidence: tuple[str, ...]
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The pack's ladder: signal kinds, rules, and how long each rung is kept without support."""

    version: str
    signals: Mapping[str, SignalKind]
    rules: tuple[Rule, ...]
    dwell: Mapping[Rung, timedelta]
    review: Mapping[Rung, timedelta]
    provisional: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        for rule in self.rules:
            self._check_rule(rule)
        for rung in (Rung.POTENTIAL, Rung.THRESHOLD, Rung.ACTUAL):
            if self.dwell.get(rung, timedelta()) <= timedelta():
                raise DataError("the ladder has no dwell for '{rung}'", rung=rung)

    def _check_rule(self, rule: Rule) -> None:
        unknown = [need.signal for need in rule.needs if need.signal not in self.signals]
        if unknown or not rule.needs:
            raise DataError(
                "rule '{rule}' needs signals that the ladder does not know: {unknown}",
                rule=rule.id, unknown=", ".join(unknown) or "none given",
            )  # fmt: skip
        kinds = [self.signals[need.signal] for need in rule.needs]
        if max(kind.ceiling.height for kind in kinds) < rule.to.height:
            raise DataError(
                "rule '{rule}' lifts to {to}, above the ceiling of its signals",
                rule=rule.id, to=rule.to,
            )  # fmt: skip
        if rule.to is Rung.ACTUAL and VERIFIED_INCIDENT not in {kind.id for kind in kinds}:
            raise DataError(
                "rule '{rule}' lifts to actual without a verified incident", rule=rule.id
            )
        if rule.to is Rung.THRESHOLD and not any(kind.local for kind in kinds):
            raise DataError("rule '{rule}' lifts to threshold without a local fact", rule=rule.id)

    def reached(
        self, threat_type: str, signals: Collection[Signal], at: datetime
    ) -> tuple[Rule, tuple[Signal, ...]] | None:
        """The highest rule that the signals meet, with what it stands on; None when none is met."""
        met = ((r, r.met_by(signals, at)) for r in self.rules if r.speaks_of(threat_type))
        return max(
            ((rule, found) for rule, found in met if found),
            key=lambda pair: pair[0].to.height,
            default=None,
        )

    def step(
        self, standing: Standing, threat_type: str, signals: Collection[Signal], at: datetime
    ) -> Step | None:
        """What follows for the standing at that moment; None when it stays as it is.

        Up at once to the highest rung whose rule is met. Down one rung after the dwell since the
        rung was last supported; from actual only as a proposal, never by the rule itself.

        >>> from datetime import UTC
        >>> noon = datetime(2024, 11, 20, 4, 0, tzinfo=UTC)
        >>> kinds = {"credible_report": SignalKind("credible_report", Rung.THRESHOLD)}
        >>> days = {rung: timedelta(days=1) for rung in RUNGS}
        >>> ladder = Ladder("1", kinds, (Rule("r1", Rung.POTENTIAL, (Need("credible_report"),)),),
        ...                 days, days)
        >>> seen = [Signal("credible_report", noon, "commission", "R-0001")]
        >>> ladder.step(Standing(Rung.CLOSED, noon), "rumor", seen, noon)
        Step(to=<Rung.POTENTIAL: 'potential'>, rule='r1', evidence=('R-0001',), proposed=False)
        """
        found = self.reached(threat_type, signals, at)
        if found and found[0].to.height > standing.rung.height:
            rule, evidence = found
            return Step(rule.to, rule.id, _ids(evidence))
        if standing.rung is Rung.CLOSED or (found and found[0].to is standing.rung):
            return None
        if at < self.kept_until(standing, threat_type, signals, at):
            return None
        return Step(standing.rung.below, f"dwell.{standing.rung}", (), standing.rung is Rung.ACTUAL)

    def kept_until(
        self, standing: Standing, threat_type: str, signals: Collection[Signal], at: datetime
    ) -> datetime:
        """Until when the rung is kept: a person's hold, or the dwell after its last support.

        A rule supports the rung for as long as its signals are fresh, so no rung is left earlier.
        """
        if standing.held_until is not None:
            return standing.held_until
        needs = {
            need.signal: need.within
            for rule in self.rules
            if rule.speaks_of(threat_type) and rule.to.height >= standing.rung.height
            for need in rule.needs
        }
        dwell = self.dwell[standing.rung]
        support = [
            s.at + max(dwell, needs[s.kind]) for s in signals if s.kind in needs and s.at <= at
        ]
        return max([standing.since + dwell, *support])


def _ids(signals: Iterable[Signal]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(signal.evidence for signal in signals))
