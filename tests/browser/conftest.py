"""What browser tests share: one running room, one Chromium, and pages that note complaints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.room.running import Room, room

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE_MS = 90_000  # a machine may be busy with much else


@pytest.fixture(scope="session")
def running(tmp_path_factory) -> Iterator[Room]:
    """A room that all browser tests share; one that changes much should run its own."""
    with room(tmp_path_factory.mktemp("browser") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium a module: while Playwright runs, no other test can start an event loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM}")
    with sync_api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def cookies_of(running, browser) -> Callable[[str], object]:
    """The cookies of a member of the cast, who signed in by keyboard."""
    kept: dict[str, object] = {}

    def enter(name: str) -> object:
        if name not in kept:
            context = browser.new_context(locale="en-GB")
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.goto(running.address + "accounts/login/")
            page.wait_for_function("document.activeElement.name === 'login'")  # comes after load
            page.keyboard.type(name)
            page.keyboard.press("Tab")
            page.keyboard.type(running.passwords[name])
            page.keyboard.press("Enter")
            page.wait_for_selector("nav")
            kept[name] = context.storage_state()
            context.close()
        return kept[name]

    return enter


@pytest.fixture
def open_page(running, browser, cookies_of):
    """Pages of a size, for a member, that note what they complain of."""
    contexts = []

    def opened(
        width: int = 1280, height: int = 900, member: str = "posko", language: str = "en",
    ):  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height}, storage_state=cookies_of(member),
            locale={"en": "en-GB", "id": "id-ID"}[language],
        )  # fmt: skip
        host = urlsplit(running.address)
        context.add_cookies([{"name": "django_language", "value": language,
                              "url": f"{host.scheme}://{host.netloc}/"}])  # fmt: skip
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text)
                if said.type in ("error", "warning") else None)  # fmt: skip
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: page.complaints.append(asked.url)
                if urlsplit(asked.url).netloc not in (host.netloc, "") else None)  # fmt: skip
        return page

    yield opened
    for context in contexts:
        context.close()
