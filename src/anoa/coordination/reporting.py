"""Reports and incidents: what was filed, and what happened or is claimed to have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anoa.oplog import Handling

UNDER_VERIFICATION = "under_verification"
VERIFIED_IN_CHAIN = "verified_in_chain"


class Verdict(StrEnum):
    """What another institution than the reporter's found a report to be."""

    VERIFIED = "verified"
    REFUTED = "refuted"
    UNRELATED = "unrelated"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict that another one has taken the place of; it stays in print."""

    verdict: Verdict
    agency: str
    at: datetime
    reason: str
    same_chain: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an institution filed: categories and ratings only, never the reporter's words."""

    id: str
    owner: str
    handling: Handling
    filed_at: datetime
    observed_at: datetime
    region: str
    threat_type: str
    object: str
    place_class: str
    reliability: str  # A to F, of the source
    credibility: int  # 1 to 6, of the content
    obtained: str
    acknowledge_by: datetime
    sub_district: str | None = None
    at_risk: str | None = None
    submission: str | None = None  # SHA-256 of the stored submission
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    verdict: Verdict | None = None
    judged_by: str | None = None
    judged_at: datetime | None = None
    reason: str | None = None
    incident: str | None = None
    withdrawn: bool = False
    same_chain: bool = False  # whether who judged it and who filed it are of one chain of command
    taken_by: str | None = None  # the institution that is verifying it, and holds it
    taker: str | None = None  # its member; for that institution's eyes alone
    taken_until: datetime | None = None
    overruled: tuple[Judgement, ...] = ()  # earlier verdicts, the oldest first
    apart: tuple[str, ...] = ()  # reports of which somebody said that they tell of another event

    @property
    def state(self) -> str:
        """recorded, acknowledged, under_verification, withdrawn, or what the verdict makes of it.

        A verdict "verified" from the reporter's own chain of command verifies nothing: the report
        is ``verified_in_chain`` then, and is counted apart.
        """
        if self.withdrawn:
            return "withdrawn"
        if self.taken_by:
            return UNDER_VERIFICATION
        if self.verdict is Verdict.VERIFIED and self.same_chain:
            return VERIFIED_IN_CHAIN
        if self.verdict:
            return str(self.verdict)
        return "acknowledged" if self.acknowledged_at else "recorded"

    @property
    def is_credible(self) -> bool:
        """Usually reliable source (A to C) and content at least possibly true (1 to 3)."""
        return self.reliability in "ABC" and self.credibility <= 3

    @property
    def stands(self) -> bool:
        """Whether it still counts: not withdrawn, not refuted, unrelated or a duplicate."""
        return not self.withdrawn and self.verdict in (None, Verdict.VERIFIED)

    def is_held(self, at: datetime) -> bool:
        """Whether somebody is verifying it at that moment, so that nobody else does."""
        return self.taken_until is not None and at < self.taken_until

    def is_unanswered(self, at: datetime) -> bool:
        """Whether nobody acknowledged it in time."""
        return self.state == "recorded" and at > self.acknowledge_by


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened or is claimed to have; several reports may describe it."""

    id: str
    owner: str
    handling: Handling
    opened_at: datetime
    observed_at: datetime
    region: str
    threat_type: str
    place_class: str
    sub_district: str | None = None
    reports: tuple[str, ...] = ()
    verified_at: datetime | None = None
    verified_chain: str | None = None
    merged_into: str | None = None
    withdrawn: bool = False
    reason: str | None = None  # of its withdrawal

    @property
    def state(self) -> str:
        """recorded, verified, merged, or withdrawn."""
        if self.merged_into:
            return "merged"
        if self.withdrawn:
            return "withdrawn"
        return "verified" if self.verified_at else "recorded"

    @property
    def stands(self) -> bool:
        """Whether it still speaks for itself: neither merged into another nor withdrawn."""
        return not self.withdrawn and self.merged_into is None


REPORT_STATES = (
    "recorded", "acknowledged", UNDER_VERIFICATION, "verified", VERIFIED_IN_CHAIN,
    *(str(one) for one in Verdict if one is not Verdict.VERIFIED), "withdrawn",
)  # fmt: skip
STANDING_STATES = frozenset(
    {"recorded", "acknowledged", UNDER_VERIFICATION, "verified", VERIFIED_IN_CHAIN}
)
