"""Tags for the pack's second tree: the switch, the unit of a thing, shared counts, the filter."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from anoa.pack import CIVIL
from anoa.pack.areas import UnitPart
from anoa.room import places
from anoa.room.templatetags.room import day_text
from anoa.situation import Line, is_unit, place_of

register = template.Library()
Context = dict[str, Any]


@register.simple_tag(takes_context=True)
def tree_name(context: Context, tree: str) -> str:
    """The pack's word for one line of a tree: a region, or a unit."""
    return places.tree_name(context["desk"], tree)


@register.inclusion_tag("room/_tree.html", takes_context=True)
def tree_switch(context: Context) -> Context:
    """Links that list and count by the one tree or the other; nothing in a pack of one tree."""
    desk = context["desk"]
    kept = desk.request.GET.copy()
    choices = []
    for tree in desk.pack.trees:
        kept[places.KEY] = tree
        choices.append((f"?{kept.urlencode()}", tree_name(context, tree), tree == desk.tree))
    return {"choices": choices if len(choices) > 1 else [], "by_unit": desk.tree != CIVIL}


@register.inclusion_tag("room/_place_filter.html", takes_context=True)
def place_filter(context: Context, found: places.PlaceFilter) -> Context:
    """A form that shows the things of one region or unit, and says how many it hides."""
    return {"filter": found, "groups": _named(context, found)}


@register.inclusion_tag("room/_line_counts.html", takes_context=True)
def line_counts(context: Context, found: places.LineCounts) -> Context:
    """How many there are in each region or unit, in a table that is folded away."""
    return {"found": found, "desk": context["desk"]}


@register.inclusion_tag("room/_place_options.html", takes_context=True)
def place_options(context: Context, found: places.PlaceFilter) -> Context:
    """The choices of a select of regions and units."""
    return {"filter": found, "groups": _named(context, found)}


def _named(context: Context, found: places.PlaceFilter) -> list[tuple[str, Any]]:
    return [(tree_name(context, tree), options) for tree, options in found.groups]


@register.simple_tag(takes_context=True)
def line_link(context: Context, code: str) -> SafeString:
    """A region or unit, linked to its page."""
    pack = context["desk"].pack
    address = reverse("unit" if is_unit(pack, code) else "region", args=[code])
    return format_html('<a href="{}">{}</a>', address, places.line_name(pack, code))


@register.simple_tag(takes_context=True)
def unit(context: Context, thing: Any) -> SafeString:
    """By the tree of units, whose area a thing is in; nothing by the civil tree."""
    desk = context["desk"]
    if desk.tree == CIVIL:
        return SafeString("")
    return unit_of_place(context, place_of(thing))


@register.simple_tag(takes_context=True)
def unit_of_place(context: Context, place: str | None) -> SafeString:
    """The units that a place may be of, marked as shared where it does not tell which."""
    pack = context["desk"].pack
    spot = pack.spot(place, pack.trees[-1])
    units = [code for code in spot.lines if is_unit(pack, code)]
    if not units:
        return SafeString("")
    links = format_html_join(" / ", "{}", ((line_link(context, code),) for code in units))
    return format_html(
        ' <span class="unit">{}{}</span>', links, shared_mark() if spot.is_shared else ""
    )


@register.simple_tag(takes_context=True)
def public_since(context: Context, part: UnitPart) -> SafeString:
    """Since when a unit's part is public; marked where that is after the moment of the page."""
    desk, day = context["desk"], part.known_at
    if day is None:
        return format_html("{}", gettext("not known since when it is public"))
    text = format_html("{} {}", gettext("public since"), day_text(day))
    if day <= desk.pack.local(desk.at).date():
        return text
    later = gettext("published after the moment of this page")
    return format_html('{} <span class="badge b-waiting">{}</span>', text, later)


@register.simple_tag
def shared_mark() -> SafeString:
    """The mark of a thing whose place does not tell which unit it is of."""
    return format_html(
        ' <span class="badge b-shared" title="{}">{}</span>',
        gettext("place within the region not given"), gettext("shared"),
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def mark_if_shared(context: Context, thing: Any, code: str) -> SafeString:
    """The mark of a shared thing on the page of a unit; nothing on that of a region."""
    pack = context["desk"].pack
    shared = is_unit(pack, code) and pack.spot(place_of(thing), pack.trees[-1]).is_shared
    return shared_mark() if shared else SafeString("")


@register.simple_tag
def shared_count(line: Line, name: str) -> SafeString:
    """How many of a count of a line are shared with other units; nothing when none is."""
    shared = getattr(line.shared, name)
    if not shared:
        return SafeString("")
    text = gettext("{n} shared").format(n=shared)
    return format_html(' <span class="small soft">({})</span>', text)
