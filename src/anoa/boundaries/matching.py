"""Which feature of a file is which region: by code where the name agrees, else by name.

Codes of different lists look alike and differ: a code without its separators is believed only
where the name says the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from anoa.boundaries.features import Feature
from anoa.errors import DataError
from anoa.pack import Pack

LIKE = 0.6  # names less alike than this are not even proposed
NEARLY = 0.8  # a bare code with a name less alike than this belongs to another list of codes


class Match(StrEnum):
    """By what features and regions are joined."""

    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Pair:
    """A region and the features taken for it; ``why`` a person has to confirm it, empty if sure.

    ``similarity`` of the names is between 0 and 1; None when the file has no name there.
    """

    code: str
    numbers: tuple[int, ...]
    file_code: str
    file_name: str
    similarity: float | None
    why: str = ""


class Names:
    """How names of a pack are compared: without case, signs, accents and words for levels."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        levels = {region.level for region in pack.regions.values()}
        texts = [text for level in levels for text in pack.labels.get(level, {}).values()]
        self._level_words = {_letters(word) for text in texts for word in text.split()}

    def core(self, name: str) -> str:
        """The name without level words, signs and spaces, in small letters."""
        words = [_letters(word) for word in name.split()]
        kept = [word for word in words if word not in self._level_words] or words
        return "".join(kept)

    def full(self, code: str) -> frozenset[str]:
        """The region's name with the words for its level before or after it."""
        region = self.pack.regions[code]
        texts = self.pack.labels.get(region.level, {}).values()
        both = [(f"{text} {region.name}", f"{region.name} {text}") for text in texts]
        return frozenset(_letters(one) for pair in both for one in pair)

    def alike(self, code: str, name: str) -> float:
        """How alike a region's name and another are: 1 when they are the same."""
        ours, theirs = self.core(self.pack.regions[code].name), self.core(name)
        return 1.0 if ours == theirs else SequenceMatcher(None, ours, theirs).ratio()


def _letters(text: str) -> str:
    """Small letters and digits alone.

    >>> _letters("Côte-d'Or ")
    'cotedor'
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if one.isalnum())


def digits_of(code: str) -> str:
    """A code without its separators."""
    return re.sub(r"[^0-9A-Za-z]", "", code)


def code_field_of(features: Sequence[Feature], pack: Pack) -> str:
    """The property that holds codes of the pack: the one with the most of them; else empty."""
    known = {*pack.regions, *pack.sub_districts}
    bare = {digits_of(code) for code in known}
    return _best(features, lambda text: (text in known, digits_of(text) in bare))


def name_field_of(features: Sequence[Feature], pack: Pack) -> str:
    """The property that holds names of the pack's regions or sub-districts; else empty."""
    names = Names(pack)
    known = {names.core(region.name) for region in pack.regions.values()}
    known |= {names.core(part.name) for part in pack.sub_districts.values()}
    return _best(features, lambda text: (names.core(text) in known,))


def _best(features: Sequence[Feature], weigh: Callable[[str], tuple[bool, ...]]) -> str:
    """The property with the most values of weight, each value counted once."""
    fields = dict.fromkeys(name for feature in features for name in feature.properties)
    scores: dict[str, tuple[int, ...]] = {}
    for name in fields:
        texts = {text for feature in features if (text := feature.text(name))}
        weights = [weigh(text) for text in texts]
        scores[name] = tuple(map(sum, zip(*weights, strict=True))) if weights else (0,)
    best = max(scores, key=lambda name: (sum(scores[name]), scores[name]), default="")
    return best if best and sum(scores[best]) else ""


def parts_below(features: Iterable[Feature], pack: Pack, field: str) -> set[int]:
    """The features that carry the code of a sub-district, which a map of regions does not draw."""
    known = {digits_of(code) for code in pack.sub_districts}
    return {f.number for f in features if field and digits_of(f.text(field)) in known}


