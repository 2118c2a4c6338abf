"""Certificates outside the database: what lets a restored backup be purged again.

Each lies as a file in ``certificates/`` of the data folder, which no backup holds. A file is
written after the commit; what a machine that stopped left out is written at its next start.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from anoa.errors import LogError, StorageError
from anoa.room.models import CertificateFile, Operation
from anoa.room.storage import storage_errors
from anoa.seals import Certificate, parse_certificate, read_certificate

END = ".deletion"


def folder() -> Path:
    """Where they lie on this machine."""
    found: Path = settings.DATA_FOLDER.certificates
    return found


def put(certificate: Certificate) -> None:
    """Keep a certificate as a file; one of the same content stays as it is."""
    place = folder()
    target = place / name_of(certificate)
    if target.exists():
        return
    with storage_errors(settings.DATA_FOLDER.path):
        place.mkdir(mode=0o700, exist_ok=True)
        half = target.with_name(f".{target.name}.{os.getpid()}")
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(certificate.data)
            out.flush()
            os.fsync(handle)
        half.replace(target)


def name_of(certificate: Certificate) -> str:
    """The name of its file: its id and its leaf, as a restored room may give the id again."""
    return f"{certificate.entry.subject}-{certificate.entry.leaf.hex()[:16]}{END}"


def write_missing(operation: Operation) -> None:
    """Write the files that are not there."""
    for row in CertificateFile.objects.filter(operation=operation).iterator(chunk_size=1):
        put(parse_certificate(bytes(row.content), row.ident))


def read_all(place: Path) -> Iterator[Certificate]:
    """The certificates in a folder, or the one in a file, in the order of their entries.

    Raises StorageError for a file that is none: what it would delete is not known.
    """
    try:
        found = [read_certificate(path) for path in _files(place)]
    except LogError as error:
        raise StorageError("a certificate of deletion cannot be used: {why}", why=error) from error
    yield from sorted(found, key=lambda one: one.entry.at)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(one for one in place.glob(f"*{END}") if not one.name.startswith("."))
