"""Benchmark of intake over real HTTP: durable singles, batches, kill -9, and a network that cuts.

    python benchmarks/intake.py [--seconds 8] [--clients 32] [--kills 50] [--only singles,…]

A real server process serves the demo's operation. Its raw limit is measured in the same minute:
plain sqlite3 on the same disk, WAL with synchronous=FULL, one transaction for each report, no
HTTP, no encryption, no token. Server CPU is user and system time of the server process. ``kill``
has 32 writers send without pause, kills the server, starts it anew, and looks for each report that
was acknowledged. ``cut`` sends each report five times through a proxy that closes connections
after a random number of bytes, both ways. The exit code is 1 when an acknowledged report is lost,
has another number, is stored or filed twice, or when rows and log do not agree.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvloop

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
PARTS = ("raw", "singles", "bulk", "kill", "cut")
TICK = os.sysconf("SC_CLK_TCK")
FIELDS = {
    "region": "74.03", "sub_district": "74.03.06", "threat_type": "rumor",
    "place_class": "market", "object": "activity", "observed_at": "2024-08-08T11:00:00Z",
    "reliability": "B", "credibility": "2", "obtained": "told",
    "account": "Invented words of an exercise, about as long as a short message on a phone is.",
}  # fmt: skip


BEGIN, END = (
    json.dumps({"id": "|", "form": "report", "version": "1", "fields": FIELDS}).encode().split(b"|")
)


def report(ident: str) -> bytes:
    """One submission as JSON."""
    return BEGIN + ident.encode() + END


class Sender(asyncio.Protocol):
    """One keep-alive connection that sends a request and waits for its answer."""

    def __init__(self) -> None:
        self.buffer = b""
        self.answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end or self.answer is None:
            return
        at = head.index(b"content-length:") + 15
        length = int(head[at : at + 12].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self.buffer = rest[length:]
        answer, self.answer = self.answer, None
        if not answer.done():
            answer.set_result((int(head[9:12]), rest[:length]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError("the connection was cut"))

    async def post(self, path: str, body: bytes, kind: str = "application/json") -> Any:
        """Send and wait; gives status and body."""
        self.answer = asyncio.get_running_loop().create_future()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        return await self.answer


async def connected(port: int) -> Sender:
    """A new connection."""
    loop = asyncio.get_running_loop()
    _transport, sender = await loop.create_connection(Sender, "127.0.0.1", port)
    return sender


# The raw limit


def raw_limit(folder: Path, seconds: float) -> float:
    """Reports a second into plain sqlite3: FULL, one transaction each."""
    base = sqlite3.connect(folder / f"raw-{secrets.token_hex(4)}.sqlite3", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE report (number INTEGER PRIMARY KEY, id TEXT UNIQUE, body BLOB)")
    body, count, until = report("x" * 32), 0, time.monotonic() + seconds
    began = time.monotonic()
    while time.monotonic() < until:
        base.execute("BEGIN IMMEDIATE")
        base.execute("INSERT INTO report (id, body) VALUES (?, ?)", (secrets.token_hex(16), body))
        base.execute("COMMIT")
        count += 1
    base.close()
    return count / (time.monotonic() - began)


def raw_same_row(folder: Path, room: Path, seconds: float) -> float:
    """The same into a table with the columns and indexes of the room's own, a stored row each."""
    base = sqlite3.connect(folder / f"same-{secrets.token_hex(4)}.sqlite3", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    with sqlite3.connect(room) as stored:
        for (made,) in stored.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'room_submissionrow' AND sql <> '' "
            "ORDER BY type DESC"
        ):
            base.execute(made)
        row = stored.execute("SELECT * FROM room_submissionrow LIMIT 1").fetchone()
        names = [one[1] for one in stored.execute("PRAGMA table_info(room_submissionrow)")]
    place = names.index("sender_id")
    marks = ",".join("?" * (len(row) - 1))
    insert = f"INSERT INTO room_submissionrow ({','.join(names[1:])}) VALUES ({marks})"
    count, until = 0, time.monotonic() + seconds
    began = time.monotonic()
    while time.monotonic() < until:
        base.execute("BEGIN IMMEDIATE")
        base.execute(insert, (*row[1:place], secrets.token_hex(16), *row[place + 1 :]))
        base.execute("COMMIT")
        count += 1
    base.close()
    return count / (time.monotonic() - began)


