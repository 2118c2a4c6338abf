"""Write the derived tables of packs/sultra-2024 from a folder of collected public figures.

    python tools/make_pack.py [DATA] [PACK]

DATA (default ../shared/data) holds sultra_regions.csv, sultra_kecamatan_221.csv,
sultra_desa_2285.csv, sultra_region_pairs.csv and sultra_facts_long.csv; it is no part of this
repository. PACK (default packs/sultra-2024) gets regions.csv, sub_districts.csv, villages.csv and
figures.csv; its sources.csv is read, because a figure may be taken only from a source named there.
All other tables of the pack are written by hand.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

ROOT = "74"
CAPITAL = "74.71"
EARTH_RADIUS_KM = 6371.0088
UNITS_KNOWN = "2024-03-16"  # the villages and sub-districts were in use in February 2024
STATIONS_KNOWN = "2024-11-28"
VOTING_2018, VOTING_FEB_2024, VOTING_2024 = "2018-06-27", "2024-02-14", "2024-11-27"

# Borders that join two regions on a small island only: no road leads over them to the capital.
ISLET_BORDERS = {frozenset({"74.06", "74.14"})}
DISASTER_CLASS = {"low": "1", "medium": "2", "high": "3"}

# What is taken from the long table of press figures, and what it is called in the pack.
PRESS_FIGURES = {
    "dpt_total": ("voters_roll", "voters"),
    "dps_total": ("voters_provisional", "voters"),
    "dp4_before_update": ("potential_voters", "voters"),
    "dp4_potential_voters": ("potential_voters", "voters"),
    "tps": ("polling_stations", "polling_stations"),
    "tps_police_rawan": ("stations_at_risk_police", "polling_stations"),
    "tps_under_polres": ("stations_under_unit", "polling_stations"),
    "disaster_risk_class": ("disaster_class", "class_1_3"),
}
# Pages that sources.csv keeps without an address, or with another address of the same page.
SOURCE_BY_FRAGMENT = {
    "berita/470683": "antara-470683",
}
# Published counts in no table of DATA: region, figure, period, value, unit, source, note.
BY_HAND = [
    *(
        (code, "revote_governor_2018", VOTING_2018, stations, "polling_stations",
         "independensi-2018-06-30", "part of the 41 stations in nine regions")
        for code, stations in {
            "74.72": "5", "74.01": "4", "74.04": "11", "74.15": "7", "74.06": "1", "74.08": "2",
            "74.05": "2", "74.11": "5", "74.71": "4",
        }.items()
    ),
    *(
        (code, "revote_governor_2018", VOTING_2018, "0", "polling_stations",
         "independensi-2018-06-30", "none: the published total of 41 is used up by nine others")
        for code in ("74.02", "74.03", "74.07", "74.09", "74.10", "74.12", "74.13", "74.14")
    ),
    *(
        (code, "revote_general_2024", VOTING_FEB_2024, stations, "polling_stations",
         "voi-358113", "recommended; re-vote or continued vote")
        for code, stations in {
            "74.01": "1", "74.02": "1", "74.03": "3", "74.04": "1", "74.05": "1", "74.10": "1",
            "74.12": "1", "74.13": "2", "74.14": "1", "74.15": "1", "74.71": "5", "74.72": "3",
        }.items()
    ),
    ("74.72", "revote_general_2024", VOTING_FEB_2024, "4", "polling_stations",
     "inews-psu-baubau", "held; three had been recommended"),
    ("74.71", "revote_regional_2024", VOTING_2024, "1", "polling_stations", "antara-485037", ""),
    *(
        (code, "result_petitions", "2024-11-27", count, "petitions", source, "")
        for code, count, source in [
            ("74", "1", "kongkritpost-2025-02"), ("74.03", "1", "kongkritpost-2025-02"),
            ("74.04", "1", "kongkritpost-2025-02"), ("74.05", "1", "kongkritpost-2025-02"),
            ("74.07", "1", "kongkritpost-2025-02"), ("74.08", "1", "kongkritpost-2025-02"),
            ("74.09", "1", "kongkritpost-2025-02"), ("74.12", "1", "satunarasi-2806"),
            ("74.14", "1", "halosultra-45717"), ("74.15", "3", "satunarasi-2806"),
            ("74.71", "2", "kongkritpost-2025-02"), ("74.72", "1", "kongkritpost-2025-02"),
        ]
    ),
    *(
        (code, "close_contest", "2020-12-09", close, "yes_no", source,
         "first two less than 5 points of the valid total apart in the last contest")
        for code, close, source in [
            ("74.03", "0", "detiksultra-52476"), ("74.05", "1", "detiksultra-52476"),
            ("74.07", "1", "mediakendari-90143"), ("74.09", "0", "detiksultra-52476"),
            ("74.10", "0", "inilahsultra-2020-12-21"), ("74.12", "0", "detiksultra-52476"),
        ]
    ),
    *(
        (code, "sole_entrant", "2020-12-09", "0", "yes_no", source, "")
        for code, source in [
            ("74.03", "detiksultra-52476"), ("74.05", "detiksultra-52476"),
            ("74.07", "mediakendari-90143"), ("74.09", "detiksultra-52476"),
            ("74.10", "inilahsultra-2020-12-21"), ("74.12", "detiksultra-52476"),
        ]
    ),
    ("74.04", "sole_entrant", "2017-02-15", "1", "yes_no", "liputan6-2634478", ""),
    ("74", "stations_flagged_percent", "2024-11-23", "86.67", "percent",
     "penasultra-2024-11-23", "as printed"),
    ("74", "stations_flagged_percent", "2024-11-23", "86.47", "percent", "anoa-arithmetic",
     "3,987 of 4,611"),
    ("74", "remote_stations", "2024-10", "403", "polling_stations", "sultrakini-3t",
     "as stated for 16 regions"),
    ("74", "remote_stations", "2024-10", "259", "polling_stations", "sultrakini-3t-list",
     "sum of the list printed on the same page"),
    ("74", "turnout_percent", VOTING_2024, "81.33", "percent", "fnews-2024-12-08", "as published"),
    ("74", "turnout_percent", VOTING_2024, "81.93", "percent", "anoa-arithmetic-2024-12",
     "1,537,619 of 1,876,792"),
    ("74", "police_prepared", "2023-10-17", "5200", "officers", "tribun-2023-10-17",
     "operation of the general election"),
    ("74", "police_lent", VOTING_FEB_2024, "1787", "officers", "sultrakini-serpas", ""),
    ("74", "military_prepared", "2024-08-30", "3054", "soldiers", "keraton-2024-08-30", ""),
    ("74.03", "polling_stations", VOTING_2024, "357", "polling_stations", "beritakota-2024-07-27",
     "with one in the detention house; planned in July"),
]  # fmt: skip

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Figure:
    """One row of figures.csv."""

    region: str
    figure: str
    period: str
    value: str
    unit: str
    source: str
    known_at: str
    note: str


@dataclass(frozen=True, slots=True)
class Data:
    """The tables that are read, and the day and address of each source of the pack."""

    regions: list[Row]
    sub_districts: list[Row]
    villages: list[Row]
    pairs: list[Row]
    facts: list[Row]
    source_days: dict[str, str]
    source_of_url: dict[str, str]


def main(arguments: list[str]) -> int:
    """Write the four tables and say how many rows each has."""
    data_folder = Path(arguments[0] if arguments else "../shared/data")
    pack = Path(arguments[1] if len(arguments) > 1 else "packs/sultra-2024")
    if not (data_folder / "sultra_regions.csv").is_file():
        print(f"make_pack: {data_folder} holds no sultra_regions.csv: name the folder of figures")
        return 2
    data = read_data(data_folder, pack / "sources.csv")
    write_csv(pack / "regions.csv", REGION_COLUMNS, region_rows(data))
    write_csv(pack / "sub_districts.csv", SUB_DISTRICT_COLUMNS, sub_district_rows(data))
    write_csv(pack / "villages.csv", VILLAGE_COLUMNS, village_rows(data))
    columns = tuple(field.name for field in fields(Figure))
    write_csv(pack / "figures.csv", columns, (astuple(figure) for figure in all_figures(data)))
    return 0


def read_data(folder: Path, sources: Path) -> Data:
    """Read the tables of the folder and the pack's list of sources."""
    listed = read_csv(sources)
    return Data(
        regions=read_csv(folder / "sultra_regions.csv"),
        sub_districts=read_csv(folder / "sultra_kecamatan_221.csv"),
        villages=read_csv(folder / "sultra_desa_2285.csv"),
        pairs=read_csv(folder / "sultra_region_pairs.csv"),
        facts=read_csv(folder / "sultra_facts_long.csv"),
        source_days={row["id"]: row["date"] for row in listed},
        source_of_url={row["url"]: row["id"] for row in listed if row["url"]},
    )


