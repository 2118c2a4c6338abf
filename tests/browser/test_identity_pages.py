"""An institution's account in a real Chromium: tied once, signed in with, and down."""

from __future__ import annotations

import pytest
from tests.browser.test_inbox_pages import sound
from tests.browser.test_passkeys import enter, opened
from tests.room.identity_provider import CLIENT, SECRET, Provider
from tests.room.running import room

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider():
    with Provider() as found:
        yield found


@pytest.fixture(scope="module")
def tying(tmp_path_factory, provider):
    """A room that takes the accounts of the commission."""
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o600)
    named = folder / "oidc.toml"
    named.write_text(
        f'[kpu]\nname = "KPU Provinsi"\nagency = "kpu-prov"\nissuer = "{provider.issuer}"\n'
        f'client_id = "{CLIENT}"\nsecret_file = "secret"\n'
    )
    with room(folder / "data", "--until", "2024-08-06", setting={"ANOA_OIDC": str(named)}) as found:
        yield found


BUTTON = "form[action='/accounts/by/kpu/'] button"


def test_it_is_tied_by_its_member_and_signs_in_by_one_press(tying, browser, provider):
    page = opened(browser)
    enter(page, tying, "kpu-prov")
    page.goto(tying.address + "accounts/2fa/")
    sound(page)
    page.click("text=Tie my account")
    page.fill("[name=password]", tying.passwords["kpu-prov"])
    page.press("[name=password]", "Enter")
    page.wait_for_selector("text=Your account is tied")
    assert page.complaints == []
    page.context.close()
    page = opened(browser)
    page.goto(tying.address + "accounts/login/?next=/threats")
    sound(page)
    page.click(BUTTON)
    page.wait_for_url("**/threats")
    assert page.complaints == []
    page.context.close()


def test_an_account_of_nobody_and_a_provider_that_is_down_give_pages(tying, browser, provider):
    provider.subject = "somebody else"
    page = opened(browser, "id-ID")
    page.goto(tying.address + "accounts/login/")
    page.click(BUTTON)
    page.wait_for_url("**/accounts/by/kpu/code")
    sound(page)
    provider.stop()
    page.goto(tying.address + "accounts/login/")
    page.click(BUTTON)
    page.wait_for_selector("[role=alert]")
    sound(page)
    assert page.locator("a[href='/accounts/login/']").count() == 1
    page.context.close()
