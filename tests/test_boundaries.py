"""Official boundaries: what is joined, what is asked, what is mended, and what is never written."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import mapping, shape
from tests.small_pack import write

from anoa.boundaries.features import read_features
from anoa.boundaries.mending import Plane, as_geojson, count_parts, mended, overlap, simplified
from anoa.cli import main
from anoa.pack import check_pack, load_pack

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "data"
LABELS = {
    "pack.yaml": (
        "  situation: {xa: Situo, en: Situation}\n",
        "  situation: {xa: Situo, en: Situation}\n  regency: {xa: Distrikto, en: Regency}\n"
        "  city: {xa: Urbo, en: City}\n",
    )
}
EASTHILL = [[122, -4], [123, -4], [123, -5], [122, -4]]
WESTBAY = [[121, -4], [122, -4], [122, -5], [121, -4]]
RIVERMOUTH = [[122, -3], [123, -3], [123, -4], [122, -3]]
HERE = (120.0, -6.0, 124.0, -2.0)


def feature(code: object, name: str | None, ring: list, kind: str = "Polygon") -> dict:
    known = {"kod": code, "nomo": name}
    properties = {key: value for key, value in known.items() if value is not None}
    coordinates = [ring] if kind == "Polygon" else ring
    return {
        "type": "Feature", "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }  # fmt: skip


def all_three(**changes: dict) -> list[dict]:
    found = {
        "9.01": feature("9.01", "Easthill", EASTHILL),
        "9.02": feature("9.02", "Westbay", WESTBAY),
        "9.71": feature("9.71", "Rivermouth", RIVERMOUTH),
    }
    return list((found | changes).values())


class Desk:
    """A pack in a folder, a file beside it, and the command."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.pack = write(folder / "packs" / "lorland", **LABELS)
        self.file, self.capsys = folder / "official.geojson", capsys
        self.shapes = self.pack / "shapes.geojson"

    def put(self, features: list[dict], **more: object) -> None:
        tree = {"type": "FeatureCollection", **more, "features": features}
        self.file.write_text(json.dumps(tree), encoding="utf-8")

    def run(self, *options: str) -> int:
        place = [str(self.pack), str(self.file), "--source", "Survey of Lorland 2031"]
        self.status = main(["boundaries", *place, *options])
        said = self.capsys.readouterr()
        self.out, self.err = said.out, said.err
        return self.status

    def told(self, *options: str) -> dict:
        assert self.run("--json", *options) == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def desk(tmp_path, capsys) -> Desk:
    return Desk(tmp_path, capsys)


# -- what is written ------------------------------------------------------------------------


def test_official_shapes_take_the_place_and_name_their_source(desk):
    desk.put(all_three())
    assert desk.run("--licence", "CC BY 4.0", "--yes") == 0
    pack = load_pack(desk.pack)
    assert not pack.has_approximate_shapes
    assert str(pack.shape_sources["9.02"]) == "Survey of Lorland 2031 (CC BY 4.0)"
    assert "Written." in desk.out and "keeps its own copy of the pack" in desk.out


def test_the_old_file_is_kept_beside_the_pack_and_no_backup_is_overwritten(desk):
    old = desk.shapes.read_bytes()
    desk.put(all_three())
    first, second = desk.told("--yes"), desk.told("--yes")
    assert Path(first["backup"]).read_bytes() == old
    assert first["backup"] != second["backup"]
    assert check_pack(desk.pack).problems == ()
    left = {p.name for p in desk.pack.parent.iterdir()}
    assert left == {"lorland", "lorland.shapes.geojson.bak", "lorland.shapes.geojson.bak1"}


def test_a_dry_run_says_the_same_and_writes_nothing(desk):
    desk.put(all_three())
    before = desk.shapes.read_bytes()
    dry = desk.told("--yes", "--dry-run")
    assert desk.shapes.read_bytes() == before
    assert [p.name for p in desk.pack.parent.iterdir()] == ["lorland"]
    assert (dry["written"], dry["backup"]) == (False, None)
    done = desk.told("--yes")
    assert done["digest"] == dry["digest"] == load_pack(desk.pack).digest != dry["digest_before"]


