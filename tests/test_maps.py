"""The map of the regions: every region drawn, readable without colour, safe from foreign text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from anoa.errors import DataError
from anoa.maps import MapValue, Shade, region_map, shape_sources
from anoa.pack import Pack, ShapeSource, load_pack

SVG = "{http://www.w3.org/2000/svg}"
PACKS = Path(__file__).parent.parent / "packs"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACKS / "sultra-2024")


def drawn(pack: Pack, values: dict[str, MapValue], **more: str) -> ET.Element:
    return ET.fromstring(region_map(pack, values, "en", **more))


def test_every_region_is_drawn_and_named(pack):
    svg = drawn(pack, {})
    titles = {title.text for title in svg.iterfind(f"{SVG}path/{SVG}title")}
    assert titles == {pack.place_name(code) for code in pack.leaf_regions}
    named = {text.text for text in svg.iter(f"{SVG}text")}
    assert titles <= named


def test_a_region_without_a_value_is_unknown_and_not_blank(pack):
    fills = {path.get("fill") for path in drawn(pack, {}).iterfind(f"{SVG}path")}
    assert fills == {"url(#map-unknown)"}


def test_shades_differ_by_hatch_and_letter_and_not_by_colour_alone(pack):
    shades = [Shade.UNKNOWN, Shade.LIGHT, Shade.MIDDLE, Shade.DARK]
    svg = drawn(pack, {})
    hatches = [
        ET.tostring(list(pattern)[1]) for pattern in svg.iter(f"{SVG}pattern")
    ]  # first child: the ground
    assert len(set(hatches)) == len(shades)
    texts = [t.text for t in drawn(pack, {"74.03": MapValue("dark", "GN 1")}).iter(f"{SVG}text")]
    assert "GN 1" in texts


def test_the_legend_holds_each_meaning_once_strongest_first(pack):
    values = {
        "74.01": MapValue(Shade.LIGHT, "PG", "potential"),
        "74.02": MapValue(Shade.LIGHT, "PG", "potential"),
        "74.03": MapValue(Shade.DARK, "GN", "actual"),
    }
    texts = [t.text for t in drawn(pack, values, note="shapes are approximate").iter(f"{SVG}text")]
    assert texts[-3:] == ["actual", "potential", "shapes are approximate"]


def test_a_screen_reader_hears_title_and_each_region(pack):
    svg = drawn(pack, {"74.03": MapValue("dark", words="one open actual")}, title="Situation")
    assert svg.get("role") == "img"
    ids = (svg.get("aria-labelledby") or "").split()
    heard = " ".join(e.text or "" for i in ids for e in svg if e.get("id") == i)
    assert heard.startswith("Situation ")
    assert f"{pack.place_name('74.03')}: one open actual" in heard


def test_a_link_makes_the_map_a_group_that_can_be_entered(pack):
    svg = drawn(pack, {"74.03": MapValue("dark", href="/regions/74.03?a=1&b=2")})
    assert svg.get("role") == "group"
    assert [a.get("href") for a in svg.iter(f"{SVG}a")] == ["/regions/74.03?a=1&b=2"]


def test_foreign_text_stays_text(pack):
    evil = MapValue("dark", "<b>", '"><script>x</script>', "a & b", '"onload="x')
    svg = drawn(pack, {"74.03": evil}, title="</svg>", note="<i>")
    assert not list(svg.iter(f"{SVG}script"))
    assert all("onload" not in element.attrib for element in svg.iter())


def test_nothing_is_loaded_from_outside_and_no_style_is_set(pack):
    text = region_map(pack, {"74.03": MapValue("middle", "AG")}, "id")
    assert not re.search(r"\bstyle=|<style|<image|@import", text)
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]


def test_all_points_lie_inside_the_frame(pack):
    svg = drawn(pack, {})
    width, height = map(float, (svg.get("viewBox") or "").split()[2:])
    for path in svg.iterfind(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.get("d") or "")]
        assert all(0 <= x <= width for x in numbers[::2])
        assert all(0 <= y <= height for y in numbers[1::2])


def test_no_two_names_stand_on_each_other(pack):
    values = {code: MapValue("dark", "GN 1 ! ?") for code in pack.leaf_regions}
    for svg in (drawn(pack, {}), drawn(pack, values)):
        lines = [t for t in svg.iterfind(f"{SVG}text") if not t.get("stroke") and t.get("y")]
        named = [t for t in lines if t.get("text-anchor") == "middle"]
        boxes = [
            (float(t.get("x")), float(t.get("y")), 2.5 * len(t.text or ""), t.text) for t in named
        ]
        clashes = [
            (a[3], b[3])
            for i, a in enumerate(boxes)
            for b in boxes[i + 1 :]
            if abs(a[0] - b[0]) < a[2] + b[2] and abs(a[1] - b[1]) < 8
        ]
        assert not clashes


def test_a_shape_across_the_date_line_stays_in_one_piece(pack):
    ring = [[179.0, 0.0], [-179.0, 0.0], [-179.0, 1.0], [179.0, 1.0], [179.0, 0.0]]
    split = replace(pack, shapes={"74.03": {"type": "Polygon", "coordinates": [ring]}})
    svg = ET.fromstring(region_map(split, {}, "en"))
    path = next(svg.iterfind(f"{SVG}path"))
    xs = [float(n) for n in re.findall(r"-?[\d.]+", path.get("d") or "")][::2]
    assert min(xs) == 12 and max(xs) == 628


def test_the_same_values_make_the_same_bytes(pack):
    values = {"74.03": MapValue("dark", "GN 1", "actual")}
    turned = dict(reversed(list((values | {"74.01": MapValue("light")}).items())))
    assert region_map(pack, values | {"74.01": MapValue("light")}, "en") == region_map(
        pack, turned, "en"
    )


def test_a_value_of_an_unknown_region_is_refused(pack):
    with pytest.raises(DataError, match=r"no shape of: 99\.99"):
        region_map(pack, {"99.99": MapValue("dark")}, "en")


def test_a_mark_too_long_for_a_region_is_refused():
    with pytest.raises(DataError, match="too long"):
        MapValue("dark", "a mark of many letters")


def test_shapes_are_called_approximate_only_when_they_are_and_sources_are_named(pack):
    assert pack.has_approximate_shapes and shape_sources(pack) == ()
    known = ShapeSource("Survey", "CC BY 4.0")
    partly = replace(pack, shape_sources={"74.01": known, "74.02": known})
    assert partly.has_approximate_shapes and shape_sources(partly) == ("Survey (CC BY 4.0)",)
    wholly = replace(pack, shape_sources=dict.fromkeys(pack.shapes, known))
    assert not wholly.has_approximate_shapes


def test_a_long_note_is_broken_into_lines_and_each_has_its_place(pack):
    svg = drawn(pack, {}, note="word " * 60 + "\nlast")
    lines = [t for t in svg.iter(f"{SVG}text") if t.get("font-style") == "italic"]
    assert lines[-1].text == "last" and len(lines) == 4
    assert float(lines[-1].get("y")) < float(svg.get("height"))
