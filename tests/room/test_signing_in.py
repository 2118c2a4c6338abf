"""Signing in with a second factor: who must, what a code is worth, and what a lost phone ends."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.conf import settings as room
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.room.test_pages import DUTY_PAGES, PAGES

from anoa.errors import StorageError
from anoa.room import factors, listening, record, sessions
from anoa.room.models import KnownMachine, MemberPin
from anoa.room.settings import _hours, _second_factor

PASSWORD = "a-long-password-of-the-test"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP_S = 30


@pytest.fixture(autouse=True)
def fresh(db, quick_hashes):
    """allauth remembers for half a minute which codes were used, in the memory of the process."""
    cache.clear()


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"


@pytest.fixture
def known(member):
    """Give members a password that the test knows."""

    def prepare(name: str):
        found = member(name)
        found.user.set_password(PASSWORD)
        found.user.save()
        return found

    return prepare


def browser() -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    return client


def enter(client: Client, name: str, password: str = PASSWORD, **more):
    return client.post("/accounts/login/", {"login": name, "password": password}, **more)


def code(steps: int = 0) -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // STEP_S + steps))


def typed(client: Client, number: str):
    return client.post("/accounts/2fa/authenticate/", {"code": number})


def is_in(client: Client) -> bool:
    return client.get("/threats").status_code == 200


def enrol(client: Client) -> str:
    """Set up an app as a person does; returns the key."""
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    number = format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S))
    answer = client.post("/accounts/2fa/totp/activate/", {"code": number})
    assert answer.status_code == 302, answer.content
    return secret


# -- who must have one -----------------------------------------------------------------------


def test_an_exercise_asks_for_no_second_factor_and_a_real_operation_does(member, settings):
    posko = member("posko")
    from anoa.room import access

    assert not access.must_have_factor(posko)
    posko.operation.exercise = False
    assert access.must_have_factor(posko)
    settings.SECOND_FACTOR = "optional"
    assert not access.must_have_factor(posko)


@pytest.mark.parametrize("text", ["yes", "on", "Required", "1"])
def test_another_word_for_the_setting_is_refused(text):
    with pytest.raises(StorageError, match="required or optional"):
        _second_factor(text)


@pytest.mark.parametrize("name", ["posko", "fkub", "pam-tps", "governor-reader", "auditor"])
def test_before_a_second_factor_is_set_up_no_page_opens_but_that_one(required, known, name):
    known(name)
    client = browser()
    enter(client, name)
    for path in (*PAGES, *DUTY_PAGES, "/log/export", "/daily-reports/L-0001.pdf", "/members",
                 "/pin", "/map.geojson", "/accounts/password/"):  # fmt: skip
        answer = client.get(path)
        assert (answer.status_code, answer.get("Location")) == (302, "/accounts/2fa/"), path
    sent = client.post("/reports", {"verb": "post.report", "subject": "", "region": "74.03"})
    assert sent["Location"] == "/accounts/2fa/"
    assert client.get("/threats", headers={"Sec-Fetch-Mode": "cors"}).status_code == 403
    assert listening.listener_of(client.session.session_key) == "ended"
    page = client.get("/accounts/2fa/").content.decode()
    assert "Until then no other page opens" in page and "<nav" not in page


def test_the_outsider_who_reads_what_is_public_need_not_have_one(required, known):
    known("observer")
    client = browser()
    enter(client, "observer")
    assert client.get("/").status_code == 200


def test_once_it_is_set_up_the_room_opens_and_the_codes_are_shown_once(required, known):
    known("posko")
    client = browser()
    enter(client, "posko")
    enrol(client)
    pages = [client.get("/accounts/2fa/recovery-codes/").content.decode() for _ in range(2)]
    assert [len(re.findall(r"<code>\d{8}</code>", page)) for page in pages] == [10, 0]
    assert is_in(client)


def test_the_password_alone_leads_no_further_then(known, member):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    client = browser()
    assert enter(client, "posko")["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    assert typed(client, code())["Location"] == "/"
    assert is_in(client)


def test_the_last_factor_cannot_be_taken_off_by_who_must_have_one(required, known):
    known("posko")
    client = browser()
    enter(client, "posko")
    enrol(client)
    page = client.post("/accounts/2fa/totp/deactivate/")
    assert b"the last factor" in page.content
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_later_the_password_is_asked_for_before_a_factor_changes(known, monkeypatch):
    known("posko")
    client = browser()
    enter(client, "posko")
    enrol(client)
    monkeypatch.setattr(sessions, "FRESH_S", -1)
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert answer.status_code == 302 and "/accounts/reauthenticate/" in answer["Location"]
    assert Authenticator.objects.filter(type="totp").exists()


# -- what a code is worth --------------------------------------------------------------------


def test_a_code_cannot_be_used_twice_even_where_the_clock_would_still_allow_it(known, member):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    number = code()
    first, second = browser(), browser()
    for client in (first, second):
        enter(client, "posko")
    typed(first, number)
    cache.clear()  # what allauth remembers of it, for half a minute alone
    assert typed(second, number).status_code == 200
    assert is_in(first) and not is_in(second)
    typed(second, code(1))
    assert is_in(second)


def test_after_a_later_code_an_earlier_one_is_no_longer_taken(known, member):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    first, second = browser(), browser()
    enter(first, "posko"), enter(second, "posko")
    typed(first, code(1))
    assert b"used already" in typed(second, code()).content
    assert not is_in(second)


def test_the_code_that_set_the_app_up_does_not_sign_in_as_well(known):
    known("posko")
    client = browser()
    enter(client, "posko")
    secret = enrol(client)
    number = format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S))
    other = browser()
    enter(other, "posko")
    assert typed(other, number).status_code == 200 and not is_in(other)


def test_a_code_that_opened_the_lock_does_not_sign_in_as_well(known, member, signed_in):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    client, number = signed_in("posko"), code()
    client.post("/lock")
    assert client.post("/lock/open", {"code": number})["Location"] == "/"
    other = browser()
    enter(other, "posko")
    typed(other, number)
    assert not is_in(other)


def test_a_recovery_code_signs_in_once(known, member):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    number = RecoveryCodes.activate(member("posko").user).generate_codes()[0]
    first, second = browser(), browser()
    for client in (first, second):
        enter(client, "posko")
        typed(client, number)
    assert is_in(first) and not is_in(second)


def test_codes_are_not_guessed(known, member):
    known("posko")
    TOTP.activate(member("posko").user, SECRET)
    client = browser()
    enter(client, "posko")
    for _ in range(5):
        assert b"Incorrect code" in typed(client, "000000").content
    answer = typed(client, code())
    assert b"Too many wrong tries" in answer.content and b"30 seconds" in answer.content


def test_the_seeds_do_not_lie_in_the_database_as_they_are(known, member):
    known("posko")
    client = browser()
    enter(client, "posko")
    secret = enrol(client)
    held = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in held
    assert (room.DATA_FOLDER.keys / "factors.key").stat().st_mode & 0o777 == 0o600


def test_with_another_key_no_code_is_taken_and_the_sentence_says_what_to_do(known, monkeypatch):
    """As in a room that was restored without its keys."""
    member = known("posko")
    TOTP.activate(member.user, SECRET)
    client = browser()
    enter(client, "posko")
    monkeypatch.setattr(factors, "_key", Fernet.generate_key)
    answer = typed(client, code())
    assert answer.status_code == 200 and b"Tell its administrator" in answer.content
    assert not is_in(client)
    foreign = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    with pytest.raises(StorageError, match="anoa admin reset-factor"):
        factors.RoomFactors().decrypt(foreign)


# -- a lost phone ----------------------------------------------------------------------------


def proven(client: Client, name: str) -> Client:
    """Signed in, with the password typed once more for what changes an account."""
    enter(client, name)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


@pytest.fixture
def lost(known, member, operation):
    """A member whose phone is lost, with a session, a PIN and a machine."""
    lost = known("pam-tps")
    TOTP.activate(lost.user, SECRET)
    client = browser()
    enter(client, "pam-tps")
    typed(client, code())
    assert is_in(client)
    MemberPin.objects.create(member=lost, hashed="x", set_at=timezone.now())
    return client


def test_a_colleague_resets_a_lost_phone_and_the_log_tells_it(lost, known, member, operation):
    known("kabagops-muna")
    answer = proven(browser(), "kabagops-muna").post("/members", {"member": "pam-tps"})
    assert answer.status_code == 302
    told = record.entries(operation)[-1]
    assert (told.kind, told.subject, told.by) == (
        "member.factor_reset", "pam-tps", "kabagops-muna")  # fmt: skip
    assert told.data == {}
    assert not is_in(lost)
    gone = member("pam-tps")
    assert not Authenticator.objects.filter(user=gone.user).exists()
    assert not MemberPin.objects.filter(member=gone).exists()
    assert not KnownMachine.objects.filter(member=gone).exists()
    again = browser()
    enter(again, "pam-tps")
    assert is_in(again)


@pytest.mark.parametrize(
    ("who", "whom", "status"),
    [("posko", "pam-tps", 404),  # another institution
     ("pam-tps", "kabagops-muna", 403), ("governor-reader", "governor-reader", 403),
     ("kabagops-muna", "kabagops-muna", 422), ("kabagops-muna", "host-admin", 404),
     ("observer", "observer", 403)],
)  # fmt: skip
def test_nobody_else_resets_it(known, operation, who, whom, status):
    known(who)
    TOTP.activate(known(whom).user, SECRET) if whom != who else None
    before = record.current_picture(operation).seq
    answer = proven(browser(), who).post("/members", {"member": whom})
    assert answer.status_code == status
    assert record.current_picture(operation).seq == before
    assert whom == who or Authenticator.objects.filter(type="totp").exists()


def test_a_reset_asks_for_the_password_first(lost, known, monkeypatch):
    known("kabagops-muna")
    client = browser()
    enter(client, "kabagops-muna")
    monkeypatch.setattr(sessions, "FRESH_S", -1)
    answer = client.post("/members", {"member": "pam-tps"})
    assert "/accounts/reauthenticate/" in answer["Location"]
    assert Authenticator.objects.filter(type="totp").exists()


def test_the_log_holds_no_reset_that_did_not_take_place(lost, signed_in, operation):
    before = record.current_picture(operation).seq
    sent = {"verb": "member.reset_factor", "subject": "pam-tps"}
    signed_in("kabagops-muna").post("/log", sent)
    assert record.current_picture(operation).seq == before


def test_the_administrator_of_the_machine_resets_it_and_the_log_tells_it(lost, member, operation):
    factors.reset_by_host(operation, member("pam-tps"))
    told = record.entries(operation)[-1]
    assert (told.kind, told.subject, told.by) == ("member.factor_reset", "pam-tps", "host-admin")
    assert not is_in(lost)


# -- sessions --------------------------------------------------------------------------------


def test_a_session_ends_after_its_hours_however_busy_it_is(signed_in):
    client = signed_in("posko")
    session = client.session
    session[sessions.SIGNED_IN_AT] = time.time() - room.SESSION_HOURS * 3600 - 1
    session.save()
    assert listening.listener_of(session.session_key) == "ended"
    answer = client.get("/threats")
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
    assert "_auth_user_id" not in client.session


def test_what_is_sent_when_the_hours_are_over_is_kept_as_a_draft(signed_in, member):
    from anoa.room import form_drafts

    client = signed_in("posko")
    session = client.session
    session[sessions.SIGNED_IN_AT] = 0.0
    session.save()
    client.post("/commitments", {"verb": "commitment.request", "subject": "", "what": "Kapal",
                                 "debtor": "kpu-prov", "creditor": "posko"})  # fmt: skip
    assert form_drafts.of_page(member("posko"), "/commitments")


def test_signing_out_everywhere_ends_every_session_of_the_member_and_no_other(signed_in):
    here, there, other = signed_in("posko"), signed_in("posko"), signed_in("kpu-prov")
    keys = [client.session.session_key for client in (here, there)]
    assert here.post("/sign-out-everywhere").status_code == 302
    for client in (here, there):
        assert not is_in(client)
    assert not Session.objects.filter(session_key__in=keys).exists()
    assert [listening.listener_of(key) for key in keys] == ["ended", "ended"]
    assert is_in(other)
    assert is_in(signed_in("posko"))


def test_a_session_that_is_written_back_after_the_end_stays_ended(signed_in):
    """A request that began before the end saves its old session again."""
    client = signed_in("posko")
    old = client.session
    signed_in("posko").post("/sign-out-everywhere")
    from django.contrib.sessions.backends.db import SessionStore

    revived = SessionStore(old.session_key)
    revived.update(dict(old.items()))
    revived.create()
    client.cookies[room.SESSION_COOKIE_NAME] = revived.session_key
    assert not is_in(client)


def test_it_needs_the_token_of_the_page(member):
    client = Client(enforce_csrf_checks=True)
    client.force_login(member("posko").user)
    for path in ("/sign-out-everywhere", "/members", "/pin"):
        assert client.post(path, {"member": "kabagops-muna"}).status_code == 403, path


@pytest.mark.parametrize("text", ["0", "25", "-1", "one"])
def test_hours_that_are_none_are_refused(text, monkeypatch):
    monkeypatch.setenv("ANOA_SESSION_HOURS", text)
    with pytest.raises(StorageError, match="ANOA_SESSION_HOURS"):
        _hours("ANOA_SESSION_HOURS", 1)


def test_a_signed_in_member_of_an_older_anoa_signs_in_again(signed_in):
    """Its session does not say when it began."""
    client = signed_in("posko")
    session = client.session
    del session[sessions.SIGNED_IN_AT]
    session.save()
    assert not is_in(client)


def test_a_new_password_forgets_the_machines(known, member):
    known("posko")
    client = browser()
    enter(client, "posko")
    assert KnownMachine.objects.count() == 1
    fresh = "another-long-password"
    client.post("/accounts/password/",
                {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})  # fmt: skip
    assert KnownMachine.objects.count() == 0


# -- what stays behind at a shared machine -----------------------------------------------------


@pytest.mark.parametrize("path", ["/accounts/logout/", "/lock/leave", "/sign-out-everywhere"])
def test_where_a_session_ends_the_browser_is_told_to_drop_what_it_holds(signed_in, path):
    client = signed_in("posko")
    assert "Clear-Site-Data" not in client.get("/").headers
    answer = client.post(path)
    assert answer["Clear-Site-Data"] == '"cache"'
    assert answer["Cache-Control"] == "no-store"


def test_pages_of_signing_in_are_kept_by_no_browser_and_complete_nothing(signed_in):
    client = signed_in("posko")
    for path in ("/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/reauthenticate/"):
        assert "no-store" in client.get(path)["Cache-Control"], path
    for path in (*PAGES, *DUTY_PAGES):
        for form in re.findall(r"<form\b[^>]*>", client.get(path).content.decode()):
            assert 'autocomplete="off"' in form, (path, form)
