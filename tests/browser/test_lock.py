"""The lock in a real Chromium: what was typed comes back, and the page that was left is hidden."""

from __future__ import annotations

import pytest
from tests.browser.conftest import PATIENCE_MS

pytestmark = pytest.mark.browser
WORDS = "Pengamanan dermaga sampai kapal terakhir"
FORM = "details#act-commitment-request-new"


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(running, browser, request):
    """A page of a session of its own, as locking it must not lock the other tests'."""
    context = browser.new_context(locale="en-GB", java_script_enabled=request.param)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.scripted = request.param
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text)
            if said.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(running.address + "accounts/login/")
    page.fill("[name=login]", "kpu-prov")
    page.fill("[name=password]", running.passwords["kpu-prov"])
    page.press("[name=password]", "Enter")
    page.wait_for_selector("nav")
    yield page
    assert page.complaints == []
    context.close()


def test_lock_and_open_lead_back_to_the_same_page_with_the_same_draft(running, page):
    page.goto(running.address + "commitments")
    page.locator(FORM + " summary").click()
    page.fill(FORM + " [name=what]", WORDS)
    page.select_option(FORM + " [name=debtor]", "polda-sultra")
    page.click("form#lock button" if page.scripted else FORM + " noscript button")
    page.wait_for_selector("#id_password")
    page.go_back()
    assert WORDS not in page.content()
    page.goto(running.address + "threats")
    page.wait_for_selector("#id_password")
    page.goto(running.address + "commitments")
    page.fill("#id_password", running.passwords["kpu-prov"])
    page.keyboard.press("Enter")
    page.wait_for_selector(FORM + "[open]")
    assert page.url.endswith("/commitments")
    assert page.input_value(FORM + " [name=what]") == WORDS
    assert page.input_value(FORM + " [name=debtor]") == "polda-sultra"
    page.get_by_role("button", name="Discard the draft").click()
    page.wait_for_selector("nav")
    assert WORDS not in page.content()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_a_page_that_was_left_locks_itself_and_keeps_what_was_typed(running, page):
    """The room of the tests locks after 30 minutes."""
    page.clock.install()
    page.goto(running.address + "commitments")
    page.locator(FORM + " summary").click()
    page.fill(FORM + " [name=what]", WORDS)
    page.clock.fast_forward("29:50")
    assert page.locator(FORM + " [name=what]").is_visible()
    page.clock.fast_forward("00:20")
    page.wait_for_selector("#id_password")
    page.fill("#id_password", running.passwords["kpu-prov"])
    page.keyboard.press("Enter")
    page.wait_for_selector(FORM + "[open]")
    assert page.input_value(FORM + " [name=what]") == WORDS


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_axe_finds_nothing_serious_on_the_lock_page(running, page):
    from tests.browser.test_axe import grave_faults

    page.click("form#lock button")
    page.wait_for_selector("#id_password")
    assert grave_faults(page) == []


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_a_lock_shuts_every_page_of_the_browser_and_keeps_what_each_held(running, page):
    other = page.context.new_page()
    other.goto(running.address + "commitments")
    other.evaluate(f"document.querySelector('{FORM}').open = true")
    other.fill(FORM + " [name=what]", "Bahan bakar untuk kapal cadangan")
    page.goto(running.address + "reports")
    page.click("form#lock button")
    for one in (page, other):
        one.wait_for_selector("#id_password")
    page.fill("#id_password", running.passwords["kpu-prov"])
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    page.goto(running.address + "commitments")
    assert page.input_value(FORM + " [name=what]") == "Bahan bakar untuk kapal cadangan"
    page.get_by_role("button", name="Discard the draft").click()
    page.wait_for_selector("nav")


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_a_page_that_was_not_told_of_the_lock_asks_when_it_is_looked_at(running, page):
    """Its browser knows no channel between pages, and it held no stream while it was hidden."""
    page.add_init_script("delete window.BroadcastChannel; delete window.EventSource")
    page.goto(running.address + "reports")
    page.complaints.clear()  # the page misses its stream
    page.evaluate("fetch('/lock', { method: 'POST', body: new FormData(document.forms.lock) })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector("#id_password")
    page.complaints.clear()  # what it asked for was refused: 423


@pytest.mark.parametrize("page", [True], indirect=True, ids=["script"])
def test_what_is_pressed_twice_on_a_slow_line_is_sent_once(running, page):
    page.goto(running.address + "commitments")
    stopped = page.evaluate("""() => {
        const form = document.querySelector("details#act-commitment-request-new form");
        return [1, 2].map(() => !form.dispatchEvent(
            new SubmitEvent("submit", { bubbles: true, cancelable: true })));
    }""")
    assert stopped == [False, True]
