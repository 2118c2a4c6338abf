"""Signing in by an institution's account: tied to a member, never making one, keeping no name."""

import re
import time
from contextlib import nullcontext
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from tests.room.identity_provider import CLIENT, SECRET, Provider
from tests.room.test_signing_in import PASSWORD, browser, code, enter, is_in, typed
from tests.room.test_signing_in import SECRET as SEED

from anoa.cli import admin, main
from anoa.errors import NotAllowed, StorageError
from anoa.room import accounts, listening, sessions
from anoa.room.identity import fetching, ties
from anoa.room.identity.providers import IdentityProvider, read_providers
from anoa.room.models import Member, TieCode, WrongTries

NAME = "KPU Provinsi"


@pytest.fixture(autouse=True)
def fresh(db, quick_hashes):
    cache.clear()


@pytest.fixture
def provider():
    with Provider() as found:
        yield found


@pytest.fixture
def kpu(provider, settings):
    """The room takes that provider for the members of the commission."""
    found = value(provider.issuer)
    settings.OIDC = {"kpu": found}
    return found


def value(issuer, **more) -> IdentityProvider:
    said = {"name": NAME, "agency": "kpu-prov", "issuer": issuer, "client_id": CLIENT,
            "secret": SECRET} | more  # fmt: skip
    return IdentityProvider("kpu", **said)


@pytest.fixture
def tied(kpu, provider, member):
    """kpu-prov, whose account at the provider is tied."""
    found = member("kpu-prov")
    ties.tie(found, kpu, ties.digest_of(provider.issuer, provider.subject))
    return found


def press(client: Client, ident: str = "kpu", deed: str = "", **more):
    return client.post(f"/accounts/by/{ident}/{deed}", more)


def way_out(page) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.content.decode())
    assert found, page.content.decode()
    return unescape(found[1])


def come_back(client: Client, provider: Provider, page):
    """Go where the page leads, sign in there, and come back."""
    back = urlsplit(provider.sign_in_at(way_out(page)))
    return client.get(f"{back.path}?{back.query}")


def sign_in(client: Client, provider: Provider, **more):
    return come_back(client, provider, press(client, **more))


def refused(answer, *words: str) -> bool:
    text = answer.content.decode()
    return "Not signed in" in text and all(one in text for one in words)


# -- the way that works ----------------------------------------------------------------------


def test_a_tied_account_signs_its_member_in(tied, provider):
    client = browser()
    answer = sign_in(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)
    assert client.session["_auth_user_id"] == str(tied.user_id)
    assert client.session[sessions.SIGNED_IN_AT] == pytest.approx(time.time(), abs=60)


def test_it_leads_back_to_the_page_that_was_asked_for_and_to_no_other_site(tied, provider):
    assert sign_in(browser(), provider, next="/threats")["Location"] == "/threats"
    assert sign_in(browser(), provider, next="https://elsewhere.example/")["Location"] == "/"


def test_the_way_out_asks_for_little_and_binds_the_answer(tied, provider):
    asked = parse_qs(urlsplit(way_out(press(browser()))).query)
    assert asked["scope"] == ["openid"]
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["prompt"] == ["login"] and asked["max_age"] == ["600"]
    assert len(asked["nonce"][0]) >= 40 and len(asked["state"][0]) >= 16


def test_nothing_is_asked_before_the_button_is_pressed(tied, provider):
    client = browser()
    page = client.get("/accounts/login/").content.decode()
    assert f"Sign in with your account of {NAME}" in page
    enter(client, "kpu-prov")
    client.get("/accounts/2fa/")
    assert client.get("/accounts/by/kpu/").status_code == 405
    assert provider.asked == []
    with pytest.raises(fetching.ProviderTrouble):
        fetching.session()


def test_where_none_is_set_up_there_is_no_button_and_no_address(provider, settings):
    settings.OIDC = {}
    client = browser()
    assert "/accounts/by/" not in client.get("/accounts/login/").content.decode()
    for deed in ("", "tie", "untie"):
        assert press(client, deed=deed).status_code in (302, 404)
    assert client.get("/accounts/by/kpu/answer?code=1&state=2").status_code == 404
    assert provider.asked == []


