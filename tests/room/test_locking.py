"""The lock of a shared machine: every way round it is shut, and the same draft comes back."""

import time

import pytest
from django.core.cache import cache
from tests.room.test_pages import PAGES

from anoa.room import form_drafts, locking, record
from anoa.room.models import LockedScreen

PASSWORD = "a-long-password-of-the-test"
WORDS = "Pengamanan dermaga sampai kapal terakhir"
PROMISE = {"debtor": "kpu-prov", "creditor": "posko", "what": WORDS, "due": "2024-08-12T12:00"}


@pytest.fixture(autouse=True)
def fresh_limits(db):
    cache.clear()


@pytest.fixture
def posko(signed_in, member):
    """A client of the duty officer, whose password is known."""
    user = member("posko").user
    user.set_password(PASSWORD)
    user.save()
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    return client


def idle(client, minutes: float = 6) -> None:
    session = client.session
    session[locking.ACTIVE_AT] = time.time() - minutes * 60
    session.save()


def begin(client, **typed):
    fields = {"verb": "commitment.request", "subject": "", "page": "/commitments"}
    return client.post("/drafts/keep", fields | PROMISE | typed)


def is_lock_page(answer) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/lock?next=")


# -- what a locked screen gives --------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [*PAGES, "/log/export", "/daily-reports/L-0001.pdf", "/accounts/password/",
             "/accounts/2fa/", "/accounts/login/", "/accounts/logout/"]
)  # fmt: skip
def test_a_locked_screen_gives_no_page_and_no_file(posko, path):
    posko.post("/lock")
    assert is_lock_page(posko.get(path))


def test_a_locked_screen_does_nothing_and_keeps_nothing_that_is_sent(posko, member, operation):
    posko.post("/lock")
    before = record.current_picture(operation).seq
    sent = {"verb": "post.report", "subject": "", "region": "74.03"}
    assert is_lock_page(posko.post("/reports", sent))
    begin(posko)
    assert record.current_picture(operation).seq == before
    assert form_drafts.of_page(member("posko"), "/commitments") == {}


def test_the_lock_page_shows_nothing_of_the_operation(posko):
    posko.post("/lock", {"next": "/threats/T-0001"})
    page = posko.get("/lock?next=/threats/T-0001").content.decode()
    assert "This screen is locked" in page and "Duty officer" in page
    assert "T-0001" not in page.replace('value="/threats/T-0001"', "").replace(
        'value="/lock?next=/threats/T-0001"', "")  # fmt: skip
    assert "<nav" not in page and "As of entry" not in page


def test_a_script_is_told_423_and_gets_no_lock_page_for_data(posko):
    posko.post("/lock")
    for headers in ({"X-Anoa-Passive": "1"}, {"Sec-Fetch-Mode": "cors"}):
        answer = posko.get("/threats", headers=headers)
        assert answer.status_code == 423 and answer.content == b"This screen is locked."


def test_no_answer_of_the_room_may_be_stored_by_the_browser(posko):
    for path in (*PAGES, "/log/export", "/lock"):
        assert posko.get(path)["Cache-Control"] == "no-store", path


def test_a_request_that_began_before_the_lock_does_not_open_it_again(posko):
    """Its session is written back last, as it was; the mark stands in a row of its own."""
    old = posko.session
    posko.post("/lock")
    old.save()
    assert is_lock_page(posko.get("/threats"))


def test_a_locked_session_is_shut_for_the_stream_as_well(posko):
    assert not locking.is_locked(posko.session)
    idle(posko)
    assert locking.is_locked(posko.session)
    idle(posko, 0)
    posko.post("/lock")
    assert locking.is_locked(posko.session)


# -- without a person's input ----------------------------------------------------------------


def test_a_screen_without_input_locks_and_stays_locked(posko):
    posko.get("/")
    idle(posko)
    assert is_lock_page(posko.get("/threats"))
    idle(posko, 0)
    assert is_lock_page(posko.get("/threats"))


