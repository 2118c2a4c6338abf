"""The invented country in a real Chromium: every page, both languages, phone and desk, print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.browser.test_axe import grave_faults
from tests.browser.test_room import UNNAMED, WIDER
from tests.roads import FOLDERS, load_road
from tests.room.running import Room, room
from tests.room.test_pages import PAGES

pytestmark = pytest.mark.browser
ROAD = load_road(FOLDERS[1].name)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Room]:
    data = tmp_path_factory.mktemp("second") / "data"
    with room(data, "--pack", str(ROAD.folder)) as found:
        yield found


@pytest.fixture(scope="module")
def cookies_of(running, browser):
    """The cookies of a member of this cast, not of the room that other tests share."""
    kept: dict[str, object] = {}

    def enter(name: str) -> object:
        if name not in kept:
            context = browser.new_context(locale="en-GB")
            page = context.new_page()
            page.goto(running.address + "accounts/login/")
            page.fill("input[name=login]", name)
            page.fill("input[name=password]", running.passwords[name])
            page.keyboard.press("Enter")
            page.wait_for_selector("nav")
            kept[name] = context.storage_state()
            context.close()
        return kept[name]

    return enter


@pytest.mark.parametrize(
    ("width", "language"), [(360, "id"), (1280, "en")], ids=["phone-id", "desktop-en"]
)
def test_every_page_holds_in_another_country(running, open_page, width, language):
    page = open_page(width, 900, member=ROAD.chair, language=language)
    for path in ROAD.pages(PAGES):
        page.goto(running.address.rstrip("/") + path)
        assert page.complaints == [], path
        assert page.evaluate(WIDER) <= 0, path
        assert page.evaluate(UNNAMED) == [], path
        assert page.locator("h1").count() == 1, path
        assert page.get_attribute("html", "lang") == language
        assert grave_faults(page) == [], path


def test_in_print_the_marks_of_the_exercise_stay(running, open_page):
    page = open_page(member=ROAD.chair)
    page.goto(running.address + "meetings/M-0001")
    page.emulate_media(media="print")
    marks = page.locator(".notice")
    assert marks.first.is_visible() and marks.last.is_visible()
    assert ROAD.notice["en"] in marks.first.inner_text()


def test_who_chose_no_language_reads_that_of_the_pack(running, browser):
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(running.address + "accounts/login/")
    assert page.get_attribute("html", "lang") == "en"
    context.close()
