"""The languages of a reader and of a report, where the pack's own and the room's differ."""

from __future__ import annotations

import os

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from anoa.pack import Pack
from anoa.sitrep.words import LANGUAGES, own_language


def report_languages(pack: Pack) -> tuple[str, ...]:
    """The languages that a report of the pack can be written in, its own first.

    Those of the pack in which anoa has words; where there are none, all in which it has.
    """
    return tuple(one for one in pack.languages if one in LANGUAGES) or LANGUAGES


class ReadersLanguage(LocaleMiddleware):
    """The language that a reader chose, or asks for by the browser, else that of the operation."""

    def process_request(self, request: HttpRequest) -> None:
        """Turn the room's words to the reader's language."""
        super().process_request(request)
        if os.environ.get("ANOA_LANGUAGE") or _has_asked(request):
            return
        translation.activate(language_of_the_operation())
        request.LANGUAGE_CODE = translation.get_language()


def _has_asked(request: HttpRequest) -> bool:
    asked = [request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")]
    accepted = parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    asked += [language for language, _weight in accepted]
    return any(_is_known(language) for language in asked)


def _is_known(language: str) -> bool:
    try:
        return bool(language) and bool(translation.get_supported_language_variant(language))
    except LookupError:
        return False


def language_of_the_operation() -> str:
    """The first language of the operation's pack that the room speaks."""
    from anoa.room import record

    operation = record.current_operation()
    if operation is None:
        return str(settings.LANGUAGE_CODE)
    return own_language(record.pack_of(operation).languages)


def language_for(accepted: str) -> str:
    """The language for a program that asks by ``Accept-Language``, or does not."""
    for language, _weight in parse_accept_lang_header(accepted):
        if _is_known(language):
            return str(translation.get_supported_language_variant(language))
    if os.environ.get("ANOA_LANGUAGE"):
        return str(settings.LANGUAGE_CODE)
    return language_of_the_operation()