def test_another_site_cannot_press_the_button(tied):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/by/kpu/").status_code == 403


# -- never a member by itself ----------------------------------------------------------------


def test_an_account_that_nobody_tied_makes_no_member_and_signs_nobody_in(kpu, provider, operation):
    before = (Member.objects.count(), get_user_model().objects.count())
    client = browser()
    answer = sign_in(client, provider)
    assert answer["Location"] == "/accounts/by/kpu/code"
    assert "belongs to no member" in client.get(answer["Location"]).content.decode()
    assert (Member.objects.count(), get_user_model().objects.count()) == before
    assert not SocialAccount.objects.exists() and not is_in(client)


def test_a_member_ties_the_account_once_from_the_page_of_signing_in(kpu, provider, member):
    found = member("kpu-prov")
    found.user.set_password(PASSWORD)
    found.user.save()
    client = browser()
    enter(client, "kpu-prov")
    asked = press(client, deed="tie")
    assert "/accounts/reauthenticate/" in asked["Location"], "the password is asked for first"
    page = client.post(asked["Location"], {"password": PASSWORD})
    assert come_back(client, provider, page)["Location"] == "/accounts/2fa/"
    assert ties.tie_of(found, kpu) is not None
    assert "Your account is tied" in client.get("/accounts/2fa/").content.decode()
    other = browser()
    sign_in(other, provider)
    assert is_in(other)
    assert press(client, deed="untie")["Location"] == "/accounts/2fa/"
    assert ties.tie_of(found, kpu) is None
    assert sign_in(browser(), provider)["Location"] == "/accounts/by/kpu/code"


def test_a_code_of_the_administrator_ties_once_and_one_account(kpu, provider, member):
    said = ties.make_code(member("kpu-prov"), kpu)
    client = browser()
    sign_in(client, provider)
    assert client.post("/accounts/by/kpu/code", {"code": "wrong"}).status_code == 422
    done = client.post("/accounts/by/kpu/code", {"code": f" {said} "})
    assert done["Location"] == "/accounts/login/"
    assert not is_in(client), "the account is tied; signing in is the next step"
    sign_in(client, provider)
    assert is_in(client)
    provider.subject = "another"
    thief = browser()
    sign_in(thief, provider)
    assert thief.post("/accounts/by/kpu/code", {"code": said}).status_code == 422
    assert not TieCode.objects.exists()


def test_the_command_gives_a_code_once_and_takes_accounts_off(
    kpu, provider, member, monkeypatch, capsys
):
    monkeypatch.setattr(admin, "opened_room", lambda **_: nullcontext())
    assert main(["admin", "tie-code", "kpu-prov", "kpu"]) == 0
    client = browser()
    sign_in(client, provider)
    client.post("/accounts/by/kpu/code", {"code": capsys.readouterr().out})
    assert ties.tie_of(member("kpu-prov"), kpu) is not None
    assert main(["admin", "untie", "kpu-prov"]) == 0
    assert ties.tie_of(member("kpu-prov"), kpu) is None
    for wrong in (["kpu-prov", "none"], ["posko", "kpu"], ["nobody", "kpu"]):
        capsys.readouterr()
        assert main(["admin", "tie-code", *wrong]) == 2
        said = capsys.readouterr()
        assert said.out == "" and len(said.err.splitlines()) == 1


def test_an_old_code_and_a_code_without_an_account_do_nothing(kpu, provider, member, monkeypatch):
    said = ties.make_code(member("kpu-prov"), kpu)
    assert browser().post("/accounts/by/kpu/code", {"code": said})["Location"] == "/accounts/login/"
    TieCode.objects.update(ends_at="2020-01-01T00:00:00Z")
    client = browser()
    sign_in(client, provider)
    assert client.post("/accounts/by/kpu/code", {"code": said}).status_code == 422
    monkeypatch.setattr(ties, "WAITS_S", -1)
    assert client.get("/accounts/by/kpu/code").status_code == 302


