"""How a phone comes to trust this room: open to all, as it is read before anybody can sign in."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from anoa.room import tls


def _authority() -> tls.Authority | None:
    return tls.local_authority(settings.DATA_FOLDER)


@require_safe
def steps(request: HttpRequest) -> HttpResponse:
    """The steps for phones, with the fingerprint; in the language of ``?language=`` if given."""
    asked = request.GET.get("language", "")
    if asked in dict(settings.LANGUAGES):
        translation.activate(asked)
    authority = _authority()
    context = {"authority": authority, "pairs": _pairs(authority)}
    return render(request, "room/tls.html", context)


def _pairs(authority: tls.Authority | None) -> list[str]:
    """The fingerprint in four lines that can be read out and compared."""
    if authority is None:
        return []
    pairs = authority.fingerprint.split(":")
    return [" ".join(pairs[start : start + 8]) for start in range(0, len(pairs), 8)]


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """The authority's certificate, in the form that phones install."""
    authority = _authority()
    if authority is None:
        raise Http404
    return HttpResponse(
        authority.der, content_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="anoa-authority.crt"'},
    )  # fmt: skip
