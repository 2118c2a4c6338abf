"""Sealed text in a real Chromium: against RFC 9180, both ways with Python, and the whole road."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_axe import grave_faults
from tests.browser.test_live_pages import ask
from tests.room.running import Browser

from anoa.envelopes import Envelope, SealingSecret, encoded, fingerprint, sealed

pytestmark = pytest.mark.browser
PUBLISHED = {  # RFC 9180, A.1.1: base mode of DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM
    "secret": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "public": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "aad": "436f756e742d30",
    "text": "4265617574792069732074727574682c20747275746820626561757479",
    "sealed": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
    "6d8770ac83d07bea87e13c512a",
}
HPKE = """async ({ secret, publicKey, sealed, info, aad, aead }) => {
  const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
  const hpke = await import("/static/room/sealed/hpke.js");
  const key = await hpke.importPrivate(hex(secret), hex(publicKey));
  try {
    return hpke.toHex(await hpke.open(key, hex(publicKey), hex(sealed), hex(info), hex(aad), aead));
  } catch (error) {
    return error.constructor.name;
  }
}"""
SEAL = """async ({ publicKey, text, info }) => {
  const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
  const hpke = await import("/static/room/sealed/hpke.js");
  return hpke.toHex(await hpke.seal(hex(publicKey), hex(text), hex(info)));
}"""
SECRET = SealingSecret("bawaslu-prov", "sultra-2024", bytes(range(32)))
ACCOUNT = "Kata-kata rahasia tentang satuan itu"


@pytest.fixture
def plain(open_page, running):
    """A page of the room on which modules can be loaded."""
    page = open_page()
    page.goto(running.address + "sealing-keys")
    return page


def test_the_published_vector_opens_and_one_changed_byte_does_not(plain):
    known = PUBLISHED
    said = {"secret": known["secret"], "publicKey": known["public"], "info": known["info"],
            "sealed": known["enc"] + known["sealed"], "aad": known["aad"], "aead": 1}  # fmt: skip
    assert plain.evaluate(HPKE, said) == known["text"]
    for name in ("sealed", "info", "aad"):
        changed = said[name][:-2] + f"{int(said[name][-2:], 16) ^ 1:02x}"
        assert plain.evaluate(HPKE, said | {name: changed}) == "NotOpened"


def test_what_python_seals_the_browser_opens_and_the_other_way_round(plain):
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    private = X25519PrivateKey.from_private_bytes(SECRET.secret)
    for text in (b"", b"short", bytes(range(256)) * 300):
        made = suite.encrypt(text, private.public_key(), info=b"what it is bound to")
        said = {"secret": SECRET.secret.hex(), "publicKey": SECRET.public.hex(), "aad": "",
                "sealed": made.hex(), "info": b"what it is bound to".hex(), "aead": 2}  # fmt: skip
        assert plain.evaluate(HPKE, said) == text.hex()
        back = plain.evaluate(
            SEAL, {"publicKey": SECRET.public.hex(), "text": text.hex(), "info": "6162"}
        )
        assert suite.decrypt(bytes.fromhex(back), private, info=b"ab") == text


ENVELOPE = """async ([file, passphrase, envelope, expected]) => {
  const { opened, readKeyFile } = await import("/static/room/sealed/envelope.js");
  try {
    return await opened(envelope, await readKeyFile(file, passphrase), expected);
  } catch (error) {
    return error.word ?? String(error);
  }
}"""


@pytest.fixture
def told(open_page, running):
    """A page that has the words of the sealed pages."""
    page = open_page(member="bawaslu-prov")
    page.goto(running.address + "sealed")
    return page


def test_every_way_in_which_an_envelope_does_not_open_has_a_name_of_its_own(told):
    made = sealed(json.dumps({"a": 1}).encode(), SECRET.public, id="a" * 32,
                  operation="sultra-2024", to="bawaslu-prov")  # fmt: skip
    text, file = made.data.decode(), SECRET.file(1).decode()
    locked = SECRET.file(2, "a long passphrase", bytes(16), bytes(12)).decode()
    stranger = SealingSecret("bawaslu-prov", "sultra-2024", bytes(range(1, 33))).file(1).decode()
    moved = text.replace("a" * 32, "b" * 32)
    bent = text.replace('"sealed":"A', '"sealed":"B') if '"sealed":"A' in text else text.replace(
        '"sealed":"', '"sealed":"A', 1)  # fmt: skip
    for given, answer in (
        ((file, "", text, {"id": "a" * 32}), {"a": 1}),
        ((locked, "a long passphrase", text, {}), {"a": 1}),
        ((locked, "another passphrase", text, {}), "wrong_passphrase"),
        ((locked, "", text, {}), "needs_passphrase"),
        ((stranger, "", text, {}), "wrong_key"),
        ((file, "", text, {"id": "b" * 32}), "swapped"),
        ((file, "", moved, {"id": "b" * 32}), "does_not_open"),
        ((file, "", bent, {}), "does_not_open"),
        ((file, "", "{}", {}), "no_envelope"),
        (("{}", "", text, {}), "no_key_file"),
        ((file.replace(encoded(SECRET.secret), encoded(bytes(32))), "", text, {}),
         "damaged_key_file"),
    ):  # fmt: skip
        assert told.evaluate(ENVELOPE, list(given)) == answer


# -- the whole road -------------------------------------------------------------------------


def made_key(page, running, folder: Path) -> list[Path]:
    """A key that was made, proved and published on the page; its two files."""
    page.goto(running.address + "sealing-keys")
    page.fill("#pass-1", "a long passphrase")
    page.fill("#pass-2", "a long passphrase")
    page.click("#key-make:enabled")
    files = []
    for copy in ("1", "2"):
        with page.expect_download() as got:
            page.click(f"#copy-{copy}")
        files.append(folder / got.value.suggested_filename)
        got.value.save_as(files[-1])
    prove(page, files)
    page.click("#publish button")
    page.wait_for_selector("p.said")
    return files


def prove(page, files: list[Path]) -> None:
    page.set_input_files("#file-1", files[0])
    page.set_input_files("#file-2", files[1])
    page.fill("#pass-3", "a long passphrase")
    page.click("#key-prove")
    page.wait_for_selector("#publish:not([hidden]), #sealed-told.refused")


def fill_in(page) -> None:
    page.check("[name=body][value=police]")
    page.check("[name=unit_level][value=regency]")
    page.select_option("[name=conduct]", "threat")
    page.fill("[name=affected]", "73519")
    page.select_option("[name=region]", "74.03")
    page.fill("[name=account]", ACCOUNT)


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_complaint_is_sealed_by_the_sender_and_opened_by_its_owner_alone(
    running, open_page, tmp_path, language
):
    owner = open_page(member="bawaslu-prov", language=language)
    files = made_key(owner, running, tmp_path)
    assert grave_faults(owner) == []
    assert (
        owner.locator(".leaf").first.inner_text() == json.loads(files[0].read_text())["fingerprint"]
    )
    sender = open_page(360, 800, member="pam-tps", language=language)
    bodies = []
    sender.on("request", lambda asked: bodies.append(asked.post_data or ""))
    sender.goto(running.address + "forms/conduct")
    sender.wait_for_selector("#sealed-fields:enabled")
    assert grave_faults(sender) == []
    assert sender.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    sender.click("#sealed-send")
    sender.wait_for_selector("#sealed-told.refused")  # nothing was filled in
    fill_in(sender)
    sender.click("#sealed-send")
    sender.wait_for_selector("#sealed-done:not([hidden])")
    assert grave_faults(sender) == []
    code = sender.inner_text("#sealed-code")
    sent = "".join(bodies)
    assert ACCOUNT not in sent and "73519" not in sent and '"anoa":"anoa-sealed/1"' in sent

    owner.goto(running.address + "sealed")
    assert grave_faults(owner) == []
    owner.set_input_files("#key-file", files[1])
    owner.fill("#key-pass", "a long passphrase")
    owner.click("#key-load:enabled")
    row = owner.locator(f"tr:has-text('{code}')")
    row.locator("[data-open]:enabled").click()
    owner.wait_for_selector("#opened:not([hidden])")
    assert ACCOUNT in owner.inner_text("#opened") and "73519" in owner.inner_text("#opened")
    assert grave_faults(owner) == []
    row.locator("[value=answered]").click()
    owner.wait_for_selector("p.said")
    assert ACCOUNT not in owner.content()  # forgotten on leaving
    sender.click("#sealed-receipt")
    assert code in sender.content() and ACCOUNT not in sender.content()
    assert owner.complaints == [] and sender.complaints == []


def test_a_key_that_is_replaced_while_the_form_is_open_sends_nothing_and_then_fits(
    running, open_page, tmp_path
):
    owner = open_page(member="bawaslu-prov")
    made_key(owner, running, tmp_path)
    sender = open_page(member="pam-tps")
    sender.goto(running.address + "forms/conduct")
    sender.wait_for_selector("#sealed-fields:enabled")
    fill_in(sender)
    (tmp_path / "new").mkdir()
    files = made_key(owner, running, tmp_path / "new")
    sender.click("#sealed-send")
    sender.wait_for_selector("#sealed-told.refused")
    fresh = json.loads(files[0].read_text())["fingerprint"]
    assert sender.inner_text("#sealed-fingerprint") == fresh
    assert sender.input_value("[name=account]") == ACCOUNT  # what was written still stands
    sender.click("#sealed-send")
    sender.wait_for_selector("#sealed-done:not([hidden])")


def test_what_is_written_and_made_stays_when_the_log_moves_on(running, open_page):
    owner, sender = open_page(member="bawaslu-prov"), open_page(member="pam-tps")
    owner.goto(running.address + "sealing-keys")
    owner.click("#key-make:enabled")
    owner.wait_for_selector("#copy-2:not([hidden])")
    sender.goto(running.address + "forms/conduct")
    sender.wait_for_selector("#sealed-fields:enabled")
    fill_in(sender)
    pages, asked = (owner, sender), []
    for page in pages:  # pages that hold what only this browser knows follow nothing
        assert page.locator("#live").count() == 0
        page.on("request", lambda request: asked.append(request.url))
    other = Browser(running.address)
    other.sign_in("kpu-prov", running.passwords["kpu-prov"])
    ask(other, "Catatan berjalan terus (LATIHAN)")
    sender.wait_for_timeout(1000)
    assert not asked
    assert sender.input_value("[name=account]") == ACCOUNT
    assert owner.locator("#copy-1").is_visible() and owner.get_attribute("#copy-1", "href")


def test_two_files_that_are_not_the_two_copies_publish_nothing(running, open_page, tmp_path):
    owner = open_page(member="bawaslu-prov")
    one, two = tmp_path / "1.json", tmp_path / "2.json"
    for path, copy in ((one, 1), (two, 1)):  # the same copy twice
        path.write_bytes(SECRET.file(copy))
    owner.goto(running.address + "sealing-keys")
    owner.wait_for_selector("#key-prove:enabled")
    prove(owner, [one, two])
    assert owner.locator("#publish").is_hidden()
    two.write_bytes(SECRET.file(2))
    prove(owner, [one, two])
    owner.wait_for_selector("#publish:not([hidden])")
    assert owner.locator("#fingerprint").inner_text() == fingerprint(SECRET.public)


def test_without_javascript_the_sealed_form_can_send_nothing(
    running, browser, cookies_of, open_page, tmp_path
):
    made_key(open_page(member="bawaslu-prov"), running, tmp_path)
    context = browser.new_context(java_script_enabled=False, storage_state=cookies_of("pam-tps"))
    page = context.new_page()
    page.goto(running.address + "forms/conduct")
    assert page.locator("noscript").count() >= 1
    assert page.locator("main form").count() == 0  # nothing that a browser could submit
    assert page.locator("#sealed-fields [name=account]").is_disabled()
    context.close()


def test_the_envelope_of_a_browser_is_one_that_python_opens(running, open_page, tmp_path):
    page = open_page(member="bawaslu-prov")
    page.goto(running.address + "sealed")
    text = page.evaluate(
        """async ([said, key, parts]) => {
          const { sealed } = await import("/static/room/sealed/envelope.js");
          const { fromBase64 } = await import("/static/room/sealed/hpke.js");
          return sealed(said, fromBase64(key), parts);
        }""",
        [{"teks": "Ä ≠ 字"}, encoded(SECRET.public),
         {"id": "c" * 32, "operation": "sultra-2024", "to": "bawaslu-prov"}],
    )  # fmt: skip
    assert json.loads(Envelope.parse(text.encode()).opened(SECRET.secret)) == {"teks": "Ä ≠ 字"}
    assert len(base64.urlsafe_b64decode(json.loads(text)["sealed"] + "==")) == (16 << 10) + 48


def test_a_phone_leads_to_the_sealed_form_and_keeps_nothing_of_it(
    running, open_page, browser, tmp_path
):
    owner = open_page(member="bawaslu-prov")
    made_key(owner, running, tmp_path)
    owner.goto(running.address + "tokens")
    owner.fill("#t-label", "phone of a post")
    owner.click("main form button.do")
    token = owner.input_value("#fresh")
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    phone = context.new_page()
    phone.goto(running.address + f"field/#t={token}")
    phone.click("[data-sealed=conduct]:enabled")
    phone.wait_for_selector("#sealed-fields:enabled")
    fill_in(phone)
    phone.click("#sealed-send")
    phone.wait_for_selector("#sealed-done:not([hidden])")
    phone.goto(running.address + "field/")
    phone.wait_for_selector("[data-sealed=conduct]")
    assert ACCOUNT not in phone.content()
    context.close()
