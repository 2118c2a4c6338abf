"""A pasted text without what the eye does not see: no marks of direction, no odd spaces."""

from __future__ import annotations

import unicodedata


def cleaned(text: str) -> str:
    """The text in plain letters: compatibility forms folded, invisible characters taken out.

    >>> cleaned("a\\u200bb\\u00a0\\u202ec\\r\\nd")
    'ab c\\nd'
    """
    if text.isascii():
        plain = text
    else:
        folded = unicodedata.normalize("NFKC", text)
        plain = "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cs", "Co"))
    plain = plain.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return "".join(c for c in plain if c in "\n\t" or c >= " ")
