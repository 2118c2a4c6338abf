"""The duty: one member an institution has it, the log says since when and who before."""

from __future__ import annotations

import pytest
from tests.coordination_world import World

from anoa.coordination import Actor, act
from anoa.coordination.duty import current_duty, ended_duties
from anoa.errors import AccessDenied, InputError, NotAllowed
from anoa.oplog import Entry
from anoa.picture import Picture


class Post(World):
    """A world with two members at the police and one at the commission."""

    def __init__(self) -> None:
        super().__init__()
        self.settle(
            Entry(0, self.at, "rule:opening", "anoa", "member.admitted", 1, member,
                  {"agency": agency, "role": role}, "institutions")
            for member, agency, role in (
                ("first", "police", "duty_officer"), ("second", "police", "operator"),
                ("clerk", "commission", "secretary"),
            )
        )  # fmt: skip

    def by(self, member: str, verb: str, subject: str = "", agency: str = "police", **data):
        known = self.picture.members.get(member)
        actor = Actor(member, agency, known.role if known else "duty_officer")
        return self.settle(act(self.picture, self.rules, actor, verb, subject, data, self.at))[0]

    def now(self, agency: str = "police"):
        return current_duty(self.picture.duties.values(), agency)


def test_a_duty_names_its_member_since_when_and_who_before():
    post = Post()
    post.by("first", "duty.take_over")
    post.wait(8)
    taken = post.by("second", "duty.take_over", after="D-0001")
    duty = post.now()
    assert (duty.id, duty.member, duty.previous) == ("D-0002", "second", "first")
    assert (duty.since, duty.at_seq) == (post.at, taken.seq)
    ended = ended_duties(post.picture.duties.values(), "police")
    assert [(one.id, one.ended_seq, one.state) for one in ended] == [("D-0001", taken.seq, "ended")]


def test_of_two_who_take_it_at_once_the_second_is_told_who_has_it():
    post = Post()
    post.by("first", "duty.take_over")
    post.by("second", "duty.take_over", after="D-0001")
    with pytest.raises(NotAllowed, match=r"second took the duty over meanwhile \(D-0002\)"):
        post.by("third", "duty.take_over", after="D-0001")
    with pytest.raises(NotAllowed, match="meanwhile"):
        post.by("third", "duty.take_over")


def test_who_has_the_duty_does_not_take_it_again():
    post = Post()
    post.by("first", "duty.take_over")
    with pytest.raises(NotAllowed, match="already"):
        post.by("first", "duty.take_over", after="D-0001")


def test_institutions_have_duties_of_their_own_and_leave_those_of_others_alone():
    post = Post()
    post.by("first", "duty.take_over")
    post.by("clerk", "duty.take_over", agency="commission")
    assert (post.now().member, post.now("commission").member) == ("first", "clerk")
    for verb, subject, data in (
        ("duty.hand_over", "D-0001", {}), ("duty.take_over", "", {"after": "D-0001"}),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            post.by("clerk", verb, subject, agency="commission", **data)
    with pytest.raises(NotAllowed, match="There is no duty D-0001"):
        post.by("m", "duty.take_over", agency="supervisor", after="D-0001")


def test_handing_over_leaves_the_duty_where_it_is_until_somebody_takes_it():
    post = Post()
    post.by("first", "duty.take_over")
    post.by("first", "duty.hand_over", "D-0001", to="second", note="Dermaga: tunggu kapal terakhir")
    duty = post.now()
    assert (duty.member, duty.state, duty.offered_to) == ("first", "handing_over", "second")
    assert duty.note == "Dermaga: tunggu kapal terakhir"
    post.by("second", "duty.take_over", after="D-0001")
    assert post.now().state == "on_duty"


def test_only_who_has_the_duty_hands_it_over_and_to_a_member_of_the_institution():
    post = Post()
    post.by("first", "duty.take_over")
    with pytest.raises(NotAllowed, match="first has the duty"):
        post.by("second", "duty.hand_over", "D-0001")
    for to in ("clerk", "first", "nobody"):
        with pytest.raises(NotAllowed, match="no other member"):
            post.by("first", "duty.hand_over", "D-0001", to=to)
    post.by("second", "duty.take_over", after="D-0001")
    with pytest.raises(NotAllowed, match="taken over already"):
        post.by("first", "duty.hand_over", "D-0001")


def test_a_note_that_may_name_a_person_is_refused():
    post = Post()
    post.by("first", "duty.take_over")
    with pytest.raises(InputError, match="person or a party"):
        post.by("first", "duty.hand_over", "D-0001", note="hubungi 0812 3456 7890")


@pytest.mark.parametrize("role", ["reader", "reporter", "auditor", "host_admin"])
def test_a_reader_takes_no_duty(role):
    post = Post()
    for verb, subject in (("duty.take_over", ""), ("duty.hand_over", "D-0001")):
        with pytest.raises(AccessDenied):
            post.do("police", verb, subject, role=role)


def test_an_outsider_does_not_see_who_has_the_duty():
    post = Post()
    post.by("first", "duty.take_over")
    assert not post.picture.seen_by(None).duties
    assert post.picture.seen_by("commission").duties


def test_replaying_the_log_gives_the_same_duties():
    post = Post()
    post.by("first", "duty.take_over")
    post.by("first", "duty.hand_over", "D-0001", note="Baca R-0001")
    post.by("second", "duty.take_over", after="D-0001")
    assert Picture.replay(post.entries).duties == post.picture.duties
