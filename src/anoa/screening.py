"""Find persons, parties and candidates in a text, and mask them.

What is general stands here: numbers of identity cards and telephones, e-mail addresses, accounts,
plates. The words of a country (honorifics, titles, parties) are data of its pack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MASK = "___"


@dataclass(frozen=True, slots=True)
class ScreenWords:
    """The words of a country that give away persons, parties and candidates.

    ``parties`` are case-sensitive where they contain a capital. ``assembly``, ``restrict`` and
    ``sensitive`` words stand for whole words; ``*`` at an end stands for any letters.
    """

    parties: tuple[str, ...] = ()
    honorifics: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    not_names: tuple[str, ...] = ()
    candidate_words: tuple[str, ...] = ()
    number_words: tuple[str, ...] = ()
    plate_areas: tuple[str, ...] = ()
    assembly: tuple[str, ...] = ()
    restrict: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    forbidden_keys: tuple[str, ...] = ()


NO_WORDS = ScreenWords()


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A stretch of text that gives away a person, party or candidate; ``text[start:end]``."""

    start: int
    end: int
    kind: str
    text: str


# A number may be written in groups; a decimal point or a longer run of digits is no number of a
# person, and neither is a run inside a word, a digest or an id.
_NUMBERS = {
    "identity number": re.compile(
        r"(?<![\w.,/-])(?:\d{16}|\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{6}([ .-])\d{6}\2\d{4})"
        r"(?![\w/-]|[.,]\d)"
    ),
    "telephone number": re.compile(
        r"(?<![\w.,/+-])(?:\(?\+\d{1,3}\)?[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}"
        r"|\(?0[2-9]\d{1,2}\)?[ .-]?\d(?:[ .-]?\d){5,9}"
        r"|628\d{8,11})"
        r"(?![\w/-]|[.,]\d)"
    ),
    "e-mail address": re.compile(r"(?<![\w.%+-])[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}"),
    "account": re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,29}"),
}
_ADDRESS = re.compile(r"[^\s\x00\"'<>|,;()\[\]{}]+")
_PIECES = re.compile(r"[^-_/.?=&#%+:@~]+")
_SEPARATORS = re.compile(r"[-_/.?=&#%+:@~]+")
_SPACE = r"[^\S\n]{1,9}"
_NAME = r"[A-Z][^\W\d_]{1,29}(?:['’-][^\W\d_]{1,29})?"


def find_persons(text: str, words: ScreenWords = NO_WORDS) -> list[Finding]:
    """Numbers, addresses, plates and titled names of persons, in order of their place.

    >>> [found.text for found in find_persons("call +62 812-3456-7890 on 2024-11-27")]
    ['+62 812-3456-7890']
    """
    found = [
        Finding(match.start(), match.end(), kind, match.group())
        for kind, pattern in _numbers_in(text)
        for match in pattern.finditer(text)
    ]
    found += _named(text, words)
    return sorted(found)


