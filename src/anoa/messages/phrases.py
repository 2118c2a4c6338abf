"""The words of a message with their sentences, and the phrases of a pack found in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from anoa.messages.values import Span

GAP = 3  # words that ``..`` may stand for
_WORD = re.compile(r"[^\W_]+")
_END = re.compile(r"[.!?…]+\s|[!?…]")
_BULLET = re.compile(r"\s*(?:[-*•>▪–]+|\(?\w{1,2}[.)])?\s*")

Word = tuple[str, ...]  # one alternative of a piece: it may be two words, as in luka-luka
Piece = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a message: where it stands, its line, its sentence and its clause."""

    word: str
    start: int
    end: int
    line: int
    sentence: int
    clause: int
    capital: bool

    @property
    def span(self) -> Span:
        """Where it stands."""
        return (self.start, self.end)


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in small letters.

    >>> words_of("Kab. Wangi-Wangi")
    ('kab', 'wangi', 'wangi')
    """
    return tuple(found.group().casefold() for found in _WORD.finditer(text))


def tokens_of(text: str, abbreviations: frozenset[str]) -> tuple[Token, ...]:
    """The words of a message; a dot after an abbreviation or a single letter ends no sentence."""
    found: list[Token] = []
    line = sentence = clause = at = 0
    before: re.Match[str] | None = None
    for match in _WORD.finditer(text):
        gap = text[at : match.start()]
        if before is not None:
            breaks = gap.count("\n")
            line += breaks
            word = before.group().casefold()
            run_on = gap == "." and word.isalpha() and min(len(word), len(match.group())) > 2
            run_on = run_on and match.group().isalpha()
            ended = bool(run_on or _END.search(gap)) and not (
                gap.startswith(".") and (word in abbreviations or _is_bullet(text, before))
            )
            lower = match.group()[0].islower()
            if ended or ";" in gap or "\n\n" in gap or (breaks and not lower):
                sentence += 1
                clause += 1
            elif re.search(r"[,()–]|\s-\s", gap):
                clause += 1
        else:
            line = gap.count("\n")
        word = match.group()
        found.append(
            Token(word.casefold(), match.start(), match.end(), line, sentence, clause,
                  word[0].isupper())
        )  # fmt: skip
        at, before = match.end(), match
    return tuple(found)


def _is_bullet(text: str, match: re.Match[str]) -> bool:
    """Whether the word is the number of a point at the beginning of its line."""
    begins = text.rfind("\n", 0, match.start()) + 1
    return len(match.group()) <= 2 and not text[begins : match.start()].strip(" (*_")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of the pack, taken apart; ``of`` is what it stands for."""

    of: str
    pieces: tuple[Piece | str, ...]
    at_risk: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: the words that it matched, by their place, and the number it told."""

    phrase: Phrase
    places: tuple[int, ...]
    number: int | None = None

    @property
    def first(self) -> int:
        """The place of its first word."""
        return self.places[0]

    @property
    def last(self) -> int:
        """The place of its last word."""
        return self.places[-1]


@lru_cache(maxsize=4096)
def phrase_of(text: str, of: str = "", at_risk: str = "") -> Phrase:
    """A phrase from the text that the pack writes."""
    pieces: list[Piece | str] = []
    for part in text.split():
        if part in ("..", "<n>"):
            pieces.append(part)
        elif "|" in part:
            pieces.append(tuple(_starred(one) for one in part.split("|") if one))
        else:
            pieces += [((one,),) for one in _starred(part)]
    return Phrase(of, tuple(pieces), at_risk)


def _starred(text: str) -> Word:
    return tuple(found.casefold() for found in re.findall(r"[^\W_*]*\*?[^\W_*]*\*?", text) if found)


@lru_cache(maxsize=8192)
def _fits(pattern: str, word: str) -> bool:
    if "*" not in pattern:
        return pattern == word
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), word) is not None


class Finder:
    """Finds a list of phrases in the words of a message."""

    def __init__(
        self, phrases: Iterable[Phrase], numbers: dict[str, int], stops: frozenset[str]
    ) -> None:
        self.numbers = numbers
        self.stops = stops
        self.by_word: dict[str, list[Phrase]] = {}
        self.others: list[Phrase] = []
        for phrase in phrases:
            first = phrase.pieces[0]
            plain = not isinstance(first, str) and all("*" not in one[0] for one in first)
            if plain:
                for one in {one[0] for one in first if not isinstance(one, str)}:
                    self.by_word.setdefault(one, []).append(phrase)
            else:
                self.others.append(phrase)

    def find(self, tokens: tuple[Token, ...]) -> Iterator[Hit]:
        """Every place where a phrase stands, each within one sentence."""
        for at, token in enumerate(tokens):
            for phrase in (*self.by_word.get(token.word, ()), *self.others):
                hit = self._at(tokens, at, phrase)
                if hit is not None:
                    yield hit

    def _at(self, tokens: tuple[Token, ...], at: int, phrase: Phrase) -> Hit | None:
        places = self._match(tokens, at, phrase.pieces, tokens[at].sentence)
        if places is None:
            return None
        told = [self.number(tokens[p].word) for p in places] if "<n>" in phrase.pieces else []
        number = next((one for one in told if one is not None), None)
        return Hit(phrase, places, number)

    def _match(
        self, tokens: tuple[Token, ...], at: int, pieces: tuple[Piece | str, ...], sentence: int
    ) -> tuple[int, ...] | None:
        """The places that the pieces match from ``at`` on within a sentence."""
        if not pieces:
            return ()
        piece, rest = pieces[0], pieces[1:]
        if piece == "..":
            skips = (self._match(tokens, at + n, rest, sentence) for n in self._skips(tokens, at))
            return next((found for found in skips if found is not None), None)
        for length in self._lengths(tokens, at, piece):
            if tokens[at + length - 1].sentence == sentence:
                found = self._match(tokens, at + length, rest, sentence)
                if found is not None:
                    return (*range(at, at + length), *found)
        return None

    def _skips(self, tokens: tuple[Token, ...], at: int) -> Iterator[int]:
        """How many words a gap may take: of one clause, and none that speaks of somebody else."""
        yield 0
        for skip in range(GAP):
            if at + skip >= len(tokens) or tokens[at + skip].word in self.stops:
                return
            if tokens[at + skip].clause != tokens[at - 1].clause:
                return
            yield skip + 1

    def _lengths(self, tokens: tuple[Token, ...], at: int, piece: Piece | str) -> Iterator[int]:
        """How many words a piece may take here; ``1 (satu)`` is one number."""
        if isinstance(piece, str):
            value = self.number(tokens[at].word) if at < len(tokens) else None
            if value is not None:
                twice = at + 1 < len(tokens) and self.number(tokens[at + 1].word) == value
                yield from (2, 1) if twice else (1,)
            return
        for word in piece:
            if at + len(word) <= len(tokens) and all(
                _fits(part, tokens[at + i].word) for i, part in enumerate(word)
            ):
                yield len(word)

    def number(self, word: str) -> int | None:
        """The number that a word says; None for another word."""
        if word.isdecimal():
            return int(word) if len(word) <= 4 else None
        return self.numbers.get(word)
