"""What each part of a message tells: the event, a duty done, or what others did before or after.

A message is taken apart more finely than into clauses: a colon and a word that joins two acts
part them too. What stands with the event is believed; what stands with another act is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, partial

from anoa.messages.context import MOST, Reading, Standing
from anoa.messages.lexicon import label_line
from anoa.messages.phrases import Hit, words_of
from anoa.messages.places import mentions, name_at

LISTS = (
    "other_acts", "act_words", "report_words", "routine_words", "passing_words", "event_words",
    "signs",
)  # fmt: skip
LABEL = 3  # words that the name of a point may have
TIME_LABELS = ("date", "time")


class Telling(Reading):
    """A message with the acts that it tells of, part by part."""

    # -- parts ----------------------------------------------------------------------------

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """The part that each word stands in."""
        told = self._places("report_words")
        joins = self._places("joining_words") | {
            at for at in self._event_places
            if any(self.tokens[one].clause == self.tokens[at].clause for one in told if one < at)
        }  # fmt: skip
        found, part = [], 0
        for at, token in enumerate(self.tokens):
            if at:
                before = self.tokens[at - 1]
                gap = self.text[before.end : token.start]
                colon = ":" in gap and not (before.word.isdecimal() and token.word.isdecimal())
                part += token.clause != before.clause or colon or at in joins
            found.append(part)
        return tuple(found)

    @cached_property
    def _words_of_part(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for at, part in enumerate(self.parts):
            found.setdefault(part, []).append(at)
        return {part: tuple(places) for part, places in found.items()}

    def _places(self, *names: str) -> frozenset[int]:
        """Where words of some lists stand."""
        return frozenset(at for name in names for hit in self.hits(name) for at in hit.places)

    # -- words ----------------------------------------------------------------------------

    @cached_property
    def named(self) -> frozenset[int]:
        """Words that are part of a place's name, or the number of a polling station."""
        spans = [one.span for one in mentions(self) if one.codes or not self._shouts(one.span)]
        stations = self.lexicon.names("station_words")
        found = {
            at for a, b in spans for at, token in enumerate(self.tokens) if a <= token.start < b
        }
        for at, token in enumerate(self.tokens):
            found.update(range(at, at + self.starts(at, stations)))
            name, length = name_at(self, at) if token.capital else ((), 0)
            if any(
                code not in self.lexicon.pack.villages for code in self.lexicon.places.get(name, ())
            ):
                found.update(range(at, at + length))
        return frozenset(found)

    def _shouts(self, span: tuple[int, int]) -> bool:
        """Whether a name is written in capitals alone, as a verb may be too."""
        return self.text[slice(*span)].isupper()

    @cached_property
    def passing(self) -> frozenset[int]:
        """Words that tell no act: times, numbers, names of places, and words between others."""
        lexicon, found = self.lexicon, set(self.named | self._places("passing_words"))
        names = frozenset(lexicon.zones) | frozenset(lexicon.days) | frozenset(lexicon.months)
        names |= frozenset(lexicon.relative_days) | frozenset(lexicon.day_parts)
        names |= frozenset(lexicon.levels)
        for name in ("at_words", "clock_words", "spoken_clock_words", "half_words", "past_words",
                     "now_words", "range_words", "address_words"):  # fmt: skip
            names |= lexicon.names(name)
        labels = frozenset(lexicon.labels)
        for at, token in enumerate(self.tokens):
            found.update(range(at, at + self.starts(at, names)))
            if self.numbers.number(token.word) is not None or len(token.word) == 1:
                found.add(at)
            if at == 0 or self.tokens[at - 1].line != token.line or at - 1 in found:
                length = self.starts(at, labels)
                after = self.text[self.tokens[at + length - 1].end :] if length else ""
                if after.lstrip(" *_\t").startswith(":"):
                    found.update(range(at, at + length))
        return frozenset(found)

    @cached_property
    def content(self) -> frozenset[int]:
        """Words that tell something beside routine: what happened, or what is not known."""
        plain = self.passing | self._places("routine_words", "nothing_phrases", "report_words")
        denied = {at for hit in self._denied for at in hit.places}
        return frozenset(range(len(self.tokens))) - plain - denied - self._denials

    @cached_property
    def _denied(self) -> tuple[Hit, ...]:
        """Troubles that are denied in their own clause."""
        return tuple(hit for hit in self.hits("trouble_phrases") if self._denial_of(hit))

    @cached_property
    def _denials(self) -> frozenset[int]:
        """Words of denial that deny a trouble, and so say that nothing happened."""
        return frozenset(at for hit in self._denied for at in self._denial_of(hit))

    def _denial_of(self, hit: Hit) -> range:
        """The words of denial that stand right before or right after a trouble."""
        before, after = (self.lexicon.names(name) for name in ("deny_before", "deny_after"))
        clause = self.tokens[hit.first].clause
        for at in range(hit.first - 1, max(-1, hit.first - 4), -1):
            if self.tokens[at].clause != clause:
                break
            if self.starts(at, before):
                return range(at, hit.first)
            if at not in self.passing | self._event_places:
                break
        at = hit.last + 1
        length = self.starts(at, after) if at < len(self.tokens) else 0
        return range(at, at + length)

    # -- acts -----------------------------------------------------------------------------

    @cached_property
    def _event_places(self) -> frozenset[int]:
        """Words that mean the event itself, and not the place of it or a report on it."""
        others = {
            at for name in ("report_words", "other_acts") for hit in self.hits(name)
            if len(hit.places) > 1 for at in hit.places
        }  # fmt: skip
        at_words = self.lexicon.names("at_words")
        return frozenset(
            hit.first for hit in self.hits("event_words")
            if not others & set(hit.places)
            and not (hit.first and self.starts(hit.first - 1, at_words))
        )  # fmt: skip

    @cached_property
    def _signs(self) -> frozenset[int]:
        return frozenset(
            at for hit in self.hits("signs") if self.standing(hit) is not Standing.DENIED
            for at in hit.places
        )  # fmt: skip

    @cached_property
    def events(self) -> frozenset[int]:
        """The parts that tell the event: those with a sign of a threat, else the first to tell."""
        if self._signs:
            return frozenset(self.parts[at] for at in self._signs)
        told = sorted(self.content)
        if not told or self._others - self._places("routine_words"):
            return frozenset()
        first = self.parts[told[0]]
        return frozenset({first} if len(self._acts_in(first)) <= 1 else ())

    @cached_property
    def _others(self) -> frozenset[int]:
        """Words for another act: none that is part of a sign, or that tells no act at all."""
        return self._places("other_acts") - self._no_acts

    @cached_property
    def _no_acts(self) -> frozenset[int]:
        plain = self._signs | self.passing | self._event_places | self._places("nothing_phrases")
        deny = self.lexicon.names("deny_before")
        return plain | {at + 1 for at in range(len(self.tokens)) if self.starts(at, deny) == 1}

    def _acts_in(self, part: int) -> frozenset[int]:
        """Words of a part that tell an act of its own: none of a sign, none that is denied."""
        found = self._places("act_words") - self._no_acts
        return found & frozenset(self._words_of_part[part])

    def _tells_of_others(self, part: int) -> bool:
        acts = self._acts_in(part) if self._signs or part not in self.events else ()
        return bool(acts or self._others & set(self._words_of_part[part]))

    def _is_empty(self, part: int) -> bool:
        """Whether a part tells only when, where, or that something is reported."""
        plain = self.passing | self._event_places | self._places("report_words")
        return set(self._words_of_part[part]) <= plain

    @cached_property
    def is_crowded(self) -> bool:
        """Whether a list was found too often to be read to its end."""
        return any(len(self.hits(name)) >= MOST for name in LISTS)

    def is_of_event(self, place: int) -> bool:
        """Whether what stands at a word is told of the event itself, and of no other act."""
        part = self.parts[place]
        words = set(self._words_of_part[part])
        if self.is_crowded or self._places("report_words") & words:
            return False
        is_routine = not self.content and not self._signs
        if is_routine:
            return True
        if self._tells_of_others(part):
            return False
        if part in self.events or self._event_places & words:
            return True
        if self.label_at(place) in TIME_LABELS:
            return self._is_empty(part)
        return self._is_empty(part) and self._stands_with_event(part)

    def is_place_of_event(self, place: int) -> bool:
        """Whether a place is told with the event, or with no act at all."""
        part = self.parts[place]
        told = part in self.events and not self._follows_other(place)
        return not self._signs or told or self._is_empty(part)

    def is_elsewhere(self, place: int) -> bool:
        """Whether a place is told of where nothing happened, or where another act was done."""
        part = self.parts[place]
        if not any(self.standing(hit) is Standing.SAID for hit in self.hits("signs")):
            return False
        if part in self.events:
            return self._follows_other(place)
        calm = self._places("nothing_phrases", "calm_words") & set(self._words_of_part[part])
        return bool(calm) or self._tells_of_others(part)

    def _follows_other(self, place: int) -> bool:
        """Whether the last act told before a word of its part is not the event."""
        part = self.parts[place]
        others = self._others | self._acts_in(part)
        last = max((at for at in self._words_of_part[part]
                    if at < place and at in others | self._signs), default=None)  # fmt: skip
        return last is not None and last not in self._signs

    def counts_for_event(self, hit: Hit, needs_sign: bool) -> bool:
        """Whether a number is one of the event: not of a point of another name, or another act.

        ``needs_sign``: what is counted happens without an event too, as things that break do.
        """
        token = self.tokens[hit.first]
        match = label_line(self.lines[token.line])
        label = words_of(match["label"]) if match else ()
        is_label = 0 < len(label) <= LABEL and not any(map(str.isdecimal, label))
        if is_label and label not in self.lexicon.labels:
            return False
        if self._is_about(hit):
            return False
        words = {at for place in hit.places for at in self._words_of_part[self.parts[place]]}
        if words & self._others or self._numbers_beside(hit):
            return False
        if not self._signs:
            return not needs_sign
        before = self._beside(self.parts[hit.first], -1, lambda _: True)
        own = {self.parts[at] for at in hit.places}
        return bool(own & self.events) or before in self.events | self._counting

    def _is_about(self, hit: Hit) -> bool:
        """Whether the number is not exact: words for about or more before it, or a range."""
        names = self.lexicon.names("about_words")
        first = next(
            at for at in hit.places if self.numbers.number(self.tokens[at].word) is not None
        )
        for at in range(max(0, first - 2), first):
            length = self.starts(at, names)
            if length and self.tokens[at].sentence == self.tokens[first].sentence:
                return True
        before = self.text[: self.tokens[first].start].rstrip()
        return before[-1:] in ("-", "–", "±", ">", "<", "~", "/")

    @cached_property
    def _counting(self) -> frozenset[int]:
        """The parts that tell a number of those that are counted."""
        return frozenset(self.parts[at] for hit in self.hits("counts") for at in hit.places)

    def _numbers_beside(self, hit: Hit) -> bool:
        """Whether the sentence has a number that is neither counted, nor a time, nor a name's."""
        counted = {at for one in self.hits("counts") for at in one.places} | self._figures
        sentence = self.tokens[hit.first].sentence
        return any(
            token.sentence == sentence and at not in counted
            and self.numbers.number(token.word) not in (None, hit.number)
            for at, token in enumerate(self.tokens)
        )  # fmt: skip

    @cached_property
    def _figures(self) -> frozenset[int]:
        """Figures of dates, times and polling stations."""
        found = {at for at in self.named if self.tokens[at].word.isdecimal()}
        names = frozenset(self.lexicon.months) | frozenset(self.lexicon.zones)
        for name in ("clock_words", "spoken_clock_words", "half_words", "station_words",
                     "reference_words"):  # fmt: skip
            names |= self.lexicon.names(name)
        for at, token in enumerate(self.tokens):
            sides = [one for one in (at - 1, at + 1) if 0 <= one < len(self.tokens)]
            joined = any(
                re.fullmatch(r"[./:-]", self.text[self.tokens[min(at, one)].end :
                                                  self.tokens[max(at, one)].start])
                and self.tokens[one].word.isdecimal() for one in sides
            )  # fmt: skip
            if token.word.isdecimal() and (joined or any(self.starts(one, names) for one in sides)):
                found.add(at)
        return frozenset(found)

    def _stands_with_event(self, part: int) -> bool:
        """Whether the parts on both sides of an empty one, as far as there are any, allow it."""
        sentence = self._sentence(part)
        sides = [self._beside(part, step, partial(self._is_in, sentence)) for step in (-1, 1)]
        if sides == [None, None]:
            sides = [self._beside(part, step, lambda _: True) for step in (-1, 1)]
        before, after = sides
        if any(one is not None and self._tells_of_others(one) for one in sides):
            return False
        return (before if before is not None else after) in self.events

    def _sentence(self, part: int) -> int:
        return self.tokens[self._words_of_part[part][0]].sentence

    def _is_in(self, sentence: int, part: int) -> bool:
        return self._sentence(part) == sentence

    def _beside(self, part: int, step: int, holds: Callable[[int], bool]) -> int | None:
        """The next part on one side that tells something."""
        part += step
        while part in self._words_of_part and holds(part):
            if not self._is_empty(part):
                return part
            part += step
        return None
