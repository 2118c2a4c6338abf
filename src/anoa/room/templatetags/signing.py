"""What the pages of signing in ask: where a passkey works, and data for a script."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any

from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http.request import split_domain_port
from django.template import Context

from anoa.room import pins, sessions
from anoa.room.identity import ties
from anoa.room.identity.providers import IdentityProvider
from anoa.room.models import Member

register = template.Library()


@register.simple_tag(takes_context=True)
def passkeys_here(context: Context) -> bool:
    """Whether a browser makes passkeys at this address: a name, over https or on this machine."""
    request = context["request"]
    host = split_domain_port(request.get_host())[0].strip("[]")
    try:
        ip_address(host)
    except ValueError:
        return bool(request.is_secure() or host == "localhost")
    return False


@register.simple_tag(takes_context=True)
def pins_here(context: Context) -> bool:
    """Whether a member could take the duty over with a PIN in this browser."""
    return pins.is_known(context["request"])


@register.filter
def as_json(value: Any) -> str:
    """The value as JSON, for the attribute that a script reads."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.simple_tag(takes_context=True)
def must_enrol(context: Context) -> bool:
    """Whether the reader reaches no page before a second factor is set up."""
    request = context["request"]
    return sessions.standing(request.session, request.user) is sessions.Standing.BARE


@register.simple_tag(takes_context=True)
def pin_state(context: Context) -> str:
    """none, set or void: how it stands with the reader's PIN."""
    member = Member.objects.filter(user=context["request"].user).first()
    return pins.state_of(member) if member else "none"


@register.simple_tag
def pin_hours() -> int:
    """Hours after a full sign-in in which a PIN does; 0 where none does."""
    hours: int = settings.PIN_HOURS
    return hours


@register.simple_tag
def identity_providers() -> list[IdentityProvider]:
    """The institutions whose own sign-in this room takes."""
    return list(settings.OIDC.values())


@register.simple_tag(takes_context=True)
def own_identities(context: Context) -> list[dict[str, Any]]:
    """The providers of the reader's institution, and whether an account of each is tied."""
    member = Member.objects.filter(user=context["request"].user).first()
    return [
        {"provider": one, "tie": ties.tie_of(member, one)}
        for one in settings.OIDC.values()
        if member is not None and one.agency == member.agency
    ]
