"""Take a paste apart into messages; who sent them is dropped here and goes no further.

The forms of a header are those of the programs that write them, in any order of the date: exports
(``27/11/24, 21.14 - Name: text``, ``[27/11/24, 21.14.05] Name: text``), copied bubbles
(``[21.14, 27/11/2024] Name: text``) and ``Name, [27.11.24 21:14]``. The words for forwarded
messages and missing pictures are the pack's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from anoa.errors import AnoaError
from anoa.messages.cleaning import cleaned
from anoa.messages.values import RawMessage
from anoa.pack import Pack

PASTE_LIMIT = 300_000  # characters
MESSAGE_LIMIT = 8_000
COUNT_LIMIT = 100

_DATE = r"(?P<date>\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?)"
_TIME = r"(?P<time>\d{1,2}[.:]\d{2}(?:[.:]\d{2})?)(?P<half>\s?[AaPp]\.?\s?[Mm]\.?)?"
_WHO = r"[^:\n]{1,80}?"
_STYLES = tuple(
    re.compile(style)
    for style in (
        rf"\[{_DATE},?\s+{_TIME}\]\s?(?:{_WHO}:\s?)?(?P<text>.*)\Z",
        rf"\[{_TIME},?\s+{_DATE}\]\s?(?:{_WHO}:\s?)?(?P<text>.*)\Z",
        rf"{_DATE},?\s+{_TIME}\s+[-–]\s+(?P<system>(?!{_WHO}:\s).*)\Z",
        rf"{_DATE},?\s+{_TIME}\s+[-–]\s+{_WHO}:\s(?P<text>.*)\Z",
        rf"[^,\n\[]{{1,80}},\s\[{_DATE},?\s+{_TIME}\](?P<text>)\s*\Z",
    )
)  # fmt: skip
_SEPARATOR = re.compile(r"(?:---|===|\*\*\*)\s*\Z")
_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(slots=True)
class _Piece:
    """Lines under one header, or under none."""

    head: re.Match[str] | None
    lines: list[str] = field(default_factory=list)

    @property
    def is_system(self) -> bool:
        """Whether the program wrote it: somebody joined, the chat is encrypted."""
        return self.head is not None and self.head.groupdict().get("system") is not None


def split_messages(text: str, pack: Pack, now: datetime) -> tuple[RawMessage, ...]:
    """The messages of a paste in order; ``now`` (aware) is the latest that one can be sent.

    Without any header a line of ``---`` stands between messages. Raises AnoaError where the text
    or the number of messages is too large to be looked through by a person.
    """
    if len(text) > PASTE_LIMIT:
        raise AnoaError(
            "the text has {n} characters: paste at most {limit} at once",
            n=len(text), limit=PASTE_LIMIT,
        )  # fmt: skip
    pieces = _pieces(cleaned(text).split("\n"))
    order = _order([p.head for p in pieces if p.head], pack, now)
    found = [raw for piece in pieces if (raw := _message(piece, order, pack, now)) is not None]
    if len(found) > COUNT_LIMIT:
        raise AnoaError(
            "these are {n} messages: paste at most {limit} at once", n=len(found), limit=COUNT_LIMIT
        )
    return tuple(found)


def _pieces(lines: Iterable[str]) -> list[_Piece]:
    pieces = [_Piece(None)]
    for line in lines:
        bare = line.strip()
        head = next((found for style in _STYLES if (found := style.match(bare))), None)
        if head:
            pieces.append(_Piece(head, [head.groupdict().get("text") or ""]))
        else:
            pieces[-1].lines.append(line.rstrip())
    if len(pieces) > 1:
        return pieces
    return list(_separated(pieces[0].lines))


def _separated(lines: Iterable[str]) -> Iterator[_Piece]:
    piece = _Piece(None)
    for line in lines:
        if _SEPARATOR.match(line.strip()):
            yield piece
            piece = _Piece(None)
        else:
            piece.lines.append(line)
    yield piece


def _message(piece: _Piece, order: str, pack: Pack, now: datetime) -> RawMessage | None:
    if piece.is_system:
        return None
    lines, forwarded = _without_marks(piece.lines, pack)
    text = "\n".join(lines).strip()
    if not text:
        return None
    if len(text) > MESSAGE_LIMIT:
        raise AnoaError(
            "one message has {n} characters: a message holds at most {limit}",
            n=len(text), limit=MESSAGE_LIMIT,
        )  # fmt: skip
    sent = _sent(piece.head, order, pack, now) if piece.head else None
    if sent and sent > now + timedelta(minutes=10):
        sent = None  # a clock was wrong, or the operation's time is not the message's
    return RawMessage(text, sent, forwarded)


def _without_marks(lines: list[str], pack: Pack) -> tuple[list[str], bool]:
    """The lines without marks of forwarding and of missing pictures."""
    words = pack.message_words
    passed_on = {_bare(word) for word in (words.words("forwarded_words") if words else ())}
    dropped = [word.casefold() for word in (words.words("dropped_words") if words else ())]
    kept, forwarded = [], False
    for line in lines:
        bare = _bare(line)
        if bare and bare in passed_on:
            forwarded = True
        elif not any(word in line.casefold() and len(bare) < len(word) + 60 for word in dropped):
            kept.append(line)
    return kept, forwarded


def _bare(line: str) -> str:
    return re.sub(r"[^\w]+", " ", line).strip().casefold()


# -- when it was sent -----------------------------------------------------------------------


def _order(heads: list[re.Match[str]], pack: Pack, now: datetime) -> str:
    """The order of day and month that fits every header; empty where two fit."""
    if not heads:
        return ""
    fitting = [
        order for order in _ORDERS
        if all(_moment(head, order, pack, now) is not None for head in heads)
    ]  # fmt: skip
    if len(fitting) == 2 and {*fitting} == {"dmy", "mdy"}:
        halves = any(head["half"] for head in heads)
        habit = pack.message_words.date_order if pack.message_words else ""
        # A clock of twelve hours is no habit of a country that writes the day first.
        return "" if halves and habit == "dmy" else habit
    return fitting[0] if len(fitting) == 1 else ""


def _sent(
    head: re.Match[str], order: str, pack: Pack, now: datetime
) -> datetime | None:  # fmt: skip
    if order:
        return _moment(head, order, pack, now)
    found = {_moment(head, one, pack, now) for one in _ORDERS} - {None}
    return found.pop() if len(found) == 1 else None


def _moment(head: re.Match[str], order: str, pack: Pack, now: datetime) -> datetime | None:
    """When a header says that its message was sent; None where it cannot be in that order."""
    parts = [int(part) for part in re.split(r"[/.-]", head["date"])]
    clock = [int(part) for part in re.split(r"[.:]", head["time"])]
    half = (head["half"] or "").strip().lower()[:1]
    if half:
        if not 1 <= clock[0] <= 12:
            return None
        clock[0] = clock[0] % 12 + (12 if half == "p" else 0)
    if (order == "ymd") != (parts[0] > 31):
        return None
    local = now.astimezone(pack.zone())
    day = _day(parts, order, local.date())
    try:
        at = datetime.combine(day, time(clock[0], clock[1]), pack.zone()) if day else None
    except ValueError:
        return None
    return at


def _day(parts: list[int], order: str, today: date) -> date | None:
    """A date of two or three numbers; without a year the latest that is not to come."""
    named = dict(zip(order, parts, strict=False)) if len(parts) == 3 else None
    if named is None:
        pair = dict(zip([c for c in order if c != "y"], parts, strict=False))
        for year in (today.year, today.year - 1):
            found = _date(year, pair["m"], pair["d"])
            if found and found <= today + timedelta(days=1):
                return found
        return None
    year = named["y"] + (2000 if named["y"] < 100 else 0)
    return _date(year, named["m"], named["d"]) if 2000 <= year < 2100 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
