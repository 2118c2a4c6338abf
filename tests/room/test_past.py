"""Pages as they stood: what replay gives, through the same eyes, and nothing that came later."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.room.test_pages import PAGES, body, send

from anoa.oplog import Handling, instant_text
from anoa.picture import Picture
from anoa.room import access, history, record
from anoa.room.log_view import LogView
from anoa.room.views import moment

READERS = ("posko", "kpu-wakatobi", "bawaslu-prov", "observer", "governor-reader")


def desk_of(signed_in, member, name: str, at: datetime):
    """The desk behind a page that was asked for as it stood."""
    from django.test import RequestFactory

    from anoa.room.views.desk import Desk

    request = RequestFactory().get("/", {"at": instant_text(at)})
    found = Desk(request, member(name), "board")
    found.past = at
    return found


@pytest.fixture
def log(operation):
    return record.entries(operation)


# -- the picture of a moment ----------------------------------------------------------------


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1), reader=st.sampled_from(READERS))
def test_a_past_page_shows_what_replay_until_that_moment_shows_that_institution(
    operation, member, signed_in, share, reader
):
    log = record.entries(operation)
    at = log[0].at + share * (log[-1].at - log[0].at)
    desk = desk_of(signed_in, member, reader, at)
    who = member(reader)
    replayed = Picture.replay(log, until=at)
    assert desk.whole == replayed
    assert desk.picture == replayed.seen_by(access.agency_of(who), access.sees(who))
    assert desk.at == at


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seq=st.integers(0, 80), every=st.integers(1, 40))
def test_the_picture_at_an_entry_is_the_same_wherever_pictures_were_kept(operation, seq, every):
    log = record.entries(operation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "EVERY", every)
        patch.setattr(record, "_HISTORIES", {})
        assert record.picture_at(operation, seq=seq) == Picture.replay(log[:seq])
        assert record.picture_at(operation, at=log[-1].at) == Picture.replay(log)


def test_a_kept_picture_that_the_log_does_not_bear_out_is_not_used(operation, log, monkeypatch):
    made_up = history.Mark(Picture(seq=9, at=log[8].at), "0" * 32)
    false = history.History()
    monkeypatch.setattr(history, "EVERY", 4)
    false.follow(log[:4])
    false.keep(made_up)
    false.keep(history.Mark(Picture(seq=20, at=log[19].at), "1" * 32))
    monkeypatch.setattr(record, "_HISTORIES", {operation.pk: false})
    assert record.picture_at(operation, seq=10) == Picture.replay(log[:10])
    assert record.current_picture(operation) == Picture.replay(log)


def test_the_last_entry_known_at_an_instant_is_found(operation, log):
    second = timedelta(seconds=1)
    assert record.seq_at(operation, log[0].at - second) == 0
    for entry in log:
        known = sum(one.at <= entry.at for one in log)
        assert record.seq_at(operation, entry.at) == known
        assert record.seq_at(operation, entry.at - second) == sum(
            one.at <= entry.at - second for one in log
        )


# -- the log through an institution's eyes --------------------------------------------------


def test_who_may_not_read_an_entry_sees_nothing_change_by_it(operation, member, log):
    before = Picture()
    for entry in log:
        after = before.apply(entry)
        for name in READERS:
            agency, widest = access.agency_of(member(name)), access.sees(member(name))
            if not access.may_read(entry, after, agency, widest):
                seen = (one.seen_by(agency, widest).things for one in (before, after))
                assert next(seen) == next(seen), (entry.seq, name)
        before = after


@pytest.mark.parametrize("name", [*READERS, "auditor"])
def test_the_log_read_in_pages_is_the_log(operation, member, log, name):
    who, picture = member(name), record.current_picture(operation)
    agency, widest = access.agency_of(who), access.sees(who)
    whole = [access.log_line(entry, picture, agency, widest) for entry in log]
    view = LogView(operation, picture, agency, widest, len(log))
    read = [line for line in whole if line in log]
    assert list(view) == whole
    assert view.lines(3, 9) == whole[3:9] and len(view) == len(whole)
    assert list(view.since(0)) == read and list(view.newest()) == read[::-1]
    assert view.last() == read[-1] and view.last(before=read[-1].at) == next(
        one for one in reversed(read) if one.at < read[-1].at
    )


# -- pages ----------------------------------------------------------------------------------

# what they show has no past
PRESENT = (
    "/files", "/api", "/stations", "/forms", "/log/ceremony", "/sealing-keys", "/retention"
)  # fmt: skip
LOOKING_BACK = [path for path in PAGES if not path.startswith(PRESENT)]


def as_of(path: str, at: str) -> str:
    """The address of the page at that moment."""
    return f"{path}{'&' if '?' in path else '?'}at={at}"


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_page_of_a_past_moment_says_so_first_and_offers_no_act(signed_in, log, language):
    client, at = signed_in("posko"), instant_text(log[-1].at - timedelta(minutes=1))
    for path in LOOKING_BACK:
        page = body(client, as_of(path, at), language)
        banner = {"id": "Keadaan pada", "en": "As it stood on"}[language]
        assert banner in page and "past" in re.search(r'<body class="([^"]*)"', page)[1].split()
        assert page.index('class="then"') < page.index("<header")
        assert 'name="verb"' not in page, path


def test_links_and_questions_of_a_past_page_stay_in_the_past(signed_in, log):
    client, at = signed_in("posko"), instant_text(log[-1].at - timedelta(minutes=1))
    for path in LOOKING_BACK:
        page = body(client, as_of(path, at))
        for tag in re.findall(r"<a\b[^>]*>", page):
            href = unquote(unescape(re.search(r'href="([^"]*)"', tag)[1]))
            free = "data-now" in tag or not href.startswith(("/", "?"))
            assert free or href.startswith(moment.WITHOUT_TIME) or f"at={at}" in href, (path, tag)
        for form in re.findall(r"<form\b[^>]*>(?:<input[^>]*>)?", page):
            asks = 'method="get"' in form and "data-now" not in form
            assert not asks or f'name="at" value="{at}"' in form, (path, form)


def test_a_question_whose_name_only_ends_like_the_moment_still_gets_one():
    then = datetime.fromisoformat("2024-08-06T01:00:00Z")
    asked = moment.staying('<a class="x" href="/tasks?threat=T-0001">', then)
    assert asked == '<a class="x" href="/tasks?threat=T-0001&amp;at=2024-08-06T01:00:00Z">'


def test_nothing_can_be_done_on_a_past_page(signed_in, operation, log):
    before = record.current_picture(operation).seq
    answer = send(signed_in("posko"), f"/?at={instant_text(log[-1].at)}", "clock.advance")
    assert answer.status_code == 422
    assert "nothing can be done" in answer.content.decode()
    assert record.current_picture(operation).seq == before


def test_what_came_later_is_not_shown(signed_in, log):
    client = signed_in("posko")
    raised = next(entry for entry in log if entry.kind == "threat.raised")
    early = instant_text(raised.at - timedelta(seconds=1))
    client.cookies["django_language"] = "en"
    answer = client.get(f"/threats/{raised.subject}?at={early}")
    assert answer.status_code == 404 and "It was not there then" in answer.content.decode()
    for path in ("/", "/threats", "/log", "/region/74.03", "/tasks"):
        page = body(client, f"{path}?at={early}")
        assert raised.subject not in page, path
        assert raised.subject in body(client, f"{path}?at={instant_text(raised.at)}"), path


def test_an_observer_sees_no_more_of_the_past_than_of_the_present(signed_in, log):
    client = signed_in("observer")
    for entry in log[::7]:
        for path in ("/", "/region/74.03", "/threats", "/reports", "/commitments", "/log"):
            page = body(client, f"{path}?at={instant_text(entry.at)}")
            assert not re.search(r"\b[RTIMCAP]-\d{4}\b", page), (path, entry.seq)


def test_the_time_of_a_hidden_entry_cannot_be_found_by_asking_for_the_past(signed_in, log):
    """Pages of an outsider before and after a hidden entry are the same but for their own time."""
    client = signed_in("observer")
    hidden = next(entry for entry in log if entry.kind == "report.filed")
    for path in ("/", "/log", "/threats"):
        pages = []
        for at in (hidden.at - timedelta(seconds=1), hidden.at):
            page = body(client, f"{path}?at={instant_text(at)}")
            page = re.sub(
                r"<time.*?</time>|at=[\dTZ:-]+|csrfmiddlewaretoken\S+ value=\"\w+\"", "", page
            )
            page = re.sub(r'value="[^"]*"|<title>.*?</title>|href="[^"]*"', "", page)
            pages.append(page)
        assert pages[0] == pages[1], path
    for name in ("?seq", "log/moment?of"):
        at = client.get(f"/{name}={hidden.seq}")
        assert instant_text(hidden.at) not in at.get("Location", "") + at.content.decode()


def test_a_slider_without_javascript_leads_to_the_moment_of_its_entry(signed_in, log):
    answer = signed_in("posko").get(f"/threats?seq={log[30].seq}&edition=x")
    assert answer["Location"] == f"/threats?edition=x&at={instant_text(log[30].at)}"
    told = signed_in("posko").get(f"/log/moment?of={log[30].seq}").json()
    assert told["at"] == instant_text(log[30].at) and told["seq"] == log[30].seq


def test_steps_lead_to_the_changes_before_and_after(signed_in, log):
    at = log[30].at
    page = body(signed_in("posko"), f"/threats?at={instant_text(at)}")
    former = max(entry.at for entry in log if entry.at < at)
    following = min(entry.at for entry in log if entry.at > at)
    assert f'rel="prev" href="?at={instant_text(former)}"' in page
    assert f'rel="next" href="?at={instant_text(following)}"' in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2030-01-01T00:00Z", "lies after now"), ("1999-01-01", "before the log begins"),
        ("yesterday", "no date and time"), ("9999-12-31T23:59:59-12:00", "no date and time"),
        ("%00<script>", "no date and time"),
    ],
)  # fmt: skip
def test_a_moment_that_is_none_gets_a_clear_answer_and_a_way_on(signed_in, operation, asked, said):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    answer = client.get(f"/threats?at={quote(asked)}")
    page = answer.content.decode()
    assert answer.status_code == 400 and said in page and 'href="/threats"' in page
    assert "<script>" not in page


def test_local_time_and_an_offset_whose_plus_was_lost_are_understood(signed_in, operation, log):
    from anoa.room.record import pack_of

    local = pack_of(operation).local(log[30].at)
    for text in (local.replace(tzinfo=None).isoformat(), local.isoformat().replace("+", " ")):
        assert instant_text(log[30].at) in body(signed_in("posko"), f"/threats?at={text}")


def test_public_entries_are_public_to_everybody(operation, log, member):
    view = LogView(operation, record.current_picture(operation), None, Handling.PUBLIC, len(log))
    assert [one.seq for one in view.since(0)] == [
        one.seq for one in log if one.handling is Handling.PUBLIC
    ]


def test_a_past_moment_that_is_asked_for_again_is_not_folded_again(operation, monkeypatch):
    """A shift looks back to one moment all day, from every page of it."""
    log = record.entries(operation)
    first = record.picture_at(operation, seq=20)
    read, folded = record._read, list[int]()
    monkeypatch.setattr(
        record, "_read", lambda *given: (folded.append(e.seq) or e for e in read(*given))
    )
    assert record.picture_at(operation, seq=20) == first == Picture.replay(log[:20])
    assert not [seq for seq in folded if seq < log[-1].seq - 1]
    assert record.picture_at(operation, seq=23) == Picture.replay(log[:23])
    assert [seq for seq in folded if seq < log[-1].seq - 1] == [21, 22, 23]
