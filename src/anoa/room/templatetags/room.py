"""Tags that give names, times and marks of the pack in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from anoa.coordination.institutions import has_left
from anoa.coordination.values import RULES_AGENCY, thing_of
from anoa.ladder import Rung
from anoa.room.views import words
from anoa.room.views.labels import LABEL_WORDS
from anoa.sitrep.words import Words

register = template.Library()
Context = dict[str, Any]
PAGES = {"report": "report", "incident": "incident", "threat": "threat", "task": "tasks",
         "meeting": "meeting", "commitment": "commitment", "proposal": "proposal"}  # fmt: skip


@register.simple_tag(takes_context=True)
def exercise_notice(context: Context) -> str:
    """The mark that an exercise carries on every page; empty in a real operation."""
    from anoa.room.queries import exercise_notice as notice

    return notice(get_language() or "en")


@register.simple_tag(takes_context=True)
def agency(context: Context, ident: str | None) -> str:
    """The short name of an institution; the written rules are named as such."""
    if not ident:
        return gettext("no institution")
    if ident == RULES_AGENCY:
        return gettext("written rule")
    desk = context["desk"]
    known = desk.pack.agencies.get(ident)
    short = known.short if known else ident
    if has_left(desk.picture.institutions, ident):
        return gettext("{agency} (left)").format(agency=short)
    return short


@register.simple_tag(takes_context=True)
def agency_long(context: Context, ident: str) -> str:
    """The full name of an institution."""
    desk = context["desk"]
    known = desk.pack.agencies.get(ident)
    return desk.pack.text(known.name, desk.language) if known else ident


@register.simple_tag(takes_context=True)
def region(context: Context, code: str | None) -> str:
    """The name of a region or sub-district."""
    if not code:
        return gettext("whole operation")
    return context["desk"].pack.place_name(code)


@register.simple_tag(takes_context=True)
def threat_type(context: Context, ident: str) -> str:
    """The pack's words for a type of threat."""
    desk = context["desk"]
    known = desk.pack.threat_types.get(ident)
    return desk.pack.text(known.name, desk.language) if known else ident


@register.simple_tag(takes_context=True)
def place_class(context: Context, ident: str) -> str:
    """The pack's words for a class of place."""
    desk = context["desk"]
    return desk.pack.text(desk.pack.place_classes.get(ident, {}), desk.language) or ident


@register.simple_tag(takes_context=True)
def stage(context: Context, ident: str) -> str:
    """The pack's words for a stage of the election."""
    desk = context["desk"]
    known = desk.pack.stages.get(ident)
    return desk.pack.text(known.name, desk.language) if known else ident


@register.simple_tag(takes_context=True)
def texts(context: Context, known: Any) -> str:
    """A text of the pack in the reader's language."""
    desk = context["desk"]
    return desk.pack.text(known or {}, desk.language)


@register.simple_tag(takes_context=True)
def label(context: Context, ident: str) -> str:
    """A label of the pack, else the room's own word for it."""
    desk = context["desk"]
    own = desk.pack.text(desk.pack.labels.get(ident, {}), desk.language)
    return own or str(LABEL_WORDS.get(ident) or ident.replace("_", " "))


@register.simple_tag(takes_context=True)
def rung(context: Context, value: Any, form: str = "long") -> str:
    """The pack's words for a rung: its name, or its letters with ``short``."""
    desk = context["desk"]
    step = Rung(str(value))
    if step is Rung.CLOSED:
        return desk.pack.text(desk.pack.closed, desk.language)
    known = desk.pack.rungs[step]
    return known.short if form == "short" else desk.pack.text(known.name, desk.language)


@register.simple_tag(takes_context=True)
def rule_reason(context: Context, ident: str) -> str:
    """What a written rule of the ladder says."""
    if ident.startswith("dwell."):
        return gettext("Nothing has supported this rung for as long as the pack asks.")
    desk = context["desk"]
    return desk.pack.text(desk.pack.rule_reasons.get(ident, {}), desk.language)


@register.simple_tag(takes_context=True)
def when(context: Context, at: datetime | date | None, form: str = "short") -> SafeString:
    """A time in the operation's zone: ``short``, ``long`` (with the zone), or ``day``."""
    if at is None:
        return format_html('<span class="zero">{}</span>', gettext("unknown"))
    if not isinstance(at, datetime):
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), day_text(at))
    pack = context["desk"].pack
    local = pack.local(at)
    clock = Words(context["desk"].language).clock(local)
    text = f"{day_text(local.date(), form)}, {clock}" if form != "day" else day_text(local)
    zone = f" {pack.time_zone_label}" if form == "long" else ""
    return format_html('<time datetime="{}">{}{}</time>', local.isoformat(), text, zone)


@register.simple_tag(takes_context=True)
def local_input(context: Context, at: datetime) -> str:
    """An instant as an input of type datetime-local holds it, to the second."""
    return context["desk"].pack.local(at).strftime("%Y-%m-%dT%H:%M:%S")


def day_text(day: date, form: str = "short") -> str:
    """A day as people write it: 6 Aug 2024."""
    return date_format(day, "j M Y" if form != "long" else "l, j F Y")


@register.simple_tag(takes_context=True)
def age(context: Context, at: datetime | None) -> str:
    """How long ago an instant lies before the operation's clock, in words."""
    if at is None:
        return gettext("never")
    return gettext("{span} ago").format(span=span_text(context["desk"].at - at))


@register.simple_tag(takes_context=True)
def left(context: Context, at: datetime) -> str:
    """How long until an instant, or since when it has passed, in words."""
    span = at - context["desk"].at
    if span >= timedelta():
        return gettext("{span} left").format(span=span_text(span))
    return gettext("{span} over").format(span=span_text(-span))


