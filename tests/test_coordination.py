"""Who may do what next, and what the written rules make of it."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest

from anoa.coordination import KINDS, THINGS, VERBS, ActionClass
from anoa.coordination.values import ALLOWED_CLASSES, Action, ResponseProtocol
from anoa.errors import AccessDenied, DataError, InputError, NotAllowed
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.oplog import Handling, instant_text
from anoa.picture import Picture
from coordination_world import HOUR, NOON, World, rules

FORBIDDEN = re.compile(
    r"name_of|person|party|candidate|ballot|votes?$|result|religio|ethnic|suspect|phone|nik|photo"
)


@pytest.fixture
def world() -> World:
    return World()


# --- the schema has no place for persons, parties or results ------------------------------------


def test_no_thing_and_no_entry_kind_has_a_field_for_a_person_party_or_result():
    names = {f.name for kind in THINGS.values() for f in dataclasses.fields(kind)}
    names |= {field.name for spec in KINDS.values() for field in spec}
    names |= {field.name for verb in VERBS.values() for field in verb.fields}
    assert [name for name in names if FORBIDDEN.search(name)] == []


@pytest.mark.parametrize("field", ["party", "candidate", "suspect_name", "votes"])
def test_a_field_that_a_report_does_not_have_is_refused(world, field):
    with pytest.raises(InputError) as refused:
        world.report("district-police", **{field: "x"})
    assert set(refused.value.fields) == {field}


def test_words_that_name_a_person_are_refused_before_they_are_stored(world):
    meeting = world.do("police", "meeting.open", title="Meeting", place="Hall")
    with pytest.raises(InputError, match="phone number"):
        world.do("police", "meeting.record_line", meeting, line="decision", text="call 0812")
    assert world.kinds()[-1] == "meeting.opened"


def test_all_wrong_fields_are_told_at_once(world):
    with pytest.raises(InputError) as refused:
        world.report("district-police", region="99", reliability="Z", credibility="9")
    assert set(refused.value.fields) == {"region", "reliability", "credibility"}


# --- reports and incidents ----------------------------------------------------------------------


def test_an_unanswered_report_is_told_after_its_clock(world):
    report = world.report("district-police")
    assert not world.picture.reports[report].is_unanswered(world.at + HOUR / 2)
    assert world.picture.reports[report].is_unanswered(world.at + HOUR)
    world.do("commission", "report.acknowledge", report)
    assert not world.picture.reports[report].is_unanswered(world.at + HOUR)


def test_nobody_judges_the_report_of_the_own_institution(world):
    report = world.report("district-police")
    with pytest.raises(NotAllowed, match="Another institution"):
        world.do("district-police", "report.judge", report, verdict="verified", reason="So it is.")


def test_two_units_of_one_chain_do_not_make_an_incident_verified(world):
    report = world.report("district-police")
    incident = world.incident("district-police", report)
    world.do("police", "report.judge", report, verdict="verified", reason="We saw it too.")
    assert world.picture.incidents[incident].state == "recorded"
    assert world.picture.reports[report].state == "verified_in_chain"
    assert world.threat().rung is Rung.POTENTIAL, "nor do they lift a threat any higher"
    assert "incident.verified" not in world.kinds()


def test_a_verified_incident_of_two_chains_is_actual(world):
    threat = world.actual()
    assert (threat.rung, threat.is_provisional) == (Rung.ACTUAL, False)
    assert threat.moves[-1].rule == "happened" and threat.evidence[-1] == "I-0001"


def test_refuting_later_reverses_what_the_report_lifted(world):
    report = world.report("supervisor", threat_type="rumor")
    world.do("commission", "report.judge", report, verdict="refuted", reason="The claim is right.")
    world.wait(200)
    assert world.threat("rumor").rung is Rung.CLOSED


def test_another_institution_cannot_amend_withdraw_or_tie(world):
    report = world.report("district-police")
    incident = world.incident("district-police")
    for verb, subject, data in (
        ("report.withdraw", report, {"reason": "No."}),
        ("incident.tie", incident, {"report": report}),
    ):
        with pytest.raises(NotAllowed, match="belongs to district-police"):
            world.do("commission", verb, subject, **data)


def test_a_report_of_another_region_cannot_be_tied(world):
    report = world.report("district-police", region="10.2")
    with pytest.raises(NotAllowed, match="another region"):
        world.incident("district-police", report)


def test_an_event_in_the_future_or_a_sub_district_elsewhere_is_refused(world):
    with pytest.raises(InputError) as refused:
        later = instant_text(world.at + HOUR)
        world.report("district-police", sub_district="10.2.1", observed_at=later)
    assert set(refused.value.fields) == {"sub_district", "observed_at"}


def test_merging_others_incidents_needs_both_owners(world):
    one, other = world.incident("district-police"), world.incident("commission")
    with pytest.raises(NotAllowed, match="Both owners"):
        world.do("district-police", "incident.merge", one, into=other)
    made = world.do(
        "district-police", "proposal.make", about=one, action="merge", to=other, reason="Same."
    )
    assert world.picture.incidents[one].state == "recorded"
    world.do("supervisor", "proposal.sign", made)
    assert world.picture.incidents[one].state == "recorded"
    world.do("commission", "proposal.sign", made)
    assert world.picture.incidents[one].merged_into == other


# --- an incident is taken back ------------------------------------------------------------------


def test_an_incident_whose_reports_were_refuted_can_be_taken_back_by_its_owner_alone(world):
    report = world.report("district-police")
    incident = world.incident("district-police", report)
    with pytest.raises(NotAllowed, match=f"{report} still speaks for {incident}"):
        world.do("district-police", "incident.withdraw", incident, reason="Not so.")
    world.do("commission", "report.judge", report, verdict="refuted", reason="Not so.")
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("commission", "incident.withdraw", incident, reason="Refuted.")
    world.do("district-police", "incident.withdraw", incident, reason="Refuted.")
    taken = world.picture.incidents[incident]
    assert (taken.state, taken.reason, taken.reports) == ("withdrawn", "Refuted.", (report,))
    assert Picture.replay(world.entries) == world.picture


def test_what_was_taken_back_is_neither_tied_amended_merged_raised_on_nor_taken_back_again(world):
    taken, other = world.incident("district-police"), world.incident("district-police")
    world.do("district-police", "incident.withdraw", taken, reason="Opened twice.")
    report = world.report("district-police")
    where = {"region": "10.1", "threat_type": "clash", "place_class": "road",
             "observed_at": instant_text(NOON)}  # fmt: skip
    for verb, subject, data in (
        ("incident.withdraw", taken, {"reason": "Again."}),
        ("incident.tie", taken, {"report": report}),
        ("incident.amend", taken, where),
        ("incident.merge", taken, {"into": other}),
        ("incident.merge", other, {"into": taken}),
        ("proposal.make", "", {"about": taken, "action": "merge", "to": other, "reason": "Same."}),
        ("proposal.make", "", {"about": other, "action": "merge", "to": taken, "reason": "Same."}),
        ("threat.raise", "T-0001", {"to": "actual", "confidence": "low", "evidence": [taken],
                                    "reason": "Stones."}),
    ):  # fmt: skip
        before = world.picture
        with pytest.raises(NotAllowed):
            world.do("district-police", verb, subject, **data)
        assert world.picture == before


def test_a_report_that_is_verified_after_all_speaks_for_a_new_incident_only(world):
    report = world.report("district-police")
    taken = world.incident("district-police", report)
    world.do("commission", "report.judge", report, verdict="refuted", reason="Not so.")
    world.do("district-police", "incident.withdraw", taken, reason="Refuted.")
    world.do("commission", "report.judge", report, verdict="verified", reason="So after all.",
             instead_of="refuted")  # fmt: skip
    assert world.picture.incidents[taken].state == "withdrawn"
    assert world.threat().rung is Rung.THRESHOLD
    again = world.incident("district-police", report)
    assert world.picture.incidents[again].state == "verified"
    assert world.threat().rung is Rung.ACTUAL


def test_what_an_actual_or_an_open_proposal_rests_on_is_not_taken_back(world):
    world.actual()
    made = world.do("supervisor", "proposal.make", about="R-0001", action="refute", reason="No.")
    world.do("district-police", "proposal.sign", made)
    with pytest.raises(NotAllowed, match="An actual disturbance rests on I-0001"):
        world.do("district-police", "incident.withdraw", "I-0001", reason="Refuted.")
    one, other = world.incident("district-police"), world.incident("commission")
    asked = {"about": one, "action": "merge", "to": other, "reason": "Same."}
    made = world.do("district-police", "proposal.make", **asked)
    with pytest.raises(NotAllowed, match=f"{made} waits for signatures"):
        world.do("commission", "incident.withdraw", other, reason="Opened twice.")


def test_taking_an_incident_back_moves_no_threat_by_itself(world):
    world.report("district-police")
    moves = world.threat().moves
    incident = world.incident("district-police")
    world.do("district-police", "incident.withdraw", incident, reason="Opened twice.")
    assert world.threat().moves == moves


# --- the ladder in use --------------------------------------------------------------------------


def test_one_credible_report_is_potential_and_two_chains_are_threshold(world):
    world.report("district-police")
    assert world.threat().rung is Rung.POTENTIAL
    world.report("police")
    assert world.threat().rung is Rung.POTENTIAL, "two units of one chain are one"
    world.report("commission")
    assert world.threat().rung is Rung.THRESHOLD


def test_a_hundred_copies_from_one_chain_lift_no_higher(world):
    for _ in range(100):
        world.report("district-police")
    assert world.threat().rung is Rung.POTENTIAL


def test_weak_reports_raise_nothing(world):
    world.report("district-police", reliability="E")
    world.report("commission", credibility="5")
    assert not world.picture.threats


def test_no_manual_move_reaches_actual(world):
    world.report("district-police")
    with pytest.raises(NotAllowed, match="provisional only"):
        world.do(
            "district-police", "threat.raise", world.threat().id, to="actual", confidence="high",
            evidence=[], reason="I say so.",
        )  # fmt: skip


def provisional(world: World) -> None:
    report = world.report("district-police")
    incident = world.incident("district-police", report)
    world.do(
        "district-police", "threat.raise", world.threat().id, to="actual", confidence="medium",
        evidence=[incident], reason="Pushing, one light injury.",
    )  # fmt: skip


def test_a_provisional_actual_asks_for_everything_but_enforcement_and_expires(world):
    provisional(world)
    assert world.threat().is_provisional and world.threat().rung is Rung.ACTUAL
    asked = {task.action for task in world.picture.tasks.values()}
    assert "protect" in asked and "enforce" not in asked
    world.wait(2)
    assert world.threat().rung is Rung.POTENTIAL and not world.threat().is_provisional
    assert world.entries[-1].at <= NOON + 2 * HOUR


def test_a_provisional_actual_cannot_be_had_twice_for_one_incident(world):
    provisional(world)
    world.wait(3)
    with pytest.raises(NotAllowed, match="not used for it before"):
        world.do(
            "district-police", "threat.raise", world.threat().id, to="actual", confidence="low",
            evidence=["I-0001"], reason="Again.",
        )  # fmt: skip


def test_verification_turns_a_provisional_actual_into_one_that_stays(world):
    provisional(world)
    world.do("supervisor", "report.judge", "R-0001", verdict="verified", reason="Seen.")
    world.wait(5)
    assert world.threat().rung is Rung.ACTUAL and not world.threat().is_provisional
    assert "enforce" in {task.action for task in world.picture.tasks.values()}


def test_an_actual_is_never_lowered_by_a_rule_only_proposed(world):
    world.actual()
    world.wait(24 * 60)
    assert world.threat().rung is Rung.ACTUAL
    assert [p.action for p in world.picture.proposals.values()] == ["lower"]


def test_two_institutions_of_different_chains_lower_an_actual(world):
    world.actual()
    world.wait(24 * 4)
    world.do("district-police", "proposal.sign", "P-0001")
    world.do("police", "proposal.sign", "P-0001")
    assert world.threat().rung is Rung.ACTUAL, "two of one chain are one"
    world.do("commission", "proposal.sign", "P-0001")
    assert world.threat().rung is Rung.THRESHOLD
    assert set(world.threat().moves[-1].signed) == {"district-police", "police", "commission"}


def test_nobody_lowers_or_refutes_an_actual_alone(world):
    threat = world.actual()
    with pytest.raises(NotAllowed, match="proposal"):
        world.do("district-police", "threat.lower", threat.id, to="potential", reason="Calm.")
    with pytest.raises(NotAllowed, match="two institutions sign"):
        world.do("supervisor", "report.judge", "R-0001", verdict="refuted", reason="Not so.",
                 instead_of="verified")  # fmt: skip
    with pytest.raises(NotAllowed, match="two institutions sign"):
        world.do("district-police", "incident.amend", "I-0001", **{
            "region": "10.1", "threat_type": "rumor", "place_class": "road",
            "observed_at": instant_text(NOON),
        })  # fmt: skip


def test_a_refutation_that_two_sign_unverifies_the_incident_but_lowers_nothing_by_itself(world):
    world.actual()
    made = world.do(
        "supervisor",
        "proposal.make",
        about="R-0001",
        action="refute",
        to="refuted",
        reason="Wrong.",
    )
    world.do("district-police", "proposal.sign", made)
    assert world.picture.reports["R-0001"].state == "refuted"
    assert world.picture.incidents["I-0001"].state == "recorded"
    assert world.threat().rung is Rung.ACTUAL


def test_a_declined_lowering_is_proposed_again_after_another_dwell(world):
    world.actual()
    world.wait(24 * 4)
    world.do("commission", "proposal.decline", "P-0001", reason="Too early.")
    world.wait(1)
    assert len(world.picture.proposals) == 1
    world.wait(24 * 4)
    assert len(world.picture.proposals) == 2


def test_a_planned_assembly_changes_no_standing_and_no_task(world):
    world.do("police", "assembly.note", region="10.1", date="2024-09-05", place_class="road")
    world.wait(24)
    assert not world.picture.threats and not world.picture.tasks
    assert world.picture.assemblies["U-0001"].date == "2024-09-05"


def test_signals_that_follow_from_reports_or_models_cannot_be_noted_by_hand(world):
    for signal in ("verified_incident", "credible_report", "filter_alarm"):
        with pytest.raises(NotAllowed, match="file a report"):
            world.do(
                "police", "signal.note", signal=signal, region="10.1", threat_type="clash",
                reason="So.",
            )  # fmt: skip


def test_lowering_withdraws_the_tasks_that_the_lower_rung_does_not_allow(world):
    world.report("district-police")
    world.report("commission")
    world.wait(24 * 4)
    states = {task.action: str(task.state) for task in world.picture.tasks.values()}
    assert world.threat().rung is Rung.POTENTIAL
    assert states["guard"] == "withdrawn" and states["talk"] == "assigned"


def test_a_threat_is_handed_over_by_its_owner_only(world):
    world.report("commission", threat_type="rumor")
    threat = world.threat("rumor")
    with pytest.raises(NotAllowed, match="belongs to commission"):
        world.do("police", "threat.hand_over", threat.id, owner="police", reason="Ours.")
    world.do("commission", "threat.hand_over", threat.id, owner="supervisor", reason="Theirs.")
    assert world.threat("rumor").owner == "supervisor"


@pytest.mark.parametrize("rung", [Rung.POTENTIAL, Rung.THRESHOLD])
@pytest.mark.parametrize("klass", ActionClass)
def test_a_protocol_cannot_ask_for_a_class_that_its_rung_forbids(rung, klass):
    action = Action("a", klass, timedelta(hours=1), agency="police")
    if klass in ALLOWED_CLASSES[rung]:
        assert ResponseProtocol("p", rung, (action,)).actions == (action,)
    else:
        with pytest.raises(DataError, match="forbids"):
            ResponseProtocol("p", rung, (action,))


def test_a_model_cannot_be_given_a_ceiling_above_potential():
    with pytest.raises(DataError, match="model"):
        SignalKind("alarm", Rung.THRESHOLD, model=True)


def test_a_ladder_with_a_rule_to_actual_without_verified_incident_is_refused():
    kinds = {
        "verified_incident": SignalKind("verified_incident", Rung.ACTUAL),
        "credible_report": SignalKind("credible_report", Rung.THRESHOLD),
    }
    rule = Rule("r", Rung.ACTUAL, (Need("credible_report"),))
    hours = dict.fromkeys(Rung, HOUR)
    with pytest.raises(DataError, match="ceiling"):
        Ladder("1", kinds, (rule,), hours, hours)


# --- commitments and tasks ----------------------------------------------------------------------


def promise(world: World, **changes) -> str:
    data = {
        "debtor": "commission", "creditor": "police", "what": "A plan.", "proof": "The plan.",
        "due": instant_text(world.at + 24 * HOUR),
    } | changes  # fmt: skip
    return world.do("police", "commitment.request", **data)


def test_a_promise_is_kept_when_the_creditor_accepts_the_proof(world):
    ident = promise(world)
    world.do("commission", "commitment.accept", ident)
    with pytest.raises(NotAllowed, match="Only police"):
        world.do("commission", "commitment.discharge", ident)
    world.do("commission", "commitment.claim", ident, claim="Handed over.")
    world.do("police", "commitment.discharge", ident)
    assert world.picture.commitments[ident].state == "discharged"


def test_a_promise_past_its_day_is_late_and_broken_only_after_the_debtor_was_heard(world):
    ident = promise(world)
    world.do("commission", "commitment.accept", ident)
    world.wait(25)
    assert world.picture.commitments[ident].is_late
    with pytest.raises(NotAllowed, match="time to explain"):
        world.do("police", "commitment.break", ident, reason="Nothing came.")
    world.do("commission", "commitment.explain", ident, explanation="The boat did not sail.")
    world.do("police", "commitment.break", ident, reason="Nothing came.")
    kept = world.picture.commitments[ident]
    assert (kept.state, kept.explanation) == ("broken", "The boat did not sail.")


def test_a_silent_debtor_is_heard_no_longer_than_the_pack_gives(world):
    ident = promise(world)
    world.do("commission", "commitment.accept", ident)
    world.wait(49)
    world.do("police", "commitment.break", ident, reason="Nothing came.")
    assert world.picture.commitments[ident].state == "broken"


def test_a_promise_is_late_once_also_when_the_clock_runs_in_small_steps(world):
    world.do("commission", "commitment.accept", promise(world))
    for _ in range(60):
        world.wait(1)
    assert world.kinds().count("commitment.lapsed") == 1


def test_a_due_day_before_now_or_after_the_operation_is_refused(world):
    for days in (-1, 200):
        with pytest.raises(InputError) as refused:
            promise(world, due=instant_text(NOON + timedelta(days=days)))
        assert set(refused.value.fields) == {"due"}


def test_a_task_is_done_by_the_chain_that_was_asked(world):
    world.report("district-police")
    with pytest.raises(NotAllowed, match="asked of forum"):
        world.do("police", "task.acknowledge", "A-0001")
    world.do("forum", "task.do", "A-0001", proof="Talked on Monday.")
    assert world.picture.tasks["A-0001"].proof == "Talked on Monday."


def test_an_edition_of_a_later_day_cannot_be_adopted(world):
    data = {
        "index": "threat", "edition": "e", "class": "threat", "source": "pack", "digest": "d",
        "classes": {},
    }  # fmt: skip
    with pytest.raises(NotAllowed, match="not known yet"):
        world.do("police", "edition.adopt", **data, as_of="2024-09-05")
    world.do("police", "edition.adopt", **data, as_of="2024-09-02")
    assert "threat/e" in world.picture.editions


# --- roles and what is sealed -------------------------------------------------------------------


@pytest.mark.parametrize("role", ["reader", "auditor", "host_admin", "unknown"])
def test_readers_auditors_and_hosts_do_nothing(world, role):
    for verb in VERBS:
        with pytest.raises(AccessDenied):
            world.do("police", verb, role=role)


def test_a_reporter_files_and_nothing_more():
    allowed = {name for name, verb in VERBS.items() if "reporter" in verb.roles}
    assert allowed == {
        "report.file", "report.amend", "report.withdraw", "post.report", "station.report",
        "logistics.state", "help.ask", "finding.record", "word.pass",
    }  # fmt: skip


def test_a_sealed_report_goes_to_its_institution_and_moves_nothing(world):
    report = world.report("commission", threat_type="conduct")
    assert world.picture.reports[report].owner == "supervisor"
    assert not world.picture.threats and "10.1" not in world.picture.posts
    for agency in ("police", "commission", "observers"):
        assert report not in world.picture.seen_by(agency).reports
    assert report in world.picture.seen_by("supervisor").reports
    with pytest.raises(NotAllowed, match="There is no report"):
        world.do("police", "report.acknowledge", report)


def test_no_verb_reaches_what_is_sealed_to_another_institution(world):
    report = world.report("commission", threat_type="conduct")
    other = world.report("commission")
    because = {"reason": "Because."}
    for verb, subject, data in (
        ("proposal.make", "", {"about": report, "action": "refute", "to": "x", **because}),
        ("remark.make", "", {"about": report, "stance": "dispute", "text": "No."}),
        ("report.judge", report, {"verdict": "refuted", **because}),
        ("report.judge", other, {"verdict": "duplicate", "of": report, **because}),
    ):
        with pytest.raises(NotAllowed, match=f"There is no report {report}"):
            world.do("police", verb, subject, **data)
    world.do("supervisor", "report.acknowledge", report)
    assert world.picture.reports[report].state == "acknowledged"


def test_the_outsider_sees_no_report_threat_task_or_internal_promise(world):
    world.actual()
    promise(world)
    shown = promise(world, handling="public")
    seen = world.picture.seen_by("observers", Handling.PUBLIC)
    kept = {thing: list(items) for thing, items in seen.things.items() if items}
    assert kept == {"operation": ["op"], "commitment": [shown]}
    assert Picture.seen_by(world.picture, None).things == seen.things


def test_an_agency_that_the_pack_does_not_know_does_nothing(world):
    with pytest.raises(AccessDenied):
        world.report("stranger")


def test_the_nearest_institution_of_a_kind_answers_for_a_region():
    assert rules().agency_for("police", "10.1.1") == "district-police"
    assert rules().agency_for("police", "10.2") == "police"
