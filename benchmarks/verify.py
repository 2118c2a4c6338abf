"""Benchmark of ``anoa verify``: time against the raw limit, and random damage at length.

    python benchmarks/verify.py [--entries 100000] [--changes 10000]

The raw limit is SHA-256 over the very same lines, one call a line, measured in the same run.
CPU seconds of this process, one run each after a warm-up of the file cache.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from anoa.errors import LogError
from anoa.logfile import HiddenEntry, LogHeader, LogLine, read_log, scan_log, write_log
from anoa.oplog import Entry, Handling
from anoa.seals import (
    KeyKind,
    PrivateKey,
    SealFile,
    inclusion_proof,
    make_seal,
    parse_seal,
    root_of,
    sign_checkpoint,
    verify_log,
)

START = datetime(2024, 8, 6, 1, 0, tzinfo=UTC)
HEADER = LogHeader("benchmark", "sha256:00", "Asia/Makassar", exercise=True)
KEY = PrivateKey(HEADER.origin, KeyKind.LOG, b"\x01" * 32)
DAYS = 30


def entry(seq: int) -> Entry:
    """An entry of about the size of a filed report."""
    opened = {key: value for key, value in HEADER.as_json().items() if key != "format"}
    report = {
        "region": f"74.{seq % 17:02d}", "category": "logistics", "count": seq % 40,
        "explanation": "the ferry of the afternoon did not leave, the next one leaves at six",
        "evidence": [f"R-{seq - 1:06d}"], "needs": {"boats": 1, "escort": False},
    }  # fmt: skip
    return Entry(
        seq=seq,
        at=START + timedelta(seconds=seq),
        by=f"m-{seq % 90}",
        agency="kpu-prov",
        kind="report.filed" if seq > 1 else "operation.opened",
        v=1,
        subject=f"R-{seq:06d}",
        data=report if seq > 1 else opened,
        handling=Handling.INSTITUTIONS,
        cause=None if seq == 1 else seq - 1,
        salt=hashlib.sha256(str(seq).encode()).hexdigest()[:32],
    )


def daily_seals(leaves: Sequence[bytes], days: int) -> list[SealFile]:
    """``days`` seals at equal distances, the last over all the leaves."""
    found, start = [], 0
    for day in range(1, days + 1):
        size = len(leaves) * day // days
        note = sign_checkpoint(KEY.name, size, root_of(leaves[:size]), KEY)
        found.append(parse_seal(make_seal(leaves[start:size], start, note)))
        start = size
    return found


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds and the result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def speed(entries: int, folder: Path) -> None:
    """Print how long each step of a verification takes, and how often the raw limit that is."""
    path = folder / "benchmark.log"
    with path.open("wb") as fp:
        writing, _ = timed(lambda: write_log(fp, HEADER, map(entry, range(1, entries + 1))))
    rows = path.read_bytes().splitlines()
    raw, leaves = timed(lambda: [hashlib.sha256(b"\x00" + row).digest() for row in rows[1:]])
    assert isinstance(leaves, list)
    seals = daily_seals(leaves, DAYS)
    data = [seal.data for seal in seals]
    parsing, parsed = timed(lambda: [parse_seal(one) for one in data])
    scanning, scan = timed(lambda: scan_log(path))
    comparing, verdict = timed(lambda: verify_log(scan, parsed, [KEY.public]))  # type: ignore[arg-type]
    assert verdict.ok, verdict  # type: ignore[attr-defined]
    reading, _ = timed(lambda: read_log(path))
    proving, _ = timed(lambda: inclusion_proof(leaves, entries // 3))
    total = parsing + scanning + comparing
    print(f"{entries} entries, {path.stat().st_size / 1e6:.1f} MB, {DAYS} seals")
    print(f"{'step':42}{'CPU s':>8}{'x raw limit':>13}{'entries/s':>12}")
    for step, seconds in (
        ("raw limit: SHA-256 over the same lines", raw),
        ("verify, whole", total),
        ("  parse the seals", parsing),
        ("  read the log and hash its entries", scanning),
        ("  check signatures and compare", comparing),
        ("read_log, strict", reading),
        ("write_log", writing),
        ("one inclusion proof", proving),
    ):
        print(f"{step:42}{seconds:8.3f}{seconds / raw:13.1f}{entries / seconds:12,.0f}")


# Random damage


def tokens(data: bytes) -> object:
    """What a log says, whatever the spaces; pairs are counted, so that a doubled key shows."""
    rows = data.decode().removesuffix("\n").split("\n")
    return [json.loads(row, object_pairs_hook=lambda p: (len(p), dict(p))) for row in rows]


def damaged(data: bytes, rng: random.Random) -> bytes:
    """One change: a bit, a byte more or less, a piece cut out or doubled, the rest gone."""
    start, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    end = min(end, start + 300)
    return rng.choice([
        data[:start] + bytes([data[start] ^ 1 << rng.randrange(8)]) + data[start + 1 :],
        data[:start] + data[start + 1 :],
        data[:start] + bytes([rng.randrange(256)]) + data[start:],
        data[:start] + data[end:],
        data[:end] + data[start:],
        data[:start],
    ])  # fmt: skip


def says_the_same(data: bytes, log: bytes) -> bool:
    """Whether the damage changed only spaces."""
    try:
        return tokens(data) == tokens(log)
    except ValueError:
        return False


def damage(changes: int) -> None:
    """Change a fully sealed log of 40 entries again and again; every change must be found."""
    whole = [entry(seq) for seq in range(1, 41)]
    lines: list[LogLine] = [
        HiddenEntry(one.seq, Handling.SEALED, one.leaf) if one.seq % 9 == 0 else one
        for one in whole
    ]
    fp = io.BytesIO()
    write_log(fp, HEADER, lines)
    log, seals = fp.getvalue(), daily_seals([one.leaf for one in whole], 4)
    rng, found = random.Random(6962), Counter[str]()
    for _ in range(changes):
        data = damaged(log, rng)
        try:
            verdict = verify_log(scan_log(io.BytesIO(data)), seals, [KEY.public])
        except LogError:
            found["unreadable header"] += 1
            continue
        same = says_the_same(data, log)
        missed = verdict.ok != same
        found["MISSED" if missed else "says the same" if same else "found"] += 1
    print(f"\n{changes} random changes of a sealed log: {dict(found)}")
    if found["MISSED"]:
        raise SystemExit(1)


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        speed(args.entries, Path(folder))
    damage(args.changes)


if __name__ == "__main__":
    main()
