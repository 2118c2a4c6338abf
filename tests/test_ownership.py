"""Who opened a thing edits it; others comment and dispute; two owners merge; entries hand over."""

import pytest
from tests.coordination_world import HOUR, World, reported

from anoa.coordination import VERBS
from anoa.coordination.values import RULES_AGENCY
from anoa.errors import AccessDenied, AnoaError, NotAllowed
from anoa.oplog import Entry, Handling, instant_text
from anoa.picture import Picture

OTHERS = ("police", "supervisor", "forum", "observers")
DATA = {key: reported(None or World().at)[key] for key in (
    "region", "threat_type", "place_class", "observed_at")}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def _things(world: World) -> dict[str, str]:
    """A thing of each kind that the commission opened."""
    due = instant_text(world.at + HOUR)
    report = world.report("commission", credibility="5")
    return {
        "report": report,
        "incident": world.incident("commission", report),
        "threat": world.do("commission", "threat.raise", region="10.2", threat_type="rumor",
                           to="potential", confidence="low", reason="A sign."),
        "meeting": world.do("commission", "meeting.open", title="T", place="P"),
        "commitment": world.do("commission", "commitment.request", debtor="forum",
                               creditor="commission", what="W", proof="P", due=due),
        "duty": world.do("commission", "duty.take_over"),
    }  # fmt: skip


OWNERS_VERBS = {
    "report.amend": dict(reported(World().at)), "report.withdraw": {"reason": "No."},
    "incident.tie": {"report": "R-0001"}, "incident.untie": {"report": "R-0001", "reason": "No."},
    "incident.amend": DATA, "incident.withdraw": {"reason": "No."},
    "meeting.close": {}, "threat.lower": {"to": "closed", "reason": "No."},
    "threat.hand_over": {"owner": "police", "reason": "No."}, "duty.hand_over": {"note": "No."},
    "commitment.release": {"reason": "No."},
}  # fmt: skip


@pytest.mark.parametrize("verb", OWNERS_VERBS)
def test_only_who_opened_a_thing_edits_it(world, verb):
    thing, before = _things(world)[verb.partition(".")[0]], None
    before = len(world.entries)
    for agency in OTHERS:
        with pytest.raises(AnoaError, match=r"belongs to commission|Only commission|There is no"):
            world.do(agency, verb, thing, **OWNERS_VERBS[verb])
    assert len(world.entries) == before


def test_every_verb_that_changes_a_thing_is_the_owners_or_says_whose_it_is():
    shared = {  # which others than the owner do, or both sides, or the whole chain of command
        "remark.make", "report.acknowledge", "report.judge", "report.take_up", "report.take_batch",
        "report.release", "report.tell_apart", "report.compare_again",
        "proposal.make", "proposal.sign", "proposal.decline", "help.acknowledge",
        "word.acknowledge", "meeting.record_line", "threat.raise", "seal.countersign",
        "incident.merge", "incident.unmerge", "task.acknowledge", "task.decline", "task.do",
        "sealing_key.retire", "member.reset_factor", "commitment.accept", "commitment.decline",
        "commitment.claim", "commitment.return", "commitment.discharge", "commitment.explain",
        "commitment.break", "countersign_key.revoke", "report.check_picture", "help.open_contact",
        "hold.lift",
    }  # fmt: skip
    changing = {name for name, spec in VERBS.items() if not spec.opens}
    assert changing - shared <= set(OWNERS_VERBS), changing - shared - set(OWNERS_VERBS)


def test_others_comment_and_dispute_and_it_stays_in_print(world):
    things = _things(world)
    for thing in ("report", "incident", "threat", "meeting", "commitment"):
        for stance in ("comment", "dispute"):
            world.do("supervisor", "remark.make", about=things[thing], stance=stance, text="No.")
        told = world.picture.remarks_on(things[thing])
        assert [(one.owner, one.stance) for one in told] == [
            ("supervisor", "comment"), ("supervisor", "dispute")]  # fmt: skip
        assert world.picture.find(thing, things[thing]).owner == "commission"
    with pytest.raises(NotAllowed):
        world.do("commission", "remark.withdraw", "N-0001")
    assert not any(name.startswith("remark.") and name != "remark.make" for name in VERBS)


def _two(world: World) -> tuple[str, str]:
    mine = world.incident("commission", world.report("commission", credibility="5"))
    return mine, world.incident("supervisor", world.report("supervisor", credibility="5"))


def test_one_owner_alone_merges_nothing(world):
    mine, theirs = _two(world)
    for old, into in ((mine, theirs), (theirs, mine)):
        for agency in ("commission", "supervisor", "police"):
            with pytest.raises(NotAllowed, match="Both owners must agree"):
                world.do(agency, "incident.merge", old, into=into)


