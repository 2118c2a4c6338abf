"""Benchmark of the pages and exports with a million reports, through Django's test client.

    python benchmarks/million.py [--reports 1000000] [--times 20] [--folder FOLDER]

The data folder holds the reference exercise and after it reports of an invented voting day: of all
institutions, regions, sub-districts and types, every tenth answered within minutes, and 50,000
incidents with one report each (one in twenty of the reports). Every entry passed the same checks
and the same fold as any other; a sample of the rows is compared with that fold. A folder that was
made before is used again. Times are of a whole request, signed in, in one process; CPU of this
process beside the clock, as the clock of a busy machine says little.

Before each timed request somebody acts, a report filed or an old one acknowledged in turn, so that
nothing which is kept of the picture before holds (``--still`` leaves that out); the act itself is
not timed. First calls are those of a process of their own, which had nothing but its start. The
memory of a file is the peak while it is written, not what is left. An answer that is not 200, and
a limit that is not held, is said at the end, and the exit code is 1.
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
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]
PAGE_LIMIT_MS, MAP_FIRST_MS, CSV_S, CSV_MB = 100, 1000, 2.0, 32
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


def megabytes(name: str = "VmRSS") -> float:
    """Memory of this process now, or with ``VmHWM`` its peak since ``new_peak``."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(one for one in lines if one.startswith(name)).split()[1]) / 1000


