"""The form on a phone in a real Chromium over https: offline for days, and each report once."""

from __future__ import annotations

import struct
import time
import zlib

import pytest
from tests.browser.conftest import CHROMIUM, PATIENCE_MS
from tests.browser.field_room import FieldRoom, Line
from tests.browser.test_axe import grave_faults

pytestmark = pytest.mark.browser
READY = "#standing:has-text('Ready:')"
OUTBOX = """async () => {
  const { openVault } = await import("/field/files/vault.js");
  const items = await (await openVault()).items();
  return items.map((one) => [one.id, one.state, one.full]);
}"""
RAW = """async () => {
  const base = await new Promise((done) => {
    const asked = indexedDB.open("anoa-field");
    asked.onsuccess = () => done(asked.result);
  });
  const all = (store) => new Promise((done) => {
    const asked = base.transaction(store).objectStore(store).getAll();
    asked.onsuccess = () => done(asked.result);
  });
  const key = (await all("keys"))[0].key;
  const rows = [...(await all("items")), ...(await all("kept"))];
  const text = new TextDecoder();
  const parts = rows.flatMap((row) => [row, row.head, row.body]).filter((one) => one && one.data);
  base.close();
  return [key.extractable, parts.map((one) => text.decode(one.data)).join("")];
}"""
FULL = """() => {
  IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
STRIPPED = """async () => {
  const { smallPicture } = await import("/field/files/picture.js");
  const canvas = Object.assign(document.createElement("canvas"), { width: 2600, height: 1300 });
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  const bytes = new Uint8Array(await made.arrayBuffer());
  const exif = new TextEncoder().encode("..Exif....GPS 4.5 S 122.5 E");
  const segment = new Uint8Array([0xff, 0xe1, 0, exif.length + 2, ...exif]);
  const file = new File([bytes.slice(0, 2), segment, bytes.slice(2)], "a.jpg");
  const small = await smallPicture(file);
  const drawn = new Image();
  drawn.src = `data:image/jpeg;base64,${small.content}`;
  await drawn.decode();
  return [atob(small.content).includes("Exif"), drawn.width, drawn.height];
}"""


def picture(width: int, height: int) -> dict[str, object]:
    """A picture that no method makes small."""
    seed, rows = 7, bytearray()
    for _ in range(height):
        rows.append(0)
        for _ in range(width * 3):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            rows.append(seed >> 16 & 0xFF)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""),
    )  # fmt: skip
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return {"name": "gate.png", "mimeType": "image/png", "buffer": content}


class Phone:
    """A browser with a profile on the disk; closed and opened again, it knows what it knew."""

    def __init__(self, kind, profile, spki: str, address: str) -> None:
        self.kind, self.profile, self.spki = kind, profile, spki
        self.address = address + "field/"
        self.complaints: list[str] = []
        self.context = None

    def open(self, *, offline: bool = False, width: int = 360) -> Phone:
        self.context = self.kind.launch_persistent_context(
            self.profile, executable_path=str(CHROMIUM), locale="en-GB", offline=offline,
            viewport={"width": width, "height": 740},
            args=["--no-sandbox", f"--ignore-certificate-errors-spki-list={self.spki}"],
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.pages[0]
        self.page.on("console", lambda said: self.complaints.append(f"{said.text} {said.location}")
                     if said.type in ("error", "warning") else None)  # fmt: skip
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return self

    def close(self) -> None:
        if self.context is not None:
            self.context.close()
            self.context = None

    def go(self, fragment: str = "") -> None:
        self.page.goto(self.address + fragment)

    def enter(self, token: str) -> None:
        """Open the link that the post gave."""
        self.go(f"#t={token}")
        self.page.wait_for_selector("#standing")

    def lose_network(self, line: Line) -> None:
        """For the page, and for the worker that sends when no page is open."""
        line.mode = "down"
        line.hang_up()
        self.context.set_offline(True)

    def find_network(self, line: Line) -> None:
        line.mode = "pass"
        self.context.set_offline(False)

    def fill(self, words: str, image: dict | None = None, *, send: bool = True) -> None:
        page = self.page
        page.click("[data-form=incident]")
        page.select_option("#f-region", "ve.ald")
        page.select_option("#f-place_class", index=1)
        page.click("[data-field=observed_at] button")
        page.click(".end .do")
        page.locator("[data-field=threat_type] input").first.check()
        page.locator("[data-field=obtained] input").first.check()
        page.fill("#f-account", words)
        if image:
            page.set_input_files("#f-picture", image)
            page.wait_for_selector(".picture img")
        page.click(".end .do" if send else ".end .quiet")

    def ask_help(self) -> None:
        self.page.click("#help")
        self.page.select_option("#f-sub_district", "ve.ald.1")
        self.page.select_option("#f-polling_station", "ve.ald.1-003")
        self.page.locator("[data-field=need] input").first.check()
        assert grave_faults(self.page) == []
        self.page.click(".end .do")

    def states(self) -> list[str]:
        return sorted(state for _, state, _ in self.page.evaluate(OUTBOX))

    def wait_in_vault(self, *standing: tuple[str, bool]) -> None:
        """Until the phone keeps just these: each state, and whether its content is still there."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while [(state, full) for _, state, full in self.page.evaluate(OUTBOX)] != list(standing):
            assert time.monotonic() < until, self.page.evaluate(OUTBOX)
            self.page.wait_for_timeout(100)

    def wait_for(self, *states: str) -> None:
        """Until what was filled in stands so, as the page itself says."""
        for state in states:
            lines = self.page.locator(f"#outbox li[data-state={state}]")
            lines.nth(states.count(state) - 1).wait_for()
        assert self.page.locator("#outbox li").count() == len(states)


