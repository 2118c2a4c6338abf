"""Who may do and see what: every rule is written as what the outsider does not see."""

from __future__ import annotations

import sys
from datetime import datetime

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import RequestDataTooBig
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from anoa.coordination.field import Word
from anoa.coordination.parts import need_as_admitted, need_time
from anoa.coordination.seeing import Eyes, eyes_of
from anoa.coordination.values import RULES_AGENCY
from anoa.coordination.values import Member as Part
from anoa.coordination.verbs import VERBS
from anoa.errors import AccessDenied
from anoa.logfile import HiddenEntry, LogLine
from anoa.oplog import Entry, Handling
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import record
from anoa.room.models import Member
from anoa.room.record import rules_of
from anoa.room.storage import is_away
from anoa.sight import may_see

PART = "_part"  # of a member, for as long as a request lasts
READS_NO_THINGS = frozenset({"auditor", "host_admin"})  # the log and its seals, and nothing else


def may(role: str, verb: str) -> bool:
    """Whether a role may use the verb at all; whether it follows now, coordination says."""
    return verb in VERBS and role in VERBS[verb].roles


def need(role: str, verb: str) -> None:
    """Raise AccessDenied for a role that may not use the verb."""
    if not may(role, verb):
        raise AccessDenied("this is not for the role {role}", role=role)


def member_of(user: object) -> Member:
    """The member a signed-in user is, as the log admits it.

    AccessDenied for none, before and after its part, and where the database says otherwise.
    """
    found = Member.objects.select_related("operation").filter(user=user).first()
    if found is None:
        raise AccessDenied("this account belongs to no member of an operation")
    part = found.__dict__[PART] = part_of(found)
    if part is not None:
        need_as_admitted(part, found.agency, found.role)
        pack = record.pack_of(found.operation)
        need_time(part, record.now_of(found.operation), lambda at: _local(pack, at))
    return found


def _local(pack: Pack, at: datetime) -> str:
    return f"{pack.local(at):%Y-%m-%d %H:%M} {pack.time_zone_label}"


def part_of(member: Member) -> Part | None:
    """The member's part as the log says it; None for who acts for no institution."""
    if PART not in member.__dict__:
        return record.current_picture(member.operation).members.get(member.ident)
    found: Part | None = member.__dict__[PART]
    return found


def eyes(member: Member) -> Eyes:
    """Through whose eyes the member reads: the institution, and the widest handling let into."""
    known = rules_of(member.operation).agencies.get(member.agency)
    part = part_of(member)
    widest = known.sees if known else Handling.PUBLIC
    return eyes_of(member.agency or None, widest, part.reads if part else "own")


def agency_of(member: Member) -> str | None:
    """The institution whose eyes the member has; None for an outsider."""
    return eyes(member)[0]


def sees(member: Member) -> Handling:
    """The widest handling that the member is let into."""
    return eyes(member)[1]


def reads_own(member: Member) -> bool:
    """Whether the member reads what is its institution's own: inbox, words, tokens, sealed text."""
    return bool(member.agency) and agency_of(member) == member.agency


def reads_things(member: Member) -> bool:
    """Whether the member reads the picture at all, and not only the log and its seals."""
    return member.role not in READS_NO_THINGS


def must_have_factor(member: Member) -> bool:
    """Whether the member reaches no page without a second factor.

    ``ANOA_MFA`` says it, else whether the operation is real. Who reads no more than what is public
    and does nothing need not have one.
    """
    if settings.SECOND_FACTOR != "required" and (
        settings.SECOND_FACTOR == "optional" or member.operation.exercise
    ):
        return False
    return not reads_things(member) or sees(member) is not Handling.PUBLIC


def view(member: Member, picture: Picture) -> Picture:
    """What the member may see of the picture."""
    return picture.seen_by(*eyes(member))


def visible(agency: str | None, widest: Handling) -> Q:
    """The one rule (``sight.may_see``) as a condition on rows with an owner and a handling."""
    found = Q(handling=Handling.PUBLIC.value)
    if agency is None:
        return found
    found |= Q(owner=agency)
    if widest is not Handling.PUBLIC:
        found |= Q(handling=Handling.INSTITUTIONS.value)
    return found


def may_read(entry: Entry, picture: Picture, agency: str | None, widest: Handling) -> bool:
    """Whether that reader may read an entry; an entry of the written rules is its thing's owner's.

    Who may not read an entry sees nothing change by it. A word is read by whom its sender chose.
    """
    if entry.thing == "word" and isinstance(word := picture.find("word", entry.subject), Word):
        return word.is_for(agency)
    owner = entry.agency
    if owner == RULES_AGENCY and entry.thing in picture.things:
        thing = picture.find(entry.thing, entry.subject)
        owner = thing.owner if thing else owner
    return may_see(entry.handling, owner, agency, widest)


def log_line(entry: Entry, picture: Picture, agency: str | None, widest: Handling) -> LogLine:
    """The entry, or its place and leaf hash where that reader may not see it."""
    if may_read(entry, picture, agency, widest):
        return entry
    return HiddenEntry(entry.seq, entry.handling, entry.leaf)


def broken(request: HttpRequest) -> HttpResponse:
    """The answer when something broke: one sentence that needs neither template nor database."""
    if is_away(sys.exc_info()[1]):
        return _away()
    return HttpResponse(
        gettext(
            "This step could not be finished; nothing that was recorded before is lost. Look at "
            "the log before you do it again. If it happens again, tell the administrator of this "
            "machine: the disk may be full."
        ),
        status=500,
        content_type="text/plain; charset=utf-8",
    )


def _away() -> HttpResponse:
    return HttpResponse(
        gettext(
            "The database server of this room cannot be reached. Nothing that was recorded before "
            "is lost. Wait a moment and load the page again; look at the log before you do a step "
            "again. If it lasts, tell the administrator of this machine."
        ),
        status=503,
        content_type="text/plain; charset=utf-8",
        headers={"Retry-After": "10"},
    )


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that cannot be read, or whose session could not be written."""
    if isinstance(exception, SessionInterrupted):
        return broken(request)
    status, said = 400, gettext("This request cannot be read. Go back and try again.")
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 10
        status, said = 413, gettext(
            "That is too much at once: a form holds at most {n} kB. Go back and send less."
        ).format(n=limit)  # fmt: skip
    return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
