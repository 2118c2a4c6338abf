"""The second tree: whose a place is, what is not known stays so, and sums reconcile."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.small_pack import FILES, write

from anoa.pack import Checked, Pack, Spot, check_pack, load_pack
from anoa.pack.areas import Holder, holders_of
from anoa.pack.sums import sum_of_parts

SULTRA = Path(__file__).parents[1] / "packs" / "sultra-2024"
HEADER = "unit,region,sub_districts,part,basis,source\n"
TREE = FILES["pack.yaml"] + "area_tree:\n  id: guard\n  name: {xa: Gardo, en: Guard post}\n"


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check_pack(SULTRA)


@pytest.fixture(scope="module")
def pack(checked) -> Pack:
    assert checked.pack is not None
    return checked.pack


def small(tmp_path: Path, *rows: str, **changes: str) -> Checked:
    areas = HEADER + "".join(f"{row},in words,a decree,gazette\n" for row in rows)
    return check_pack(write(tmp_path, **{"pack.yaml": TREE, "police_areas.csv": areas, **changes}))


# -- the reference pack ---------------------------------------------------------------------


def test_units_cut_regency_lines_and_keep_what_is_known(pack):
    assert pack.trees == ("civil", "police")
    assert pack.units_of("74.02") == ("polresta-kendari", "polres-konawe")
    assert pack.units_of("74.02.11") == ("polresta-kendari",)
    assert pack.units_of("74.02.01") == ("polres-konawe",)
    assert pack.units_of("74.15.04") == ("polres-baubau",)
    assert pack.units_of("74.13") == pack.units_of("74.03") == ("polres-muna",)


def test_the_fourth_sub_district_that_no_source_names_is_not_guessed(pack):
    assert pack.units_of("74.05.07") == ("polresta-kendari",)
    assert pack.units_of("74.05.01") == ()
    assert pack.spot("74.05.01", "police") == Spot(
        ("polresta-kendari", "polres-konawe-selatan"), is_shared=True
    )
    (konsel,) = pack.parts_of("polres-konawe-selatan")
    assert (konsel.sub_districts, len(konsel.possible)) == ((), 22)
    assert konsel.polling_stations is None  # unknown, not zero
    assert not pack.units["polresta-kendari"].is_whole


def test_a_village_is_of_the_unit_of_its_sub_district(pack):
    village = next(v for v in pack.villages.values() if v.sub_district == "74.02.36")
    assert pack.units_of(village.code) == ("polresta-kendari",)


def test_polling_stations_by_unit_are_those_that_were_published(checked, pack):
    assert pack.units["polres-konawe"].polling_stations == 440
    by_unit = [total for total in pack.totals if total.unit]
    assert {(t.unit, t.value) for t in by_unit} == {
        ("polres-konawe", 440), ("polresta-kendari", 26), ("polres-baubau", 74),
    }  # fmt: skip
    for total in by_unit:
        assert sum_of_parts(pack, total, date(2026, 1, 1)) == total.value
    assert not [one for one in checked.discrepancies if one.unit]


def test_a_region_where_it_is_not_known_whose_every_part_is_gets_noted(checked):
    (found,) = [one for one in checked.discrepancies if one.of == "areas"]
    assert (found.region, found.published, found.parts, found.difference) == ("74.05", 25, 3, 22)


def test_every_polling_station_is_of_one_unit_or_not_known_whose(pack):
    sure = sum(u.polling_stations or 0 for u in pack.units.values())
    unsure = {code for u in pack.units.values() for part in u.parts for code in part.possible}
    rest = sum(pack.sub_districts[code].polling_stations for code in unsure)
    assert sure + rest == pack.regions["74"].polling_stations == 4611


# -- other packs ----------------------------------------------------------------------------


def test_a_pack_without_a_second_tree_has_one(tmp_path):
    pack = load_pack(write(tmp_path))
    assert (pack.trees, dict(pack.units), pack.units_of("9.01")) == (("civil",), {}, ())
    assert pack.spot("9.01.01", "guard") == Spot(("9.01",))


def test_a_pack_of_the_first_release_loads_without_the_later_columns(tmp_path):
    old = "unit,region,part,basis,source\npolice-easthill,9.01,all,a decree,gazette\n"
    pack = load_pack(write(tmp_path, **{"police_areas.csv": old}))
    assert pack.trees == ("civil",)
    assert pack.area_parts[0].sub_districts == ()


def test_an_area_is_public_since_the_day_given_or_that_of_its_latest_source(tmp_path, pack):
    def days(rows: str, header: str) -> list[date | None]:
        found = load_pack(write(tmp_path, **{"police_areas.csv": header + rows})).area_parts
        return [part.known_at for part in found]

    row, gazette = "police-easthill,9.01,*,all,a decree,gazette", date(2031, 1, 10)
    with_day = HEADER.replace("source\n", "source,known_at\n")
    assert days(f"{row},2031-05-06\n{row},\n", with_day) == [date(2031, 5, 6), gazette]
    assert days(f"{row}\n", HEADER) == [gazette]
    assert days(row.replace("gazette", "press"), HEADER) == [None]
    shown = {part.region: part.known_at for part in pack.parts_of("polres-buton")}
    assert shown == {"74.04": date(2022, 9, 16), "74.15": date(2017, 12, 31)}


def test_blank_means_that_it_is_not_known_which(tmp_path):
    pack = small(tmp_path, "police-easthill,9.01,").pack
    assert pack.spot("9.01.01", "guard") == Spot(("police-easthill",), is_shared=True)
    assert pack.units_of("9.01.01") == ()


def test_a_place_of_no_unit_keeps_its_own_line_and_is_noted(tmp_path):
    checked = small(tmp_path, "police-easthill,9.01,*")
    assert checked.pack.spot("9.71", "guard") == Spot(("9.71",))
    assert {one.region for one in checked.discrepancies if one.of == "areas"} == {"9.02", "9.71"}


def test_what_lies_wider_than_the_areas_stands_on_its_own_line(pack):
    assert pack.spot("74", "police") == pack.spot(None, "police") == Spot(("74",))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["police-easthill,9.01,9.01.01", "police-lorland,9.01,9.01.01;9.01.02"],
         "police_areas.csv:3: sub-district '9.01.01' is claimed by"),
        (["police-easthill,9.01,*", "police-lorland,9.01,9.01.02"],
         "police_areas.csv:3: sub-district '9.01.02' is claimed by"),
        (["police-easthill,9.01,rest", "police-lorland,9.01,rest"],
         "police_areas.csv:3: the rest of region '9.01' is claimed by"),
        (["police-easthill,9.01,9.02.01"],
         "police_areas.csv:2: sub-district '9.02.01' does not lie in region '9.01'"),
        (["police-easthill,9.01,9.01.01;rest"], "police_areas.csv:2: sub_districts: rest stands"),
        (["police-easthill,9.01,9.01.09"],
         "police_areas.csv:2: sub_districts '9.01.09' is not a known sub district"),
        ([], "pack.yaml:20: area_tree: no area is given"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_a_problem_with_its_line(tmp_path, rows, expected):
    found = [str(problem) for problem in small(tmp_path, *rows).problems]
    assert any(one.startswith(expected) for one in found), found


def test_the_id_of_the_civil_tree_is_taken(tmp_path):
    top = TREE.replace("id: guard", "id: civil")
    found = small(tmp_path, "police-easthill,9.01,*", **{"pack.yaml": top}).problems
    assert [str(one) for one in found] == [
        "pack.yaml:20: area_tree: the id 'civil' is taken (it is the tree of regions)"
    ]


def test_a_published_sum_that_the_units_part_does_not_make_up_is_shown(tmp_path):
    totals = (
        "region,figure,period,value,source,known_at,parts,note,unit\n"
        "9.01,polling_stations,2031,13,gazette,2031-01-10,polling_stations,,police-easthill\n"
        "9.01,polling_stations,2031,8,gazette,2031-01-10,polling_stations,,police-lorland\n"
    )
    rows = ("police-easthill,9.01,9.01.01", "police-lorland,9.01,rest")
    checked = small(tmp_path, *rows, **{"totals.csv": totals})
    shown = [(d.unit, d.difference) for d in checked.discrepancies if d.of == "total"]
    assert (checked.problems, shown) == ((), [("police-easthill", 1)])
    unsure = small(tmp_path, "police-easthill,9.01,9.01.01;?", **{"totals.csv": totals})
    assert {(d.unit, d.parts) for d in unsure.discrepancies if d.unit == "police-easthill"} == {
        ("police-easthill", None)
    }


# -- laws -----------------------------------------------------------------------------------

CODES = ("a", "b", "c", "d")
WORDS = st.lists(st.sampled_from((*CODES, "*", "rest", "?")), unique=True, max_size=4)
ROWS = st.lists(st.tuples(st.sampled_from("uvw"), st.just("r"), WORDS), max_size=5)


@given(ROWS)
def test_a_place_is_known_to_be_of_one_unit_or_may_be_of_several_never_both(rows):
    found = holders_of(rows, lambda _: CODES)
    for code in CODES:
        holder = found.get(code, Holder())
        claims = {unit for unit, _, words in rows if code in words or "*" in words}
        assert not claims or (holder.is_known and holder.units[0] in claims)
        assert len(holder.units) == len(set(holder.units))
        assert not holder.is_known or len(holder.units) == 1
        if not claims and any(words in ([], ["?"]) for _, _, words in rows):
            assert not holder.is_known
