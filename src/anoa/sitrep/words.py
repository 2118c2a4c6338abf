"""The report's own words by language, and how it writes days, times and numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from anoa.errors import DataError

LANGUAGES = ("en", "id")


def own_language(languages: Iterable[str]) -> str:
    """The first of a pack's languages in which anoa has words, else its own first.

    >>> own_language(("xa", "id", "en")), own_language(("xa",))
    ('id', 'en')
    """
    return next((one for one in languages if one in LANGUAGES), LANGUAGES[0])


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The words of a language by key; DataError when anoa has none in that language."""
    if language not in LANGUAGES:
        raise DataError(
            "there are no words of the report in '{language}': choose one of {known}",
            language=language, known=", ".join(LANGUAGES),
        )  # fmt: skip
    text = files("anoa.sitrep").joinpath("locale", f"{language}.json").read_text("utf-8")
    words: dict[str, str] = json.loads(text)
    return words


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    >>> Words("en")("number", number=7)
    'No. 7'
    """

    language: str

    def __post_init__(self) -> None:
        catalogue(self.language)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key, its ``{names}`` filled."""
        sentence = catalogue(self.language)[key]
        return sentence.format(**values) if values else sentence

    def named(self, group: str, name: str) -> str:
        """The catalogue's word for a pack's own name, else the name itself in plain letters.

        >>> Words("en").named("figure", "polling_stations"), Words("en").named("figure", "a_b")
        ('Polling stations', 'a b')
        """
        return catalogue(self.language).get(f"{group}_{name}") or name.replace("_", " ")

    def day(self, local: date) -> str:
        """A local day with the name of its weekday.

        >>> Words("en").day(date(2024, 8, 9))
        'Friday, 9 August 2024'
        """
        weekday = self("weekdays").split()[local.weekday()]
        return f"{weekday}, {self.date(local)}"

    def date(self, local: date) -> str:
        """A local day without its weekday."""
        return f"{local.day} {self('months').split()[local.month - 1]} {local.year}"

    def clock(self, local: datetime) -> str:
        """A local time of day, as the language writes it."""
        return local.strftime(self("clock"))

    def moment(self, local: datetime) -> str:
        """A short day and time of day, as in 9/8 07:00."""
        return f"{local.day}/{local.month} {self.clock(local)}"

    def count(self, number: float | None) -> str:
        """A number with the language's marks; a dash when it is unknown.

        >>> Words("en").count(4611), Words("en").count(None)
        ('4,611', '–')
        """
        if number is None:
            return "–"
        text = f"{number:,.10g}" if number != int(number) else f"{int(number):,}"
        swap = {",": self("thousands"), ".": self("decimal")}
        return "".join(swap.get(char, char) for char in text).replace("-", "−")
