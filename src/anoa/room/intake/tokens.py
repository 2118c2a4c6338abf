"""Tokens: by what phones, gateways and programs send and read, without a member signed in.

A token is ``anoa_<id>_<secret>``; only a hash of the secret is kept, which is enough as it has
160 random bits. A known token is remembered for a few seconds, and forgotten at once where it is
revoked in this process. A wrong secret is never silent: it is answered 401 and counted. Too many
wrong ones from one address slow down the wrong ones alone, so that one broken phone never shuts
out an office behind the same address.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from anoa.errors import InputError, NotAllowed
from anoa.room import record
from anoa.room.intake.values import PRINTABLE, Refused
from anoa.room.models import Operation, TokenRow
from anoa.room.notices import TOKENS, tell

SCOPES = ("submit", "bulk", "sms", "read:picture", "read:log", "read:reports", "read:health")
TOKEN = re.compile(r"anoa_([a-z2-7]{10})_([a-z2-7]{32})\Z")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
KNOWN_FOR_S = 5.0
KNOWN_LIMIT = 50_000
FAILURES, FAILURES_S, ADDRESSES = 30, 60.0, 10_000


class Unauthorised(Refused):
    """No token, a wrong one, or one that is no longer good."""

    code = "unauthorised"
    status = 401


class TooManyFailures(Unauthorised):
    """Wrong tokens came from this address again and again."""

    code = "too_many_failures"
    status = 429
    retry_after_s = 60


class OutOfScope(Refused):
    """The token is good, but not for this."""

    code = "out_of_scope"
    status = 403


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who sends by a token: what it may do, and for which institution."""

    token: str
    operation: str
    scopes: frozenset[str]
    forms: frozenset[str]
    agency: str
    member: str
    region: str
    expires_at: datetime | None
    sealed: frozenset[str] = frozenset()  # forms that are sealed in the sender's browser

    def need(self, scope: str, form: str = "") -> None:
        """Raise OutOfScope unless the token is good for that, and for that form."""
        if scope not in self.scopes:
            raise OutOfScope("this token is not for '{scope}'", scope=scope)
        if form:
            self.need_form(form)

    def need_form(self, form: str) -> None:
        """Raise OutOfScope for a form that the token is not for, or that comes in clear."""
        if self.forms and form not in self.forms:
            raise OutOfScope("this token is not for the form '{form}'", form=form)
        if form in self.sealed:
            raise OutOfScope(
                "the form '{form}' is sealed in the sender's browser: in clear it is not taken, "
                "and nothing was stored", form=form,
            )  # fmt: skip


