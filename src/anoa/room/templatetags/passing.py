"""A thing as a short text to copy into a message."""

from __future__ import annotations

from typing import Any

from django import template

from anoa.messages import message_text

register = template.Library()


@register.inclusion_tag("room/_passing.html", takes_context=True)
def pass_on(context: dict[str, Any], thing: Any) -> dict[str, Any]:
    """A report, threat or commitment that the reader sees, as text; its first line says for whom.

    An exercise says in the text that it is one.
    """
    from anoa.room.queries import exercise_notice

    desk = context["desk"]
    notice = exercise_notice(desk.language)
    text = message_text(thing, desk.pack, desk.language)
    return {"text": f"{notice}\n{text}" if notice else text, "ident": thing.id}
