"""JavaRosa, the engine inside ODK Collect, as the validator that pyxform brings along carries it.

Where there is no Java compiler or no such validator, tests of it are skipped with the reason.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyxform

SOURCE = Path(__file__).parent / "engine" / "FillIn.java"


@dataclass
class Engine:
    """``fill_in`` gives the bytes that a phone would send, and which choices it was offered."""

    jar: Path
    folder: Path

    def fill_in(
        self, xform: bytes, files: Mapping[str, bytes], answers: Mapping[str, str]
    ) -> tuple[bytes, dict[str, list[str]]]:
        (self.folder / "form.xml").write_bytes(xform)
        for name, content in files.items():
            (self.folder / name).write_bytes(content)
        lines = "".join(f"{name}\t{value}\n" for name, value in answers.items())
        (self.folder / "answers.tsv").write_text(lines, encoding="utf-8")
        done = subprocess.run(
            ["java", "-cp", f"{self.jar}:{self.folder}", "FillIn", "form.xml", ".", "answers.tsv",
             "out.xml"],
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        offered = dict(line.split("\t") for line in done.stdout.splitlines() if "\t" in line)
        return (self.folder / "out.xml").read_bytes(), {k: v.split() for k, v in offered.items()}


@contextmanager
def engine() -> Iterator[Engine]:
    jar = next(Path(pyxform.__file__).parent.rglob("ODK_Validate.jar"), None)
    if jar is None or shutil.which("javac") is None:
        pytest.skip("needs javac, and the ODK Validate that pyxform carries")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["javac", "-cp", jar, "-d", folder, SOURCE], check=True, timeout=120,
            capture_output=True,
        )  # fmt: skip
        yield Engine(jar, Path(folder))
