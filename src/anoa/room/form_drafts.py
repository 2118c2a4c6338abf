"""Forms that a member has begun to fill in, kept as drafts and filled in again on return.

The key of such a draft names the page and the form on it. Keys and passwords are never kept: only
the typed fields of a verb are, and of those no public key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from anoa.coordination.kinds import Form
from anoa.room import access, drafts
from anoa.room.forms import RAW_WORDS, typed_fields
from anoa.room.models import Member

PREFIX = "form "


@dataclass(frozen=True, slots=True)
class Begun:
    """What was typed into one form, by field, and when it was kept (UTC, wall clock)."""

    typed: Mapping[str, list[str]]
    kept_at: datetime | None


def form_name(verb: str, subject: str) -> str:
    """What tells the forms of one page apart."""
    return f"{verb} {subject}"


def keep(member: Member, page: str, typed: QueryDict) -> bool:
    """Keep what was typed into a form of that page; False when there is nothing to keep.

    Raises NotAllowed when it is too much.
    """
    verb, subject = typed.get("verb", ""), typed.get("subject", "")
    if not access.may(member.role, verb):
        return False
    content = fields_of(verb, typed)
    key = _key(page, verb, subject)
    if not content:
        drafts.discard(member, key)
        return False
    drafts.save(member, key, content)
    return True


def fields_of(verb: str, typed: QueryDict) -> dict[str, list[str]]:
    """The values of the form's fields that may be kept, blanks left out."""
    names = [one.name for one in typed_fields(verb) if one.form is not Form.KEY]
    found = {name: typed.getlist(name) for name in (*names, RAW_WORDS)}
    return {name: values for name, values in found.items() if any(map(str.strip, values))}


def discard(member: Member, page: str, typed: QueryDict) -> None:
    """Forget the draft of that form."""
    drafts.discard(member, _key(page, typed.get("verb", ""), typed.get("subject", "")))


def of_page(member: Member, page: str) -> dict[str, Begun]:
    """What the member has begun on a page, by the name of the form."""
    prefix = f"{PREFIX}{page}#"
    found = {}
    for key in drafts.keys(member, prefix):
        content = drafts.load(member, key)
        if content is not None:
            found[key.removeprefix(prefix)] = Begun(content, drafts.saved_at(member, key))
    return found


def _key(page: str, verb: str, subject: str) -> str:
    return f"{PREFIX}{page}#{form_name(verb, subject)}"
