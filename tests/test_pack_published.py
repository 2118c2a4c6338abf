"""Published editions: their own scale, conflicts side by side, unknown is unknown."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.small_pack import write

from anoa.pack import Age, Pack, check_pack, load_pack

SULTRA = Path(__file__).parent.parent / "packs" / "sultra-2024"
EDITIONS = (
    "id,scheme,publisher,name_xa,name_en,class,low,high,categories,unit,levels,scope_xa,scope_en,"
    "as_of,known_at,source,note_xa,note_en\n"
    "watch-2030,watch,River Office,Gardo,Watch,mixed,0,5,calm:0;keen:3,score,regency;city,Voto,"
    "Vote,2030-03-01,2030-04-01,gazette,,\n"
    "stations-2031,posts,River Office,Postoj,Posts,mixed,0,40,,polling_stations,province,Voto,"
    "Vote,2031-01-31,2031-02-01,gazette,,\n"
)
SCORES = """\
edition,region,dimension,value,category,rank,source,known_at,note_xa,note_en
watch-2030,9.01,,3.5,keen,1,gazette,2030-04-01,,
watch-2030,9.01,,3.1,,,press,2031-05-01,,
watch-2030,9.01,access,0,,,gazette,2030-04-01,,
stations-2031,9,,38,,,gazette,2031-02-01,,
"""
SCHEME = """\
code,parent,level,name_xa,name_en,weight,direction,class,source
watch,,3,Gardo,Watch,,1,mixed,gazette
access,watch,2,Aliro,Access,2,1,service,gazette
boats,access,1,Boatoj,Boats,,-1,service,gazette
acts,watch,2,Agoj,Acts,,1,threat,gazette
brawls,acts,1,Bataloj,Brawls,,1,threat,gazette
"""
LABELS = ("  situation:", "  calm: {xa: k, en: calm}\n  keen: {xa: a, en: keen}\n  situation:")
WHOLE = {
    "published_editions.csv": EDITIONS, "published_scores.csv": SCORES,
    "schemes/watch.csv": SCHEME, "pack.yaml": LABELS,
}  # fmt: skip


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return load_pack(write(tmp_path_factory.mktemp("pack"), **WHOLE))


@pytest.fixture(scope="module")
def sultra() -> Pack:
    return load_pack(SULTRA)


# -- loading and asking ---------------------------------------------------------------------


def test_a_pack_without_the_new_files_has_no_editions_and_no_problem(tmp_path: Path) -> None:
    pack = load_pack(write(tmp_path))
    assert (dict(pack.published), dict(pack.schemes)) == ({}, {})
    assert pack.published_of("9.01", date(2031, 12, 31)) == []


def test_two_sources_of_one_score_stay_two_rows_that_differ(pack: Pack) -> None:
    [reading] = pack.published_of("9.01", date(2031, 12, 31))
    assert [score.value for score in reading.scores] == [3.5, 3.1]
    assert reading.differs
    assert reading.category == "keen"


def test_only_what_was_known_by_the_day_is_told(pack: Pack) -> None:
    assert pack.published_of("9.01", date(2030, 3, 31)) == []
    [reading] = pack.published_of("9.01", date(2031, 4, 30))
    assert [score.value for score in reading.scores] == [3.5]
    assert not reading.differs


def test_a_region_that_an_edition_should_speak_of_and_does_not_is_unknown(pack: Pack) -> None:
    [reading] = pack.published_of("9.02", date(2031, 12, 31))
    assert reading.edition.id == "watch-2030"
    assert reading.is_unknown
    assert all(part.is_unknown for part in reading.parts)


def test_dimensions_without_a_score_stand_beside_those_with_one(pack: Pack) -> None:
    [reading] = pack.published_of("9.01", date(2031, 12, 31))
    found = {part.node.code: [s.value for s in part.scores] for part in reading.parts}
    assert found == {"access": [0.0], "acts": []}  # a published zero, and unknown


def test_an_edition_is_only_asked_about_the_levels_it_speaks_of(pack: Pack) -> None:
    found = [one.edition.id for one in pack.published_of("9", date(2031, 12, 31))]
    assert found == ["stations-2031"]


def test_a_flag_on_nearly_every_station_is_recognised(pack: Pack) -> None:
    edition = pack.published["stations-2031"]
    assert edition.flags_nearly_all(38)
    assert not edition.flags_nearly_all(20)
    assert not edition.flags_nearly_all(None)
    assert not pack.published["watch-2030"].flags_nearly_all(5)  # a score is no count


def test_a_conflict_of_sources_is_a_discrepancy_and_no_problem(tmp_path: Path) -> None:
    checked = check_pack(write(tmp_path, **WHOLE))
    assert checked.problems == ()
    [found] = [one for one in checked.discrepancies if one.figure == "watch-2030"]
    assert (found.published, found.parts, found.source) == (3.5, 3.1, "gazette;press")


# -- what is wrong --------------------------------------------------------------------------

BROKEN = {
    "half a scale": ("published_editions.csv", "mixed,0,5,", "mixed,0,,", "the scale has one end"),
    "a falling scale": (
        "published_editions.csv", "mixed,0,5,", "mixed,5,0,", "the scale does not rise",
    ),
    "categories that fall": (
        "published_editions.csv", "calm:0;keen:3", "calm:3;keen:0", "the categories do not begin",
    ),
    "half of the cut-offs": (
        "published_editions.csv", "calm:0;keen:3", "calm:0;keen", "some categories have a cut-off",
    ),
    "a category without a label": (
        "published_editions.csv", "keen:3", "wild:3", "category 'wild' has no label",
    ),
    "a level that no region has": (
        "published_editions.csv", "regency;city", "regency;canton",
        "no region has the level 'canton'",
    ),
    "a class that is none": (
        "published_editions.csv", "Watch,mixed", "Watch,danger", "class: 'danger' is not allowed",
    ),
    "facts after publication": (
        "published_editions.csv", "2030-03-01,2030-04-01", "2030-05-01,2030-04-01",
        "the edition speaks of 2030-05-01",
    ),
    "known after the pack": (
        "published_editions.csv", "2030-04-01,gazette", "2032-04-01,gazette", "this became known",
    ),
    "a value off the scale": (
        "published_scores.csv", ",3.5,", ",5.5,", "5.5 lies outside the scale",
    ),
    "a category of another edition": (
        "published_scores.csv", "3.5,keen", "3.5,calmest", "'calmest' is no category",
    ),
    "a rank of nothing": ("published_scores.csv", "keen,1,", "keen,0,", "a rank begins at 1"),
    "an unknown edition": (
        "published_scores.csv", "stations-2031,9,", "stations-1999,9,", "edition 'stations-1999'",
    ),
    "a region of another level": (
        "published_scores.csv", "stations-2031,9,", "stations-2031,9.01,",
        "the edition does not speak of a regency",
    ),
    "an unknown dimension": (
        "published_scores.csv", "access", "weather", "'weather' is no dimension of scheme 'watch'",
    ),
    "a dimension without a scheme": (
        "published_scores.csv", "stations-2031,9,,", "stations-2031,9,access,",
        "there is no scheme 'posts'",
    ),
    "known before its edition": (
        "published_scores.csv", "1,gazette,2030-04-01", "1,gazette,2030-03-01",
        "this was known on 2030-03-01, before its edition",
    ),
    "the same source twice": (
        "published_scores.csv", "press,2031-05-01", "gazette,2031-05-01", "a second row for this",
    ),
    "a scheme without its index": (
        "schemes/watch.csv", "watch,,3", "clock,,3", "no row has the code 'watch'",
    ),
    "an indicator of mixed class": (
        "schemes/watch.csv", "-1,service", "-1,mixed", "indicator 'boats' has no one class",
    ),
    "a threat under a service": (
        "schemes/watch.csv", "brawls,acts", "brawls,access",
        "'brawls' of class threat stands under 'access' of class service",
    ),
    "an unknown parent": (
        "schemes/watch.csv", "boats,access", "boats,harbour", "the parent of 'boats' is no row",
    ),
    "a code twice": ("schemes/watch.csv", "brawls,acts", "boats,acts", "a second row for code"),
    "a circle": ("schemes/watch.csv", "access,watch,2", "access,boats,2", "lies in itself"),
    "a trait of people in the threat class": (
        "schemes/watch.csv", "Bataloj,Brawls", "Bataloj,Brawls of youths", "speaks of 'youths'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_problem_is_named_with_its_file(name: str, tmp_path: Path) -> None:
    file, old, new, expected = BROKEN[name]
    text = WHOLE[file]
    assert isinstance(text, str)
    assert old in text
    found = check_pack(write(tmp_path, **{**WHOLE, file: text.replace(old, new, 1)})).problems
    assert any(expected in one.what and one.file == file for one in found), found


def test_a_file_among_the_schemes_that_is_none_is_told(tmp_path: Path) -> None:
    found = check_pack(write(tmp_path, **{**WHOLE, "schemes/Notes.txt": "x"})).problems
    assert [(one.file, one.what) for one in found] == [
        ("schemes/Notes.txt", "this is not a file of a pack")
    ]


# -- age ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "today", "years", "months"),
    [
        (date(2022, 11, 26), date(2024, 8, 6), 1, 8),
        (date(2023, 8, 6), date(2024, 8, 6), 1, 0),
        (date(2023, 8, 7), date(2024, 8, 6), 0, 11),
        (date(2024, 8, 6), date(2024, 8, 6), 0, 0),
        (date(2024, 2, 29), date(2025, 2, 28), 0, 11),
    ],
)
def test_age_counts_whole_months(as_of: date, today: date, years: int, months: int) -> None:
    age = Age.between(as_of, today)
    assert (age.years, age.months, age.is_old) == (years, months, years >= 1)


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.dates(date(1990, 1, 1), date(2050, 1, 1)))
def test_age_never_falls_as_days_pass(one: date, other: date) -> None:
    as_of, today = sorted((one, other))
    age = Age.between(as_of, today)
    assert 0 <= age.months < 12
    assert age.days == (today - as_of).days
    assert 30 * (12 * age.years + age.months) <= age.days + 30


# -- the reference pack ---------------------------------------------------------------------


def test_the_editions_that_were_found_are_there(sultra: Pack) -> None:
    assert {
        "ikp-2024-province", "ikp-2024-regency", "ikp-2019", "ikp-2018", "ikp-2017", "map-2024-08",
        "bawaslu-sultra-2024", "tps-map-2024", "police-2020-order", "ipkp-2024",
    } <= set(sultra.published)  # fmt: skip


def test_conflicts_between_sources_are_told_in_both_languages_with_their_sources(
    sultra: Pack,
) -> None:
    told = {  # edition: figures in its notes, sources beside it
        "ikp-2024-regency": (("13{}46", "13{}47", "49{}33", "21{}7", "68{}5"),
                             ("alinea-ikp-2024", "databoks-ikp-2024-regency")),
        "ipkp-2024": (("2", "20", "492"), ("dataloka-2024-10-31",)),
        "ipkp-2024-november": (("4", "3", "17", "492"), ("mino77-2024-11-11",)),
        "ikp-2020": (("9", "261"), ("sindomanado-ikp-2020", "bawaslu-book-2020")),
    }  # fmt: skip
    for edition, (figures, sources) in told.items():
        one = sultra.published[edition]
        assert set(sources) <= set(one.source) <= set(sultra.sources)
        for language, point in (("id", ","), ("en", ".")):
            for figure in figures:
                assert figure.format(point) in one.note[language], (edition, language, figure)


def test_an_edition_of_which_nothing_else_was_found_has_no_scores_and_is_unknown(
    sultra: Pack,
) -> None:
    for edition in ("ikp-2020", "ipkp-2024", "ipkp-2024-november"):
        assert all(reading.is_unknown for reading in sultra.readings_in(edition, date(2026, 1, 1)))
    found = {r.edition.id for r in sultra.published_of("74", date(2024, 11, 1))}
    assert "ipkp-2024" in found and "ipkp-2024-november" not in found


def test_the_61_indicators_have_their_dimensions_and_one_class_each(sultra: Pack) -> None:
    scheme = sultra.schemes["ikp-2024"]
    count = dict.fromkeys(node.code for node in scheme.dimensions)
    for code in count:
        count[code] = sum(code in scheme.above(one.code) for one in scheme.indicators)
    assert count == {"context": 16, "conduct": 24, "contestation": 15, "participation": 6}
    assert len(scheme.indicators) == 61
    assert len([node for node in scheme.nodes.values() if node.level == 2]) == 12
    assert {one.klass for one in scheme.indicators} == {"threat", "service", "procedure"}
    assert {one.weight for one in scheme.nodes.values()} == {None}


def test_remedies_and_calls_to_stay_away_are_no_threat(sultra: Pack) -> None:
    names = {one.name["en"]: one.klass for one in sultra.schemes["ikp-2024"].indicators}
    for name in ("Re-vote", "Recount", "Petitions against the final decision",
                 "Calls to reject the election as such"):  # fmt: skip
        assert names[name] == "procedure"


def test_the_police_index_has_dimensions_and_no_indicator(sultra: Pack) -> None:
    scheme = sultra.schemes["ipkp"]
    assert len(scheme.dimensions) == 7
    assert scheme.indicators == ()


def test_both_figures_of_the_province_stand_side_by_side(sultra: Pack) -> None:
    found = {r.edition.id: r for r in sultra.published_of("74", date(2024, 8, 6))}
    province = found["ikp-2024-province"]
    assert {score.value for score in province.scores} == {38.32, 38.06}
    assert province.differs
    assert [part.node.code for part in province.parts if part.node] == [
        "context", "conduct", "contestation", "participation",
    ]  # fmt: skip
    assert all(part.is_unknown for part in province.parts)


def test_two_supervisors_who_disagree_are_two_editions(sultra: Pack) -> None:
    found = {r.edition.id: r for r in sultra.published_of("74.05", date(2025, 1, 1))}
    assert found["map-2024-08"].category == "high"
    assert found["bawaslu-sultra-2024"].category == "medium"


def test_the_mapping_of_august_is_not_known_at_the_meeting(sultra: Pack) -> None:
    for region in sultra.regions:
        at_the_meeting = {r.edition.id for r in sultra.published_of(region, date(2024, 8, 6))}
        assert not at_the_meeting & {"map-2024-08", "ipkp-2024", "tps-map-2024"}


def test_no_total_of_others_is_of_a_class_that_feeds_the_ladder(sultra: Pack) -> None:
    assert not [one.id for one in sultra.published.values() if one.klass == "threat"]


def test_the_map_of_stations_keeps_needs_apart_from_threats(sultra: Pack) -> None:
    found = {r.edition.id: r for r in sultra.published_of("74", date(2024, 12, 1))}
    stations = found["tps-map-2024"]
    assert stations.edition.flags_nearly_all(stations.scores[0].value)
    parts = {part.node.code: part for part in stations.parts if part.node}
    assert parts["disability"].node.klass == "service"
    assert parts["disability"].scores[0].value == 3565
    assert parts["incitement-history"].node.klass == "threat"
    assert parts["safety"].is_unknown


def test_no_published_score_is_known_before_its_source_was_published() -> None:
    def table(name: str) -> list[dict[str, str]]:
        with (SULTRA / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    published = {row["id"]: row["date"] for row in table("sources.csv")}
    for row in table("published_scores.csv"):
        assert published[row["source"]], row
        assert published[row["source"]] <= row["known_at"], row
