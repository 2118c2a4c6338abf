"""The stores of material that is deleted, one for each class: what lies there, and how it goes.

A submission keeps scope, sender's id, keyed digest, name, size and number, so that the same bytes
sent again get the same receipt, other bytes are refused, and the log still proves it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from anoa.coordination.retention import ENDED, RECEIVED, Keeping, Settled, Settling
from anoa.room.intake.values import SEALED, State
from anoa.room.models import (
    AttachmentRow,
    Draft,
    ExportFile,
    ImportRow,
    Operation,
    ReleasedPicture,
    SubmissionRow,
    WrongTries,
)

ROOM = "anoa"  # whose material it is that belongs to no institution
AT_ONCE = 400  # rows of one statement


@dataclass(frozen=True, slots=True)
class Material:
    """One thing that is stored: its row, its name in a certificate, whose it is and since when.

    ``base`` is the moment from which its days count, by the operation's clock or, for what only
    counts from when it came, by the wall's. ``why`` names what keeps it open, if anything does.
    """

    pk: Any
    name: str
    of: str
    came: datetime
    base: datetime
    subject: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked through: one institution's material, or everybody's where ``agency`` is None.

    ``ends`` is the end of the operation; an exercise does not compare its clock with the wall's.
    """

    operation: Operation
    settling: Settling
    ends: datetime
    agency: str | None = None
    until: datetime | None = None  # what came later cannot be due, and is only counted

    def narrowed(self, keeping: Keeping, clock: datetime) -> Scope:
        """The scope without what came too late to be due; days never count from before it came."""
        if self.operation.exercise and keeping.after != RECEIVED:
            return self  # whose clock is not the wall's
        return replace(self, until=clock - timedelta(days=keeping.days))

    def rows(self, rows: Any, agency: str, came: str) -> Any:
        """Those of these rows that are in the scope, by the columns of institution and time."""
        if self.agency is not None:
            rows = rows.filter(**{agency: self.agency})
        return rows if self.until is None else rows.filter(**{f"{came}__lte": self.until})

    def base(self, keeping: Keeping, came: datetime, settled: Callable[[], Any]) -> Any:
        """The moment from which the days count, and what keeps the thing open."""
        if keeping.after == RECEIVED:
            return came, ""
        last = self.ends if self.operation.exercise else max(self.ends, came)
        if keeping.after == ENDED:
            return last, ""
        found = settled()
        return (last, found.open_by) if found.at is None else (found.at, "")


@dataclass(frozen=True, slots=True)
class Store:
    """What is stored of a class; how it is looked through, and deleted under a certificate."""

    rows: Callable[[Scope], Any]
    look: Callable[[Scope, Keeping], Iterator[Material]]
    purge: Callable[[Sequence[Material], str], None]


def _named(label: str, *parts: str | bytes) -> str:
    """A name from which nothing follows: over what is random or keyed already."""
    digest = hashlib.sha256(f"anoa-{label}/1\n".encode())
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()


def _in_parts(rows: Sequence[Material]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), AT_ONCE):
        yield [one.pk for one in rows[start : start + AT_ONCE]]


# Submissions

COLUMNS = ("number", "sha256", "agency", "received_at", "state", "subject", "closed_at")


def _submissions(scope: Scope) -> Any:
    rows = SubmissionRow.objects.filter(operation=scope.operation, certificate="")
    return scope.rows(rows, "agency", "received_at")


def _worded(scope: Scope) -> Any:
    return _submissions(scope).exclude(scope=SEALED).exclude(state=State.RECEIVED)


def _enveloped(scope: Scope) -> Any:
    """Sealed ones, once their day is in the log."""
    return _submissions(scope).filter(scope=SEALED).exclude(subject="")


def _settled(scope: Scope, row: Sequence[Any]) -> Any:
    """When a submission was settled: set aside, answered, or as what became of it."""
    _number, _name, _agency, came, state, subject, closed_at = row
    if state in (State.DISCARDED, State.ANSWERED):
        return Settled(closed_at)
    if state != State.FILED:
        return Settled(None)
    return scope.settling.of(subject, came)


def _material(scope: Scope, keeping: Keeping, row: Sequence[Any]) -> Material:
    number, name, agency, came, _state, subject, _closed = row
    base, why = scope.base(keeping, came, lambda: _settled(scope, row))
    return Material(number, name, agency, came, base, subject, why)


