"""What leaves the database as files: the log for a reader, and the digital seals of the record."""

from __future__ import annotations

import io
from dataclasses import replace

from anoa.logfile import LogHeader, write_log
from anoa.oplog import Handling
from anoa.room import access, record
from anoa.room.models import Operation, SealFile


def header_of(operation: Operation) -> LogHeader:
    """The first line of the operation's log."""
    return LogHeader(
        operation.pk, operation.pack_digest, operation.time_zone, exercise=operation.exercise
    )


def log_bytes(operation: Operation, agency: str | None, widest: Handling, copy: str = "") -> bytes:
    """The whole log as a LOG file, with what that reader may not see as leaf hashes.

    ``agency`` None is an outsider; ``widest`` is the widest handling the reader is let into;
    ``copy`` says in the first line whose copy it is.
    """
    picture = record.current_picture(operation)
    out = io.BytesIO()
    write_log(
        out, replace(header_of(operation), copy=copy),
        (access.log_line(entry, picture, agency, widest) for entry in record.entries(operation)),
    )  # fmt: skip
    return out.getvalue()


def seals(operation: Operation) -> tuple[SealFile, ...]:
    """The digital seals of the record, oldest first."""
    return tuple(SealFile.objects.filter(operation=operation).order_by("size"))