def cpu_s(pid: int) -> float:
    """User and system time of a process."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICK


# Rates


async def singles(port: int, path: str, clients: int, seconds: float) -> list[float]:
    """Seconds that each acknowledged single took."""
    took: list[float] = []
    until = time.perf_counter() + seconds
    ids = [secrets.token_hex(16) for _ in range(1 << 16)]

    async def send() -> None:
        sender = await connected(port)
        while (began := time.perf_counter()) < until:
            status, said = await sender.post(path, report(ids.pop()))
            assert status == 201, (status, said)
            took.append(time.perf_counter() - began)
        sender.transport.close()

    await asyncio.gather(*[send() for _ in range(clients)])
    return took


async def bulk(
    port: int, path: str, lines: int, seconds: float, clients: int
) -> tuple[list[float], float]:
    """Seconds that each acknowledged batch took, and reports a second.

    The batches are made beforehand, as making them would take the server's processor.
    """
    took: list[float] = []
    batches = [
        b"\n".join(report(secrets.token_hex(16)) for _ in range(lines))
        for _ in range(int(seconds * 20))
    ]

    async def send() -> None:
        sender = await connected(port)
        while batches and time.perf_counter() < until:
            began, body = time.perf_counter(), batches.pop()
            status, said = await sender.post(f"{path}/batch", body, "application/x-ndjson")
            took.append(time.perf_counter() - began)
            assert status == 207 and said.count(b'"status":201') == lines, said[:300]
        sender.transport.close()

    start = time.perf_counter()
    until = start + seconds
    await asyncio.gather(*[send() for _ in range(clients)])
    return took, lines * len(took) / (time.perf_counter() - start)


# Losing nothing


class Server:
    """``anoa serve`` on a data folder."""

    def __init__(self, data: Path) -> None:
        from tests.room.running import environment

        self.environment = environment(data) | {
            name: os.environ[name] for name in ("ANOA_DATABASE_URL",) if name in os.environ
        }  # fmt: skip
        self.data = data
        self.process: subprocess.Popen[str] | None = None

    def anoa(self, *args: str) -> str:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "anoa", *args], env=self.environment, cwd=ROOT, text=True,
            capture_output=True, check=True,
        ).stdout  # fmt: skip

    def prepare(self) -> str:
        """Play the demo into the folder and make a token; returns the token."""
        self.run("demo")
        self.stop()
        return self.anoa("token", "new", "--agency", "polda-sultra", "--label", "benchmark").strip()

    def run(self, command: str = "serve") -> int:
        """Start it; returns the port."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "anoa", command, "--port", "0"], env=self.environment,
            cwd=ROOT, text=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        port = 0
        for line in self.process.stdout:
            if "http://" in line:
                port = urlsplit(line[line.index("http://") :].strip()).port or 0
            if line.startswith(("Stop with", "anoa serves")):
                return port
        raise RuntimeError("the server did not start")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.communicate(timeout=60)


PROVE = """
import json, sys
from anoa.cli.serve import opened_room
with opened_room():
    from anoa.room import record
    from anoa.room.intake.filing import file_some
    from anoa.room.models import EntryRow, SubmissionRow
    operation = record.current_operation()
    while file_some(operation, turn_s=5): pass
    rows = dict(SubmissionRow.objects.values_list("sender_id", "number"))
    states = list(SubmissionRow.objects.values_list("state", flat=True))
    named = [e for e in EntryRow.objects.filter(kind="report.filed").values_list("data", flat=True)]
    named = [e["submission"] for e in named if e.get("submission")]
    print(json.dumps({"rows": rows, "count": SubmissionRow.objects.count(),
        "filed": states.count("filed"), "named": len(named), "twice": len(named) - len(set(named)),
        "agree": record.rows_equal_replay(operation)}))
"""


