"""Tags of the registry of editions: ages, classes and scales in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.template import Context
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy

from anoa.pack import Age, PublishedEdition, PublishedScore
from anoa.room.templatetags.room import source_line

register = template.Library()
CLASS_WORDS: Mapping[str, Any] = {
    "threat": pgettext_lazy("class", "threat"),
    "service": pgettext_lazy("class", "service"),
    "procedure": pgettext_lazy("class", "procedure and integrity"),
    "contest": pgettext_lazy("class", "contest setting"),
    "mixed": pgettext_lazy("class", "mixed: feeds no ladder"),
    "vulnerability": pgettext_lazy("class", "total of its classes: feeds no ladder"),
}
DIGITS = 2


@register.simple_tag
def class_word(klass: str) -> str:
    """The class of an edition or indicator in words."""
    return str(CLASS_WORDS.get(klass, klass))


@register.simple_tag(takes_context=True)
def old_by(context: Context, as_of: date) -> SafeString:
    """How old figures of that day are for the reader, with a mark from a year on."""
    desk = context["desk"]
    age = Age.between(as_of, desk.pack.local(desk.at).date())
    mark = format_html(' <span class="badge b-waiting">{}</span>', gettext("old"))
    return format_html("{}{}", years_old(age), mark if age.is_old else "")


@register.filter
def years_old(age: Age) -> str:
    """An age in years and months; in days below a month."""
    if not age.years and not age.months:
        return ngettext("{n} day old", "{n} days old", age.days).format(n=age.days)
    parts = []
    if age.years:
        parts.append(ngettext("{n} year", "{n} years", age.years).format(n=age.years))
    if age.months:
        parts.append(ngettext("{n} month", "{n} months", age.months).format(n=age.months))
    return gettext("{span} old").format(span=" ".join(parts))


@register.filter
def plain(value: float) -> str:
    """A number in the reader's marks, without zeros at its end."""
    text = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
    decimals = len(text.partition(".")[2])
    return number_format(text, decimals, force_grouping=abs(value) >= 1000)


@register.simple_tag
def scale_text(low: float | None, high: float | None) -> str:
    """The ends of a scale; unknown where they were not published."""
    if low is None or high is None:
        return gettext("no numbers published")
    return gettext("{low} to {high}").format(low=plain(low), high=plain(high))


@register.simple_tag
def value_text(edition: PublishedEdition, score: PublishedScore) -> str:
    """A value with its scale: never a bare number, as scales differ."""
    if score.value is None:
        return ""
    value = plain(score.value)
    if edition.counts and edition.high is not None:
        return gettext("{value} of {high}").format(value=value, high=plain(edition.high))
    scale = scale_text(edition.low, edition.high)
    return gettext("{value} on a scale from {scale}").format(value=value, scale=scale)


@register.simple_tag(takes_context=True)
def source_one(context: dict[str, Any], ident: str) -> SafeString:
    """The one source of a row, with publisher and date."""
    return source_line(context, (ident,))