def by_code(
    features: Sequence[Feature], pack: Pack, regions: Sequence[str], fields: tuple[str, str]
) -> list[Pair]:
    """Pairs with the same code. Raises DataError where bare codes and names contradict."""
    code_field, name_field = fields
    names, pairs, clashes = Names(pack), list[Pair](), list[str]()
    for code in regions:
        found = [f for f in features if digits_of(f.text(code_field)) == digits_of(code)]
        if not found:
            continue
        pair = _pair(code, found, fields, names)
        bare = any(f.text(code_field) != code for f in found)
        if bare and (pair.similarity is None or pair.similarity < NEARLY):
            ours = pack.regions[code].name
            clashes.append(f"{pair.file_code} is {pair.file_name or 'without a name'}, not {ours}")
        pairs.append(pair)
    if clashes:
        more = len(clashes) - 5
        raise DataError(
            "the codes of the file are those of another list, or their names are missing: "
            "{clashes}. Nothing was joined. Join by name (--match name), or name the right "
            "properties (--code-field, --name-field, now '{code_field}' and '{name_field}')",
            clashes="; ".join([*clashes[:5], *([f"and {more} more"] if more > 0 else [])]),
            code_field=code_field, name_field=name_field,
        )  # fmt: skip
    return pairs


def _pair(code: str, found: list[Feature], fields: tuple[str, str], names: Names) -> Pair:
    code_field, name_field = fields
    said = list(dict.fromkeys(text for f in found if (text := f.text(name_field))))
    similarity = min((names.alike(code, name) for name in said), default=None)
    why = ""
    if len(said) > 1:
        why = f"{len(found)} shapes of different names carry this code"
    elif similarity is not None and similarity < 1:
        why = "the code is the same and the name differs"
    shown = ", ".join(said[:3]) + (", …" if len(said) > 3 else "")
    numbers = tuple(f.number for f in found)
    return Pair(code, numbers, found[0].text(code_field), shown, similarity, why)


def by_name(
    features: Sequence[Feature], pack: Pack, regions: Sequence[str], fields: tuple[str, str]
) -> list[Pair]:
    """Pairs with the same name, and proposals for the regions that are left."""
    names = Names(pack)
    sure = [pair for code in regions if (pair := _same_name(features, code, fields, names))]
    taken = {number for pair in sure for number in pair.numbers}
    paired = {pair.code for pair in sure}
    pairs = list(sure)
    for code in regions:
        free = [f for f in features if f.number not in taken and f.text(fields[1])]
        if code in paired or not free:
            continue
        best = max(free, key=lambda f: names.alike(code, f.text(fields[1])))
        likeness = names.alike(code, best.text(fields[1]))
        if likeness >= LIKE:
            pairs.append(_named(code, [best], fields, likeness, "the names are only alike"))
            taken.add(best.number)
    return sorted(pairs, key=lambda pair: pair.code)


def _same_name(
    features: Sequence[Feature], code: str, fields: tuple[str, str], names: Names
) -> Pair | None:
    """The pair of one region when features have its name; the level word decides between two."""
    field, pack = fields[1], names.pack
    wanted = names.core(pack.regions[code].name)
    found = [f for f in features if names.core(f.text(field)) == wanted]
    exact = [f for f in found if _letters(f.text(field)) in names.full(code)]
    others = [c for c in pack.regions if c != code and names.core(pack.regions[c].name) == wanted]
    chosen = exact or [f for f in found if not _claimed(f.text(field), others, names)]
    if not chosen:
        return None
    raw = {f.text(field) for f in chosen}
    plain = {_letters(pack.regions[code].name)}
    why = ""
    if len(raw) > 1 or (others and not exact):
        why = "several places have this name"
    elif not exact and {_letters(one) for one in raw} != plain:
        why = "the name is the same and the word for its level differs"
    return _named(code, chosen, fields, 1.0, why)


def _claimed(name: str, others: Sequence[str], names: Names) -> bool:
    """Whether another region of the same name has this very name with its level."""
    return any(_letters(name) in names.full(code) for code in others)


def _named(
    code: str, found: list[Feature], fields: tuple[str, str], likeness: float, why: str
) -> Pair:
    code_field, name_field = fields
    said = dict.fromkeys(f.text(name_field) for f in found)
    numbers = tuple(f.number for f in found)
    return Pair(code, numbers, found[0].text(code_field), ", ".join(said), likeness, why)


def outside(features: Iterable[Feature], pairs: Iterable[Pair]) -> list[Feature]:
    """The features that belong to no pair."""
    taken = {number for pair in pairs for number in pair.numbers}
    return [feature for feature in features if feature.number not in taken]


def spoken(feature: Feature, fields: tuple[str, str]) -> str:
    """How to speak of a feature: by name, else by code, else by its place in the file."""
    return feature.text(fields[1]) or feature.text(fields[0]) or f"feature {feature.number}"
