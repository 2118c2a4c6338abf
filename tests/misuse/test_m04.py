"""M4: an incident is played down so that the picture looks orderly."""

import pytest
from tests.misuse.attempts import refused
from tests.roads import Road

from anoa.coordination import Actor, act
from anoa.coordination.kinds import KINDS
from anoa.coordination.values import Threat
from anoa.errors import NotAllowed
from anoa.ladder import Rung
from anoa.picture import Picture
from anoa.room import record

CALM = {"to": "closed", "reason": "All is calm."}


def test_no_kind_of_entry_rewrites_or_removes_another():
    verbs = {kind.split(".")[1] for kind in KINDS}
    assert verbs.isdisjoint({"deleted", "erased", "edited", "removed", "replaced", "rewritten"})


def test_a_lowered_threat_keeps_room_for_its_reason_and_its_signatures():
    names = {field.name for field in KINDS["threat.lowered"]}
    assert {"reason", "rule", "proposal", "signed"} <= names


def test_nobody_lowers_an_actual_alone(road: Road, evening: Picture):
    threat = next(t for t in evening.threats.values() if t.rung is Rung.ACTUAL)
    one = next(m for m in road.members("duty_officer") if m.agency == threat.owner)
    owner = Actor(one.id, one.agency, one.role)
    with pytest.raises(NotAllowed, match="two institutions of different chains"):
        act(evening, road.pack.rules, owner, "threat.lower", threat.id, CALM, evening.at)


def test_by_the_page_the_owner_cannot_close_an_actual(operation, signed_in):
    threats = record.current_picture(operation).threats.values()
    threat = next(one for one in threats if one.rung is Rung.ACTUAL)
    client = signed_in("posko")
    said = refused(client, f"/threats/{threat.id}", "threat.lower", threat.id, **CALM)
    assert "Not done." in said
    assert record.current_picture(operation).threats[threat.id].rung is Rung.ACTUAL


def test_an_actual_comes_down_only_after_two_chains_of_command_signed(road: Road):
    def stood(picture: Picture) -> Threat:
        """The threat that stood on the highest rung."""
        found = picture.threats.values()
        return next(t for t in found if any(move.to is Rung.ACTUAL for move in t.moves))

    unsigned = stood(road.played(without=frozenset({"proposal.sign"}))[0])
    signed = stood(road.played()[0])
    assert (unsigned.rung, signed.rung) == (Rung.ACTUAL, Rung.THRESHOLD)
    assert len({road.chain(agency) for agency in signed.moves[-1].signed}) == 2
