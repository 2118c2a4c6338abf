"""Benchmark of the start: from the command to the first page, after a kill -9 in the exercise.

    python benchmarks/start.py [--times 5]

Each time a server that plays the demo is killed without warning and ``anoa serve`` starts on what
it left. The peer is the same Python that imports Django alone, in the same run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
LIMIT_S = 5.0


def imported() -> float:
    """Seconds of a Python process that imports Django and ends."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import django.core.wsgi"], check=True)
    return time.monotonic() - began


def main() -> int:
    """Print the table; 1 when a start took longer than the limit."""
    from tests.room.running import room

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    starts: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with room(data) as running:
            running.process.kill()
        for _ in range(times):
            with room(data, command="serve") as running:
                starts.append(running.took_s)
                running.process.kill()
    peers = sorted(imported() for _ in range(times))
    starts.sort()
    middle, peer = starts[times // 2], peers[times // 2]
    print(f"{'what':<40} {'median s':>9} {'worst s':>9} {'ratio':>7}")
    print(f"{'Python imports Django':<40} {peer:9.2f} {peers[-1]:9.2f} {1:7.1f}")
    print(f"{'start after kill -9 to the first page':<40} {middle:9.2f} {starts[-1]:9.2f} "
          f"{middle / peer:7.1f}  limit {LIMIT_S:.0f} s")  # fmt: skip
    return int(starts[-1] > LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
