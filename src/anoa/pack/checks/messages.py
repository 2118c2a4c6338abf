"""The words of messages: numbers in their range, levels that exist, phrases that hold a word."""

from __future__ import annotations

from collections.abc import Iterator

from anoa.pack.collecting import Findings
from anoa.pack.forms import form_rows
from anoa.pack.message_words import MESSAGES
from anoa.pack.schema import Draft, Row

RANGES = {
    ("months", "month"): (1, 12),
    ("day_parts", "from"): (0, 23),
    ("day_parts", "to"): (0, 23),
}
LONGEST = 120


def check_messages(draft: Draft, findings: Findings) -> None:
    """Every word and phrase of the file can be found in a message at all."""
    row = draft.document(MESSAGES.file)
    for (name, key), (low, high) in RANGES.items():
        for one in row.rows(name):
            number = one.number(key)
            if number is not None and not low <= number <= high:
                findings.add(
                    row.file, one.line_of(key), f"{key}: {number:g} is not {low} to {high}"
                )
    _check_levels(row, draft, findings)
    _check_codes(row, draft, findings)
    for line, phrase in _phrases(row):
        if len(phrase) > LONGEST or not _is_phrase(phrase):
            findings.add(
                row.file, line, f"'{phrase[:30]}' is no phrase", "words in order, see the reference"
            )


def _check_levels(row: Row, draft: Draft, findings: Findings) -> None:
    known = {one.text("level") for one in draft.rows("regions.csv")}
    if not known:
        return  # the table could not be read, and that is told
    known |= {"sub_district", "village"}
    for one in row.rows("levels"):
        level = one.text("level")
        if level and level not in known:
            findings.add(row.file, one.line_of("level"), f"there is no level '{level}'",
                         "levels: " + ", ".join(sorted(known)))  # fmt: skip


def _check_codes(row: Row, draft: Draft, findings: Findings) -> None:
    """Each code fills in a form that is there, and names choices of it."""
    forms = {one.text("id"): one for one in form_rows(draft)}
    for code in row.rows("codes"):
        form = forms.get(code.text("form"))
        if form is None:
            findings.add(row.file, code.line_of("form"), f"there is no form '{code.text('form')}'",
                         "forms: " + ", ".join(sorted(forms)))  # fmt: skip
            continue
        fields = [one for screen in form.rows("screens") for one in screen.rows("fields")]
        known = {each.text("id") for one in fields for each in one.rows("choices")}
        for answer in code.rows("answers"):
            if (value := answer.text("value")) not in known:
                findings.add(row.file, answer.line_of("value"),
                             f"the form {code.text('form')} has no choice '{value}'",
                             "choices of its own, not of a list of the pack")  # fmt: skip


def _phrases(row: Row) -> Iterator[tuple[int, str]]:
    for field in MESSAGES.record.fields:
        if field.record:
            for one in row.rows(field.name):
                for name in ("words", "phrases"):
                    yield from ((one.line_of(name), phrase) for phrase in one.texts(name))
        else:
            yield from ((row.line_of(field.name), phrase) for phrase in row.texts(field.name))


def _is_phrase(phrase: str) -> bool:
    """Each piece but ``..`` and ``<n>`` holds a letter or figure, and one piece is a word.

    >>> _is_phrase("a|b .. c*"), _is_phrase("* <n>"), _is_phrase("x ..")
    (True, False, False)
    """
    pieces = phrase.split()
    words = [piece for piece in pieces if piece not in ("..", "<n>")]
    whole = all(any(map(str.isalnum, part)) for piece in words for part in piece.split("|"))
    return bool(words) and whole and ".." not in (pieces[0], pieces[-1])
