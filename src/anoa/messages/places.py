"""Which places of the pack a message speaks of; a name that may be two places stays blank."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

from anoa.messages.context import Reading
from anoa.messages.lexicon import LONGEST_NAME, Name
from anoa.messages.values import UNKNOWN, MessageField, Span, doubtful, sure

LIKE = 0.75  # how alike a mistyped name must be to be offered
PRONE = 3  # words back in which a word that leads to a place may stand


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a message and the places that it may mean.

    ``levelled``: a word before it says what it is. ``bare``: it stands alone and only bears out
    what another mention says. ``weak``: it names somebody or a way, and tells no place.
    """

    codes: tuple[str, ...]
    span: Span
    levelled: bool = False
    bare: bool = False
    weak: bool = False
    away: bool = False  # where somebody comes from or goes to, with the larger places told after it
    unknown_level: str = ""  # a place of that level that the pack does not have


def place_fields(reading: Reading) -> dict[str, MessageField]:
    """The region, sub-district and village of a message, each sure or blank."""
    found = mentions(reading)
    told = [m for m in found if not m.weak]
    labelled = {span for _, span in reading.labelled("place")}
    inside = [m for m in told if any(a <= m.span[0] < b for a, b in labelled)]
    if any(m.codes for m in inside) or any(m.unknown_level for m in inside):
        told = inside
    region = _region(reading, told, found)
    fields = {"region": region, "sub_district": UNKNOWN, "village": UNKNOWN}
    if region.value is None:
        fields["sub_district"] = _offered(reading, told, "sub_district")
        return fields
    fields["sub_district"] = _below(reading, told, region.value, "sub_district")
    sub_district = fields["sub_district"].value
    if sub_district:
        fields["village"] = _below(reading, told, sub_district, "village")
    return fields


# -- mentions -------------------------------------------------------------------------------


def mentions(reading: Reading) -> list[Mention]:
    """Every name of a place in a message, in order."""
    found: list[Mention] = []
    at = 0
    while at < len(reading.tokens):
        mention, length = _mention(reading, at, found)
        if mention is not None:
            away = _comes_from(reading, at) or (
                found and _is_right_after(reading, found[-1], mention)
            )
            found.append(replace(mention, weak=mention.weak or bool(away), away=bool(away)))
        at += max(1, length)
    return found


def _comes_from(reading: Reading, at: int) -> bool:
    """Whether a word for where somebody comes from or goes to stands right before."""
    names = reading.lexicon.names("origin_words")
    if reading.label_at(at) == "place" or _office_here(reading, at - 1):
        return False
    return at > 0 and bool(reading.starts(at - 1, names)) and _same_breath(reading, at)


def _is_right_after(reading: Reading, before: Mention, mention: Mention) -> bool:
    """Whether nothing but a comma parts a mention from one of where somebody comes from."""
    between = reading.text[before.span[1] : mention.span[0]]
    return before.away and not between.strip(" ,") and "\n" not in between


def _mention(reading: Reading, at: int, before: list[Mention]) -> tuple[Mention | None, int]:
    """The mention that begins at a word, and how many words it takes."""
    levels, lead = _level(reading, at)
    name, length = name_at(reading, at + lead)
    if levels:
        return _levelled(reading, at, lead, levels, name, length)
    if not length or not reading.tokens[at].capital:
        return None, 0
    return _plain(reading, at, name, length, before), length


def _level(reading: Reading, at: int) -> tuple[frozenset[str], int]:
    """The levels that words before a name say, and how many words they are."""
    levels: frozenset[str] = frozenset()
    lead = 0
    names = frozenset(reading.lexicon.levels)
    while at + lead < len(reading.tokens) and (length := reading.starts(at + lead, names)):
        if lead and not _same_breath(reading, at + lead):
            break
        words = tuple(one.word for one in reading.tokens[at + lead : at + lead + length])
        levels |= reading.lexicon.levels[words]
        lead += length
    return levels, lead


def _same_breath(reading: Reading, at: int) -> bool:
    """Whether only a space, dot, slash or hyphen stands before this word."""
    gap = reading.text[reading.tokens[at - 1].end : reading.tokens[at].start]
    return len(gap) <= 3 and not set(gap) - set(" ./-:")


def name_at(reading: Reading, at: int) -> tuple[Name, int]:
    """The longest name of a place that begins here."""
    for length in range(min(LONGEST_NAME, len(reading.tokens) - at), 0, -1):
        words = tuple(one.word for one in reading.tokens[at : at + length])
        if words in reading.lexicon.places and all(
            _same_breath(reading, at + i) for i in range(1, length)
        ):
            return words, length
    return (), 0


