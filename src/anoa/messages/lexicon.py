"""The words of a pack made ready for reading: phrases by first word, places by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from anoa.messages.phrases import Finder, Phrase, phrase_of, words_of
from anoa.pack import Pack
from anoa.pack.message_words import MessageWords, WordGroup

Name = tuple[str, ...]
LONGEST_NAME = 5  # words
ACTS = (
    "routine_words", "passing_words", "joining_words", "event_words", "report_words", "other_acts",
    "act_words", "calm_words",
)  # fmt: skip


@dataclass(frozen=True)
class Lexicon:
    """A pack's words, compiled once."""

    pack: Pack
    words: MessageWords

    def _by_word(self, groups: Iterable[WordGroup], spoken: str = "") -> Mapping[Name, str]:
        found = {words_of(word): group.id for group in groups for word in group.words}
        for key, texts in self.words.spoken.items():
            if spoken and key.startswith(spoken):
                for text in texts.values():
                    found.setdefault(words_of(text), key.removeprefix(spoken))
        return {name: of for name, of in found.items() if name}

    @cached_property
    def zones(self) -> Mapping[Name, str]:
        """Words for time zones; the pack's own label is one."""
        own = {words_of(self.pack.time_zone_label): self.pack.time_zone}
        return own | dict(self._by_word(self.words.zones))

    @cached_property
    def days(self) -> Mapping[Name, str]:
        """Words for the days of the week."""
        return self._by_word(self.words.days, "day_")

    @cached_property
    def months(self) -> Mapping[Name, str]:
        """Words for the months, 1 to 12."""
        return self._by_word(self.words.months, "month_")

    @cached_property
    def relative_days(self) -> Mapping[Name, str]:
        """Words for days counted back from the day of sending."""
        return self._by_word(self.words.relative_days)

    @cached_property
    def day_parts(self) -> Mapping[Name, int]:
        """Words for parts of the day, by their place in the pack's list."""
        return {words_of(w): at for at, part in enumerate(self.words.day_parts) for w in part.words}

    @cached_property
    def levels(self) -> Mapping[Name, frozenset[str]]:
        """Words before a place's name, each with the levels that it may mean."""
        found: dict[Name, frozenset[str]] = {}
        for group in self.words.levels:
            for word in map(words_of, group.words):
                found[word] = found.get(word, frozenset()) | {group.id}
        return found

    @cached_property
    def labels(self) -> Mapping[Name, str]:
        """Words before the colon of a line, with the field that follows."""
        return self._by_word(self.words.labels, "label_")

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Words for numbers."""
        return {word[0]: int(n) for word, n in self._by_word(self.words.numbers).items()}

    @cached_property
    def abbreviations(self) -> frozenset[str]:
        """Last words of what is written with a dot at its end."""
        groups = [*self.words.levels, *self.words.months, *self.words.days, *self.words.labels]
        dotted = [word for group in groups for word in group.words]
        dotted += [word for words in self.words.lists.values() for word in words]
        return frozenset(words_of(w)[-1] for w in dotted if w.endswith(".") and words_of(w))

    def names(self, name: str) -> frozenset[Name]:
        """One of the plain lists as words."""
        return _names(self.words.words(name))

    def finder(self, name: str) -> Finder:
        """The finder for a list or group of phrases."""
        return self._finders[name]

    @cached_property
    def _finders(self) -> Mapping[str, Finder]:
        phrases = {
            name: [phrase_of(text, group.id, group.at_risk) for group in groups
                   for text in group.words]
            for name, groups in (
                ("signs", self.words.signs), ("places", self.words.places),
                ("obtained", self.words.obtained), ("counts", self.words.counts),
            )
        }  # fmt: skip
        for name in ("trouble_phrases", "nothing_phrases", "help_phrases"):
            phrases[name] = [phrase_of(text, name) for text in self.words.words(name)]
        for name in ("unreal_words", "refuted_words", "contrary_words", *ACTS):
            phrases[name] = [phrase_of(text, name) for text in self.words.words(name)]
        assembly = self.pack.words.assembly
        phrases["assembly"] = [phrase_of(text, "assembly") for text in assembly]
        stops = frozenset(w for text in self.words.words("gap_stops") for w in words_of(text))
        return {
            name: Finder(_longest_first(found), self.numbers, stops)
            for name, found in phrases.items()
        }

    @cached_property
    def places(self) -> Mapping[Name, tuple[str, ...]]:
        """Codes of regions, sub-districts and villages by their names and other names."""
        found: dict[Name, list[str]] = {}
        for table in (self.pack.regions, self.pack.sub_districts, self.pack.villages):
            for code, place in table.items():
                found.setdefault(words_of(place.name), []).append(code)
        for alias in self.words.aliases:
            for word in alias.words:
                found.setdefault(words_of(word), []).extend(alias.places)
        return {name: tuple(dict.fromkeys(codes)) for name, codes in found.items() if name}

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Every word of the lexicon: what may follow a place's name without being part of it."""
        lists = {
            w for name, words in self.words.lists.items() if name not in ACTS
            for text in words for w in words_of(text)
        }  # fmt: skip
        groups = (self.zones, self.days, self.months, self.levels, self.labels, self.day_parts)
        return frozenset(lists | {word for group in groups for name in group for word in name})

    def level_of(self, code: str) -> str:
        """The level of a place."""
        if code in self.pack.regions:
            return self.pack.regions[code].level
        return "sub_district" if code in self.pack.sub_districts else "village"

    @cached_property
    def texts(self) -> Mapping[str, Mapping[Name, str]]:
        """What labelled lines may say, word by word: the pack's own names for its types."""
        pack = self.pack
        return {
            "what": {words_of(text): one.id for one in pack.threat_types.values()
                     for text in one.name.values() if not one.context},
            "place_class": {words_of(text): ident for ident, texts in pack.place_classes.items()
                            for text in texts.values()},
            "object": self._by_word((), "object_"),
            "at_risk": self._by_word((), "at_risk_"),
            "obtained": self._by_word((), "obtained_"),
        }  # fmt: skip


def _longest_first(phrases: list[Phrase]) -> list[Phrase]:
    return sorted(phrases, key=lambda one: -len(one.pieces))


@lru_cache(maxsize=256)
def _names(words: tuple[str, ...]) -> frozenset[Name]:
    return frozenset(filter(None, map(words_of, words)))


_COMPILED: dict[str, Lexicon] = {}


def lexicon_of(pack: Pack) -> Lexicon | None:
    """The compiled words of a pack; None for a pack that does not say how people write."""
    if pack.message_words is None:
        return None
    key = f"{pack.id} {pack.digest}"
    if key not in _COMPILED:
        _COMPILED[key] = Lexicon(pack, pack.message_words)
    return _COMPILED[key]


def label_line(text: str) -> re.Match[str] | None:
    """The word before a colon at the beginning of a line, and what follows it."""
    return re.match(
        r"[\s*_•>▪–\-]*(?:\(?\w{1,2}[.)]\s+)?(?P<label>[^:\n]{1,40}?)[\s*_]*:(?!\d)", text
    )