def span_text(span: timedelta) -> str:
    """A length of time in its two largest useful units, rounded down."""
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 60:
        return ngettext("{n} min", "{n} min", minutes).format(n=minutes)
    if minutes < 48 * 60:
        hours = gettext("{n} h").format(n=minutes // 60)
        rest = minutes % 60
        return f"{hours} {gettext('{n} min').format(n=rest)}" if rest else hours
    days = minutes // (24 * 60)
    return ngettext("{n} day", "{n} days", days).format(n=days)


@register.simple_tag
def lock_minutes() -> int:
    """Minutes without input after which a screen locks."""
    return int(settings.LOCK_MINUTES)


@register.simple_tag
def verb(name: str) -> str:
    """What a button of this verb says."""
    return str(words.VERB_WORDS.get(name, name))


@register.simple_tag
def by_state(counts: Any) -> SafeString:
    """Counts by state, one beside the other and never in one sum."""
    parts = ((words.state_words(name), count) for name, count in counts)
    return format_html_join(" · ", '<span class="nowrap">{} <strong>{}</strong></span>', parts)


@register.simple_tag
def state(value: Any) -> SafeString:
    """A state as a badge."""
    text = words.state_words(str(value))
    look = {"broken": "b-broken", "late": "b-late", "discharged": "b-done", "done": "b-done",
            "verified": "b-done", "requested": "b-waiting", "claimed": "b-waiting",
            "recorded": "b-waiting", "under_verification": "b-waiting", "open": "b-waiting",
            "assigned": "b-waiting"}  # fmt: skip
    return format_html('<span class="badge {}">{}</span>', look.get(str(value), ""), text)


@register.simple_tag
def state_word(value: Any) -> str:
    """A state in plain words."""
    return words.state_words(str(value))


@register.simple_tag(takes_context=True)
def rung_badge(context: Context, value: Any) -> SafeString:
    """A rung as a badge: letters that print in black and white, its name for a reader aloud."""
    return format_html(
        '<span class="badge b-{}" title="{}">{}</span>',
        value, rung(context, value), rung(context, value, "short"),
    )  # fmt: skip


@register.simple_tag
def choice(field: str, value: Any) -> str:
    """A choice of a field in words."""
    return words.choice_words(field, str(value))


@register.simple_tag(takes_context=True)
def mark(context: Context, thing: Any) -> SafeString:
    """The handling mark of a thing: who may see it, and whose it is."""
    whose = agency(context, thing.owner)
    return format_html(
        '<span class="mark">{} · {}</span>', words.choice_words("handling", str(thing.handling)),
        whose,
    )  # fmt: skip


@register.simple_tag
def choices(options: Iterable[tuple[Any, Any]], chosen: Any) -> SafeString:
    """The options of a select; a page has hundreds, and a loop in a template takes long."""
    drawn = _drawn(tuple((str(value), str(text)) for value, text in options))
    if isinstance(chosen, str) and chosen in drawn:
        drawn = drawn | {chosen: drawn[chosen].replace(">", " selected>", 1)}
    return mark_safe("".join(drawn.values()))  # noqa: S308 - escaped where they are drawn


@lru_cache(maxsize=512)  # the same lists come on every page
def _drawn(options: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {
        value: f'<option value="{conditional_escape(value)}">{conditional_escape(text)}</option>'
        for value, text in options
    }


@register.simple_tag
def thing_link(ident: str) -> SafeString:
    """An id, linked to its page when it has one."""
    page = PAGES.get(thing_of(ident) or "")
    if page is None:
        return format_html("{}", ident)
    return _linked(page, ident)


@lru_cache(maxsize=4096)  # a page has many, and many pages the same
def _linked(page: str, ident: str) -> SafeString:
    try:
        return format_html('<a href="{}">{}</a>', reverse(page, args=[ident]), ident)
    except NoReverseMatch:
        return format_html('<a href="{}#{}">{}</a>', reverse(page), ident, ident)


@register.simple_tag
def thing_links(idents: Any) -> SafeString:
    """Several ids, each linked to its page."""
    return format_html_join(", ", "{}", ((thing_link(ident),) for ident in idents))


@register.simple_tag
def deed(kind: str) -> str:
    """What an entry of this kind did."""
    return words.deed_words(kind)


@register.inclusion_tag("room/_acts.html", takes_context=True)
def acts(context: Context, offered: Any) -> Context:
    """The forms of what this member may do here."""
    request = context["request"]
    return {"acts": offered, "desk": context["desk"], "request": request,
            "csrf_token": context.get("csrf_token")}  # fmt: skip


@register.inclusion_tag("room/_remarks.html", takes_context=True)
def remarks(context: Context, ident: str) -> Context:
    """The comments and disputes on a thing, in print."""
    desk = context["desk"]
    return {"remarks": desk.picture.remarks_on(ident), "desk": desk}


@register.simple_tag(takes_context=True)
def source_line(context: Context, idents: Any) -> SafeString:
    """The sources of a figure with publisher and date; linked where an address is known."""
    pack = context["desk"].pack
    found = [pack.sources[one] for one in idents if one in pack.sources]
    parts = []
    for one in found:
        day = day_text(one.date) if one.date else gettext("no date")
        text = f"{one.publisher}, {day}"
        parts.append(format_html('<a href="{}" rel="noreferrer">{}</a>', one.url, text)
                     if one.url.startswith("http") else format_html("{}", text))  # fmt: skip
    return format_html_join("; ", "{}", ((part,) for part in parts))
