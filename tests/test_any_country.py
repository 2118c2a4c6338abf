"""The program knows no country: its words, places, hours and leaders stand in packs alone.

Every file of src/ but the translations is read line by line, comments and docstrings too. Each scan
is also shown lines that break its rule, because a scan that never finds anything proves nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.roads import FOLDERS, load_road

from anoa.pack import Pack

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
LISTED = ROOT / "tests" / "pack_words.txt"
TEXT = {".css", ".html", ".js", ".json", ".md", ".mjs", ".py", ".sql", ".svg", ".toml", ".txt"}
TEXT |= {".typ", ".yaml", ".yml", ".xml"}
LEFT_OUT = {"locale", "__pycache__", "anoa.egg-info"}
# Names of places and words of kinds that are plain English too.
ENGLISH = frozenset({"observer", "observers", "leader", "government", "commission"})
DECIDERS = re.compile(r"""[!=]=\s*['"]([a-z_]+)['"]|['"]([a-z_]+)['"]\s*[!=]=""")
ZONE_WORDS = re.compile(r"\b(WIB|WITA|WIT)\b")
OFFSET = re.compile(r"(?:UTC|GMT|[T:]\d\d|['\"\s(])\+(\d\d?)(?::?(\d\d))?\b")
Found = list[str]


@cache
def packs() -> tuple[Pack, ...]:
    return tuple(load_road(folder.name).pack for folder in FOLDERS)


def program_files() -> list[Path]:
    """Files of src/ that are no translation."""
    found = (p for p in SOURCE.rglob("*") if p.is_file() and p.suffix in TEXT)
    return sorted(p for p in found if not LEFT_OUT & {*p.parts})


def hits(find: Callable[[str], Found], suffixes: set[str] | None = None) -> list[str]:
    """What a scan finds in the program, with file and line."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {found} {line.strip()[:80]}"
        for path in program_files()
        if suffixes is None or path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := find(line))
    ]


def words_in(line: str) -> set[str]:
    """Words of a line in lower case, names_like_this and namesLikeThis taken apart.

    >>> sorted(words_in("the regionName of open_threat"))
    ['name', 'of', 'open', 'region', 'the', 'threat']
    """
    return {w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", line)}


# -- words and places -----------------------------------------------------------------------


@cache
def country_words() -> frozenset[str]:
    """The listed words and phrases, and the places and ids of institutions of both packs."""
    listed = LISTED.read_text(encoding="utf-8").splitlines()
    words = {word for word in listed if word and not word.startswith("#")}
    for pack in packs():
        words |= {region.name.lower() for region in pack.regions.values()}
        words |= {part.name.lower() for part in pack.sub_districts.values() if " " in part.name}
        words |= {one for one in pack.agencies if "-" in one}
        words |= {member.id for member in pack.cast.values() if "-" in member.id}
        words.add(pack.operation.codename.lower())
    return frozenset(words - {"host-admin"})  # a role that anoa itself names


def country_words_in(line: str) -> Found:
    return sorted(words_in(line) & country_words()) + phrases().findall(line.lower())


@cache
def phrases() -> re.Pattern[str]:
    """The phrases and the ids with hyphens, as one pattern."""
    found = sorted(word for word in country_words() if not word.isalpha())
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, found))})(?!\w)")


def test_the_list_of_words_covers_the_glossary_and_both_packs() -> None:
    assert {"kerawanan", "wakatobi", "polda", "polres-muna", "corvane", "guard-patrol"} <= (
        country_words()
    )
    assert {"mantap praja anoa 2024", "konawe selatan", "surat suara"} <= country_words()
    lines = [line for line in LISTED.read_text("utf-8").splitlines() if line[:1] not in ("", "#")]
    assert lines == sorted(set(lines)) and len(lines) > 200


def test_the_program_holds_no_word_and_no_place_of_a_pack() -> None:
    assert len(program_files()) > 150
    found = hits(country_words_in)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "def rapatKerawanan(): polda_id = KPU",
        '<p class="x">Open: {{ n }} di Konawe Selatan</p>',
        "/* warna untuk ambang gangguan */",
        "const place = 'Corvane';",
        "SELECT * FROM things WHERE owner = 'polres-muna'",
        '    """The desk of council-desk in the drill."""',
        "# as in the minutes (berita acara) of Quiet Lantern 2025 (invented)",
    ],
)
def test_the_scan_of_words_can_fail(line) -> None:
    assert country_words_in(line)


def test_the_scan_of_words_lets_english_pass() -> None:
    line = "A report of a region is on file at the commission; its owner says who may see it."
    assert country_words_in(line) == []


# -- hours ----------------------------------------------------------------------------------


@cache
def offsets() -> frozenset[timedelta]:
    """The offsets at which the clocks of the packs ever stand, in winter and summer."""
    found = set()
    for pack in packs():
        for zone in {pack.time_zone, *(r.time_zone for r in pack.regions.values())}:
            for month in (1, 7):
                at = datetime(2025, month, 1, tzinfo=ZoneInfo(zone))
                found.add(at.utcoffset() or timedelta())
    return frozenset(found - {timedelta()})


def hours_in(line: str) -> Found:
    """Offsets, zones and words for zones of the packs' countries."""
    zones = {pack.time_zone for pack in packs()} | {pack.time_zone_label for pack in packs()}
    found = [zone for zone in zones if zone in line] + ZONE_WORDS.findall(line)
    for hours, minutes in re.findall(
        r"(?:UTC|GMT|[T:]\d\d|['\"\s(])\+(\d\d?)(?::?(\d\d))?\b", line
    ):
        if timedelta(hours=int(hours), minutes=int(minutes or 0)) in offsets() and (
            minutes or re.search(rf"(?:UTC|GMT)\+{hours}\b", line)
        ):
            found.append(f"+{hours}:{minutes}")
    return found


def test_the_program_holds_no_hour_of_a_pack() -> None:
    assert timedelta(hours=8) in offsets() and timedelta(hours=10, minutes=30) in offsets()
    found = hits(hours_in)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "at = parse('2024-08-06T09:00:00+08:00')",
        'help="an offset as in +08:00"',
        "timezone(timedelta(hours=8))  # UTC+8",
        "WHERE at > '2024-08-06 09:00:00+0800'",
        "{{ at }} WITA",
        "zone = 'Asia/Makassar'",
        "const zone = 'Australia/Lord_Howe'",
        "/* GMT+8 */",
        "    >>> local('2025-10-05T08:00:00+11:00')",
    ],
)
def test_the_scan_of_hours_can_fail(line) -> None:
    assert hours_in(line)


