"""The addresses of the room: signing in, and the pages."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("", include("anoa.room.page_urls")),
]
handler500 = "anoa.room.access.broken"
