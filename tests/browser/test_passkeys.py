"""Signing in in a real Chromium: passkeys of a virtual authenticator, and what stays behind."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from tests.browser.conftest import CHROMIUM, PATIENCE_MS
from tests.browser.test_axe import grave_faults
from tests.room.running import room

pytestmark = pytest.mark.browser
STEP_S = 30
ACCOUNT_PAGES = (
    "accounts/2fa/", "accounts/2fa/totp/activate/", "accounts/2fa/webauthn/add/",
    "accounts/2fa/webauthn/", "accounts/login/", "accounts/reauthenticate/",
)  # fmt: skip
WORDS = "Pengamanan gudang logistik sampai dini hari"


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A room that asks for a second factor; passkeys know this machine by its name alone."""
    data = tmp_path_factory.mktemp("strict") / "data"
    with room(data, setting={"ANOA_MFA": "required"}) as found:
        found.address = found.address.replace("127.0.0.1", "localhost")
        yield found


def opened(browser, language: str = "en-GB", **more):
    context = browser.new_context(locale=language, **more)
    context.set_default_timeout(PATIENCE_MS)
    return heeded(context.new_page())


def heeded(page):
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text)
            if said.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    here = ("localhost", "127.0.0.1", None)
    page.on("request", lambda asked: page.complaints.append(asked.url)
            if urlsplit(asked.url).hostname not in here else None)  # fmt: skip
    return page


def with_authenticator(page, *, verified: bool = True) -> None:
    """Give the page's browser a device that keeps passkeys and knows its owner's finger."""
    talk = page.context.new_cdp_session(page)
    talk.send("WebAuthn.enable")
    talk.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }})  # fmt: skip


def enter(page, running, name: str) -> None:
    page.goto(running.address + "accounts/login/")
    page.fill("[name=login]", name)
    page.fill("[name=password]", running.passwords[name])
    page.press("[name=password]", "Enter")


def sign_out(page) -> None:
    page.click("form[action='/accounts/logout/'] button")
    page.wait_for_selector("[name=login]")


def test_a_passkey_is_the_second_factor_and_signs_in_without_the_password(strict, browser):
    page = opened(browser)
    with_authenticator(page)
    enter(page, strict, "kpu-prov")
    page.wait_for_url("**/accounts/2fa/")
    page.goto(strict.address + "threats")
    page.wait_for_url("**/accounts/2fa/")
    page.click("text=Add a passkey")
    page.fill("[name=name]", "USB key of the desk")
    page.click("text=Add the passkey")
    page.wait_for_selector("ul.codes")
    assert page.locator("ul.codes li").count() == 10
    page.click("text=go on")
    page.wait_for_selector("nav")
    sign_out(page)

    enter(page, strict, "kpu-prov")  # the password, then the passkey
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.click("text=Use a passkey")
    page.wait_for_selector("nav")
    sign_out(page)

    page.click("text=Sign in with a passkey")  # the passkey alone, which asks for the finger
    page.wait_for_selector("nav")
    sign_out(page)
    assert page.complaints == []
    page.context.close()


def test_a_passkey_that_did_not_ask_its_owner_does_not_replace_the_password(strict, browser):
    page = opened(browser)
    with_authenticator(page, verified=True)
    enter(page, strict, "kesbangpol")
    page.click("text=Add a passkey")
    page.click("text=Add the passkey")
    page.wait_for_selector("ul.codes")
    page.click("text=go on")
    page.wait_for_selector("nav")
    sign_out(page)
    talk = page.context.new_cdp_session(page)
    talk.send("WebAuthn.disable")
    with_authenticator(page, verified=False)  # another device, without that key
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("form.passkey .refused:not([hidden])")
    assert "Nothing was done" in page.content()
    page.context.close()


def test_an_app_is_set_up_by_the_key_and_its_codes_sign_in(strict, browser):
    page = opened(browser, java_script_enabled=False)
    enter(page, strict, "posko")
    page.click("text=Set up an app")
    secret = page.input_value("#id_secret")
    page.fill("[name=code]", code_of(secret))
    page.click("button:has-text('Set up')")
    page.wait_for_selector("ul.codes")
    page.click("text=go on")
    page.wait_for_selector("nav")
    sign_out(page)
    enter(page, strict, "posko")
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.fill("[name=code]", code_of(secret, 1))
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    page.context.close()


def code_of(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S + steps))


@pytest.mark.parametrize(
    ("width", "language"), [(360, "id-ID"), (1280, "en-GB")], ids=["phone-id", "desktop-en"]
)
def test_axe_finds_nothing_serious_on_the_pages_of_signing_in(strict, browser, width, language):
    page = opened(browser, language, viewport={"width": width, "height": 800})
    enter(page, strict, "bawaslu-prov")
    page.wait_for_url("**/accounts/2fa/")
    faults = {}
    for path in ACCOUNT_PAGES:
        page.goto(strict.address + path)
        faults |= {path: found} if (found := grave_faults(page)) else {}
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, path
    assert faults == {} and page.complaints == []
    page.context.close()


# -- a shared PC -------------------------------------------------------------------------------


def test_after_signing_out_neither_the_back_button_nor_the_disk_holds_a_page(
    running, browser, tmp_path
):
    profile = tmp_path / "profile"
    chromium = browser.browser_type
    context = chromium.launch_persistent_context(
        str(profile), executable_path=str(CHROMIUM), args=["--no-sandbox"], locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = heeded(context.new_page())
    enter(page, running, "kpu-wakatobi")
    page.wait_for_selector("nav")
    page.goto(running.address + "commitments")
    page.locator("details#act-commitment-request-new summary").click()
    form = "details#act-commitment-request-new "
    page.fill(form + "[name=what]", WORDS)
    page.select_option(form + "[name=debtor]", "kpu-prov")
    page.select_option(form + "[name=creditor]", "kpu-wakatobi")
    page.fill(form + "[name=proof]", "Foto")
    page.fill(form + "[name=due]", "2024-08-20T12:00")
    page.locator(form + "button").first.click()
    page.wait_for_url("**/commitments/C-*")
    assert WORDS in page.content()
    page.goto(running.address + "search?q=gudang")
    assert WORDS in page.content()
    page.goto(running.address + "log")
    sign_out(page)
    for _ in range(4):
        page.go_back()
        page.wait_for_load_state()
        assert WORDS not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0, 0, ""]  # fmt: skip
    context.close()
    found = [file for file in profile.rglob("*") if file.is_file() and holds(file, WORDS)]
    assert found == []
    assert any(profile.rglob("Cookies")), "the profile is the one that was used"


def holds(file, words: str) -> bool:
    raw = file.read_bytes()
    return any(words.encode(code) in raw for code in ("utf-8", "utf-16-le"))