def test_a_region_without_a_new_shape_keeps_its_approximate_one_and_is_told(desk):
    desk.put(all_three()[:2])
    assert desk.told("--yes")["kept"] == ["9.71"]
    pack = load_pack(desk.pack)
    assert set(pack.shape_sources) == {"9.01", "9.02"} and pack.has_approximate_shapes


def test_a_second_file_completes_the_first(desk):
    desk.put(all_three()[:1])
    desk.told("--yes")
    desk.put(all_three()[1:])
    desk.told("--yes")
    assert not load_pack(desk.pack).has_approximate_shapes


def test_without_a_source_nothing_is_done(desk, capsys):
    desk.put(all_three())
    with pytest.raises(SystemExit):
        main(["boundaries", str(desk.pack), str(desk.file)])
    assert "--source" in capsys.readouterr().err


def test_a_source_that_names_a_person_is_refused_before_anything_is_written(desk):
    desk.put(all_three())
    before = desk.shapes.read_bytes()
    place = [str(desk.pack), str(desk.file), "--yes"]
    assert main(["boundaries", *place, "--source", "Mister Oduya Tamaki"]) == 2
    assert desk.shapes.read_bytes() == before


def test_a_folder_that_cannot_be_written_leaves_the_pack_as_it_was(desk, monkeypatch):
    desk.put(all_three())
    before = desk.shapes.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    assert desk.run("--yes") == 2
    assert "full" in desk.err and "as it was" in desk.err
    assert desk.shapes.read_bytes() == before
    assert not [p for p in desk.pack.parent.iterdir() if p.name.startswith(".")]


# -- what is joined -------------------------------------------------------------------------


def test_codes_with_or_without_separators_are_joined_where_the_name_agrees(desk):
    desk.put(all_three(**{"9.01": feature(901, "EAST-HILL", EASTHILL)}))
    told = desk.told("--yes")
    assert [row["code"] for row in told["replaced"]] == ["9.01", "9.02", "9.71"]
    assert (told["match"], told["code_field"], told["name_field"]) == ("code", "kod", "nomo")


def test_codes_of_another_list_are_refused_as_a_whole(desk):
    # The same digits, other places: what a statistics office and a ministry do to each other.
    desk.put([feature("901", "Westbay", WESTBAY), feature("902", "Easthill", EASTHILL),
              feature("971", "Rivermouth", RIVERMOUTH)])  # fmt: skip
    assert desk.run("--yes") == 2
    assert "901 is Westbay, not Easthill" in desk.err and "--match name" in desk.err
    assert desk.run("--yes", "--match", "name") == 0
    new = shape(load_pack(desk.pack).shapes["9.01"])
    assert overlap(new, shapely.Polygon(EASTHILL)) > 0.99


def test_bare_codes_without_names_are_refused(desk):
    desk.put([feature("901", None, EASTHILL)])
    assert desk.run("--yes", "--match", "code") == 2
    assert "without a name" in desk.err


def test_a_full_code_with_another_name_is_asked_and_not_taken_unasked(desk, monkeypatch):
    desk.put(all_three(**{"9.01": feature("9.01", "Newname", EASTHILL)}))
    told = desk.told("--yes", "--dry-run")
    assert [one["code"] for one in told["to_confirm"]] == ["9.01"]
    assert "9.01" in told["kept"]
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert desk.run() == 0
    assert "9.01 Easthill = 9.01 'Newname', names" in desk.err
    assert "9.01" in load_pack(desk.pack).shape_sources


def test_names_are_joined_without_case_signs_and_words_for_levels(desk):
    desk.put([feature(None, "REGENCY East-Hill", EASTHILL), feature(None, "westbay", WESTBAY),
              feature(None, "Urbo Rivermouth", RIVERMOUTH)])  # fmt: skip
    told = desk.told("--yes")
    assert [row["code"] for row in told["replaced"]] == ["9.01", "9.02", "9.71"]
    assert told["match"] == "name"