def proved(server: Server) -> dict[str, Any]:
    """What lies in the folder once everything that waits was filed."""
    ran = subprocess.run(
        [sys.executable, "-c", PROVE], env=server.environment, cwd=ROOT, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


async def until_killed(
    port: int, path: str, clients: int, acked: dict[str, int], open_ids: list[str]
) -> None:
    """Send from many clients until the server is gone; what was not answered is tried again."""

    async def send() -> None:
        ident = open_ids.pop() if open_ids else secrets.token_hex(16)
        try:
            sender = await connected(port)
            while True:
                status, said = await sender.post(path, report(ident))
                assert status in (200, 201), (status, said)
                acked[ident] = json.loads(said)["number"]
                ident = secrets.token_hex(16)
        except OSError:
            open_ids.append(ident)

    await asyncio.gather(*[send() for _ in range(clients)])


def kills(server: Server, path: str, clients: int, rounds: int, seed: int = 4) -> dict[str, Any]:
    """Kill the server under writers, again and again; returns what was lost or doubled."""
    chance, acked, open_ids = random.Random(seed), dict[str, int](), list[str]()
    for _ in range(rounds):
        port = server.run()

        async def one_round(port: int = port) -> None:
            writing = asyncio.create_task(until_killed(port, path, clients, acked, open_ids))
            before = len(acked)
            await asyncio.sleep(chance.uniform(0.2, 1.2))
            while len(acked) == before and not writing.done():  # a busy machine is slow to begin
                await asyncio.sleep(0.02)
            assert server.process is not None
            server.process.kill()
            await writing

        uvloop.run(one_round())
        server.stop(signal.SIGKILL)
    return judged(acked, proved(server))


def judged(acked: dict[str, int], found: dict[str, Any]) -> dict[str, Any]:
    """What became of the acknowledged reports; each of FAULTS must be none."""
    rows = found["rows"]
    return {
        "acknowledged": len(acked), "filed": found["filed"],
        "lost": sum(ident not in rows for ident in acked),
        "other number": sum(rows.get(ident) != number for ident, number in acked.items()),
        "stored twice": found["count"] - len(rows), "filed twice": found["twice"],
        "filed without an entry": max(found["filed"] - found["named"], 0),
        "an entry without its row": max(found["named"] - found["filed"], 0),
        "rows unlike the log": int(not found["agree"]),
    }  # fmt: skip


FAULTS = ("lost", "other number", "stored twice", "filed twice", "filed without an entry",
          "an entry without its row", "rows unlike the log")  # fmt: skip


def faults(said: dict[str, Any], name: str) -> list[str]:
    """The faults among these, each in a line; an experiment that acknowledged nothing is one."""
    none = [] if said["acknowledged"] else [f"{name}: nothing was acknowledged"]
    return none + [f"{name}: {one}: {said[one]}" for one in FAULTS if said[one]]


class Cutter:
    """A proxy that closes a connection after a random number of bytes, in either direction."""

    def __init__(self, port: int, seed: int = 5) -> None:
        self.port, self.chance, self.cuts = port, random.Random(seed), 0

    async def start(self) -> int:
        """Listen on a free port; returns it."""
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def serve(self, reader: Any, writer: Any) -> None:
        """Pass bytes on both ways until the cut."""
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.port)
        left = self.chance.randrange(1, 3_000)

        async def pass_on(source: Any, target: Any) -> None:
            nonlocal left
            while data := await source.read(64):
                left -= len(data)
                if left <= 0:
                    self.cuts += 1
                    return
                target.write(data)
                await target.drain()

        ways = [asyncio.ensure_future(pass_on(reader, to_writer)),
                asyncio.ensure_future(pass_on(to_reader, writer))]  # fmt: skip
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (*ways, writer, to_writer):
            one.cancel() if isinstance(one, asyncio.Future) else one.transport.abort()
        with suppress(asyncio.CancelledError):  # what was cut at the very end
            await asyncio.gather(*ways, return_exceptions=True)


