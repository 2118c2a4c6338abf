"""How a report names things: places, institutions, rungs, times, all from pack and catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anoa.coordination.values import RULES_AGENCY, Commitment, Proposal, Threat, thing_of
from anoa.ladder import RUNGS, Rung
from anoa.oplog import Handling
from anoa.pack import CIVIL, Pack
from anoa.picture import Picture
from anoa.sitrep.words import Words
from anoa.situation import is_unit, place_of

OPEN_RUNGS = tuple(rung for rung in reversed(RUNGS) if rung is not Rung.CLOSED)  # actual first


@dataclass(frozen=True, slots=True)
class View:
    """What a report is made of: the picture its readers may see, the one before, the moment.

    ``before`` is the picture of the last report (empty for the first one), ``since`` its moment or
    the opening of the operation. ``public`` says that outsiders read it, ``tree`` by which lines
    it counts.
    """

    picture: Picture
    before: Picture
    pack: Pack
    words: Words
    at: datetime
    since: datetime
    public: bool
    tree: str = CIVIL

    def count(self, number: int) -> str:
        """A count; for outsiders a dash instead of none, as what they may not see is not zero."""
        return "–" if self.public and not number else self.words.count(number)

    # places, institutions, words of the pack

    def place(self, code: str | None) -> str:
        """The name of a place; a dash where there is none."""
        return self.pack.place_name(code) if code else "–"

    def line(self, code: str) -> str:
        """The name of a line: a unit's short name by its tree, else that of the region."""
        if self.tree != CIVIL and is_unit(self.pack, code):
            return self.agency(code)
        return self.place(code)

    @property
    def tree_name(self) -> str:
        """The word for one line: the pack's for a unit, or the report's for a region."""
        spec = self.pack.area_tree
        if self.tree == CIVIL or spec is None:
            return self.words("region")
        return self.pack.text(spec.name, self.words.language)

    def by_tree(self, key: str) -> str:
        """The key of words on regions, or of the same on units."""
        return key if self.tree == CIVIL else f"{key}_by_unit"

    def units(self, thing: object) -> str:
        """By the tree of units, the units that a thing may be of, in brackets; else nothing."""
        if self.tree == CIVIL:
            return ""
        spot = self.pack.spot(place_of(thing), self.tree)
        units = [self.line(code) for code in spot.lines if is_unit(self.pack, code)]
        return f" ({' / '.join(units)})" if units else ""

    def agency(self, agency: str) -> str:
        """The short name of an institution, or that a written rule acted."""
        if agency == RULES_AGENCY:
            return self.words("written_rule")
        known = self.pack.agencies.get(agency)
        return known.short if known else agency

    def agencies(self, agencies: tuple[str, ...]) -> str:
        """Several institutions, by comma."""
        return ", ".join(map(self.agency, agencies))

    def rung(self, rung: Rung) -> str:
        """The short word of a rung; the long one for closed."""
        spec = self.pack.rungs.get(rung)
        return spec.short if spec else self.pack.text(self.pack.closed, self.words.language)

    def rung_name(self, rung: Rung) -> str:
        """The long word of a rung."""
        spec = self.pack.rungs.get(rung)
        return self.pack.text(spec.name if spec else self.pack.closed, self.words.language)

    def threat_type(self, kind: str) -> str:
        """The catalogue's name of a threat type."""
        known = self.pack.threat_types.get(kind)
        return self.pack.text(known.name, self.words.language) if known else kind

    def label(self, name: str) -> str:
        """A label of the pack, else the report's own word for it."""
        own = self.pack.text(self.pack.labels.get(name, {}), self.words.language)
        return own or self.words.named("label", name)

    def rule_reason(self, rule: str) -> str:
        """Why a written rule acts, in the pack's words; that support ran out for a dwell."""
        if rule.startswith("dwell."):
            return self.words("dwell_reason")
        reason = self.pack.rule_reasons.get(rule, {})
        return self.pack.text(reason, self.words.language) or self.words("no_reason")

    # times

    def moment(self, at: datetime) -> str:
        """A short local day and time in the pack's zone."""
        return self.words.moment(self.pack.local(at))

    def zoned(self, at: datetime) -> str:
        """The short local time with the label of its zone."""
        return f"{self.moment(at)} {self.pack.time_zone_label}"

    def is_new(self, thing: str, ident: str) -> bool:
        """Whether a thing was opened or changed since the last report."""
        return self.picture.find(thing, ident) != self.before.find(thing, ident)

    # things

    def evidence(self, ids: tuple[str, ...]) -> str:
        """Ids with their state, as far as the readers may see them."""
        seen = [f"{one} ({self.words(f'state_{state}')})" for one in ids
                if (state := self._state(one))]  # fmt: skip
        if len(seen) < len(ids):
            seen.append(self.words("not_shown"))
        return ", ".join(seen) or "–"

    def _state(self, subject: str) -> str:
        match thing_of(subject):
            case "report" if subject in self.picture.reports:
                return self.picture.reports[subject].state
            case "incident" if subject in self.picture.incidents:
                return self.picture.incidents[subject].state
            case "signal" if subject in self.picture.signals:
                return "noted"
        return ""

    def threat(self, threat: Threat) -> str:
        """A threat in a few words: id, what, where."""
        return f"{threat.id} {self.threat_type(threat.threat_type)}, {self.place(threat.region)}"

    def subject(self, subject: str) -> str:
        """An id with what it is and where, as far as the readers may see it."""
        for things in (self.picture.threats, self.picture.incidents, self.picture.reports):
            if (thing := things.get(subject)) is not None:
                return (
                    f"{subject} {self.threat_type(thing.threat_type)}, {self.place(thing.region)}"
                )
        return subject

    def commitment(self, one: Commitment) -> str:
        """Who owes what to whom by when, in one line."""
        return self.words(
            "commitment_line", id=one.id, debtor=self.agency(one.debtor),
            creditor=self.agency(one.creditor), due=self.zoned(one.due),
            state=self.words("state_late" if one.is_late else f"state_{one.state}"),
        )  # fmt: skip

    def signed(self, proposal: Proposal) -> str:
        """Who signed a proposal, or that nobody did."""
        agencies = tuple(signature.agency for signature in proposal.signatures)
        return self.agencies(agencies) or self.words("nobody")

    def reads_sealed(self) -> bool:
        """Whether the picture holds anything sealed, so that the report must be."""
        shown = (self.picture.reports, self.picture.incidents, self.picture.threats,
                 self.picture.commitments, self.picture.meetings, self.picture.proposals,
                 self.picture.signals, self.picture.remarks, self.picture.tasks)  # fmt: skip
        return any(one.handling is Handling.SEALED for things in shown for one in things.values())