def _numbers_in(text: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """The patterns of numbers that can match at all: most texts hold neither digit nor @."""
    has_at, has_digit = "@" in text, any(digit in text for digit in "0123456789")
    for kind, pattern in _NUMBERS.items():
        if has_at if kind in ("e-mail address", "account") else has_digit:
            yield kind, pattern


def _named(text: str, words: ScreenWords) -> Iterator[Finding]:
    patterns = _patterns(words)
    if patterns.titled:
        for match in patterns.titled.finditer(text):
            if not _is_known(match["name"], words):
                yield Finding(match.start(), match.end(), "name of a person", match.group())
    if patterns.suffixed:
        for match in patterns.suffixed.finditer(text):
            yield Finding(match.start(), match.end(), "name of a person", match.group())
    if patterns.plate:
        for match in patterns.plate.finditer(text):
            yield Finding(match.start(), match.end(), "number plate", match.group())


def _is_known(name: str, words: ScreenWords) -> bool:
    first = re.split(r"['’\s-]", name, maxsplit=1)[0]
    return first.casefold() in _patterns(words).not_names


def find_parties(text: str, words: ScreenWords) -> list[Finding]:
    """Party words in a text, and in addresses and slugs their small-letter forms.

    >>> words = ScreenWords(parties=("Blue Union", "Greens"))
    >>> [f.text for f in find_parties("a Greens rally, see https://a.org/blue-union-rally", words)]
    ['Greens', 'blue-union']
    """
    patterns = _patterns(words)
    found = []
    if patterns.party:
        found = [
            Finding(match.start(), match.end(), "party", match.group())
            for match in patterns.party.finditer(text)
        ]
    if patterns.slugs and _SEPARATORS.search(text):
        for address in _ADDRESS.finditer(text):
            found += _in_address(address.group(), address.start(), patterns.slugs)
    return sorted(set(found))


def _in_address(address: str, offset: int, slugs: frozenset[tuple[str, ...]]) -> list[Finding]:
    """The party words of one address, word by word: between its separators only."""
    if not _SEPARATORS.search(address):
        return []
    pieces = list(_PIECES.finditer(address))
    names = [piece.group().lower() for piece in pieces]
    longest = _longest(slugs)
    found = []
    for first, name in enumerate(names):
        for last in range(first, min(first + longest.get(name, 0), len(pieces))):
            if tuple(names[first : last + 1]) in slugs:
                start, end = pieces[first].start(), pieces[last].end()
                found.append(Finding(offset + start, offset + end, "party", address[start:end]))
    return found


@lru_cache(maxsize=32)
def _longest(slugs: frozenset[tuple[str, ...]]) -> dict[str, int]:
    """How many words the longest slug has that begins with a word, by that word."""
    found: dict[str, int] = {}
    for slug in slugs:
        found[slug[0]] = max(found.get(slug[0], 0), len(slug))
    return found


def find_candidates(text: str, words: ScreenWords) -> list[Finding]:
    """Words for a candidate with a number or a name, and ballot numbers.

    >>> words = ScreenWords(candidate_words=("candidate pair",), number_words=("ballot number",))
    >>> [found.text for found in find_candidates("candidate pair 2 or ballot number 3", words)]
    ['candidate pair 2', 'ballot number 3']
    """
    pattern = _patterns(words).candidate
    if not pattern:
        return []
    return [
        Finding(match.start(), match.end(), "candidate", match.group())
        for match in pattern.finditer(text)
        if not (match["name"] and _is_known(match["name"], words))
    ]


def screen(text: str, words: ScreenWords) -> list[Finding]:
    """Everything in the text that gives away a person, party or candidate, in order.

    What lies inside a longer finding is not told again.
    """
    found = find_persons(text, words) + find_parties(text, words) + find_candidates(text, words)
    outermost: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.kind)):
        if not outermost or one.end > outermost[-1].end:
            outermost.append(one)
    return outermost


def mask(text: str, findings: Iterable[Finding]) -> str:
    """The text with every finding replaced by ``___``.

    >>> mask("mail a@b.org now", find_persons("mail a@b.org now"))
    'mail ___ now'
    """
    pieces, at = [], 0
    for start, end in _joined(findings):
        pieces += [text[at:start], MASK]
        at = end
    return "".join([*pieces, text[at:]])


def _joined(findings: Iterable[Finding]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for finding in sorted(findings):
        if spans and finding.start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], finding.end))
        else:
            spans.append((finding.start, finding.end))
    return spans


def masked(text: str, words: ScreenWords) -> str:
    """The text with everything masked that ``screen`` finds; screening it again finds nothing."""
    while findings := screen(text, words):
        text = mask(text, findings)
    return text


def has_word(text: str, words: Iterable[str]) -> str:
    """The first of the words that the text holds, or an empty text; ``*`` = any letters.

    >>> has_word("They dispersed quickly", ["ban", "dispers*"])
    'dispersed'
    """
    match = _word_pattern(tuple(words)).search(text.casefold())
    return match.group() if match else ""