def new_peak() -> None:
    """Let the peak begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


class Acts:
    """Acts of institutions between requests: a report filed, an old one acknowledged, in turn."""

    def __init__(self, picture: Any, is_still: bool) -> None:
        from anoa.room.models import Member

        self.still, self.number = is_still, 0
        self.members = {name: Member.objects.select_related("operation").get(ident=name)
                        for name in ("posko", "kpu-prov")}  # fmt: skip
        self.open = [one.id for one in islice(picture.reports.values(), 200_000)
                     if one.state == "recorded" and str(one.handling) == "institutions"
                     and one.owner not in ("polda-sultra",)]  # fmt: skip
        random.Random(3).shuffle(self.open)

    def one(self) -> None:
        """Do the next."""
        from anoa.oplog import instant_text
        from anoa.room import actions, record

        if self.still:
            return
        self.number += 1
        if self.number % 2:
            member = self.members["kpu-prov"]
            now = record.current_picture(member.operation).at
            actions.do(member, "report.file", "", {
                "region": "74.07", "threat_type": "logistics_crowd", "place_class": "market",
                "object": "goods", "observed_at": instant_text(now), "reliability": "B",
                "credibility": "2", "obtained": "seen",
            })  # fmt: skip
        else:
            actions.do(self.members["posko"], "report.acknowledge", self.open.pop(), {})


def things(seen: Any) -> list[str]:
    """Pages of single things, of those that the reader sees: one in the midst of each kind."""
    found = []
    for kind, page in (("threat", "threats"), ("report", "reports"), ("incident", "incidents")):
        from anoa.columns import find

        if kind == "threat":
            idents = list(seen.threats)
        else:
            of_kind = find(seen, kind)
            middle = of_kind.places[len(of_kind) // 2 :][:1]
            idents = [one.id for one in of_kind.items(middle)]
        found += [f"/{page}/{ident}" for ident in idents[:1]]
    return found


def far_into(seen: Any) -> list[str]:
    """Pages by cursor in every order, after and before what stands at three fifths of the list."""
    from anoa.columns import ORDERS, find
    from anoa.room.list_filters import INCIDENTS

    found = []
    for kind, path, orders in (("report", "/reports", ORDERS),
                               ("incident", "/incidents", INCIDENTS.orders)):  # fmt: skip
        listed = find(seen, kind)
        for order in orders:
            page = listed.page(order, max(len(listed) * 3 // 5, 1))
            if page.following is not None:
                found += [f"{path}?order={order}&{way}={page.following}"
                          for way in ("after", "before")]  # fmt: skip
    return found


def pages(seen: Any, pack: Any) -> list[str]:
    """Every page, the lists by every filter, and pages far into them."""
    first, last = (pack.local(one.filed_at).date() for one in (
        next(iter(seen.reports.values()), None), next(reversed(seen.reports.values()), None)
    ) if one) if seen.reports else ("2024-08-08", "2024-08-09")  # fmt: skip
    return [
        "/", "/map", "/map.geojson?shapes=0", "/region/74.03", "/region/74", "/threats",
        *things(seen), "/meetings",
        "/commitments", "/tasks", "/calendar", "/index", "/daily-reports", "/log", "/shift",
        "/unit/polresta-kendari", "/reports", "/reports?state=unanswered", "/reports?tree=police",
        "/reports?place=74.03&tree=civil",
        "/reports?threat_type=logistics_crowd&reliability=A",
        "/reports?sub_district=74.03.06&credibility=6&obtained=document",
        "/reports?order=rating", "/reports?order=observed&state=acknowledged", "/reports?order=due",
        "/reports?order=region", "/reports?verdict=verified", "/reports?owner=kpu-prov",
        "/reports?handling=public", "/reports?place_class=market&object=activity",
        "/reports?at_risk=voters", "/reports?tied=yes", "/reports?tied=no&order=rating",
        f"/reports?from={first}&to={last}", f"/reports?observed_from={last}",
        "/reports?acknowledged_by=polda-sultra", "/reports?place=polresta-kendari",
        "/incidents", "/incidents?place=74.03&state=recorded", "/incidents?order=region",
        f"/incidents?from={first}&observed_to={last}&owner=kpu-prov", "/incidents?q=kendari",
        "/search?q=kendari", "/search?q=logistik+muna", "/files",
        "/reports?q=kendari&state=unanswered", *far_into(seen),
    ]  # fmt: skip


def arguments() -> argparse.ArgumentParser:
    """What the command line may say."""
    parser = argparse.ArgumentParser(description="Pages with a million reports.")
    parser.add_argument("--reports", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--readers", nargs="*", default=READERS, choices=READERS)
    parser.add_argument("--still", action="store_true", help="nobody acts between requests")
    parser.add_argument("--first", metavar="PATH", help="only the first call of this process")
    return parser


def main() -> int:
    """Run the benchmark; returns 1 when a limit is not held or an answer is not 200."""
    args = arguments().parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary) / "data"
        if args.first:
            return first_call(args, folder)
        wrong = run(args, folder)
    for one in wrong:
        print(f"FAILED: {one}", file=sys.stderr)
    return int(bool(wrong))


def warmed() -> Any:
    """The picture, made as a start of the room makes it; says what that took."""
    from anoa.room import asgi, record  # noqa: F401 - a server reads all pages at its start

    record._HISTORIES.clear()
    start, cpu = time.perf_counter(), time.process_time()
    record.warm(record.current_operation())
    picture = record.current_picture(record.current_operation())
    print(f"start: {time.perf_counter() - start:.1f} s, "
          f"{time.process_time() - cpu:.1f} s CPU, {len(picture.reports)} reports, "
          f"{len(picture.incidents)} incidents, {picture.seq} entries, "
          f"{megabytes():.0f} MB", flush=True)  # fmt: skip
    return picture


def signed_in(name: str) -> Any:
    """A client of Django's, signed in as a member of the cast."""
    from django.test import Client

    from anoa.room.models import Member

    client = Client()
    client.force_login(Member.objects.get(ident=name).user)
    client.cookies["django_language"] = "en"
    return client


