"""What the record remembers of a log so that every moment of it is near.

Folding an entry is cheap and a whole log is not. So a picture is kept every few thousand entries,
in memory alone, beside the salt of its last entry. It is never trusted over the log: before use
the salt is compared with the log's own, and a picture that the log does not bear out is dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from anoa.oplog import Entry
from anoa.picture import Picture

EVERY = 2_000  # entries from one kept picture to the next
RECENT = 6  # past pictures that were asked for last: a shift looks back to one moment all day


@dataclass(frozen=True, slots=True)
class Mark:
    """A picture, and the salt of the last entry in it; the empty picture has none."""

    picture: Picture = field(default_factory=Picture)
    salt: str = ""

    @property
    def seq(self) -> int:
        """The number of the last entry in the picture."""
        return self.picture.seq


class History:
    """The latest picture of one log, and kept ones on the way to it."""

    def __init__(self) -> None:
        self.head = Mark()
        self._kept: list[Mark] = [Mark()]
        self._recent: deque[Mark] = deque(maxlen=RECENT)

    def keep(self, mark: Mark) -> None:
        """Take a later picture as the head."""
        if mark.seq - self._kept[-1].seq >= EVERY:
            self._kept.append(mark)
        self.head = mark

    def follow(self, entries: Iterable[Entry]) -> None:
        """Fold the entries that come after the head, and keep pictures on the way."""
        for batch in _batches(entries, EVERY):
            self.keep(Mark(self.head.picture.extended(batch), batch[-1].salt))

    def before(self, seq: int) -> Mark:
        """The latest picture that holds no entry after ``seq``."""
        if self.head.seq <= seq:
            return self.head
        kept = next(mark for mark in reversed(self._kept) if mark.seq <= seq)
        recent = (mark for mark in tuple(self._recent) if kept.seq < mark.seq <= seq)
        return max(recent, key=lambda mark: mark.seq, default=kept)

    def recall(self, mark: Mark) -> None:
        """Keep a past picture that was asked for, as it may be asked for again."""
        self._recent.append(mark)

    def forget(self, is_borne_out: Callable[[Mark], bool]) -> None:
        """Drop every picture that the log does not bear out; the empty one always stays."""
        self._recent = deque(filter(is_borne_out, self._recent), maxlen=RECENT)
        while self._kept[-1].seq and not is_borne_out(self._kept[-1]):
            self._kept.pop()
        self.head = self._kept[-1]


def _batches(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    waiting = iter(entries)
    while batch := list(islice(waiting, size)):
        yield batch
