"""What comes in from the field: stations, materials, calls for help, findings, words passed on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from anoa.coordination.field import Word, part_of_day
from anoa.errors import AccessDenied, InputError, NotAllowed
from anoa.ladder import Ladder, Need, Rule, Rung
from anoa.oplog import Handling
from anoa.picture import Picture
from coordination_world import NOON, World, rules


def late_for_rumors() -> World:
    world = World()
    ladder = world.rules.ladder
    named = Rule("late", Rung.POTENTIAL, (Need("late_materials"),), frozenset({"rumor"}))
    others = tuple(rule for rule in ladder.rules if rule.id != "late")
    world.rules = rules(
        ladder=Ladder("1", ladder.signals, (*others, named), ladder.dwell, ladder.review)
    )
    return world


def materials(world: World, **changes: Any) -> str:
    data = {
        "sub_district": "10.1.1", "stations": 10, "boxes": 20, "booths": 40, "boxes_expected": 20,
        "booths_expected": 40, "late": False,
    } | changes  # fmt: skip
    return world.do("commission", "logistics.state", **data)


# --- stations -----------------------------------------------------------------------------------


def test_a_station_keeps_when_each_phase_was_reported() -> None:
    world = World()
    where = {"polling_station": "10.1.1-p001", "sub_district": "10.1.1"}
    for phase in ("arrival", "opening"):
        world.do("district-police", "station.report", role="reporter", phase=phase, **where)
        world.wait(2)
    station = world.picture.stations["10.1.1-p001"]
    assert station.state == "opening"
    assert station.region == "10.1"
    assert station.phases == {"arrival": "2024-09-02T04:00:00Z", "opening": "2024-09-02T06:00:00Z"}


def test_a_phase_that_was_late_stays_told() -> None:
    world = World()
    where = {"polling_station": "p", "sub_district": "10.1.1"}
    world.do("district-police", "station.report", phase="opening", on_time=False, **where)
    world.do("district-police", "station.report", phase="closing", on_time=True, **where)
    assert world.picture.stations["p"].late == ("opening",)


def test_a_station_lies_in_a_sub_district_that_is_known() -> None:
    with pytest.raises(InputError):
        World().do("police", "station.report", polling_station="p", sub_district="10",
                   phase="arrival", region="10.2")  # fmt: skip


def test_no_field_of_a_station_takes_a_count_of_votes() -> None:
    with pytest.raises(InputError) as caught:
        World().do("police", "station.report", polling_station="p", sub_district="10.1.1",
                   phase="closing", votes=3)  # fmt: skip
    assert set(caught.value.fields) == {"votes"}


# --- materials ----------------------------------------------------------------------------------


def test_the_difference_of_boxes_and_booths_is_shown() -> None:
    world = World()
    code = materials(
        world, stations=57, boxes=11, boxes_expected=114, booths=228, booths_expected=228
    )
    one = world.picture.logistics[code]
    assert (one.boxes_missing, one.booths_missing, one.state) == (103, 0, "short")


def test_late_materials_raise_only_what_a_rule_of_the_pack_names() -> None:
    world = late_for_rumors()
    materials(world, late=True)
    assert [(t.threat_type, t.state) for t in world.picture.threats.values()] == [
        ("rumor", "potential")
    ]


def test_late_materials_raise_nothing_where_no_rule_names_a_type() -> None:
    world = World()
    materials(world, late=True)
    assert not world.picture.threats


def test_whole_materials_in_time_raise_nothing() -> None:
    world = late_for_rumors()
    materials(world)
    assert not world.picture.threats


def test_however_late_materials_never_reach_beyond_what_the_rule_lifts_to() -> None:
    world = late_for_rumors()
    for number in range(20):
        materials(world, polling_station=f"p{number}", late=True, boxes=0)
    assert {threat.rung for threat in world.picture.threats.values()} == {Rung.POTENTIAL}


# --- help ---------------------------------------------------------------------------------------


def ask(world: World, agency: str = "district-police") -> str:
    return world.do(agency, "help.ask", role="reporter", polling_station="p", need="medical",
                    sub_district="10.1.1")  # fmt: skip


def test_a_call_for_help_is_open_until_a_person_answers() -> None:
    world = World()
    call = ask(world)
    world.wait(1)
    assert world.picture.helps[call].is_open
    world.do("police", "help.acknowledge", call)
    assert world.picture.helps[call].state == "acknowledged"
    assert world.picture.helps[call].acknowledged_by == "police"


def test_a_call_for_help_expires_after_two_hours_and_not_before() -> None:
    world = World()
    call = ask(world)
    world.wait(1.99)
    assert world.picture.helps[call].is_open
    world.wait(0.01)
    assert world.picture.helps[call].state == "expired"
    assert world.picture.helps[call].expired_at == NOON.replace(hour=6)
    with pytest.raises(NotAllowed):
        world.do("police", "help.acknowledge", call)


def test_an_answered_call_does_not_expire() -> None:
    world = World()
    call = ask(world)
    world.do("police", "help.acknowledge", call)
    world.wait(5)
    assert world.picture.helps[call].state == "acknowledged"


def test_who_only_reports_does_not_answer_a_call() -> None:
    world = World()
    call = ask(world)
    with pytest.raises(AccessDenied):
        world.do("police", "help.acknowledge", call, role="reporter")


def test_a_call_for_help_raises_no_threat() -> None:
    world = late_for_rumors()
    ask(world)
    assert not world.picture.threats


# --- findings -----------------------------------------------------------------------------------


def test_a_finding_is_procedure_and_raises_no_threat() -> None:
    world = late_for_rumors()
    world.do("supervisor", "finding.record", form_number="012/LHP/PM.01.02/10.1/2024",
             region="10.1", finding="finding", matter="procedure", remedy="revote")  # fmt: skip
    assert [one.state for one in world.picture.findings.values()] == ["finding"]
    assert not world.picture.threats


def test_the_number_of_a_form_stands_once_in_an_institution() -> None:
    world = World()
    data = {"form_number": "1/LHP", "region": "10.1", "finding": "none"}
    world.do("supervisor", "finding.record", **data)
    with pytest.raises(NotAllowed):
        world.do("supervisor", "finding.record", **data)
    world.do("forum", "finding.record", **data)


# --- words --------------------------------------------------------------------------------------


def word(world: World, *to: str) -> Word:
    ident = world.do("forum", "word.pass", sub_district="10.1.1", concern="tension",
                     part_of_day="evening", to=list(to), submission="s-1")  # fmt: skip
    return world.picture.words[ident]


def test_only_the_sender_and_the_chosen_institutions_read_a_word() -> None:
    world = World()
    one = word(world, "supervisor")
    for reader in ("forum", "supervisor"):
        assert world.picture.seen_by(reader).words[one.id] == one


def test_the_police_see_of_a_word_for_others_where_and_when_of_the_day_only() -> None:
    world = World()
    one = word(world, "supervisor")
    seen = world.picture.seen_by("police").words[one.id]
    assert (seen.sub_district, seen.part_of_day) == ("10.1.1", "evening")
    assert (seen.owner, seen.to, seen.concern, seen.passed_at, seen.submission) == (
        "", (), None, None, None,
    )  # fmt: skip


def test_an_outsider_sees_nothing_of_a_word() -> None:
    world = World()
    word(world, "supervisor")
    assert not world.picture.seen_by(None).words
    assert not world.picture.seen_by("observers", Handling.PUBLIC).words


def test_a_word_is_read_only_by_who_received_it() -> None:
    world = World()
    one = word(world, "supervisor")
    with pytest.raises(NotAllowed):
        world.do("police", "word.acknowledge", one.id)
    world.do("supervisor", "word.acknowledge", one.id)
    assert world.picture.words[one.id].acknowledged == ("supervisor",)
    assert world.picture.seen_by("police").words[one.id].acknowledged == ()


@pytest.mark.parametrize("to", [[], ["nobody"]])
def test_a_word_goes_to_institutions_that_are_known(to: list[str]) -> None:
    with pytest.raises(InputError):
        World().do("forum", "word.pass", sub_district="10.1.1", part_of_day="night", to=to)


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "night"), (3, "night"), (4, "morning"), (10, "morning"), (11, "midday"), (15, "afternoon"),
     (18, "evening"), (21, "evening"), (22, "night")],
)  # fmt: skip
def test_every_hour_has_its_part_of_the_day(hour: int, part: str) -> None:
    assert part_of_day(hour) == part


# --- the register -------------------------------------------------------------------------------


def test_the_register_is_kept_by_the_kind_that_the_pack_names() -> None:
    world = World()
    world.rules = replace(world.rules, stations_owner="commission")
    with pytest.raises(NotAllowed):
        world.do("police", "register.import", digest="ab12", rows=3)
    world.do("commission", "register.import", digest="ab12", rows=3)
    assert world.picture.find("register", "register").rows == 3  # type: ignore[union-attr]


def test_all_of_it_replays_to_the_same_picture() -> None:
    world = late_for_rumors()
    ask(world)
    word(world, "supervisor")
    materials(world, late=True)
    world.do("commission", "register.import", digest="ab12", rows=3)
    world.wait(3)
    assert Picture.replay(world.entries) == world.picture
