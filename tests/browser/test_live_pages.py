"""Pages that follow the log: what another member does shows within a second, and typing stays."""

from __future__ import annotations

import time

import pytest
from tests.browser.conftest import PATIENCE_MS
from tests.room.running import Browser, room

pytestmark = pytest.mark.browser
LIVE = "#live[data-state=live]"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A room of its own, as these tests write much and stop it."""
    with room(tmp_path_factory.mktemp("live") / "data") as found:
        yield found


@pytest.fixture
def other(own):
    """Another member at another machine, without a browser."""
    found = Browser(own.address)
    found.sign_in("kpu-prov", own.passwords["kpu-prov"])
    return found


@pytest.fixture
def page(own, browser):
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    found = context.new_page()
    found.complaints = []
    found.on("console", lambda said: found.complaints.append(said.text)
             if said.type in ("error", "warning") else None)  # fmt: skip
    found.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.goto(own.address + "accounts/login/")
    found.fill("input[name=login]", "posko")
    found.fill("input[name=password]", own.passwords["posko"])
    found.keyboard.press("Enter")
    found.wait_for_selector(LIVE)
    yield found
    context.close()


def until(page, what: str) -> None:
    """Wait for something that the page's own policy would not let a string decide."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(what):
        assert time.monotonic() < end, what
        time.sleep(0.02)


def ask(other, what: str) -> None:
    sent = other.post(
        "commitments", verb="commitment.request", subject="", debtor="kpu-prov",
        creditor="polda-sultra", what=what, proof="Jadwal tertulis", due="2024-08-12T12:00",
    )  # fmt: skip
    assert sent.status == 302


def test_the_board_shows_within_a_second_what_another_member_did(page, other):
    page.evaluate("""() => { window.at = 0; new MutationObserver(() => {
      if (!window.at && document.querySelector('#below').textContent.includes('Langsung satu'))
        window.at = Date.now(); }).observe(document.body, {childList: true, subtree: true,
        characterData: true}); }""")
    ask(other, "Langsung satu (LATIHAN)")
    acted = time.time() * 1000
    until(page, "window.at > 0")
    assert page.evaluate("window.at") - acted < 1000
    assert page.complaints == []
    assert page.locator("#content .head").count() == 1
    seq = page.get_attribute("#live", "data-seq")
    assert int(page.locator("#live-entry").inner_text().split()[-1]) > int(seq)


def test_what_is_being_typed_focus_and_open_details_survive(own, page, other):
    page.goto(own.address + "commitments")
    page.wait_for_selector(LIVE)
    page.locator("summary", has_text="Ask for a commitment").click()
    page.fill("textarea[name=what]", "Belum selesai menulis")
    page.evaluate("window.field = document.activeElement")
    ask(other, "Langsung dua (LATIHAN)")
    page.wait_for_selector("text=Langsung dua")
    assert page.input_value("textarea[name=what]") == "Belum selesai menulis"
    assert page.evaluate("window.field === document.activeElement")
    assert page.locator("details.act[open]").count() == 1
    assert page.locator("#live-note").is_visible()
    page.locator("#live-note button").click()
    page.wait_for_selector("#live-note", state="hidden")
    assert page.complaints == []


def test_a_form_that_came_with_a_renewal_can_be_sent(own, page, other):
    """A fetched page carries no token of its own; forms get the one of the page they come to."""
    tokens = "[...document.querySelectorAll('form[method=post]')].every(f => f.csrfmiddlewaretoken)"
    page.goto(own.address + "meetings")
    page.wait_for_selector(LIVE)
    ask(other, "Langsung empat (LATIHAN)")
    page.wait_for_selector("text=Langsung empat")
    assert page.evaluate(tokens)


def test_a_lost_connection_is_said_and_what_was_missed_is_caught_up(own, page, other):
    page.goto(own.address + "commitments")
    page.wait_for_selector(LIVE)
    page.context.set_offline(True)
    page.wait_for_selector("#live[data-state=lost]")
    assert "may be old" in page.locator("#live-said").inner_text()
    ask(other, "Langsung lima (LATIHAN)")
    ask(other, "Langsung enam (LATIHAN)")
    time.sleep(0.5)
    assert page.locator("text=Langsung lima").count() == 0
    page.context.set_offline(False)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("text=Langsung enam")
    assert page.locator("text=Langsung lima").count() == 1


def hang(route) -> None:
    """Neither answer nor refuse, as a line does that lost its other end."""


def test_a_renewal_that_never_ends_is_given_up_said_and_caught_up(own, page, other):
    page.clock.install()
    page.goto(own.address + "commitments")
    page.wait_for_selector(LIVE)
    page.route("**/commitments", hang)
    with page.expect_request("**/commitments"):
        ask(other, "Langsung delapan (LATIHAN)")
    page.clock.fast_forward(31_000)
    page.wait_for_selector("#live[data-state=lost]")
    assert page.locator("text=Langsung delapan").count() == 0
    page.unroute("**/commitments")
    page.clock.fast_forward(20_000)
    page.wait_for_selector(LIVE)
    page.wait_for_selector("text=Langsung delapan")


def test_a_page_that_is_seen_again_is_live_only_once_it_hears_the_room(own, page):
    page.clock.install()
    page.goto(own.address + "commitments")
    page.wait_for_selector(LIVE)
    page.evaluate("""() => { window.unseen = true;
      Object.defineProperty(document, "hidden", { get: () => window.unseen });
      document.dispatchEvent(new Event("visibilitychange")); }""")
    page.clock.fast_forward(11_000)
    page.route("**/live?*", hang)
    page.evaluate("""() => { window.unseen = false;
      document.dispatchEvent(new Event("visibilitychange")); }""")
    page.wait_for_selector("#live[data-state=joining]")
    page.clock.fast_forward(16_000)
    page.wait_for_selector("#live[data-state=lost]")
    assert "may be old" in page.locator("#live-said").inner_text()
    page.unroute("**/live?*")
    page.clock.fast_forward(16_000)
    page.wait_for_selector(LIVE)


def test_a_past_page_follows_nothing(own, page, other):
    page.goto(own.address + "commitments?at=2024-08-07T12:00")
    assert page.locator("#live").count() == 0
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    ask(other, "Langsung tujuh (LATIHAN)")
    time.sleep(1)
    assert not asked and page.locator("text=Langsung tujuh").count() == 0


def test_the_slider_tells_its_moment_and_its_button_shows_it(own, page):
    page.goto(own.address + "threats")
    page.locator("details.time > summary").click()
    page.focus("#time-seq")
    page.keyboard.press("Home")
    until(page, "document.getElementById('time-told').value.includes('2024-08')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".then")
    assert "at=" in page.url and page.complaints == []
    page.locator("a[rel=next]").click()
    page.wait_for_load_state()
    assert page.locator(".then").is_visible()


def test_a_session_that_ended_elsewhere_is_said(own, page):
    tab = page.context.new_page()
    tab.goto(own.address)
    tab.locator("button.plain").click()
    page.wait_for_selector("#live[data-state=over]")
    assert "Sign in again" in page.locator("#live-said").inner_text()
