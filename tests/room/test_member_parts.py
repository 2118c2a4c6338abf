"""Where and when a member acts, on pages, in forms, by the stream and by the command."""

from datetime import UTC, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from tests.misuse.attempts import refused
from tests.room.test_pages import body, send

from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import Handling, instant_text
from anoa.room import access, accounts, actions, listening, record
from anoa.room.accounts import Limits

HERE, THERE = "74.03", "74.01"


@pytest.fixture
def limited(member):
    return lambda name, **limits: accounts.limit(member(name), Limits(**limits))


def _report(member, name: str, region: str, **more):
    at = record.now_of(member(name).operation)
    return actions.do(member(name), "report.file", "", {
        "region": region, "threat_type": "rumor", "place_class": "road", "object": "activity",
        "reliability": "B", "credibility": "2", "obtained": "told",
        "observed_at": instant_text(at - timedelta(hours=1)),
    } | more)  # fmt: skip


@pytest.mark.parametrize("area", ["polres-muna", HERE], ids=["police", "civil"])
def test_an_officer_acts_in_his_area_alone_and_reads_what_his_institution_sees(
    member, signed_in, limited, area
):
    elsewhere = _report(member, "posko", THERE)[0].subject
    limited("kabagops-muna", regions=(area,))
    client = signed_in("kabagops-muna")
    page = body(client, "/reports")
    form = page.partition('name="region"')[2].partition("</select>")[0]
    assert f'value="{HERE}"' in form and f'value="{THERE}"' not in form
    shown = body(client, f"/reports/{elsewhere}")
    assert 'value="report.acknowledge"' not in shown and 'value="remark.make"' not in shown
    said = refused(client, f"/reports/{elsewhere}", "report.acknowledge", elsewhere)
    assert "lies outside the area in which kabagops-muna acts" in said
    with pytest.raises(NotAllowed, match="lies outside"):
        _report(member, "kabagops-muna", THERE)
    assert _report(member, "kabagops-muna", HERE)


def test_a_batch_is_taken_from_the_area_alone(member, limited):
    for region in (THERE, HERE):
        _report(member, "posko", region)
    limited("kpu-prov", regions=(HERE,))
    made = actions.do(member("kpu-prov"), "report.take_batch", "", {"count": 20})
    reports = record.current_picture(member("kpu-prov").operation).reports
    assert {reports[one.subject].region for one in made if one.kind == "report.taken_up"} == {HERE}


