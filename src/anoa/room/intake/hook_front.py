"""The addresses of hooks, ``/hooks/<id>``: what gateways and programs call.

Kannel gets a plain text, which it sends back to the phone; others get the receipt as JSON.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext

from anoa.pack import Pack
from anoa.room import record
from anoa.room.intake import calls, contacts, hooks
from anoa.room.intake.calls import Call, Message
from anoa.room.intake.desk import desk
from anoa.room.intake.hooks import KANNEL, Forged, Hook
from anoa.room.intake.http import (
    Receive,
    Scope,
    Send,
    address,
    answer,
    answer_json,
    body_of,
    header,
    in_thread,
)
from anoa.room.intake.json_front import receipt_json
from anoa.room.intake.openrosa_front import is_private
from anoa.room.intake.storing import Sealed, seal
from anoa.room.intake.tokens import Failures, TooManyFailures
from anoa.room.intake.values import Receipt, Refused
from anoa.room.models import HookRow, Operation

PREFIX = "/hooks/"
LIMIT = 1 << 20
TEXT = b"text/plain; charset=utf-8"
WRITTEN_EVERY_S = 1.0
COUNTED = {"forged": "forged", "replayed": "replayed", "conflict": "replayed"}
forgeries = Failures()  # by address
log = logging.getLogger("anoa.intake")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one call of a hook; raises what it refuses."""
    ident = str(scope["path"]).removeprefix(PREFIX)
    hook: Hook = await in_thread(hooks.find, ident)
    try:
        said = calls.taken(hook, await _call(scope, receive, hook), time.time())
        receipt, is_whole = await _stored(hook, said)
    except Refused as error:
        if error.status < 500:
            tally.note(hook.ident, COUNTED.get(error.code, "unusable"), error.code)
        if isinstance(error, Forged):
            _count_forged(address(scope), error)
        raise
    if said.number and is_whole:
        await in_thread(_keep_number, said, receipt)
    tally.note(hook.ident, "repeated" if receipt.is_repeated else "taken")
    reply = await in_thread(reply_of, hook, receipt) if hook.replies and is_whole else ""
    await _answered(send, hook, receipt, reply)


def _keep_number(said: Message, receipt: Receipt) -> None:
    """Keep the number of a call for help; what goes wrong here takes no receipt away."""
    try:
        contacts.keep(receipt.number, said.sender, said.number)
    except Exception:
        log.exception("the number of a call for help could not be kept")


def _count_forged(sender: str, error: Forged) -> None:
    """Raise TooManyFailures where too many came from there; as with tokens, good calls pass on."""
    many = forgeries.is_over(sender)
    forgeries.count(sender)
    if many:
        raise TooManyFailures(
            "too many calls with a wrong secret came from this address: wait a minute"
        ) from error


async def _call(scope: Scope, receive: Receive, hook: Hook) -> Call:
    body = b"" if hook.kind == KANNEL else await body_of(scope, receive, LIMIT)
    kind, _, value = header(scope, b"authorization").partition(" ")
    given = header(scope, b"x-anoa-secret") or (value.strip() if kind.lower() == "bearer" else "")
    media_type = header(scope, b"content-type").partition(";")[0].strip().lower()
    return Call(
        scope["method"], scope.get("query_string", b""), media_type, given,
        header(scope, b"x-anoa-signature").strip(), body, is_private(scope),
    )  # fmt: skip


async def _stored(hook: Hook, said: Message) -> tuple[Receipt, bool]:
    """The receipt of the call, or of the long message whose last part it was; whether whole."""
    sealed: Sealed = await in_thread(_sealed, hook, said)
    (outcome,) = await desk.receipts([sealed])
    if isinstance(outcome, Refused):
        raise outcome
    if said.part is None:
        return outcome, True
    whole: Receipt | None = await in_thread(calls.joined, hook, said, datetime.now(UTC))
    return whole or outcome, whole is not None


def _sealed(hook: Hook, said: Message) -> Sealed:
    arrival = calls.arrival_of(hook, said, _pack(hook), datetime.now(UTC))
    return seal(hook.operation, arrival)


def _pack(hook: Hook) -> Pack:
    return record.pack_of(Operation.objects.get(pk=hook.operation))


async def _answered(send: Send, hook: Hook, receipt: Receipt, reply: str) -> None:
    if hook.kind == KANNEL:
        await answer(send, 200, reply.encode(), TEXT)
        return
    more = {"messages": [{"content": reply}]} if reply else {}
    await answer_json(send, 200 if receipt.is_repeated else 201, receipt_json(receipt) | more)


def reply_of(hook: Hook, receipt: Receipt) -> str:
    """What the phone is answered, in the pack's first language and in one short message."""
    with translation.override(_pack(hook).languages[0]):
        return gettext("Received. Keep this code: {code}").format(code=receipt.code)


class Tally:
    """Counts calls by hook; written down about once a second, so that a flood costs little."""

    def __init__(self) -> None:
        self._pending: dict[str, tuple[Counter[str], str]] = {}
        self._lock = threading.Lock()
        self._is_due = False

    def note(self, ident: str, what: str, refusal: str = "") -> None:
        """Count one call; called on the event loop."""
        with self._lock:
            counts, before = self._pending.get(ident, (Counter(), ""))
            counts[what] += 1
            self._pending[ident] = counts, refusal or before
            if self._is_due:
                return
            self._is_due = True
        loop = asyncio.get_running_loop()
        loop.call_later(WRITTEN_EVERY_S, lambda: loop.create_task(in_thread(self.write)))

    def write(self) -> None:
        """Write down what was counted."""
        with self._lock:
            pending, self._pending, self._is_due = self._pending, {}, False
        try:
            with record.lock():
                for ident, (counts, refusal) in pending.items():
                    _add(ident, counts, refusal)
        except Exception:
            log.exception("calls of hooks could not be counted")


def _add(ident: str, counts: Counter[str], refusal: str) -> None:
    now = timezone.now()
    changes: dict[str, object] = {name: F(name) + count for name, count in counts.items()}
    if counts["taken"] or counts["repeated"]:
        changes["taken_at"] = now
    if refusal:
        changes |= {"refused_at": now, "refusal": refusal}
    HookRow.objects.filter(ident=ident).update(**changes)


tally = Tally()
