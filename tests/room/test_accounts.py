"""Signing in: by user name and password, with a second factor for who turned it on."""

import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client
from django.urls import reverse

from anoa.room import accounts
from anoa.room.models import Member

PASSWORD = "a long enough password of no cast"


@pytest.fixture
def posko(member):
    user = member("posko").user
    user.set_password(PASSWORD)
    user.save()
    return user


def enter(client: Client, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": "posko", "password": password})


def code_for(secret: str) -> str:
    counter = next(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counter))


def test_a_wrong_password_lets_nobody_in(posko, client):
    answer = enter(client, "wrong")
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_the_right_password_leads_to_the_board(posko, client):
    answer = enter(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_no_page_is_shown_without_signing_in(operation, client):
    for page in ("board", "threats", "reports", "log", "export", "sitreps", "index"):
        answer = client.get(reverse(page))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_a_second_factor_is_asked_for_once_it_is_on(posko, client):
    enter(client)
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    if page.resolver_match.url_name == "account_reauthenticate":
        page = client.post(page.request["PATH_INFO"], {"password": PASSWORD}, follow=True)
        page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert re.search(r"data:image/svg\+xml", page.content.decode())
    done = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert done.status_code == 302

    second = Client()
    asked = enter(second)
    assert asked["Location"].startswith(reverse("mfa_authenticate"))
    assert "_auth_user_id" not in second.session
    assert second.get("/").status_code == 302


def test_a_new_password_ends_the_session(posko, client, operation):
    enter(client)
    fresh = accounts.new_passwords(operation)
    assert client.get("/").status_code == 302
    assert enter(client, fresh["posko"]).status_code == 302
    assert len(set(fresh.values())) == Member.objects.count()


def test_the_host_administrator_belongs_to_no_institution(member):
    assert member("host-admin").agency == ""


def test_the_session_ends_after_half_an_hour_idle(posko, client):
    enter(client)
    assert client.session.get_expiry_age() <= 30 * 60
    assert not posko.is_staff and not posko.is_superuser
