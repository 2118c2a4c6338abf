"""Hooks: addresses at which SMS gateways and programs call, each with a secret of its own.

Three kinds. ``kannel`` is called by GET as Kannel and its kin do, with the secret in the address.
``secret`` takes JSON or a web form with the secret in a header or a field. ``signed`` takes JSON
with ``X-Anoa-Signature: t=SECONDS,v1=HEX``: HMAC-SHA256 of ``SECONDS.BODY``, good for five minutes.
A wrong secret or signature is answered 403, an old one too, and both are counted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from anoa.errors import InputError, NotAllowed
from anoa.forms import Form
from anoa.oplog import Json
from anoa.pack import Pack
from anoa.room import record
from anoa.room.intake.storing import vault
from anoa.room.intake.tokens import ALPHABET
from anoa.room.intake.values import PRINTABLE, Refused
from anoa.room.models import HookRow, Operation

KANNEL, SECRET, SIGNED = "kannel", "secret", "signed"
KINDS = (KANNEL, SECRET, SIGNED)
WINDOW_S = 300  # how old a signature may be, and how far ahead a clock may go
IDENT = re.compile(r"[a-z2-7]{12}\Z")
SIGNATURE = re.compile(r"t=(\d{9,11}),v1=([0-9a-f]{64})\Z")
ID, TIME, TEXT, SENDER, UDH = "@id", "@time", "@text", "@sender", "@udh"
SPECIAL = (ID, TIME, TEXT, SENDER, UDH)
LINE = re.compile(r"(@?[a-z][a-z0-9_]{0,39})\s*=\s*([\w-]+(?:\.[\w-]+){0,9})\Z")
LINES_LIMIT = 60
USUAL: Mapping[str, Mapping[str, str]] = {  # where a message stands when nothing else is said
    KANNEL: {ID: "id", TIME: "time", TEXT: "text", SENDER: "from", UDH: "udh"},
    SECRET: {ID: "id", TIME: "time_created", TEXT: "content", SENDER: "from_number"},
    SIGNED: {ID: "id", TIME: "time", TEXT: "text", SENDER: "from"},
}


class NoHook(Refused):
    """There is no hook at this address, or it was revoked."""

    code = "no_hook"
    status = 404


class Forged(Refused):
    """The secret or the signature is missing or wrong."""

    code = "forged"
    status = 403


class Replayed(Refused):
    """The signature is right and too old: somebody may have kept the call and sent it again."""

    code = "replayed"
    status = 403


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook as calls are checked by it."""

    ident: str
    operation: str
    kind: str
    agency: str
    form: str
    mapping: Mapping[str, str]
    replies: bool
    secret: str = field(repr=False)

    @property
    def token(self) -> str:
        """What stands for a token with the submissions that come by it."""
        return f"hook-{self.ident}"


@dataclass(frozen=True, slots=True)
class NewHook:
    """What a new hook is to be; ``label`` says which gateway, never which person."""

    kind: str
    agency: str
    label: str
    form: str = ""  # blank: what comes is a message that is read like a pasted one
    mapping: str = ""  # lines ``name = path``; blank: the usual places of the kind
    replies: bool = True


# Making and revoking


def make(operation: Operation, wanted: NewHook, at: datetime, made_by: str) -> tuple[HookRow, str]:
    """Make a hook; returns its row and its secret, which is shown this once.

    Raises InputError by field.
    """
    mapping = _checked(operation, wanted)
    ident, secret = _random(12), _random(32)
    row = HookRow.objects.create(
        ident=ident, operation=operation, kind=wanted.kind, label=wanted.label,
        agency=wanted.agency, form=wanted.form, mapping=mapping, replies=wanted.replies,
        encrypted=vault().seal(_name(ident), secret.encode()), made_at=at, made_by=made_by,
    )  # fmt: skip
    return row, secret


def revoke(operation: Operation, ident: str, at: datetime, agency: str) -> HookRow:
    """End a hook of the institution now; what it sent stays. Raises NotAllowed for an unknown."""
    row = HookRow.objects.filter(operation=operation, ident=ident, agency=agency).first()
    if row is None:
        raise NotAllowed("There is no hook {id}.", id=ident)
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
    return row


def find(ident: str) -> Hook:
    """The hook of that id; raises NoHook."""
    row = HookRow.objects.filter(ident=ident).first() if IDENT.match(ident) else None
    if row is None:
        raise NoHook("there is no hook at this address: look at the page /hooks")
    if row.revoked_at is not None:
        raise NoHook("this hook was revoked: make a new one on the page /hooks")
    secret = vault().open(_name(ident), bytes(row.encrypted)).decode()
    return Hook(
        ident, row.operation_id, row.kind, row.agency, row.form, row.mapping, row.replies, secret
    )


