"""The words of the pack's country: enough of them that the other checks can see."""

from __future__ import annotations

from anoa.pack.collecting import Findings
from anoa.pack.documents import WORDS
from anoa.pack.schema import Draft

MAY_BE_EMPTY = ("suffixes", "plate_areas", "not_names", "form_words", "form_allowed")
LONGEST = 60


def check_vocabulary(draft: Draft, findings: Findings) -> None:
    """Every list that a check stands on holds a word, and no word is a mere star."""
    row = draft.document(WORDS.file)
    for field in WORDS.record.fields:
        if field.name not in row.lines:
            continue
        words, line = row.texts(field.name), row.line_of(field.name)
        if not words and field.name not in MAY_BE_EMPTY:
            findings.add(row.file, line, f"{field.name} names no word", field.about)
        for word in words:
            if len(word) > LONGEST or not any(letter.isalpha() for letter in word):
                findings.add(row.file, line, f"{field.name}: '{word[:20]}' is not a word")