def test_guessing_codes_is_slowed_down(kpu, provider, member):
    ties.make_code(member("kpu-prov"), kpu)
    client = browser()
    sign_in(client, provider)
    answers = [client.post("/accounts/by/kpu/code", {"code": f"no-{n}"}) for n in range(6)]
    assert "Too many wrong tries" in answers[-1].content.decode()


def test_a_member_of_another_institution_can_neither_tie_nor_be_tied(kpu, provider, member):
    posko = member("posko")
    with pytest.raises(NotAllowed):
        ties.make_code(posko, kpu)
    with pytest.raises(NotAllowed):
        ties.tie(posko, kpu, "0" * 64)
    posko.user.set_password(PASSWORD)
    posko.user.save()
    client = browser()
    enter(client, "posko")
    assert NAME not in client.get("/accounts/2fa/").content.decode()
    asked = press(client, deed="tie")
    answer = client.post(asked["Location"], {"password": PASSWORD})
    assert answer.status_code == 403 and provider.asked == []


def test_an_account_belongs_to_one_member_and_a_member_has_one(tied, kpu, provider, operation):
    accounts.admit_one(operation, "kpu-second", "kpu-prov", "duty_officer")
    second = Member.objects.get(ident="kpu-second")
    with pytest.raises(NotAllowed, match="another member"):
        ties.tie(second, kpu, ties.digest_of(provider.issuer, provider.subject))
    with pytest.raises(NotAllowed, match="take it off first"):
        ties.tie(tied, kpu, ties.digest_of(provider.issuer, "another"))


def test_a_member_who_left_is_not_signed_in_and_is_told_so(tied, kpu, provider):
    tied.user.is_active = False
    tied.user.save()
    client = browser()
    answer = sign_in(client, provider)
    assert answer.status_code == 403 and refused(answer, "takes part no longer")
    assert not is_in(client)
    with pytest.raises(NotAllowed):
        ties.make_code(tied, kpu)


def test_letting_a_member_go_takes_the_account_off(tied, provider):
    accounts.let_go(tied)
    assert not SocialAccount.objects.exists()
    assert sign_in(browser(), provider)["Location"] == "/accounts/by/kpu/code"


def test_a_tie_of_another_institutions_provider_opens_nothing(tied, provider, settings):
    settings.OIDC = {"kpu": value(provider.issuer, agency="polda-sultra")}
    client = browser()
    assert refused(sign_in(client, provider), "institution that you act for")
    assert not is_in(client)


# -- what is kept ----------------------------------------------------------------------------


def test_of_the_account_a_keyed_hash_is_kept_and_nothing_else(tied, provider):
    TOTP.activate(tied.user, SEED)  # the sign-in waits in the session meanwhile
    client = browser()
    sign_in(client, provider)
    row = SocialAccount.objects.get()
    assert re.fullmatch(r"[0-9a-f]{64}", row.uid) and row.extra_data == {}
    user = get_user_model().objects.get(pk=tied.user_id)
    assert (user.email, user.first_name, user.last_name) == ("", "", "")
    assert not SocialToken.objects.exists()
    kept = repr([one.get_decoded() for one in Session.objects.all()])
    names = ("Nobody Keeps", "nobody-keeps", "opens-nothing")
    for word in (provider.subject, provider.issuer, *names):
        assert word not in kept, word


def test_the_hash_is_keyed_so_that_subjects_cannot_be_tried_out(tied, provider, monkeypatch):
    before = ties.digest_of(provider.issuer, provider.subject)
    assert ties.digest_of("https://other.example", provider.subject) != before
    monkeypatch.setattr("anoa.room.factors._key", lambda: b"the key of another machine")
    assert ties.digest_of(provider.issuer, provider.subject) != before


# -- the second factor -----------------------------------------------------------------------


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR = "required"


