"""Limits of guessing that do not punish an office whose people share one address.

Wrong passwords, codes and PINs count for an account *at an address*. The first few cost nothing,
then each makes the next wait longer, up to a quarter of an hour. The right password of the same
account still works from any other address, so that nobody shuts a colleague out from afar. An
address itself is shut only after far more wrong tries than fifty people mistype at a shift change.

A try is counted before it is checked and forgiven when it was right, so that many at once gain
nothing. The counts lie in the database, so they hold on every machine of a room and after a
restart; their keys are keyed hashes and name neither account nor address.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from anoa.room.models import WrongTries

FREE = 4  # wrong tries after which the next still need not wait
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN = timedelta(hours=1)  # after the last wrong try of an account at an address
ADDRESS_TRIES, ADDRESS_WINDOW = 500, timedelta(minutes=10)
CODES_OF_AN_ACCOUNT, CODES_WINDOW = 50, timedelta(hours=1)  # from all addresses together
KEPT = timedelta(days=1)

PASSWORD, CODE, PIN = "password", "code", "pin"
IDENTITY, TIE = "identity", "tie"  # leaving for a provider of accounts; the code that ties one


@dataclass(frozen=True, slots=True)
class Try:
    """One try that was counted, by the keys under which it was."""

    own: str
    shared: tuple[str, ...]


def begin(request: HttpRequest, kind: str, account: str) -> Try:
    """Count a try; ValidationError with the time to wait where there were too many.

    A code is short and only whoever knows the password may try one, so that codes are counted for
    the account too.
    """
    address, now = get_ip(request), timezone.now()
    held = [(_key("address", address), ADDRESS_TRIES, ADDRESS_WINDOW)]
    if kind == CODE:
        held.append((_key("codes", account), CODES_OF_AN_ACCOUNT, CODES_WINDOW))
        held.sort()  # rows are locked in one order everywhere
    tried = Try(_key(kind, account, address), tuple(key for key, _most, _window in held))
    with transaction.atomic():
        own = _row(tried.own, now)
        pause = delay(own.count)
        # Without a pause nobody waits: who stood in line for the row has an older ``now``.
        _wait(own.last_at + pause - now if pause else timedelta(0))
        rows = [(_row(key, now, window), most, window) for key, most, window in held]
        for row, most, window in rows:
            left = row.since + window - now if row.count >= most else timedelta(0)
            _wait(left, of_account=most == CODES_OF_AN_ACCOUNT)
        for row in (own, *(row for row, _most, _window in rows)):
            row.count, row.last_at = row.count + 1, now
            row.save(update_fields=["count", "since", "last_at"])
    return tried


def right(tried: Try) -> None:
    """Forgive a try that was right, and what the account had mistyped at that address before."""
    with transaction.atomic():
        WrongTries.objects.filter(key=tried.own).delete()
        shared = WrongTries.objects.filter(key__in=tried.shared, count__gt=0).order_by("key")
        for row in shared.select_for_update():
            row.count -= 1
            row.save(update_fields=["count"])
        WrongTries.objects.filter(last_at__lt=timezone.now() - KEPT).delete()


def delay(count: int) -> timedelta:
    """How long the next try waits after so many wrong ones.

    >>> [int(delay(count).total_seconds()) for count in (4, 5, 6, 7, 20)]
    [0, 30, 60, 120, 900]
    """
    if count <= FREE:
        return timedelta(0)
    return min(FIRST_WAIT * 2 ** min(count - FREE - 1, 10), LONGEST_WAIT)


def _wait(left: timedelta, *, of_account: bool = False) -> None:
    if left <= timedelta(0):
        return
    said = gettext(
        "Too many wrong tries from this place. Wait {time} and try again. From another place the "
        "right password works at once."
    )
    if of_account:
        said = gettext("Too many wrong codes for this account. Wait {time} and try again.")
    raise ValidationError(said.format(time=_said(left)))


def _said(left: timedelta) -> str:
    seconds = ceil(left.total_seconds())
    if seconds <= 90:
        return ngettext("{n} second", "{n} seconds", seconds).format(n=seconds)
    minutes = -(-seconds // 60)
    return ngettext("{n} minute", "{n} minutes", minutes).format(n=minutes)


def _row(key: str, now: datetime, window: timedelta | None = None) -> WrongTries:
    """The count under that key, begun anew where it is forgotten."""
    WrongTries.objects.get_or_create(key=key, defaults={"since": now, "last_at": now})
    row = WrongTries.objects.select_for_update().get(key=key)
    over = row.since + window if window else row.last_at + FORGOTTEN
    if over <= now:
        row.count, row.since = 0, now
    return row


def _key(*parts: str) -> str:
    said = "\0".join(part.strip().casefold() for part in parts)
    return hmac.digest(settings.SECRET_KEY.encode(), f"tries\0{said}".encode(), "sha256").hex()
