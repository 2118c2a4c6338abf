"""Drafts: what a member has begun to write, kept on the server and encrypted, until it is sent.

A draft is for its member alone, never enters the log, and is dropped after ``KEPT``. Nothing of it
lies in the browser, so that a shared machine keeps nothing. The key lies in ``keys/`` of the data
folder. What a page keeps under which key is its own choice, such as ``"paste/3"``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from anoa.errors import NotAllowed, StorageError
from anoa.room.models import Draft, Member

KEPT = timedelta(days=14)
SIZE_LIMIT = 64_000  # bytes of one draft as JSON
COUNT_LIMIT = 200  # drafts of one member
KEY_CHARS = 200


def save(member: Member, key: str, content: Mapping[str, Any]) -> None:
    """Keep ``content`` (what JSON can say) as the member's draft of that key; the old one goes.

    Raises NotAllowed when the draft or its key is too long, or the member keeps too many.
    """
    packed = json.dumps({"of": member.pk, "key": key, "content": dict(content)}).encode()
    if len(packed) > SIZE_LIMIT:
        raise NotAllowed("A draft holds at most {limit} characters.", limit=SIZE_LIMIT)
    if not 0 < len(key) <= KEY_CHARS:
        raise NotAllowed("The key of a draft has 1 to {limit} characters.", limit=KEY_CHARS)
    with transaction.atomic():
        Draft.objects.filter(saved_at__lt=timezone.now() - KEPT).delete()
        others = Draft.objects.filter(member=member).exclude(key=key).count()
        if others >= COUNT_LIMIT:
            raise NotAllowed(
                "You keep {limit} drafts already: send or discard some.", limit=COUNT_LIMIT
            )
        Draft.objects.update_or_create(
            member=member, key=key,
            defaults={"saved_at": timezone.now(), "encrypted": cipher().encrypt(packed)},
        )  # fmt: skip


def load(member: Member, key: str) -> dict[str, Any] | None:
    """The member's draft of that key; None when there is none, or it is too old.

    Raises StorageError when the key of the drafts was lost or exchanged.
    """
    row = _kept(member).filter(key=key).first()
    if row is None:
        return None
    try:
        held = json.loads(cipher().decrypt(bytes(row.encrypted)))
    except InvalidToken as error:
        raise StorageError("the key of the drafts does not fit: restore keys/") from error
    if (held["of"], held["key"]) != (member.pk, key):  # a row was moved by hand
        return None
    return dict(held["content"])


def keys(member: Member, prefix: str = "") -> list[str]:
    """The keys of the member's drafts that begin with ``prefix``, in order of the key."""
    found = _kept(member).filter(key__startswith=prefix).values_list("key", flat=True)
    return [key for key in sorted(found) if key.startswith(prefix)]  # SQLite's LIKE ignores case


def discard(member: Member, key: str) -> None:
    """Forget the member's draft of that key, if there is one."""
    Draft.objects.filter(member=member, key=key).delete()


def saved_at(member: Member, key: str) -> datetime | None:
    """When the member's draft of that key was kept last, in UTC by the wall clock."""
    return _kept(member).filter(key=key).values_list("saved_at", flat=True).first()


def _kept(member: Member) -> Any:
    return Draft.objects.filter(member=member, saved_at__gte=timezone.now() - KEPT)


def cipher() -> Fernet:
    """The cipher of the drafts; its key is made on first use."""
    return Fernet(settings.DATA_FOLDER.secret("drafts.key", Fernet.generate_key))
