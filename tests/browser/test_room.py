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


def with_alt(page, key: str) -> None:
    """Press a key with Alt; Playwright's own press leaves out the letter that access keys need."""
    session = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        session.send(
            "Input.dispatchKeyEvent",
            {"type": kind, "modifiers": 1, "key": key, "text": key, "unmodifiedText": key,
             "windowsVirtualKeyCode": ord(key.upper())},
        )  # fmt: skip
    session.detach()


def test_every_page_of_the_menu_is_reached_by_its_key_as_the_list_of_keys_says(running, open_page):
    page = open_page()
    page.goto(running.address)
    items = page.locator("#menu a").evaluate_all("all => all.map(one => [one.accessKey, one.href])")
    keys = [key for key, _ in items]
    assert all(keys) and len(set(keys)) == len(keys) >= 10
    for key, href in items:
        with_alt(page, key)
        page.wait_for_url(href)
        assert page.locator("#menu a[aria-current]").get_attribute("accesskey") == key
    page.locator("footer summary").click()
    said = page.locator("footer details").inner_text()
    assert all(key in said for key in keys)
