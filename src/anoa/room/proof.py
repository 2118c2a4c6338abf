"""Proof that what a room holds is whole: log, rows, seals, frozen reports and pack agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from anoa.coordination.values import Sitrep
from anoa.errors import StorageError
from anoa.logfile import LogFile
from anoa.picture import Picture
from anoa.room import outgoing, record
from anoa.room.models import Operation, SealFile, SitrepFile
from anoa.seals import parse_seal, parse_vkey, verify_log


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared and found whole."""

    entries: int
    seals: int
    sealed_to: int
    reports: int


def prove(operation: Operation) -> Proof:
    """Compare everything the room holds with its log.

    The seals are checked with the public keys that the log itself names: that shows that nothing
    was damaged. Whether the keys are the right ones only an institution can tell that kept them,
    by ``anoa verify``. Raises StorageError with the first thing that does not agree.
    """
    record.pack_of(operation)  # refuses a pack that was changed
    entries = record.entries(operation)
    picture = Picture.replay(entries)
    if not record.rows_equal_replay(operation):
        raise StorageError("the rows of {id} are not what its log gives", id=operation.pk)
    return Proof(
        len(entries), len(picture.seals), _sealed_to(operation, picture),
        sum(_frozen(operation, one) for one in picture.sitreps.values()),
    )  # fmt: skip


def _sealed_to(operation: Operation, picture: Picture) -> int:
    rows = SealFile.objects.filter(operation=operation).order_by("size")
    files = [parse_seal(bytes(row.content), row.ident) for row in rows]
    if len(files) != len(picture.seals):
        raise StorageError("the log tells of {said} seals, and {found} are here",
                           said=len(picture.seals), found=len(files))  # fmt: skip
    if not files:
        return 0
    said = {key for one in picture.seals.values() for key in (one.key, *one.countersigned)}
    log = LogFile(outgoing.header_of(operation), record.entries(operation))
    verdict = verify_log(log, files, [parse_vkey(key) for key in sorted(said)])
    if not verdict.ok:
        raise StorageError("the log does not agree with its seals: {why}", why=verdict.problem)
    return verdict.sealed_to


def _frozen(operation: Operation, issued: Sitrep) -> bool:
    """Whether the frozen files of a report are those that were issued; raises when not."""
    rows = SitrepFile.objects.filter(operation=operation, ident=issued.id)
    for row in rows:
        digest = hashlib.sha256(bytes(row.content)).hexdigest()
        if digest != row.sha256 or (row.form == "html" and digest != issued.digest):
            raise StorageError("the file {form} of report {id} was changed",
                               form=row.form, id=issued.id)  # fmt: skip
    if not any(row.form == "html" for row in rows):
        raise StorageError("the file of report {id} is not there", id=issued.id)
    return True
