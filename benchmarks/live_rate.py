"""Many open pages and a steady rate of acts: when each entry reaches each page, and whether all do.

Run by ``benchmarks/live.py --rate``.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.live import ACTOR, cookies_of, cpu_of

LIMIT_S = 0.15
REGIONS = ("74.02", "74.03", "74.04", "74.05")  # one for each acting member
NAMED = re.compile(rb'"seq":(\d+),"kind":"post\.reported","subject":"([0-9.]+)"')
WARM = 10  # acts before the clock counts
PATIENCE_S = 20.0


@dataclass(eq=False)
class Page(asyncio.Protocol):
    """An open page: notes what came and when; it is read when all is over."""

    request: bytes
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Ask for the stream."""
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note it."""
        assert self.chunks or b" 200 " in data[:20], data[:200]
        self.chunks.append((time.perf_counter(), data))
        if not self.is_open.is_set() and b"event: here" in data:
            self.is_open.set()

    def heard(self) -> list[tuple[bytes, int, float]]:
        """Region, number and time of each entry that this page was told of."""
        whole, ends = b"", []
        for at, data in self.chunks:
            whole += data
            ends.append((len(whole), at))
        found, place = [], 0
        for one in NAMED.finditer(whole):
            while ends[place][0] < one.end():
                place += 1
            found.append((one[2], int(one[1]), ends[place][1]))
        return found


def acting(browser: Any, region: str, due: list[float], took: list[float]) -> None:
    """Act when it is due, or as soon as the room has answered the act before."""
    first = time.perf_counter() + 0.5  # when the pages are open
    due[:] = [first + at for at in due]
    for at in due:
        time.sleep(max(0.0, at - time.perf_counter()))
        began = time.perf_counter()
        assert browser.post("", verb="post.report", subject="", region=region).status == 302
        took.append(time.perf_counter() - began)


async def listening(
    place: Any, cookies: list[str], work: list[threading.Thread], cpu: list[float], pid: int
) -> list[Page]:
    """The pages, after all acts are done and heard, or patience is over."""
    loop, pages = asyncio.get_running_loop(), []
    for cookie in cookies:
        head = f"GET /live HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n\r\n"
        page = Page(head.encode())
        await loop.create_connection(lambda page=page: page, place.hostname, place.port)
        await asyncio.wait_for(page.is_open.wait(), PATIENCE_S)
        pages.append(page)
    cpu.append(cpu_of(pid))
    for one in work:
        one.start()
    while any(one.is_alive() for one in work):
        await asyncio.sleep(0.2)
    until = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until:
        await asyncio.sleep(0.5)
        if max(page.chunks[-1][0] for page in pages) < time.perf_counter() - 1:
            break
    cpu.append(cpu_of(pid))
    for page in pages:
        page.transport.close()
    return pages


def run(count: int, rate: float, seconds: float) -> int:
    """Run it; returns 1 when a page lacks an entry or has it twice, or p95 is above its limit."""
    import uvloop
    from tests.room.running import Browser, room

    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with tempfile.TemporaryDirectory() as folder, room(Path(folder) / "data") as running:
        actors = [Browser(running.address) for _ in REGIONS]
        for one in actors:
            assert one.sign_in(ACTOR, running.passwords[ACTOR]).status == 302
            for _ in range(WARM // len(REGIONS) + 1):
                one.post("", verb="post.report", subject="", region="74.06")
        cookies = cookies_of(running, count)
        acts, took = int(rate * seconds), []
        due = [[n / rate for n in range(acts) if n % len(REGIONS) == k]
               for k in range(len(REGIONS))]  # fmt: skip
        work = [threading.Thread(target=acting, args=(one, region, times, took), daemon=True)
                for one, region, times in zip(actors, REGIONS, due, strict=True)]  # fmt: skip
        pid = running.process.pid
        cpu = [cpu_of(pid)]
        pages = uvloop.run(listening(urlsplit(running.address), cookies, work, cpu, pid))
    wanted = {region.encode(): times for region, times in zip(REGIONS, due, strict=True)}
    return told(pages, wanted, took, cpu)


def told(
    pages: list[Page], wanted: dict[bytes, list[float]], took: list[float], cpu: list[float]
) -> int:
    """Print what was measured; returns the exit code."""
    delays, faults = [], 0
    for page in pages:
        heard = page.heard()
        for region, due in wanted.items():
            mine = sorted((seq, at) for where, seq, at in heard if where == region)
            faults += len(mine) != len(due) or len({seq for seq, _ in mine}) != len(due)
            delays += [at - began for (_, at), began in zip(mine, due, strict=False)]
    delays.sort()
    took.sort()
    acts = sum(map(len, wanted.values()))
    p50, p95, p99 = (delays[int(len(delays) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    print(f"{len(pages)} pages, {acts} acts: {len(delays):,} of "
          f"{acts * len(pages):,} delivered, {faults} pages with a gap or a double")  # fmt: skip
    print(
        f"from when the act was due to the page, ms: p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f},"
        f" largest {delays[-1] * 1000:.0f}"
    )
    print(f"an act's answer, ms: p50 {took[len(took) // 2] * 1000:.0f}, "
          f"p95 {took[int(len(took) * 0.95)] * 1000:.0f}")  # fmt: skip
    print(f"CPU of the server: {(cpu[2] - cpu[1]) / acts * 1000:.0f} ms an act, "
          f"{(cpu[1] - cpu[0]) / len(pages) * 1000:.1f} ms a page to open; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"p95 {p95:.0f} ms, limit {LIMIT_S * 1000:.0f} ms")
    return int(faults > 0 or p95 > LIMIT_S * 1000)
