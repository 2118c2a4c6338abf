"""The second factor: codes that count once, secrets at rest, who must have one, and a lost phone.

allauth does the work. Here is what a room adds: the seeds of codes lie encrypted under a key
outside the database; a code of an authenticator app is taken once, also where clocks differ
(RFC 6238, 5.2); wrong ones are counted by ``limits``; and the last factor of a member who must
have one cannot be taken off but by a reset.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import get_adapter as accounts
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext

from anoa.coordination.actors import Actor
from anoa.coordination.kinds import VERSION
from anoa.coordination.values import RULES_AGENCY
from anoa.errors import NotAllowed, StorageError
from anoa.oplog import Entry, Handling
from anoa.room import access, actions, limits, record, sessions
from anoa.room.models import Member, MemberPin, Operation

VERB = "member.reset_factor"
LAST_COUNTER = "last_counter"  # in the data of an authenticator: the last code that was taken
FIRST_COUNTER = "mfa.totp.counter"  # in the session, while an app is being set up


def cipher() -> Fernet:
    """The cipher of seeds and PINs; its key is made on first use."""
    return Fernet(_key())


def pin_key() -> bytes:
    """By what a PIN is keyed before it is hashed."""
    return hashlib.sha256(b"anoa pins\0" + _key()).digest()


def identity_key() -> bytes:
    """By what accounts of institutions, and the codes that tie them, are keyed before storing."""
    return hashlib.sha256(b"anoa identities\0" + _key()).digest()


def _key() -> bytes:
    found: bytes = settings.DATA_FOLDER.secret("factors.key", Fernet.generate_key)
    return found


class RoomFactors(DefaultMFAAdapter):
    """Second factors of a room."""

    def encrypt(self, text: str) -> str:
        """The seed as it lies in the database."""
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The seed; one that an older anoa stored is not encrypted, and has no point in it."""
        if not encrypted_text.startswith("gAAAA"):
            return encrypted_text
        try:
            return cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            raise StorageError(
                "the key of the second factors does not fit: restore keys/, or reset the second "
                "factor by anoa admin reset-factor"
            ) from error

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last factor of a member who must have one."""
        member = Member.objects.filter(user=authenticator.user_id).first()
        others = Authenticator.objects.filter(
            user=authenticator.user_id, type__in=sessions.FACTORS
        ).exclude(pk=authenticator.pk)
        return member is None or not access.must_have_factor(member) or others.exists()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """What a new passkey is called until its member says otherwise."""
        held = Authenticator.objects.filter(user=user, type=type).count()
        return gettext("Passkey {n}").format(n=held + 1)


# Codes


class CodeForm(BaseAuthenticateForm):
    """A code of an app or a recovery code, of which each counts once."""

    def clean_code(self) -> str:
        """The code; ValidationError where it is wrong, was used, or too many were."""
        tried = limits.begin(context.request, limits.CODE, str(self.user.pk))
        try:
            code: str = super().clean_code()
        except StorageError as error:
            raise ValidationError(gettext(
                "The key of the second factors does not fit this machine, so that no code can be "
                "checked. Tell its administrator: keys/ must be restored, or your second factor "
                "reset."
            )) from error  # fmt: skip
        if self.authenticator.type == Authenticator.Type.TOTP:
            _use_up(self.authenticator, code)
        limits.right(tried)
        return code


class SignInCode(CodeForm, AuthenticateForm):
    """The code after the password."""


class ProofCode(CodeForm, ReauthenticateForm):
    """The code by which a member shows again who it is."""


class FirstCode(ActivateTOTPForm):
    """The first code of an app; it sets the app up, and does not sign in as well."""

    def clean_code(self) -> str:
        """The code, remembered as used for the authenticator that is about to be made."""
        code: str = super().clean_code()
        context.request.session[FIRST_COUNTER] = _counter(self.secret, code)
        return code


def _counter(secret: str, code: str) -> int:
    """The latest step of time at which that is the code; -1 when it is not at any."""
    steps = totp.yield_hotp_counters_from_time()
    fits = compare_user_code
    return max(
        (n for n in steps if fits(
            actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, n)))),
        default=-1,
    )  # fmt: skip


@transaction.atomic
def _use_up(authenticator: Authenticator, code: str) -> None:
    held = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    counter = _counter(decrypt(held.data["secret"]), code)
    if counter <= held.data.get(LAST_COUNTER, -1):
        raise ValidationError(
            gettext("This code was used already, or is no longer good. Wait for the next one.")
        )
    held.data[LAST_COUNTER] = counter
    held.save(update_fields=["data"])


@receiver(post_save, sender=Authenticator, dispatch_uid="factors")
def _first_code_is_used(instance: Authenticator, created: bool, **_: object) -> None:
    request = context.request
    if not created or request is None or instance.type != Authenticator.Type.TOTP:
        return
    if (counter := request.session.pop(FIRST_COUNTER, None)) is not None:
        instance.data[LAST_COUNTER] = counter
        instance.save(update_fields=["data"])


# Who must show again who it is


def may_enrol_now(request: Any) -> bool:
    """Whether somebody signed in just now and no factor is older, that could be asked for.

    At the first sign-in nobody is asked for the password twice.
    """
    user = request.user
    if not user.is_authenticated:
        return False
    typed = [one["at"] for one in get_authentication_records(request, user)
             if one.get("method") in ("password", "socialaccount")]  # fmt: skip
    if not typed or not sessions.is_fresh(typed[-1]):
        return False
    before = datetime.fromtimestamp(typed[-1], UTC)
    return not Authenticator.objects.filter(user=user, created_at__lt=before).exists()


def has_code(user: Any) -> bool:
    """Whether the user has a second factor whose code can be typed."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    return bool(Authenticator.objects.filter(user=user, type__in=kinds).exists())


