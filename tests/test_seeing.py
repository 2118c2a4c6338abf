"""What an institution may see is the same for its acts: nothing hidden is named, moved or told of.

Each rule is written as what the one who may not see gets to know: nothing.
"""

from dataclasses import replace

import pytest
from tests.coordination_world import HOUR, World, reported

from anoa.coordination.seeing import is_as_wide, may_see
from anoa.coordination.verbs import VERBS
from anoa.errors import AnoaError, NotAllowed
from anoa.oplog import Handling, instant_text


@pytest.fixture
def world() -> World:
    return World()


def _opened(world: World, handling: str, agency: str = "commission") -> dict[str, str]:
    """One thing of each kind that an institution opens by hand, by its kind."""
    due = instant_text(world.at + HOUR)
    report = world.report(agency, region="10.2", threat_type="rumor", handling=handling)
    incident = {key: value for key, value in reported(world.at).items()
                if key in ("region", "threat_type", "place_class", "observed_at")}  # fmt: skip
    return {
        "report": report,
        "incident": world.do(agency, "incident.open", **incident, handling=handling),
        "meeting": world.do(agency, "meeting.open", title="T", place="P", handling=handling),
        "commitment": world.do(agency, "commitment.request", debtor="police", creditor=agency,
                               what="W", proof="P", due=due, handling=handling),
    }  # fmt: skip


ATTEMPTS = {
    "report": [("report.acknowledge", {}), ("report.take_up", {}),
               ("report.judge", {"verdict": "unrelated", "reason": "No."}),
               ("proposal.make", {"about": ..., "action": "refute", "reason": "No."})],
    "incident": [("incident.merge", {"into": "I-0001"}), ("incident.unmerge", {"reason": "No."}),
                 ("incident.withdraw", {"reason": "No."})],
    "meeting": [("meeting.record_line", {"line": "dissent", "text": "No."}),
                ("meeting.close", {})],
    "commitment": [("commitment.accept", {}), ("commitment.release", {"reason": "No."})],
}  # fmt: skip


@pytest.mark.parametrize(("handling", "agency"), [
    ("institutions", "observers"), ("sealed", "observers"), ("sealed", "police"),
])  # fmt: skip
def test_who_may_not_see_a_thing_can_do_nothing_to_it_and_is_told_it_is_not_there(
    world, handling, agency
):
    things, before = _opened(world, handling), len(world.entries)
    for thing, attempts in ATTEMPTS.items():
        remark = ("remark.make", {"about": ..., "stance": "dispute", "text": "No."})
        for verb, data in [*attempts, remark]:
            asked = {key: things[thing] if value is ... else value for key, value in data.items()}
            subject = "" if ... in data.values() else things[thing]
            with pytest.raises(NotAllowed, match=f"There is no {thing} {things[thing]}"):
                world.do(agency, verb, subject, **asked)
    assert len(world.entries) == before


def test_a_public_meeting_names_nothing_that_only_institutions_see(world):
    world.actual()
    world.do("commission", "report.file", **reported(world.at, handling="public"))
    world.wait(1)
    inside = world.do("police", "meeting.open", title="T", place="P")
    public = world.do("police", "meeting.open", title="T", place="P", handling="public")
    seen = world.picture.seen_by(None, Handling.PUBLIC)
    agenda = world.picture.meetings[public].agenda
    assert agenda and set(agenda) <= set(seen.reports)
    assert set(world.picture.meetings[inside].agenda) > set(agenda)


def test_a_public_promise_names_no_meeting_that_only_institutions_see(world):
    meeting = world.do("police", "meeting.open", title="T", place="P")
    said = {"debtor": "police", "creditor": "forum", "what": "W", "proof": "P",
            "due": instant_text(world.at + HOUR), "meeting": meeting}  # fmt: skip
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.do("police", "commitment.request", **said, handling="public")
    assert world.do("police", "commitment.request", **said)


def test_a_public_incident_holds_no_report_that_only_institutions_see(world):
    report = world.report("commission")
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.incident("commission", report, handling="public")
    incident = world.incident("commission", handling="public")
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.do("commission", "incident.tie", incident, report=report)
    open_ = world.report("commission", handling="public")
    assert world.do("commission", "incident.tie", incident, report=open_)


def test_a_public_verdict_names_no_hidden_report_as_the_one_it_repeats(world):
    public, inside = world.report("commission", handling="public"), world.report("commission")
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.do("supervisor", "report.judge", public, verdict="duplicate", of=inside,
                 reason="The same.")  # fmt: skip


def test_a_public_report_is_not_told_apart_from_a_hidden_one(world):
    public, inside = world.report("commission", handling="public"), world.report("commission")
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.do("supervisor", "report.tell_apart", public, report=inside, reason="Two streets.")
    world.do("supervisor", "report.tell_apart", inside, report=public, reason="Two streets.")
    assert inside not in str(world.picture.seen_by(None, Handling.PUBLIC).reports[public])


@pytest.mark.parametrize("other", ["institutions", "sealed"])
def test_incidents_for_different_readers_are_not_merged(world, other):
    one = world.incident("commission", handling="public")
    two = world.incident("commission", handling=other)
    for old, into in ((one, two), (two, one)):
        with pytest.raises(NotAllowed, match="not for the same readers"):
            world.do("commission", "incident.merge", old, into=into)
        with pytest.raises(NotAllowed, match="not for the same readers"):
            world.do("commission", "proposal.make", about=old, action="merge", to=into,
                     reason="One event.")  # fmt: skip


