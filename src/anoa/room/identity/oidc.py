"""OpenID Connect as allauth does it, made stricter, and without keeping what a provider says.

allauth leads through the code flow with PKCE and state. Here is what it lacks: a nonce, the
signature of the token whichever way it came, only keys and addresses that the provider's own
description names, an age of the sign-in at the provider, and an end to claims: name and e-mail are
not asked for, and of issuer and subject a keyed hash is all that is left.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.stages import AuthenticateStage
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_noop

from anoa.room.identity import fetching, ties
from anoa.room.identity.fetching import ProviderTrouble
from anoa.room.identity.providers import IdentityProvider, is_safe

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
LEEWAY_S = 60  # between the clocks
SIGNED_IN_WITHIN_S = 600  # at the provider; who sat at this machine before must not be taken
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TOKEN = gettext_noop(
    "What your institution's sign-in says cannot be believed, so that nobody was signed in. Try "
    "again; if it happens again, tell the administrator of this machine."
)
OLD = gettext_noop(
    "Your institution's sign-in did not ask who you are just now. Sign out there and try again."
)


def provider_of(ident: str) -> IdentityProvider:
    """The provider of that id; Http404 where there is none."""
    found: IdentityProvider | None = settings.OIDC.get(ident)
    if found is None:
        raise Http404
    return found


class RoomIdentities(DefaultSocialAccountAdapter):
    """What allauth asks about accounts elsewhere; the providers stand in a file, not in rows."""

    def get_provider(self, request: Any, provider: str, client_id: Any = None) -> RoomProvider:
        """The provider of that id."""
        return RoomProvider(request, app=_app(provider_of(provider)))

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[Any]:
        """All providers, or the one of that id."""
        return [_app(one) for one in settings.OIDC.values() if provider in (None, one.ident)]

    def list_providers(self, request: Any) -> list[Any]:
        """All providers."""
        return [RoomProvider(request, app=app) for app in self.list_apps(request)]

    def get_requests_session(self) -> Any:
        """The only session there is."""
        return fetching.session()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up."""
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Nothing that a provider says of a person is kept."""
        return sociallogin.user

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is mailed."""

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None,
        extra_context: Any = None,
    ) -> None:  # fmt: skip
        """A page of our own says that nobody was signed in."""
        if isinstance(exception, ProviderTrouble | fetching.Failed):
            raise exception
        raise ProviderTrouble(TOKEN, why=type(exception).__name__) from exception

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie the account, or go on only with a member whose account it is."""
        provider = provider_of(sociallogin.account.provider)
        answer = ties.before_sign_in(request, sociallogin, provider)
        if answer is not None:
            raise ImmediateHttpResponse(answer)


def _app(one: IdentityProvider) -> SocialApp:
    said = {"server_url": one.configuration, "fetch_userinfo": False, "oauth_pkce_enabled": True,
            "scope": ["openid"]}  # fmt: skip
    return SocialApp(
        provider=OpenIDConnectProvider.id, provider_id=one.ident, name=one.name,
        client_id=one.client_id, secret=one.secret, settings=said,
    )  # fmt: skip


class RoomProvider(OpenIDConnectProvider):
    """A provider of which the room keeps a keyed hash of the subject and nothing else."""

    def serialize(self) -> dict[str, Any]:
        """By what it is found again while a sign-in waits for the second factor."""
        return {"id": self.sub_id, "app.client_id": self.app.client_id}

    def get_oauth2_adapter(self, request: HttpRequest) -> RoomOpenID:
        """What talks to the provider."""
        return RoomOpenID(request, self.app.provider_id)

    def redirect(self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None,
                 **more: Any) -> HttpResponse:  # fmt: skip
        """Where the browser goes to sign in: always asked anew, as machines are shared."""
        nonce = secrets.token_urlsafe(32)
        asked = {"nonce": nonce, "prompt": "login", "max_age": str(SIGNED_IN_WITHIN_S)}
        acr = sorted(
            one.removeprefix("acr:") for one in provider_of(self.sub_id).stated
            if one.startswith("acr:")
        )  # fmt: skip
        if acr:
            asked["acr_values"] = " ".join(acr)
        return super().redirect(request, process, next_url, data, auth_params=asked, nonce=nonce)

    def extract_uid(self, data: Any) -> str:
        """The keyed hash of issuer and subject."""
        return ties.digest_of(data["iss"], data["sub"])

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Nothing."""
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        """Nothing."""
        return {}

    def extract_email_addresses(self, data: Any) -> list[Any]:
        """None."""
        return []


