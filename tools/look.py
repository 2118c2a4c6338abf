"""Take a picture of every page of a running room: phone and desktop, Indonesian and English.

    python tools/look.py http://127.0.0.1:8000 --user posko --password … --out look

Pages are looked at by people; this tool also fails on console errors, on requests to other hosts
and on a page that is wider than its window.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
SIZES = {"phone": (360, 800), "desktop": (1280, 900)}
PATHS = (
    "/", "/map", "/region/74.03", "/threats", "/threats/T-0001", "/reports", "/reports/R-0001",
    "/incidents", "/incidents/I-0001", "/meetings", "/meetings/M-0001", "/commitments",
    "/commitments/C-0001", "/tasks", "/calendar", "/index", "/daily-reports", "/log", "/shift",
)  # fmt: skip
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def main() -> int:
    """Take the pictures; returns 1 when a page complained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--out", type=Path, default=Path("look"))
    parser.add_argument("--only", nargs="*", default=PATHS, help="paths to look at")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=SIZES)
    parser.add_argument("--languages", nargs="*", default=["id", "en"], choices=["id", "en"])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        complaints = list(look(browser, args))
        browser.close()
    print("\n".join(complaints) or "no complaints")
    return 1 if complaints else 0


def look(browser: Browser, args: argparse.Namespace) -> Iterator[str]:
    """Pictures of all pages in every size and language; gives what went wrong."""
    state = signed_in(browser, args)
    for size in args.sizes:
        for language in args.languages:
            width, height = SIZES[size]
            context = browser.new_context(
                viewport={"width": width, "height": height}, storage_state=state
            )
            choose(context, args.address, language)
            yield from pictures(context, args, f"{size}-{language}")
            context.close()


def signed_in(browser: Browser, args: argparse.Namespace) -> dict[str, object]:
    """Sign in once, as a picture too; the cookies serve every size."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(args.address + "/accounts/login/")
    page.screenshot(path=args.out / "desktop-login.png", full_page=True)
    page.fill("input[name=login]", args.user)
    page.fill("input[name=password]", args.password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(args.address + "/**")
    state = context.storage_state()
    context.close()
    return dict(state)


def choose(context: BrowserContext, address: str, language: str) -> None:
    """Set the language as the switch of the page does."""
    context.add_cookies([{"name": "django_language", "value": language, "url": address}])


def pictures(context: BrowserContext, args: argparse.Namespace, prefix: str) -> Iterator[str]:
    """One picture a path."""
    page = context.new_page()
    wrong: list[str] = []
    listen(page, urlsplit(args.address).netloc, wrong)
    for path in args.only:
        page.goto(args.address + path)
        name = path.strip("/").replace("/", "-") or "board"
        page.screenshot(path=args.out / f"{prefix}-{name}.png", full_page=True)
        if (wider := page.evaluate(WIDER)) > 0:
            wrong.append(f"{wider} px wider than the window")
        yield from (f"{prefix} {path}: {one}" for one in taken(wrong))


def listen(page: Page, host: str, wrong: list[str]) -> None:
    """Note console errors and requests to other hosts."""
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on(
        "request",
        lambda asked: None if urlsplit(asked.url).netloc in (host, "")
        else wrong.append(f"asked {asked.url}"),
    )  # fmt: skip


def taken(wrong: list[str]) -> Iterable[str]:
    """What went wrong so far, and forget it."""
    found, wrong[:] = list(wrong), []
    return found


if __name__ == "__main__":
    sys.exit(main())