def test_the_rooms_own_second_factor_is_asked_for(tied, provider):
    TOTP.activate(tied.user, SEED)
    provider.more = {"amr": ["pwd", "mfa"], "acr": "gold"}
    client = browser()
    assert sign_in(client, provider)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(client)
    assert typed(client, code())["Location"] == "/"
    assert is_in(client) and sessions.STATED not in client.session


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "gold"}])
def test_where_the_file_says_so_the_two_factors_of_the_provider_count(
    tied, provider, settings, required, said
):
    settings.OIDC = {"kpu": value(provider.issuer, stated=frozenset({"amr:mfa", "acr:gold"}))}
    provider.more = said
    TOTP.activate(tied.user, SEED)
    client = browser()
    assert sign_in(client, provider)["Location"] == "/"
    assert is_in(client)


def test_a_provider_that_stated_them_opens_the_room_to_a_member_without_a_factor(
    tied, provider, settings, required
):
    settings.OIDC = {"kpu": value(provider.issuer, stated=frozenset({"amr:mfa"}))}
    bare = browser()
    sign_in(bare, provider)
    assert bare.get("/threats")["Location"] == "/accounts/2fa/", "one factor is not two"
    provider.more = {"amr": ["mfa"]}
    client = browser()
    sign_in(client, provider)
    assert is_in(client)
    later = browser()
    later.force_login(tied.user)
    assert later.get("/threats")["Location"] == "/accounts/2fa/", "it counts for that session alone"


def test_what_is_said_in_another_form_does_not_count(tied, provider, settings, required):
    settings.OIDC = {"kpu": value(provider.issuer, stated=frozenset({"amr:mfa", "acr:gold"}))}
    for said in ({"amr": "mfa"}, {"amr": None}, {"acr": ["gold"]}, {"amr": [["mfa"]]}):
        provider.more = said
        client = browser()
        sign_in(client, provider)
        assert not is_in(client), said


# -- rules of sessions -----------------------------------------------------------------------


def test_signing_out_everywhere_ends_such_a_session_too(tied, provider):
    client = browser()
    sign_in(client, provider)
    key = client.session.session_key
    sessions.end_all(tied)
    assert not is_in(client) and listening.listener_of(key) == "ended"


def test_it_ends_after_its_hours_and_locks_like_any_other(tied, provider, settings, monkeypatch):
    client = browser()
    sign_in(client, provider)
    client.post("/lock")
    assert client.get("/threats")["Location"].startswith("/lock")
    settings.SESSION_HOURS = 0
    assert not is_in(client)


def test_who_was_signed_in_at_a_shared_machine_is_signed_out_by_it(tied, provider, signed_in):
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    sign_in(client, provider)
    assert client.session["_auth_user_id"] == str(tied.user_id)


def test_a_sign_in_at_the_provider_that_is_older_is_not_taken(tied, provider):
    for said in ({"auth_time": time.time() - 900}, {"auth_time": "now"}, {"auth_time": True}):
        provider.more = said
        client = browser()
        assert refused(sign_in(client, provider), "did not ask who you are"), said
        assert not is_in(client)
    provider.more, provider.without = {}, {"auth_time"}
    assert refused(sign_in(browser(), provider), "did not ask who you are")


# -- answers that must not be believed -------------------------------------------------------


def test_the_administrator_is_told_which_check_failed_and_nothing_of_the_person(
    tied, provider, caplog
):
    provider.more = {"nonce": "another"}
    sign_in(browser(), provider)
    provider.more = {"iss": "https://evil.example"}
    sign_in(browser(), provider)
    said = [one.getMessage() for one in caplog.records if one.name == "anoa.identity"]
    assert said[0].endswith(": nonce") and "issuer" in said[1].casefold()
    whole = caplog.text
    for word in (provider.subject, "Nobody Keeps", "code=", SECRET):
        assert word not in whole, word


def not_believed(provider: Provider) -> bool:
    client = browser()
    answer = sign_in(client, provider)
    return answer.status_code == 502 and refused(answer, "cannot be believed") and not is_in(client)


