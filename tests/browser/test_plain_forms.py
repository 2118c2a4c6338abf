"""Forms as plain pages in a real Chromium: without JavaScript, and nothing serious for axe."""

from __future__ import annotations

import pytest
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_axe import grave_faults

pytestmark = pytest.mark.browser
DUTY = "forms/station-duty?sub_district=74.03.06"


@pytest.mark.parametrize("language", ["id", "en"])
def test_axe_finds_nothing_serious_on_a_form_and_its_receipt(running, open_page, language):
    page = open_page(360, 800, member="pam-tps", language=language)
    page.goto(running.address + DUTY)
    assert grave_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.select_option("[name=polling_station]", "74.03.06-002")
    page.check("[name=phase][value=arrival]")
    page.check("[name=condition][value=calm]")
    page.click("main form button.do")
    page.wait_for_url("**/forms/sent/*")
    assert grave_faults(page) == []
    assert page.complaints == []


def test_a_call_for_help_is_sent_by_keyboard_without_javascript(running, browser, cookies_of):
    context = browser.new_context(java_script_enabled=False, storage_state=cookies_of("pam-tps"))
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(running.address + "forms/station-help?sub_district=74.03.06")
    page.focus("[name=polling_station]")
    page.keyboard.type("74.03.06-003")
    page.focus("[name=need][value=medical]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/forms/sent/*")
    assert page.locator("[role=alert]").is_visible()
    context.close()
