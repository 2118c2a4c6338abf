"""Words of this place that nobody may write: the names of candidates, kept in the data folder.

``words/candidates.txt`` holds one word or phrase a line; ``#`` begins a remark. It is no part of
the pack, and stands in no log, backup or export. What is screened or masked for the pack's party
words is screened or masked for these too, in any case of letters. The file is read again when it
was changed. One that cannot be used keeps a server from starting; a running one goes on with the
words that it read last, and says so in its log.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from anoa.errors import StorageError
from anoa.pack import Pack

LARGEST = 200_000  # bytes
MOST, SHORTEST, LONGEST = 2_000, 3, 80  # words; letters of one
log = logging.getLogger("anoa.words")

Mark = tuple[int, int, int] | None
_LOCK = threading.Lock()
_READ: dict[Path, tuple[Mark, tuple[str, ...]]] = {}
_BAD: dict[Path, Mark] = {}
_PACKS: dict[tuple[str, tuple[str, ...]], Pack] = {}


def file() -> Path:
    """Where the words of this machine lie."""
    found: Path = settings.DATA_FOLDER.local_words
    return found


def added(pack: Pack) -> Pack:
    """The pack, whose party words are followed by the words of this place."""
    more = current()
    if not more:
        return pack
    key = (pack.digest, more)
    with _LOCK:
        if key not in _PACKS:
            while len(_PACKS) >= 4:
                _PACKS.pop(next(iter(_PACKS)))
            _PACKS[key] = pack.with_party_words(more)
        return _PACKS[key]


def current() -> tuple[str, ...]:
    """The words as the file holds them now; none where there is no file.

    Raises StorageError for a file that cannot be used and was never read before.
    """
    path = file()
    mark = _mark(path)
    with _LOCK:
        known = _READ.get(path)
        if known is not None and mark in (known[0], _BAD.get(path, known[0])):
            return known[1]
        try:
            found = read(path) if mark is not None else ()
        except StorageError:
            if known is None:
                raise
            log.exception("the words in use stay those that were read before")
            _BAD[path] = mark
            return known[1]
        _READ[path] = (mark, found)
        return found


def _mark(path: Path) -> Mark:
    try:
        said = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError("{path} cannot be read: {why}", path=path, why=error.strerror) from error
    return said.st_mtime_ns, said.st_size, said.st_ino


def read(path: Path) -> tuple[str, ...]:
    """The words of a file in small letters, each once.

    Raises StorageError that names the line and says what to do.
    """
    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise StorageError("{path} cannot be read: {why}", path=path, why=error.strerror) from error
    if len(data) > LARGEST:
        raise StorageError(
            "{path} is larger than {most} bytes: keep names alone in it", path=path, most=LARGEST
        )
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise StorageError(
            "{path}:{line}: this is not UTF-8 text: save the file as UTF-8", path=path, line=line
        ) from error
    numbered = enumerate(lines, 1)
    found = {word: None for number, line in numbered for word in _words(path, number, line)}
    if len(found) > MOST:
        raise StorageError(
            "{path} holds {n} words, and at most {most} are screened: take some out",
            path=path, n=len(found), most=MOST,
        )  # fmt: skip
    return tuple(found)


def _words(path: Path, number: int, line: str) -> Iterable[str]:
    """The word of a line, if it holds one."""
    word = " ".join(line.partition("#")[0].split()).lower()
    if not word:
        return
    letters = sum(sign.isalpha() for sign in word)
    if letters < SHORTEST or len(word) > LONGEST or not word.isprintable():
        raise StorageError(
            "{path}:{line}: a word or phrase has {least} letters or more and at most {most} signs: "
            "write one a line",
            path=path, line=number, least=SHORTEST, most=LONGEST,
        )  # fmt: skip
    yield word


def add(words: Iterable[str]) -> int:
    """Put words into the file, checked before it takes the old one's place; how many are new."""
    path = file()
    known = read(path) if path.exists() else ()
    fresh = [word.strip() for word in words if word.strip()]
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        before = path.read_text("utf-8-sig") if known or path.exists() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(before + "".join(f"{word}\n" for word in fresh))
        new = len(set(read(half)) - set(known))
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return new
