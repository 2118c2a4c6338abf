"""A backup becomes a data folder again: everything is checked beside it before it takes its place.

Nothing in the file is trusted: only the members that its manifest names are read, each into a
place of its own name, with its size and digest.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from anoa.errors import StorageError
from anoa.room import storage
from anoa.room.backup import BLOCK, FORMAT, MANIFEST, Manifest, Progress, told

LARGEST_MANIFEST = 1 << 22
DAMAGED = (
    tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, ValueError, KeyError, TypeError,
)  # fmt: skip


@contextmanager
def unpacked(source: Path, target: Path, progress: Progress) -> Iterator[tuple[Path, Manifest]]:
    """The backup unpacked and compared beside ``target``; it takes its place when the block ends.

    Yields the folder as it lies meanwhile, and the manifest. Raises StorageError for a file that is
    damaged, not a backup or of a newer anoa, and for a target that holds something; then nothing is
    left behind.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StorageError("{path} is not empty: name a new folder by --into", path=target)
    beside = target.with_name(f".{target.name}.restoring")
    with told(target):
        beside.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
    try:
        with told(target), _readable(source):
            manifest = _unpack(source, beside, progress)
            _sound(beside / "anoa.sqlite3")
        yield beside, manifest
        with told(target):
            beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _readable(source: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError("there is no file {path}", path=source) from error
    except DAMAGED as error:
        raise StorageError(
            "{path} is damaged or no backup of anoa: take another copy of it", path=source
        ) from error


def _unpack(source: Path, folder: Path, progress: Progress) -> Manifest:
    with gzip.open(source) as packed, tarfile.open(fileobj=packed, mode="r:") as tar:
        manifest = _manifest(tar, source)
        whole = sum(size for size, _ in manifest.files.values())
        left, done = dict(manifest.files), 0
        while (info := tar.next()) is not None:
            size, digest = left.pop(info.name)  # KeyError: a member that is not named
            if not info.isreg() or info.size != size or not _write(tar, info, folder, digest):
                raise StorageError("{file} of {path} is damaged", file=info.name, path=source)
            done += size
            progress("file", done, whole)
        while packed.read(BLOCK):
            pass  # to the end of the file, where its checksum stands
        if left:
            raise StorageError(
                "{path} ends early: {file} is not there", path=source, file=min(left)
            )
    return manifest


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    info = tar.next()
    if info is None or info.name != MANIFEST or info.size > LARGEST_MANIFEST:
        raise ValueError
    file = tar.extractfile(info)
    assert file is not None
    said = json.loads(file.read())
    found, layout = said.pop("format"), said["layout"]
    if found != FORMAT or layout > storage.VERSION:
        raise StorageError(
            "{path} was made by a newer anoa: install that one, then restore", path=source
        )
    files = {name: (int(size), str(digest)) for name, (size, digest) in said.pop("files").items()}
    return Manifest(**said, files=files)


def _write(tar: tarfile.TarFile, info: tarfile.TarInfo, folder: Path, digest: str) -> bool:
    """Write one member, readable by its owner only; whether it has the digest."""
    content, sum_of = tar.extractfile(info), hashlib.sha256()
    assert content is not None
    path = folder / info.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        while block := content.read(BLOCK):
            sum_of.update(block)
            out.write(block)
        out.flush()
        os.fsync(handle)
    return sum_of.hexdigest() == digest


def _sound(database: Path) -> None:
    with closing(sqlite3.connect(database)) as opened:
        try:
            said = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said != "ok":
        raise StorageError("the database in the backup is damaged: {why}", why=said)
