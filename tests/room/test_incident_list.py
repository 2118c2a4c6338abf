"""The list of incidents: filters, pages, files and counts, and what an outsider does not get."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from tests.room.test_report_list import FORMATS, body, content, sheet

from anoa.room import actions, record
from anoa.room.list_export import INCIDENT_COLUMNS


def listed(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a[^>]*>(I-\d{4})', page)


def taken(client, query: str = "") -> list[str]:
    text = content(client, f"/incidents/export?format=csv{query}").decode("utf-8-sig")
    return [line.partition(",")[0] for line in text.splitlines()[1:-1]]


OPENED = (
    ("posko", "74.03", "74.03.06", "2024-08-07T08:00:00Z", "market"),
    ("posko", "74.71", None, "2024-08-08T08:00:00Z", "market"),
    ("kpu-wakatobi", "74.07", None, "2024-08-08T09:00:00Z", "port"),
)  # fmt: skip


@pytest.fixture
def seen(operation, member):
    """The incidents that the operations post sees: the exercise's, and some more."""
    for name, region, sub_district, observed_at, place_class in OPENED:
        made = actions.do(member(name), "incident.open", "", {
            "region": region, "threat_type": "logistics_crowd", "place_class": place_class,
            "observed_at": observed_at, "reports": [],
        } | ({"sub_district": sub_district} if sub_district else {}))  # fmt: skip
    actions.do(member(name), "incident.withdraw", made[0].subject, {"reason": "opened twice"})
    sees = record.rules_of(operation).agencies["polda-sultra"].sees
    found = record.current_picture(operation).seen_by("polda-sultra", sees).incidents
    assert len(found) > 3
    return list(found.values())


@pytest.mark.parametrize(
    ("name", "column"),
    [("state", "state"), ("threat_type", "threat_type"), ("place_class", "place_class"),
     ("owner", "owner"), ("handling", "handling"), ("place", "region"), ("region", "region"),
     ("verified_chain", "verified_chain"), ("sub_district", "sub_district")],
)  # fmt: skip
def test_each_filter_leaves_the_incidents_with_that_value(signed_in, seen, name, column):
    client = signed_in("posko")
    values = {str(getattr(one, column) or "") for one in seen} - {""}
    assert values or column == "verified_chain"  # none is verified in this part of the exercise
    for value in values or {"polri"}:
        wanted = [one.id for one in seen if str(getattr(one, column)) == value]
        assert listed(body(client, f"/incidents?{name}={value}")) == wanted[::-1]
        assert taken(client, f"&{name}={value}") == wanted


@pytest.mark.parametrize(("name", "column"), [("", "opened_at"), ("observed_", "observed_at"),
                                              ("verified_", "verified_at")])  # fmt: skip
def test_days_are_local_and_both_are_included(signed_in, operation, seen, name, column):
    pack, client = record.pack_of(operation), signed_in("posko")
    days = {one.id: pack.local(at).date() for one in seen if (at := getattr(one, column))}
    assert days or column == "verified_at"
    for day in {*days.values(), date(2024, 1, 1)}:
        query = f"{name}from={day}&{name}to={day}"
        assert taken(client, f"&{query}") == [ident for ident, on in days.items() if on == day]
        assert set(listed(body(client, f"/incidents?{query}"))) == {*taken(client, f"&{query}")}


def test_a_search_finds_an_incident_by_id_place_and_type(signed_in, seen):
    client, one = signed_in("posko"), seen[0]
    assert listed(body(client, f"/incidents?q={one.id.lower()}")) == [one.id]
    same = [other.id for other in seen if other.region == one.region]
    assert set(same) <= set(listed(body(client, f"/incidents?q={one.region}")))


