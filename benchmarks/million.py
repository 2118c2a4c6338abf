"""Benchmark of the pages and exports with a million reports, through Django's test client.

    python benchmarks/million.py [--reports 1000000] [--times 20] [--folder /tmp/million]

The data folder holds the reference exercise and after it reports of an invented voting day: of all
institutions, regions, sub-districts and types, every tenth answered within minutes, and 50,000
incidents with one report each (one in twenty of the reports). Every entry passed the same checks
and the same fold as any other; a sample of the rows is compared with that fold. A folder that was
made before is used again. Times are of a whole request, signed in, in one process; CPU of this
process beside the clock, as the clock of a busy machine says little.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
PAGE_LIMIT_MS = 100
READERS = ("posko", "kpu-prov", "kpu-wakatobi", "observer")
DAY_S = 36 * 3600


def new_entries(pack: Any, start: Any, count: int) -> Iterator[Any]:
    """Reports, answers and incidents of one long day; the numbers go on from ``start``."""
    from anoa.oplog import Entry, Handling, instant_text

    chance = random.Random(7)
    at0, seq = start.at + timedelta(minutes=1), start.seq
    places = [(one.region, one.code) for one in pack.sub_districts.values()]
    types = [one for one in pack.threat_types.values() if not one.context]
    classes, agencies = list(pack.place_classes), [
        one.id for one in pack.agencies.values() if one.sees is Handling.INSTITUTIONS
    ]  # fmt: skip
    first, incidents = len(start.reports), len(start.incidents)
    late: list[tuple[str, str, Handling]] = []

    def entry(at: datetime, agency: str, kind: str, subject: str, handling: Any, data: Any) -> Any:
        nonlocal seq
        seq += 1
        return Entry(seq, at, f"m-{agency}"[:40], agency, kind, 1, subject, data, handling, None,
                     f"{seq:032x}")  # fmt: skip

    for number in range(1, count + 1):
        at = at0 + timedelta(seconds=round(number * DAY_S / count, 3))
        region, sub_district = chance.choice(places)
        spec, agency = chance.choice(types), chance.choice(agencies)
        ident = f"R-{first + number:04d}"
        place = {
            "region": region, "sub_district": sub_district, "threat_type": spec.id,
            "place_class": chance.choice(classes),
            "observed_at": instant_text(at - timedelta(minutes=chance.randrange(600))),
        }  # fmt: skip
        data = place | {
            "object": "activity", "reliability": chance.choice("ABCDEF"),
            "credibility": str(chance.randint(1, 6)), "obtained": "seen",
            "acknowledge_by": instant_text(at + pack.rules.clocks.acknowledge),
        }  # fmt: skip
        handling = Handling(spec.handling)
        if handling is Handling.SEALED:
            handling = Handling.INSTITUTIONS
        yield entry(at, agency, "report.filed", ident, handling, data)
        if number % 10 == 0:
            late.append((ident, agency, handling))
        if number % 20 == 0:
            opened = f"I-{incidents + number // 20:04d}"
            yield entry(at, agency, "incident.opened", opened, handling, place)
            yield entry(at, agency, "incident.tied", opened, handling, {"report": ident})
        if len(late) > 50:
            ident, filer, handling = late.pop(0)
            other = next(one for one in agencies if one != filer)
            yield entry(at, other, "report.acknowledged", ident, handling, {})


def fill(count: int) -> None:
    """Write the entries and the rows that follow from them straight into the database."""
    from django.conf import settings

    from anoa.room import record

    operation = record.current_operation()
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    base = sqlite3.connect(settings.DATA_FOLDER.database)
    base.execute("PRAGMA synchronous=OFF")
    waiting, start = new_entries(pack, picture, count), picture
    while batch := list(islice(waiting, 20_000)):
        picture = picture.extended(batch)
        base.executemany(
            "INSERT INTO room_entryrow (operation_id, seq, at, by, agency, kind, v, subject, data,"
            " handling, cause, salt) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            [(operation.pk, e.seq, e.at.replace(tzinfo=None).isoformat(" "), e.by, e.agency, e.kind,
              e.v, e.subject, json.dumps(e.data), str(e.handling), e.cause, e.salt)
             for e in batch],
        )  # fmt: skip
    rows = (
        (thing, record._thing_row(operation, thing, item))
        for thing in ("report", "incident", "post")
        for item in picture.things[thing].changed_since(start.things[thing])
    )
    sql = (
        "INSERT INTO room_thingrow (operation_id, thing, ident, owner, region, state, handling,"
        " due, value) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (operation_id, thing, ident) DO UPDATE"
        " SET owner=excluded.owner, region=excluded.region, state=excluded.state,"
        " handling=excluded.handling, due=excluded.due, value=excluded.value"
    )
    while batch := list(islice(rows, 20_000)):
        base.executemany(sql, [
            (operation.pk, thing, row.ident, row.owner, row.region, row.state, row.handling, None,
             json.dumps(row.value)) for thing, row in batch
        ])  # fmt: skip
    base.commit()
    base.close()
    _check_sample(operation, picture)


def _check_sample(operation: Any, picture: Any) -> None:
    """A thousand rows are what the fold says."""
    from anoa.room import record
    from anoa.room.models import ThingRow

    idents = random.Random(1).sample(list(picture.reports), min(1000, len(picture.reports)))
    rows = ThingRow.objects.filter(operation=operation, thing="report", ident__in=idents[:900])
    for row in rows:
        wanted = record._thing_row(operation, "report", picture.reports[row.ident])
        assert record._facts(row) == record._facts(wanted), row.ident


def made(folder: Path, count: int) -> bool:
    """Whether the folder was made by this run; else it was there."""
    os.environ["ANOA_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "anoa.room.settings"
    os.environ["ANOA_HOSTS"] = "testserver"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DATA_FOLDER.prepare()
    call_command("migrate", verbosity=0)
    from anoa.room import exercise, record

    if record.current_operation() is not None:
        return False
    exercise.open_exercise(ROOT / "packs" / "sultra-2024")
    fill(count)
    return True


def megabytes() -> float:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def timed(ask: Callable[[], Any], times: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and CPU milliseconds of one."""
    taken, cpu = [], time.process_time()
    for _ in range(times):
        start = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken), (time.process_time() - cpu) * 1000 / times