def test_a_token_of_another_sign_in_client_or_time_is_not_believed(tied, provider):
    for claims in (
        {"nonce": "another"}, {"nonce": ""}, {"nonce": 7}, {"aud": "another-client"},
        {"aud": [CLIENT, "another"]}, {"azp": "another"}, {"exp": 1_700_000_000},
        {"iat": 9_999_999_999}, {"nbf": 9_999_999_999}, {"iss": "https://evil.example"},
        {"sub": ""}, {"sub": "x" * 256},
    ):  # fmt: skip
        provider.more = claims
        assert not_believed(provider), claims


def test_a_token_that_leaves_something_out_is_not_believed(tied, provider):
    for claim in ("nonce", "aud", "exp", "iat", "iss", "sub"):
        provider.without = {claim}
        assert not_believed(provider), claim


def test_a_token_without_a_signature_or_under_a_secret_is_not_believed(tied, provider):
    for provider.alg in ("none", "HS256"):
        assert not_believed(provider), provider.alg


def test_a_token_signed_by_another_key_is_not_believed(tied, provider):
    provider.signed_by = 2
    assert not_believed(provider)


DEEP = b"[" * 200_000


def test_an_answer_of_any_shape_is_not_believed_and_breaks_no_page(tied, provider):
    for body in (
        b"", b"[]", b"null", b"{", b'{"access_token": "x"}', DEEP,
        b'{"access_token": "x", "id_token": 5}', b'{"access_token": "x", "id_token": "a.b.c"}',
    ):  # fmt: skip
        provider.body["/token"] = body
        client = browser()
        answer = sign_in(client, provider)
        assert answer.status_code == 502 and refused(answer) and not is_in(client), body[:50]


def test_keys_of_any_shape_open_nothing(tied, provider):
    for body in (b'{"keys": []}', b'{"keys": [{}]}', b"{}", b'{"keys": 7}', b'{"keys": [7]}', DEEP):
        provider.body["/keys"] = body
        assert not_believed(provider), body[:50]


def test_a_state_of_another_browser_and_a_code_that_was_used_do_nothing(tied, provider):
    victim, thief = browser(), browser()
    back = urlsplit(provider.sign_in_at(way_out(press(thief))))
    assert refused(victim.get(f"{back.path}?{back.query}")), "another browser began it"
    assert not is_in(victim)
    thief.get(f"{back.path}?{back.query}")
    assert is_in(thief)
    thief.post("/accounts/logout/")
    assert refused(thief.get(f"{back.path}?{back.query}")), "the state is used up"
    again = parse_qs(urlsplit(way_out(press(thief))).query)["state"][0]
    used = parse_qs(back.query)["code"][0]
    assert refused(thief.get(f"{back.path}?code={used}&state={again}")), "the code is used up"
    assert not is_in(thief)


def test_who_turns_back_at_the_provider_comes_to_the_page_of_signing_in(kpu):
    client = browser()
    answer = client.get("/accounts/by/kpu/answer?error=access_denied&state=x")
    assert answer["Location"] == "/accounts/login/"
    assert "Nobody was signed in" in client.get("/accounts/login/").content.decode()


# -- a provider that is down, slow, large or leads elsewhere ------------------------------------


def test_a_provider_that_is_down_gives_a_page_and_the_password_still_signs_in(
    kpu, provider, member
):
    found = member("kpu-prov")
    found.user.set_password(PASSWORD)
    found.user.save()
    provider.stop()
    client = browser()
    answer = press(client)
    assert answer.status_code == 502
    assert refused(answer, "cannot be reached", "password work as before", "/accounts/login/")
    enter(client, "kpu-prov")
    assert is_in(client)


def test_an_answer_of_fifty_megabytes_is_not_read(tied, provider):
    provider.padding = 50
    began = time.monotonic()
    assert refused(press(browser()), "does not answer as it should")
    assert time.monotonic() - began < 5


def test_an_answer_that_drips_is_given_up(tied, provider, monkeypatch):
    monkeypatch.setattr(fetching, "LONGEST_S", 0)
    provider.padding = 1
    monkeypatch.setattr(fetching, "PIECE", 16)
    assert refused(press(browser()), "in time")


