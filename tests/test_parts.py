"""The part of a member: for whom, where and from when until when, as the log says it."""

from datetime import timedelta

import pytest
from tests.coordination_world import HOUR, NOON, World, reported, rules

from anoa.coordination.parts import covers, places_within
from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import Entry, Handling, instant_text
from anoa.picture import Picture

UNITS = {"district-police": frozenset({"10.1", "10.1.1"}), "city": frozenset({"10.1", "10.2.1"})}
OFFICER = "m-district-police"


class Room(World):
    """The small operation with two units whose areas share a region, and limited members."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = rules(units=UNITS)

    def says(self, kind: str, **data) -> None:
        self.settle([Entry(0, self.at, "host-admin", "anoa", kind, 1, OFFICER, data,
                           Handling.INSTITUTIONS)])  # fmt: skip

    def admit(self, **data) -> None:
        self.says("member.admitted", agency="district-police", role="duty_officer", **data)


@pytest.fixture
def room() -> Room:
    return Room()


def test_an_area_covers_what_lies_in_its_regions_and_what_counts_under_its_units():
    known = rules(units=UNITS)
    assert covers(known, ("10.1",), "10.1.1") and not covers(known, ("10.1",), "10.2")
    assert covers(known, ("10",), "10.2.1") and not covers(known, ("10.1",), "10")
    assert covers(known, ("city",), "10.2.1") and not covers(known, ("city",), "10.2")
    assert covers(known, ("city",), "10.1"), "of a shared region it may be"
    assert places_within(known, ("city",)) == {"10.1", "10.2.1"}


@pytest.mark.parametrize("area", ["10.1", "district-police"], ids=["civil", "unit"])
def test_a_member_acts_in_its_area_and_nowhere_else(room, area):
    room.admit(regions=[area])
    mine = room.report("district-police", region="10.1")
    with pytest.raises(NotAllowed, match=r"10\.2 lies outside the area"):
        room.report("district-police", region="10.2")
    with pytest.raises(NotAllowed, match=r"10\.2\.1 lies outside"):
        room.report("district-police", region="10.2", sub_district="10.2.1")
    room.do("district-police", "report.amend", mine, **reported(room.at, region="10.1"))
    with pytest.raises(NotAllowed, match="lies outside"):
        room.do("district-police", "report.amend", mine, **reported(room.at, region="10.2"))


def test_nor_on_a_thing_of_another_place_however_it_is_named(room):
    room.admit(regions=["10.1"])
    there, here = room.report("supervisor", region="10.2"), room.report("supervisor")
    acts = {
        "report.acknowledge": {"subject": there},
        "report.judge": {"subject": there, "verdict": "unrelated", "reason": "No."},
        "report.take_up": {"subject": there},
        "report.take_batch": {"reports": [here, there]},
        "remark.make": {"about": there, "stance": "dispute", "text": "No."},
        "incident.open": dict(reported(room.at), region="10.1", reports=[there]),
        "proposal.make": {"about": there, "action": "refute", "reason": "No."},
    }  # fmt: skip
    for verb, data in acts.items():
        given = {k: v for k, v in data.items() if verb != "incident.open" or k in (
            "region", "threat_type", "place_class", "observed_at", "reports")}  # fmt: skip
        subject = given.pop("subject", "")
        with pytest.raises(NotAllowed, match="lies outside"):
            room.do("district-police", verb, subject, **given)
    room.do("district-police", "report.acknowledge", here)
    room.do("district-police", "duty.take_over")
    room.do("district-police", "meeting.open", title="Evening", place="Post")


def test_a_proposal_is_signed_where_its_thing_lies(room):
    room.admit(regions=["10.2"])
    report = room.report("supervisor", region="10.1")
    made = room.do("commission", "proposal.make", about=report, action="refute", reason="No.")
    with pytest.raises(NotAllowed, match=r"10\.1 lies outside"):
        room.do("district-police", "proposal.sign", made)


def test_a_limited_member_is_not_told_of_what_is_sealed_in_another_place(room):
    room.admit(regions=["10.1"])
    hidden = room.report("supervisor", region="10.2", threat_type="conduct", handling="sealed")
    for ident in (hidden, "R-0099"):
        with pytest.raises(NotAllowed, match=f"There is no report {ident}"):
            room.do("district-police", "report.acknowledge", ident)


def test_a_part_begins_and_ends(room):
    begins, ends = room.at + HOUR, room.at + 3 * HOUR
    room.admit(valid_from=instant_text(begins), valid_until=instant_text(ends))
    with pytest.raises(AccessDenied, match="begins at"):
        room.report("district-police")
    room.wait(1)
    room.report("district-police")
    room.wait(2)
    with pytest.raises(AccessDenied, match="ended at"):
        room.report("district-police")


def test_an_entry_renews_a_part_and_lifts_its_limits(room):
    room.admit(regions=["10.1"], valid_until=instant_text(room.at))
    with pytest.raises(AccessDenied, match="ended at"):
        room.report("district-police")
    room.says("member.limited", valid_until=instant_text(room.at + HOUR), regions=["10.2"])
    room.report("district-police", region="10.2")
    room.says("member.limited")
    room.report("district-police", region="10.1")
    room.wait(48)
    room.report("district-police", region="10.2")


def test_who_left_acts_no_longer(room):
    room.admit()
    room.report("district-police")
    room.says("member.left")
    with pytest.raises(AccessDenied, match="no longer"):
        room.report("district-police")


def test_an_act_in_a_role_or_for_an_institution_that_the_log_does_not_know_is_refused(room):
    room.says("member.admitted", agency="district-police", role="reader")
    with pytest.raises(AccessDenied, match="admits m-district-police as reader"):
        room.report("district-police")
    other = Room()
    other.says("member.admitted", agency="police", role="duty_officer")
    for role in ("duty_officer", "reporter"):
        with pytest.raises(AccessDenied, match="of police and not otherwise"):
            other.do("district-police", "report.file", role=role, **reported(other.at))


def test_what_a_member_sent_by_a_form_is_filed_as_a_report(room):
    room.admit()
    room.do("district-police", "report.file", role="reporter", **reported(room.at))


def test_replaying_the_log_gives_the_same_parts(room):
    room.admit(regions=["10.1"], valid_from=instant_text(NOON - timedelta(days=1)))
    room.says("member.limited", regions=["10.2", "city"])
    again = Picture.replay(room.entries)
    assert again == room.picture
    assert again.members[OFFICER].regions == ("10.2", "city")
    assert again.members[OFFICER].valid_from is None


@pytest.mark.parametrize(("reads", "sees"), [("institutions", True), ("public", False)])
def test_a_member_that_reads_less_acts_on_less(room, reads, sees):
    inside = room.report("supervisor")
    own = room.report("district-police", handling="sealed", threat_type="clash")
    room.admit(reads=reads)
    mine = room.picture.reports[own].owner
    assert mine in ("district-police", "police")
    with pytest.raises(NotAllowed, match=f"There is no report {own}"):
        room.do("district-police", "remark.make", about=own, stance="comment", text="No.")
    if sees:
        assert room.do("district-police", "report.acknowledge", inside)
    else:
        with pytest.raises(NotAllowed, match=f"There is no report {inside}"):
            room.do("district-police", "report.acknowledge", inside)
