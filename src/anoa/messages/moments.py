"""When something was seen, as far as a message says it beyond mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from anoa.messages.acts import Telling
from anoa.messages.lexicon import Lexicon, Name
from anoa.messages.phrases import words_of
from anoa.messages.values import UNKNOWN, MessageField, RawMessage, Span, doubtful, sure
from anoa.pack.kinds import DAYS

Told = TypeVar("Told", "DayHit", "ClockHit")
BEFORE = 3  # words back in which a word can say that a time is of something else
BEFORE_DATE = 6  # and a date
FRESH = timedelta(hours=12)
_NUMERIC = re.compile(r"(?<![\w/.,:-])(\d{1,4})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-]|[.,:]\d)")
_SHORT = re.compile(r"(?<![\w/.,:-])(\d{1,2})/(\d{1,2})(?![\w/-]|[.,:]\d)")
_CLOCK = re.compile(
    r"(?<![\w.,:/-])(?P<h>[01]?\d|2[0-3])(?P<sep>[.:])(?P<m>[0-5]\d)(?:[.:][0-5]\d)?(?![\w/]|[.,:]\d)"
)
_BARE_HOUR = re.compile(r"(?P<h>[01]?\d|2[0-4])(?![\w/]|[.,:]\d)")
_FOUR = re.compile(r"(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?![\w/]|[.,:]\d)")


@dataclass(frozen=True, slots=True)
class DayHit:
    """A date in a message: the days that it may mean (one, or several in doubt)."""

    days: tuple[date, ...]
    span: Span
    certain: bool


@dataclass(frozen=True, slots=True)
class ClockHit:
    """A time of day in a message: what it may mean, and the zone where one is named."""

    times: tuple[time, ...]
    span: Span
    certain: bool
    zone: str = ""
    part: int = -1  # the part of the day that was named with it


def moment_fields(
    reading: Telling, region: str | None, raw: RawMessage, now: datetime
) -> dict[str, MessageField]:
    """The date, the time and the instant of what was seen; local to the region, else the pack.

    A forwarded message was written before it was sent: its sending only limits what can be told.
    """
    zone = reading.lexicon.pack.zone(region)
    limit = (raw.sent or now) + timedelta(minutes=5)
    sent = None if raw.forwarded else raw.sent
    days = _firm(list(_days(reading, sent, now)), reading.spans("date", "time"))
    clocks = _firm(list(_clocks(reading)), reading.spans("time"))
    if not days and not clocks:
        return _unstated(reading, sent, zone)
    day, clock = _day_field(days), _clock_field(clocks, zone)
    if _is_parted(reading, clock):
        day, clock = _as_doubt(day), _as_doubt(clock)
    if not days:
        day = _told_from_sending(reading, clocks, clock, sent, zone)
    elif _told_otherwise(reading, days, sent):
        day = doubtful([one.isoformat() for hit in days for one in hit.days], *day.spans)
    whole = _together(day, clock, zone, limit)
    if whole is None:  # in the future
        day, clock = _as_doubt(day), _as_doubt(clock)
    return {"observed_date": day, "observed_time": clock, "observed_at": whole or UNKNOWN}


def _as_doubt(held: MessageField) -> MessageField:
    """A field without its value, which is only offered."""
    return doubtful([one for one in (held.value, *held.candidates) if one], *held.spans)


def _told_otherwise(reading: Telling, days: list[DayHit], sent: datetime | None) -> bool:
    """Whether another word for a day stands beside the date: a weekday, or a time just past."""
    dated = {DAYS[one.weekday()] for hit in days for one in hit.days}
    names = frozenset(reading.lexicon.days)
    for place in range(len(reading.tokens)):
        length = reading.starts(place, names)
        if length and reading.lexicon.days[reading.words(place, length)] not in dated:
            return True
    past, parts = reading.lexicon.names("past_words"), frozenset(reading.lexicon.day_parts)
    for place in range(len(reading.tokens)):
        if reading.starts(place, past):
            sent_day = sent.astimezone(reading.lexicon.pack.zone()).date() if sent else None
            others = any(one != sent_day for hit in days for one in hit.days)
            if others or reading.starts(place + 1, parts):
                return True
    return False


def _together(
    day: MessageField, clock: MessageField, zone: ZoneInfo, limit: datetime
) -> MessageField | None:
    """The instant of a sure day and a sure time; None where it would lie in the future."""
    if day.value and date.fromisoformat(day.value) > limit.astimezone(zone).date():
        return None
    if day.value is None or clock.value is None:
        return UNKNOWN
    at = datetime.combine(date.fromisoformat(day.value), time.fromisoformat(clock.value), zone)
    if at > limit:
        return None
    return sure(at.isoformat(), *day.spans, *clock.spans)


def _firm(hits: list[Told], lines: list[Span]) -> list[Told]:
    """The hits on labelled lines, where there are any, and others only where they are certain."""
    inside = [hit for hit in hits if any(a <= hit.span[0] < b for a, b in lines)]
    if not inside:
        return hits
    return inside + [hit for hit in hits if hit.certain and hit not in inside]


def _unstated(reading: Telling, sent: datetime | None, zone: ZoneInfo) -> dict[str, MessageField]:
    """No date and no time: just now, where it says so and the sending is known."""
    day, clock = UNKNOWN, UNKNOWN
    if sent is not None:
        local = sent.astimezone(zone)
        at = [i for i in range(len(reading.tokens))
              if reading.starts(i, reading.lexicon.names("now_words"))]  # fmt: skip
        spans = [reading.tokens[i].span for i in at]
        parts = frozenset(reading.lexicon.day_parts)
        parted = any(reading.starts(i, parts) for i in range(len(reading.tokens)))
        firm = at and not parted and not any(_is_of_something_else(reading, s[0]) for s in spans)
        if firm:
            at_once = local.replace(second=0, microsecond=0)
            return {
                "observed_date": sure(at_once.date().isoformat(), *spans),
                "observed_time": sure(f"{at_once:%H:%M}", *spans),
                "observed_at": sure(at_once.isoformat(), *spans),
            }
        day = doubtful([local.date().isoformat()])
        clock = doubtful([f"{local:%H:%M}"])
    return {"observed_date": day, "observed_time": clock, "observed_at": UNKNOWN}


# -- dates ----------------------------------------------------------------------------------


def _day_field(hits: list[DayHit]) -> MessageField:
    if not hits:
        return UNKNOWN
    days = [day for hit in hits for day in hit.days]
    spans = [hit.span for hit in hits]
    firm = [hit for hit in hits if hit.certain]
    if firm and len({hit.days for hit in hits if hit.certain}) == 1 and len(firm) == len(hits):
        return sure(firm[0].days[0].isoformat(), *spans)
    return doubtful([day.isoformat() for day in days], *spans)


def _days(reading: Telling, sent: datetime | None, now: datetime) -> Iterator[DayHit]:
    pack = reading.lexicon.pack
    before = (sent or now).astimezone(pack.zone()).date()
    taken: list[Span] = []
    for match in _NUMERIC.finditer(reading.text):
        found = _numeric(match, reading.lexicon)
        if found:
            taken.append(match.span())
            yield _weekday_checked(reading, found, match.span(), True)
    for match in _named_pattern(reading.lexicon).finditer(reading.text):
        if not any(a < match.end() and match.start() < b for a, b in taken):
            taken.append(match.span())
            yield from _named(reading, match, before, sent is not None)
    for match in _SHORT.finditer(reading.text):
        order = reading.lexicon.words.date_order
        first, second = int(match[1]), int(match[2])
        d, m = (second, first) if order != "dmy" else (first, second)
        days = _without_year(d, m, before)
        overlap = any(a < match.end() and match.start() < b for a, b in taken)
        if days and not overlap and _weekday_beside(reading, match.span()):
            yield _weekday_checked(reading, days, match.span(), True)
    yield from _relative(reading, sent)


def _numeric(match: re.Match[str], lexicon: Lexicon) -> date | None:
    first, second, third = int(match[1]), int(match[3]), match[4]
    if len(match[1]) == 4:
        parts = (first, second, int(third))
    else:
        year = int(third) + (2000 if len(third) == 2 else 0)
        order = lexicon.words.date_order
        parts = (year, first, second) if order == "mdy" else (year, second, first)
    try:
        return date(*parts) if 2000 <= parts[0] < 2100 else None
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _months_pattern(names: tuple[str, ...], day_first: bool) -> re.Pattern[str]:
    months = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    year = r"(?:[\s.,/-]{0,3}'?(?P<y>\d{4}|\d{2})(?![\w/]|[.:]\d))?"
    if day_first:
        return re.compile(
            rf"(?<![\w/.,:-])(?P<d>\d{{1,2}})[\s.\-]{{0,3}}(?P<m>{months})(?![^\W_]){year}", re.I
        )
    return re.compile(
        rf"(?<!\w)(?P<m>{months})\.?\s{{1,2}}(?P<d>\d{{1,2}})(?![\w/]|[.:]\d){year}", re.I
    )


def _named_pattern(lexicon: Lexicon) -> re.Pattern[str]:
    names = tuple(" ".join(name) for name in lexicon.months)
    return _months_pattern(names or ("\x00",), lexicon.words.date_order != "mdy")


def _named(reading: Telling, match: re.Match[str], before: date, is_sent: bool) -> Iterator[DayHit]:
    month = int(reading.lexicon.months[words_of(match["m"])])
    day, year = int(match["d"]), match["y"]
    if year is None:
        found = _without_year(day, month, before)
        if found:
            beside = bool(_weekday_beside(reading, match.span()))
            yield _weekday_checked(reading, found, match.span(), is_sent or beside)
        return
    full = int(year) + (2000 if len(year) == 2 else 0)
    try:
        found = date(full, month, day)
    except ValueError:
        return
    yield _weekday_checked(reading, found, match.span(), abs(full - before.year) <= 1)


def _without_year(day: int, month: int, before: date) -> date | None:
    """The latest such day that is not after ``before``."""
    for year in (before.year, before.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= before:
            return found
    return None


def _weekday_beside(reading: Telling, span: Span) -> Name:
    """The day of the week right before a date, or in brackets right after it."""
    days = frozenset(reading.lexicon.days)
    before = [i for i, token in enumerate(reading.tokens) if token.end <= span[0]]
    for place in before[-2:]:
        length = reading.starts(place, days)
        if length and place + length == before[-1] + 1:
            gap = reading.text[reading.tokens[before[-1]].end : span[0]]
            if len(gap) <= 4 and not gap.strip(" ,.(/-\t"):
                return reading.words(place, length)
    after = next((i for i, token in enumerate(reading.tokens) if token.start >= span[1]), None)
    length = reading.starts(after, days) if after is not None else 0
    if after is not None and length:
        gap = reading.text[span[1] : reading.tokens[after].start].strip()
        return reading.words(after, length) if gap in ("(", ",") else ()
    return ()


def _weekday_checked(reading: Telling, day: date, span: Span, certain: bool) -> DayHit:
    """A day with its weekday: where they contradict one another, both are in doubt."""
    name = _weekday_beside(reading, span)
    if name and DAYS[day.weekday()] != reading.lexicon.days[name]:
        away = (DAYS.index(reading.lexicon.days[name]) - day.weekday() + 3) % 7 - 3
        return DayHit((day, day + timedelta(days=away)), span, False)
    firm = certain and not _is_of_something_else(reading, span[0], BEFORE_DATE)
    return DayHit((day,), span, firm)


def _is_of_something_else(reading: Telling, start: int, back: int = BEFORE) -> bool:
    """Whether it is the date of a letter or the vote, of no fact, or of another act."""
    places = [i for i, token in enumerate(reading.tokens) if token.end <= start]
    names = reading.lexicon.names("reference_words")
    here = next((t for t in reading.tokens if t.start >= start), None)
    for place in places[-back:]:
        same = here is None or reading.tokens[place].sentence == here.sentence
        if same and reading.starts(place, names):
            return True
    if here is None:
        return False
    if _follows_another(reading, start):
        return True
    if reading.labels[here.line] == "action" or here.sentence in reading.unreal_sentences:
        return True
    return not reading.is_of_event(reading.tokens.index(here))


def _follows_another(reading: Telling, start: int) -> bool:
    """Whether another figure stands before, of a range or a list: 25 and 27 November."""
    last = next((i for i in range(len(reading.tokens) - 1, -1, -1)
                 if reading.tokens[i].end <= start), None)  # fmt: skip
    if last is None:
        return False
    ranges, joins = (reading.lexicon.names(name) for name in ("range_words", "joining_words"))
    token = reading.tokens[last]
    if reading.text[token.end : start].strip() in ("-", "–", "&", "/"):
        return token.word.isdecimal()
    for length in (1, 2):
        at = last - length + 1
        if at > 0 and reading.words(at, length) in ranges | joins:
            return reading.tokens[at - 1].word.isdecimal()
    return False


def _relative(reading: Telling, sent: datetime | None) -> Iterator[DayHit]:
    """Days told from the day of sending; where that is not known, yesterday is in doubt."""
    zone = reading.lexicon.pack.zone()
    names = frozenset(reading.lexicon.relative_days)
    for place, token in enumerate(reading.tokens):
        if length := reading.starts(place, names):
            ago = int(reading.lexicon.relative_days[reading.words(place, length)])
            span = (token.start, reading.tokens[place + length - 1].end)
            if sent is None:
                if ago:
                    yield DayHit((), span, False)
                continue
            local = sent.astimezone(zone)
            firm = local.hour >= 4 and not _is_of_something_else(reading, token.start)
            yield DayHit((local.date() - timedelta(days=ago),), span, firm)


def _told_from_sending(
    reading: Telling, clocks: list[ClockHit], clock: MessageField, sent: datetime | None,
    zone: ZoneInfo,
) -> MessageField:  # fmt: skip
    """The day of a time that says no day: the latest before sending, where a word says just so."""
    if sent is None or clock.value is None:
        return UNKNOWN if sent is None else doubtful([sent.astimezone(zone).date().isoformat()])
    local = sent.astimezone(zone)
    at = datetime.combine(local.date(), time.fromisoformat(clock.value), zone)
    if at > local:
        at -= timedelta(days=1)
    past = _past_word(reading, clocks)
    if past is None or local - at > FRESH:
        return doubtful([at.date().isoformat()], *clock.spans)
    length = reading.starts(past + 1, frozenset(reading.lexicon.day_parts))
    if length:
        named = reading.lexicon.day_parts[reading.words(past + 1, length)]
        part = reading.lexicon.words.day_parts[named]
        if part.holds(local.hour):  # last night, said at night, may be this night
            both = [at.date().isoformat(), (at.date() - timedelta(days=1)).isoformat()]
            return doubtful(both, reading.tokens[past].span, *clock.spans)
    return sure(at.date().isoformat(), reading.tokens[past].span, *clock.spans)


def _past_word(reading: Telling, clocks: list[ClockHit]) -> int | None:
    """The place of a word for the time just past in the sentence of the time."""
    sentences = {t.sentence for t in reading.tokens for c in clocks if t.start >= c.span[0]
                 and t.end <= c.span[1]}  # fmt: skip
    names = reading.lexicon.names("past_words")
    return next(
        (i for i, t in enumerate(reading.tokens)
         if t.sentence in sentences and reading.starts(i, names)),
        None,
    )  # fmt: skip


# -- times of day ---------------------------------------------------------------------------


def _clock_field(hits: list[ClockHit], zone: ZoneInfo) -> MessageField:
    if not hits:
        return UNKNOWN
    spans = [hit.span for hit in hits]
    times = [f"{one:%H:%M}" for hit in hits for one in hit.times]
    strange = any(hit.zone and hit.zone != zone.key for hit in hits)
    if all(hit.certain for hit in hits) and len(set(times)) == 1 and not strange:
        return sure(times[0], *spans)
    return doubtful(times, *spans)


def _is_parted(reading: Telling, clock: MessageField) -> bool:
    """Whether a part of the day that is told does not hold the time."""
    if clock.value is None:
        return False
    hour = time.fromisoformat(clock.value).hour
    greeting = reading.lexicon.names("greeting_words")
    parts, held = frozenset(reading.lexicon.day_parts), reading.lexicon.words.day_parts
    for at in range(len(reading.tokens)):
        length = reading.starts(at, parts)
        if not length or (at and reading.starts(at - 1, greeting)):
            continue
        if not held[reading.lexicon.day_parts[reading.words(at, length)]].holds(hour):
            return True
    return False


def _clocks(reading: Telling) -> Iterator[ClockHit]:
    taken = [m.span() for m in _NUMERIC.finditer(reading.text) if _numeric(m, reading.lexicon)]
    taken += [m.span() for m in _named_pattern(reading.lexicon).finditer(reading.text)]
    for match in _CLOCK.finditer(reading.text):
        if not any(a <= match.start() < b for a, b in taken):
            taken.append(match.span())
            hit = _clock(reading, match, int(match["h"]), int(match["m"]))
            if hit is not None:
                yield hit
    yield from _hours(reading, taken)


def _hours(reading: Telling, taken: list[Span]) -> Iterator[ClockHit]:
    """Hours without minutes: after a word for the clock, or before one for a zone."""
    formal, spoken = (reading.lexicon.names(n) for n in ("clock_words", "spoken_clock_words"))
    halves = reading.lexicon.names("half_words")
    for place, token in enumerate(reading.tokens):
        if any(a <= token.start < b for a, b in taken):
            continue
        half = place > 0 and bool(reading.starts(place - 1, halves))
        before = place - 1 - half
        told = before >= 0 and (reading.starts(before, formal) or reading.starts(before, spoken))
        zoned = (reading.tokens[place + 1].word,) in reading.lexicon.zones if (
            place + 1 < len(reading.tokens)) else False  # fmt: skip
        if not told and not zoned:
            continue
        four = _FOUR.match(reading.text, token.start)
        if four and four.end() == token.end:
            yield from filter(None, [_clock(reading, four, int(four["h"]), int(four["m"]))])
            continue
        hour = reading.lexicon.numbers.get(token.word)
        match = _BARE_HOUR.match(reading.text, token.start)
        if hour is None and match and match.end() == token.end:
            hour = int(match["h"])
        if hour is not None and 0 < hour < 24:
            found = _hour(reading, place, hour, half)
            if found is not None:
                yield found


def _hour(reading: Telling, place: int, hour: int, half: bool) -> ClockHit | None:
    """A spoken hour; half of an hour lies before it."""
    token = reading.tokens[place]
    span = (reading.tokens[place - half].start, token.end)
    if reading.starts(place + 1, reading.lexicon.names("vague_words")):
        return ClockHit((), span, False)
    minute, first = (30, hour - 1) if half else (0, hour)
    return _resolved(reading, place, first, minute, span, exact=hour > 12 and not half)


def _clock(reading: Telling, match: re.Match[str], hour: int, minute: int) -> ClockHit | None:
    place = next(i for i, t in enumerate(reading.tokens) if t.start == match.start())
    last = max(i for i, t in enumerate(reading.tokens) if t.start < match.end())
    names = reading.lexicon.names
    told = place > 0 and reading.starts(place - 1, names("clock_words"))
    spoken = place > 0 and reading.starts(place - 1, names("spoken_clock_words"))
    zoned = last + 1 < len(reading.tokens) and (
        (reading.tokens[last + 1].word,) in reading.lexicon.zones
    )
    parted = _part_after(reading, last) >= 0
    colon = match.groupdict().get("sep") == ":"
    labelled = bool({reading.label_at(place)} & {"time", "date"})
    if not (told or spoken or zoned or parted or colon or labelled):
        return ClockHit((time(hour, minute),), match.span(), False) if _may_be(match) else None
    full = match["h"].startswith("0") or hour >= 13 or (
        len(match["h"]) == 2 and bool(told or zoned or labelled)
    )  # fmt: skip
    exact = full or bool(zoned)
    return _resolved(reading, last, hour, minute, match.span(), exact)


def _may_be(match: re.Match[str]) -> bool:
    """Whether bare figures with a dot look like a time at all: two before and two after it."""
    return len(match["h"]) == 2 and match.groupdict().get("sep") is not None


def _part_after(reading: Telling, place: int) -> int:
    """The part of the day named right after a time, a zone between them allowed; -1 for none."""
    names = frozenset(reading.lexicon.day_parts)
    for at in (place + 1, place + 2):
        if length := reading.starts(at, names):
            words = reading.words(at, length)
            return reading.lexicon.day_parts[words]
        if at >= len(reading.tokens) or (reading.tokens[at].word,) not in reading.lexicon.zones:
            break
    return -1


def _resolved(
    reading: Telling, last: int, hour: int, minute: int, span: Span, exact: bool
) -> ClockHit:
    """What a time may mean: by the part of the day named after it, else as it stands."""
    zone = ""
    if last + 1 < len(reading.tokens):
        zone = reading.lexicon.zones.get((reading.tokens[last + 1].word,), "")
    elsewhere = _is_of_something_else(reading, span[0]) or _is_range(reading, span)
    part = _part_after(reading, last)
    hours = [hour] if exact else [hour, (hour + 12) % 24]
    if part >= 0:
        held = reading.lexicon.words.day_parts[part]
        hours = [h for h in hours if held.holds(h)]
        if exact and not hours:
            return ClockHit((time(hour, minute),), span, False, zone, part)
    times = tuple(time(h, minute) for h in dict.fromkeys(hours))
    return ClockHit(times, span, len(times) == 1 and not elsewhere, zone, part)


def _is_range(reading: Telling, span: Span) -> bool:
    """Whether the time is one end of a range: a word or dash for it stands between two times."""
    after = next((i for i, t in enumerate(reading.tokens) if t.start >= span[1]), None)
    if after is None:
        return False
    zones = reading.lexicon.zones
    if (reading.tokens[after].word,) in zones:
        after += 1
    if after >= len(reading.tokens):
        return False
    gap = reading.text[span[1] : reading.tokens[after].start]
    dashed = bool(re.fullmatch(r"\s*[-–]\s*", gap)) and reading.tokens[after].word.isdecimal()
    return dashed or bool(reading.starts(after, reading.lexicon.names("range_words")))