def read_csv(path: Path) -> list[Row]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Write a table and print its name and length."""
    listed = [list(row) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(listed)
    print(f"{path}: {len(listed)} rows")


REGION_COLUMNS = (
    "code", "name", "level", "parent", "lat", "lon", "time_zone", "source", "known_at"
)  # fmt: skip
SUB_DISTRICT_COLUMNS = (
    "code", "name", "region", "lat", "lon", "polling_stations", "source", "known_at"
)  # fmt: skip
VILLAGE_COLUMNS = ("code", "name", "sub_district", "kind", "source", "known_at")


def region_rows(data: Data) -> Iterator[tuple[str, ...]]:
    """The province, at the mean of its regions' points, and its regions."""
    count = len(data.regions)
    middle = [
        f"{sum(float(row[key]) for row in data.regions) / count:.4f}"
        for key in ("rep_lat", "rep_lon")
    ]
    yield (ROOT, "Sulawesi Tenggara", "province", "", *middle, "", "kp24-stations", UNITS_KNOWN)
    for row in data.regions:
        level = {"kabupaten": "regency", "kota": "city"}[row["type"]]
        yield (
            row["code"], row["name"], level, ROOT, row["rep_lat"], row["rep_lon"], "",
            "kp24-stations", UNITS_KNOWN,
        )  # fmt: skip


