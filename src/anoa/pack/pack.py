"""The pack as one value, and the questions asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from anoa.coordination.retention import DEFAULTS, Keeping
from anoa.coordination.values import (
    Action,
    ActionClass,
    AgencySpec,
    Clocks,
    ResponseProtocol,
    Rules,
    ThreatType,
)
from anoa.errors import DataError
from anoa.forms import NO_FORM_WORDS, Form, FormWords
from anoa.ladder import Ladder, Rung
from anoa.oplog import Json
from anoa.pack.areas import CIVIL, AreaSpec, AreaTree, AreaUnit, Spot, UnitPart, area_tree
from anoa.pack.message_words import MessageWords
from anoa.pack.published import PublishedEdition, Reading, Scheme, readings_of
from anoa.pack.values import (
    Agency,
    AreaPart,
    CastMember,
    Contest,
    Deadlines,
    EditionSpec,
    Exercise,
    Figure,
    HistoryType,
    IndexSpec,
    IndicatorSpec,
    OperationSpec,
    PastIncident,
    Protocol,
    Region,
    RungWords,
    ShapeSource,
    Source,
    Stage,
    SubDistrict,
    TextLists,
    Texts,
    ThreatKind,
    Total,
    Village,
)
from anoa.screening import ScreenWords, screen


@dataclass(frozen=True)
class Pack:
    """Everything an operation is: a checked pack. Mappings keep the order of their files."""

    id: str
    name: Texts
    version: str
    digest: str
    languages: tuple[str, ...]
    time_zone: str
    time_zone_label: str
    known_at: date
    root: str
    main_index: str
    operation: OperationSpec
    letterhead: TextLists
    labels: Mapping[str, Texts]
    sources: Mapping[str, Source]
    regions: Mapping[str, Region]
    sub_districts: Mapping[str, SubDistrict]
    villages: Mapping[str, Village]
    shapes: Mapping[str, Json]
    shape_sources: Mapping[str, ShapeSource]  # of the shapes that are not approximate
    figures: tuple[Figure, ...]
    totals: tuple[Total, ...]
    agencies: Mapping[str, Agency]
    area_tree: AreaSpec | None
    area_parts: tuple[AreaPart, ...]
    contests: Mapping[str, Contest]
    stages: Mapping[str, Stage]
    place_classes: Mapping[str, Texts]
    threat_types: Mapping[str, ThreatKind]
    ladder: Ladder
    rungs: Mapping[Rung, RungWords]
    closed: Texts
    signal_names: Mapping[str, Texts]
    rule_reasons: Mapping[str, Texts]
    ladder_versions: Texts
    protocols: Mapping[str, Protocol]
    clocks: Deadlines
    indices: Mapping[str, IndexSpec]
    editions: Mapping[str, EditionSpec]
    indicators: Mapping[str, IndicatorSpec]
    history: tuple[PastIncident, ...]
    history_types: Mapping[str, HistoryType]
    cast: Mapping[str, CastMember]
    exercise: Exercise
    words: ScreenWords
    published: Mapping[str, PublishedEdition] = field(default_factory=dict)
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    form_words: FormWords = NO_FORM_WORDS  # by which an uploaded form is checked
    message_words: MessageWords | None = None  # how people write; None: messages are not read
    retention: Mapping[str, Keeping] = field(default_factory=lambda: DEFAULTS)  # by class
    retention_note: Texts = field(default_factory=dict)  # who decided it, and on which ground

    def text(self, texts: Mapping[str, str], language: str) -> str:
        """The text in the language, or in the pack's first language that has one."""
        for known in (language, *self.languages):
            if texts.get(known):
                return texts[known]
        return ""

    @property
    def has_approximate_shapes(self) -> bool:
        """Whether any region is drawn by a shape that is only approximate."""
        return bool(set(self.shapes) - set(self.shape_sources))

    def zone(self, region: str | None = None) -> ZoneInfo:
        """The time zone of a region or sub-district, else the pack's."""
        code = self.region_of(region) if region else None
        return ZoneInfo(self.regions[code].time_zone if code else self.time_zone)

    def local(self, at: datetime, region: str | None = None) -> datetime:
        """The instant in local time of the region, else of the pack."""
        if at.tzinfo is None:
            raise DataError("the time {at} has no offset", at=at.isoformat())
        return at.astimezone(self.zone(region))

    def region_of(self, code: str) -> str | None:
        """The region that a region, sub-district or village code lies in; None when unknown."""
        if code in self.regions:
            return code
        if code in self.villages:
            code = self.villages[code].sub_district
        return self.sub_districts[code].region if code in self.sub_districts else None

    def place_name(self, code: str) -> str:
        """The proper name of a region, sub-district or village; the code when unknown."""
        for places in (self.regions, self.sub_districts, self.villages):
            if code in places:
                return places[code].name
        return code

    def children(self, code: str) -> tuple[str, ...]:
        """The codes right below a region (regions, else sub-districts) or sub-district."""
        return self._children.get(code, ())

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        below: dict[str, list[str]] = {}
        for region in self.regions.values():
            below.setdefault(region.parent or "", []).append(region.code)
        for sub_district in self.sub_districts.values():
            below.setdefault(sub_district.region, []).append(sub_district.code)
        for village in self.villages.values():
            below.setdefault(village.sub_district, []).append(village.code)
        return {code: tuple(sorted(codes)) for code, codes in below.items()}

    @cached_property
    def leaf_regions(self) -> tuple[str, ...]:
        """The regions without regions below them, the root left out, in order of code."""
        parents = {region.parent for region in self.regions.values()}
        leaves = [code for code in self.regions if code not in parents and code != self.root]
        return tuple(sorted(leaves))

    def above(self, code: str) -> tuple[str, ...]:
        """The code and all that it lies in, nearest first."""
        return self.rules.above(code)

    def agencies_for(self, kind: str, region: str) -> tuple[str, ...]:
        """The institutions of a kind that answer for the region, that of the smallest area first.

        Those of the region come before those of what it lies in; of one region's, those with
        the fewest regions; those for all regions come last, ties in the order of the file.
        """
        kin = [agency for agency in self.agencies.values() if agency.kind == kind]
        kin.sort(key=lambda agency: len(agency.regions))
        found = [a.id for code in self.above(region) for a in kin if code in a.regions]
        found += [agency.id for agency in kin if "*" in agency.regions]
        return tuple(dict.fromkeys(found))

    @property
    def trees(self) -> tuple[str, ...]:
        """The trees by which things can be listed: the civil one, and the areas of units."""
        return (CIVIL, self.area_tree.id) if self.area_tree else (CIVIL,)

    @cached_property
    def areas(self) -> AreaTree:
        """The areas of units; none in a pack of one tree."""
        if self.area_tree is None:
            return AreaTree()
        return area_tree(self.area_parts, self.regions, self.sub_districts, self.villages)

    @property
    def units(self) -> Mapping[str, AreaUnit]:
        """The units of the second tree with their parts; empty in a pack of one tree."""
        return self.areas.units

    def units_of(self, place: str) -> tuple[str, ...]:
        """Every unit with a part of a region; of a sub-district or village its one unit.

        Empty where it is not known whose the sub-district is.
        """
        return self.areas.units_of(place, is_region=place in self.regions)

    def parts_of(self, unit: str) -> tuple[UnitPart, ...]:
        """A unit's parts of regions; empty for an institution without an area."""
        return self.units[unit].parts if unit in self.units else ()

    def spot(self, place: str | None, tree: str = CIVIL) -> Spot:
        """The lines of a table by that tree under which a thing of a place counts.

        By the civil tree that is its region. By the other one it is the unit; several, shared,
        where the place does not tell which; and the region itself where it is wider than those
        that units divide, or no unit's.
        """
        code = self.region_of(place or self.root) or place or self.root
        if tree == CIVIL or code not in self.leaf_regions:
            return Spot((code,))
        holder = self.areas.holder_of(place or code)
        return Spot(holder.units, not holder.is_known) if holder.units else Spot((code,))

    def published_of(self, region: str, known_by: date) -> list[Reading]:
        """What the published editions known by that day say of a region, the newest first.

        Rows of different sources stay side by side; an edition that speaks of such regions and
        has nothing on this one gives an empty reading: unknown.
        """
        level = self.regions[region].level
        return readings_of(self.published.values(), self.schemes, region, level, known_by)

    def adoption_of(self, edition: str, today: date) -> dict[str, Any]:
        """What the log says of a published edition when it is adopted on a local day.

        ``classes`` holds the categories that no source disputes; a class other than threat
        feeds no ladder. Raises DataError when the edition was not public by that day.
        """
        one = self.published[edition]
        if one.known_at > today:
            raise DataError(
                "Edition {id} was not known yet on that day.", id=f"{one.scheme}/{one.id}"
            )
        readings = self.readings_in(edition, today)
        known = [reading for reading in readings if not reading.is_unknown]
        return {
            "index": one.scheme, "edition": one.id, "class": one.klass,
            "as_of": one.as_of.isoformat(), "digest": self.digest,
            "source": f"{one.publisher}, pack {self.id} {self.version}",
            "coverage": round(len(known) / len(readings), 4) if readings else 0.0,
            "classes": {r.region: r.category for r in known if r.category},
        }  # fmt: skip

    def readings_in(self, edition: str, known_by: date) -> list[Reading]:
        """What one edition says of every region of the levels that it speaks of, by code."""
        one = self.published[edition]
        return [
            reading
            for code in sorted(self.regions)
            for reading in readings_of(
                (one,), self.schemes, code, self.regions[code].level, known_by
            )
        ]

    def edition_name(self, index: str, edition: str) -> Texts:
        """The name of an adopted edition's index, ours or a published one; empty when unknown."""
        if index in self.indices:
            return self.indices[index].name
        known = self.published.get(edition)
        return known.name if known else {}

    def with_party_words(self, more: tuple[str, ...]) -> Pack:
        """The pack with further words that are screened and masked like those of parties."""
        words = replace(self.words, parties=(*self.words.parties, *more))
        return replace(self, words=words, form_words=replace(self.form_words, screening=words))

    def screen_sentences(self, text: str) -> tuple[str, ...]:
        """What in a text names a person, party or candidate, as ``kind: words``."""
        return tuple(f"{found.kind}: {found.text}" for found in screen(text, self.words))

    @cached_property
    def rules(self) -> Rules:
        """What the pack lays down for the institutions, as coordination reads it."""
        return Rules(
            agencies={a.id: _agency_spec(a) for a in self.agencies.values()},
            regions=self._tree(),
            threat_types={
                t.id: ThreatType(t.id, t.object, t.owner_kind, t.handling)
                for t in self.threat_types.values()
                if not t.context
            },
            place_classes=frozenset(self.place_classes),
            stages=frozenset(self.stages),
            ladder=self.ladder,
            protocols=tuple(_response(protocol) for protocol in self.protocols.values()),
            clocks=Clocks(
                acknowledge=self.clocks.acknowledge,
                silent_after=self.clocks.silent_after,
                explain=self.clocks.explain,
                assess=self.clocks.assess,
            ),
            starts=self.operation.starts,
            ends=self.operation.ends,
            screen=self.screen_sentences,
            stations_owner=self.operation.stations_owner,
            retention=self.retention,
            top_categories={one.id: one.categories[-1].id for one in self.indices.values()},
            units=self._places_under_units(),
        )

    def _places_under_units(self) -> dict[str, frozenset[str]]:
        """The regions and sub-districts that count under each unit, shared ones under each."""
        found: dict[str, set[str]] = {unit: set() for unit in self.units}
        for place in (*self.regions, *self.sub_districts):
            for unit in found.keys() & set(self.spot(place, self.trees[-1]).lines):
                found[unit].add(place)
        return {unit: frozenset(places) for unit, places in found.items()}

    def _tree(self) -> dict[str, str | None]:
        tree: dict[str, str | None] = {r.code: r.parent for r in self.regions.values()}
        return tree | {s.code: s.region for s in self.sub_districts.values()}

    def is_working_day(self, day: date) -> bool:
        """Whether institutions work on that local day."""
        holidays = {holiday.date for holiday in self.clocks.holidays}
        return day.weekday() in self.clocks.working_days and day not in holidays


def _agency_spec(agency: Agency) -> AgencySpec:
    return AgencySpec(agency.id, agency.kind, agency.chain, frozenset(agency.regions), agency.sees)


def _response(protocol: Protocol) -> ResponseProtocol:
    actions = tuple(
        Action(a.id, ActionClass(a.klass), a.due, a.agency, a.agency_kind) for a in protocol.actions
    )
    return ResponseProtocol(protocol.id, protocol.rung, actions, frozenset(protocol.threats))
