"""Files that take long: made beside the pages, kept whole for a day, or ended with the reason.

A file is written into the database in pieces while rows are counted, so that every machine of the
room can tell how far it is. It can be taken away only when it is whole, with its length said before
the first byte: what breaks off on the way is no file. A file that nobody moved for two minutes
while it was made broke off with its machine.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from time import monotonic
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from anoa.errors import NotAllowed
from anoa.room import record
from anoa.room.list_export import (
    MaterialDeleted,
    Naming,
    Rows,
    csv_pieces,
    geojson_pieces,
    xlsx_file,
)
from anoa.room.models import ExportFile, ExportPiece, Member, Operation
from anoa.room.storage import in_words, is_away, is_full

KEPT = timedelta(hours=24)
SILENT = timedelta(minutes=2)
MAKING, WHOLE, BROKEN, DROPPED = "making", "whole", "broken", "dropped"
FULL, AWAY, STOPPED, FAILED = "full", "away", "stopped", "failed"  # why one broke off
PURGED = "purged"  # material that it may rest on was deleted
PIECE_BYTES = 2 * 1024 * 1024
TELL_ROWS, TELL_S = 500, 1.0  # how often it is looked at the clock, and how often told
MEMBERS_FILES, MAKING_AT_ONCE = 10, 4
Run = Callable[[Callable[[], None]], None]


class _Dropped(Exception):
    """Somebody wants the file no longer."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Reports of a list that are counted while they are gone through; the same to a writer."""

    found: Rows
    tell: Callable[[int], None]

    def __len__(self) -> int:
        return len(self.found)

    def items(self) -> Iterator[Any]:
        """The reports, in the order in which they came."""
        told = 0.0
        for number, one in enumerate(self.found.items()):
            if number % TELL_ROWS == 0 and monotonic() - told >= TELL_S:
                self.tell(number)
                told = monotonic()
            yield one


@dataclass(frozen=True, slots=True)
class Unpurged:
    """Things of a list, which end with MaterialDeleted when something was purged meanwhile."""

    operation: Operation
    found: Rows

    def __len__(self) -> int:
        return len(self.found)

    def items(self) -> Iterator[Any]:
        """The things; it is looked for a purge now and then, and at the end."""
        before = purges(self.operation)
        for number, one in enumerate(self.found.items()):
            if number and number % TELL_ROWS == 0:
                self._look(before)
            yield one
        self._look(before)

    def _look(self, before: int) -> None:
        if purges(self.operation) != before:
            raise MaterialDeleted


def purges(operation: Operation) -> int:
    """How many certificates of deletion the log holds."""
    return len(record.current_picture(operation).things["deletion"])


def in_background(work: Callable[[], None]) -> None:
    """Do the work in a thread of its own, with a connection of its own."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    Thread(target=run, name="export", daemon=True).start()


def start(
    member: Member, form: str, found: Rows, naming: Naming, name: str, query: str,
    run: Run | None = None,
) -> ExportFile:  # fmt: skip
    """Begin to make a file; raises NotAllowed when the member or the room makes too many."""
    forget_old()
    making = ExportFile.objects.filter(state=MAKING, moved_at__gt=timezone.now() - SILENT)
    if making.filter(member=member).exists():
        raise NotAllowed("A file of yours is being made: wait until it ends, or stop it.")
    if making.count() >= MAKING_AT_ONCE:
        raise NotAllowed("Others have files made now. Try it again in a minute.")
    mine = ExportFile.objects.filter(member=member).order_by("-started_at")
    for one in mine[MEMBERS_FILES - 1 :]:
        one.delete()
    file = ExportFile.objects.create(
        ident=secrets.token_urlsafe(12), member=member, form=form, name=name, query=query[:2000],
        rows=len(found), started_at=timezone.now(), moved_at=timezone.now(),
    )  # fmt: skip
    (run or in_background)(lambda: make(file.pk, form, found, naming))
    return file


def forget_old() -> None:
    """Drop what was made a day ago."""
    ExportFile.objects.filter(started_at__lt=timezone.now() - KEPT).delete()


def of(member: Member) -> list[ExportFile]:
    """The member's files, the newest first."""
    rows = ExportFile.objects.filter(member=member, started_at__gt=timezone.now() - KEPT)
    return [_as_it_is(row) for row in rows.order_by("-started_at")]