def sub_district_rows(data: Data) -> Iterator[tuple[str, ...]]:
    """The sub-districts with the polling stations of November 2024."""
    for row in data.sub_districts:
        yield (
            row["kecamatan_code"], row["name"], row["kabkota_code"], row["rep_lat"],
            row["rep_lon"], row["tps_pilkada2024"], "kpu-sirekap", STATIONS_KNOWN,
        )  # fmt: skip


def village_rows(data: Data) -> Iterator[tuple[str, ...]]:
    """The villages, rural (desa) and urban (kelurahan)."""
    for row in data.villages:
        yield (
            row["desa_code"], row["name"], row["kecamatan_code"], row["type"], "kp24-stations",
            UNITS_KNOWN,
        )  # fmt: skip


def all_figures(data: Data) -> list[Figure]:
    """Every figure of the pack, in order of region, figure, period and source."""
    taken = [
        *station_figures(data), *registry_figures(data), *contest_figures(data),
        *distance_figures(data), *press_figures(data), *hand_figures(data),
    ]  # fmt: skip
    unique = {(f.region, f.figure, f.period, f.source): f for f in taken}
    if len(unique) != len(taken):
        raise SystemExit("make_pack: two figures of one source for one region and period")
    return sorted(taken)


def hand_figures(data: Data) -> Iterator[Figure]:
    """The published counts of BY_HAND, known from the day of their source."""
    for region, figure, period, value, unit, source, note in BY_HAND:
        yield Figure(region, figure, period, value, unit, source, data.source_days[source], note)


def station_figures(data: Data) -> Iterator[Figure]:
    """Polling stations of both elections of 2024 by region, those of February by sub-district."""
    now: dict[str, int] = defaultdict(int)
    before: dict[str, int] = defaultdict(int)
    for row in data.sub_districts:
        february = int(row["tps_feb2024_regular"]) + int(row["tps_feb2024_special"])
        before[row["kecamatan_code"]] = february
        before[row["kabkota_code"]] += february
        now[row["kabkota_code"]] += int(row["tps_pilkada2024"])
    for code, count in now.items():
        yield Figure(code, "polling_stations", VOTING_2024, str(count), "polling_stations",
                     "kpu-sirekap", STATIONS_KNOWN, "sum of the sub-districts")  # fmt: skip
    for code, count in before.items():
        yield Figure(code, "polling_stations", VOTING_FEB_2024, str(count), "polling_stations",
                     "kp24-stations", UNITS_KNOWN, "regular and special")  # fmt: skip


