"""Every column of the database, and what of a person it may hold.

The list is written by hand and compared with the tables as they are: a column that nobody has
looked at is an error, so that none is added without thought for whom it tells of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from anoa.errors import DataError


class Holds(StrEnum):
    """What of a person a column may hold."""

    NOTHING = "nothing"
    MEMBER = "member"  # a member of an institution, by a user name that is a role
    TIME = "time"  # when a person did something
    SECRET = "secret"  # noqa: S105 - by which somebody signs in or sends, or its hash
    SENT = "sent"  # what was sent or typed, encrypted: anything about anybody
    WORDS = "words"  # screened words that an institution wrote to be read
    PLACE = "place"  # where something was seen, which with an hour may point at who told it
    TRACE = "trace"  # a keyed trace of a device, an address or a text
    SENDER = "sender"  # a number that the sender's device chose
    EMPTY = "empty"  # of a library; anoa leaves it empty


ABOUT: Mapping[Holds, Any] = {
    Holds.MEMBER: _("a member of an institution, by a user name that is a role"),
    Holds.TIME: _("when a person did something"),
    Holds.SECRET: _("a secret by which somebody signs in or sends, as a hash or encrypted"),
    Holds.SENT: _("what was sent or typed, encrypted: it may tell anything about anybody"),
    Holds.WORDS: _("words that an institution wrote to be read, screened for persons and parties"),
    Holds.PLACE: _("where something was seen; with an hour it may point at who told of it"),
    Holds.TRACE: _("a keyed trace of a device, an address or a text"),
    Holds.SENDER: _("a number that the sender's device chose"),
    Holds.EMPTY: _("a column of a library that anoa leaves empty"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it is for, and what each column holds."""

    about: Any
    columns: Mapping[str, Holds]


def _table(about: Any, holds: str) -> Table:
    """A table from ``column:word`` with blanks between; no word means nothing of a person."""
    pairs = (one.partition(":") for one in holds.split())
    return Table(about, {name: Holds(word or "nothing") for name, _colon, word in pairs})