# Making and revoking


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a new token is to be; ``label`` says which device or gateway, never which person."""

    agency: str
    scopes: Sequence[str]
    label: str
    forms: Sequence[str] = ()
    member: str = ""
    region: str = ""
    expires_at: datetime | None = None


def make(operation: Operation, wanted: NewToken, at: datetime, made_by: str = "") -> str:
    """Make a token and return it as text: this once, as nobody can read it again.

    Raises InputError by field.
    """
    _check(operation, wanted, at)
    ident, secret = _random(10), _random(32)
    TokenRow.objects.create(
        ident=ident, operation=operation, secret_sha256=_hash(secret),
        scopes=" ".join(sorted(set(wanted.scopes))), forms=" ".join(sorted(set(wanted.forms))),
        agency=wanted.agency, member=wanted.member, region=wanted.region, label=wanted.label,
        made_at=at, made_by=made_by, expires_at=wanted.expires_at,
    )  # fmt: skip
    return f"anoa_{ident}_{secret}"


def revoke(operation: Operation, ident: str, at: datetime, agency: str | None = None) -> TokenRow:
    """End a token now; what it sent stays. ``agency`` limits it to that institution's tokens.

    Raises NotAllowed when there is no such token.
    """
    rows = TokenRow.objects.filter(operation=operation, ident=ident)
    row = (rows if agency is None else rows.filter(agency=agency)).first()
    if row is None:
        raise NotAllowed("There is no token {id}.", id=ident)
    if row.revoked_at is None:
        row.revoked_at = at
        row.save(update_fields=["revoked_at"])
    gate.forget(ident)
    tell(TOKENS, ident)
    return row


def _check(operation: Operation, wanted: NewToken, at: datetime) -> None:
    rules = record.rules_of(operation)
    wrong: dict[str, NotAllowed] = {}
    if wanted.agency not in rules.agencies:
        wrong["agency"] = NotAllowed("the pack does not know '{value}'", value=wanted.agency)
    unknown = set(wanted.scopes) - set(SCOPES)
    if unknown or not wanted.scopes:
        wrong["scopes"] = NotAllowed("name one or more of {known}", known=", ".join(SCOPES))
    if wanted.region and wanted.region not in rules.regions:
        wrong["region"] = NotAllowed("the pack does not know '{value}'", value=wanted.region)
    if not 1 <= len(wanted.label.strip()) <= 80 or not PRINTABLE.match(wanted.label):
        wrong["label"] = NotAllowed("say in 1 to 80 characters which device or gateway it is for")
    elif hits := rules.screen(wanted.label):
        wrong["label"] = NotAllowed(
            "this may name a person or a party: {found}. Name the device or the post.",
            found="; ".join(hits),
        )  # fmt: skip
    if wanted.expires_at is not None and wanted.expires_at <= at:
        wrong["expires_at"] = NotAllowed("this lies in the past")
    if wrong:
        raise InputError(wrong)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# Checking


class Failures:
    """Wrong tries by address within the last minute; may be used from any thread."""

    def __init__(self) -> None:
        self._recent: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def is_over(self, address: str) -> bool:
        """Whether too many wrong tries came from there."""
        recent = self._recent.get(address)
        if recent is None or len(recent) < FAILURES:
            return False
        return recent[0] > time.monotonic() - FAILURES_S

    def count(self, address: str) -> None:
        """Remember a wrong try."""
        with self._lock:
            if len(self._recent) >= ADDRESSES:
                self._recent.clear()
            self._recent.setdefault(address, deque(maxlen=FAILURES)).append(time.monotonic())


guesses = Failures()  # of receipt codes


class Gate:
    """Checks tokens, with a short memory; may be used from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, Bearer, float]] = {}
        self._failures = Failures()
        self._lock = threading.Lock()
        self._forgotten = 0

    def known(self, text: str) -> Bearer | None:
        """The bearer of a token that was checked a moment ago; asks no database."""
        found = TOKEN.match(text)
        held = self._known.get(found[1]) if found else None
        if found is None or held is None or held[2] < time.monotonic():
            return None
        hashed, bearer, _until = held
        if not hmac.compare_digest(hashed, _hash(found[2])) or _is_over(bearer.expires_at):
            return None
        return bearer

    def check(self, text: str, address: str) -> Bearer:
        """The bearer of a token, asking the database when need be.

        Raises Unauthorised, with the reason in words, or TooManyFailures.
        """
        bearer = self.known(text)
        if bearer is not None:
            return bearer
        try:
            return self._looked_up(text)
        except Unauthorised as error:
            self._count_failure(address)
            raise error

    def _looked_up(self, text: str) -> Bearer:
        found = TOKEN.match(text)
        if found is None:
            if text:
                raise Unauthorised("this is no token of this room: Authorization: Bearer anoa_…")
            raise Unauthorised("name a token: Authorization: Bearer anoa_…")
        before = self._forgotten
        row = TokenRow.objects.filter(ident=found[1]).first()
        if row is None or not hmac.compare_digest(row.secret_sha256, _hash(found[2])):
            raise Unauthorised("this token is not known here: ask for a new one")
        if row.revoked_at is not None:
            raise Unauthorised("this token was revoked: ask for a new one")
        if _is_over(row.expires_at):
            raise Unauthorised("this token has expired: ask for a new one")
        bearer = _bearer(row)
        with self._lock:
            if before == self._forgotten:  # else it may have been revoked meanwhile
                if len(self._known) >= KNOWN_LIMIT:
                    self._known.clear()
                until = time.monotonic() + KNOWN_FOR_S
                self._known[row.ident] = (row.secret_sha256, bearer, until)
        return bearer

    def forget(self, ident: str = "") -> None:
        """Ask the database for this token the next time, or for all of them."""
        with self._lock:
            self._forgotten += 1
            self._known.pop(ident, None) if ident else self._known.clear()

    def _count_failure(self, address: str) -> None:
        many = self._failures.is_over(address)
        self._failures.count(address)
        if many:
            raise TooManyFailures("too many wrong tokens came from this address: wait a minute")


def _bearer(row: TokenRow) -> Bearer:
    return Bearer(
        row.ident, row.operation_id, frozenset(row.scopes.split()), frozenset(row.forms.split()),
        row.agency, row.member, row.region, row.expires_at, _sealed_forms(row.operation),
    )  # fmt: skip


def _sealed_forms(operation: Operation) -> frozenset[str]:
    forms = record.pack_of(operation).forms
    return frozenset(form.id for form in forms.values() if form.is_sealed)


def _is_over(expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at <= datetime.now(UTC)


gate = Gate()