def refusal(request: HttpRequest, password: str, code: str) -> str:
    """Why password or code do not prove the signed-in user; empty when they do.

    A code counts where it was typed, else the password. Wrong ones count against the limits of
    sign-in.
    """
    user: Any = request.user
    if code:
        form = CodeForm({"code": code}, user=user)
        return "" if form.is_valid() else " ".join(form.errors.get("code", []))
    try:
        found = accounts(request).authenticate(
            request, username=user.get_username(), password=password
        )
    except ValidationError as error:
        return " ".join(error.messages)
    same = found is not None and found.pk == user.pk
    return "" if same else gettext("This is not your password.")


# A lost phone


def reset(member: Member, by: Member) -> None:
    """Take the second factor, the PIN and all sessions from a member, and say in the log who did.

    Raises NotAllowed unless a duty officer does it for another member of the same institution.
    """
    actor = Actor(by.ident, by.agency, by.role)
    if not access.may(by.role, VERB):
        raise NotAllowed("This is not for your role.")
    with transaction.atomic():
        at = actions.now_of(by.operation)
        actions.let_clocks_run(by.operation, at)
        actions.perform(actions.Deed(by.operation, actor, VERB, member.ident, {}, at))
        _take_off(member)


def reset_by_host(operation: Operation, member: Member) -> None:
    """The same by the administrator of the machine; who is of no institution is not in the log."""
    with transaction.atomic():
        if member.agency:
            at = actions.now_of(operation)
            record.write(operation, lambda picture: _by_host(member, max(at, picture.at or at)))
        _take_off(member)


def _by_host(member: Member, at: datetime) -> tuple[Entry, ...]:
    return (
        Entry(0, at, "host-admin", RULES_AGENCY, "member.factor_reset", VERSION, member.ident,
              {}, Handling.INSTITUTIONS),
    )  # fmt: skip


def _take_off(member: Member) -> None:
    Authenticator.objects.filter(user=member.user_id).delete()
    MemberPin.objects.filter(member=member).delete()
    sessions.end_all(member)
