"""One message ready to be read: its words, its lines, and how far a hit can be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import islice

from anoa.messages.lexicon import Lexicon, Name, label_line
from anoa.messages.phrases import Finder, Hit, Token, tokens_of, words_of
from anoa.messages.values import Span

MOST = 300  # hits of one list in a message
AFTER = 4  # words after a hit in which a denial may stand


class Standing(StrEnum):
    """How a message tells something."""

    SAID = "said"
    DENIED = "denied"
    UNREAL = "unreal"  # planned, warned of, asked, doubted, or advice
    ASSEMBLY = "assembly"  # said of an assembly, which is never a threat by itself
    REFUTED = "refuted"


@dataclass(frozen=True)
class Reading:
    """A message with its words."""

    text: str
    lexicon: Lexicon

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its words."""
        return tokens_of(self.text, self.lexicon.abbreviations)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Its lines."""
        return tuple(self.text.split("\n"))

    @cached_property
    def _line_starts(self) -> tuple[int, ...]:
        starts, at = [], 0
        for line in self.lines:
            starts.append(at)
            at += len(line) + 1
        return tuple(starts)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The label of each line; advice goes on to the next labelled or empty line."""
        found, held = [], ""
        for line in self.lines:
            match = label_line(line)
            own = self.lexicon.labels.get(words_of(match["label"]), "") if match else ""
            blank = not line.strip()
            if own or blank:
                held = ""
            found.append(own or held)
            if own == "action" or (match and own and not line[match.end() :].strip(" *_")):
                held = own
            elif held != "action":
                held = ""
        return tuple(found)

    def labelled(self, field: str) -> list[tuple[str, Span]]:
        """What stands after a label: the words and their span, label left out."""
        found = []
        for number, label in enumerate(self.labels):
            if label == field:
                line, start = self.lines[number], self._line_starts[number]
                match = label_line(line)
                begins = match.end() if match and words_of(match["label"]) in (
                    self.lexicon.labels
                ) else 0  # fmt: skip
                value = line[begins:].strip()
                if value:
                    at = start + line.index(value, begins)
                    found.append((value, (at, at + len(value))))
        return found

    def spans(self, *fields: str) -> list[Span]:
        """Where the labelled lines of some fields stand."""
        return [span for field in fields for _, span in self.labelled(field)]

    def label_at(self, place: int) -> str:
        """The label of the line that a word stands on."""
        return self.labels[self.tokens[place].line]

    @cached_property
    def headings(self) -> tuple[tuple[int, int], ...]:
        """Per line the words of the heading over it: first and last place, or an empty range."""
        found, over = [], (0, 0)
        for number, line in enumerate(self.lines):
            if not line.strip():
                over = (0, 0)
            found.append(over)
            if line.rstrip(" *_").endswith(":"):
                places = [at for at, token in enumerate(self.tokens) if token.line == number]
                over = (places[0], places[-1] + 1) if places else (0, 0)
        return tuple(found)

    def starts(self, place: int, names: frozenset[Name]) -> int:
        """How many words at a place are one of the names; 0 for none."""
        for length in range(min(3, len(self.tokens) - place), 0, -1):
            if self.words(place, length) in names:
                return length
        return 0

    def words(self, place: int, length: int) -> Name:
        """Some words in a row."""
        return tuple(one.word for one in self.tokens[place : place + length])

    def span(self, hit: Hit) -> Span:
        """Where a hit stands in the text."""
        return (self.tokens[hit.first].start, self.tokens[hit.last].end)

    @property
    def numbers(self) -> Finder:
        """Reads words for numbers."""
        return self.lexicon.finder("counts")

    def hits(self, name: str) -> list[Hit]:
        """The phrases of a list or group that stand in the message."""
        if name not in self._hits:
            self._hits[name] = list(islice(self.lexicon.finder(name).find(self.tokens), MOST))
        return self._hits[name]

    @cached_property
    def _hits(self) -> dict[str, list[Hit]]:
        return {}

    # -- belief ---------------------------------------------------------------------------

    @cached_property
    def is_refuting(self) -> bool:
        """Whether the message says that a claim is false."""
        return bool(self.hits("refuted_words"))

    @cached_property
    def unreal_sentences(self) -> frozenset[int]:
        """Sentences with a word for what is no fact, and those that ask."""
        return frozenset(self._asked | self._unreal.keys())

    @cached_property
    def _unreal(self) -> dict[int, list[frozenset[int]]]:
        """By sentence the words for what is no fact."""
        found: dict[int, list[frozenset[int]]] = {}
        for hit in self.hits("unreal_words"):
            found.setdefault(self.tokens[hit.first].sentence, []).append(frozenset(hit.places))
        return found

    @cached_property
    def _asked(self) -> frozenset[int]:
        """Sentences that ask."""
        found = set()
        for at, token in enumerate(self.tokens):
            follows = self.tokens[at + 1].start if at + 1 < len(self.tokens) else len(self.text)
            if "?" in self.text[token.end : follows]:
                found.add(token.sentence)
        return frozenset(found)

    @cached_property
    def _assembled(self) -> frozenset[int]:
        return frozenset(self.tokens[hit.first].sentence for hit in self.hits("assembly"))

    def standing(self, hit: Hit) -> Standing:
        """How the message tells what was hit."""
        token = self.tokens[hit.first]
        over = range(*self.headings[token.line])
        if self._is_denied(hit) or any(self.starts(at, self._denying) for at in over):
            return Standing.DENIED
        if self.is_refuting:
            return Standing.REFUTED
        sentences = {token.sentence, *(self.tokens[at].sentence for at in over)}
        unreal = any(
            not places <= set(hit.places)  # a word of the phrase itself is not said of it
            for one in sentences for places in self._unreal.get(one, ())
        )  # fmt: skip
        if unreal or self._asked & sentences or self.label_at(hit.first) == "action":
            return Standing.UNREAL
        return Standing.ASSEMBLY if token.sentence in self._assembled else Standing.SAID

    @cached_property
    def _denying(self) -> frozenset[Name]:
        return self.lexicon.names("deny_before")

    def _is_denied(self, hit: Hit) -> bool:
        """Whether a word of denial stands before it in its sentence, within it, or right after."""
        sentence, matched = self.tokens[hit.first].sentence, set(hit.places)
        for at in range(hit.last, -1, -1):
            if self.tokens[at].sentence != sentence:
                break
            length = self.starts(at, self._denying)
            if length and not matched & set(range(at, at + length)):
                return True
        after = self.lexicon.names("deny_after")
        for at in range(hit.last + 1, min(hit.last + 1 + AFTER, len(self.tokens))):
            if self.tokens[at].clause != self.tokens[hit.last].clause:
                break
            if self.starts(at, after):
                return True
        return False

    def said(self, name: str, *also: Standing) -> Iterator[Hit]:
        """The hits of a list or group that the message says as facts, or in another way named."""
        wanted = {Standing.SAID, *also}
        return (hit for hit in self.hits(name) if self.standing(hit) in wanted)
