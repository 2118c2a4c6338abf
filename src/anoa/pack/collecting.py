"""Collecting what an author can mend: all problems of a pack in one list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from anoa.errors import Problem

MOST_PER_FILE = 300


class Findings:
    """The problems found so far, at most ``MOST_PER_FILE`` of one file and then their number.

    >>> findings = Findings()
    >>> findings.add("regions.csv", 3, "the code is missing")
    >>> [str(problem) for problem in findings.problems()]
    ['regions.csv:3: the code is missing']
    """

    def __init__(self) -> None:
        self._kept: set[Problem] = set()
        self._count: Counter[str] = Counter()

    def add(self, file: str, line: int, what: str, hint: str = "") -> None:
        """Note one problem; ``line`` 0 means the file as a whole."""
        problem = Problem(printable(file), line, printable(what), printable(hint))
        if problem in self._kept:
            return
        self._count[problem.file] += 1
        if self._count[problem.file] <= MOST_PER_FILE:
            self._kept.add(problem)

    def __bool__(self) -> bool:
        return bool(self._kept)

    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, sorted by file and line."""
        more = [
            Problem(file, 0, f"and {count - MOST_PER_FILE} more problems in this file")
            for file, count in self._count.items()
            if count > MOST_PER_FILE
        ]
        return tuple(sorted([*self._kept, *more]))


def printable(text: str) -> str:
    """The text with what cannot be printed on one line written as an escape.

    >>> printable("a\\x00b")
    'a\\\\x00b'
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def listed(words: Iterable[object], most: int = 8) -> str:
    """The words as a short list for a hint.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    texts = sorted(str(word) for word in words)
    if len(texts) <= most:
        return ", ".join(texts)
    return ", ".join(texts[:most]) + f" and {len(texts) - most} more"
