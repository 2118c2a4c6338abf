"""The telephone numbers that a call for help offers: the site sets them, no pack holds them."""

from __future__ import annotations

from collections.abc import Iterator

from anoa.errors import StorageError

ALLOWED = set("+0123456789 -.()")


def help_number(text: str) -> str:
    """The number that takes a call for help by SMS; empty when the site set none.

    >>> help_number("+62 811-000"), help_number("")
    ('+62811000', '')

    Raises StorageError for what is no number.
    """
    return _number(text.strip(), "ANOA_HELP_SMS")


def help_calls(text: str) -> list[dict[str, str]]:
    """The posts that can be called, from ``Name:number`` with ``;`` between.

    >>> help_calls("Post: 0401-1; Ambulance:119")
    [{'name': 'Post', 'number': '04011'}, {'name': 'Ambulance', 'number': '119'}]

    Raises StorageError for anything else.
    """
    return list(_calls(text))


def _calls(text: str) -> Iterator[dict[str, str]]:
    for part in filter(None, (one.strip() for one in text.split(";"))):
        name, colon, number = part.rpartition(":")
        if not colon or not name.strip() or not number.strip():
            raise StorageError(
                "ANOA_HELP_CALLS is written as Post:number;Ambulance:number, not '{text}'",
                text=part,
            )
        yield {"name": name.strip(), "number": _number(number.strip(), "ANOA_HELP_CALLS")}


def _number(text: str, setting: str) -> str:
    if set(text) - ALLOWED or (text and not any(one.isdigit() for one in text)):
        raise StorageError("{setting}: '{text}' is no telephone number", setting=setting, text=text)
    return "".join(one for one in text if one.isdigit() or one == "+")
