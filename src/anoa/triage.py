"""Which reports a verifier takes next, and which others may tell of the same event.

Both are pure questions of a picture as an institution sees it. A batch is chosen while the log is
locked, so two who press at once get different reports. That two reports tell of one event is
proposed from place, time, type, target class and source class; a person decides, and may undo it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anoa.columns import Found, Wanted, find
from anoa.coordination.reporting import STANDING_STATES, VERIFIED_IN_CHAIN, Report
from anoa.coordination.values import AgencySpec, Rules
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.same_event import Account, Band, Pairs, Source, Weights, compare, shipped
from anoa.same_event.accounts import DAYS, DISTANCE_KM, KM_A_DEGREE

WAITING = frozenset({"recorded", "acknowledged", VERIFIED_IN_CHAIN})
ORDERS = ("oldest", "urgent")
WINDOW = timedelta(days=DAYS + 0.5)
COMPARED = 300  # reports that one is compared with; of more, those nearest in time
SHOWN = 6  # proposals that a person is shown of one report


@dataclass(frozen=True, slots=True)
class Wish:
    """What a verifier asks for: how many, in which order, of which places (None: of all)."""

    count: int
    order: str = "oldest"
    places: frozenset[str] | None = None


def waiting(picture: Picture, rules: Rules, agency: str, places: frozenset[str] | None) -> Found:
    """The reports that wait for a verdict that this institution can give.

    Those of its own chain of command are left out, as its word on them verifies nothing, and so
    are those that somebody verifies at present.
    """
    words = {"state": WAITING, "owner": _other_chains(rules, agency)}
    return find(picture, "report", Wanted(words if places is None else words | {"place": places}))


def _other_chains(rules: Rules, agency: str) -> frozenset[str]:
    known: Iterable[AgencySpec] = rules.agencies.values()
    return frozenset(one.id for one in known if one.chain != rules.chain(agency))


def next_batch(picture: Picture, rules: Rules, agency: str, wish: Wish) -> tuple[str, ...]:
    """The ids of the next reports for this institution, as its picture shows them."""
    found = waiting(picture, rules, agency, wish.places)
    order = wish.order if wish.order in ORDERS else ORDERS[0]
    return tuple(one.id for one in found.page(order, wish.count).items)


@dataclass(frozen=True, slots=True)
class Kin:
    """Another report that may tell of the same event, how probable that is, and on what grounds.

    ``same_place`` is a sub-district or region in common; ``same_chain`` says that both are of one
    chain of command, so that two reports are still one voice.
    """

    report: Report
    probability: float
    band: Band
    apart: timedelta
    distance_km: float
    same_place: bool
    same_type: bool
    same_target: bool
    same_chain: bool

    @property
    def percent(self) -> int:
        """The probability in whole percent, as the model says it."""
        return round(self.probability * 100)


def kin_of(
    picture: Picture, pack: Pack, report: Report, weights: Weights | None = None
) -> tuple[Kin, ...]:
    """Reports of other institutions that may tell of the same event, the most probable first."""
    known = weights or shipped()
    others = [one for one in _around(picture, pack, report)
              if one.id != report.id and one.id not in report.apart]  # fmt: skip
    pairs = compare([account_of(pack, one) for one in (report, *others)])
    mine = pairs.among(pairs.first == 0)
    chances = known.probability(mine).tolist()
    found = [
        _kin(pack, report, others[place - 1], chance, mine, at, known)
        for at, (place, chance) in enumerate(zip(mine.second.tolist(), chances, strict=True))
    ]
    offered = [one for one in found if one is not None and one.report.owner != report.owner]
    return tuple(sorted(offered, key=lambda one: -one.probability)[:SHOWN])


def account_of(pack: Pack, report: Report) -> Account:
    """A report as the five things that are compared.

    Its place is the point of its sub-district, else of its region. What an institution read in a
    document comes from somebody who lists events; all else is told as it happens.
    """
    part = pack.sub_districts.get(report.sub_district or "")
    region = pack.regions[report.region]
    known = part is not None and part.lat is not None and part.lon is not None
    lat, lon = (part.lat, part.lon) if part is not None and known else (region.lat, region.lon)
    assert lat is not None and lon is not None
    return Account(
        report.id, lat, lon, not known, report.observed_at, report.observed_at,
        frozenset({report.threat_type}), frozenset({report.object, report.place_class}),
        Source.LISTS if report.obtained == "document" else Source.TELLS,
    )  # fmt: skip


def _kin(
    pack: Pack, report: Report, other: Report, chance: float, pairs: Pairs, at: int,
    weights: Weights,
) -> Kin | None:  # fmt: skip
    band = weights.band(chance)
    if band is None:
        return None
    rules = pack.rules
    return Kin(
        other, chance, band, abs(other.observed_at - report.observed_at),
        float(pairs.distance_km[at]), _place(other) == _place(report),
        other.threat_type == report.threat_type,
        (other.object, other.place_class) == (report.object, report.place_class),
        rules.chain(other.owner) == rules.chain(report.owner),
    )  # fmt: skip


def _place(report: Report) -> str:
    return report.sub_district or report.region


def _around(picture: Picture, pack: Pack, report: Report) -> Sequence[Report]:
    """Standing reports near this one in place and time, itself among them."""
    places = _places_near(pack, account_of(pack, report))
    span = (report.observed_at - WINDOW, report.observed_at + WINDOW)
    wanted = Wanted({"state": STANDING_STATES, "place": places}, {"observed_at": span})
    return find(picture, "report", wanted).nearest("observed_at", report.observed_at, COMPARED)


def _places_near(pack: Pack, here: Account) -> frozenset[str]:
    points = [(one.code, one.lat, one.lon) for one in pack.regions.values()]
    points += [
        (one.code, one.lat, one.lon) for one in pack.sub_districts.values()
        if one.lat is not None and one.lon is not None
    ]  # fmt: skip
    reach = DISTANCE_KM / KM_A_DEGREE
    blind = [one.code for one in pack.sub_districts.values() if one.lat is None]
    return frozenset(blind) | frozenset(
        code for code, lat, lon in points
        if abs(lat - here.latitude) <= reach and abs(lon - here.longitude) <= 2 * reach
    )  # fmt: skip


def held(picture: Picture, at: datetime) -> list[Report]:
    """The reports that are being verified at that moment, as a reader sees them."""
    return [one for one in picture.taken_reports() if one.is_held(at)]