def one_of(member: Member, ident: str) -> ExportFile | None:
    """One of the member's own files."""
    return next((one for one in of(member) if one.ident == ident), None)


def _as_it_is(file: ExportFile) -> ExportFile:
    """A file that nobody moved broke off with the machine that made it."""
    if file.state == MAKING and file.moved_at < timezone.now() - SILENT:
        file.state, file.reason = BROKEN, STOPPED
    return file


def drop(file: ExportFile) -> None:
    """Stop a file that is being made, and drop what there is of it."""
    ExportFile.objects.filter(pk=file.pk).update(state=DROPPED, size=0)
    ExportPiece.objects.filter(file=file).delete()


def purge(operation: Operation) -> int:
    """Drop all files, as material that they may rest on is deleted; how many were whole.

    What is being made ends, and its page says why. Part of the transaction of the deletion.
    """
    files = ExportFile.objects.filter(member__operation=operation)
    ExportPiece.objects.filter(file__in=files).delete()
    making = files.filter(state=MAKING).update(state=BROKEN, reason=PURGED, size=0)
    whole = files.filter(state=WHOLE).update(state=BROKEN, reason=PURGED, size=0)
    return making + whole


# Making


def make(pk: int, form: str, found: Rows, naming: Naming) -> None:
    """Write the file; at the end it is whole, or broken with the reason."""
    try:
        watched = Watched(found, lambda rows: _moved(pk, rows_done=rows))
        size = _written(pk, _blocks(form, watched, naming))
        _moved(pk, rows_done=len(found), size=size, state=WHOLE)
    except _Dropped:
        ExportPiece.objects.filter(file_id=pk).delete()
    except Exception as error:  # whatever it was, the page says that there is no file
        _broke(pk, error)
        if in_words(error, settings.DATA_FOLDER.path) is None:
            raise


def _broke(pk: int, error: Exception) -> None:
    reason = FULL if is_full(error) else AWAY if is_away(error) else FAILED
    if reason == AWAY:
        connection.close()  # the next question opens another one
    ExportPiece.objects.filter(file_id=pk).delete()
    ExportFile.objects.filter(pk=pk, state=MAKING).update(state=BROKEN, reason=reason)


def _moved(pk: int, **values: Any) -> None:
    """Tell how far it is; raises when it is wanted no longer."""
    rows = ExportFile.objects.filter(pk=pk, state=MAKING)
    if not rows.update(moved_at=timezone.now(), **values):
        raise _Dropped


def _written(pk: int, blocks: Iterator[bytes]) -> int:
    size = 0
    for number, block in enumerate(_gathered(blocks)):
        with transaction.atomic():
            _moved(pk)
            ExportPiece.objects.create(
                file_id=pk, number=number, content=zlib.compress(block, level=1)
            )
        size += len(block)
    return size


def _gathered(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= PIECE_BYTES:
            yield b"".join(held)
            held = []
    if held:
        yield b"".join(held)


def _blocks(form: str, watched: Watched, naming: Naming) -> Iterator[bytes]:
    if form == "xlsx":
        return _of_file(xlsx_file(watched, naming))
    if form == "geojson":
        return geojson_pieces(watched, naming)
    return csv_pieces(watched, naming, tags=form == "hxl")


def _of_file(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(PIECE_BYTES):
            yield block


# Taking away


def content(file: ExportFile) -> Iterator[bytes]:
    """The bytes of a whole file, piece by piece; it breaks off where it is purged meanwhile."""
    pieces = ExportPiece.objects.filter(file=file).order_by("number")
    for number in range(pieces.count()):
        piece = pieces.filter(number=number).first()
        if piece is None:
            return
        yield zlib.decompress(bytes(piece.content))
