"""Benchmark of the form for phones: how heavy it is, and how long a thin network and a slow phone
take for it.

    python benchmarks/field.py [--kbit 400] [--delay-ms 300] [--slower 4] [--json]

Rooms in processes of their own serve over https with a local authority. A real Chromium, slowed
down as DevTools does it and behind a line as slow as asked for, opens the form of the reference
pack for the first time with the forms and lists of one regency, then again, then without a network.
In a room of the invented country it then sends a report with a picture. Bytes are those on the
line, with TLS and headers.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.browser.field_room import FieldRoom, Line  # noqa: E402 - found by the path above

BURST_S = 0.05  # silence after which bytes are a new burst
READY = "#standing:has-text('Siap:'), #standing:has-text('Ready:')"


class Slow(Line):
    """A line of so many kbit/s each way for all connections together, and a delay of each burst."""

    def __init__(self, room: FieldRoom, kbit: int, delay_ms: int) -> None:
        self.rate, self.half_s = kbit * 1000 / 8, delay_ms / 2000
        self.last: dict[socket.socket, float] = {}
        self.ways = {True: threading.Lock(), False: threading.Lock()}
        super().__init__(room)

    def carry(self, to: socket.socket, part: bytes) -> None:
        """Half of the delay at the beginning of a burst, then its bytes behind one another."""
        if time.monotonic() - self.last.get(to, 0.0) > BURST_S:
            time.sleep(self.half_s)
        is_up = any(to is room for _phone, room in self.pairs)
        with self.ways[is_up]:
            time.sleep(len(part) / self.rate)
        self.last[to] = time.monotonic()


def opened(phone: Any, fragment: str = "") -> float:
    """Seconds until the page can be used."""
    began = time.perf_counter()
    phone.go(fragment)
    phone.page.wait_for_selector("[data-form=incident]")
    return time.perf_counter() - began


def visits(phone: Any, room: Any, line: Any, args: argparse.Namespace) -> dict[str, float]:
    """Sizes in bytes and times in seconds of opening the form."""
    session = phone.context.new_cdp_session(phone.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": args.slower})
    found: dict[str, float] = {"first_visit_s": opened(phone, f"#t={room.tokens[0]}")}
    began = time.perf_counter()
    phone.page.wait_for_selector(READY)
    found["then_ready_without_network_s"] = time.perf_counter() - began
    phone.page.wait_for_load_state("networkidle")
    found["first_visit_bytes"] = line.received
    before = line.received
    found["second_visit_s"] = opened(phone)
    phone.page.wait_for_load_state("networkidle")
    found["second_visit_bytes"] = line.received - before
    phone.lose_network(line)
    found["without_network_s"] = opened(phone)
    return found


def report(phone: Any, room: Any, line: Any, args: argparse.Namespace) -> dict[str, float]:
    """The same of a report with a picture of 640 by 480 pixels of noise, made offline."""
    from tests.browser.test_field_phone import picture

    session = phone.context.new_cdp_session(phone.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": args.slower})
    opened(phone, f"#t={room.tokens[0]}")
    phone.page.wait_for_selector(READY)
    phone.lose_network(line)
    phone.fill("A tyre burns near the bridge", picture(640, 480))
    phone.wait_for("waiting")
    phone.find_network(line)
    before, began = line.sent, time.perf_counter()
    phone.wait_for("received")
    return {
        "report_with_picture_s": time.perf_counter() - began,
        "report_with_picture_bytes": line.sent - before,
    }


def measured(kind: Any, room: Any, args: argparse.Namespace, work: Any) -> dict[str, float]:
    """Drive one room by a phone with a fresh profile."""
    from tests.browser.test_field_phone import Phone

    line = Slow(room, args.kbit, args.delay_ms)
    phone = Phone(kind, room.data.parent / "profile", room.spki, line.address)
    try:
        return dict(work(phone.open(), room, line, args))
    finally:
        phone.close()
        line.close()
        room.stop()


def main() -> int:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kbit", type=int, default=400, help="kbit/s each way")
    parser.add_argument("--delay-ms", type=int, default=300, help="added to each answer")
    parser.add_argument("--slower", type=float, default=4, help="how many times slower a processor")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        reference = object.__new__(FieldRoom)
        (Path(folder) / "reference").mkdir()
        reference.set_up(
            Path(folder) / "reference", ROOT / "packs" / "sultra-2024", "polda-sultra", "74.03"
        )
        reference.start()
        found = measured(play.chromium, reference, args, visits)
        (Path(folder) / "invented").mkdir()
        found |= measured(play.chromium, FieldRoom(Path(folder) / "invented"), args, report)
    if args.json:
        print(json.dumps(found))
    else:
        print(f"{args.kbit} kbit/s, {args.delay_ms} ms, processor {args.slower:g} times slower")
        for name, value in found.items():
            print(
                f"{name:32} {value:>10.1f}" if name.endswith("_s") else f"{name:32} {value:>10.0f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
