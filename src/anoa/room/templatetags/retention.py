"""What pages say of material that was deleted, or is held back."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext

from anoa.coordination.retention import Deletion, held_things
from anoa.room.models import SubmissionRow
from anoa.room.views.retention import class_words, rule_words

register = template.Library()
Context = dict[str, Any]


@register.simple_tag
def retention_class(klass: str) -> str:
    """A class of stored material in words."""
    return class_words(klass)


@register.inclusion_tag("room/_retention.html", takes_context=True)
def retained(context: Context, thing: Any) -> Context:
    """That the words behind a report were deleted, and the holds on a thing."""
    desk = context["desk"]
    name = getattr(thing, "submission", None)
    rows = SubmissionRow.objects.filter(operation=desk.operation, sha256=name, state="filed")
    certificate = rows.values_list("certificate", flat=True).first() if name else ""
    held = held_things(desk.picture.holds.values(), desk.picture.incidents)
    holds = [desk.picture.holds[held[thing.id]]] if thing.id in held else []
    return {"desk": desk, "deleted": _deleted(desk, certificate or ""), "holds": holds}


@register.simple_tag(takes_context=True)
def deleted(context: Context, certificate: str) -> dict[str, str] | None:
    """What is said in place of something deleted; None where there is no certificate."""
    return _deleted(context["desk"], certificate)


def _deleted(desk: Any, certificate: str) -> dict[str, str] | None:
    found = desk.present.things["deletion"].get(certificate)
    if not isinstance(found, Deletion):
        return None
    day = date_format(desk.pack.local(found.made_at).date(), "DATE_FORMAT")
    said = gettext("Deleted on {day}: {name}, kept {rule}; certificate").format(
        day=day, name=class_words(found.klass), rule=rule_words(found.rule)
    )
    return {"id": found.id, "said": said}