def pages(picture: Any) -> list[str]:
    """Every page, the list by every filter, and pages far into it."""
    threat = next(iter(picture.threats))
    ident = list(islice(reversed(picture.reports), 600_000, 600_001)) or ["R-0001"]
    return [
        "/", "/map", "/map.geojson?shapes=0", "/region/74.03", "/region/74", "/threats",
        f"/threats/{threat}", f"/reports/{ident[0]}", "/incidents/I-0100", "/meetings",
        "/commitments", "/tasks", "/calendar", "/index", "/daily-reports", "/log", "/shift",
        "/unit/polresta-kendari", "/reports", "/reports?state=unanswered",
        "/reports?place=74.03", "/reports?threat_type=logistics_crowd&reliability=A",
        "/reports?sub_district=74.03.06&credibility=6&obtained=document",
        "/reports?order=rating", "/reports?order=observed&state=acknowledged",
        "/search?q=kendari", "/search?q=logistik+muna", "/files",
        "/reports?q=kendari&state=unanswered",
    ]  # fmt: skip


def main() -> int:
    """Run the benchmark; returns 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description="Pages with a million reports.")
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return run(args, args.folder or Path(temporary) / "data")


def run(args: Any, folder: Path) -> int:
    """Make or take the folder, and measure."""
    start = time.perf_counter()
    fresh = made(folder, args.reports)
    print(f"{'made' if fresh else 'found'} the folder in {time.perf_counter() - start:.0f} s, "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    from django.test import Client

    from anoa.room import record
    from anoa.room.models import Member

    record._HISTORIES.clear()
    start, cpu = time.perf_counter(), time.process_time()
    record.warm(record.current_operation())
    picture = record.current_picture(record.current_operation())
    print(f"first picture: {time.perf_counter() - start:.1f} s, "
          f"{time.process_time() - cpu:.1f} s CPU, {len(picture.reports)} reports, "
          f"{len(picture.incidents)} incidents, {picture.seq} entries, "
          f"{megabytes():.0f} MB")  # fmt: skip
    worst = 0.0
    for name in READERS:
        client = Client()
        client.force_login(Member.objects.get(ident=name).user)
        client.cookies["django_language"] = "en"
        for path in pages(picture):
            if args.only and args.only not in path:
                continue
            worst = max(worst, measured(client, name, path, args.times))
    exported(picture)
    print(f"worst p95 of a page {worst:.0f} ms (at most {PAGE_LIMIT_MS}), "
          f"{megabytes():.0f} MB")  # fmt: skip
    return int(worst > PAGE_LIMIT_MS)


def exported(picture: Any) -> None:
    """Files of about 50,000 reports, taken away by the duty officer piece by piece."""
    from django.test import Client

    from anoa.columns import find
    from anoa.room.models import Member

    client = Client()
    client.force_login(Member.objects.get(ident="posko").user)
    counts = find(picture, "report").counts("region")
    region = min(counts, key=lambda one: abs(counts[one] - 50_000))
    for form in ("csv", "hxl", "geojson", "xlsx"):
        before, start, cpu = megabytes(), time.perf_counter(), time.process_time()
        answer = client.get(f"/reports/export?format={form}&place={region}")
        size = sum(map(len, answer.streaming_content))
        print(f"{form:<8} {answer['X-Anoa-Rows']} rows, {size / 1e6:.1f} MB in "
              f"{time.perf_counter() - start:.2f} s, {time.process_time() - cpu:.2f} s CPU, memory "
              f"{megabytes() - before:+.0f} MB", flush=True)  # fmt: skip


def measured(client: Any, name: str, path: str, times: int) -> float:
    """Ask for a page several times; the first is told apart, as it makes what is kept."""
    start = time.perf_counter()
    answer = client.get(path)
    first = (time.perf_counter() - start) * 1000
    size = len(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    taken, cpu = timed(lambda: client.get(path), times if first < 3000 else 2)
    p95 = taken[min(int(len(taken) * 0.95), len(taken) - 1)]
    print(f"{name:<14} {path:<58} {answer.status_code} {size:8} B  first {first:7.0f}  "
          f"p50 {statistics.median(taken):6.0f}  p95 {p95:6.0f}  cpu {cpu:6.0f} ms",
          flush=True)  # fmt: skip
    return p95 if answer.status_code == 200 else 0.0


if __name__ == "__main__":
    sys.exit(main())
