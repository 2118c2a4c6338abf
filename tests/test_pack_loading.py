"""Loading a valid pack: its values, its digest, and the questions it answers."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.small_pack import FILES, write

from anoa.errors import PackError
from anoa.ladder import Rung
from anoa.oplog import Handling
from anoa.pack import NoPack, Pack, check_pack, load_pack


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load_pack(write(tmp_path_factory.mktemp("pack")))


def test_a_valid_pack_has_no_problem_and_counts_what_it_holds(tmp_path: Path) -> None:
    checked = check_pack(write(tmp_path))
    assert checked.problems == ()
    assert checked.counts == {
        "regions": 3, "sub_districts": 4, "villages": 3, "polling_stations": 30,
    }  # fmt: skip


def test_the_digest_covers_the_name_and_the_bytes_of_every_file(pack: Pack, tmp_path: Path) -> None:
    whole = b"".join(
        f"{name}\0{hashlib.sha256(text.encode()).hexdigest()}\n".encode()
        for name, text in sorted(FILES.items())
    )
    assert pack.digest == hashlib.sha256(whole).hexdigest()
    assert load_pack(write(tmp_path, **{"README.md": "About."})).digest != pack.digest


def test_a_past_incident_has_its_measure_in_every_language_or_none(pack: Pack) -> None:
    measures = {one.id: one.measure for one in pack.history}
    assert measures["h1"] == {"xa": "20 homoj", "en": "20 people"}
    assert measures["h2"] == {}


def test_a_pack_with_the_former_column_of_measures_loads_and_says_them_as_they_are(
    tmp_path: Path,
) -> None:
    former = FILES["incidents.csv"].replace("measure_xa,measure_en", "scale")
    former = former.replace("20 homoj,20 people", "20 people")
    former = re.sub(r"(arson|clash|revote),,,", r"\1,,", former)
    checked = check_pack(write(tmp_path, **{"incidents.csv": former}))
    assert checked.pack is not None, checked.problems
    measures = {one.id: one.measure for one in checked.pack.history}
    assert measures["h1"] == {"xa": "20 people", "en": "20 people"}
    assert measures["h2"] == {}


def test_polling_stations_are_summed_and_unknown_stays_unknown(pack: Pack) -> None:
    assert pack.regions["9.01"].polling_stations == 20
    assert pack.regions["9.71"].polling_stations is None
    assert pack.regions["9"].polling_stations is None, "a part is unknown, so the sum is"
    assert pack.sub_districts["9.71.01"].polling_stations is None
    assert pack.contests["governor"].entrants is None


def test_the_tree_is_walked_from_root_to_village(pack: Pack) -> None:
    assert pack.leaf_regions == ("9.01", "9.02", "9.71")
    assert pack.children("9") == ("9.01", "9.02", "9.71")
    assert pack.children("9.01.01") == ("9.01.01.2001", "9.01.01.2002")
    assert pack.above("9.01.02") == ("9.01.02", "9.01", "9")
    assert pack.region_of("9.01.01.2001") == "9.01"
    assert pack.region_of("8") is None
    assert pack.place_name("9.02.01") == "Bay"


def test_times_are_local_to_the_region(pack: Pack) -> None:
    noon = datetime(2031, 8, 6, 1, 0, tzinfo=UTC)
    assert pack.local(noon).hour == 9
    assert pack.local(noon, "9.02.01").hour == 8, "Westbay has a zone of its own"
    assert pack.operation.starts == datetime(2031, 4, 30, 16, 0, tzinfo=UTC)
    assert pack.operation.ends == datetime(2031, 12, 31, 15, 59, 59, tzinfo=UTC)


def test_an_inject_without_offset_is_in_pack_time(pack: Pack) -> None:
    first, second = pack.exercise.injects[:2]
    assert first.at == datetime(2031, 8, 6, 1, 0, tzinfo=UTC)
    assert second.at == datetime(2031, 8, 6, 2, 0, tzinfo=UTC)
    assert (first.number, first.name, second.subject) == (1, "meeting", "$meeting")


def test_a_time_in_the_data_of_an_inject_without_offset_is_in_pack_time(tmp_path: Path) -> None:
    due = (
        "text: Good, due: 2031-08-31T09:00, asked: [2031-08-06T09:00:00+08:00], "
        "not: 2031-02-31T09:00}"
    )
    path = write(tmp_path, **{"exercise.yaml": ("text: The plan stands}", due)})
    assert dict(load_pack(path).exercise.injects[1].data) == {
        "line": "decision", "text": "Good", "due": "2031-08-31T01:00:00Z",
        "asked": ["2031-08-06T09:00:00+08:00"], "not": "2031-02-31T09:00",
    }  # fmt: skip


def test_the_nearest_institution_of_a_kind_comes_first(pack: Pack) -> None:
    assert pack.agencies_for("police", "9.01.02") == ("police-easthill", "police-lorland")
    assert pack.agencies_for("police", "9.02") == ("police-lorland",)
    assert pack.agencies_for("parliament", "9.02") == ()


def test_texts_fall_back_to_a_language_that_is_there(pack: Pack) -> None:
    assert pack.text(pack.name, "en") == "Lorland"
    assert pack.text(pack.name, "fr") == "Lorlan"


def test_the_rules_carry_what_coordination_needs(pack: Pack) -> None:
    rules = pack.rules
    assert rules.chain("police-easthill") == "police"
    assert rules.agency_for("commission", "9.01.01") == "commission"
    assert rules.threat_types["late_materials"].handling is Handling.SEALED
    assert [str(p.rung) for p in rules.protocols] == ["potential", "threshold"]
    assert rules.protocols[1].actions[0].due == timedelta(hours=2, minutes=30)
    assert rules.screen("see Mister Brown") == ("name of a person: Mister Brown",)
    assert rules.screen("all is well") == ()


def test_the_ladder_is_built_from_the_written_rules(pack: Pack) -> None:
    assert [rule.to for rule in pack.ladder.rules] == [
        Rung.POTENTIAL, Rung.THRESHOLD, Rung.ACTUAL,
    ]  # fmt: skip
    assert pack.ladder.rules[1].needs[0].chains == 2
    assert pack.ladder.dwell[Rung.THRESHOLD] == timedelta(hours=48)
    assert pack.rungs[Rung.ACTUAL].short == "AC"


def test_holidays_and_weekends_are_no_working_days(pack: Pack) -> None:
    assert pack.is_working_day(date(2031, 8, 15))
    assert not pack.is_working_day(date(2031, 8, 16)), "a Saturday"
    assert not pack.is_working_day(date(2031, 8, 17)), "the feast"


def test_totals_and_sources_that_disagree_are_shown_and_do_no_harm(tmp_path: Path) -> None:
    found = {(d.region, d.figure, d.of): d for d in check_pack(write(tmp_path)).discrepancies}
    assert len(found) == 3
    stations = found["9.02", "polling_stations", "total"]
    assert (stations.published, stations.parts, stations.difference) == (11, 10, 1)
    voters = found["9", "voters_roll", "total"]
    assert (voters.parts, voters.difference) == (None, None), "an unknown part is not zero"
    assert "2 of 3 parts" in voters.note
    assert found["9.01", "voters_roll", "sources"].difference == -10


def test_a_folder_without_a_pack_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(NoPack, match="there is no pack here"):
        load_pack(tmp_path)


def test_nothing_is_loaded_when_there_is_a_problem(tmp_path: Path) -> None:
    broken = write(
        tmp_path, **{"regions.csv": ("9.02,Westbay,regency,9,", "9.02,Westbay,regency,8,")}
    )
    assert check_pack(broken).pack is None
    with pytest.raises(PackError) as refused:
        load_pack(broken)
    assert "regions.csv:4: parent '8' is not a known region" in str(refused.value)
