"""Put new shapes in place of those of a pack: checked first, written whole, the old file kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from anoa.errors import DataError
from anoa.pack.loading import Checked, check_pack
from anoa.pack.shapes import SHAPES, Shapes, shapes_text


def check_shapes(path: Path, shapes: Shapes) -> Checked:
    """What a check of the pack would say with these shapes; nothing is written."""
    return check_pack(path, {SHAPES: shapes_text(shapes).encode()})


def replace_shapes(path: Path, shapes: Shapes) -> Path:
    """Write the shapes of the pack and return where the old ones lie now.

    The old file is kept beside the folder, because a pack holds no file that is not its own.
    The new one takes its place in one step: whoever reads sees the old or the new, whole.
    Raises DataError when the files cannot be written; the pack is then as it was.
    """
    place = Path(path).resolve() / SHAPES
    try:
        backup = _keep(place)
        handle, made = tempfile.mkstemp(prefix=f".{SHAPES}.", dir=place.parent.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(shapes_text(shapes))
                file.flush()
                os.fsync(file.fileno())
            Path(made).chmod(place.stat().st_mode & 0o777)
            Path(made).replace(place)
        except OSError:
            Path(made).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(
            "{place} cannot be written ({why}); the pack is as it was",
            place=place, why=error.strerror or type(error).__name__,
        ) from error  # fmt: skip
    return backup


def _keep(place: Path) -> Path:
    """A copy of the file beside the pack's folder, under a name that is not taken yet."""
    old = place.read_bytes()
    stem = f"{place.parent.name}.{SHAPES}.bak"
    names = (place.parent.parent / f"{stem}{n or ''}" for n in range(1000))
    for name in names:
        try:
            with name.open("xb") as file:
                file.write(old)
        except FileExistsError:
            continue
        return name
    raise FileExistsError(17, "too many old copies lie beside the pack")