def _levelled(
    reading: Reading, at: int, lead: int, levels: frozenset[str], name: Name, length: int
) -> tuple[Mention | None, int]:
    lexicon, first = reading.lexicon, reading.tokens[at]
    if at + lead >= len(reading.tokens) or not _same_breath(reading, at + lead):
        return None, lead
    weak = _is_weak(reading, at)
    fitting = tuple(
        code for code in lexicon.places.get(name, ()) if lexicon.level_of(code) in levels
    )
    if fitting and not _goes_on(reading, at + lead + length):
        span = (first.start, reading.tokens[at + lead + length - 1].end)
        return Mention(fitting, span, levelled=True, weak=weak), lead + length
    return _misspelt(reading, at, lead, levels, weak), lead


def _misspelt(
    reading: Reading, at: int, lead: int, levels: frozenset[str], weak: bool
) -> Mention | None:
    """A name that the pack does not have: what it may be, and that a place is not known."""
    word = reading.tokens[at + lead]
    if not word.capital or word.word in reading.lexicon.known_words:
        return None
    level = next((one for one in levels if one not in ("sub_district", "village")), "")
    level = level or next(iter(levels))
    names = {
        " ".join(name): codes for name, codes in reading.lexicon.places.items()
        if any(reading.lexicon.level_of(code) in levels for code in codes)
    }  # fmt: skip
    two = " ".join(one.word for one in reading.tokens[at + lead : at + lead + 2])
    like = get_close_matches(two, names, 3, LIKE) or get_close_matches(word.word, names, 3, LIKE)
    codes = tuple(code for name in like for code in names[name]
                  if reading.lexicon.level_of(code) in levels)  # fmt: skip
    span = (reading.tokens[at].start, word.end)
    return Mention(codes, span, bare=True, weak=weak, unknown_level=level)


def _goes_on(reading: Reading, at: int) -> bool:
    """Whether the next word may belong to the name: capital, in one breath, and no known word."""
    if at >= len(reading.tokens) or at == 0:
        return False
    token = reading.tokens[at]
    gap = reading.text[reading.tokens[at - 1].end : token.start]
    if gap.strip(" -") or "\n" in gap or "  " in gap:
        return False
    roman = set(token.word) <= set("ivx") and token.capital
    if roman:
        return True
    known = token.word in reading.lexicon.known_words or bool(name_at(reading, at)[1])
    return token.capital and not token.word.isdecimal() and not known


def _plain(
    reading: Reading, at: int, name: Name, length: int, before: list[Mention]
) -> Mention | None:
    """A name without a word for what it is: a region or sub-district, villages never alone."""
    lexicon = reading.lexicon
    token = reading.tokens[at]
    codes = lexicon.places[name]
    regions = [code for code in codes if code in lexicon.pack.regions]
    span = (token.start, reading.tokens[at + length - 1].end)
    weak = _is_weak(reading, at)
    led = _is_led(reading, at) or reading.label_at(at) == "place"
    led = led or (at > 0 and _office_here(reading, at - 1))
    follows = bool(before) and reading.text[before[-1].span[1] : span[0]].strip() in ("", ",", "(")
    if lexicon.pack.root in regions:
        return None  # all of it is no place, unless a word before says that it is meant
    if regions:
        # Longer names that begin alike: the short one alone may mean any of them.
        alike = [
            code for other, found in lexicon.places.items() if other[: len(name)] == name
            for code in found if code in lexicon.pack.regions
        ]  # fmt: skip
        exact = len(set(alike)) == 1
        if _goes_on(reading, at + length):
            return Mention(tuple(dict.fromkeys(alike)), span, bare=True, weak=True)
        firm = led or follows or _begins(reading, at)
        wanted = tuple(regions) if exact or follows else tuple(dict.fromkeys(alike))
        return Mention(wanted, span, levelled=firm and exact, bare=not (firm and exact), weak=weak)
    subs = tuple(code for code in codes if code in lexicon.pack.sub_districts)
    if not subs or not (led or follows or before) or _goes_on(reading, at + length):
        return None
    return Mention(subs, span, bare=True, weak=weak or not (led or follows))


def _begins(reading: Reading, at: int) -> bool:
    """Whether the word is the first of its line."""
    return at == 0 or reading.tokens[at - 1].line != reading.tokens[at].line


def _is_denied(reading: Reading, at: int) -> bool:
    """Whether a word of denial stands right before, or before a word for being there."""
    deny, there = (reading.lexicon.names(name) for name in ("deny_before", "at_words"))
    clause, at = reading.tokens[at].clause, at - 1
    while at > 0 and reading.starts(at, there) == 1 and reading.tokens[at].clause == clause:
        at -= 1
    return at >= 0 and reading.tokens[at].clause == clause and bool(reading.starts(at, deny))


def _is_led(reading: Reading, at: int) -> bool:
    """Whether a word for being at a place stands right before."""
    names = reading.lexicon.names("at_words")
    return at > 0 and _same_breath(reading, at) and bool(
        (reading.tokens[at - 1].word,) in names
    )  # fmt: skip