class RoomOpenID(OpenIDConnectOAuth2Adapter):
    """Talks to a provider, within ``fetching.asking``."""

    state: dict[str, Any]  # what was kept when the browser left

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Where the provider sends the browser back to."""
        return str(request.build_absolute_uri(reverse("identity_answer", args=[self.provider_id])))

    @property
    def openid_config(self) -> Any:
        """The provider's description of itself, which must be its own and name safe addresses."""
        if not hasattr(self, "_described"):
            self._described = _described(provider_of(self.provider_id))
        return self._described

    @property
    def basic_auth(self) -> bool:
        """How the room shows its secret; the standard's default is by the header."""
        ways = self.openid_config.get("token_endpoint_auth_methods_supported")
        return "client_secret_post" not in (ways or ["client_secret_basic"])

    def parse_token(self, data: Any) -> SocialToken:
        """No token: the room asks nothing in a member's name."""
        return SocialToken(token="")

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **more: Any) -> Any:
        """The sign-in that the token speaks of; ProviderTrouble for a token not to be believed."""
        provider = provider_of(self.provider_id)
        claims = self._claims(provider, more["response"].get("id_token"))
        self.state["stated"] = stated(provider, claims)
        return self.get_provider().sociallogin_from_response(request, claims)

    def _claims(self, provider: IdentityProvider, token: object) -> Mapping[str, Any]:
        if not isinstance(token, str):
            raise ProviderTrouble(TOKEN, why="no id_token")
        try:
            with fetching.session() as asked:
                keys = _json(asked.get(self.openid_config["jwks_uri"]))
            claims = _verified(provider, token, keys)
        except jwt.PyJWTError as error:
            raise ProviderTrouble(TOKEN, why=f"id_token: {error}") from error
        check(claims, provider, str(self.state.get("nonce")), time.time())
        return claims


class Answer(OAuth2CallbackView):
    """The browser comes back from a provider."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, answer = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, answer


def answer(request: HttpRequest, ident: str) -> HttpResponse:
    """What follows from what the provider sent the browser back with; ProviderTrouble for none."""
    adapter = RoomOpenID(request, ident)
    view: Callable[[HttpRequest], HttpResponse] = Answer.adapter_view(adapter)
    try:
        return view(request)
    except (OAuth2Error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # The answers of another machine have any shape; none of them may break a page.
        raise ProviderTrouble(TOKEN, why=type(error).__name__) from error


# What a provider says


def _described(provider: IdentityProvider) -> Mapping[str, Any]:
    with fetching.session() as asked:
        said = _json(asked.get(provider.configuration))
    if said.get("issuer") != provider.issuer:
        raise ProviderTrouble(TOKEN, why="its description names another issuer")
    for name in ENDPOINTS:
        if not is_safe(said.get(name), provider.issuer):
            raise ProviderTrouble(TOKEN, why=f"its description has no https address as {name}")
    return said


def _json(answer: Any) -> Mapping[str, Any]:
    answer.raise_for_status()
    try:
        said = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise ProviderTrouble(TOKEN, why="no JSON") from error
    if not isinstance(said, dict):
        raise ProviderTrouble(TOKEN, why="no JSON object")
    return said


def _verified(provider: IdentityProvider, token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a token whose signature one of the keys made; PyJWTError for any other."""
    known = jwt.PyJWKSet.from_dict(dict(keys)).keys
    kid = jwt.get_unverified_header(token).get("kid")
    fitting = [one for one in known if kid is None or one.key_id == kid]
    if len(fitting) != 1:
        raise jwt.InvalidKeyError("no key fits")
    return jwt.decode(
        token, fitting[0], algorithms=list(ALGORITHMS), audience=provider.client_id,
        issuer=provider.issuer, leeway=LEEWAY_S,
        options={"require": ["exp", "iat", "aud", "iss", "sub"]},
    )  # fmt: skip


def check(claims: Mapping[str, Any], provider: IdentityProvider, nonce: str, now: float) -> None:
    """ProviderTrouble for a token of another sign-in, for another client, or of an old one."""
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise ProviderTrouble(TOKEN, why="nonce")
    party = claims.get("azp")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if party != provider.client_id and (party is not None or several):
        raise ProviderTrouble(TOKEN, why="azp")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise ProviderTrouble(TOKEN, why="sub")
    at = claims.get("auth_time")
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise ProviderTrouble(OLD, why="no auth_time")
    if not -LEEWAY_S <= now - at <= SIGNED_IN_WITHIN_S + LEEWAY_S:
        raise ProviderTrouble(OLD, why="auth_time")


def stated(provider: IdentityProvider, claims: Mapping[str, Any]) -> bool:
    """Whether the provider says, in the words agreed on, that it asked for two factors."""
    ways = claims.get("amr")
    said = {f"amr:{one}" for one in ways} if isinstance(ways, list) else set()
    return bool(provider.stated & (said | {f"acr:{claims.get('acr')}"}))


class OwnFactor(AuthenticateStage):
    """Ask for the room's own second factor, unless the provider stated that it asked for two."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return not is_stated(self.login.signal_kwargs) and bool(super()._should_handle(request))


def is_stated(signal_kwargs: Mapping[str, Any] | None) -> bool:
    """Whether that sign-in came from a provider that stated two factors."""
    found = (signal_kwargs or {}).get("sociallogin")
    return found is not None and found.state.get("stated") is True