def test_input_keeps_a_screen_open_and_passive_requests_do_not(posko):
    posko.get("/")
    idle(posko, 4)
    posko.get("/threats", headers={"X-Anoa-Passive": "1"})
    assert time.time() - posko.session[locking.ACTIVE_AT] > 200
    assert posko.post("/lock/active").status_code == 204
    assert time.time() - posko.session[locking.ACTIVE_AT] < 60


def test_a_form_that_is_sent_after_the_screen_locked_itself_is_kept_as_a_draft(posko, operation):
    posko.get("/commitments")
    idle(posko)
    before = record.current_picture(operation).seq
    sent = {"verb": "commitment.request", "subject": "", **PROMISE}
    assert is_lock_page(posko.post("/commitments", sent))
    assert record.current_picture(operation).seq == before
    posko.post("/lock/open", {"password": PASSWORD, "next": "/commitments"})
    assert WORDS in posko.get("/commitments").content.decode()


@pytest.mark.parametrize("text", ["0", "31", "-1", "five", "2.5", ""])
def test_a_setting_that_is_no_whole_number_of_minutes_is_refused(text):
    from anoa.errors import StorageError
    from anoa.room.settings import _lock_minutes

    with pytest.raises(StorageError, match="from 1 to 30"):
        _lock_minutes(text)
    assert _lock_minutes("30") == 30


# -- opening it again ------------------------------------------------------------------------


def test_the_password_opens_the_same_page_with_the_same_draft(posko):
    begin(posko)
    posko.post("/lock", {"next": "/commitments"})
    answer = posko.post("/lock/open", {"password": PASSWORD, "next": "/commitments"})
    assert answer["Location"] == "/commitments"
    page = posko.get("/commitments").content.decode()
    assert WORDS in page and 'value="2024-08-12T12:00"' in page
    assert "Your draft was filled in again" in page


def test_without_script_the_form_itself_locks_and_is_kept(posko):
    sent = {"verb": "commitment.request", "subject": "", "page": "/commitments",
            "next": "/commitments", **PROMISE}  # fmt: skip
    assert is_lock_page(posko.post("/lock", sent))
    posko.post("/lock/open", {"password": PASSWORD, "next": "/commitments"})
    assert WORDS in posko.get("/commitments").content.decode()


def test_a_wrong_password_opens_nothing_and_soon_no_more_are_taken(posko):
    posko.post("/lock")
    for _ in range(5):
        answer = posko.post("/lock/open", {"password": "wrong", "next": "/threats"})
        assert answer.status_code == 403 and b"not your password" in answer.content
    answer = posko.post("/lock/open", {"password": PASSWORD})
    assert answer.status_code == 403 and b"Too many" in answer.content
    assert is_lock_page(posko.get("/threats"))


def test_the_password_of_another_member_does_not_open_it(posko, member):
    other = member("kpu-prov").user
    other.set_password("another-password-of-the-test")
    other.save()
    posko.post("/lock")
    typed = {"password": "another-password-of-the-test", "login": "kpu-prov",
             "username": "kpu-prov"}  # fmt: skip
    assert posko.post("/lock/open", typed).status_code == 403
    assert is_lock_page(posko.get("/threats"))


def test_a_code_of_the_second_factor_opens_it_for_who_has_one(posko, member):
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        generate_totp_secret,
        hotp_value,
        yield_hotp_counters_from_time,
    )

    posko.post("/lock")
    assert posko.post("/lock/open", {"code": "000000"}).status_code == 403
    secret = generate_totp_secret()
    TOTP.activate(member("posko").user, secret)
    assert b"second factor" in posko.get("/lock").content
    counter = next(iter(yield_hotp_counters_from_time()))
    wrong = posko.post("/lock/open", {"code": "12345"})
    assert wrong.status_code == 403
    code = format_hotp_value(hotp_value(secret, counter))
    assert posko.post("/lock/open", {"code": code, "next": "/threats"})["Location"] == "/threats"
    assert posko.get("/threats").status_code == 200


