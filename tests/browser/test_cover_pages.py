"""Covering a picture in a real Chromium: by finger, by keyboard, and what others then see."""

from __future__ import annotations

import json
import re
import time
from urllib.request import Request, urlopen

import pytest
from tests.browser.test_inbox_pages import PATIENCE_S, SHOWN, sound

pytestmark = pytest.mark.browser
REPORT = {
    "region": "74.03", "threat_type": "rumor", "place_class": "market", "object": "activity",
    "observed_at": "2024-08-05T03:00:00Z", "obtained": "told", "reliability": "C",
    "credibility": "3",
}  # fmt: skip
DRAWN = """() => {
  const sheet = document.createElement("canvas"); sheet.width = 400; sheet.height = 300;
  const pen = sheet.getContext("2d");
  pen.fillStyle = "#fff"; pen.fillRect(0, 0, 400, 300);
  pen.fillStyle = "#c00"; pen.fillRect(200, 150, 60, 60);
  return sheet.toDataURL("image/jpeg");
}"""
REDS = """() => {
  const shown = document.querySelector("main img.sent-picture");
  const sheet = document.createElement("canvas");
  sheet.width = shown.naturalWidth; sheet.height = shown.naturalHeight;
  const pen = sheet.getContext("2d"); pen.drawImage(shown, 0, 0);
  const all = pen.getImageData(0, 0, sheet.width, sheet.height).data;
  let red = 0;
  for (let n = 0; n < all.length; n += 4) if (all[n] > 150 && all[n + 1] < 90) red += 1;
  return [sheet.width, red];
}"""


def sent(address: str, picture: str, ident: str) -> int:
    held = {"id": ident, "form": "report", "version": "1", "fields": REPORT}
    file = {"name": "gate.jpg", "media_type": "image/jpeg", "content": picture.partition(",")[2]}
    body = json.dumps(held | {"attachments": [file]}).encode()
    with urlopen(Request(address, body, {"Content-Type": "application/json"}), timeout=60) as said:
        return json.load(said)["number"]


@pytest.fixture
def filed(running, open_page):
    """The addresses of the page that covers, and of the report, once the follower filed it."""
    page, root = open_page(language="id"), running.address.rstrip("/")
    page.goto(root + "/tokens")
    page.fill("#t-label", "gerbang 4")
    page.get_by_role("button", name="Buat token").click()
    place = page.input_value("#fresh-address") + "/api/v1/submissions"
    number = sent(place, page.evaluate(DRAWN), str(time.time()))
    until = time.monotonic() + PATIENCE_S
    while True:
        page.goto(f"{root}/inbox/{number}")
        links = page.locator("a[href$='/check']")
        if links.count():
            break
        assert time.monotonic() < until
        page.wait_for_timeout(300)
    check = root + links.first.get_attribute("href")
    report = re.search(r"/reports/R-\d+", page.content())[0]
    return check, root + report


def test_by_finger_on_a_phone_a_face_is_covered_and_others_see_the_copy(filed, open_page):
    check, report = filed
    page = open_page(360, 800, language="id")
    page.goto(check)
    page.wait_for_selector("[data-add]")
    page.evaluate(SHOWN)
    sound(page)
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".cover-stage").scroll_into_view_if_needed()
    area = page.locator(".cover-stage").bounding_box()
    page.mouse.move(area["x"] + area["width"] * 0.45, area["y"] + area["height"] * 0.45)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.7, area["y"] + area["height"] * 0.75, steps=4)
    page.mouse.up()
    assert page.locator(".cover-box").count() == 1
    page.click("button[value=covered]")
    page.wait_for_url(report)
    other = open_page(member="kpu-prov")
    other.goto(report)
    other.evaluate(SHOWN)
    width, red = other.evaluate(REDS)
    assert (width, red) == (400, 0)
    sound(other)
    assert page.complaints == [] and other.complaints == []


def test_by_keyboard_a_rectangle_is_added_moved_resized_and_taken_out(filed, open_page):
    check, report = filed
    page = open_page()
    page.goto(check)
    page.wait_for_selector("[data-add]")
    numbers = page.locator("textarea[name=boxes]")
    page.focus("[data-add]")
    page.keyboard.press("Enter")
    assert numbers.input_value() == "400 400 200 200"
    for key in ("ArrowLeft", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert numbers.input_value() == "390 410 210 190"
    assert "39 %" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Delete")
    assert numbers.input_value() == "" and page.locator(".cover-box").count() == 0
    page.click("button[value=nobody]")
    page.wait_for_url(report)
    other = open_page(member="kpu-prov")
    other.goto(report)
    other.evaluate(SHOWN)
    width, red = other.evaluate(REDS)
    assert width == 400 and red > 1000, "the control: uncovered, it is there to be seen"