def test_after_its_end_pages_acts_exports_and_the_stream_stop(member, signed_in, limited):
    client, one = signed_in("kpu-prov"), member("kpu-prov")
    client.get("/")
    key = client.session.session_key
    assert not isinstance(listening.listener_of(key), str)
    limited("kpu-prov", valid_until=record.now_of(one.operation))
    for path in ("/", "/reports", "/reports/export?format=csv", "/log/export", "/map.geojson",
                 "/search?q=muna", "/forms", "/log"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 403, path
        assert "R-0001" not in answer.content.decode()
    client.cookies["django_language"] = "en"
    assert "The part of kpu-prov ended at" in client.get("/").content.decode()
    assert send(client, "/reports", "report.acknowledge", "R-0001").status_code == 403
    assert listening.listener_of(key) == "ended"
    assert listening.ended([key]) == {key: "ended"}
    with pytest.raises(AccessDenied, match="ended at"):
        actions.do(one, "duty.take_over")
    with pytest.raises(AccessDenied, match="ended at"):
        access.member_of(one.user)


def test_a_part_that_has_not_begun_shows_nothing_yet(member, signed_in, limited):
    begins = record.now_of(member("fkub").operation) + timedelta(days=1)
    limited("fkub", valid_from=begins)
    answer = signed_in("fkub").get("/reports/R-0001")
    assert answer.status_code == 403
    limited("fkub")
    assert signed_in("fkub").get("/reports/R-0001").status_code == 200


def test_the_log_tells_who_was_limited_and_the_outsider_is_not_told(member, signed_in, limited):
    limited("kabagops-muna", regions=("polres-muna",))
    last = record.entries(member("posko").operation)[-1]
    assert (last.kind, last.subject) == ("member.limited", "kabagops-muna")
    told = body(signed_in("kpu-prov"), "/log").partition("<tbody")[2]
    assert "kabagops-muna" in told and "Polres Muna" in told.split("limited")[1][:600]
    assert "kabagops-muna" not in body(signed_in("observer"), "/log")


@pytest.mark.parametrize("wrong", [
    {"regions": ("74.99",)}, {"regions": ("nowhere",)},
], ids=str)  # fmt: skip
def test_a_limit_that_cannot_be_is_refused_and_nothing_is_written(member, limited, wrong):
    before = len(record.entries(member("posko").operation))
    with pytest.raises(NotAllowed):
        limited("kabagops-muna", **wrong)
    at = record.now_of(member("posko").operation).astimezone(UTC)
    with pytest.raises(NotAllowed, match="ends before it begins"):
        limited("kabagops-muna", valid_from=at, valid_until=at)
    with pytest.raises(NotAllowed, match="for no institution"):
        limited("host-admin", regions=(HERE,))
    assert len(record.entries(member("posko").operation)) == before


def test_a_role_that_was_changed_in_the_database_acts_no_more_than_the_log_says(member, signed_in):
    one = member("governor-reader")
    one.role = "duty_officer"
    one.save()
    said = refused(signed_in("governor-reader"), "/reports/R-0001", "remark.make", "",
                   about="R-0001", stance="comment", text="Mine")  # fmt: skip
    assert "The log admits governor-reader as reader of governor" in said


def test_a_member_that_moved_itself_to_another_institution_in_the_database_is_refused(member):
    one = member("kpu-prov")
    one.agency = "bawaslu-prov"
    one.save()
    with pytest.raises(AccessDenied, match="and not otherwise"):
        actions.do(member("kpu-prov"), "duty.take_over")


def test_sessions_of_somebody_else_are_not_touched(member, signed_in, limited):
    client = signed_in("posko")
    limited("kpu-prov", valid_until=record.now_of(member("posko").operation))
    assert client.get("/").status_code == 200
    assert SessionStore(client.session.session_key).get("_auth_user_id")


def test_a_member_that_reads_no_more_than_all_see_gets_nothing_of_its_institutions_own(
    member, signed_in, limited
):
    made = _report(member, "kpu-prov", "74.03", handling="sealed")[0].subject
    other = actions.do(
        member("kpu-prov"), "meeting.open", "",
        {"title": "Own talk", "place": "Office", "handling": "sealed"},
    )[0].subject  # fmt: skip
    client = signed_in("kpu-prov")
    assert client.get(f"/meetings/{other}").status_code == 200
    limited("kpu-prov", reads="institutions")
    assert client.get("/").status_code == 302, "an open page would read on as before"
    client = signed_in("kpu-prov")
    for path in (f"/meetings/{other}", f"/reports/{made}"):
        assert client.get(path).status_code == 404
    for path in ("/inbox", "/tokens", "/hooks", "/import", "/paste"):
        assert client.get(path).status_code == 403, path
    for path in ("/meetings", "/log", "/log/export", "/search?q=talk"):
        answer = client.get(path)
        told = b"".join(answer) if answer.streaming else answer.content
        assert b"Own talk" not in told and other.encode() not in told, path
    assert client.get("/reports/R-0001").status_code == 200
    key = client.session.session_key
    assert listening.listener_of(key).eyes == ("institutions", "institutions")


def test_a_member_that_reads_what_is_public_sees_what_an_outsider_sees(member, signed_in, limited):
    limited("governor-reader", reads="public")
    client = signed_in("governor-reader")
    for path in ("/reports/R-0001", "/threats/T-0001", "/meetings/M-0001", "/commitments/C-0001"):
        assert client.get(path).status_code == 404, path
    assert client.get("/triage").status_code == 403
    picture = record.current_picture(member("observer").operation)
    mine = access.view(member("governor-reader"), picture)
    theirs = picture.seen_by(None, Handling.PUBLIC)
    assert {thing: list(items) for thing, items in mine.things.items()} == {
        thing: list(items) for thing, items in theirs.things.items()}  # fmt: skip
