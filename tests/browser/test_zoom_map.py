"""The zoomable map in a real Chromium: zoom, keyboard, live data, print, without JavaScript."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
REGION = 'path.place[data-code="74.03"]'
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ENOUGH_MS = 15_000


@pytest.fixture
def on_map(running, open_page):
    def opened(*size: int, **more: str):
        page = open_page(*size, **more)
        page.goto(running.address + "map")
        page.wait_for_selector("#zoom-map path.place")
        return page

    return opened


def width_of(page) -> float:
    return page.locator(REGION).bounding_box()["width"]


@pytest.mark.parametrize("size", [(360, 800), (1280, 900)], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_map_complains_of_nothing_and_fits_its_window(on_map, size, language):
    page = on_map(*size, language=language)
    page.wait_for_timeout(500)
    assert page.complaints == []
    assert page.evaluate(WIDER) <= 0
    assert page.locator("#zoom-map path.place").count() == 17
    assert not page.locator(".still").is_visible()


def test_zoom_makes_regions_larger_and_shows_sub_districts_and_whole_area_leads_back(on_map):
    page = on_map()
    before = width_of(page)
    points = page.locator(".leaflet-places-pane path")
    assert points.count() == 0
    for _ in range(4):
        page.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(400)
    assert points.count() > 0
    assert width_of(page) > 2 * before
    page.get_by_role("button", name="Whole area").click()
    points.first.wait_for(state="detached", timeout=ENOUGH_MS)
    page.wait_for_timeout(500)
    assert width_of(page) == pytest.approx(before, rel=0.1) and page.complaints == []


def test_the_keyboard_reaches_a_region_hears_its_counts_and_opens_its_page(on_map):
    page = on_map()
    page.get_by_role("button", name="Whole area").focus()
    for _ in range(6):  # map, zoom in, zoom out, then regions in the order of their codes
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.code") == "74.03":
            break
    said = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert said.startswith("Muna, GN 1*, AG 1, 1 of them provisional")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/region/74.03"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.code") == "74.03"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/region/74.03")


def test_a_tap_tells_the_counts_and_links_to_the_page(on_map):
    page = on_map(360, 800, language="id")
    page.locator('path.place[data-code="74.05"]').click()
    popup = page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert "Konawe Selatan" in popup.inner_text()
    assert popup.locator("a").get_attribute("href") == "/region/74.05"
    assert page.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "Tutup"


def test_the_map_reads_its_data_again_when_the_log_moved_and_says_when_it_cannot(on_map):
    page = on_map()
    with page.expect_request(lambda asked: "map.geojson?shapes=0" in asked.url) as asked:
        page.evaluate("document.dispatchEvent(new CustomEvent('anoa:moved'))")
    assert asked.value.headers["x-anoa-passive"] == "1"
    page.route("**/map.geojson*", lambda route: route.fulfill(status=503, body=""))
    page.evaluate("document.dispatchEvent(new CustomEvent('anoa:moved'))")
    page.locator("#map-said").wait_for(state="visible", timeout=ENOUGH_MS)
    page.unroute("**/map.geojson*")
    page.evaluate("document.dispatchEvent(new CustomEvent('anoa:moved'))")
    page.locator("#map-said").wait_for(state="hidden", timeout=ENOUGH_MS)
    assert page.locator("#zoom-map path.place").count() == 17


def test_new_counts_change_shade_and_words_and_keep_the_view(on_map):
    page = on_map()
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(500)
    before = width_of(page)

    def later(route):
        told = route.fetch().json()
        for one in told["features"]:
            if one["id"] == "74.03":
                one["properties"] |= {
                    "fill": "url(#zoom-light)",
                    "mark": "PG 9",
                    "facts": ["<b>9</b>"],
                }
        route.fulfill(json=told)

    page.route("**/map.geojson*", later)
    page.evaluate("document.dispatchEvent(new CustomEvent('anoa:moved'))")
    page.wait_for_selector(f'{REGION}[fill="url(#zoom-light)"]', timeout=ENOUGH_MS)
    assert page.locator(REGION).get_attribute("aria-label") == "Muna, <b>9</b>"
    assert width_of(page) == pytest.approx(before, abs=1)


def test_print_shows_the_still_map(on_map):
    page = on_map()
    page.emulate_media(media="print")
    assert page.locator(".still svg").is_visible() and not page.locator("#zoom-map").is_visible()
    assert page.locator("#map-list").is_visible()


def test_without_javascript_the_page_says_so_and_shows_the_still_map(running, browser, cookies_of):
    context = browser.new_context(
        storage_state=cookies_of("posko"), java_script_enabled=False, locale="en-GB"
    )
    page = context.new_page()
    page.goto(running.address + "map")
    assert page.locator("noscript").count() == 1
    assert "needs JavaScript" in page.content()
    assert page.locator(".still svg").is_visible() and not page.locator("#zoom-map").is_visible()
    context.close()


def test_a_map_that_cannot_load_leaves_the_still_one(running, open_page):
    page = open_page()
    page.route("**/map.geojson*", lambda route: route.abort())
    page.goto(running.address + "map")
    page.locator("#map-said").wait_for(state="visible", timeout=ENOUGH_MS)
    assert page.locator(".still svg").is_visible()


def test_an_outsiders_map_speaks_of_no_threat_and_no_silence(on_map):
    page = on_map(member="observer")
    assert page.locator(REGION).get_attribute("aria-label") == "Muna, nothing public is open"
    assert page.locator("#zoom-map").inner_text().count("?") == 0


def test_a_page_renewed_by_the_log_keeps_the_map_where_it_is(on_map):
    page = on_map()
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(500)
    before = width_of(page)
    with page.expect_request(lambda asked: "map.geojson?shapes=0" in asked.url):
        page.evaluate(
            """async () => {
              const { renew } = await import("/static/room/renew.js");
              const text = await (await fetch(location.href)).text();
              const fresh = new DOMParser().parseFromString(text, "text/html");
              renew(document.getElementById("content"), fresh.getElementById("content"));
              document.dispatchEvent(new CustomEvent("anoa:moved", { detail: { seq: 0 } }));
            }"""
        )
    assert page.locator("#zoom-map path.place").count() == 17 and width_of(page) == before
    assert page.get_by_role("button", name="Whole area").is_visible()
    assert page.locator("#map-note").is_visible() and not page.locator(".still").is_visible()
    assert page.complaints == []