# Columns that hold nothing of a person, whatever the table.
EVERYWHERE = frozenset({"id", "operation_id", "certificate", "handling", "state"})
TABLES: Mapping[str, Table] = {
    "room.Operation": _table(
        _("the operation and its pack"),
        "ident pack_folder pack_digest time_zone exercise injects_played inject_names rows_shape",
    ),
    "room.EntryRow": _table(
        _("the log of the operation"),
        "seq at:time by:member agency kind v subject data:words cause salt",
    ),
    "room.ThingRow": _table(
        _("how things stand, computed from the log"),
        "thing ident owner region:place due value:words",
    ),
    "room.SearchRow": _table(
        _("words by which things are found, computed from the log"),
        "thing ident owner text:words",
    ),
    "room.Member": _table(
        _("who takes part"), "user_id:member ident:member agency role:member signed_out_at:time"
    ),
    "room.MemberPin": _table(
        _("PINs by which a duty is taken over"),
        "member_id:member hashed:secret set_at:time tries:member",
    ),
    "room.KnownMachine": _table(
        _("browsers at which a member signed in"),
        "digest:trace member_id:member signed_in_at:time",
    ),
    "room.TieCode": _table(
        _("codes that tie an account of an institution to a member"),
        "member_id:member provider digest:secret ends_at:time",
    ),
    "room.WrongTries": _table(
        _("wrong passwords and codes, counted"), "key:trace count since:time last_at:time"
    ),
    "room.TokenRow": _table(
        _("tokens by which phones, gateways and programs send or read"),
        "ident secret_sha256:secret scopes forms agency member:member region label:words "
        "made_at:time made_by:member expires_at revoked_at",
    ),
    "room.StationRow": _table(
        _("the register of polling stations"), "code sub_district value"
    ),
    "room.SubmissionRow": _table(
        _("what was sent, byte for byte"),
        "number scope sender_id:sender digest:trace sha256:trace cipher encrypted:sent size form "
        "form_version channel token agency member:member received_at:time observed_at:time "
        "trouble:sent subject seq reason:sent aside closed_by:member closed_at:time "
        "likeness:trace region:place sub_district:place polling_station:place kind urgency",
    ),
    "room.AttachmentRow": _table(
        _("pictures and files of what was sent"),
        "submission_id name:sent media_type digest:trace size encrypted:sent",
    ),
    "room.ReleasedPicture": _table(
        _("copies of pictures that a person covered"),
        "attachment_id found encrypted:sent",
    ),
    "room.ContactRow": _table(
        _("numbers of those who called for help by SMS"),
        "mark:trace encrypted:sent ends_at:time",
    ),
    "room.HookRow": _table(
        _("addresses at which gateways call"),
        "ident kind label:words agency form mapping replies encrypted:secret made_at:time "
        "made_by:member revoked_at taken repeated forged replayed unusable taken_at refused_at "
        "refusal",
    ),
    "room.ImportRow": _table(
        _("tables that somebody brings in"),
        "ident agency member:member form head:trace mapping facts made_at:time done_at:time "
        "encrypted:sent faults:sent",
    ),
    "room.Draft": _table(
        _("what a member began to write, and pasted messages"),
        "member_id:member key:member saved_at:time encrypted:sent",
    ),
    "room.KeyMark": _table(_("keyed digests of key files"), "name mark"),
    "room.LockedScreen": _table(_("sessions whose screen is locked"), "session_key:secret "
                                "locked_at:time"),
    "room.SitrepFile": _table(
        _("reports as they were issued"), "ident form language sha256 content:words"
    ),
    "room.ExportFile": _table(
        _("files that members had made"),
        "ident member_id:member form name query:words rows rows_done size reason started_at:time "
        "moved_at:time",
    ),
    "room.ExportPiece": _table(_("parts of such files"), "file_id number content:words"),
    "room.CertificateFile": _table(_("certificates of deletion"), "ident content:trace"),
    "room.SealFile": _table(_("digital seals of the record"), "ident size content"),
    "auth.Permission": _table(_("of a library, not used"), "name content_type_id codename"),
    "auth.Group": _table(_("of a library, not used"), "name"),
    "auth.Group_permissions": _table(_("of a library, not used"), "group_id permission_id"),
    "auth.User_groups": _table(_("of a library, not used"), "user_id:empty group_id"),
    "auth.User_user_permissions": _table(
        _("of a library, not used"), "user_id:empty permission_id"
    ),
    "auth.User": _table(
        _("accounts of members"),
        "password:secret last_login:time is_superuser username:member first_name:empty "
        "last_name:empty email:empty is_staff is_active date_joined:time",
    ),
    "contenttypes.ContentType": _table(_("of a library, not used"), "app_label model"),
    "sessions.Session": _table(
        _("who is signed in"), "session_key:secret session_data:member expire_date:time"
    ),
    "account.EmailAddress": _table(
        _("of a library, not used"), "user_id:empty email:empty verified primary"
    ),
    "account.EmailConfirmation": _table(
        _("of a library, not used"), "email_address_id:empty created sent key:empty"
    ),
    "mfa.Authenticator": _table(
        _("second factors"),
        "user_id:member type data:secret created_at:time last_used_at:time",
    ),
    "socialaccount.SocialAccount": _table(
        _("accounts of institutions by which members sign in"),
        "user_id:member provider uid:trace last_login:time date_joined:time extra_data:member",
    ),
    "socialaccount.SocialApp": _table(
        _("of a library, not used"), "provider provider_id name client_id secret:empty key:empty "
        "settings",
    ),
    "socialaccount.SocialToken": _table(
        _("of a library, not used"),
        "app_id account_id:empty token:empty token_secret:empty expires_at",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the database."""

    table: str
    name: str
    holds: Holds


def columns() -> tuple[Column, ...]:
    """Every column of every table as it is now.

    Raises DataError for a column that nobody has classified.
    """
    return tuple(_columns())


def _columns() -> Iterator[Column]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            yield Column(model._meta.label, field.column, holds(model._meta.label, field.column))


def holds(table: str, column: str) -> Holds:
    """What a column may hold of a person; DataError where nobody has said it."""
    known = TABLES.get(table)
    found = known.columns.get(column) if known else None
    if found is None and known and column in EVERYWHERE:
        return Holds.NOTHING
    if found is None:
        raise DataError(
            "nobody has said what the column {column} of {table} may hold of a person: say it in "
            "anoa/room/processing/columns.py", column=column, table=table,
        )  # fmt: skip
    return found


def personal() -> Mapping[str, Mapping[Holds, tuple[str, ...]]]:
    """By table, the columns that may hold personal data, by what they hold."""
    found: dict[str, dict[Holds, tuple[str, ...]]] = {}
    for one in columns():
        if one.holds is not Holds.NOTHING:
            kinds = found.setdefault(one.table, {})
            kinds[one.holds] = (*kinds.get(one.holds, ()), one.name)
    return found
