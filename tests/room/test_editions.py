"""Editions on the pages: side by side, by the operation's day, and of no use to the ladder."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from anoa.coordination.actors import signals_about
from anoa.errors import DataError
from anoa.picture import Picture, enrich
from anoa.room import actions, editions, record

AUGUST = date(2024, 8, 6)
LATER = date(2025, 3, 1)


@pytest.fixture
def pack(operation):
    return record.pack_of(operation)


def body(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def adopt(member, edition: str, name: str = "posko"):
    return actions.do(
        member(name), "edition.adopt", "", {"index": editions.PUBLISHED, "edition": edition}
    )


# -- what the pages show --------------------------------------------------------------------


def test_both_figures_of_the_province_and_their_age_stand_on_its_page(signed_in):
    page = body(signed_in("posko"), "/region/74")
    assert "38.32 on a scale from 0 to 100" in page
    assert "38.06 on a scale from 0 to 100" in page
    assert "sources differ" in page
    assert "1 year 8 months old" in page


@pytest.mark.parametrize("path", ["/region/74.72", "/index"])
def test_the_age_of_our_own_index_is_shown_as_well(signed_in, path):
    page = body(signed_in("posko"), path)
    assert re.search(
        r"Figures known by [^.]{4,40}, (1 day|\d+ days|\d+ months?|.*years?.*) old", page
    )


def test_the_four_dimensions_stand_side_by_side_and_a_published_zero_is_a_zero(signed_in):
    page = body(signed_in("posko"), "/region/74.72")
    dimensions = page.partition("Dimensions side by side")[2]
    for figure in ("53.31", "60.99", "34.79"):
        assert figure in dimensions
    assert re.search(r"34\.79 +0 ", dimensions)


def test_an_edition_that_says_nothing_of_a_region_says_unknown(signed_in):
    page = body(signed_in("posko"), "/region/74.02")
    row = page.partition("IKP 2024, regency or city")[2][:160]
    assert "unknown unknown" in row


def test_figures_keep_the_marks_of_the_language(signed_in):
    page = body(signed_in("posko"), "/region/74", "id")
    assert "38,32 pada skala 0 sampai 100" in page
    assert "berumur 1 tahun 8 bulan" in page


def test_what_was_published_after_the_operations_day_is_not_shown(signed_in):
    client = signed_in("posko")
    for path in ("/index", "/region/74.05", "/region/74.72", "/region/74"):
        page = body(client, path)
        for later in ("national mapping, August 2024", "(IPKP) 2024", "November 2024", "Lajur"):
            assert later not in page, (path, later)


def test_the_observer_reads_the_same_published_editions_and_adopts_none(signed_in):
    page = body(signed_in("observer"), "/region/74.72")
    assert "46.27 on a scale from 0 to 100" in page
    assert "Adopt a published edition" not in body(signed_in("observer"), "/index")


def test_a_group_of_editions_holds_one_index_only(pack, operation):
    picture = record.current_picture(operation)
    groups = editions.registry(pack, picture, LATER)
    schemes = [{one.published.scheme for one in lines if one.published} for lines in groups]
    assert all(len(found) <= 1 for found in schemes)
    assert sum(map(len, schemes)) == len({s for found in schemes for s in found})
    for lines in groups:
        assert [one.as_of for one in lines] == sorted((one.as_of for one in lines), reverse=True)


def test_the_list_of_editions_says_how_many_regions_are_known(pack, operation):
    picture = record.current_picture(operation)
    lines = {
        one.published.id: one
        for group in editions.registry(pack, picture, LATER)
        for one in group
        if one.published
    }
    assert (lines["bawaslu-sultra-2024"].known, lines["bawaslu-sultra-2024"].of) == (17, 17)
    assert (lines["map-2024-08"].known, lines["map-2024-08"].of) == (3, 18)
    assert (lines["ikp-2024-aggregate"].known, lines["ikp-2024-aggregate"].of) == (1, 1)
    assert (lines["ipkp-2024"].known, lines["ipkp-2024"].of) == (0, 18)
    assert lines["ikp-2024-province"].conflicts == 1


def test_needs_and_threats_of_the_station_map_are_listed_apart(pack):
    shown = editions.of_region(pack, "74", LATER)
    [stations] = [one for one in shown["parts"] if one.reading.edition.id == "tps-map-2024"]
    assert not stations.is_wide
    by_class = {klass: {p.node.code for p in parts} for klass, parts in stations.by_class}
    assert "disability" in by_class["service"]
    assert by_class["threat"] == {"safety", "incitement-history"}
    [total] = [one for one in shown["readings"] if one.reading.edition.id == "tps-map-2024"]
    assert total.rows[0].flags_nearly_all


def test_a_pack_without_published_editions_shows_no_empty_table(pack, operation):
    bare = replace(pack, published={}, schemes={})
    assert editions.of_region(bare, "74", LATER) == {"readings": [], "parts": []}
    assert len(editions.registry(bare, record.current_picture(operation), LATER)) == 1
    assert editions.free_to_adopt(bare, record.current_picture(operation), LATER) == ()


# -- adopting -------------------------------------------------------------------------------


def test_a_published_edition_is_adopted_by_an_entry(member, operation):
    entry = adopt(member, "ikp-2024-regency")[0]
    assert entry.kind == "edition.adopted"
    assert entry.subject == "ikp-2024/ikp-2024-regency"
    assert entry.data["class"] == "mixed"
    assert entry.data["as_of"] == "2022-11-26"
    assert entry.data["classes"] == {"74.72": "medium"}
    assert entry.data["coverage"] == pytest.approx(1 / 17, abs=1e-4)


def test_a_published_total_raises_no_signal_and_moves_no_threat(member, operation, pack):
    before = record.current_picture(operation)
    made = adopt(member, "ikp-2018")
    assert [entry.kind for entry in made] == ["edition.adopted"]
    after = record.current_picture(operation)
    assert after.editions["ikp-regional-2018/ikp-2018"].classes["74.02"] == "high"
    assert dict(after.threats) == dict(before.threats)
    ident = "ikp-regional-2018/ikp-2018"
    assert not speaking_of(after.editions[ident], pack)
    ours = replace(after.editions[ident], klass="threat", index="threat")
    assert speaking_of(ours, pack)  # so one of ours would speak


def speaking_of(edition, pack) -> list:
    """The signals that an adopted edition alone would give in the region of its high category."""
    state = Picture(things={**Picture().things, "edition": {edition.id: edition}})
    kinds = pack.rules.threat_types
    return [one for kind in kinds for one in signals_about(state, pack.rules, "74.02", kind)]


def test_an_edition_of_a_later_day_is_not_adopted(member, operation):
    with pytest.raises(DataError, match="not known yet"):
        adopt(member, "map-2024-08")


def test_an_edition_in_dispute_gives_no_category(pack):
    one = pack.published["map-2024-08"]
    torn = replace(one.scores[1], category="low", source="tribun-2024-08-27")
    pack = replace(pack, published={one.id: replace(one, scores=(*one.scores, torn))})
    told = enrich(
        pack, "edition.adopt", {"index": "", "edition": one.id}, datetime(2024, 9, 1, tzinfo=UTC)
    )
    assert torn.region not in told["classes"]
    assert told["classes"] == {"74": "medium", "74.72": "high"}


def test_the_form_offers_what_is_known_and_not_yet_adopted(signed_in, member):
    client = signed_in("posko")
    page = client.get("/index").content.decode()
    form = page.partition('id="registry"')[2]
    offered = set(re.findall(r'<option value="([^"]+)"', form))
    assert "ikp-2019" in offered
    assert not offered & {"map-2024-08", "2024-08-05"}
    answer = client.post(
        "/index",
        {"verb": "edition.adopt", "subject": "published", "index": "published",
         "edition": "ikp-2019"},
    )  # fmt: skip
    assert answer.status_code == 302
    form = client.get("/index").content.decode().partition('id="registry"')[2]
    assert '<option value="ikp-2019"' not in form


def test_an_adopted_edition_is_named_in_the_daily_report_with_its_age(member, operation, pack):
    from anoa.sitrep import compose_sitrep

    adopt(member, "ikp-2024-regency")
    picture = record.current_picture(operation)
    sitrep = compose_sitrep(picture, pack, at=picture.at, language="en")
    text = str(sitrep.as_json())
    assert "IKP 2024, regency or city" in text
    assert "as of 2022-11-26, 621 days old" in text
    assert "mixed, a total of several classes" in text
