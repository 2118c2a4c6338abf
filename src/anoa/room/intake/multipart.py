"""Bodies of several parts (``multipart/form-data``), read as they come in, with limits.

What had arrived whole is kept when the rest is cut off or broken: over a bad network the words of a
report often arrive and its picture does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from anoa.room.intake.http import (
    BODY_S,
    Receive,
    Scope,
    TooLarge,
    Unreadable,
    WrongMediaType,
    header,
    memory,
    need_plain,
)

MEDIA_TYPE = "multipart/form-data"
LIMIT = 16 << 20  # bytes of one body
DRAINED = 128 << 20  # bytes read and let go, so that a sender of too much hears why
PARTS_LIMIT = 120


@dataclass(slots=True)
class Part:
    """One part: its name, the name of its file, its media type, and what of it has arrived."""

    name: str = ""
    file_name: str = ""
    media_type: str = ""
    content: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


@dataclass(slots=True)
class Parts:
    """What has arrived: ``trouble`` is what ended it early (None: it is complete)."""

    parts: list[Part] = field(default_factory=list)
    trouble: Exception | None = None


class CutOff(Exception):
    """The sender went away before the end."""


async def read_parts(scope: Scope, receive: Receive, limit: int = LIMIT) -> Parts:
    """Read a body of parts.

    Raises WrongMediaType, or TooLarge and Busy before anything whole has arrived. Later trouble
    (TooLarge, Unreadable, CutOff) stands in the answer, beside the parts that are whole.
    """
    need_plain(scope)
    collector = Collector(boundary_of(header(scope, b"content-type")))
    length = header(scope, b"content-length")
    if length.isdecimal() and int(length) > DRAINED:
        raise TooLarge(limit)
    taken = size = 0
    trouble: Exception | None = None
    try:
        async for chunk in _chunks(receive):
            size += len(chunk)
            if trouble is None and size > limit:
                trouble = TooLarge(limit)
            if size > DRAINED:
                break
            if trouble is None:
                memory.take(len(chunk))
                taken += len(chunk)
                trouble = collector.write(chunk)
    except (CutOff, TimeoutError):
        trouble = trouble or CutOff()
    finally:
        memory.held -= taken
    whole = [one for one in collector.parts if one.is_whole]
    if trouble is None and not collector.is_ended:
        trouble = Unreadable("the body ends before its last part does: send it again")
    return Parts(whole, trouble)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await asyncio.wait_for(receive(), BODY_S)
        if message["type"] == "http.disconnect":
            raise CutOff
        yield message.get("body", b"")
        if not message.get("more_body"):
            return


def boundary_of(content_type: str) -> bytes:
    """What stands between the parts; raises WrongMediaType for any other media type."""
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != MEDIA_TYPE.encode() or not 1 <= len(boundary) <= 200:
        if not content_type:
            raise WrongMediaType("send {known} with a boundary", known=MEDIA_TYPE)
        raise WrongMediaType(
            "send {known} with a boundary, not {said}", known=MEDIA_TYPE, said=content_type[:80]
        )
    return boundary


class Collector:
    """Collects the parts of one body, chunk by chunk."""

    def __init__(self, boundary: bytes) -> None:
        self.parts: list[Part] = []
        self.is_ended = False
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = bytearray(), bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin, "on_header_field": self._header_name,
                "on_header_value": self._header_value, "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end, "on_part_data": self._data,
                "on_part_end": self._part_end, "on_end": self._end,
            },
        )  # fmt: skip

    def write(self, chunk: bytes) -> Unreadable | None:
        """Read on; what is wrong, when something is."""
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            failed = Unreadable("the body is not whole: {why}", why=str(error)[:120])
            failed.__cause__ = error
            return failed
        except Unreadable as error:
            return error
        return None

    def _begin(self) -> None:
        if len(self.parts) >= PARTS_LIMIT:
            raise Unreadable("the body has more than {limit} parts", limit=PARTS_LIMIT)
        self._headers = {}
        self.parts.append(Part())

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value).strip()
        self._name.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        part = self.parts[-1]
        _kind, said = parse_options_header(self._headers.get(b"content-disposition", b""))
        part.name, part.file_name = _said(said, b"name"), _base(_said(said, b"filename"))
        kind, _options = parse_options_header(self._headers.get(b"content-type", b""))
        part.media_type = kind.decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def _part_end(self) -> None:
        self.parts[-1].is_whole = True

    def _end(self) -> None:
        self.is_ended = True


def _said(options: Mapping[bytes, bytes], name: bytes) -> str:
    """An option as browsers and phones write it: UTF-8, quotes as %22."""
    return options.get(name, b"").decode("utf-8", "replace").replace("%22", '"')


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