def _words(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _worded(scope).order_by("number").values_list(*COLUMNS).iterator():
        yield _material(scope, keeping, row)


def _sealed(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _enveloped(scope).order_by("number").values_list(*COLUMNS).iterator():
        yield _material(scope, keeping, row)


def _purge_words(rows: Sequence[Material], certificate: str) -> None:
    """Empty what holds words; what still waited for a person is closed."""
    for part in _in_parts(rows):
        found = SubmissionRow.objects.filter(number__in=part)
        found.filter(state=State.NEEDS_PERSON).update(
            state=State.DISCARDED, aside="other", closed_by="rule:retention",
            closed_at=datetime.now(UTC),
        )  # fmt: skip
        found.update(
            encrypted=b"", trouble=b"", reason=b"", likeness="", certificate=certificate
        )  # fmt: skip


# What came with them


def _attached(scope: Scope) -> Any:
    rows = AttachmentRow.objects.filter(submission__operation=scope.operation, certificate="")
    rows = rows.exclude(submission__state=State.RECEIVED)
    return scope.rows(rows, "submission__agency", "submission__received_at")


def _pictures(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    columns, rows = [f"submission__{name}" for name in COLUMNS], _attached(scope)
    for pk, digest, *of in rows.order_by("pk").values_list("pk", "digest", *columns).iterator():
        one = _material(scope, keeping, of)
        name = _named("attachment", one.name, digest, str(pk))
        yield Material(pk, name, one.of, one.came, one.base, one.subject, one.why)


def _purge_pictures(rows: Sequence[Material], certificate: str) -> None:
    for part in _in_parts(rows):
        AttachmentRow.objects.filter(pk__in=part).update(encrypted=b"", certificate=certificate)
        ReleasedPicture.objects.filter(attachment__in=part).delete()  # the copy that others see


# Tables that were brought in


def _imported(scope: Scope) -> Any:
    full = ~Q(encrypted=b"") | ~Q(faults=b"")
    rows = ImportRow.objects.filter(full, operation=scope.operation, certificate="")
    return scope.rows(rows, "agency", "made_at")


def _imports(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _imported(scope).order_by("ident").iterator(chunk_size=20):
        name = _named("import", row.ident, bytes(row.encrypted), bytes(row.faults))
        base, why = scope.base(keeping, row.made_at, lambda: None)
        yield Material(row.pk, name, row.agency, row.made_at, base, "", why)


def _purge_imports(rows: Sequence[Material], certificate: str) -> None:
    for part in _in_parts(rows):
        found = ImportRow.objects.filter(pk__in=part)
        found.filter(state="new").update(state="away", done_at=datetime.now(UTC))
        found.update(encrypted=b"", faults=b"", certificate=certificate)


# What the room keeps for a while by itself


def _drafted(scope: Scope) -> Any:
    rows = Draft.objects.filter(member__operation=scope.operation).select_related("member")
    return scope.rows(rows, "member__agency", "saved_at")


def _drafts(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _drafted(scope).order_by("pk").iterator():
        name = _named("draft", bytes(row.encrypted))
        yield Material(row.pk, name, row.member.agency or ROOM, row.saved_at, row.saved_at)


def _filed(scope: Scope) -> Any:
    rows = ExportFile.objects.filter(member__operation=scope.operation).select_related("member")
    return scope.rows(rows, "member__agency", "started_at")


def _files(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _filed(scope).order_by("pk"):
        name = _named("file", row.ident)
        yield Material(row.pk, name, row.member.agency or ROOM, row.started_at, row.started_at)


def _tried(scope: Scope) -> Any:
    """Of no institution, so only who looks through everything finds them."""
    if scope.agency is not None:
        return WrongTries.objects.none()
    return scope.rows(WrongTries.objects.all(), "", "last_at")


def _tries(scope: Scope, keeping: Keeping) -> Iterator[Material]:
    for row in _tried(scope).order_by("key"):
        name = _named("tries", row.key, row.since.isoformat())
        yield Material(row.key, name, ROOM, row.last_at, row.last_at)


def _delete(model: Any) -> Callable[[Sequence[Material], str], None]:
    def purge(rows: Sequence[Material], certificate: str) -> None:
        for part in _in_parts(rows):
            model.objects.filter(pk__in=part).delete()

    return purge


STORES: Mapping[str, Store] = {
    "words": Store(_worded, _words, _purge_words),
    "pictures": Store(_attached, _pictures, _purge_pictures),
    "sealed": Store(_enveloped, _sealed, _purge_words),
    "imports": Store(_imported, _imports, _purge_imports),
    "drafts": Store(_drafted, _drafts, _delete(Draft)),
    "files": Store(_filed, _files, _delete(ExportFile)),
    "tries": Store(_tried, _tries, _delete(WrongTries)),
}  # fmt: skip