def first_call(args: Any, folder: Path) -> int:
    """The first request that this process answers after its start."""
    made(folder, args.reports)
    warmed()
    client = signed_in("posko")
    start, cpu = time.perf_counter(), time.process_time()
    answer = client.get(args.first)
    size = len(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    took = (time.perf_counter() - start) * 1000
    print(f"first call {args.first}: {answer.status_code}, {size} B, {took:.0f} ms, "
          f"{(time.process_time() - cpu) * 1000:.0f} ms CPU")  # fmt: skip
    limit = MAP_FIRST_MS if args.first.startswith("/map") else float("inf")
    return int(answer.status_code != 200 or took > limit)


def run(args: Any, folder: Path) -> list[str]:
    """Make or take the folder, and measure; returns what is wrong."""
    import subprocess

    start, wrong = time.perf_counter(), list[str]()
    fresh = made(folder, args.reports)
    print(f"{'made' if fresh else 'found'} the folder in {time.perf_counter() - start:.0f} s, "
          f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip
    for path in ("/map", "/map.geojson?shapes=0", "/reports"):
        if args.only in path and subprocess.call(
            [sys.executable, __file__, "--folder", str(folder), "--first", path]
        ):
            wrong.append(f"the first call of {path}")
    picture, worst = warmed(), 0.0
    from anoa.room import access, record
    from anoa.room.models import Member

    pack, acts = record.pack_of(record.current_operation()), Acts(picture, args.still)
    for name in args.readers:
        client, member = signed_in(name), Member.objects.get(ident=name)
        for path in pages(access.view(member, picture), pack):
            if args.only in path:
                p95 = measured(client, acts, name, path, args.times)
                wrong += [f"{name} {path}: {p95}"] if isinstance(p95, str) else []
                worst = max(worst, 0.0 if isinstance(p95, str) else p95)
    wrong += exported(picture)
    print(f"worst p95 of a page {worst:.0f} ms (at most {PAGE_LIMIT_MS}), "
          f"{megabytes():.0f} MB")  # fmt: skip
    return wrong + ([f"a page takes {worst:.0f} ms"] if worst > PAGE_LIMIT_MS else [])


def exported(picture: Any) -> list[str]:
    """Files of about 50,000 reports, taken away by the duty officer piece by piece."""
    from anoa.columns import find

    client, wrong = signed_in("posko"), list[str]()
    counts = find(picture, "report").counts("region")
    region = min(counts, key=lambda one: abs(counts[one] - 50_000))
    for form in ("csv", "hxl", "geojson", "xlsx"):
        new_peak()
        before, start, cpu = megabytes(), time.perf_counter(), time.process_time()
        answer = client.get(f"/reports/export?format={form}&place={region}")
        if answer.status_code != 200:
            wrong.append(f"{form}: {answer.status_code}")
            continue
        size, took = sum(map(len, answer.streaming_content)), time.perf_counter() - start
        peak = megabytes("VmHWM") - before
        print(f"{form:<8} {answer['X-Anoa-Rows']} rows, {size / 1e6:.1f} MB in "
              f"{took:.2f} s, {time.process_time() - cpu:.2f} s CPU, memory at its peak "
              f"{peak:+.0f} MB", flush=True)  # fmt: skip
        if form == "csv" and (took > CSV_S or peak > CSV_MB):
            wrong.append(f"a CSV takes {took:.1f} s and {peak:.0f} MB")
    return wrong


def measured(client: Any, acts: Acts, name: str, path: str, times: int) -> float | str:
    """Ask for a page several times, each after an act; the p95 in milliseconds, or what is wrong.

    The first is told apart, as it makes what is kept of what does not change.
    """
    taken, cpu, size = list[float](), 0.0, 0
    for _ in range(times + 1):
        acts.one()
        start, before = time.perf_counter(), time.process_time()
        answer = client.get(path)
        size = len(b"".join(answer.streaming_content) if answer.streaming else answer.content)
        taken.append((time.perf_counter() - start) * 1000)
        cpu += (time.process_time() - before) * 1000
        if answer.status_code != 200:
            return f"answered {answer.status_code}"
    first, rest = taken[0], sorted(taken[1:])
    p95 = rest[min(int(len(rest) * 0.95), len(rest) - 1)]
    print(f"{name:<14} {path:<58} {size:8} B  first {first:7.0f}  "
          f"p50 {statistics.median(rest):6.0f}  p95 {p95:6.0f}  cpu {cpu / (times + 1):6.0f} ms",
          flush=True)  # fmt: skip
    return p95


if __name__ == "__main__":
    sys.exit(main())