@lru_cache(maxsize=64)
def _word_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    options = "|".join(_starred(word.casefold()) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{options})(?![^\W_])" if options else r"(?!)")


def _starred(word: str) -> str:
    return "[^\\W_]*".join(_spaced(part) for part in word.split("*"))


def _spaced(phrase: str) -> str:
    """A phrase as a pattern: any white space between its words."""
    return r"\s+".join(re.escape(part) for part in phrase.split(" "))


@dataclass(frozen=True, slots=True)
class _Patterns:
    titled: re.Pattern[str] | None
    suffixed: re.Pattern[str] | None
    plate: re.Pattern[str] | None
    party: re.Pattern[str] | None
    candidate: re.Pattern[str] | None
    slugs: frozenset[tuple[str, ...]]
    not_names: frozenset[str]


@lru_cache(maxsize=32)
def _patterns(words: ScreenWords) -> _Patterns:
    return _Patterns(
        titled=_titled(words),
        suffixed=_any_of(words.suffixes, _doubled(rf"\b{_NAME},?{_SPACE}") + r"(?:{})(?!\w)"),
        plate=_any_of(words.plate_areas, r"(?<!\w)(?:{})[ -]?\d{{3,4}}[ -]?[A-Z]{{1,3}}(?!\w)"),
        party=_party(words),
        candidate=_candidate(words),
        slugs=_slugs(words.parties),
        not_names=frozenset(word.casefold() for word in words.not_names),
    )


def _any_of(options: Iterable[str], pattern: str) -> re.Pattern[str] | None:
    longest_first = sorted((word for word in options if word), key=len, reverse=True)
    if not longest_first:
        return None
    return re.compile(pattern.format("|".join(map(_spaced, longest_first))))


def _titled(words: ScreenWords) -> re.Pattern[str] | None:
    """Honorifics in any case, titles as written; one or more of them before a capitalised word."""
    honorifics = {form for word in words.honorifics for form in (word, word.lower(), word.upper())}
    undotted = {title.rstrip(".") for title in words.titles if len(title) > 2}
    options = honorifics | set(words.titles) | undotted
    before = rf"(?<![\w.])(?:(?:{{}})\.?{_doubled(_SPACE)}){{{{1,4}}}}"
    name = _doubled(rf"(?P<name>{_NAME}(?:{_SPACE}{_NAME}){{0,3}})")
    return _any_of(options, before + name)


def _doubled(pattern: str) -> str:
    """The pattern with its braces doubled, to survive ``str.format``."""
    return pattern.replace("{", "{{").replace("}", "}}")


def _party(words: ScreenWords) -> re.Pattern[str] | None:
    options = sorted((word for word in words.parties if word), key=len, reverse=True)
    if not options:
        return None
    forms = [_spaced(word) if word != word.lower() else f"(?i:{_spaced(word)})" for word in options]
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)")


def _candidate(words: ScreenWords) -> re.Pattern[str] | None:
    if not words.candidate_words and not words.number_words:
        return None
    who = "|".join(map(_spaced, sorted(words.candidate_words, key=len, reverse=True))) or "(?!)"
    how = "|".join(map(_spaced, sorted(words.number_words, key=len, reverse=True))) or "(?!)"
    alone = "|".join(_spaced(word) for word in words.number_words if " " in word) or "(?!)"
    number = r"(?:\d{1,2}|[IVX]{1,4})(?![\w:/]|[.,-]\d)"
    return re.compile(
        rf"(?<!\w)(?:(?i:{who})(?:\s+(?i:{how}))*\s+{number}"
        rf"|(?i:{who})(?:\s+(?i:{how}))*{_SPACE}(?P<name>{_NAME})"
        rf"|(?i:{alone})\s+{number})"
    )


def _slugs(parties: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """Small-letter forms as the words of an address; a short single word is no sign there."""
    forms = {tuple(_SEPARATORS.sub(" ", word.lower()).split()) for word in parties}
    forms |= {("".join(form),) for form in forms}
    return frozenset(form for form in forms if sum(map(len, form)) >= 4)