def test_a_name_with_the_word_of_another_level_is_asked(desk):
    desk.put([feature(None, "City Easthill", EASTHILL), feature(None, "Westbay", WESTBAY)])
    assert [one["code"] for one in desk.told("--yes")["to_confirm"]] == ["9.01"]


def test_a_name_that_is_only_alike_is_proposed_with_its_likeness(desk, monkeypatch):
    desk.put([feature(None, "Easthil", EASTHILL), feature(None, "Westbay", WESTBAY)])
    one = desk.told("--yes", "--dry-run")["to_confirm"][0]
    assert (one["code"], one["file_name"]) == ("9.01", "Easthil") and 0.9 < one["similarity"] < 1
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert desk.run() == 0
    assert "9.01" not in load_pack(desk.pack).shape_sources


def test_signs_that_a_terminal_obeys_are_shown_and_cannot_fake_a_question(desk, monkeypatch):
    asked = io.StringIO("n\n")
    monkeypatch.setattr("sys.stdin", asked)
    name = "Easthil\x1b[2J\n[y] taken\u202e"
    desk.put(all_three(**{"9.01": feature(None, name, EASTHILL)}))
    desk.run()
    said = desk.out + desk.err
    assert "\x1b" not in said and "\u202e" not in said
    assert "\\x1b" in said


def test_the_end_of_the_answers_is_no_consent(desk, monkeypatch):
    desk.put([feature(None, "Easthil", EASTHILL), feature(None, "Westbay", WESTBAY)])
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert desk.run() == 0
    assert set(load_pack(desk.pack).shape_sources) == {"9.02"}


def test_a_shape_that_lies_elsewhere_is_asked_even_with_code_and_name(desk):
    away = [[x + 0.9, y + 0.9] for x, y in EASTHILL]
    desk.put(all_three(**{"9.01": feature("9.01", "Easthill", away)}))
    one = desk.told("--yes")["to_confirm"][0]
    assert one["code"] == "9.01" and "overlaps only" in one["why"]


def test_features_of_no_region_are_told_and_sub_districts_are_no_regions(desk):
    desk.put([*all_three(), feature("8.01", "Faraway", [[10, 1], [11, 1], [11, 2], [10, 1]]),
              feature("9.01.01", "Easthill", EASTHILL)])  # fmt: skip
    told = desk.told("--yes")
    assert told["outside"] == ["Faraway", "Easthill"]
    desk.put([feature("9.01.01", "Easthill", EASTHILL)])
    assert desk.run("--yes") == 2 and "1 feature carries the code of a sub-district" in desk.err


def test_one_and_several_are_told_in_good_grammar(desk):
    far = [[10, 1], [11, 1], [11, 2], [10, 1]]
    desk.put([*all_three()[:2], feature("8.01", "Faraway", far)])
    assert desk.run("--yes", "--dry-run") == 0
    assert ": 2 regions.\n" in desk.out
    assert "1 feature of the file is no region of the pack: Faraway." in desk.out
    assert "1 region keeps the shape it has: 9.71 Rivermouth." in desk.out
    below = feature("9.01.01", "Easthill", EASTHILL)
    desk.put([*all_three()[:1], below])
    assert desk.run("--yes", "--dry-run") == 0
    assert ": 1 region.\n" in desk.out
    assert "1 feature of the file is no region of the pack (it is a sub-district)" in desk.out
    assert "2 regions keep the shape they have: 9.02 Westbay, 9.71 Rivermouth." in desk.out
    desk.put([*all_three(), below, feature("8.01", "Faraway", far)])
    assert desk.run("--yes", "--dry-run") == 0
    assert "2 features of the file are no region of the pack (1 of them is a sub-district)" in (
        desk.out
    )
    desk.put([below, below])
    assert desk.run("--yes") == 2
    assert "2 features carry codes of sub-districts and none is a region" in desk.err