async def through_cuts(
    port: int, path: str, reports: int, times: int
) -> tuple[int, dict[str, set[int]], int]:
    """Send each report until it was acknowledged so many times; gives tries, numbers, cuts."""
    cutter = Cutter(port)
    cut_port = await cutter.start()
    tries, numbers = 0, dict[str, set[int]]()
    gate = asyncio.Semaphore(16)

    async def insist(ident: str) -> None:
        nonlocal tries
        acknowledged = 0
        while acknowledged < times:
            async with gate:
                tries += 1
                try:
                    sender = await connected(cut_port)
                    status, said = await sender.post(path, report(ident))
                except (OSError, ValueError):
                    continue
                sender.transport.close()
            if status in (200, 201):
                acknowledged += 1
                numbers.setdefault(ident, set()).add(json.loads(said)["number"])

    await asyncio.gather(*[insist(secrets.token_hex(16)) for _ in range(reports)])
    cutter.server.close()
    return tries, numbers, cutter.cuts


# The table


def load() -> str:
    """The machine's load, which moves these figures more than the program does."""
    return f"load {os.getloadavg()[0]:.1f}"


def measure(args: argparse.Namespace, folder: Path) -> list[str]:
    """Measure the parts that were asked for, and print a line for each; returns what is wrong."""
    wrong: list[str] = []
    server = Server(folder / "data")
    path = f"/t/{server.prepare()}/api/v1/submissions"
    raw = raw_limit(folder, args.seconds / 2)
    if {"singles", "bulk"} & args.only:
        port = server.run()
        assert server.process is not None
        pid = server.process.pid
        if "singles" in args.only:
            uvloop.run(singles(port, path, args.clients, 1))  # warm
            before, began = cpu_s(pid), time.monotonic()
            took = sorted(uvloop.run(singles(port, path, args.clients, args.seconds)))
            rate, cpu = len(took) / (time.monotonic() - began), cpu_s(pid) - before
            raw = (raw + raw_limit(folder, args.seconds / 2)) / 2
            same = raw_same_row(folder, server.data / "anoa.sqlite3", args.seconds / 2)
            print(f"raw sqlite3, FULL, one transaction each: id and text  {raw:8.0f}/s   {load()}")
            print(f"the same, the room's own row and indexes  {same:8.0f}/s")
            print(f"singles, {args.clients} clients  {rate:8.0f}/s = {rate / raw:.2f} x the first, "
                  f"{rate / same:.2f} x the second, "
                  f"p50 {took[len(took) // 2] * 1000:.1f} ms, "
                  f"p99 {took[int(len(took) * 0.99)] * 1000:.1f} ms, "
                  f"server CPU {cpu / len(took) * 1000:.3f} ms a report")  # fmt: skip
        if "bulk" in args.only:
            for clients in (1, 2):
                before = cpu_s(pid)
                took, rate = uvloop.run(bulk(port, path, 1000, args.seconds, clients))
                cpu = (cpu_s(pid) - before) / len(took)
                print(f"NDJSON of 1,000, {clients} at once  {rate:8.0f}/s, "
                      f"p50 {sorted(took)[len(took) // 2] * 1000:.0f} ms, "
                      f"server CPU {cpu:.3f} ms a report   {load()}")  # fmt: skip
        server.stop()
    if "cut" in args.only:
        port = server.run()
        tries, numbers, cuts = uvloop.run(through_cuts(port, path, 300, 5))
        server.stop()
        odd = sum(len(found) != 1 for found in numbers.values())
        said = judged({ident: min(found) for ident, found in numbers.items()}, proved(server))
        print(f"cutting network: 300 reports five times, {tries} tries, {cuts} cuts, "
              f"with other than one number {odd}: {said}")  # fmt: skip
        wrong += faults(said, "cut")
        wrong += [f"cut: more than one number for {odd}"] if odd or len(numbers) != 300 else []
    if "kill" in args.only:
        said = kills(server, path, args.clients, args.kills)
        print(f"kill -9 under {args.clients} writers, {args.kills} times: {said}")
        wrong += faults(said, "kill")
    return wrong


def told(wrong: list[str]) -> int:
    """Say what was lost or doubled; the exit code of it."""
    for one in wrong:
        print(f"FAILED: {one}", file=sys.stderr)
    return int(bool(wrong))


def main() -> int:
    """Measure and print; returns 1 when a report was lost, doubled or filed otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--only", default=",".join(PARTS))
    args = parser.parse_args()
    args.only = set(args.only.split(","))
    if strange := args.only - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(strange))}")
    with tempfile.TemporaryDirectory(prefix="anoa-intake-") as folder:
        return told(measure(args, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
