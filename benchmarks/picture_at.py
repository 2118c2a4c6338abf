"""Benchmark of the past: the picture of any moment of a long log in the room's database.

    python benchmarks/picture_at.py [--entries 100000] [--moments 60]

The log is the reference exercise lived through again and again (``long_log``), stored in SQLite as
the room stores it. Asked are moments at random, at both ends, and just before each kept picture,
where most entries are folded. The peer is a raw read of the very rows that lie between the moment
and the beginning of the log, without folding, in the same run; the second one folds them too, as
``anoa replay --until`` does. Also measured: the first picture after a start, and the pages of the
log.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from long_log import long_log

from anoa.pack import load_pack
from anoa.picture import Picture

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(tempfile.mkdtemp(prefix="anoa-bench-"))
LIMIT_S = 1.0


def prepared(count: int) -> Any:
    """The operation of a fresh data folder whose log has that many entries."""
    os.environ |= {"ANOA_DATA": str(DATA), "DJANGO_SETTINGS_MODULE": "anoa.room.settings"}
    os.environ.pop("ANOA_DATABASE_URL", None)
    import django

    django.setup()
    from django.core.management import call_command

    from anoa.room import record
    from anoa.room.models import EntryRow, Operation

    call_command("migrate", verbosity=0)
    source = ROOT / "packs" / "sultra-2024"
    pack = load_pack(source)
    shutil.copytree(source, DATA / "packs" / "bench")
    operation = Operation.objects.create(
        ident=pack.id, pack_folder="packs/bench", pack_digest=pack.digest,
        time_zone=pack.time_zone, exercise=True,
    )  # fmt: skip
    rows = [record._entry_row(operation, entry) for entry in long_log(pack, count)]
    EntryRow.objects.bulk_create(rows, batch_size=5000)
    return operation


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Wall and CPU seconds of some work, and what it gives."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def line(name: str, walls: list[float], cpus: list[float], peer: float | None = None) -> str:
    """A row of the table: median, largest, CPU a go, and the ratio of medians to the peer's."""
    walls, middle = sorted(walls), sorted(walls)[len(walls) // 2]
    ratio = f"{middle / peer:8.2f}" if peer else "        "
    return (f"{name:<44} {middle:8.3f} {walls[-1]:8.3f} {sum(cpus) / len(cpus):8.3f} {ratio}"
            f"  n={len(walls)}")  # fmt: skip


def places(count: int, moments: int) -> list[int]:
    """Entries at both ends, some just before a kept picture, the rest at random."""
    from anoa.room.history import EVERY

    dear = range(EVERY - 1, count, max(count // 10 // EVERY, 1) * EVERY)
    rng = random.Random(3)
    found = [1, 2, count - 1, count, *dear]
    return found + [rng.randint(1, count) for _ in range(max(moments - len(found), 0))]


def measured(operation: Any, count: int, moments: int) -> float:
    """Print the table; returns the longest time to the picture of a moment."""
    from anoa.room import record

    start = timed(lambda: record.current_picture(operation))
    again = timed(lambda: record.current_picture(operation))
    at = [record.entries(operation, seq - 1, seq)[0].at for seq in places(count, moments)]
    ours = [timed(lambda t=t: record.picture_at(operation, at=t)) for t in at]
    few = range(0, len(at), max(len(at) // 8, 1))
    seqs = [record.seq_at(operation, at[i]) for i in few]
    raw = [timed(lambda s=s: len(record.entries(operation, 0, s))) for s in seqs]
    plain = [timed(lambda t=at[i]: Picture.replay(record.entries(operation), until=t)) for i in few]
    assert all(ours[i][2] == found[2] for i, found in zip(few, plain, strict=True))
    peer = sorted(one[0] for one in raw)[len(raw) // 2]
    print(f"{count} entries, {sum(map(len, record.current_picture(operation).things.values()))} "
          "things; seconds")  # fmt: skip
    print(f"{'':<44} {'median':>8} {'largest':>8} {'CPU':>8} {'ratio':>8}")
    rows = {
        "picture of a moment (record.picture_at)": ours,
        "peer: raw read of the rows up to it": raw,
        "plain replay --until from the database": plain,
        "first picture after a start": [start],
        "current picture, kept": [again],
    }
    for name, runs in rows.items():
        print(line(name, [run[0] for run in runs], [run[1] for run in runs], peer))
    return max(run[0] for run in ours)


def main() -> int:
    """Run the benchmark; returns 1 when a moment took longer than its limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--moments", type=int, default=60)
    args = parser.parse_args()
    try:
        worst = measured(prepared(args.entries), args.entries, args.moments)
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
    print(f"load {os.getloadavg()[0]:.1f}; worst {worst:.3f} s, limit {LIMIT_S} s")
    return int(worst > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
