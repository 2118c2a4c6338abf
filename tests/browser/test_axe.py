"""axe finds nothing serious on any page, in either language, on a phone and on a desk."""

from __future__ import annotations

import pytest
from tests.room.test_pages import DUTY_PAGES, PAGES

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = pytest.mark.browser
GRAVE = ("serious", "critical")
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true })"
OUTSIDE = ("/", "/region/74.03", "/index", "/log", "/daily-reports", "/retention")


def grave_faults(page) -> list[str]:
    """What axe calls serious or critical, each with the first place it was found at."""
    page.evaluate(OPEN)
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']} at {one['nodes'][0]['html'][:120]} ({len(one['nodes'])})"
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize(
    ("width", "language"), [(360, "id"), (1280, "en")], ids=["phone-id", "desktop-en"]
)
def test_axe_finds_nothing_serious_on_the_pages(running, open_page, width, language):
    page = open_page(width, 900, language=language)
    faults = {}
    for path in (*PAGES, *DUTY_PAGES):
        page.goto(running.address.rstrip("/") + path)
        faults |= {path: found} if (found := grave_faults(page)) else {}
    assert faults == {}


def test_axe_finds_nothing_serious_for_an_outsider(running, open_page):
    page = open_page(360, 800, member="observer", language="id")
    for path in OUTSIDE:
        page.goto(running.address.rstrip("/") + path)
        assert grave_faults(page) == [], path


def test_axe_finds_nothing_serious_where_one_signs_in(running, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.address + "accounts/login/")
    assert grave_faults(page) == []
    context.close()


def test_axe_would_find_a_field_without_a_label(running, open_page):
    page = open_page()
    page.goto(running.address)
    page.evaluate("document.querySelector('main').append(document.createElement('select'))")
    assert any(fault.startswith("select-name") for fault in grave_faults(page))
