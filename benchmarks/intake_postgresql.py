"""Benchmark of intake on PostgreSQL: two machines on one database, against one on SQLite.

    python benchmarks/intake_postgresql.py [--seconds 8] [--clients 32] [--kills 10]

A PostgreSQL of its own is started (durable: fsync and synchronous_commit are on), the demo played
into it, and two server processes serve it, each with half of the clients. SQLite with one process
is measured before and after, in the same minute. ``kill`` kills the two in turn under writers and
looks for each report that was acknowledged. The exit code is 1 when one is lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "benchmarks")]

from intake import (  # noqa: E402
    Server,
    bulk,
    cpu_s,
    faults,
    judged,
    load,
    proved,
    singles,
    told,
    until_killed,
)
from tests.postgres_server import running  # noqa: E402
from tests.room.running import DATABASES  # noqa: E402


def percentile(took: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(took)[min(int(len(took) * share), len(took) - 1)] * 1000


async def at_both(ports: list[int], path: str, clients: int, seconds: float) -> list[float]:
    """Singles from half of the clients at each port."""
    each = clients // len(ports)
    took = await asyncio.gather(*[singles(port, path, each, seconds) for port in ports])
    return [one for half in took for one in half]


def rate_of(servers: list[Server], path: str, args: argparse.Namespace, name: str) -> float:
    """Durable singles a second at servers that were started for it; prints a line."""
    ports = [one.run() for one in servers]
    asyncio.run(at_both(ports, path, args.clients, 1))  # warm
    before, began = sum(cpu_s(one.process.pid) for one in servers if one.process), time.monotonic()
    took = asyncio.run(at_both(ports, path, args.clients, args.seconds))
    rate = len(took) / (time.monotonic() - began)
    cpu = sum(cpu_s(one.process.pid) for one in servers if one.process) - before
    print(f"{name:<34}{rate:8.0f}/s, p50 {percentile(took, 0.5):.1f} ms, "
          f"p99 {percentile(took, 0.99):.1f} ms, anoa CPU {cpu / len(took) * 1000:.3f} ms a report"
          f"   {load()}", flush=True)  # fmt: skip
    _took, of_batches = asyncio.run(bulk(ports[0], path, 1000, args.seconds / 2, 1))
    print(f"{'  NDJSON of 1,000, one client':<34}{of_batches:8.0f}/s")
    for one in servers:
        one.stop()
    return rate


def kills(servers: list[Server], path: str, clients: int, rounds: int) -> dict[str, Any]:
    """Kill one of the two in turn under writers at both; what was lost or doubled."""
    chance, acked, open_ids = random.Random(6), dict[str, int](), list[str]()
    for number in range(rounds):
        ports = [one.run() for one in servers]
        victim = servers[number % 2]

        async def one_round(ports: list[int] = ports, victim: Server = victim) -> None:
            writing = [
                asyncio.create_task(until_killed(port, path, clients // 2, acked, open_ids))
                for port in ports
            ]
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            assert victim.process is not None
            victim.process.kill()
            await asyncio.sleep(0.3)  # the other goes on
            for one in servers:
                assert one.process is not None
                one.process.kill()
            await asyncio.gather(*writing)

        asyncio.run(one_round())
        for one in servers:
            assert one.process is not None
            one.process.wait(20)
    return judged(acked, proved(servers[0]))


def measure(args: argparse.Namespace, folder: Path) -> list[str]:
    """Measure, and print a line for each; returns what is wrong."""
    alone = Server(folder / "sqlite")
    path = f"/t/{alone.prepare()}/api/v1/submissions"
    with running() as postgres:
        data = folder / "first"
        DATABASES[data] = postgres.create(f"room_{secrets.token_hex(4)}")
        first = Server(data)
        shared = f"/t/{first.prepare()}/api/v1/submissions"
        other = folder / "second"
        for name in ("keys", "packs"):
            shutil.copytree(data / name, other / name)
        DATABASES[other] = DATABASES[data]
        second = Server(other)
        before = rate_of([alone], path, args, "SQLite, one process")
        one = rate_of([first], shared, args, "PostgreSQL, one process")
        both = rate_of([first, second], shared, args, "PostgreSQL, two processes")
        after = rate_of([alone], path, args, "SQLite, one process, again")
        sqlite = (before + after) / 2
        print(f"PostgreSQL with two is {both / sqlite:.2f} of SQLite, with one {one / sqlite:.2f}")
        if not args.kills:
            return []
        said = kills([first, second], shared, args.clients, args.kills)
        print(f"kill -9 of one of two, {args.kills} times: {said}")
        return faults(said, "kill")


def main() -> int:
    """Measure and print; returns 1 when a report was lost, doubled or filed otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--kills", type=int, default=10)
    args = parser.parse_args()
    os.environ.pop("ANOA_DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="anoa-intake-") as folder:
        return told(measure(args, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
