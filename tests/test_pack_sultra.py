"""The reference pack: its figures are complete, add up, and say where they come from."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import shapely
from pandas.testing import assert_frame_equal
from shapely.geometry import Point, shape
from tests.exercise_parts import first_week
from tools import make_pack, make_shapes

from anoa.ladder import Rung
from anoa.oplog import Handling
from anoa.pack import (
    Checked,
    Pack,
    check_pack,
    index_scores,
    indicator_data,
    indicator_sources,
)

PACK = Path(__file__).parent.parent / "packs" / "sultra-2024"
STATIONS_NOVEMBER_2024 = {
    "74.01": 380, "74.02": 466, "74.03": 357, "74.04": 232, "74.05": 566, "74.06": 273,
    "74.07": 224, "74.08": 262, "74.09": 180, "74.10": 130, "74.11": 224, "74.12": 99,
    "74.13": 146, "74.14": 174, "74.15": 157, "74.71": 525, "74.72": 216,
}  # fmt: skip
ENTRANTS = {"74": 4, "74.03": 5, "74.13": 1, "74.14": 2, "74.71": 5}


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check_pack(PACK)


@pytest.fixture(scope="module")
def pack(checked: Checked) -> Pack:
    assert checked.pack is not None, checked.problems
    return checked.pack


def table(name: str) -> list[dict[str, str]]:
    with (PACK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_reference_pack_has_no_problem_and_the_published_counts(checked: Checked) -> None:
    assert checked.problems == ()
    assert checked.counts == {
        "regions": 17, "sub_districts": 221, "villages": 2285, "polling_stations": 4611,
    }  # fmt: skip


def test_polling_stations_by_region_are_those_of_november_2024(pack: Pack) -> None:
    found = {code: pack.regions[code].polling_stations for code in pack.leaf_regions}
    assert found == STATIONS_NOVEMBER_2024


def test_stations_of_february_add_up_to_the_published_total() -> None:
    rows = [
        row for row in table("figures.csv")
        if (row["figure"], row["period"]) == ("polling_stations", "2024-02-14")
        and row["source"] == "kp24-stations"
    ]  # fmt: skip
    by_length = Counter[int]()
    for row in rows:
        by_length[len(row["region"])] += int(row["value"])
    assert by_length == {len("74.01"): 8154, len("74.01.01"): 8154}


def test_there_is_one_contest_per_office_and_region(pack: Pack) -> None:
    contests = list(pack.contests.values())
    assert Counter(c.office for c in contests) == {"governor": 1, "regent": 15, "mayor": 2}
    assert {c.region for c in contests} == set(pack.regions)
    found = {c.region: c.entrants for c in contests}
    assert {region: found[region] for region in ENTRANTS} == ENTRANTS


@pytest.mark.parametrize("name", ["figures.csv", "totals.csv"])
def test_no_figure_is_known_before_its_source_was_published(name: str) -> None:
    published = {row["id"]: row["date"] for row in table("sources.csv")}
    for row in table(name):
        known = date.fromisoformat(row["known_at"])
        assert published[row["source"]], row
        assert date.fromisoformat(published[row["source"]]) <= known, row


def test_unknown_voters_stay_blank_and_are_not_zero(pack: Pack) -> None:
    found = {
        f.region for f in pack.figures
        if f.figure == "voters_roll" and f.period == "2024-11-27" and f.region != pack.root
    }  # fmt: skip
    assert len(found) == 8
    assert "74.02" not in found
    assert not [f for f in pack.figures if f.figure == "voters_roll" and f.value == 0]


def test_sources_that_disagree_are_shown_with_their_difference(checked: Checked) -> None:
    shown = {(d.region, d.figure): d.difference for d in checked.discrepancies}
    assert shown[("74.03", "polling_stations")] == -18  # 625 in the press, 643 in the list
    assert shown[("74", "stations_flagged_percent")] == pytest.approx(-0.2)  # 86.47 and 86.67
    assert shown[("74", "remote_stations")] == -144  # 403 stated, the printed list holds 259
    assert shown[("74", "voters_roll")] is None  # nine of 17 are unknown: no comparison
    assert ("74", "polling_stations") not in shown  # both published totals add up


def test_history_holds_no_description_and_no_place_below_the_regency(pack: Pack) -> None:
    columns = set(table("incidents.csv")[0])
    assert columns == {
        "id", "date", "precision", "region", "place_class", "type", "measure_id",
        "measure_en", "outlet", "source_date", "source", "known_at",
    }  # fmt: skip
    assert {incident.region for incident in pack.history} <= set(pack.regions)
    assert len(pack.history) == 30


def test_addresses_that_name_a_person_are_left_blank_with_a_note() -> None:
    blank = [row for row in table("sources.csv") if not row["url"]]
    assert blank
    assert all(row["note"] for row in blank)


def test_every_region_has_its_commission_supervisor_government_and_police(pack: Pack) -> None:
    rules = pack.rules
    for region in pack.leaf_regions:
        for kind in ("commission", "supervisor", "government", "police"):
            agency = rules.agency_for(kind, region)
            assert agency is not None
            assert region in rules.agencies[agency].regions, (region, kind)


def test_the_police_of_a_divided_regency_is_the_one_that_holds_most_of_it(pack: Pack) -> None:
    found = {code: pack.rules.agency_for("police", code) for code in ("74.02", "74.05", "74.15")}
    assert found == {
        "74.02": "polres-konawe", "74.05": "polres-konawe-selatan", "74.15": "polres-buton",
    }  # fmt: skip


def test_institutions_of_one_command_count_as_one(pack: Pack) -> None:
    rules = pack.rules
    assert rules.chain("polres-muna") == rules.chain("polda-sultra")
    assert rules.chain("kpu-wakatobi") == rules.chain("kpu-prov")
    assert rules.chain("kesbangpol-prov") == rules.chain("governor")
    chains = {rules.chain(a) for a in ("polda-sultra", "kpu-prov", "bawaslu-prov", "fkub-prov")}
    assert len(chains) == 4


def test_every_threat_type_has_a_protocol_at_every_rung(pack: Pack) -> None:
    for threat in pack.threat_types:
        for rung in (Rung.POTENTIAL, Rung.THRESHOLD, Rung.ACTUAL):
            speaking = [p for p in pack.rules.protocols if p.rung is rung and p.speaks_of(threat)]
            assert len(speaking) == 1, (threat, rung)


def test_conduct_of_the_state_is_sealed_and_not_the_police_s_to_own(pack: Pack) -> None:
    kind = pack.rules.threat_types["state_conduct"]
    assert kind.handling is Handling.SEALED
    assert kind.owner_kind == "supervisor"
    asked = {
        action.agency_kind for protocol in pack.rules.protocols
        if "state_conduct" in protocol.threats for action in protocol.actions
    }  # fmt: skip
    assert "police" not in asked


def test_the_cast_is_known_by_role_only(pack: Pack) -> None:
    assert set(pack.cast) == {
        "posko", "kabagops-muna", "kpu-prov", "kpu-wakatobi", "bawaslu-prov", "kesbangpol",
        "fkub", "pam-tps", "governor-reader", "observer", "auditor", "host-admin",
    }  # fmt: skip


def test_shapes_are_valid_apart_and_hold_their_sub_districts(pack: Pack) -> None:
    assert (PACK / "shapes.geojson").stat().st_size < 300_000
    shapes = {code: shape(geometry) for code, geometry in pack.shapes.items()}
    assert set(shapes) == set(pack.leaf_regions)
    assert all(one.is_valid and not one.is_empty for one in shapes.values())
    together = shapely.union_all(list(shapes.values())).area
    assert sum(one.area for one in shapes.values()) == pytest.approx(together, rel=1e-3)
    for part in pack.sub_districts.values():
        assert part.lon is not None
        assert part.lat is not None
        assert shapes[part.region].distance(Point(part.lon, part.lat)) < 0.02, part.code


def test_islands_need_a_sea_crossing_and_distances_are_those_measured_before(pack: Pack) -> None:
    value = {(f.region, f.figure): f.value for f in pack.figures if f.source == "anoa-derived"}
    by_sea = {code for code in pack.leaf_regions if value[(code, "sea_crossing")] == 1}
    assert by_sea == {
        "74.03", "74.04", "74.07", "74.10", "74.12", "74.13", "74.14", "74.15", "74.72",
    }  # fmt: skip
    assert value[("74.07", "distance_to_capital_km")] == 186.5
    assert value[("74.02", "distance_to_capital_km")] == 111.1
    assert value[("74.71", "distance_to_capital_km")] == 0


def test_a_chain_of_land_borders_is_followed_but_not_over_an_islet() -> None:
    borders = [
        {"code_a": a, "code_b": b, "relation": relation}
        for a, b, relation in [
            ("74.71", "74.05", "land"), ("74.05", "74.06", "land"), ("74.06", "74.14", "land"),
            ("74.05", "74.03", "sea_or_gap"),
        ]
    ]  # fmt: skip
    assert make_pack.reached_by_land(borders, "74.71") == {"74.71", "74.05", "74.06"}


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert make_pack.distance_km((-4.0, 122.0), (-5.0, 122.0)) == pytest.approx(111.195, abs=1e-3)


def test_the_tools_say_plainly_that_their_input_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_pack.main([str(tmp_path)]) == 2
    assert "name the folder of figures" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["make_shapes", str(tmp_path / "land-10m.json")])
    assert make_shapes.main() == 2
    assert "npm pack world-atlas" in capsys.readouterr().out


def test_a_strait_is_a_border_when_land_is_divided_among_points() -> None:
    west, east = shapely.box(0, 0, 0.4, 0.2), shapely.box(0.41, 0, 0.6, 0.2)
    points = {"a": [Point(0.1, 0.1)], "b": [Point(0.43, 0.1)]}
    shapes = make_shapes.region_shapes(points, shapely.union_all([west, east]))
    assert make_shapes.overlap(shapes["b"], east) > 0.99
    assert shapes["a"].covers(Point(0.3, 0.1))  # nearer to b, but on the island of a


def test_a_point_in_the_sea_gets_a_small_disc() -> None:
    points = {"a": [Point(0.1, 0.1)], "b": [Point(2.0, 0.1)]}
    shapes = make_shapes.region_shapes(points, shapely.box(0, 0, 0.2, 0.2))
    assert shapes["b"].area == pytest.approx(3.14 * make_shapes.DISC_DEG**2, rel=0.05)


@pytest.mark.parametrize("edition_id", ["2024-08-05", "2025-03-01"])
def test_an_edition_uses_only_figures_known_by_its_day(pack: Pack, edition_id: str) -> None:
    as_of = pack.editions[edition_id].as_of
    known = replace(
        pack,
        figures=tuple(f for f in pack.figures if f.known_at <= as_of),
        history=tuple(h for h in pack.history if h.known_at <= as_of),
    )
    assert len(known.figures) < len(pack.figures)
    assert_frame_equal(indicator_data(known, edition_id), indicator_data(pack, edition_id))


def test_what_became_public_later_is_not_in_the_edition_of_august(pack: Pack) -> None:
    august, march = (indicator_data(pack, edition) for edition in ("2024-08-05", "2025-03-01"))
    assert august["p_petitions"].isna().all()  # rulings of February 2025
    assert march["p_petitions"].sum() == 14
    assert august.loc["74.14", "t_incidents"] == 1  # 2017 only; those of the autumn came later
    assert march.loc["74.14", "t_incidents"] == 3
    assert march.loc["74.03", "t_incidents"] > august.loc["74.03", "t_incidents"] == 3
    assert august.loc["74.07", "c_close"] == 1  # the contest of 2020
    assert march.loc["74.07", "c_close"] == 0  # that of 2024
    assert not [source for source in sources_of(pack, "2024-08-05") if source == "kpu-sirekap"]
    assert "kpu-sirekap" in sources_of(pack, "2025-03-01")


def sources_of(pack: Pack, edition_id: str) -> set[str]:
    return {s for sources in indicator_sources(pack, edition_id).values() for s in sources}


def test_no_find_is_unknown_and_not_a_low_score(pack: Pack) -> None:
    scores = index_scores(pack, "threat", "2024-08-05").table["score"]
    assert set(scores[scores.notna()].index) == {"74.01", "74.03", "74.04", "74.14"}
    assert scores.min() > 0


def test_the_edition_of_august_has_low_coverage_and_says_so(pack: Pack) -> None:
    table = index_scores(pack, pack.main_index, "2024-08-05").table
    assert 0.2 < table["coverage"].mean() < 0.6
    assert table["score"].isna().any()
    assert "low coverage" in pack.text(pack.editions["2024-08-05"].note, "en").lower()
    assert "cakupan rendah" in pack.text(pack.editions["2024-08-05"].note, "id").lower()


def test_the_index_says_that_it_is_not_the_supervisor_s(pack: Pack) -> None:
    assert all("not the supervisor" in pack.text(i.label, "en") for i in pack.indices.values())


@pytest.mark.parametrize(("edition_id", "incidents"), [("2024-08-05", 6), ("2025-03-01", 11)])
def test_the_threat_index_says_on_how_few_incidents_it_stands(
    pack: Pack, edition_id: str, incidents: int
) -> None:
    threat = [code for code, one in pack.indicators.items() if one.parent == "threat"]
    assert indicator_data(pack, edition_id)[threat].sum().sum() == incidents
    assert f"{incidents} incidents from {incidents} pages" in " ".join(
        pack.text(pack.indices["threat"].about, "en").split()
    )


def test_the_exercise_begins_with_the_meeting_and_leaves_steps_for_the_button(pack: Pack) -> None:
    exercise = pack.exercise
    first = exercise.injects[0].at
    assert pack.local(first).date() == date(2024, 8, 6)
    opened = [one for one in first_week(pack) if one.data.get("chair") == "polda-sultra"]
    assert [pack.local(one.at).strftime("%d %H:%M") for one in opened] == ["06 09:00"]
    assert 6 <= len(first_week(pack)) - exercise.play_until <= 10


def test_every_invented_sentence_of_the_exercise_is_marked_as_such(pack: Pack) -> None:
    assert dict(pack.exercise.notice) == {
        "id": "LATIHAN – DATA REKAAN", "en": "EXERCISE – INVENTED DATA",
    }  # fmt: skip
    told = {"title", "text", "what", "claim", "reason", "explanation"}
    sentences = [
        value for one in pack.exercise.injects for key, value in one.data.items() if key in told
    ]
    assert len(sentences) > 15
    assert not [sentence for sentence in sentences if "(LATIHAN)" not in sentence]


def test_no_sentence_of_the_exercise_is_caught_by_the_screening_of_persons(pack: Pack) -> None:
    texts = [v for one in pack.exercise.injects for v in one.data.values() if isinstance(v, str)]
    assert not [found for text in texts if (found := pack.screen_sentences(text))]


def test_two_chains_of_command_report_and_another_institution_judges(pack: Pack) -> None:
    agency = {one.number: pack.cast[one.who].agency for one in first_week(pack)}
    filed = [one for one in first_week(pack) if one.data.get("threat_type") == "rumor"]
    chains = {pack.rules.chain(agency[one.number]) for one in filed}
    assert chains == {"polri", "bawaslu"}
    names = {one.name: one for one in first_week(pack) if one.name}
    judged = [one for one in first_week(pack) if one.data.get("verdict") == "verified"]
    assert len(judged) == 2
    for one in judged:
        reporter = agency[names[one.subject.removeprefix("$")].number]
        assert pack.rules.chain(agency[one.number]) != pack.rules.chain(reporter)
