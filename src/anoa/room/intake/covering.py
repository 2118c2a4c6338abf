"""A picture for others: drawn anew by the server, with opaque boxes over whoever could be known.

The boxes are filled, not blurred: what lay under them is not in the copy in any form. The copy is
made of picture points alone and no longer than ``LONGEST`` of them, so that nothing which a device
wrote, and no fine detail, goes along.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
from dataclasses import astuple, dataclass
from importlib.resources import files
from pathlib import Path

from anoa.errors import NotAllowed
from anoa.room.intake.pictures import NotShown, cleaned

LONGEST = 1280  # picture points of the longer side
WHOLE = 1000  # boxes are told in thousandths of the picture
MOST_BOXES = 60
SMALLEST = 5
_LINE = re.compile(r"\s*(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})[\s,]+(\d{1,4})\s*\Z")
_one_at_a_time = threading.Lock()  # a large picture takes much memory while it is drawn


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture that is covered, in thousandths of its width and height."""

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        inside = self.left + self.width <= WHOLE and self.top + self.height <= WHOLE
        if not inside or min(self.width, self.height) < SMALLEST:
            raise NotAllowed("A rectangle lies outside the picture or is too small to be seen.")


def read_boxes(text: str) -> tuple[Box, ...]:
    """The boxes of a text with four numbers a line; NotAllowed for what is no box."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_BOXES:
        raise NotAllowed("Cover at most {most} rectangles, or keep the picture back.",
                         most=MOST_BOXES)  # fmt: skip
    found = [_LINE.match(line) for line in lines]
    if None in found:
        raise NotAllowed("Write four whole numbers a line: left, top, width, height.")
    return tuple(Box(*map(int, one.groups())) for one in found if one)


def covered(content: bytes, boxes: tuple[Box, ...], longest: int = LONGEST) -> bytes:
    """A PNG of the picture with the boxes over it; NotShown where it cannot be drawn."""
    import typst  # a large library that only this and reports need

    shown = cleaned(content)
    ending = shown.media_type.partition("/")[2]
    with tempfile.TemporaryDirectory() as name, _one_at_a_time:
        folder = Path(name)
        (folder / f"picture.{ending}").write_bytes(shown.content)
        source = files("anoa.room.intake").joinpath("cover.typ").read_bytes()
        (folder / "cover.typ").write_bytes(source)
        inputs = {"picture": f"picture.{ending}", "longest": str(longest),
                  "boxes": json.dumps([astuple(one) for one in boxes])}  # fmt: skip
        try:
            made = typst.compile(
                folder / "cover.typ", root=folder, format="png", ppi=72, sys_inputs=inputs,
                ignore_system_fonts=True,
            )  # fmt: skip
        except typst.TypstError as error:
            raise NotShown("this picture is broken: it is kept, but cannot be shown") from error
    if not isinstance(made, bytes):
        raise NotShown("this picture is broken: it is kept, but cannot be shown")
    return made
