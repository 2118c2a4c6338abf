"""Errors of anoa: each says what happened, where, and what to do.

AnoaError
├── PackError          a pack has problems; all of them at once
├── DataError          labels, shapes or values of a table do not fit
├── NotAllowed         the verb does not follow from the present standing
├── InputError         what a person filled in cannot be used, field by field
├── AccessDenied       this member may not do or see this
├── LogError           an operation log, seal or key file cannot be read
├── SubmissionError    what was received cannot be understood (it stays stored)
└── StorageError       the data folder cannot be used: locked, full, too new
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass


class AnoaError(Exception):
    """Base of all errors that anoa raises on purpose; the message is one plain sentence.

    The sentence may hold ``{names}`` that ``values`` fill, so that a room can translate it.

    >>> str(AnoaError("There is no {thing} {id}.", thing="report", id="R-0009"))
    'There is no report R-0009.'
    """

    code = "anoa"

    def __init__(self, sentence: str = "", **values: object) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence.format(**values) if values else sentence)


class Saying(str):
    """A sentence that remembers what fills it, so that a room can translate it.

    What fills it may be such a sentence too.

    >>> Saying("there is no form '{id}'", id="x")
    "there is no form 'x'"
    """

    sentence: str
    values: Mapping[str, str]  # a value that is a Saying stays one

    def __new__(cls, sentence: str, **values: object) -> Saying:
        said = super().__new__(cls, sentence.format(**values) if values else sentence)
        said.sentence = sentence
        said.values = {
            key: one if isinstance(one, Saying) else str(one) for key, one in values.items()
        }
        return said


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing an author can mend: where it is, what is wrong, and what would be right.

    ``line`` counts from 1; 0 means the file as a whole.

    >>> print(Problem("regions.csv", 14, "parent '74.9' is not a region", "known: 74, 74.01"))
    regions.csv:14: parent '74.9' is not a region (known: 74, 74.01)
    """

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}" + (f" ({self.hint})" if self.hint else "")

    def as_json(self) -> dict[str, object]:
        """The problem as a JSON object with the keys file, line, what, hint."""
        return asdict(self)


class PackError(AnoaError):
    """A pack was refused; ``problems`` holds everything that is wrong with it."""

    code = "pack"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(AnoaError):
    """A table has wrong labels, shapes or values."""

    code = "data"


class NotAllowed(AnoaError):
    """The verb does not follow from how things stand now."""

    code = "not_allowed"


class InputError(AnoaError):
    """What a person filled in cannot be used; ``fields`` says for each field what is wrong."""

    code = "input"

    def __init__(self, fields: Mapping[str, AnoaError]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{name}: {why}" for name, why in self.fields.items()))


class AccessDenied(AnoaError):
    """This member or institution may not do or see this."""

    code = "access"


class LogError(AnoaError):
    """An operation log, seal or key file cannot be read."""

    code = "log"


class SubmissionError(AnoaError):
    """What was received cannot be understood; the bytes stay stored."""

    code = "submission"


class StorageError(AnoaError):
    """The data folder cannot be used: another server holds it, it is full, or too new."""

    code = "storage"
