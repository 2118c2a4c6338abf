"""The zoomable map: what it tells each reader, what it never tells, and that it works without."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.utils import translation

LEAFLET = ("leaflet/leaflet.js", "leaflet/leaflet.css")
INSIDE = {"unanswered", "silent", "heard_at"}


def data(client, query: str = "", language: str = "en"):
    client.cookies["django_language"] = language
    answer = client.get(f"/map.geojson{query}")
    assert answer.status_code == 200, answer.status_code
    return json.loads(answer.content)


def in_english(client):
    client.cookies["django_language"] = "en"
    return client


def regions(told) -> dict[str, dict]:
    return {
        one["id"]: one["properties"]
        for one in told["features"]
        if one["properties"]["kind"] == "region"
    }


def test_the_data_tells_of_every_region_what_the_board_tells(signed_in):
    client = signed_in("posko")
    found = regions(data(client))
    assert len(found) == 17
    muna, buton, wakatobi = found["74.03"], found["74.04"], found["74.07"]
    assert (muna["actual"], muna["threshold"], muna["provisional"]) == (1, 1, 1)
    assert (muna["mark"], muna["fill"]) == ("GN 1*", "url(#zoom-dark)")
    assert (wakatobi["unanswered"], wakatobi["mark"]) == (1, "PG 1 ! ?")
    assert (buton["actual"], buton["silent"], buton["heard_at"]) == (0, True, None)
    assert buton["fill"] == "#ffffff" and "nothing open in the log" in buton["facts"]


def test_an_observer_gets_no_count_that_is_not_public_and_no_word_of_silence(signed_in):
    told = data(signed_in("observer"))
    for one in regions(told).values():
        assert not INSIDE & set(one)
        assert (one["actual"], one["threshold"], one["potential"]) == (0, 0, 0)
        assert (one["mark"], one["facts"]) == ("", ["nothing public is open"])
    text = json.dumps(told)
    assert not re.search(r"\b[RTIMCAPS]-\d{4}\b", text)
    page = in_english(signed_in("observer")).get("/map").content.decode()
    assert "their absence here says nothing" in page and "GN 1" not in page


def test_no_data_without_signing_in_and_none_for_who_reads_the_log_alone(operation, signed_in):
    from django.test import Client

    assert "/accounts/login/" in Client().get("/map.geojson")["Location"]
    for name in ("auditor", "host-admin"):
        answer = signed_in(name).get("/map.geojson")
        assert (answer.status_code, answer["Location"]) == (302, "/log")


def test_the_data_holds_places_and_counts_and_nothing_about_who_is_deployed(signed_in):
    told = data(signed_in("posko"))
    keys = {key for one in told["features"] for key in one["properties"]}
    assert keys == INSIDE | {
        "kind", "code", "name", "fill", "rank", "mark", "facts", "actual", "threshold",
        "potential", "provisional", "label", "href", "shape", "region", "polling_stations",
        "incidents",
    }  # fmt: skip


def test_sub_districts_carry_their_public_figure_with_its_source(signed_in):
    told = data(signed_in("observer"))
    found = [o for o in told["features"] if o["properties"]["kind"] == "sub_district"]
    assert len(found) == 221
    assert sum(one["properties"]["polling_stations"] for one in found) == 4611
    facts = found[0]["properties"]["facts"]
    assert facts[0].endswith("polling stations") and facts[1].startswith("Source: KPU")


def test_a_page_of_the_past_has_its_own_counts_and_no_later_figure(signed_in):
    client = signed_in("posko")
    then = "?at=2024-08-06T02:00:00Z"
    told = data(client, then)
    assert told["at"] == "2024-08-06T02:00:00Z" and told["seq"] < data(client)["seq"]
    found = regions(told)
    assert found["74.03"]["actual"] == 0
    assert found["74.03"]["href"].endswith("?at=2024-08-06T02%3A00%3A00Z")
    places = [o["properties"] for o in told["features"] if "region" in o["properties"]]
    assert {one["polling_stations"] for one in places} == {None}
    page = client.get(f"/map{then}").content.decode()
    assert 'data-src="/map.geojson?at=2024-08-06T02%3A00%3A00Z"' in page


def test_by_units_the_map_names_the_units_of_each_region(signed_in):
    client = signed_in("posko")
    tree = "polri" if "polri" in _trees() else _trees()[-1]
    client.get(f"/?tree={tree}")
    facts = regions(data(client))["74.72"]["facts"]
    assert facts[-1].startswith("Units: Polres")


def _trees() -> tuple[str, ...]:
    from anoa.room import record

    return record.pack_of(record.current_operation()).trees


def test_without_shapes_the_counts_come_alone(signed_in):
    told = data(signed_in("posko"), "?shapes=0")
    assert len(told["features"]) == 17
    assert {one["geometry"] for one in told["features"]} == {None}
    assert regions(told) == regions(data(signed_in("posko")))


def test_what_did_not_change_is_not_sent_again_and_what_others_see_has_another_tag(signed_in):
    client, tag = signed_in("posko"), {}
    for name in ("posko", "observer"):
        answer = signed_in(name).get("/map.geojson")
        tag[name] = answer["ETag"]
        assert answer["Cache-Control"] == "private, no-cache"
    assert client.get("/map.geojson", headers={"if-none-match": tag["posko"]}).status_code == 304
    assert client.get("/map.geojson", headers={"if-none-match": tag["observer"]}).status_code == 200
    assert tag["posko"] != tag["observer"]


def test_the_words_of_the_data_are_in_the_readers_language(signed_in):
    facts = regions(data(signed_in("posko"), language="id"))["74.07"]["facts"]
    assert "1 laporan belum dijawab" in facts and facts[-1].startswith("tanpa kabar sejak 7 Agu")


def test_the_page_shows_the_still_map_and_the_list_without_the_module(signed_in):
    page = signed_in("posko").get("/map").content.decode()
    assert '<div class="map still" id="map-still"><svg' in page and "<noscript>" in page
    assert re.search(r'<div id="zoom-map"[^>]* hidden>', page)
    assert len(re.findall(r'<li data-code="74\.\d\d"', page)) == 17
    assert 'href="/map"' in signed_in("posko").get("/").content.decode()


@pytest.mark.parametrize(
    ("sources", "words"),
    [({}, "Shapes are approximate."), ({"74.01": ("Survey", "CC0")}, "Shapes: Survey (CC0).")],
)
def test_the_note_names_the_source_of_shapes_or_calls_them_approximate(operation, sources, words):
    from dataclasses import replace

    from anoa.pack import ShapeSource
    from anoa.room import record
    from anoa.room.views.situation import map_note

    known = {code: ShapeSource(*texts) for code, texts in sources.items()}
    with translation.override("en"):
        assert words in map_note(replace(record.pack_of(operation), shape_sources=known))


# -- the library ----------------------------------------------------------------------------


def test_only_leaflet_itself_is_served_of_the_package_that_brings_it():
    from anoa.room.finders import LeafletFiles

    finder = LeafletFiles()
    assert tuple(path for path, _ in finder.list(None)) == LEAFLET
    assert Path(finder.find("leaflet/leaflet.js")).is_file()
    assert finder.find("leaflet/proj4.js") == [] and finder.find("leaflet/../x", True) == []


def test_leaflet_says_its_licence_and_loads_nothing_from_outside():
    from anoa.room.finders import LeafletFiles

    finder = LeafletFiles()
    script = Path(finder.find(LEAFLET[0])).read_text(encoding="utf-8")
    assert "(c) 2010-2022 Vladimir Agafonkin" in script[:300]
    style = Path(finder.find(LEAFLET[1])).read_text(encoding="utf-8")
    assert not re.search(r"url\(\s*['\"]?(https?:)?//", style)


def test_the_module_uses_no_tiles_and_writes_no_markup_from_data():
    from django.contrib.staticfiles import finders

    text = Path(finders.find("room/map.js")).read_text(encoding="utf-8")
    assert not re.search(r"tileLayer|https?://|innerHTML|insertAdjacentHTML|eval\(", text)
