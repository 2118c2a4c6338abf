"""The part that a member has in an operation: for whom, from when until when, and in which places.

The log says it: an entry admits a member, another may limit the part. What a member reads is what
its institution sees; a limit narrows where and when it acts, and after its end it reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from anoa.coordination.values import Member, Rules, thing_of
from anoa.errors import AccessDenied, NotAllowed
from anoa.oplog import instant_text

if TYPE_CHECKING:
    from anoa.coordination.actors import Actor
    from anoa.coordination.verbs import Act

SENDER = "reporter"  # the role in which what a member sent by a form is filed
NAMING = ("about", "report", "reports", "into", "to")  # fields that name things one acts on


def need_part(member: Member, actor: Actor, at: datetime) -> None:
    """Refuse who takes part no longer or not yet, and whom the log does not know as this actor."""
    is_sender = (actor.agency, actor.role) == (member.owner, SENDER)
    if not is_sender:
        need_as_admitted(member, actor.agency, actor.role)
    need_time(member, at)


def need_as_admitted(member: Member, agency: str, role: str) -> None:
    """Refuse another institution or role than the log says, whatever a database holds."""
    if (member.owner, member.role) != (agency, role):
        raise AccessDenied(
            "The log admits {member} as {role} of {agency} and not otherwise.",
            member=member.id, role=member.role, agency=member.owner,
        )  # fmt: skip


def need_time(member: Member, at: datetime, told: Callable[[datetime], str] = instant_text) -> None:
    """Refuse who takes part no longer, or not yet; ``told`` writes the time of a sentence."""
    if member.left:
        raise AccessDenied("{member} takes part no longer.", member=member.id)
    if member.valid_from is not None and at < member.valid_from:
        raise AccessDenied(
            "The part of {member} begins at {when}.",
            member=member.id, when=told(member.valid_from),
        )  # fmt: skip
    if member.valid_until is not None and at >= member.valid_until:
        raise AccessDenied(
            "The part of {member} ended at {when}. The administrator of this machine can renew "
            "it; an entry says so.", member=member.id, when=told(member.valid_until),
        )  # fmt: skip


def covers(rules: Rules, area: tuple[str, ...], place: str) -> bool:
    """Whether a place lies in one of these regions, or counts under one of these units.

    A place of which it is not known whose it is counts under each of the units that it may be of.
    """
    above = rules.above(place)
    return any(code in above or place in rules.units.get(code, ()) for code in area)


def places_within(rules: Rules, area: tuple[str, ...]) -> frozenset[str]:
    """The regions and sub-districts in which a member with that area acts."""
    return frozenset(place for place in rules.regions if covers(rules, area, place))


def need_within(member: Member, act: Act) -> None:
    """Refuse an act that touches a place outside the member's regions; without any: everywhere.

    What has no place, as a meeting or the duty, is not limited.
    """
    if not member.regions:
        return
    for place in _places_of(act):
        if not covers(act.rules, member.regions, place):
            raise NotAllowed(
                "{place} lies outside the area in which {member} acts: {area}.",
                place=place, member=member.id, area=", ".join(member.regions),
            )  # fmt: skip


def _places_of(act: Act) -> Iterator[str]:
    """The places that an act speaks of, and those of the things that it touches and may see."""
    if place := _place(act.data):
        yield place
    named = [act.data.get(name) for name in NAMING]
    idents = [one for value in named for one in (value if isinstance(value, list) else [value])]
    for ident in (act.subject, *idents):
        yield from _place_of_thing(act, ident)


def _place(data: Mapping[str, Any]) -> str:
    return str(data.get("sub_district") or data.get("region") or "")


def _place_of_thing(act: Act, ident: Any) -> Iterator[str]:
    thing = thing_of(ident) if isinstance(ident, str) else None
    item: Any = act.state.find(thing, ident) if thing else None
    if item is None or not act.sees(item):
        return
    place = getattr(item, "sub_district", None) or getattr(item, "region", None)
    if place:
        yield place
    if about := getattr(item, "about", None):  # of a proposal, or of a remark
        yield from _place_of_thing(act, about)
