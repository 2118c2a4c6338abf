"""Pasted messages in a real Chromium: confirmed by keyboard alone, and nothing serious for axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.room.running import Room, room

pytestmark = pytest.mark.browser
CHAT = """\
06/08/24 21.14 - Sender: Pada hari Selasa, 6 Agustus 2024 pukul 20.45 WITA saya melihat langsung \
di kantor KPU Kab. Muna telah terjadi pelemparan batu ke arah kantor KPU
06/08/24 21.15 - Sender: Patroli Kota Baubau, situasi aman kondusif, nihil kejadian
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Room]:
    with room(tmp_path_factory.mktemp("paste") / "data") as found:
        yield found


@pytest.fixture(params=[360, 1280])
def page(running, browser, request):
    context = browser.new_context(locale="en-GB", viewport={"width": request.param, "height": 800})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text)
            if said.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(running.address + "accounts/login/")
    page.fill("[name=login]", "posko")
    page.fill("[name=password]", running.passwords["posko"])
    page.press("[name=password]", "Enter")
    page.wait_for_selector("nav")
    yield page
    assert page.complaints == []
    context.close()


def narrow_and_sound(page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    assert not [
        (one["id"], [n["html"][:160] for n in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_a_message_is_confirmed_and_filed_without_the_mouse(running, page):
    page.goto(running.address + "paste")
    page.fill("#messages", CHAT)
    page.press("#messages", "Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("progress")
    narrow_and_sound(page)
    page.press("a[accesskey=n]", "Enter")
    page.wait_for_selector("#confirm")
    narrow_and_sound(page)
    page.focus("#confirm select")
    for _ in range(40):  # Enter ticks what was read and goes on
        name = page.evaluate("document.activeElement.name")
        if name == "do":
            break
        if name == "reliability":
            page.keyboard.press("b")
        if name == "credibility":
            page.keyboard.press("2")
        page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 of 2 done")
    narrow_and_sound(page)
    assert page.locator(".routine").count() == 1
    page.press("button[accesskey=x]", "Enter")
    page.wait_for_selector("text=2 of 2 done")
    page.press("button:has-text('Put back')", "Enter")
    page.wait_for_selector("text=1 of 2 done")
    page.press("button:has-text('Clear what is done')", "Enter")
    page.wait_for_selector("text=0 of 1 done")
    page.press("a[accesskey=n]", "Enter")
    page.press(".routine button", "Enter")
    page.wait_for_selector("text=All are done.")
