"""Who verifies a report: never two at once, never one's own, and everything can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from anoa import triage
from anoa.coordination import Actor, act
from anoa.coordination.reporting import REPORT_STATES, Report
from anoa.errors import NotAllowed
from anoa.ladder import Rung
from anoa.oplog import instant_text
from anoa.pack import load_pack
from anoa.picture import Picture
from anoa.triage import Wish, next_batch
from coordination_world import HOUR, World

SECOND_DESK = "second-desk"


@pytest.fixture
def world() -> World:
    return World()


def by(world: World, member: str, agency: str, verb: str, subject: str = "", **data: Any) -> Any:
    role = data.pop("role", "operator")
    drafts = act(
        world.picture, world.rules, Actor(member, agency, role), verb, subject, data, world.at
    )
    return world.settle(drafts)


def state(world: World, report: str) -> str:
    return world.picture.reports[report].state


# -- one report, one verifier ------------------------------------------------------------------


def test_a_report_that_was_taken_up_is_under_verification_until_its_verdict(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    found = world.picture.reports[report]
    assert (found.state, found.taken_by, found.taker) == (
        "under_verification", "commission", "m-commission"
    )  # fmt: skip
    assert not found.is_unanswered(world.at + HOUR), "somebody is at work on it"
    world.do("commission", "report.judge", report, verdict="verified", reason="Seen.")
    found = world.picture.reports[report]
    assert (found.state, found.taken_by, found.taken_until) == ("verified", None, None)


@pytest.mark.parametrize("verb", ["report.take_up", "report.judge", "report.release"])
def test_nobody_else_works_on_a_report_that_is_held_and_is_told_the_institution(world, verb):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    data = {"verdict": "refuted", "reason": "No."} if verb == "report.judge" else {}
    with pytest.raises(NotAllowed, match="being verified by commission") as refused:
        world.do("supervisor", verb, report, **data)
    assert "m-commission" not in str(refused.value)
    assert state(world, report) == "under_verification"


def test_who_holds_a_report_does_not_take_it_up_again_to_hold_it_longer(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    world.wait(1)
    with pytest.raises(NotAllowed, match="You hold"):
        world.do("commission", "report.take_up", report)


def test_a_colleague_does_not_work_on_it_either_and_a_duty_officer_can_release_it(world):
    report = world.report("district-police")
    by(world, "one", "commission", "report.take_up", report)
    for verb in ("report.take_up", "report.release"):
        with pytest.raises(NotAllowed, match="colleague"):
            by(world, "other", "commission", verb, report)
    by(world, "boss", "commission", "report.release", report, role="duty_officer")
    assert state(world, report) == "recorded"


def test_it_waits_again_when_the_time_to_judge_runs_out_and_is_red_if_nobody_answered(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    world.wait(2.1)
    assert world.entries[-1].kind == "report.released"
    assert world.entries[-1].by == "rule:time-to-judge"
    found = world.picture.reports[report]
    assert found.state == "recorded" and found.is_unanswered(world.at)


def test_an_exercise_that_jumps_releases_at_the_moment_that_was_due(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    due = world.picture.reports[report].taken_until
    world.wait(50)
    assert next(e.at for e in world.entries if e.kind == "report.released") == due


def test_nobody_takes_up_the_own_institutions_report_or_one_that_was_judged_or_withdrawn(world):
    report, judged, gone = (world.report("district-police") for _ in range(3))
    world.do("commission", "report.judge", judged, verdict="refuted", reason="No.")
    world.do("district-police", "report.withdraw", gone, reason="Ours was wrong.")
    for agency, ident in (
        ("district-police", report), ("supervisor", judged), ("supervisor", gone)
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            world.do(agency, "report.take_up", ident)


def test_what_is_sealed_to_another_institution_is_not_there_to_be_taken_up(world):
    report = world.report("district-police", threat_type="conduct")
    with pytest.raises(NotAllowed, match="There is no report"):
        world.do("commission", "report.take_up", report)


def test_a_withdrawn_report_is_held_by_nobody(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    world.do("district-police", "report.withdraw", report, reason="Ours was wrong.")
    assert state(world, report) == "withdrawn"
    assert list(world.picture.taken_reports()) == []


def test_the_word_of_the_own_chain_verifies_nothing_and_does_not_bar_another_chain(world):
    report = world.report("district-police")
    incident = world.incident("district-police", report)
    world.do("police", "report.judge", report, verdict="verified", reason="We saw it too.")
    assert state(world, report) == "verified_in_chain"
    with pytest.raises(NotAllowed, match="already"):
        world.do("police", "report.take_up", report)
    world.do("commission", "report.take_up", report)
    world.do("commission", "report.judge", report, verdict="verified", reason="So it is.")
    assert state(world, report) == "verified"
    assert world.picture.incidents[incident].state == "verified"
    with pytest.raises(NotAllowed, match="dispute it instead"):
        world.do("police", "report.judge", report, verdict="refuted", reason="No.")


def test_two_colleagues_judging_at_once_the_second_is_told_and_nothing_is_lost(world):
    report = world.report("district-police")
    by(world, "one", "commission", "report.judge", report, verdict="verified", reason="Seen.")
    with pytest.raises(NotAllowed, match="judged meanwhile"):
        by(world, "other", "commission", "report.judge", report, verdict="refuted", reason="No.")
    assert state(world, report) == "verified"
    by(world, "other", "commission", "report.judge", report, verdict="refuted", reason="No.",
       instead_of="verified")  # fmt: skip
    assert state(world, report) == "refuted"
    judged = [entry for entry in world.entries if entry.kind == "report.judged"]
    assert len(judged) == 2 and all("instead_of" not in entry.data for entry in judged)


def test_others_are_told_which_institution_verifies_and_not_who(world):
    report = world.report("district-police")
    world.do("commission", "report.take_up", report)
    for agency in ("district-police", "supervisor"):
        seen = world.picture.seen_by(agency).reports[report]
        assert (seen.taken_by, seen.taker) == ("commission", None)
    assert world.picture.seen_by("commission").reports[report].taker == "m-commission"
    assert report not in world.picture.seen_by(None).reports


def test_every_state_that_the_issue_names_is_one_that_reports_can_have(world):
    assert {"recorded", "under_verification", "verified", "refuted", "unrelated",
            "duplicate"} <= set(REPORT_STATES)  # fmt: skip
    report = Report(
        "R-1", "police", "institutions", world.at, world.at, "10.1", "clash", "activity",
        "road", "B", 2, "seen", world.at,
    )  # fmt: skip
    assert report.state in REPORT_STATES


# -- batches -----------------------------------------------------------------------------------


def batch(world: World, agency: str, count: int, order: str = "oldest") -> tuple[str, ...]:
    seen = world.picture.seen_by(agency)
    return next_batch(seen, world.rules, agency, Wish(count, order))


def test_a_batch_holds_the_oldest_waiting_reports_of_other_chains(world):
    own, first, second, third = (
        world.report(agency) for agency in ("police", "commission", "supervisor", "forum")
    )
    world.do("forum", "report.take_up", first)
    assert batch(world, "district-police", 5) == (second, third)
    assert batch(world, "commission", 1) == (own,)


def test_an_urgent_batch_begins_with_what_concerns_people(world):
    world.report("commission")
    hurt = world.report("commission", object="person")
    world.wait(0.01)
    threatened = world.report("commission", at_risk="voters")
    assert batch(world, "supervisor", 2, "urgent") == (hurt, threatened)


def test_a_batch_of_a_place_holds_reports_of_that_place_alone(world):
    world.report("commission")
    there = world.report("commission", region="10.2", sub_district="10.2.1")
    found = next_batch(
        world.picture.seen_by("supervisor"), world.rules, "supervisor",
        Wish(5, places=frozenset({"10.2.1"})),
    )  # fmt: skip
    assert found == (there,)


def test_a_batch_is_taken_whole_or_not_at_all_and_of_a_limited_size(world):
    one, other = world.report("commission"), world.report("commission")
    world.do("forum", "report.take_up", other)
    with pytest.raises(NotAllowed, match="being verified by forum"):
        world.do("supervisor", "report.take_batch", reports=[one, other])
    assert state(world, one) == "recorded"
    with pytest.raises(NotAllowed, match="at most 50"):
        world.do("supervisor", "report.take_batch", reports=[f"R-{n:04d}" for n in range(51)])
    with pytest.raises(NotAllowed, match="No report waits"):
        world.do("supervisor", "report.take_batch", count=5)


class Verifiers(RuleBasedStateMachine):
    """Reports come in, members take, judge and give back, and time passes, in any order."""

    members = st.sampled_from([
        ("c-1", "commission"), ("c-2", "commission"), ("s-1", "supervisor"), ("p-1", "police"),
        ("d-1", "district-police"),
    ])  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.holds: dict[str, tuple[str, str]] = {}

    @rule(agency=st.sampled_from(["commission", "supervisor", "district-police"]))
    def file(self, agency: str) -> None:
        self.world.report(agency, reliability="F")

    @rule(who=members, count=st.integers(1, 4), order=st.sampled_from(["oldest", "urgent"]))
    def take(self, who: tuple[str, str], count: int, order: str) -> None:
        member, agency = who
        found = batch(self.world, agency, count, order)
        assert not set(found) & set(self.holds), "a batch holds nothing that another one holds"
        if found:
            by(self.world, member, agency, "report.take_batch", reports=list(found))
        for ident in found:
            assert self.world.rules.chain(self.world.picture.reports[ident].owner) != (
                self.world.rules.chain(agency)
            )
            self.holds[ident] = who

    @rule(who=members, at=st.integers(0, 20), verb=st.sampled_from(["judge", "release"]))
    def end(self, who: tuple[str, str], at: int, verb: str) -> None:
        idents = list(self.world.picture.reports)
        if not idents:
            return
        ident = idents[at % len(idents)]
        data = {"verdict": "unrelated", "reason": "So."} if verb == "judge" else {}
        holder = self.holds.get(ident)
        try:
            by(self.world, *who, f"report.{verb}", ident, **data)
        except NotAllowed:
            return
        assert holder in (None, who), "nobody ends what another one holds"
        self.holds.pop(ident, None)

    @rule(minutes=st.integers(1, 150))
    def wait(self, minutes: int) -> None:
        self.world.wait(minutes / 60)
        held = {one.id for one in triage.held(self.world.picture, self.world.at)}
        self.holds = {ident: who for ident, who in self.holds.items() if ident in held}

    @invariant()
    def what_is_held_is_held_once_and_the_log_says_by_whom(self) -> None:
        found = {one.id: (one.taker, one.taken_by) for one in self.world.picture.taken_reports()}
        assert found == self.holds
        assert Picture.replay(self.world.entries) == self.world.picture


TestVerifiers = Verifiers.TestCase
TestVerifiers.settings = settings(
    derandomize=True, deadline=None, max_examples=25, stateful_step_count=20
)


# -- taking back -------------------------------------------------------------------------------


def test_a_report_is_untied_with_a_reason_and_what_it_verified_is_verified_no_longer(world):
    report = world.report("district-police", reliability="F")
    incident = world.incident("district-police", report, threat_type="rumor")
    world.do("supervisor", "report.judge", report, verdict="verified", reason="Seen.")
    assert world.picture.incidents[incident].state == "verified"
    with pytest.raises(NotAllowed, match="rests on"):
        world.do("district-police", "incident.untie", incident, report=report, reason="No.")
    other = world.incident("district-police", region="10.1", threat_type="clash")
    assert world.picture.incidents[other].reports == ()


def test_an_untied_report_may_be_tied_anew(world):
    report = world.report("district-police")
    wrong, right = world.incident("district-police", report), world.incident("district-police")
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("commission", "incident.untie", wrong, report=report, reason="No.")
    with pytest.raises(NotAllowed, match="is not tied to"):
        world.do("district-police", "incident.untie", right, report=report, reason="No.")
    world.do("district-police", "incident.untie", wrong, report=report, reason="Another road.")
    world.do("district-police", "incident.tie", right, report=report)
    picture = world.picture
    assert picture.incidents[wrong].reports == ()
    assert picture.incidents[right].reports == (report,)
    assert picture.reports[report].incident == right


def test_two_reports_are_told_apart_by_anybody_who_sees_both_and_that_is_taken_back(world):
    one, other = world.report("district-police"), world.report("supervisor")
    world.do("commission", "report.tell_apart", one, report=other, reason="Another market.")
    told = world.picture
    assert told.reports[one].apart == (other,) and told.reports[other].apart == (one,)
    for second, why in ((one, "already"), (other, "itself")):
        with pytest.raises(NotAllowed, match=why):
            world.do("supervisor", "report.tell_apart", other, report=second, reason="No.")
    with pytest.raises(NotAllowed, match="Nobody told"):
        world.do("supervisor", "report.compare_again", one, report=one)
    world.do("supervisor", "report.compare_again", other, report=one)
    assert not world.picture.reports[one].apart and not world.picture.reports[other].apart


def test_reports_of_one_incident_and_sealed_ones_are_not_told_apart(world):
    one, other = world.report("district-police"), world.report("supervisor")
    incident = world.incident("district-police", one)
    world.do("district-police", "incident.tie", incident, report=other)
    with pytest.raises(NotAllowed, match="untie one"):
        world.do("commission", "report.tell_apart", one, report=other, reason="No.")
    secret = world.report("supervisor", handling="sealed")
    owner = world.picture.reports[secret].owner
    with pytest.raises(NotAllowed, match="sealed"):
        world.do(owner, "report.tell_apart", one, report=secret, reason="No.")


def merged(world: World) -> tuple[str, str, str, str]:
    """Two incidents of two owners, merged by both: reports and incidents."""
    ours, theirs = world.report("district-police"), world.report("supervisor")
    old, into = world.incident("district-police", ours), world.incident("supervisor", theirs)
    made = world.do(
        "district-police", "proposal.make", about=old, action="merge", to=into, reason="One event."
    )
    world.do("supervisor", "proposal.sign", made)
    assert world.picture.incidents[old].state == "merged"
    return ours, theirs, old, into


@pytest.mark.parametrize("agency", ["district-police", "supervisor"])
def test_either_owner_undoes_a_merge_and_each_incident_has_its_own_reports_again(world, agency):
    ours, theirs, old, into = merged(world)
    world.do(agency, "incident.unmerge", old, reason="Two streets.")
    picture = world.picture
    assert picture.incidents[old].state == picture.incidents[into].state == "recorded"
    assert picture.incidents[old].reports == (ours,)
    assert picture.incidents[into].reports == (theirs,)
    assert picture.reports[ours].incident == old
    with pytest.raises(NotAllowed, match="recorded"):
        world.do(agency, "incident.unmerge", old, reason="Again.")


def test_who_owns_neither_does_not_undo_a_merge(world):
    *_, old, _into = merged(world)
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("commission", "incident.unmerge", old, reason="No.")


def test_a_merge_that_an_actual_rests_on_is_not_undone_by_one(world):
    ours, _theirs, old, into = merged(world)
    world.do("commission", "report.judge", ours, verdict="verified", reason="Seen.")
    assert world.threat().rung is Rung.ACTUAL
    with pytest.raises(NotAllowed, match="rests on"):
        world.do("district-police", "incident.unmerge", old, reason="No.")
    assert world.picture.incidents[into].state == "verified"


# -- proposals that reports tell of one event ---------------------------------------------------


@pytest.fixture(scope="module")
def pack():
    return load_pack("packs/velmarra-2025")


def standing(pack: Any, *reports: dict[str, Any]) -> Picture:
    """A picture of the pack with these reports, filed by its institutions."""
    from anoa.oplog import Entry
    from anoa.picture import opening, settle

    picture, _ = settle(Picture(), pack.rules, opening(pack, START, exercise=True), salt)
    for number, changes in enumerate(reports):
        agency = changes.pop("agency")
        minutes = changes.pop("minutes", 0)
        at = START + timedelta(hours=1)
        data = {
            "region": pack.leaf_regions[0], "threat_type": next(iter(pack.rules.threat_types)),
            "place_class": sorted(pack.place_classes)[0], "object": "activity",
            "observed_at": instant_text(START + timedelta(minutes=minutes)), "reliability": "F",
            "credibility": "6", "obtained": "told", "acknowledge_by": instant_text(at),
        } | changes  # fmt: skip
        entry = Entry(0, at, f"m{number}", agency, "report.filed", 1, f"R-{number + 1:04d}", data)
        picture, _ = settle(picture, pack.rules, [entry], salt)
    return picture


def salt() -> str:
    return "0" * 32


START = World().at


def test_reports_of_two_institutions_of_one_place_and_hour_are_proposed_with_grounds(pack):
    one, other = list(pack.agencies)[:2]
    here = pack.leaf_regions[0]
    part = next(one.code for one in pack.sub_districts.values() if one.region == here)
    picture = standing(
        pack, {"agency": one, "sub_district": part},
        {"agency": other, "sub_district": part, "minutes": 40},
        {"agency": one, "sub_district": part, "minutes": 10},
    )  # fmt: skip
    found = triage.kin_of(picture, pack, picture.reports["R-0001"])
    assert [kin.report.id for kin in found] == ["R-0002"], "one's own are one's own to know"
    assert found[0].same_place and found[0].same_type and found[0].same_target
    assert found[0].apart == timedelta(minutes=40) and found[0].distance_km == 0
    assert picture.reports["R-0001"].incident is None, "a proposal ties nothing"
    told = replace(picture.reports["R-0001"], apart=("R-0002",))
    assert triage.kin_of(picture, pack, told) == (), "a person told them apart"


def test_what_a_reader_may_not_see_is_proposed_to_nobody(pack):
    one, other, third = list(pack.agencies)[:3]
    picture = standing(pack, {"agency": one}, {"agency": other})
    secret = picture.reports["R-0002"]
    assert triage.kin_of(picture, pack, picture.reports["R-0001"])
    hidden = replace(secret, handling="sealed")
    from anoa.shelf import Shelf

    things = dict(picture.things) | {
        "report": Shelf.of([picture.reports["R-0001"], hidden])
    }  # fmt: skip
    seen = replace(picture, things=things).seen_by(third)
    assert triage.kin_of(seen, pack, seen.reports["R-0001"]) == ()


def test_reports_days_or_places_apart_are_not_proposed(pack):
    one, other = list(pack.agencies)[:2]
    far = list(pack.leaf_regions)[-1]
    picture = standing(
        pack, {"agency": one, "minutes": -60 * 24 * 9}, {"agency": other},
        {"agency": other, "region": far, "minutes": -60 * 24 * 9},
    )  # fmt: skip
    assert triage.kin_of(picture, pack, picture.reports["R-0001"]) == ()


# -- dissent stays in print -------------------------------------------------------------------


def test_a_verdict_that_another_takes_the_place_of_is_kept_with_who_gave_it(world):
    report = world.report("district-police")
    world.do("police", "report.judge", report, verdict="refuted", reason="All is calm.")
    world.do("commission", "report.judge", report, verdict="verified", reason="We saw it.")
    found = world.picture.reports[report]
    assert [(str(one.verdict), one.agency, one.reason) for one in found.overruled] == [
        ("refuted", "police", "All is calm.")
    ]
    assert found.state == "verified" and found.judged_by == "commission"