def test_no_redirection_is_followed(tied, provider):
    for path in ("/.well-known/openid-configuration", "/keys", "/token"):
        provider.sends = {path: (302, f"{provider.issuer}/elsewhere")}
        client = browser()
        answer = press(client)
        if answer.status_code == 200:
            answer = come_back(client, provider, answer)
        assert answer.status_code == 502 and refused(answer), path
    assert "/elsewhere" not in provider.paths()


def test_a_description_that_leads_elsewhere_is_not_followed(tied, provider):
    for said in (
        {"issuer": "https://evil.example"}, {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"}, {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None}, {"jwks_uri": "https://user@sso.example/keys"},
    ):  # fmt: skip
        provider.description = said
        answer = press(browser())
        assert answer.status_code == 502 and refused(answer), said
    assert set(provider.paths()) == {"/.well-known/openid-configuration"}


def test_no_more_than_a_few_wait_for_a_provider(tied, provider, monkeypatch):
    import threading

    monkeypatch.setattr(fetching, "_free", threading.BoundedSemaphore(1))
    fetching._free.acquire()
    assert refused(press(browser()), "Too many wait")
    assert provider.asked == []


def test_pressing_without_end_is_slowed_down_by_address(tied, provider, monkeypatch):
    from anoa.room import limits

    monkeypatch.setattr(limits, "ADDRESS_TRIES", 3)
    answers = [press(browser()).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_a_sign_in_that_was_right_is_not_held_against_the_office(tied, provider):
    for _ in range(6):
        client = browser()
        sign_in(client, provider)
        assert is_in(client)
    assert not WrongTries.objects.filter(count__gt=0).exists()


# -- the file ----------------------------------------------------------------------------------


GOOD = """
[kpu]
name = "KPU"
agency = "kpu-prov"
issuer = "https://sso.example/realms/kpu"
client_id = "anoa"
secret_file = "kpu.secret"
second_factor = ["amr:mfa"]
"""


@pytest.fixture
def file(tmp_path):
    secret = tmp_path / "kpu.secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)

    def write(text: str) -> str:
        (tmp_path / "oidc.toml").write_text(text)
        return str(tmp_path / "oidc.toml")

    return write


def test_the_file_names_what_a_provider_needs(file):
    found = read_providers(file(GOOD))["kpu"]
    assert (found.secret, found.stated) == ("s3cret", frozenset({"amr:mfa"}))
    assert found.configuration == "https://sso.example/realms/kpu/.well-known/openid-configuration"
    assert "s3cret" not in repr(found)
    assert read_providers("") == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://sso", "http://sso", "not an https address"),
        ("https://sso.example/realms/kpu", "https://u:p@sso.example", "not an https address"),
        ("https://sso.example/realms/kpu", "https://sso.example?a=1", "not an https address"),
        ('name = "KPU"', 'name = " "', "name is empty"),
        ('agency = "kpu-prov"\n', "", "lacks agency"),
        ("kpu.secret", "none.secret", "cannot be read"),
        ("[kpu]", "[KPU]", "small letters"),
        ("amr:mfa", "mfa", "words like amr:mfa"),
        ("client_id", "client", "means nothing"),
        ("[kpu]", "[kpu", "is no TOML"),
        ("[kpu]", 'a = 1\n[kpu]', "outside a table"),
        ("client_id", 'ca_file = "no.pem"\nclient_id', "is not there"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_its_place(file, old, new, said):
    with pytest.raises(StorageError, match=said) as found:
        read_providers(file(GOOD.replace(old, new)))
    assert "oidc.toml" in str(found.value) and "s3cret" not in str(found.value)


def test_a_secret_that_everybody_may_read_is_refused(file, tmp_path):
    (tmp_path / "kpu.secret").chmod(0o644)
    with pytest.raises(StorageError, match="chmod 600"):
        read_providers(file(GOOD))