def registry_figures(data: Data) -> Iterator[Figure]:
    """Area and civil registry population; blank where the list has none."""
    known = data.source_days["wilayah"]
    for row in data.regions:
        yield Figure(row["code"], "area_km2", "2024-12-16", row["area_km2"], "km2", "wilayah",
                     known, "")  # fmt: skip
        yield Figure(row["code"], "population_registry", "2025", row["population_dukcapil"],
                     "people", "wilayah", known,
                     "reference date not stated; larger than the census bureau's")  # fmt: skip


def contest_figures(data: Data) -> Iterator[Figure]:
    """Close contest and single candidate of November 2024, as yes (1) or no (0) only."""
    for row in data.regions:
        close = "1" if float(row["margin_pct_points_sirekap"]) < 5 else "0"
        yield Figure(row["code"], "close_contest", VOTING_2024, close, "yes_no", "kpu-sirekap",
                     STATIONS_KNOWN, "snapshot with 94 to 100 percent of stations, not the decree"
                     )  # fmt: skip
        yield Figure(row["code"], "sole_entrant", VOTING_2024, row["single_candidate"],
                     "yes_no", "kpu-sirekap", STATIONS_KNOWN, "")  # fmt: skip


def distance_figures(data: Data) -> Iterator[Figure]:
    """Straight distance to the provincial capital, sea crossing, and spread of sub-districts."""
    points = {row["code"]: place(row) for row in data.regions}
    by_region: dict[str, list[float]] = defaultdict(list)
    for row in data.sub_districts:
        code = row["kabkota_code"]
        by_region[code].append(distance_km(points[code], place(row)))
    dry = reached_by_land(data.pairs, CAPITAL)
    for code, point in points.items():
        measures = (
            ("distance_to_capital_km", f"{distance_km(point, points[CAPITAL]):.1f}", "km"),
            ("spread_km", f"{sum(by_region[code]) / len(by_region[code]):.1f}", "km"),
            ("sea_crossing", "0" if code in dry else "1", "yes_no"),
        )
        for figure, value, unit in measures:
            yield Figure(code, figure, "2024", value, unit, "anoa-derived", UNITS_KNOWN, "")


def reached_by_land(pairs: Iterable[Row], start: str) -> set[str]:
    """The regions that a chain of land borders joins to ``start``."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for row in pairs:
        ends = frozenset({row["code_a"], row["code_b"]})
        if row["relation"] == "land" and ends not in ISLET_BORDERS:
            for code in ends:
                neighbours[code] |= ends
    reached, frontier = {start}, [start]
    while frontier:
        fresh = neighbours[frontier.pop()] - reached
        reached |= fresh
        frontier.extend(fresh)
    return reached


def press_figures(data: Data) -> Iterator[Figure]:
    """The figures of the long table that the pack uses, each with a source of sources.csv."""
    for row in data.facts:
        if row["indicator"] not in PRESS_FIGURES:
            continue
        figure, unit = PRESS_FIGURES[row["indicator"]]
        source = source_of(data, row["source"])
        value = DISASTER_CLASS[row["value"]] if unit == "class_1_3" else row["value"]
        yield Figure(row["code"], figure, row["period"], value, unit, source,
                     data.source_days[source], "")  # fmt: skip


def source_of(data: Data, url: str) -> str:
    """The id of the source with this address, or a plain stop."""
    if url in data.source_of_url:
        return data.source_of_url[url]
    for fragment, source in SOURCE_BY_FRAGMENT.items():
        if fragment in url:
            return source
    raise SystemExit(f"make_pack: sources.csv has no source with the address {url}")


def place(row: Row) -> tuple[float, float]:
    """Latitude and longitude of a row, in degrees."""
    return float(row["rep_lat"]), float(row["rep_lon"])


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance of two points."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
