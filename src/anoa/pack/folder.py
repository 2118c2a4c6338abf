"""The files of a pack: what may be read of a folder, and the digest over it."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from anoa.pack.collecting import Findings

LARGEST_FILE = 20_000_000
LARGEST_YAML = 1_000_000
MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class PackFolder:
    """The bytes of a pack's files by their path inside the pack."""

    path: Path
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """sha256 over the sorted lines ``path\\0sha256(bytes)\\n`` of all files, as hex."""
        return digest_of(self.files)


def digest_of(files: dict[str, bytes]) -> str:
    """The digest of a pack's files.

    >>> digest_of({})[:16]
    'e3b0c44298fc1c14'
    """
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return whole.hexdigest()


def read_folder(path: Path, findings: Findings) -> PackFolder:
    """All files below ``path``; a link, a pipe, a huge file or an odd name is a problem."""
    folder = PackFolder(path)
    for place, names, files in os.walk(path, followlinks=False):
        names.sort()
        for name in [*names, *sorted(files)]:
            inner = Path(place, name)
            relative = inner.relative_to(path).as_posix()
            if inner.is_symlink():
                findings.add(
                    _printable(relative), 0, "this is a link", "a pack holds plain files only"
                )
            elif name in files:
                _read_into(folder, inner, relative, findings)
        names[:] = [name for name in names if not Path(place, name).is_symlink()]
        if len(folder.files) > MOST_FILES:
            findings.add("pack.yaml", 0, f"the folder has more than {MOST_FILES} files")
            break
    return folder


def _read_into(folder: PackFolder, path: Path, relative: str, findings: Findings) -> None:
    name = _printable(relative)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            findings.add(name, 0, "this is not a plain file")
        elif status.st_size > (LARGEST_YAML if name.endswith(".yaml") else LARGEST_FILE):
            findings.add(
                name, 0, f"the file is too large ({status.st_size} bytes)",
                f"at most {LARGEST_FILE} bytes, YAML at most {LARGEST_YAML}",
            )  # fmt: skip
        else:
            folder.files[name] = path.read_bytes()
    except OSError as error:
        findings.add(name, 0, f"the file cannot be read: {error.strerror}")


def _printable(relative: str) -> str:
    return relative.encode("utf-8", "backslashreplace").decode("utf-8")


def decoded(name: str, content: bytes, findings: Findings) -> str | None:
    """The text of a UTF-8 file, or None with a problem that names the byte and the line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        findings.add(
            name, line, f"byte {error.start} (0x{content[error.start]:02x}) is not UTF-8",
            "save the file as UTF-8",
        )  # fmt: skip
        return None
    for number, character in enumerate(text):
        if character < " " and character not in "\t\n\r":
            line = text.count("\n", 0, number) + 1
            findings.add(name, line, f"the control character 0x{ord(character):02x} is not text")
            return None
    return text
