"""From a token made on the page to a submission set aside, in a real Chromium."""

from __future__ import annotations

import json
import time
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.browser
PATIENCE_S = 60
ODD = {"region": "99.99", "threat_type": "rumor", "account": "invented words of an exercise"}
WIDER = "document.documentElement.scrollWidth - innerWidth"


def sound(page) -> None:
    """Nothing is wider than the window, and axe finds nothing serious, on a phone and a desk."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) <= 0, (page.url, width)
        found = axe.run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


DRAWN = """() => {
  const sheet = document.createElement("canvas"); sheet.width = 40; sheet.height = 30;
  sheet.getContext("2d").fillRect(5, 5, 20, 20);
  return ["image/jpeg", "image/png", "image/webp"].map(kind => sheet.toDataURL(kind));
}"""
SHOWN = """() => Promise.all([...document.querySelectorAll("main img")].map(async one => {
  one.loading = "eager"; await one.decode(); return one.naturalWidth;
}))"""


def sent(address: str, pictures: list[str]) -> dict:
    files = [
        {"name": f"{n}.jpg", "media_type": "image/jpeg", "content": one.partition(",")[2]}
        for n, one in enumerate(pictures)
    ]
    held = {"id": "browser-1", "form": "report", "version": "1", "fields": ODD}
    body = json.dumps(held | {"attachments": files})
    asked = Request(address, body.encode(), {"Content-Type": "application/json"})
    with urlopen(asked, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def shows(page, path: str, text: str) -> None:
    """Ask for the page until the follower has done its part."""
    until = time.monotonic() + PATIENCE_S
    while page.goto(path) and page.get_by_role("link", name=text).count() == 0:
        assert time.monotonic() < until, f"{text} did not come"
        page.wait_for_timeout(200)


def test_what_comes_by_a_new_token_and_cannot_be_filed_is_dealt_with(running, open_page):
    page, root = open_page(language="id"), running.address.rstrip("/")
    page.goto(root + "/tokens")
    page.fill("#t-label", "gerbang 3")
    page.get_by_role("button", name="Buat token").click()
    address = page.input_value("#fresh-address")
    sound(page)
    receipt = sent(address + "/api/v1/submissions", page.evaluate(DRAWN))
    link = f"#{receipt['number']}"
    shows(page, root + "/inbox", link)
    sound(page)
    page.get_by_role("link", name=link).click()
    assert "99.99" in page.inner_text("main")
    assert page.evaluate(SHOWN) == [40, 40, 40], "each kind is drawn after it was cleaned"
    sound(page)
    page.fill("#aside-reason", "uji coba ponsel")
    page.get_by_role("button", name="Kesampingkan", exact=True).click()
    assert page.get_by_role("link", name=link).count() == 0
    page.goto(f"{root}/receipt/{receipt['code']}")
    assert receipt["code"] in page.inner_text("main")
    sound(page)
    assert page.complaints == []
