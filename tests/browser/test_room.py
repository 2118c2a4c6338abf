"""The room in a real Chromium: no console error, no outside request, keyboard, phone, print."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
PATHS = (
    "", "region/74.03", "threats", "threats/T-0001", "reports", "incidents", "reports/R-0003",
    "meetings/M-0001", "commitments", "commitments/C-0004", "tasks", "calendar", "index",
    "daily-reports", "log", "shift",
)  # fmt: skip
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNNAMED = """[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => !one.labels?.length && !one.ariaLabel).map(one => one.name)"""


@pytest.mark.parametrize("size", [(360, 800), (1280, 900)], ids=["phone", "desktop"])
def test_no_page_complains_asks_outside_or_is_wider_than_its_window(running, open_page, size):
    page = open_page(*size)
    for path in PATHS:
        page.goto(running.address + path)
        assert page.complaints == [], path
        assert page.evaluate(WIDER) <= 0, path


def test_every_field_has_a_label_and_every_page_one_heading_and_a_language(running, open_page):
    page = open_page()
    for path in PATHS:
        page.goto(running.address + path)
        assert page.evaluate(UNNAMED) == [], path
        assert page.locator("h1").count() == 1, path
        assert page.get_attribute("html", "lang") == "en"


def test_the_first_tab_reaches_the_content(running, open_page):
    page = open_page()
    page.goto(running.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_print_keeps_the_marks_and_drops_menu_and_forms(running, open_page):
    page = open_page()
    page.goto(running.address + "meetings/M-0001")
    page.emulate_media(media="print")
    assert page.locator(".notice").first.is_visible() and page.locator(".notice").last.is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("table.sign").is_visible()


def test_a_refused_form_stays_open_with_what_was_typed(running, open_page):
    page = open_page()
    page.goto(running.address + "commitments")
    page.locator("summary", has_text="Ask for a commitment").click()
    page.select_option("select[name=debtor]", "kpu-prov")
    page.select_option("select[name=creditor]", "kpu-prov")
    page.fill("textarea[name=what]", "Satu daftar kebutuhan")
    page.fill("textarea[name=proof]", "Daftar tertulis")
    page.fill("input[name=due]", "2024-08-12T12:00")
    page.locator("details[open] button.do").click()
    page.wait_for_selector("details[open] .refused")
    assert page.input_value("textarea[name=what]") == "Satu daftar kebutuhan"
    assert page.input_value("input[name=due]") == "2024-08-12T12:00"
