"""Deleting what is due: rows, what was made of them, and the certificate, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction

from anoa.coordination.actors import Actor
from anoa.coordination.kinds import VERSION
from anoa.coordination.retention import CERTIFIED, OF_SUBMISSIONS, Keeping
from anoa.coordination.values import RULES_AGENCY
from anoa.coordination.verbs import act
from anoa.errors import AccessDenied, NotAllowed, StorageError
from anoa.oplog import Entry, Handling
from anoa.picture import Picture
from anoa.room import access, actions, drafts, list_files, pastes, record
from anoa.room.models import CertificateFile, Draft, Member, Operation
from anoa.room.retention import ledger
from anoa.room.retention.due import Due, Moment, by_institution, due, now
from anoa.room.retention.stores import STORES, Material
from anoa.seals import Certificate, root_over

VERB = "deletion.certify"
HOST = "host-admin"  # by whom it is where the administrator of the machine deletes


@dataclass(frozen=True, slots=True)
class Deleter:
    """Who deletes: a member for the own institution, or the host's administrator (None) for all."""

    operation: Operation
    member: Member | None = None

    @property
    def agency(self) -> str | None:
        """The institution whose material it may be; None for everybody's."""
        return self.member.agency if self.member else None

    def draft(self, picture: Picture, data: dict[str, Any], moment: Moment) -> Entry:
        """The draft of the certificate's entry."""
        at = max(moment.at, picture.at or moment.at)
        if self.member is None:
            ident = picture.next_id("deletion")
            return Entry(0, at, HOST, RULES_AGENCY, CERTIFIED, VERSION, ident, data,
                         Handling.PUBLIC)  # fmt: skip
        actor = Actor(self.member.ident, self.member.agency, self.member.role)
        (made,) = act(picture, record.rules_of(self.operation), actor, VERB, "", data, at)
        return made


def may_delete(member: Member) -> bool:
    """Whether the member deletes what is due of the own institution."""
    return bool(member.agency) and access.may(member.role, VERB)


def purge_as(member: Member, classes: tuple[str, ...]) -> list[Certificate]:
    """Delete what is due of these classes for the member's institution; the certificates.

    Raises AccessDenied for another role, NotAllowed where nothing is due; then nothing is kept.
    """
    if not may_delete(member):
        raise AccessDenied("this is not for the role {role}", role=member.role)
    return purge(Deleter(member.operation, member), classes)


def purge(deleter: Deleter, classes: tuple[str, ...]) -> list[Certificate]:
    """Delete all that is due of these classes; one certificate a class and institution.

    Each certificate is a transaction of its own, so that what breaks off in between is told
    rightly: what has a certificate is gone, the rest is there.
    """
    actions.let_clocks_run(deleter.operation, now(deleter.operation).at)
    made: list[Certificate] = []
    for klass in classes:
        while (found := _one(deleter, klass)) is not None:
            made.append(found)
    if not made:
        raise NotAllowed("Nothing is due for deletion.")
    _overwrite()
    return made


def _one(deleter: Deleter, klass: str) -> Certificate | None:
    """Delete what is due of one class and the first institution that has any."""
    operation, moment = deleter.operation, now(deleter.operation)

    def looked(picture: Picture) -> Choice | None:
        (told,) = due(operation, picture, deleter.agency, moment, (klass,))
        for agency, found in by_institution(told.found):
            return told.keeping, agency, found
        return None

    before = record.current_picture(operation)
    first = looked(before)  # before the log is locked, as it may take seconds
    if first is None:
        return None
    return certified(
        deleter, lambda picture: first if picture.seq == before.seq else looked(picture), moment
    )


Choice = tuple[Keeping, str, list[Material]]


def certified(
    deleter: Deleter, choose: Callable[[Picture], Choice | None], moment: Moment,
    *, again: Certificate | None = None,
) -> Certificate | None:  # fmt: skip
    """Delete what ``choose`` gives and write its certificate; None when it gives nothing.

    ``again`` is an earlier certificate that is carried out again: its names stay.
    """
    operation, held = deleter.operation, list[Material]()

    def decide(picture: Picture) -> tuple[Entry, ...]:
        found = choose(picture)
        if found is None:
            return ()
        keeping, agency, rows = found
        held.extend(rows)
        ident = picture.next_id("deletion")
        STORES[keeping.klass].purge(rows, ident)
        data = _data(operation, keeping, agency, rows) | _derived(operation, keeping.klass, rows)
        if again:
            data |= {"root": again.root, "deleted": len(again.names), "again": True}
        return (deleter.draft(picture, data, moment),)

    with record.lock(), transaction.atomic():
        _secure()
        made = record.write(operation, decide)
        if not made:
            return None
        names = again.names if again else tuple(sorted(one.name for one in held))
        certificate = Certificate(operation.pk, made[0], names)
        CertificateFile.objects.create(
            operation=operation, ident=made[0].subject, content=certificate.data
        )
        transaction.on_commit(lambda: ledger.put(certificate), robust=True)
    return certificate


def _data(
    operation: Operation, keeping: Keeping, agency: str, rows: Sequence[Material]
) -> dict[str, Any]:
    """What the entry says: how much of what, and between which local days it came in."""
    pack = record.pack_of(operation)
    days = [pack.local(one.came).date().isoformat() for one in rows]
    return {
        "class": keeping.klass, "whose": agency, "rule": keeping.rule, "pack_version": pack.version,
        "deleted": len(rows), "root": root_over(one.name for one in rows),
        "first": min(days), "last": max(days),
    }  # fmt: skip


# What was made of it


def _derived(operation: Operation, klass: str, rows: Sequence[Material]) -> dict[str, int]:
    """Delete the drafts and the files of lists that rest on what is deleted; how many."""
    if klass not in OF_SUBMISSIONS:
        return {}
    return {
        "drafts": _drafts_of(operation, rows) if klass == "words" else 0,
        "files": list_files.purge(operation),
    }


def _drafts_of(operation: Operation, rows: Sequence[Material]) -> int:
    """Forms that were begun on the pages of these submissions, and messages pasted for them."""
    pages = {f"/inbox/{one.pk}" for one in rows}
    subjects = {one.subject for one in rows if one.subject}
    gone = []
    for draft in Draft.objects.filter(member__operation=operation).select_related("member"):
        page = draft.key.partition("#")[0].removeprefix("form ")
        if page in pages or _is_pasted_for(draft, subjects):
            gone.append(draft.pk)
    Draft.objects.filter(pk__in=gone).delete()
    return len(gone)


def _is_pasted_for(draft: Draft, subjects: set[str]) -> bool:
    if not draft.key.startswith(pastes.PREFIX):
        return False
    with suppress(StorageError):  # the key of the drafts was lost: nobody reads it
        held = drafts.load(draft.member, draft.key)
        return held is not None and held.get("result") in subjects
    return False


# So that nothing stays in free pages


def _secure() -> None:
    """Have SQLite write zeros over what is deleted; PostgreSQL does so when it cleans up."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def _overwrite() -> None:
    """Empty SQLite's journal, in which the old pages stand; it waits for no reader."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


__all__ = ["Deleter", "Due", "certified", "may_delete", "purge", "purge_as"]
