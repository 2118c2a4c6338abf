"""Headers that every answer carries: pages load nothing from outside and stand in no frame.

No page is kept by the browser, and where a session ends it is told to drop what it holds.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
CLEARED = '"cache"'  # not "storage": there lies what a phone has not sent yet, encrypted
SIGNED_OUT = "anoa_signed_out"  # on a request by which a session ended


def _note(*, request: HttpRequest | None, **_: object) -> None:
    if request is not None:
        setattr(request, SIGNED_OUT, True)


user_logged_out.connect(_note, dispatch_uid="headers")


class SecurityHeaders:
    """Add the headers that Django's own middleware does not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and add the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        if getattr(request, SIGNED_OUT, False):
            response.headers.setdefault("Clear-Site-Data", CLEARED)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
