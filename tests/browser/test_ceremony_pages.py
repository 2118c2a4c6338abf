"""The seal ceremony and the receipt in a browser: on a phone, by axe, and on one printed sheet."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from tests.browser.test_room import UNNAMED, WIDER
from tests.room.running import room

pytestmark = pytest.mark.browser
PAGES_OF = re.compile(rb"/Type\s*/Page[^s]")


@pytest.fixture(scope="module")
def running():
    """A room of its own, as its log is sealed."""
    with tempfile.TemporaryDirectory() as folder, room(Path(folder) / "data") as found:
        yield found


@pytest.fixture(scope="module")
def ceremony(running, browser, cookies_of) -> str:
    """The address of the ceremony of a seal that was signed on the page."""
    context = browser.new_context(storage_state=cookies_of("posko"))
    page = context.new_page()
    page.goto(running.address + "log/ceremony")
    page.click("form.once button.do")
    page.wait_for_load_state()
    page.goto(running.address + "log/ceremony")
    path = page.get_attribute("a[href$='/ceremony']:not([href='/log/ceremony'])", "href")
    context.close()
    return running.address.rstrip("/") + path


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_ceremony_fits_a_phone_and_prints_on_one_sheet(ceremony, open_page, language):
    page = open_page(360, 800, member="kpu-prov", language=language)
    page.goto(ceremony)
    assert page.complaints == []
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(UNNAMED) == []
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(PAGES_OF.findall(printed)) == 1
    page.emulate_media(media="print")
    assert page.locator("table.groups").is_visible() and not page.locator("#file").is_visible()


def test_axe_finds_nothing_serious_on_ceremony_and_receipt(running, ceremony, open_page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe installed")
    page = open_page(360, 800, member="kpu-prov", language="id")
    for address in (ceremony, running.address + "log/ceremony", running.address + "receipt"):
        page.goto(address)
        found = axe.Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_what_is_no_seal_is_refused_on_the_page_beside_the_form(ceremony, open_page, tmp_path):
    page = open_page(member="bawaslu-prov")
    page.goto(ceremony)
    odd = tmp_path / "odd.seal"
    odd.write_text("nothing of the kind")
    page.set_input_files("#file", str(odd))
    page.fill("#key", "x")
    page.click("form.once button.do")
    page.wait_for_selector("[role=alert]")
    assert "This is no seal file" in page.inner_text("[role=alert]")