@pytest.mark.parametrize(
    "onward", ["https://example.org/", "//example.org", "/lock", "javascript:x"]
)
def test_after_opening_one_goes_on_within_the_room_only(posko, onward):
    posko.post("/lock")
    answer = posko.post("/lock/open", {"password": PASSWORD, "next": onward})
    assert answer["Location"] == "/"


def test_another_member_signs_in_afresh_and_does_not_see_the_draft(posko, member):
    begin(posko)
    posko.post("/lock")
    old = posko.session.session_key
    assert "/accounts/login/" in posko.post("/lock/leave")["Location"]
    posko.force_login(member("kpu-prov").user)
    assert posko.session.session_key != old
    assert WORDS not in posko.get("/commitments").content.decode()
    assert list(form_drafts.of_page(member("posko"), "/commitments")) == ["commitment.request "]


def test_another_screen_of_the_same_member_stays_open(posko, signed_in):
    elsewhere = signed_in("posko")
    posko.post("/lock")
    assert elsewhere.get("/threats").status_code == 200
    assert LockedScreen.objects.count() == 1


def test_locking_needs_the_token_of_the_page(member):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member("posko").user)
    for path in ("/lock", "/lock/open", "/lock/leave", "/drafts/keep", "/drafts/discard"):
        assert client.post(path).status_code == 403, path


# -- drafts of forms -------------------------------------------------------------------------


def test_enter_in_a_form_that_was_filled_in_again_does_the_act_and_not_the_discarding(posko):
    """The first button of a form is the one that Enter presses."""
    begin(posko)
    page = posko.get("/commitments").content.decode()
    form = page.partition('id="act-commitment-request-new"')[2].partition("</form>")[0]
    assert "/drafts/discard" in form
    assert "formaction" not in form[form.index("<button") :].partition(">")[0]


def test_a_draft_is_gone_when_the_act_is_done(posko, member):
    begin(posko, creditor="polda-sultra", proof="Foto")
    sent = {"verb": "commitment.request", "subject": "", **PROMISE,
            "creditor": "polda-sultra", "proof": "Foto"}  # fmt: skip
    answer = posko.post("/commitments", sent)
    assert answer.status_code == 302
    assert form_drafts.of_page(member("posko"), "/commitments") == {}


def test_a_draft_can_be_discarded_and_an_emptied_form_leaves_none(posko, member):
    for path, typed in (("/drafts/discard", {}), ("/drafts/keep", dict.fromkeys(PROMISE, " "))):
        assert begin(posko).json() == {"said": "Draft kept.", "kept": True}
        fields = {"verb": "commitment.request", "subject": "", "page": "/commitments"}
        posko.post(path, fields | typed)
        assert form_drafts.of_page(member("posko"), "/commitments") == {}, path


def test_keys_passwords_and_strange_fields_are_never_kept(posko, member):
    seal = {"verb": "seal.countersign", "subject": "seal-1", "page": "/log", "key": "posko+abc"}
    posko.post("/drafts/keep", seal)
    begin(posko, password="secret", csrfmiddlewaretoken="x", other="y")
    kept = form_drafts.of_page(member("posko"), "/commitments")["commitment.request "].typed
    assert set(kept) == set(PROMISE)
    assert form_drafts.of_page(member("posko"), "/log") == {}


def test_a_draft_too_large_is_said_and_the_page_still_works(posko):
    answer = begin(posko, what="x" * 70_000)
    assert "at most" in answer.json()["said"]
    assert posko.get("/commitments").status_code == 200


def test_a_reader_keeps_no_drafts_as_the_role_has_no_forms(signed_in, member):
    assert begin(signed_in("governor-reader")).json()["kept"] is False
    assert begin(signed_in("observer")).json()["kept"] is False