@pytest.fixture(scope="module")
def field_room(tmp_path_factory):
    found = FieldRoom(tmp_path_factory.mktemp("field"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def line(field_room):
    found = Line(field_room)
    yield found
    found.close()


@pytest.fixture
def phone(browser, tmp_path, field_room, line):
    found = Phone(browser.browser_type, tmp_path, field_room.spki, line.address)
    yield found.open()
    found.close()


def test_three_reports_made_offline_arrive_once_each_after_a_restart(phone, field_room, line):
    phone.go()
    phone.page.click("#languages [lang=id]")
    phone.page.wait_for_selector("#token")
    assert phone.page.inner_text("h1") == "Ponsel ini belum punya akses"
    assert grave_faults(phone.page) == []
    phone.enter(field_room.tokens[0])
    assert field_room.tokens[0] not in phone.page.url
    assert phone.page.locator("#languages button").count() == 0  # the pack speaks one language
    phone.page.wait_for_selector(READY)
    assert grave_faults(phone.page) == []
    phone.lose_network(line)
    phone.fill("A tyre burns near the bridge", picture(200, 120))
    phone.wait_for("waiting")
    phone.page.reload()
    for words in ("The road is shut", "A false word about the day"):
        phone.fill(words)
    phone.wait_for("waiting", "waiting", "waiting")
    assert "On this phone, not sent" in phone.page.inner_text("#outbox")
    assert grave_faults(phone.page) == []
    is_extractable, stored = phone.page.evaluate(RAW)
    assert not is_extractable
    assert len(stored) > 10_000 and "bridge" not in stored and "anoa_" not in stored
    phone.close()
    phone.open(offline=True)
    phone.go()
    phone.wait_for("waiting", "waiting", "waiting")
    assert field_room.rows() == []
    phone.find_network(line)
    phone.wait_for("received", "received", "received")
    sent = phone.page.evaluate(OUTBOX)
    assert not any(is_full for _, _, is_full in sent)
    assert sorted(row[0] for row in field_room.rows()) == sorted(ident for ident, _, _ in sent)
    shown = phone.page.inner_text("#outbox")
    for _, number, _ in field_room.rows():
        assert f"Received: number {number}" in shown
    assert phone.page.evaluate(STRIPPED) == [False, 1280, 640]
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 360
    assert phone.complaints == []


def test_a_lost_answer_a_killed_server_and_a_revoked_token_lose_and_double_nothing(
    phone, field_room, line
):
    known = len(field_room.rows())
    phone.enter(field_room.tokens[1])
    phone.page.wait_for_selector(READY)
    phone.fill("Half a report", send=False)
    phone.page.click(".end .quiet")
    line.mode = "lose"
    phone.fill("One", picture(240, 140))
    phone.wait_for("sent")
    assert "Sent, no receipt yet" in phone.page.inner_text("#outbox")
    phone.page.wait_for_selector("#outbox:has-text('Next try')")
    (stored,) = field_room.rows()[known:]
    line.mode = "cut"
    phone.fill("Two", picture(400, 300))
    assert line.hangs.wait(PATIENCE_MS / 1000)
    field_room.kill()
    line.hang_up()
    field_room.revoke(field_room.tokens[1])
    assert field_room.rows()[known:] == [stored]
    field_room.start()
    line.mode = "pass"
    phone.page.reload()
    denied = phone.page.wait_for_selector("p.bad").inner_text()
    assert "revoked" in denied and "Nothing is lost" in denied
    assert phone.states() == ["draft", "sent", "waiting"] or phone.states() == [
        "draft",
        "sent",
        "sent",
    ]
    assert grave_faults(phone.page) == []
    phone.enter(field_room.tokens[2])
    phone.wait_for("received", "received")
    assert phone.page.locator("p.bad").count() == 0
    assert phone.states() == ["draft", "received", "received"]
    rows = field_room.rows()[known:]
    assert len(rows) == 2 and rows[0] == stored
    assert f"Received: number {stored[1]}" in phone.page.inner_text("#outbox")
    real = [one for one in phone.complaints if "net::ERR_" not in one and " 401 " not in one]
    assert real == []
    phone.page.locator("#outbox a", has_text=f"number {stored[1]}").click()
    assert "receipt/" in phone.page.url
    assert "Number and code do not belong" not in phone.page.inner_text("main")
    assert "received" in phone.page.inner_text("p.said")


def answered(phone, password: str) -> None:
    """A member of the institution answers the call that waits."""
    page = phone.context.new_page()
    page.goto(phone.address.replace("field/", "accounts/login/"))
    page.fill("[name=login]", "guard-desk")
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("nav")
    button = page.get_by_role("button", name="Answer the call")
    until = time.monotonic() + PATIENCE_MS / 1000
    while page.goto(phone.address.replace("field/", "help")) and not button.count():
        assert time.monotonic() < until, "the call was not filed"
        page.wait_for_timeout(200)
    button.last.click()
    page.wait_for_selector("text=Answered")
    page.close()


def test_a_call_for_help_counts_as_unsent_until_a_person_answers(phone, field_room):
    page = phone.page
    phone.enter(field_room.tokens[2])
    phone.ask_help()
    card = page.locator(".call")
    page.wait_for_selector(".call:has-text('The room has it under number')")
    assert "Not sent: no person has answered yet." in card.inner_text()
    answered(phone, field_room.password)
    page.reload()
    page.wait_for_selector(".call.done:has-text('A person has answered')")
    assert card.locator("a").count() == 0
    card.get_by_role("button", name="Delete").click()
    card.wait_for(state="detached")
    assert phone.complaints == []


NO_SMS_APP = """document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='sms:']");
  if (link) { document.body.dataset.asked = link.href; event.preventDefault(); } })"""


def test_a_call_for_help_overtakes_pictures_on_a_thin_line(phone, field_room, line):
    phone.enter(field_room.tokens[2])
    phone.page.wait_for_selector(READY)
    phone.lose_network(line)
    for words in ("First", "Second"):
        phone.fill(words, picture(700, 500))
    phone.wait_for("waiting", "waiting")
    line.rate = 30_000
    phone.find_network(line)
    phone.ask_help()
    phone.page.wait_for_selector(".call:has-text('The room has it under number')")
    assert any(state != "received" for state in phone.states())
    line.rate = 0
    phone.wait_for("received", "received")
    states = phone.states()
    assert states == ["received"] * 3
    assert len({row[0] for row in field_room.rows()}) == len(field_room.rows())


def test_a_call_for_help_on_a_dead_line_brings_the_sms_forward(phone, field_room, line):
    page = phone.page
    phone.enter(field_room.tokens[2])
    page.wait_for_selector(READY)
    page.evaluate(NO_SMS_APP)
    line.mode = "mute"
    phone.ask_help()
    page.wait_for_selector("#standing:has-text('does not answer')")
    page.wait_for_selector(".call:has-text('the surer way')")
    page.wait_for_selector("body[data-asked]", state="attached")
    assert "sms:+620000?&body=HELP" in page.get_attribute("body[data-asked]", "data-asked")
    assert phone.states() in (["waiting"], ["sent"])
    line.hang_up()
    line.mode = "pass"
    page.wait_for_selector(".call:has-text('The room has it under number')")
    page.wait_for_selector("#standing:has-text('Network is there')")


def test_a_call_for_help_without_signal_is_an_sms_and_is_over_after_two_hours(
    phone, field_room, line
):
    known = len(field_room.rows())
    page = phone.page
    page.clock.install()
    phone.enter(field_room.tokens[2])
    page.evaluate(NO_SMS_APP)
    phone.lose_network(line)
    phone.ask_help()
    card = page.locator(".call")
    card.wait_for()
    assert page.get_attribute("body[data-asked]", "data-asked").startswith(
        "sms:+620000?&body=HELP%20ve.ald.1-003%3A%20Medical%20help"
    )
    assert "Not sent: no person has answered yet." in card.inner_text()
    assert card.locator("a[href='tel:0401']").inner_text() == "Call Post"
    assert grave_faults(page) == []
    page.clock.fast_forward("02:01:00")
    page.wait_for_selector(".call:has-text('Two hours')")
    phone.wait_in_vault(("expired", False))  # while there is still no network
    phone.find_network(line)
    page.click("#fetch")
    page.wait_for_selector("#standing:has-text('Network is there')")
    assert phone.states() == ["expired"]
    assert len(field_room.rows()) == known
    page.wait_for_selector("#app:has-text('minutes fast')")  # its clock was moved, not the room's
    page.evaluate(FULL)
    page.click("[data-form=incident]")
    page.select_option("#f-region", "ve.ald")
    page.wait_for_selector("#said.bad:has-text('this was not kept')")
    assert page.input_value("#f-region") == "ve.ald"
    page.click(".end .quiet")
    page.click("#leave")
    page.click("#erase")
    page.wait_for_selector("#left")
    assert page.evaluate(
        "async () => [(await indexedDB.databases()).length, (await caches.keys()).length]"
    ) == [0, 0]
    assert phone.complaints == []
