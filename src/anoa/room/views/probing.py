"""Which verbs are open to a member now: the rules are asked, never written down a second time.

A verb is tried on the present picture with values that fit its fields; what it would draft is
thrown away. So a page offers only buttons that coordination would let through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from anoa.columns import Wanted, find
from anoa.coordination import VERBS, Actor, act
from anoa.coordination.kinds import Field, Form
from anoa.errors import AnoaError
from anoa.oplog import instant_text

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

TRIES = 200  # of one verb on one thing
TRIED = 8  # ids tried for one field
PLAIN = "-"
NEEDED: Mapping[str, frozenset[str]] = {  # not required of the form, but of the rules
    "threat.raise": frozenset({"region", "threat_type", "evidence"}),
}


def passes(desk: Desk, verb: str, subject: str, fixed: Mapping[str, Any]) -> bool:
    """Whether the verb would be let through with some values in its other fields."""
    spec = VERBS.get(verb)
    if spec is None or not desk.agency or desk.member.role not in spec.roles:
        return False
    actor = Actor(desk.member.ident, desk.agency, desk.member.role)
    return any(
        _drafts(desk, actor, verb, subject, data)
        for data in islice(_candidates(desk, verb, fixed), TRIES)
    )


def passing(
    desk: Desk, verb: str, subject: str, fixed: Mapping[str, Any], name: str
) -> tuple[str, ...]:
    """The choices of one field with which the verb would be let through."""
    field = next(one for one in VERBS[verb].fields if one.name == name)
    return tuple(
        choice
        for choice in _values(desk, verb, field)
        if passes(desk, verb, subject, {**fixed, name: choice})
    )


def _drafts(desk: Desk, actor: Actor, verb: str, subject: str, data: Mapping[str, Any]) -> bool:
    try:
        act(desk.whole, desk.pack.rules, actor, verb, subject, data, desk.at)
    except AnoaError:
        return False
    return True


def _candidates(desk: Desk, verb: str, fixed: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    needed = NEEDED.get(verb, frozenset())
    open_fields = [
        field
        for field in VERBS[verb].fields
        if (field.required or field.name in needed) and field.name not in fixed
    ]
    values = [_values(desk, verb, field) for field in open_fields]
    for chosen in product(*values):
        names = (field.name for field in open_fields)
        yield dict(fixed) | dict(zip(names, chosen, strict=True))


def _values(desk: Desk, verb: str, field: Field) -> tuple[Any, ...]:
    from anoa.room.forms import options_of

    if field.choices:
        return field.choices if field.name in ("to", "action", "verdict") else field.choices[:1]
    if field.form is Form.ID:
        known = tuple(value for value, _text in options_of(desk, verb, field))
        return known[:TRIED] or (PLAIN.replace("-", "x"),)
    fillers: Mapping[Form, Any] = {
        Form.PROSE: PLAIN, Form.KEY: PLAIN, Form.INSTANT: _soon(desk),
        Form.DATE: desk.pack.local(desk.at).date().isoformat(), Form.COUNT: 0, Form.FLAG: True,
        Form.SHARE: 0, Form.IDS: [], Form.WORDS_BY_REGION: {},
    }  # fmt: skip
    if field.name == "evidence":
        return [], _own_incidents(desk)
    if field.name == "observed_at":
        return (instant_text(desk.at),)
    return (fillers[field.form],)


def _own_incidents(desk: Desk) -> list[str]:
    """The incidents that may carry a provisional move of this member's institution."""
    mine = {"owner": frozenset({desk.agency}), "state": frozenset({"recorded"})}
    found = find(desk.whole, "incident", Wanted(mine))
    return [one.id for one in found.items(found.places[-TRIED:])]


def _soon(desk: Desk) -> str:
    """A time that lies a little ahead, as deadlines must."""
    return instant_text(desk.at + timedelta(hours=1))
