"""The addresses of the room: signing in, and the pages.

Nobody signs up and nothing is mailed, so those addresses of allauth are not here; the two names
that its views ask for lead to nothing.
"""

from __future__ import annotations

from allauth.account import views as account
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from anoa.room.views import identity
from anoa.room.views.account import RemovePasskey


def nothing(request: HttpRequest) -> HttpResponse:
    """There is no such page in a room."""
    raise Http404


urlpatterns = [
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/", account.password_change, name="account_change_password"),
    path("accounts/signup/", nothing, name="account_signup"),
    path("accounts/email/", nothing, name="account_email"),
    path(
        "accounts/2fa/webauthn/keys/<int:pk>/remove/",
        RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/by/<slug:ident>/", identity.begin, name="identity_begin"),
    path("accounts/by/<slug:ident>/answer", identity.answer, name="identity_answer"),
    path("accounts/by/<slug:ident>/code", identity.code, name="identity_code"),
    path("accounts/by/<slug:ident>/tie", identity.tie, name="identity_tie"),
    path("accounts/by/<slug:ident>/untie", identity.untie, name="identity_untie"),
    path("", include("anoa.room.page_urls")),
]
handler400 = "anoa.room.access.unreadable"
handler500 = "anoa.room.access.broken"
