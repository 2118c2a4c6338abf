"""Counts are by post and institution: nothing counts, sorts or filters by a member."""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.contrib.auth import get_user_model
from tests.room.test_pages import PAGES

from anoa import columns, triage
from anoa.coordination.values import Report
from anoa.room import actions, list_export, list_filters, record
from anoa.room.api import reading
from anoa.room.models import EntryRow, Member, SitrepFile
from anoa.sitrep import totals

PEOPLE = re.compile(r"member|taker|_by$|^by$|closed_by|person|user")
INSTITUTIONS = {"acknowledged_by", "judged_by", "taken_by"}  # who, as an institution
DEADLINES = {"acknowledge_by", "review_by", "explain_by"}
READERS = ("posko", "kpu-prov", "bawaslu-prov", "fkub", "governor-reader", "observer")
OWN = {"log"}  # the page of the log says of each entry who made it, in the order they came
MARK = "opaque-"


@pytest.fixture
def busy(member, operation):
    """Members of two institutions verified reports, one of them more than the others."""
    at = record.current_picture(operation).at
    assert at is not None
    data = {
        "region": "74.03", "threat_type": "rumor", "object": "activity", "place_class": "online",
        "reliability": "F", "credibility": "6", "obtained": "told", "observed_at": at.isoformat(),
    }  # fmt: skip
    for number, (like, count) in enumerate((("kpu-prov", 3), ("kpu-prov", 1), ("posko", 2))):
        user = get_user_model().objects.create_user(f"{MARK}{number}")
        found = member(like)
        who = Member.objects.create(
            user=user, operation=found.operation, ident=f"{MARK}{number}", agency=found.agency,
            role=found.role,
        )  # fmt: skip
        for _ in range(count):
            ident = actions.do(member("bawaslu-prov"), "report.file", "", data)[0].subject
            actions.do(who, "report.take_up", ident)
            if count > 1:
                actions.do(who, "report.judge", ident,
                           {"verdict": "refuted", "reason": "Not so."})  # fmt: skip
    return operation


def test_nothing_that_is_counted_sorted_or_filtered_is_a_member() -> None:
    names = {*list_filters.REPORTS.fields, *list_export.COLUMNS}
    names |= {name for one in reading.LISTS.values() for name in one.asks.__struct_fields__}
    names |= {*list_filters.INCIDENTS.fields, *list_export.INCIDENT_COLUMNS}
    names |= {name for words in columns.WORDS.values() for name in words}
    names |= {*columns.ORDERS, *triage.ORDERS, *totals.REPORT_STATES}
    names |= {
        name for spec in reading.LISTS.values() if spec.gives is not reading.EntryOut
        for name in spec.gives.__struct_fields__
    }  # fmt: skip
    assert {name for name in names if PEOPLE.search(name)} <= INSTITUTIONS | DEADLINES


def test_the_only_member_a_report_knows_is_who_holds_it_now_and_a_verdict_forgets_it(busy):
    people = {f.name for f in dataclasses.fields(Report) if PEOPLE.search(f.name)}
    assert people - INSTITUTIONS - DEADLINES == {"taker"}
    reports = record.current_picture(busy).reports.values()
    assert {one.taker for one in reports if one.verdict} == {None}


@pytest.mark.parametrize("reader", READERS)
def test_no_page_names_a_member_but_where_the_log_itself_is_read(busy, signed_in, reader):
    """So none can count or rank them: whoever did more stands nowhere."""
    client = signed_in(reader)
    held = [f"/reports/{one.id}" for one in record.current_picture(busy).taken_reports()]
    for path in (*PAGES, *held, "/triage", "/shift", "/search?q=rumor"):
        if path.strip("/").split("/")[0] in OWN:
            continue
        answer = client.get(path)
        if answer.status_code == 200 and not answer.streaming:
            assert MARK not in answer.content.decode(), path


def test_no_file_of_reports_and_no_issued_report_names_a_member(busy, signed_in, member):
    client = signed_in("posko")
    for form in ("csv", "hxl", "geojson"):
        answer = client.get(f"/reports/export?format={form}")
        assert MARK.encode() not in b"".join(answer.streaming_content), form
    for report in ("daily", "handover"):
        actions.do(member("posko"), "sitrep.issue", "", {"report": report, "language": "en"})
    for one in SitrepFile.objects.filter(form__in=("txt", "html")):
        assert MARK.encode() not in bytes(one.content), one.ident


def test_a_search_for_a_member_finds_nothing_by_it(busy, signed_in):
    page = signed_in("kpu-prov").get(f"/search?q={MARK}0").content.decode()
    assert not re.search(r"/reports/R-\d{4}", page)


@pytest.mark.parametrize("asked", [
    "/reports?order=taker", "/reports?order=by", "/reports?taker=kpu-prov", "/reports?by=kpu-prov",
    "/triage?taker=kpu-prov", "/log?order=by",
])  # fmt: skip
def test_asking_for_members_changes_no_list(busy, signed_in, asked):
    client = signed_in("posko")
    plain = client.get(asked.partition("?")[0])
    answer = client.get(asked)

    def rows(page) -> list[str]:
        return re.findall(r"R-\d{4}", re.sub(r'href="[^"]*"', "", page.content.decode()))

    assert answer.status_code == 200 and rows(answer) == rows(plain)


def test_the_log_lists_entries_as_they_came_and_not_by_who_made_them(busy):
    seqs = list(EntryRow.objects.order_by("seq").values_list("seq", flat=True))
    entries = record.entries(busy)
    assert [entry.seq for entry in entries] == seqs