@pytest.mark.parametrize("order", ["newest", "oldest", "observed", "region"])
def test_pages_lead_to_every_incident_once(signed_in, seen, monkeypatch, order):
    from anoa.room.views import reports

    monkeypatch.setattr(reports, "ON_A_PAGE", 2)
    client, found, address = signed_in("posko"), list[str](), f"/incidents?order={order}"
    while address:
        page = body(client, address)
        found += listed(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = "/incidents" + following[1].replace("&amp;", "&") if following else ""
    assert sorted(found) == sorted(one.id for one in seen) and len(found) == len(set(found))


@pytest.mark.parametrize("query", ["place=zzz", "order=rating", "reliability=A", "state=refuted"])
def test_what_is_not_known_is_named_on_the_page_and_refused_for_a_file(signed_in, query):
    client = signed_in("posko")
    assert "left out" in body(client, f"/incidents?{query}")
    assert client.get(f"/incidents/export?{query}").status_code == 400
    answer = client.post(f"/files/new?list=incidents&{query}", {"format": "csv"})
    assert answer["Location"] == "/files"


def test_every_file_holds_the_same_incidents_and_their_handling(signed_in, seen):
    client, idents = signed_in("posko"), [one.id for one in seen]
    assert taken(client) == idents
    hxl = content(client, "/incidents/export?format=hxl").decode("utf-8-sig").splitlines()
    assert hxl[1].startswith("#event+id,#date+opened") and len(hxl) == len(idents) + 2
    book = sheet(content(client, "/incidents/export?format=xlsx"))
    assert book[0] == tuple(INCIDENT_COLUMNS) and [row[0] for row in book[1:]] == idents
    answer = client.get("/incidents/export?format=geojson")
    assert "EXERCISE-incidents-" in answer["Content-Disposition"]
    features = json.loads(b"".join(answer.streaming_content))["features"]
    assert [one["id"] for one in features] == idents
    assert all(one["properties"]["handling"] for one in features)


def test_a_file_of_incidents_is_made_beside_the_page(signed_in, seen, monkeypatch):
    from anoa.room import list_files

    monkeypatch.setattr(list_files, "in_background", lambda work: work())
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    page = client.post("/files/new?list=incidents&state=recorded", {"format": "csv"})["Location"]
    assert 'href="/incidents?state=recorded"' in body(client, page)
    at_once = content(client, "/incidents/export?format=csv&state=recorded")
    assert content(client, f"{page}/take") == at_once


@pytest.mark.parametrize("form", FORMATS)
def test_an_observer_sees_and_takes_away_no_incident(signed_in, operation, form):
    observer = signed_in("observer")
    public = record.current_picture(operation).seen_by(None).incidents
    assert listed(body(observer, "/incidents")) == list(public)[::-1]
    found = content(observer, f"/incidents/export?format={form}")
    if form == "xlsx":
        found = str(sheet(found)).encode()
    idents = {one.decode() for one in re.findall(rb"\bI-\d{4}\b", found)}
    assert idents == set(public)
    assert signed_in("auditor").get("/incidents").status_code == 302


def test_both_trees_count_what_the_filters_leave(signed_in, seen, operation):
    from anoa.situation import is_under

    client, pack = signed_in("posko"), record.pack_of(operation)
    for tree, codes in (("civil", pack.regions), ("police", pack.units)):
        page = body(client, f"/incidents?tree={tree}")
        part = page[page.index("How many in each") : page.index("Take this list")]
        line = re.compile(r'href="/(?:region|unit)/([^"]+)".*?class="num">(\d+)')
        counts = {code: int(n) for code, n in line.findall(part)}
        wanted = {code: n for code in codes if (n := sum(
            one.region == code if tree == "civil" else is_under(pack, one, code) for one in seen
        ))}  # fmt: skip
        assert counts == wanted, tree


def test_a_list_of_the_past_shows_what_stood_then_and_an_empty_one_says_so(signed_in, operation):
    first = next(e for e in record.entries(operation) if e.kind == "incident.opened")
    at = first.at.isoformat().replace("+00:00", "Z")
    assert first.subject in listed(body(signed_in("posko"), f"/incidents?at={at}"))
    before = record.entries(operation)[0].at.isoformat().replace("+00:00", "Z")
    page = body(signed_in("posko"), f"/incidents?at={before}")
    assert listed(page) == [] and "None that you may see" in page
    assert "The filters leave none" in body(signed_in("posko"), "/incidents?state=withdrawn")


def test_the_pages_of_reports_and_of_incidents_lead_to_each_other(signed_in):
    for language in ("en", "id"):
        assert 'href="/incidents"' in body(signed_in("posko"), "/reports", language)
        assert 'href="/reports"' in body(signed_in("posko"), "/incidents", language)