def forms_for(pack: Pack, agency: str) -> dict[str, Form]:
    """The forms that programs may fill in for an institution."""
    known = pack.agencies.get(agency)
    return {
        ident: one for ident, one in pack.forms.items()
        if known is not None and one.is_for(known.kind) and "webhook" in one.channels
    }  # fmt: skip


def mapping_of(text: str) -> dict[str, str]:
    """Lines ``name = path`` as a mapping; raises NotAllowed with the first line that is none.

    >>> mapping_of("region = place.code\\n@id = id")
    {'region': 'place.code', '@id': 'id'}
    """
    found: dict[str, str] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > LINES_LIMIT:
        raise NotAllowed("write at most {most} lines", most=LINES_LIMIT)
    for line in lines:
        read = LINE.match(line)
        if read is None or read[1] in found:
            raise NotAllowed("'{line}' is not a new line 'field = path'", line=line[:60])
        found[read[1]] = read[2]
    return found


def _checked(operation: Operation, wanted: NewHook) -> dict[str, str]:
    pack, rules = record.pack_of(operation), record.rules_of(operation)
    wrong: dict[str, Any] = {}
    if wanted.kind not in KINDS:
        wrong["kind"] = NotAllowed("name one or more of {known}", known=", ".join(KINDS))
    forms = forms_for(pack, wanted.agency)
    if wanted.agency not in pack.agencies:
        wrong["agency"] = NotAllowed("the pack does not know '{value}'", value=wanted.agency)
    elif wanted.form and wanted.form not in forms:
        wrong["form"] = NotAllowed("the pack does not know '{value}'", value=wanted.form)
    if not 1 <= len(wanted.label.strip()) <= 80 or not PRINTABLE.match(wanted.label):
        wrong["label"] = NotAllowed("say in 1 to 80 characters which device or gateway it is for")
    elif hits := rules.screen(wanted.label):
        wrong["label"] = NotAllowed(
            "this may name a person or a party: {found}. Name the device or the post.",
            found="; ".join(hits),
        )  # fmt: skip
    mapping: dict[str, str] = {}
    try:
        mapping = mapping_of(wanted.mapping) or dict(USUAL.get(wanted.kind, {}))
        _check_mapping(mapping, forms.get(wanted.form))
    except NotAllowed as error:
        wrong["mapping"] = error
    if wrong:
        raise InputError(wrong)
    return mapping


def _check_mapping(mapping: Mapping[str, str], form: Form | None) -> None:
    known = [one.name for one in form.fields if one.is_question] if form else []
    strange = [name for name in mapping if name not in SPECIAL and name not in known]
    if strange:
        raise NotAllowed("the form has no field '{name}'", name=strange[0])
    if form is None and TEXT not in mapping:
        raise NotAllowed("say by '@text = path' where the message stands")
    if form is not None and not set(mapping) - set(SPECIAL):
        raise NotAllowed("say for the fields of the form where each stands")


def _name(ident: str) -> str:
    return f"hook|{ident}"


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


# Checking a call


def sign(secret: str, body: bytes, at_s: int) -> str:
    """The header that proves a call: its time and the HMAC of time and body."""
    said = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={said}"


def prove_signature(hook: Hook, header: str, body: bytes, now_s: float) -> None:
    """Raise Forged or Replayed unless the header proves that the caller knows the secret."""
    read = SIGNATURE.match(header)
    if read is None:
        raise Forged("sign the call: X-Anoa-Signature: t=SECONDS,v1=HMAC-SHA256 of SECONDS.BODY")
    if not hmac.compare_digest(header, sign(hook.secret, body, int(read[1]))):
        raise Forged("the signature does not fit: nothing was kept")
    if abs(now_s - int(read[1])) > WINDOW_S:
        raise Replayed(
            "this call was signed more than {s} seconds ago or ahead: look at the clock, sign "
            "it anew", s=WINDOW_S,
        )  # fmt: skip


def prove_secret(hook: Hook, given: str) -> None:
    """Raise Forged unless that is the hook's secret."""
    if not hmac.compare_digest(given.encode(), hook.secret.encode()):
        why = "the secret is wrong" if given else "the secret is missing"
        raise Forged(why + ": nothing was kept")


def value_at(data: Json, path: str) -> Json:
    """The value at a path of keys and places, such as ``contact.0.code``; None when it lacks.

    >>> value_at({"a": [{"b": 1}]}, "a.0.b")
    1
    """
    for step in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isdecimal() and len(step) < 6:
            data = data[int(step)] if int(step) < len(data) else None
        else:
            return None
    return data
