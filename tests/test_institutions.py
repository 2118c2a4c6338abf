"""An institution that leaves keeps what it opened; who speaks for it reads nothing sealed to it."""

from __future__ import annotations

import pytest
from tests.coordination_world import World

from anoa.coordination.institutions import current_countersign_key, has_left, voice_of
from anoa.errors import AnoaError, InputError, LogError, NotAllowed
from anoa.oplog import Entry, Handling
from anoa.picture import Picture
from anoa.seals import KeyKind, PrivateKey

ONE, TWO = (PrivateKey(f"{name}.example/anoa", KeyKind.COSIGNER, bytes([number]) * 32).public.vkey
            for number, name in enumerate(("one", "two"), 1))  # fmt: skip
OF_A_LOG = PrivateKey("log.example/anoa", KeyKind.LOG, bytes([3]) * 32).public.vkey


class Leaving(World):
    """A world whose host writes that institutions leave and come back."""

    def host(self, kind: str, agency: str, **data: str) -> Entry:
        entry = Entry(0, self.at, "host-admin", "anoa", f"institution.{kind}", 1, agency,
                      {"reason": "It was dissolved."} | data, Handling.PUBLIC)  # fmt: skip
        return self.settle([entry])[0]


def test_what_it_opened_stays_its_own_and_the_successor_does_what_it_could():
    world = Leaving()
    report = world.report("district-police")
    incident = world.incident("district-police", report)
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("police", "report.withdraw", report, reason="Not ours.")
    world.host("left", "district-police", successor="police")
    world.do("police", "report.withdraw", report, reason="It was a mistake.")
    world.do("police", "incident.withdraw", incident, reason="No report stands.")
    assert world.picture.reports[report].owner == "district-police"
    assert world.picture.incidents[incident].withdrawn
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("commission", "incident.untie", incident, report=report, reason="Not ours.")


def test_without_a_successor_nobody_speaks_for_it():
    world = Leaving()
    report = world.report("district-police")
    world.host("left", "district-police")
    with pytest.raises(NotAllowed, match="belongs to district-police"):
        world.do("police", "report.withdraw", report, reason="Not ours.")


def test_what_is_sealed_to_it_is_there_for_nobody_else():
    world = Leaving()
    sealed = world.report("forum", threat_type="conduct")
    assert world.picture.reports[sealed].owner == "supervisor"
    world.host("left", "supervisor", successor="commission")
    for verb, data in (("report.amend", world.picture.reports[sealed]), ("report.withdraw", None)):
        fields = {"reason": "Let us see."} if data is None else {}
        with pytest.raises(AnoaError):
            world.do("commission", verb, sealed, **fields)
    seen = world.picture.seen_by("commission")
    assert sealed not in seen.reports
    with pytest.raises(NotAllowed, match="takes part no longer: it was not filed"):
        world.report("forum", threat_type="conduct")


def test_new_threats_and_tasks_go_to_whoever_speaks_for_it():
    world = Leaving()
    world.host("left", "district-police", successor="police")
    world.report("commission")
    assert world.threat().owner == "police"
    assert {task.owner for task in world.picture.tasks.values()} <= {"police", "forum"}


def test_its_threats_are_handed_over_by_entry():
    world = Leaving()
    world.report("commission")
    threat = world.threat()
    assert threat.owner == "district-police"
    world.host("left", "district-police", successor="police")
    world.do("police", "threat.hand_over", threat.id, owner="police", reason="It left.")
    assert world.threat().owner == "police"
    assert world.entries[-1].kind == "threat.handed_over"


def test_a_promise_to_one_that_left_is_taken_by_its_successor():
    world = Leaving()
    asked = {"debtor": "commission", "creditor": "district-police", "what": "Lists", "proof": "A",
             "due": "2024-09-10T04:00:00+00:00"}  # fmt: skip
    promise = world.do("district-police", "commitment.request", **asked)
    world.do("commission", "commitment.accept", promise)
    world.host("left", "district-police", successor="police")
    with pytest.raises(NotAllowed, match="Only district-police"):
        world.do("forum", "commitment.release", promise, reason="Never mind.")
    world.do("police", "commitment.release", promise, reason="The district is closed.")
    assert world.picture.commitments[promise].state == "released"


def test_it_leaves_once_and_comes_back_with_its_voice():
    world = Leaving()
    world.host("left", "district-police", successor="police")
    with pytest.raises(LogError, match="left already"):
        world.host("left", "district-police")
    assert voice_of(world.picture.institutions, "district-police") == "police"
    world.host("returned", "district-police")
    assert voice_of(world.picture.institutions, "district-police") == "district-police"
    assert not has_left(world.picture.institutions, "district-police")
    world.host("left", "district-police")
    assert has_left(world.picture.institutions, "district-police")


def test_a_ring_of_successors_ends():
    world = Leaving()
    world.host("left", "district-police", successor="police")
    world.host("left", "police", successor="district-police")
    assert voice_of(world.picture.institutions, "police") in ("police", "district-police")


def test_everybody_reads_that_it_left_also_the_outsider():
    world = Leaving()
    world.host("left", "forum")
    assert "forum" in world.picture.seen_by(None, Handling.PUBLIC).institutions
    assert Picture.replay(world.entries).institutions == world.picture.institutions


# -- keys by which seals are countersigned ----------------------------------------------------


def test_a_new_key_takes_the_place_of_the_old_one_and_a_revoked_one_leaves_none():
    world = World()
    first = world.do("commission", "countersign_key.publish", public=f" {ONE} ")
    second = world.do("commission", "countersign_key.publish", public=TWO)
    keys = world.picture.countersign_keys
    assert (keys[first].state, keys[first].replaced_by) == ("replaced", second)
    assert current_countersign_key(keys, "commission").public == TWO
    world.do("commission", "countersign_key.revoke", second, reason="The carrier is lost.")
    assert current_countersign_key(world.picture.countersign_keys, "commission") is None
    assert world.picture.countersign_keys[second].reason == "The carrier is lost."
    with pytest.raises(NotAllowed, match="revoked already"):
        world.do("commission", "countersign_key.revoke", second, reason="Again.")


@pytest.mark.parametrize("line", ["", "x", ONE[:-4], OF_A_LOG])
def test_what_is_no_cosigner_key_is_not_published(line):
    with pytest.raises(InputError):
        World().do("commission", "countersign_key.publish", public=line)


def test_a_key_is_published_once_and_by_its_own_institution():
    world = World()
    key = world.do("commission", "countersign_key.publish", public=ONE)
    for agency in ("commission", "supervisor"):
        with pytest.raises(NotAllowed, match="published already"):
            world.do(agency, "countersign_key.publish", public=ONE)
    with pytest.raises(NotAllowed, match="belongs to commission"):
        world.do("police", "countersign_key.revoke", key, reason="We do not like it.")
