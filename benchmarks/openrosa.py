"""Benchmark of OpenRosa: reports as phones send them over real HTTP, stored before the answer.

    python benchmarks/openrosa.py [--reports 2000] [--clients 32]

A room in a process of its own serves the invented country with one more form. Threads post
submissions of about 900 bytes of XML, each with an id of its own, then some with a picture of
300 kB. CPU is that of the server by report. In the same minute the disk is measured: plain
sqlite3, synchronous=FULL, one transaction for each report of the same size.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
PICTURE = 300_000  # bytes


def raw_limit(folder: Path, count: int) -> float:
    """Reports a second of plain sqlite3, one transaction each."""
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE report (id TEXT PRIMARY KEY, body BLOB)")
    began = time.perf_counter()
    for number in range(count):
        connection.execute("INSERT INTO report VALUES (?, ?)", (str(number), os.urandom(900)))
    return count / (time.perf_counter() - began)


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    times = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def post(address: str, token: str, count: int, picture: bytes, waits_s: list[float]) -> None:
    """Send so many submissions over one connection; a status other than 201 ends it."""
    from tests.openrosa_material import filled_in
    from tests.room.openrosa_phone import BOUNDARY, body_of, picture_part, xml_part

    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    fields = {"region": "ve.ald", "words": "w" * 300} | ({"photo": "1.jpg"} if picture else {})
    for _number in range(count):
        sent = [xml_part(filled_in(fields, instance=f"uuid:{os.urandom(12).hex()}"))]
        sent += [picture_part("1.jpg", picture)] if picture else []
        began = time.perf_counter()
        connection.request("POST", f"/t/{token}/openrosa/submission", body_of(*sent), headers)
        answer = connection.getresponse()
        said = answer.read()
        waits_s.append(time.perf_counter() - began)
        if answer.status != 201:
            raise SystemExit(f"{answer.status}: {said.decode()}")


def measure(name: str, server: tuple[int, str, str], reports: int, clients: int, size: int) -> None:
    """Send from several threads and print what came of it."""
    pid, address, token = server
    waits_s: list[float] = []
    args = (address, token, reports // clients, os.urandom(size), waits_s)
    threads = [threading.Thread(target=post, args=args) for _client in range(clients)]
    cpu, began = cpu_s(pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    waits_s.sort()
    print(
        f"{name}: {len(waits_s) / took:,.0f} reports/s, p50 {waits_s[len(waits_s) // 2] * 1e3:.0f} "
        f"ms, p99 {waits_s[int(len(waits_s) * 0.99)] * 1e3:.0f} ms, "
        f"CPU {(cpu_s(pid) - cpu) * 1e3 / len(waits_s):.2f} ms a report"
    )


def main() -> None:
    """Make the room, measure, say the load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=32)
    wanted = parser.parse_args()
    from tests.openrosa_material import FORM, form_file
    from tests.room.running import room
    from tests.room.test_openrosa_talk import MAKE, run

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "packs" / "velmarra-2025", folder / "pack")
        file = folder / "pack" / "forms" / f"{FORM.id}.yaml"
        file.write_text(form_file(("en",)), encoding="utf-8")
        token = run(folder / "data", MAKE, str(folder / "pack"))["phone"]
        with room(folder / "data", command="serve") as running:
            server = running.process.pid, running.address, token
            measure("warm up", server, 64, 8, 0)
            print(f"raw sqlite3, FULL, one each: {raw_limit(folder, 1000):,.0f} reports/s")
            measure(f"{wanted.clients} phones", server, wanted.reports, wanted.clients, 0)
            measure("8 phones with pictures", server, 160, 8, PICTURE)
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
