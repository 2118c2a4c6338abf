"""Pictures without what a device wrote into them: place, time, device, owner, earlier versions.

What was received stays encrypted as it came. What is shown or handed out is written anew from the
parts that draw the picture; everything else is left out, also what follows its end. A kind of
picture that cannot be read so is not shown at all. Which way is up is all that is kept beside.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from anoa.errors import SubmissionError

JPEG, PNG, GIF, WEBP = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF"
DRAWING = frozenset({*range(0xC0, 0xD0), 0xDB, 0xDD}) - {0xC8}  # frames, tables, restarts
SOS, EOI, EXIF, ADOBE = 0xDA, 0xD9, 0xE1, 0xEE
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"  # no density, no thumbnail
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # what ends the coded part of a picture
ORIENTATION = 0x0112
PNG_PARTS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB"})
WEBP_PARTS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH"})
ALPHA = 0x10  # the one flag of VP8X that speaks of the picture itself
LONG_TEXT = re.compile(r"[A-Za-z0-9+/_=-]{600,}")  # a file within a text


class NotShown(SubmissionError):
    """A picture that cannot be shown without what its device wrote into it."""

    code = "not_shown"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it may be shown."""

    media_type: str
    content: bytes


def cleaned(content: bytes) -> Picture:
    """The picture with nothing but what draws it.

    Raises NotShown for what is no JPEG, PNG, GIF or WebP, or is broken before its first line.
    """
    try:
        if content.startswith(JPEG):
            return Picture("image/jpeg", b"".join(_jpeg(content)))
        if content.startswith(PNG):
            return Picture("image/png", PNG + b"".join(_png(content)))
        if content.startswith(GIF):
            return Picture("image/gif", b"".join(_gif(content)))
        if content.startswith(WEBP) and content[8:12] == b"WEBP":
            return Picture("image/webp", _webp(content))
    except (IndexError, ValueError) as error:
        raise NotShown("this picture is broken: it is kept, but cannot be shown") from error
    raise NotShown("a picture of this kind is kept, but cannot be shown")


def without_files(text: str) -> str:
    """A text in which files that were written as letters are only named by their size."""
    return LONG_TEXT.sub(lambda found: f"[… {len(found[0])} …]", text)


# JPEG: markers FF xx, most with a length; coded data after SOS


def _jpeg(content: bytes) -> Iterator[bytes]:
    yield content[:2] + JFIF
    at, has_picture, is_told = 2, False, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise ValueError("no marker")
        marker = content[at + 1]
        if marker == EOI:
            break
        if marker == 0xFF:  # filling
            at += 1
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        body = content[at + 4 : end]
        if end < at + 4 or end > len(content):
            if has_picture:  # cut off: what is there is shown
                break
            raise ValueError("a part is cut off")
        if marker == EXIF and not is_told and (turn := _orientation(body)):
            is_told = True
            yield _exif(turn)
        elif marker in DRAWING or (marker == ADOBE and body[:5] == b"Adobe" and len(body) == 12):
            yield content[at:end]
        elif marker == SOS:
            found = NEXT_MARKER.search(content, end)
            after = found.start() if found else len(content)
            yield content[at:after]
            end, has_picture = after, True
        at = end
    if not has_picture:
        raise ValueError("no picture")
    yield b"\xff\xd9"


def _orientation(body: bytes) -> int:
    """Which way is up (2 to 8), as EXIF has it; 0 where it says nothing or nothing readable."""
    tiff = body[6:] if body[:6] == b"Exif\x00\x00" else b""
    if tiff[:4] not in (b"II*\x00", b"MM\x00*"):
        return 0

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if tiff[:1] == b"I" else "big")

    start = number(4, 4)
    for place in range(min(number(start, 2), 200)):
        entry = start + 2 + 12 * place
        if number(entry, 2) == ORIENTATION and number(entry + 2, 2) == 3:
            turn = number(entry + 8, 2)
            return turn if 2 <= turn <= 8 else 0
    return 0


def _exif(turn: int) -> bytes:
    """An EXIF part that says which way is up, and nothing else."""
    entry = ORIENTATION.to_bytes(2) + b"\x00\x03\x00\x00\x00\x01" + turn.to_bytes(2) + b"\x00\x00"
    body = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01" + entry + b"\x00\x00\x00\x00"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


# PNG: length, name, content, checksum


def _png(content: bytes) -> Iterator[bytes]:
    at, names = len(PNG), set[bytes]()
    while at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(content) or (not names and name != b"IHDR"):
            break
        names.add(name)
        if name in PNG_PARTS:
            body = content[at + 4 : at + 8 + size]
            yield content[at : at + 4] + body + zlib.crc32(body).to_bytes(4)
        if name == b"IEND":
            break
        at = end
    if b"IDAT" not in names:
        raise ValueError("no picture")
    if b"IEND" not in names:
        yield b"\x00\x00\x00\x00IEND" + zlib.crc32(b"IEND").to_bytes(4)


# GIF: the screen, then extensions (21), pictures (2C), the end (3B)


def _gif(content: bytes) -> Iterator[bytes]:
    at = 13 + _colours(content[10])
    yield content[:at]
    has_picture = False
    while content[at] != 0x3B:
        start, is_picture = at, content[at] == 0x2C
        if is_picture:
            at += 11 + _colours(content[at + 9])
        elif content[at] == 0x21:
            at += 2
        else:
            raise ValueError("no block")
        while content[at]:
            at += 1 + content[at]
        at += 1
        if is_picture or content[start + 1] == 0xF9:  # how the next picture is drawn
            yield content[start:at]
            has_picture |= is_picture
    if not has_picture:
        raise ValueError("no picture")
    yield b"\x3b"


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


# WebP: name, length, content, filled to an even length


def _webp(content: bytes) -> bytes:
    at, kept, names = 12, list[bytes](), set[bytes]()
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + size
        if end > len(content):
            break
        if name in WEBP_PARTS and name not in names:
            body = content[at + 8 : end]
            if name == b"VP8X":
                body = bytes([body[0] & ALPHA]) + body[1:]
            kept.append(name + size.to_bytes(4, "little") + body + b"\x00" * (size % 2))
            names.add(name)
        at = end + size % 2
    if not names & {b"VP8 ", b"VP8L"}:
        raise ValueError("no still picture")
    whole = b"WEBP" + b"".join(kept)
    return WEBP + len(whole).to_bytes(4, "little") + whole
