"""Limits of guessing: the guesser waits ever longer, an office behind one address does not."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from anoa.room import limits
from anoa.room.models import Member, WrongTries

PASSWORD = "a-long-password-of-the-test"
OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.20"


class Clock:
    """The clock of the limits, which stands until a test moves it."""

    def __init__(self) -> None:
        self.at = timezone.now()

    def now(self):
        return self.at


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(limits, "timezone", found)
    return found


@pytest.fixture
def passwords(operation, quick_hashes):
    for member in Member.objects.filter(ident__in=("posko", "kpu-prov")).select_related("user"):
        member.user.set_password(PASSWORD)
        member.user.save()


def enter(name: str, password: str = PASSWORD, address: str = OFFICE):
    client = Client(REMOTE_ADDR=address)
    client.cookies["django_language"] = "en"
    return client.post("/accounts/login/", {"login": name, "password": password})


def wrong(name: str, times: int, address: str = OFFICE) -> None:
    for _ in range(times):
        limits.begin(asking(address), limits.PASSWORD, name)


def asking(address: str = OFFICE):
    return RequestFactory().post("/", REMOTE_ADDR=address)


def later(**by: float) -> None:
    """Let time pass."""
    limits.timezone.at += timedelta(**by)


def test_after_five_wrong_passwords_the_sixth_waits_and_the_page_says_how_long(passwords):
    for _ in range(5):
        assert b"not correct" in enter("posko", "wrong").content
    said = enter("posko").content.decode()
    assert "Too many wrong tries from this place. Wait 30 seconds" in said
    assert "From another place the right password works at once." in said
    later(seconds=31)
    assert enter("posko").status_code == 302


def test_the_wait_is_told_in_the_readers_language(passwords):
    wrong("posko", 5)
    client = Client(REMOTE_ADDR=OFFICE)
    client.cookies["django_language"] = "id"
    said = client.post("/accounts/login/", {"login": "posko", "password": "x"}).content.decode()
    assert "30 detik" in said


def test_each_further_wrong_one_waits_longer_up_to_a_quarter_of_an_hour(db):
    waits = []
    wrong("posko", 5)
    for _ in range(7):
        with pytest.raises(ValidationError) as told:
            limits.begin(asking(), limits.PASSWORD, "posko")
        waits.append(told.value.message.split("Wait ")[1].split(" and")[0])
        later(minutes=16)
        limits.begin(asking(), limits.PASSWORD, "posko")
    assert waits == ["30 seconds", "60 seconds", "2 minutes", "4 minutes", "8 minutes",
                     "15 minutes", "15 minutes"]  # fmt: skip


def test_tries_while_one_waits_do_not_make_the_wait_longer(db):
    wrong("posko", 5)
    for _ in range(50):
        with pytest.raises(ValidationError, match="30 seconds"):
            limits.begin(asking(), limits.PASSWORD, "posko")
    later(seconds=31)
    limits.begin(asking(), limits.PASSWORD, "posko")


def test_who_guesses_from_afar_does_not_shut_the_member_out(passwords):
    wrong("posko", 5, ELSEWHERE)
    assert enter("posko", address=ELSEWHERE).status_code == 200
    assert enter("posko", address=OFFICE).status_code == 302


def test_who_guesses_in_the_office_shuts_no_colleague_out(passwords):
    wrong("posko", 5)
    assert enter("posko").status_code == 200
    assert enter("kpu-prov").status_code == 302


def test_fifty_people_who_mistype_at_a_shift_change_are_not_stopped(passwords, operation):
    for number in range(50):
        wrong(f"person-{number}", 4)
    assert enter("posko").status_code == 302


def test_an_address_that_tries_far_more_than_an_office_waits_and_no_other_does(passwords):
    wrong("nobody-1", 1)
    row = WrongTries.objects.get(key=limits._key("address", OFFICE))
    row.count = limits.ADDRESS_TRIES
    row.save()
    assert b"10 minutes" in enter("posko").content
    assert enter("posko", address=ELSEWHERE).status_code == 302
    later(minutes=10)
    assert enter("posko").status_code == 302


def test_the_right_password_forgives_what_was_mistyped(passwords):
    for _ in range(3):
        for _ in range(4):
            enter("posko", "wrong")
        assert enter("posko").status_code == 302
    assert not WrongTries.objects.filter(key=limits._key("password", "posko", OFFICE)).exists()
    assert WrongTries.objects.get(key=limits._key("address", OFFICE)).count == 12


def test_codes_are_counted_for_the_account_from_all_addresses_together(db):
    for number in range(limits.CODES_OF_AN_ACCOUNT):
        limits.begin(asking(f"198.51.100.{number}"), limits.CODE, "7")
    with pytest.raises(ValidationError, match="60 minutes"):
        limits.begin(asking("192.0.2.1"), limits.CODE, "7")
    limits.begin(asking("192.0.2.1"), limits.CODE, "8")


def test_ipv6_addresses_of_one_network_are_one_place(db):
    wrong("posko", 5, "2001:db8::1")
    with pytest.raises(ValidationError):
        limits.begin(asking("2001:db8::2"), limits.PASSWORD, "posko")


def test_the_counts_name_neither_account_nor_address(db):
    wrong("posko", 2)
    held = str(list(WrongTries.objects.values()))
    assert "posko" not in held and OFFICE not in held


def test_old_counts_are_dropped(db):
    wrong("posko", 3)
    WrongTries.objects.update(last_at=timezone.now() - limits.KEPT - timedelta(minutes=1))
    limits.right(limits.begin(asking(), limits.PASSWORD, "kpu-prov"))
    assert WrongTries.objects.count() == 1  # the address of the last one