def test_a_report_in_somebodys_sealed_incident_is_judged_and_nobody_learns_of_the_incident(world):
    report = world.report("police", region="10.1")
    world.incident("commission", report, handling="sealed")
    with pytest.raises(NotAllowed) as told:
        world.incident("supervisor", report)
    assert "I-0" not in str(told.value)
    world.do("supervisor", "report.judge", report, verdict="refuted", reason="Not so.")
    assert world.picture.reports[report].state == "refuted"


def test_what_is_sealed_lifts_no_threat_that_others_see(world):
    report = world.report("district-police")
    incident = world.incident("district-police", report, handling="sealed")
    world.do("supervisor", "report.judge", report, verdict="verified", reason="Seen as well.")
    assert world.picture.incidents[incident].verified_at is not None
    world.report("forum")
    for threat in world.picture.threats.values():
        assert threat.state != "actual" and incident not in threat.evidence
    told = [entry for entry in world.entries if entry.handling != "sealed"]
    assert not any(incident in str(entry.data) or incident == entry.subject for entry in told)


def test_nobody_learns_by_raising_it_whether_a_sealed_threat_stands(world):
    asked = {"region": "10.1", "threat_type": "conduct", "confidence": "low", "reason": "A sign."}
    said = []
    for _ in range(2):
        for to in ("potential", "threshold"):
            for agency in ("police", "commission", "observers"):
                with pytest.raises(AnoaError) as told:
                    world.do(agency, "threat.raise", to=to, **asked)
                said.append(str(told.value))
        if not world.picture.threats:
            world.do("supervisor", "threat.raise", to="potential", **asked)
    assert len(set(said)) == 1
    assert [one.owner for one in world.picture.threats.values()] == ["supervisor"]


def test_a_sealed_threat_that_was_handed_over_is_its_new_owners_alone(world):
    asked = {"region": "10.1", "threat_type": "conduct", "confidence": "low", "reason": "A sign."}
    threat = world.do("supervisor", "threat.raise", to="potential", **asked)
    world.do("supervisor", "threat.hand_over", threat, owner="commission", reason="Theirs.")
    assert threat in world.picture.seen_by("commission").threats
    assert threat not in world.picture.seen_by("supervisor").threats
    with pytest.raises(NotAllowed, match="sealed"):
        world.do("supervisor", "threat.raise", to="threshold", **asked)
    with pytest.raises(NotAllowed, match="There is no threat"):
        world.do("supervisor", "threat.lower", threat, to="closed", reason="Mine.")
    world.do("commission", "threat.lower", threat, to="closed", reason="Dealt with.")


def test_no_public_entry_names_an_id_that_an_outsider_does_not_see(world):
    world.actual()
    _opened(world, "public")
    _opened(world, "institutions")
    world.do("police", "meeting.open", title="T", place="P", handling="public")
    seen = world.picture.seen_by(None, Handling.PUBLIC)
    hidden = {ident for thing, items in world.picture.things.items() for ident in items
              if "-0" in ident and ident not in seen.things[thing]}  # fmt: skip
    assert hidden
    for entry in world.entries:
        if entry.handling == "public":
            assert not {one for one in hidden if one in str(dict(entry.data))}, entry


def test_the_rule_of_acts_is_the_rule_of_the_picture(world):
    _opened(world, "institutions")
    _opened(world, "sealed")
    for agency, spec in world.rules.agencies.items():
        seen = world.picture.seen_by(agency, spec.sees)
        for thing in ("report", "incident", "meeting", "commitment"):
            for item in world.picture.things[thing].values():
                allowed = may_see(item.handling, item.owner, agency, spec.sees)
                assert (item.id in seen.things[thing]) is allowed


def test_wide_and_narrow_are_an_order():
    order = ("public", "institutions", "sealed")
    for n, named in enumerate(order):
        assert [is_as_wide(named, by=by) for by in order] == [n <= m for m in range(3)]


def test_every_verb_that_names_another_thing_was_thought_of():
    naming = {
        f"{verb}:{field.name}"
        for verb, spec in VERBS.items()
        for field in spec.fields
        if field.name in ("about", "report", "reports", "into", "of", "meeting", "evidence")
    }
    assert naming - {"sitrep.issue:report"} == {
        "report.judge:of", "incident.open:reports", "incident.tie:report", "incident.untie:report",
        "incident.merge:into", "remark.make:about", "proposal.make:about", "threat.raise:evidence",
        "commitment.request:meeting", "report.take_batch:reports", "report.tell_apart:report",
        "report.compare_again:report", "hold.place:about",
    }  # fmt: skip


def test_evidence_of_a_threat_is_seen_by_all_who_see_the_threat(world):
    public = replace(world.rules.threat_types["rumor"], handling=Handling.PUBLIC)
    world.rules = replace(world.rules, threat_types=world.rules.threat_types | {"rumor": public})
    inside = world.report(
        "commission", credibility="5", threat_type="rumor", handling="institutions"
    )
    with pytest.raises(NotAllowed, match="may be seen by fewer"):
        world.do("commission", "threat.raise", region="10.1", threat_type="rumor", to="potential",
                 confidence="low", reason="A sign.", evidence=[inside])  # fmt: skip