def test_shapes_with_the_same_code_are_joined_and_told(desk):
    half = [[122, -4], [123, -4], [123, -4.5], [122, -4]]
    other = [[122, -4], [123, -4.5], [123, -5], [122, -4]]
    desk.put([*all_three()[1:], feature("9.01", "Easthill", half),
              feature("9.01", "Easthill", other)])  # fmt: skip
    told = desk.told("--yes", "--tolerance-m", "0")
    assert any("2 shapes of the file were joined" in note for note in told["notes"])
    row = next(row for row in told["replaced"] if row["code"] == "9.01")
    assert row["overlap"] == pytest.approx(1) and row["islands"] == 1


def test_the_fields_can_be_named_and_an_unknown_field_lists_what_there_is(desk):
    desk.put(all_three())
    assert desk.run("--code-field", "id") == 2
    assert "there are: kod, nomo" in desk.err
    assert desk.told("--code-field", "kod", "--name-field", "nomo")["code_field"] == "kod"


# -- what is mended -------------------------------------------------------------------------


def test_an_invalid_shape_is_repaired_and_told_with_its_change(desk):
    bow = [[122, -4], [123, -5], [123, -4], [122, -5], [122, -4]]
    desk.put(all_three(**{"9.01": feature("9.01", "Easthill", bow)}))
    note = next(n for n in desk.told("--yes")["notes"] if "repaired" in n)
    assert note.startswith("9.01 Easthill: repaired (Self-intersection") and "area" in note
    assert shape(load_pack(desk.pack).shapes["9.01"]).is_valid


def test_holes_and_islands_stay(desk):
    ring = [[122, -4], [123, -4], [123, -5], [122, -5], [122, -4]]
    hole = [[122.4, -4.4], [122.6, -4.4], [122.6, -4.6], [122.4, -4.4]]
    islet = [[123.2, -4.2], [123.201, -4.2], [123.201, -4.201], [123.2, -4.2]]
    desk.put(all_three(**{
        "9.01": feature("9.01", "Easthill", [[ring, hole], [islet]], "MultiPolygon")
    }))  # fmt: skip
    row = desk.told("--yes", "--tolerance-m", "5000")["replaced"][0]
    assert (row["islands"], row["holes"]) == (2, 1)


def test_lines_and_points_are_no_shapes(desk):
    point = {"type": "Feature", "properties": {"kod": "9.71", "nomo": "Rivermouth"},
             "geometry": {"type": "Point", "coordinates": [122, -3]}}  # fmt: skip
    desk.put(all_three(**{"9.71": point}))
    told = desk.told("--yes")
    assert told["kept"] == ["9.71"]
    assert "9.71 Rivermouth: there is no polygon in the file" in told["notes"]


def test_neighbours_that_share_a_border_share_it_after_simplifying():
    wave = [(0.1 * i, 0.02 * (i % 3)) for i in range(41)]
    south = shapely.Polygon([*wave, (4, -2), (0, -2)])
    north = shapely.Polygon([*wave, (4, 2), (0, 2)])
    (one, two), coverage = simplified([south, north], 50_000)
    assert coverage and len(one.exterior.coords) < len(south.exterior.coords) / 4
    assert shapely.coverage_is_valid([one, two])


def test_neighbours_with_gaps_are_simplified_each_alone_and_that_is_said(desk):
    desk.put(all_three(**{"9.02": feature("9.02", "Westbay", [[121, -4], [122.1, -4], [122, -5],
                                                              [121, -4]])}))  # fmt: skip
    assert desk.told("--yes", "--dry-run")["neighbours_kept"] is False
    desk.run("--yes")
    assert "each shape on its own" in desk.out


DEGREES = st.integers(-10_000, 10_000).map(lambda n: n / 10_000)


@given(st.lists(st.tuples(DEGREES, DEGREES), min_size=4, max_size=12))
def test_whatever_is_mended_is_valid_and_written_with_few_decimals(points):
    found = mended(shapely.Polygon(points))
    if found is None:
        return
    assert found.geometry.is_valid and count_parts(found.geometry)[0] >= 1
    numbers = re.findall(r"-?[0-9.]+", json.dumps(as_geojson(found.geometry)))
    assert max(len(number.partition(".")[2]) for number in numbers) <= 5
    written = shape(as_geojson(found.geometry))
    assert written.is_valid and abs(written.area - found.geometry.area) < 1e-3


