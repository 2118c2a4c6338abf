"""The list of reports: its filters, its pages, its files, and what an outsider does not get."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from anoa.room import record
from anoa.room.list_export import COLUMNS, plain_cell
from anoa.room.models import ExportFile

FORMATS = ("csv", "hxl", "xlsx", "geojson")


def body(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def content(client, path: str) -> bytes:
    client.cookies["django_language"] = "en"
    answer = client.get(path)
    assert answer.status_code == 200, path
    return b"".join(answer.streaming_content)


def rows(client, query: str = "") -> list[dict[str, str]]:
    text = content(client, f"/reports/export?format=csv{query}").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def listed(page: str) -> set[str]:
    return set(re.findall(r'<th scope="row"><a[^>]*>(R-\d{4})', page))


@pytest.mark.parametrize(
    ("name", "column"),
    [("state", "state"), ("threat_type", "threat_type"), ("place_class", "place_class"),
     ("reliability", "reliability"), ("credibility", "credibility"), ("obtained", "obtained"),
     ("verdict", "verdict"), ("owner", "owner"), ("handling", "handling"), ("place", "region"),
     ("object", "object"), ("at_risk", "at_risk"), ("acknowledged_by", "acknowledged_by"),
     ("judged_by", "judged_by"), ("region", "region")],
)  # fmt: skip
def test_each_filter_leaves_the_reports_with_that_value(signed_in, operation, name, column):
    client, picture = signed_in("posko"), record.current_picture(operation)
    values = {str(getattr(one, column) or "") for one in picture.reports.values()} - {""}
    assert values or name == "at_risk"  # nobody filed one in the exercise
    for value in values or {"voters"}:
        wanted = {one.id for one in picture.seen_by("polda-sultra").reports.values()
                  if str(getattr(one, column)) == value}  # fmt: skip
        query = f"{name}={value}"
        assert listed(body(client, f"/reports?{query}")) == wanted, query
        assert {one["id"] for one in rows(client, f"&{query}")[:-1]} == wanted, query


def test_a_sub_district_is_a_filter_of_its_own_and_lies_in_its_region(signed_in, operation):
    pack, client = record.pack_of(operation), signed_in("kpu-wakatobi")
    code = next(one.code for one in pack.sub_districts.values() if one.region == "74.07")
    client.post("/reports", {
        "verb": "report.file", "subject": "", "region": "74.07", "sub_district": code,
        "threat_type": "logistics_crowd", "place_class": "port", "object": "goods",
        "observed_at": "2024-08-08T20:00", "reliability": "B", "credibility": "2",
        "obtained": "seen",
    })  # fmt: skip
    found = rows(client, f"&sub_district={code}")[:-1]
    assert [one["sub_district"] for one in found] == [code]
    assert rows(client, f"&sub_district={code}&place=74.07")[:-1] == found
    assert not rows(client, f"&sub_district={code}&place=74.03")[:-1]


def test_a_filter_that_is_not_known_is_named_and_left_out_of_the_list_and_refused_for_a_file(
    signed_in,
):
    client = signed_in("posko")
    assert "left out: nowhere" in body(client, "/reports?owner=nowhere")
    assert client.get("/reports/export?owner=nowhere").status_code == 400
    assert client.get("/reports?from=2024-13-40").status_code == 200
    assert client.get("/reports?after=9999999999999999999999").status_code == 200
    assert client.get("/reports/export?format=exe").status_code == 404


@pytest.mark.parametrize(
    "query", ["place=zzz", "threat=rumor", "colour=red", "state=zz", "order=best", "q=a&from=x",
              "after=17", "place=74.03&colour=red"],
)  # fmt: skip
def test_a_place_a_name_or_an_order_that_is_not_known_never_gives_every_report_as_a_file(
    signed_in, query
):
    client = signed_in("posko")
    strange = query.rpartition("&")[2]
    named = strange.partition("=")[2 if strange.split("=")[0] in ("place", "state") else 0]
    for form in FORMATS:
        answer = client.get(f"/reports/export?format={form}&{query}")
        assert answer.status_code == 400, form
    if not query.startswith("after") and "from" not in query and "order" not in query:
        assert f"left out: {named}" in body(client, f"/reports?{query}")
        assert named.encode() in answer.content
    before = ExportFile.objects.count()
    assert client.post(f"/files/new?{query}", {"format": "csv"})["Location"] == "/files"
    assert ExportFile.objects.count() == before


def test_every_name_that_the_page_puts_into_an_address_is_known(signed_in):
    page = body(signed_in("posko"), "/reports")
    form = page[page.index('class="filters"') : page.index("</form>", page.index("filters"))]
    names = re.findall(r'name="([^"]+)"', form)
    assert len(names) > 12
    told = body(signed_in("posko"), "/reports?tree=civil&" + "&".join(f"{n}=" for n in names))
    assert "left out" not in told


def test_days_are_local_and_both_are_included(signed_in, operation):
    client, pack = signed_in("posko"), record.pack_of(operation)
    reports = record.current_picture(operation).seen_by("polda-sultra").reports.values()
    days = {pack.local(one.filed_at).date() for one in reports}
    for day in days:
        wanted = {one.id for one in reports if pack.local(one.filed_at).date() == day}
        assert {one["id"] for one in rows(client, f"&from={day}&to={day}")[:-1]} == wanted


def test_days_on_which_it_was_observed_are_a_filter_of_their_own(signed_in, operation):
    client, pack = signed_in("posko"), record.pack_of(operation)
    reports = record.current_picture(operation).seen_by("polda-sultra").reports.values()
    days = sorted({pack.local(one.observed_at).date() for one in reports})
    assert len(days) > 1
    for day in days:
        wanted = {one.id for one in reports if pack.local(one.observed_at).date() == day}
        query = f"observed_from={day}&observed_to={day}"
        assert {one["id"] for one in rows(client, f"&{query}")[:-1]} == wanted
        assert listed(body(client, f"/reports?{query}")) == wanted
    assert client.get("/reports/export?observed_from=yesterday").status_code == 400


def test_reports_of_an_incident_and_of_none_are_told_apart_as_far_as_the_reader_sees_it(
    signed_in, operation
):
    picture = record.current_picture(operation)
    for name, agency in (("posko", "polda-sultra"), ("kpu-prov", "kpu-prov"), ("observer", None)):
        seen = picture.seen_by(agency, record.rules_of(operation).agencies[agency].sees
                               ) if agency else picture.seen_by(None)  # fmt: skip
        for value, is_tied in (("yes", True), ("no", False)):
            wanted = {o.id for o in seen.reports.values() if (o.incident is not None) == is_tied}
            assert listed(body(signed_in(name), f"/reports?tied={value}")) == wanted
    assert any(one.incident for one in picture.reports.values())


def test_pages_of_the_list_lead_to_every_report_once(signed_in, operation, monkeypatch):
    from anoa.room.views import reports

    monkeypatch.setattr(reports, "ON_A_PAGE", 2)
    client, seen, address = signed_in("posko"), list[str](), "/reports?order=rating"
    while address:
        page = body(client, address)
        seen += sorted(listed(page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = "/reports" + following[1].replace("&amp;", "&") if following else ""
    picture = record.current_picture(operation).seen_by("polda-sultra")
    assert sorted(seen) == sorted(picture.reports)


@pytest.mark.parametrize("form", FORMATS)
def test_an_observer_takes_no_report_away(signed_in, form):
    found = content(signed_in("observer"), f"/reports/export?format={form}")
    if form == "xlsx":
        found = str(sheet(found)).encode()
    assert not re.search(rb"\bR-\d{4}\b", found)
    assert signed_in("auditor").get(f"/reports/export?format={form}").status_code == 302


def sheet(data: bytes) -> list[tuple[object, ...]]:
    from openpyxl import load_workbook

    return list(load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True))


def test_every_file_holds_the_same_reports_their_handling_and_the_mark(signed_in, operation):
    client = signed_in("posko")
    told = rows(client)
    assert told[-1]["id"] == f"END {len(told) - 1}" and len(told) > 3
    assert all(one["handling"] and one["notice"] == "EXERCISE – INVENTED DATA" for one in told[:-1])
    hxl = content(client, "/reports/export?format=hxl").decode("utf-8-sig").splitlines()
    assert hxl[1].startswith("#meta+id,#date+filed") and len(hxl) == len(told) + 1
    book = sheet(content(client, "/reports/export?format=xlsx"))
    assert book[0] == tuple(COLUMNS) and [row[0] for row in book[1:]] == [
        r["id"] for r in told[:-1]
    ]
    answer = client.get("/reports/export?format=geojson")
    assert "EXERCISE-reports-" in answer["Content-Disposition"]
    assert answer["X-Anoa-Rows"] == str(len(told) - 1)
    collection = json.loads(b"".join(answer.streaming_content))
    assert [one["id"] for one in collection["features"]] == [one["id"] for one in told[:-1]]
    pack = record.pack_of(operation)
    for one in collection["features"]:
        place = pack.sub_districts.get(one["properties"].get("sub_district", ""))
        known = place is not None and place.lon is not None
        assert (one["geometry"] or {}).get("coordinates") == (
            [place.lon, place.lat] if known else None
        )


def test_no_cell_of_a_file_is_a_formula():
    assert [plain_cell(text) for text in ("=1", "+1", "-1", "@a", "\t=1", "\r1", "R-0001")] == [
        "'=1", "'+1", "'-1", "'@a", "'\t=1", "'\r1", "R-0001",
    ]  # fmt: skip


def test_a_list_of_the_past_shows_what_stood_then(signed_in, operation):
    first = next(e for e in record.entries(operation) if e.kind == "report.filed")
    at = first.at.isoformat().replace("+00:00", "Z")
    assert listed(body(signed_in("posko"), f"/reports?at={at}")) == {first.subject}
    page = content(signed_in("posko"), f"/reports/export?at={at}").decode()
    assert first.subject in page and "END 1" in page


def test_the_form_offers_only_the_newest_of_many_and_takes_others_by_id(signed_in, monkeypatch):
    from anoa.room import forms

    monkeypatch.setattr(forms, "CHOICES", 1)
    page = body(signed_in("posko"), "/reports/R-0002")
    assert "Others by their ids" in page
    assert page.count('type="checkbox" name="reports"') <= 1


def test_the_map_counts_the_incidents_that_its_reader_sees_by_place_not_one_by_one(
    signed_in, operation
):
    picture = record.current_picture(operation)
    for name, agency in (("posko", "polda-sultra"), ("observer", None)):
        seen = picture.seen_by(agency) if agency else picture.seen_by(None)
        told = json.loads(signed_in(name).get("/map.geojson").content)["features"]
        regions = [one for one in told if one["properties"]["kind"] == "region"]
        for one in regions:
            here = [i for i in seen.incidents.values()
                    if i.region == one["id"] and i.state != "merged"]  # fmt: skip
            assert one["properties"].get("incidents", 0) == len(here)
        assert any("incidents" in one["properties"] for one in regions) == (name == "posko")
