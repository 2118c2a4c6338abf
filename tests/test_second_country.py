"""What the invented country asks of the program and the reference pack does not."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.roads import FOLDERS, load_road
from tests.small_pack import FILES, write

from anoa.coordination.actors import signals_about
from anoa.ladder import Rung
from anoa.pack import Pack, check_pack, index_scores, load_pack
from anoa.picture import Picture
from anoa.room.languages import report_languages
from anoa.sitrep import compose_sitrep, render_html, render_text

FORWARD = datetime(2025, 10, 4, 15, 30, tzinfo=UTC)  # 5 October, 02:00 local becomes 02:30


@pytest.fixture(scope="module")
def road():
    return load_road(FOLDERS[1].name)


@pytest.fixture(scope="module")
def pack(road) -> Pack:
    return road.pack


@pytest.fixture(scope="module")
def entries(road):
    return road.played()[1]


def test_it_says_everywhere_that_it_is_invented(pack) -> None:
    assert "invented" in pack.text(pack.name, "en") and "invented" in pack.operation.codename
    for agency in pack.agencies.values():
        assert "(invented)" in agency.name["en"]
    for source in pack.sources.values():
        assert "(invented)" in source.publisher and ".example/" in source.url
    assert "Velmarra does not exist" in (FOLDERS[1] / "README.md").read_text(encoding="utf-8")


def test_it_differs_where_a_country_may_differ(pack) -> None:
    first = load_road(FOLDERS[0].name).pack
    kinds = Counter(agency.kind for agency in pack.agencies.values())
    assert "police" not in kinds and pack.agencies[pack.operation.chair].kind == "commission"
    assert not pack.area_parts and not pack.labels and pack.languages == ("en",)
    words = {(word.short, *word.name.values()) for word in pack.rungs.values()}
    assert not words & {(word.short, *word.name.values()) for word in first.rungs.values()}
    assert pack.indices[pack.main_index].scale == (0, 10)
    for name in ("acknowledge", "assess", "silent_after", "explain"):
        assert getattr(pack.clocks, name) != getattr(first.clocks, name)
    assert len((FOLDERS[1] / "exercise.yaml").read_text("utf-8")) < 10_000
    with (FOLDERS[1] / "regions.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 7


# -- clocks that change ---------------------------------------------------------------------


def test_its_clocks_change_within_the_exercise(pack, entries) -> None:
    before, after = (pack.local(FORWARD + timedelta(seconds=s)) for s in (-1, 0))
    assert (f"{before:%H:%M}", f"{after:%H:%M}") == ("01:59", "02:30")
    assert entries[0].at < FORWARD < entries[-1].at


def test_a_deadline_in_minutes_is_elapsed_time_over_the_change(pack, entries) -> None:
    filed = next(e for e in entries if e.kind == "report.filed" and e.data["region"] == "ve.fen")
    by = datetime.fromisoformat(filed.data["acknowledge_by"])
    assert by - filed.at == pack.clocks.acknowledge == timedelta(minutes=20)
    assert f"{pack.local(filed.at):%H:%M} {pack.local(by):%H:%M}" == "01:50 02:40"


def test_a_deadline_given_as_local_time_falls_at_that_local_time_after_the_change(
    pack, entries
) -> None:
    lapsed = next(e for e in entries if e.kind == "commitment.lapsed")
    assert f"{pack.local(lapsed.at):%d %H:%M %z}" == "05 06:00 +1100"
    explain_by = datetime.fromisoformat(lapsed.data["explain_by"])
    assert explain_by - lapsed.at == pack.clocks.explain


def test_a_rung_is_kept_for_its_hours_and_not_for_its_days(pack, entries) -> None:
    raised = next(e for e in entries if e.data.get("to") == "threshold")
    lowered = next(e for e in entries if e.kind == "threat.lowered")
    assert lowered.subject == raised.subject
    assert lowered.at - raised.at == pack.ladder.dwell[Rung.THRESHOLD] == timedelta(hours=48)
    assert f"{pack.local(raised.at):%H:%M} {pack.local(lowered.at):%H:%M}" == "10:40 11:10"


@pytest.mark.parametrize(
    ("at", "what"),
    [
        ("2031-10-05T02:10", "02:10 on 2031-10-05 is skipped"),
        ("2031-10-05T02:29", "02:29 on 2031-10-05 is skipped"),
        ("2031-10-05T02:30", ""),
        ("2031-10-05T01:59", ""),
        ("2031-10-05T02:10:00+11:00", ""),
    ],
)
def test_an_inject_at_a_time_that_the_clocks_skip_is_a_problem(tmp_path, at, what) -> None:
    folder = write(
        tmp_path,
        **{
            "pack.yaml": ("Asia/Makassar", "Australia/Lord_Howe"),
            "exercise.yaml": ("at: 2031-08-06T11:00", f"at: {at}"),
        },
    )
    told = [str(problem) for problem in check_pack(folder).problems]
    assert (told == []) if not what else (len(told) == 1 and what in told[0]), told


def test_a_time_that_comes_twice_is_a_problem_unless_it_has_an_offset(tmp_path) -> None:
    plain = FILES["exercise.yaml"].replace("+08:00", "-04:00")
    zone = {"pack.yaml": ("Asia/Makassar", "America/New_York")}
    for number, (old, new) in enumerate((
        ("2031-08-06T11:00", "2031-11-02T01:30"),
        ("data: {line: decision", 'data: {due: "2031-11-02T01:30", line: decision'),
    )):  # fmt: skip
        odd = plain.replace(old, new)
        folder = write(tmp_path / f"{number}", **zone, **{"exercise.yaml": odd})
        (problem,) = check_pack(folder).problems
        assert "01:30 on 2031-11-02 comes twice" in problem.what
        told = odd.replace("2031-11-02T01:30", "2031-11-02T01:30:00-05:00")
        folder = write(tmp_path / f"{number}-told", **zone, **{"exercise.yaml": told})
        assert check_pack(folder).problems == ()


# -- week, index, languages -----------------------------------------------------------------


def test_its_week_ends_on_thursday_and_holidays_are_no_days_of_work(pack) -> None:
    friday = date(2025, 10, 3)
    week = [pack.is_working_day(friday + timedelta(days=n)) for n in range(7)]
    assert week == [False, False, True, True, True, True, True]
    assert not pack.is_working_day(date(2025, 9, 30)) and not pack.is_working_day(
        date(2025, 10, 19)
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_only_the_highest_category_of_a_threat_index_is_a_signal(folder) -> None:
    road = load_road(folder.name)
    picture, _ = road.played()
    edition = next(e for e in picture.editions.values() if e.klass == "threat")
    spec = road.pack.indices[edition.index]
    top = spec.categories[-1].id
    for region in road.pack.leaf_regions:
        heard = {s.kind for s in signals_about(picture, road.pack.rules, region, road.threat_type)}
        assert ("index_high" in heard) == (edition.classes.get(region) == top), region


def test_its_unrest_index_reaches_the_highest_tier_in_one_district(pack, road) -> None:
    picture, _ = road.played()
    assert picture.editions["unrest/2025-09-20"].classes["ve.cor"] == "tier-4"
    table = index_scores(pack, "exposure", "2025-09-20").table
    assert table["score"].max() <= 10
    assert table["score"].isna().sum() == 2  # Dunmarrow and Fenholt: too little is known


def test_a_report_stands_in_its_own_words_in_every_language_of_anoa(pack, road) -> None:
    picture, _ = road.played()
    at = picture.at
    for language in (None, "en", "id"):
        report = compose_sitrep(picture, pack, at=at, language=language)
        page, text = render_html(report), render_text(report)
        assert report.language == (language or "en")
        assert "EMG" in page and "Emergency" in page
        assert ("Pelindungan" if language == "id" else "Protection") in page
        assert pack.exercise.notice["en"] in page and len(text) <= 1500
        for strange in ("GN", "WITA", "Polda"):
            assert f" {strange} " not in page


def test_a_report_of_a_pack_in_strange_languages_is_written_in_one_that_anoa_has(tmp_path) -> None:
    strange = load_pack(write(tmp_path))
    assert strange.languages == ("xa", "en")
    assert report_languages(strange) == ("en",)
    assert report_languages(replace(strange, languages=("xa",))) == ("en", "id")
    assert report_languages(load_road(FOLDERS[0].name).pack) == ("id", "en")


def test_the_picture_of_each_local_midnight_is_that_of_its_instant(pack, entries) -> None:
    for day in range(2, 8):
        midnight = pack.local(datetime(2025, 10, day, 0, 0, tzinfo=pack.zone()))
        known = [e for e in entries if pack.local(e.at).date() < date(2025, 10, day)]
        assert Picture.replay(entries, until=midnight - timedelta(seconds=1)) == (
            Picture.replay(known)
        )


def test_the_demo_takes_the_reference_pack_where_none_is_named(monkeypatch, tmp_path) -> None:
    from anoa.cli.demo import find_pack

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANOA_PACK", raising=False)
    assert find_pack() == Path(FOLDERS[0])