def test_an_area_is_right_within_one_per_cent_near_the_equator():
    degree = Plane(-4.5).there(shapely.box(122, -5, 123, -4)).area
    assert degree == pytest.approx(111.195 * 110.852, rel=0.01)


# -- what is refused ------------------------------------------------------------------------


def test_another_coordinate_system_is_refused_with_what_to_do(desk):
    desk.put(
        all_three(), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32751"}}
    )
    assert desk.run("--yes") == 2
    assert "EPSG::32751" in desk.err and "ogr2ogr -t_srs EPSG:4326" in desk.err


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_degrees_by_another_name_are_read(desk, name):
    desk.put(all_three(), crs={"type": "name", "properties": {"name": name}})
    assert desk.run("--yes") == 0


def test_metres_without_a_word_about_it_are_refused(desk):
    desk.put([feature("9.01", "Easthill", [[400000, 9500000], [400100, 9500000],
                                           [400100, 9500100], [400000, 9500000]])])  # fmt: skip
    assert desk.run("--yes") == 2
    assert "no degrees" in desk.err


def test_swapped_axes_are_seen_and_turned_only_when_asked(desk):
    desk.put([feature("9.01", "Easthill", [[y, x] for x, y in EASTHILL])])
    assert desk.run("--yes") == 2
    assert "--swap-axes" in desk.err
    assert desk.told("--yes", "--swap-axes")["replaced"][0]["overlap"] > 0.99


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"features": []}', '{"features": [{"geometry": {"type": "Polygon"}}]}',
     '{"features": [NaN]}', "[" * 100_000, '{"features": [7, null, "x"]}',
     '{"features": [{"properties": {"kod": "9.01"}, "geometry": {"type": "Polygon", "coordinates": '
     '[[[1e999, 1], [1, 2], [3, 4], [1, 1]]]}}]}'],
)  # fmt: skip
def test_a_file_that_holds_no_shapes_ends_with_2_and_a_sentence(desk, text):
    desk.file.write_text(text, encoding="utf-8")
    before = desk.shapes.read_bytes()
    assert desk.run("--yes") == 2
    assert desk.err.startswith("anoa boundaries: ") and "Traceback" not in desk.err
    assert desk.shapes.read_bytes() == before


def test_a_file_that_is_not_there_or_too_large_is_refused(desk, monkeypatch):
    assert desk.run("--yes") == 2 and "cannot be read" in desk.err
    monkeypatch.setattr("anoa.cli.boundaries.LARGEST_FILE", 100)
    desk.put(all_three())
    assert desk.run("--yes") == 2 and "larger than" in desk.err


def test_a_pack_with_problems_is_told_before_the_file_is_read(desk):
    (desk.pack / "clocks.yaml").write_text("", encoding="utf-8")
    assert desk.run("--yes") == 1
    assert "clocks.yaml" in desk.err


def test_a_third_coordinate_is_dropped():
    raw = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": {
            "type": "Polygon", "coordinates": [[[*p, 7] for p in EASTHILL]]}}]}  # fmt: skip
    found = read_features(json.dumps(raw), HERE).features[0].geometry
    assert mapping(found)["coordinates"][0][0] == (122.0, -4.0)


# -- with the shapes that are really passed around ------------------------------------------


@pytest.mark.parametrize("match", ["code", "name"])
@pytest.mark.parametrize("name", ["sultra_kabkota.geojson", "idn_kabkota_514.geojson"])
def test_the_reference_pack_takes_real_shapes(name, match, capsys):
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not on this machine")
    place = [str(ROOT / "packs" / "sultra-2024"), str(REAL / name), "--source", "test"]
    assert main(["boundaries", *place, "--match", match, "--yes", "--json", "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["replaced"]) == 17 and told["kept"] == [] and told["to_confirm"] == []
    assert len(told["outside"]) == (497 if "514" in name else 0)
    assert min(row["overlap"] for row in told["replaced"]) > 0.5