def test_the_scan_of_hours_lets_other_countries_pass() -> None:
    for line in ("an IANA name such as Asia/Tokyo", "2024-08-06T09:00:00+02:00", "n + 8", "at+11"):
        assert hours_in(line) == [], line


def constants(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings that a module computes with; docstrings are left out."""
    spoken = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in spoken:
            yield node.lineno, text


def zones_computed_with(source: str) -> Found:
    """Constants that are a time zone or an offset other than UTC, of whatever country."""
    zone = re.compile(r"[+-](?!00:?00)\d\d:?\d\d|UTC[+-]\d+|[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+")
    found = []
    for line, value in constants(ast.parse(source)):
        if zone.fullmatch(value.strip()):
            found.append(f"{line}: {value}")
    return found


def test_no_time_zone_is_computed_with() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{one}"
        for path in program_files()
        if path.suffix == ".py"
        for one in zones_computed_with(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_the_scan_of_zones_can_fail() -> None:
    assert zones_computed_with("zone = ZoneInfo('Europe/Oslo')")
    assert zones_computed_with("text + '+01:00'")
    assert not zones_computed_with('def f():\n    """Asia/Tokyo"""\n    return "UTC"')


# -- who leads ------------------------------------------------------------------------------


@cache
def agency_kinds() -> frozenset[str]:
    """The kinds of institutions of both packs; what else they mean in English is left out."""
    kinds = {agency.kind for pack in packs() for agency in pack.agencies.values()}
    return frozenset(kinds - ENGLISH)


def kinds_decided_by(source: str) -> Found:
    """Constants of a Python source that equal a kind of institution: each would be a rule."""
    return [
        f"{line}: {value}"
        for line, value in constants(ast.parse(source))
        if value.strip().lower() in agency_kinds() | {"polri"}
    ]


def kinds_decided_by_line(line: str) -> Found:
    """Kinds of institutions that a template, a script or a query compares with."""
    named = {one for pair in DECIDERS.findall(line) for one in pair if one}
    spoken = re.search(r"\bpolice (?:leads?|chairs?|decides?|commands?)\b", line.lower())
    return sorted(named & agency_kinds()) + ([spoken.group()] if spoken else [])


def test_no_rule_of_the_program_names_a_kind_of_institution() -> None:
    # Who leads is data of a pack: `operation.chair`, a threat's owner, a protocol's actor.
    assert {"police", "guard", "ombuds", "supervisor"} <= agency_kinds()
    found = [
        f"{path.relative_to(ROOT)}:{one}"
        for path in program_files()
        if path.suffix == ".py"
        for one in kinds_decided_by(path.read_text(encoding="utf-8"))
    ]
    found += hits(kinds_decided_by_line)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "if agency.kind == 'police': pass",
        "LEADS = {'police', 'military'}",
        "match kind:\n    case 'guard':\n        pass",
        "order = {'police': 0}",
        "lead = next(a for a in agencies if a.kind in ('supervisor',))",
    ],
)
def test_the_scan_of_leaders_can_fail(source) -> None:
    assert kinds_decided_by(source)


@pytest.mark.parametrize(
    "line",
    [
        '{% if agency.kind == "police" %}',
        "if (row.kind != 'guard') return;",
        "the police leads the operation",
        "# here the police chair",
    ],
)
def test_the_scan_of_lines_about_leaders_can_fail(line) -> None:
    assert kinds_decided_by_line(line)