def test_a_merge_waits_for_both_owners_whoever_else_signs(world):
    mine, theirs = _two(world)
    proposal = world.do("police", "proposal.make", about=mine, action="merge", to=theirs,
                        reason="One event.")  # fmt: skip
    for agency in ("forum", "commission"):
        world.do(agency, "proposal.sign", proposal)
        assert world.picture.incidents[mine].merged_into is None
    world.do("supervisor", "proposal.sign", proposal)
    assert world.picture.incidents[mine].merged_into == theirs
    carried = next(one for one in world.entries if one.kind == "incident.merged")
    assert carried.agency == RULES_AGENCY and carried.data["proposal"] == proposal


def test_one_owner_who_declines_ends_a_merge(world):
    mine, theirs = _two(world)
    proposal = world.do("commission", "proposal.make", about=mine, action="merge", to=theirs,
                        reason="One event.")  # fmt: skip
    world.do("supervisor", "proposal.decline", proposal, reason="Two events.")
    with pytest.raises(NotAllowed):
        world.do("supervisor", "proposal.sign", proposal)
    assert world.picture.incidents[mine].merged_into is None


@pytest.mark.parametrize("agency", ["commission", "supervisor"])
def test_a_merge_is_undone_by_either_owner_and_by_nobody_else(world, agency):
    mine, theirs = _two(world)
    reports = world.picture.incidents[mine].reports
    proposal = world.do("commission", "proposal.make", about=mine, action="merge", to=theirs,
                        reason="One event.")  # fmt: skip
    world.do("supervisor", "proposal.sign", proposal)
    for other in ("police", "forum", "observers"):
        with pytest.raises(NotAllowed):
            world.do(other, "incident.unmerge", mine, reason="Two events.")
    world.do(agency, "incident.unmerge", mine, reason="Two events.")
    assert world.picture.incidents[mine].merged_into is None
    assert {world.picture.reports[one].incident for one in reports} == {mine}
    with pytest.raises(NotAllowed):
        world.do(agency, "incident.unmerge", mine, reason="Again.")
    kinds = world.kinds()
    assert kinds.index("incident.merged") < kinds.index("incident.unmerged")


def test_a_threat_is_handed_over_by_an_entry_and_then_is_the_new_owners(world):
    threat = world.do("commission", "threat.raise", region="10.2", threat_type="rumor",
                      to="potential", confidence="low", reason="A sign.")  # fmt: skip
    for nobody in ("supervisor", "police"):
        with pytest.raises(NotAllowed, match="belongs to commission"):
            world.do(nobody, "threat.hand_over", threat, owner=nobody, reason="Mine.")
    for wrong in ("nobody", "commission"):
        with pytest.raises(AnoaError):
            world.do("commission", "threat.hand_over", threat, owner=wrong, reason="Theirs.")
    world.do("commission", "threat.hand_over", threat, owner="forum", reason="Theirs.")
    entry = world.entries[-1]
    assert (entry.kind, entry.agency, dict(entry.data)) == (
        "threat.handed_over", "commission", {"owner": "forum", "reason": "Theirs."})  # fmt: skip
    assert Picture.replay(world.entries).threats[threat].owner == "forum"
    with pytest.raises(NotAllowed, match="belongs to forum"):
        world.do("commission", "threat.lower", threat, to="closed", reason="Mine.")
    world.do("forum", "threat.lower", threat, to="closed", reason="Dealt with.")


def test_an_institution_whose_members_left_does_nothing_more_and_what_it_opened_stays(world):
    said = {"agency": "commission", "role": "duty_officer"}
    world.settle([Entry(0, world.at, "host-admin", RULES_AGENCY, "member.admitted", 1,
                        "m-commission", said, Handling.INSTITUTIONS)])  # fmt: skip
    things = _things(world)
    world.settle([Entry(0, world.at, "host-admin", RULES_AGENCY, "member.left", 1,
                        "m-commission", {}, Handling.INSTITUTIONS)])  # fmt: skip
    before = len(world.entries)
    for verb, data in (("report.withdraw", {"reason": "No."}), ("report.amend", dict(
            reported(world.at)))):  # fmt: skip
        with pytest.raises(AccessDenied, match="takes part no longer"):
            world.do("commission", verb, things["report"], **data)
    assert len(world.entries) == before
    assert Picture.replay(world.entries).reports[things["report"]].owner == "commission"
    world.do("supervisor", "remark.make", about=things["report"], stance="comment", text="Noted.")


def test_an_institution_that_the_pack_does_not_know_does_nothing(world):
    with pytest.raises(AccessDenied):
        world.report("invented")