def _is_weak(reading: Reading, at: int) -> bool:
    """Whether what stands before makes the name one of an institution or a way, or denies it."""
    token = reading.tokens[at]
    first = next(i for i, one in enumerate(reading.tokens) if one.line == token.line)
    while first < at and len(reading.tokens[first].word) <= 2 and not reading.starts(
        first, reading.lexicon.names("address_words")
    ):  # fmt: skip
        first += 1  # the number of a point
    if reading.starts(first, reading.lexicon.names("address_words")) and first < at:
        return True
    if reading.label_at(at) == "action" or _is_denied(reading, at):
        return True
    weak = reading.lexicon.names("weak_words")
    for back in range(1, 3):
        place = at - back
        if place < 0 or reading.tokens[place].sentence != token.sentence:
            return False
        between = reading.text[reading.tokens[place].end : reading.tokens[place + 1].start]
        if set(between) - set(" ./-"):
            return False
        length = reading.starts(place, weak)
        if length and place + length <= at:
            return not (back == 1 and _office_here(reading, place))
        if (reading.tokens[place].word,) in reading.lexicon.names("at_words"):
            return False
    return False


def _office_here(reading: Reading, at: int) -> bool:
    """Whether a place of an institution is told that ends at its name, or right before it."""
    return any(hit.last in (at, at - 1) and hit.first < at for hit in reading.hits("places"))


# -- decisions ------------------------------------------------------------------------------


def _regions_of(reading: Reading, mention: Mention) -> list[str]:
    """The regions that a mention may lie in, without the root unless it is named as such."""
    pack = reading.lexicon.pack
    found = [pack.region_of(code) for code in mention.codes]
    return [code for code in dict.fromkeys(found) if code]


def _region(reading: Reading, told: list[Mention], mentions: list[Mention]) -> MessageField:
    root = reading.lexicon.pack.root
    firm = [m for m in told if m.levelled]
    lower = [m for m in firm if root not in m.codes]
    if not lower:
        named = [m.span for m in firm]
        if named and not any(m.codes and root not in m.codes for m in told):
            return sure(root, *named)
        return _offered(reading, [m for m in mentions if root not in m.codes], "region")
    sets = [set(_regions_of(reading, m)) for m in lower]
    common = set.intersection(*sets)
    strange = any(
        m.unknown_level and m.unknown_level not in ("sub_district", "village") for m in told
    )
    against = any(
        m.bare and m.codes and not m.unknown_level and not common & set(_regions_of(reading, m))
        for m in told
    )
    narrowed = _narrowed(reading, told, common)
    if len(narrowed) == 1 and not strange and not against:
        return sure(narrowed.pop(), *(m.span for m in lower))
    return _offered(reading, [m for m in told if root not in m.codes], "region")


def _narrowed(reading: Reading, told: list[Mention], common: set[str]) -> set[str]:
    """What is left of the regions when names that stand bare are asked too."""
    for mention in told:
        if len(common) > 1 and mention.bare and not mention.unknown_level:
            common = common & set(_regions_of(reading, mention)) or common
    return set(common)


def _offered(reading: Reading, mentions: list[Mention], level: str) -> MessageField:
    """A blank with the places that the mentions may mean."""
    candidates: list[str] = []
    for mention in mentions:
        if level == "region":
            candidates += _regions_of(reading, mention)
        else:
            candidates += [c for c in mention.codes if reading.lexicon.level_of(c) == level]
    if not candidates:
        return UNKNOWN
    spans = [m.span for m in mentions if m.codes]
    return doubtful(candidates[:8], *spans)


def _below(reading: Reading, told: list[Mention], inside: str, level: str) -> MessageField:
    """The sub-district of a region, or the village of a sub-district, that all mentions allow."""
    pack = reading.lexicon.pack
    sets: list[tuple[set[str], Mention]] = []
    doubt = False
    for mention in told:
        own = [c for c in mention.codes if reading.lexicon.level_of(c) == level]
        deeper = [pack.villages[c].sub_district for c in mention.codes if c in pack.villages]
        if mention.unknown_level:
            doubt = doubt or mention.unknown_level == level
            continue
        if any(c in pack.regions for c in mention.codes):
            continue
        options = own or (deeper if level == "sub_district" else [])
        fitting = {code for code in options if _lies_in(reading, code, inside)}
        if options:
            sets.append((fitting, mention))
    if not sets:
        return _offered(reading, [m for m in told if m.unknown_level == level], level)
    common = set.intersection(*(found for found, _ in sets))
    if len(common) == 1 and not doubt:
        return sure(common.pop(), *(m.span for _, m in sets))
    union = [code for found, _ in sets for code in sorted(found)]
    return doubtful(union[:8], *(m.span for _, m in sets))


def _lies_in(reading: Reading, code: str, inside: str) -> bool:
    pack = reading.lexicon.pack
    if code in pack.villages:
        return pack.villages[code].sub_district == inside or pack.region_of(code) == inside
    return pack.region_of(code) == inside
