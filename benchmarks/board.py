"""Benchmark of the board: what a browser with a cold cache needs until it shows something.

    python benchmarks/board.py [--times 10]

A real server process plays the demo; Chromium opens the board signed in, each time with an empty
cache. First paint and load are Chromium's own (Performance API); bytes are what came over the
wire, headers too. The peer is a static page with one file of the same bytes, served by Python's
own HTTP server, in the same run.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
PAINT_LIMIT_MS, BYTES_LIMIT = 1000, 300_000
TIMES = """() => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  const load = performance.getEntriesByType('navigation')[0];
  return [paint ? paint.startTime : -1, load.loadEventEnd, load.responseStart];
}"""


def opened(browser: Any, address: str, state: Any) -> tuple[list[float], int, int]:
    """First paint, load and first byte in milliseconds; bytes and requests, on a cold cache."""
    context = browser.new_context(storage_state=state, locale="en-GB")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    taken: list[float] = []
    session.on("Network.loadingFinished", lambda one: taken.append(one["encodedDataLength"]))
    page.goto(address, wait_until="load")
    page.wait_for_timeout(300)
    times = page.evaluate(TIMES)
    context.close()
    return times, int(sum(taken)), len(taken)


def row(name: str, runs: list[tuple[list[float], int, int]], peer: float | None = None) -> float:
    """Print a row; returns the largest first paint."""
    paints = sorted(times[0] for times, _bytes, _count in runs)
    loads = sorted(times[1] for times, _bytes, _count in runs)
    middle = paints[len(paints) // 2]
    ratio = f"{middle / peer:7.2f}" if peer else "       "
    print(f"{name:<34} {middle:8.0f} {paints[-1]:8.0f} {loads[len(loads) // 2]:8.0f} "
          f"{runs[-1][1]:9} {runs[-1][2]:4} {ratio}  n={len(runs)}")  # fmt: skip
    return paints[-1]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own server, without a line a request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def static_page(folder: Path, size: int) -> http.server.ThreadingHTTPServer:
    """A server of one page of that many bytes."""
    start = b"<!doctype html><title>static</title><h1>static</h1><p>"
    (folder / "index.html").write_bytes(start + b"word " * ((size - len(start)) // 5))
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def signed_in(browser: Any, running: Any) -> Any:
    """The cookies of the duty officer."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.address + "accounts/login/")
    page.fill("input[name=login]", "posko")
    page.fill("input[name=password]", running.passwords["posko"])
    page.keyboard.press("Enter")
    page.wait_for_selector("nav")
    state = context.storage_state()
    context.close()
    return state


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run the benchmark; returns 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description="First paint and bytes of the board.")
    parser.add_argument("--times", type=int, default=10)
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright
    from tests.room.running import room

    with tempfile.TemporaryDirectory() as folder, room(Path(folder) / "data") as running, \
            sync_playwright() as play:  # fmt: skip
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        state = signed_in(browser, running)
        opened(browser, running.address, state)
        before = cpu_of(running.process.pid)
        ours = [opened(browser, running.address, state) for _ in range(args.times)]
        cpu = (cpu_of(running.process.pid) - before) / args.times
        (Path(folder) / "static").mkdir()
        peer = static_page(Path(folder) / "static", ours[-1][1])
        static = [opened(browser, f"http://127.0.0.1:{peer.server_port}/", None)
                  for _ in range(args.times)]  # fmt: skip
        browser.close()
    print(f"{'milliseconds from navigation':<34} {'paint':>8} {'largest':>8} {'load':>8} "
          f"{'bytes':>9} {'req.':>4} {'ratio':>7}")  # fmt: skip
    row("peer: a static page of these bytes", static)
    base = sorted(times[0] for times, _b, _c in static)[len(static) // 2]
    worst = row("the board, cold cache", ours, base)
    print(f"CPU seconds of the server a board: {cpu:.3f}; load {os.getloadavg()[0]:.1f}; "
          f"limits {PAINT_LIMIT_MS} ms, {BYTES_LIMIT} bytes")  # fmt: skip
    return int(worst > PAINT_LIMIT_MS or ours[-1][1] > BYTES_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
