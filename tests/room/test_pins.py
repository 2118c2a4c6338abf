"""Taking the duty over with a PIN: only where and when its member signed in fully."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as room
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from tests.room.test_signing_in import PASSWORD, SECRET, code, enter, is_in, typed

from anoa.coordination.duty import current_duty
from anoa.room import accounts, factors, limits, pins, record, sessions
from anoa.room.models import KnownMachine, LockedScreen, Member, MemberPin

PIN = "480913"


@pytest.fixture(autouse=True)
def fresh(db, quick_hashes):
    cache.clear()


@pytest.fixture
def pair(operation):
    """Two members of one institution with PINs: who has the duty, and who takes it over."""
    for name in ("kabagops-muna", "pam-tps", "posko", "kpu-prov"):
        member = Member.objects.select_related("user").get(ident=name)
        member.user.set_password(PASSWORD)
        member.user.save()
        pins.set_pin(member, PIN, PIN)


@pytest.fixture
def machine(pair):
    """A shared PC at which both signed in fully today; one of them is there."""
    client = Client()
    client.cookies["django_language"] = "en"
    enter(client, "kabagops-muna")
    client.post("/accounts/logout/")
    enter(client, "kpu-prov")
    return client


def take(client, name="kabagops-muna", pin=PIN):
    return client.post("/take-over", {"login": name, "pin": pin})


def who(client) -> str:
    return Member.objects.get(user=client.session["_auth_user_id"]).ident


def test_at_a_machine_where_one_signed_in_fully_a_pin_takes_the_duty_over(machine, operation):
    before = machine.session.session_key
    machine.post("/lock")
    assert "Take the duty over with a PIN" in machine.get("/lock").content.decode()
    assert take(machine)["Location"] == "/shift"
    assert who(machine) == "kabagops-muna" and machine.session.session_key != before
    assert machine.get("/shift").status_code == 200
    duty = current_duty(record.current_picture(operation).duties.values(), "polres-muna")
    assert duty.member == "kabagops-muna"


def test_the_session_before_ends_and_its_lock_does_not_shut_the_new_one(machine):
    old = machine.session
    machine.post("/lock")
    take(machine)
    assert not Session.objects.filter(session_key=old.session_key).exists()
    assert not LockedScreen.objects.filter(session_key=machine.session.session_key).exists()


def test_from_the_page_of_signing_in_it_works_as_well(machine):
    machine.post("/accounts/logout/")
    assert "/take-over" in machine.get("/accounts/login/").content.decode()
    assert machine.get("/take-over").status_code == 200
    take(machine)
    assert who(machine) == "kabagops-muna"


def test_a_pin_does_nothing_at_a_machine_where_its_member_never_signed_in(pair, machine):
    elsewhere = Client()
    assert take(elsewhere)["Location"] == "/accounts/login/"  # a browser that nobody knows
    assert elsewhere.get("/take-over").status_code == 302
    assert take(machine, "posko").status_code == 403  # a known one, but not to this member
    assert who(machine) == "kpu-prov"


def test_a_cookie_that_somebody_made_up_does_nothing(pair):
    client = Client()
    client.cookies[pins.COOKIE] = "made-up"
    assert take(client)["Location"] == "/accounts/login/"


def test_after_the_hours_the_pin_does_no_more(machine):
    ago = timezone.now() - timedelta(hours=room.PIN_HOURS, minutes=1)
    KnownMachine.objects.filter(member__ident="kabagops-muna").update(signed_in_at=ago)
    assert take(machine).status_code == 403


def test_a_session_of_a_pin_ends_when_the_full_sign_in_would_have(machine):
    ago = timezone.now() - timedelta(hours=room.PIN_HOURS - 1)
    KnownMachine.objects.filter(member__ident="kabagops-muna").update(signed_in_at=ago)
    take(machine)
    assert machine.session[sessions.SIGNED_IN_AT] == pytest.approx(ago.timestamp())
    session = machine.session
    session[sessions.SIGNED_IN_AT] -= 3600 + 60
    session.save()
    assert not is_in(machine)


def test_a_pin_makes_no_machine_known_and_prolongs_nothing(machine):
    before = set(KnownMachine.objects.values_list("member__ident", "signed_in_at"))
    take(machine)
    assert set(KnownMachine.objects.values_list("member__ident", "signed_in_at")) == before


def test_the_second_factor_must_have_been_given_at_that_machine(pair, member):
    """The password alone makes no machine known to a member who has a second factor."""
    TOTP.activate(member("posko").user, SECRET)
    client = Client()
    enter(client, "posko")
    assert take(client, "posko")["Location"] == "/accounts/login/"
    typed(client, code())
    client.post("/accounts/logout/")
    assert take(client, "posko")["Location"] == "/shift"
    assert who(client) == "posko"


def test_before_a_second_factor_is_set_up_a_pin_leads_no_further(machine, settings):
    settings.SECOND_FACTOR = "required"
    take(machine)
    assert machine.get("/threats")["Location"] == "/accounts/2fa/"


def test_after_five_wrong_ones_the_right_one_does_nothing_until_it_is_set_again(
    machine, monkeypatch
):
    monkeypatch.setattr(limits, "FREE", 100)
    for _ in range(pins.TRIES):
        assert take(machine, pin="111222").status_code == 403
    assert take(machine).status_code == 403
    assert pins.state_of(Member.objects.get(ident="kabagops-muna")) == "void"
    pins.set_pin(Member.objects.get(ident="kabagops-muna"), PIN, PIN)
    assert take(machine)["Location"] == "/shift"


def test_a_right_one_forgives_the_wrong_ones(machine):
    take(machine, pin="111222")
    take(machine)
    assert MemberPin.objects.get(member__ident="kabagops-muna").tries == 0


def test_wrong_ones_wait_like_wrong_passwords(machine):
    for _ in range(5):
        take(machine, "nobody")
    assert b"Wait 30 seconds" in take(machine, "nobody").content


def test_the_same_is_said_whatever_was_wrong(machine):
    tries = (("kabagops-muna", "111222"), ("posko", PIN), ("nobody", PIN))
    pages = [take(machine, name, pin).content for name, pin in tries]
    said = {page.partition(b'role="alert">')[2].partition(b"<")[0] for page in pages}
    assert len(said) == 1


@pytest.mark.parametrize("end", ["everywhere", "reset", "password"])
def test_what_ends_all_sessions_ends_the_use_of_the_pin(machine, signed_in, member, operation, end):
    gone = member("kabagops-muna")
    if end == "everywhere":
        signed_in("kabagops-muna").post("/sign-out-everywhere")
    elif end == "reset":
        factors.reset_by_host(operation, gone)
    else:
        accounts.new_passwords(operation)
    answer = take(machine)
    assert answer.status_code in (302, 403) and answer.get("Location") != "/shift"


def test_with_a_pin_alone_nobody_changes_how_one_signs_in(machine):
    take(machine)
    for path in ("/pin", "/members", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        answer = machine.get(path)
        assert answer.status_code == 302 and "reauthenticate" in answer["Location"], path


@pytest.mark.parametrize(
    ("pin", "again", "said"),
    [("12345", "12345", "6 to 12 digits"), ("48091a", "48091a", "6 to 12 digits"),
     ("0" * 13, "0" * 13, "6 to 12 digits"), ("777777", "777777", "guessed at once"),
     ("456789", "456789", "guessed at once"), ("987654", "987654", "guessed at once"),
     ("890123", "890123", "guessed at once"), (PIN, "480914", "differ")],
)  # fmt: skip
def test_a_pin_that_is_short_easy_or_mistyped_is_refused(machine, pin, again, said):
    MemberPin.objects.filter(member__ident="kpu-prov").delete()
    answer = machine.post("/pin", {"pin": pin, "again": again})
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not MemberPin.objects.filter(member__ident="kpu-prov").exists()


def test_a_pin_is_set_and_dropped_on_its_page_and_lies_hashed(machine, member):
    MemberPin.objects.filter(member__ident="kpu-prov").delete()
    assert machine.post("/pin", {"pin": PIN, "again": PIN}).status_code == 302
    held = MemberPin.objects.get(member__ident="kpu-prov").hashed
    assert held.startswith("argon2") and PIN not in held
    assert not check_password(PIN, held), "keyed first, so that the database alone is no use"
    machine.post("/pin", {"drop": "1"})
    assert pins.state_of(member("kpu-prov")) == "none"


def test_where_it_is_turned_off_there_is_no_pin(pair, settings):
    settings.PIN_HOURS = 0
    client = Client()
    enter(client, "posko")
    assert pins.COOKIE not in client.cookies
    assert 'href="/pin"' not in client.get("/accounts/2fa/").content.decode()
    assert take(client, "posko")["Location"] == "/accounts/login/"


def test_the_cookie_of_a_machine_is_out_of_reach_of_scripts_and_other_sites(machine):
    held = machine.cookies[pins.COOKIE]
    assert held["httponly"] and held["samesite"] == "Lax"
    assert held["max-age"] == room.PIN_HOURS * 3600
    assert not KnownMachine.objects.filter(digest=held.value).exists()
