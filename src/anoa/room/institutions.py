"""Institutions and keys as the administrator of the machine keeps them: list, let go, retire.

Every step is an entry of the log in the host administrator's name, so that all institutions see
it. The administrator publishes no key: whoever publishes one proves that it can open or sign by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from anoa.coordination.institutions import current_countersign_key, has_left
from anoa.coordination.kinds import PROSE_LIMIT, VERSION
from anoa.coordination.sealed import current_key
from anoa.coordination.values import RULES_AGENCY
from anoa.errors import NotAllowed
from anoa.oplog import Entry, Handling, Json
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import accounts, actions, record
from anoa.room.intake.tokens import gate
from anoa.room.models import EntryRow, HookRow, Member, Operation, TokenRow
from anoa.room.notices import TOKENS, tell

HOST = "host-admin"
KEY_THINGS = {"K": "sealing_key", "Q": "countersign_key"}
OPEN = ("threats", "incidents", "reports", "tasks", "commitments", "proposals", "meetings")
SHUT = frozenset({
    "closed", "done", "declined", "withdrawn", "discharged", "broken", "released", "carried",
    "merged", "refuted", "verified", "unrelated", "duplicate",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How an institution of the pack stands in the operation."""

    agency: str
    name: str
    kind: str
    state: str  # takes part, left, returned, or silent where it has no member
    successor: str | None
    members: int
    sealing_key: str | None
    countersign_key: str | None
    tokens: int
    last_act: datetime | None
    open_things: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """What came of letting an institution go."""

    members: int
    tokens: int
    hooks: int
    keys: tuple[str, ...]
    open_things: int
    successor: str | None


def standings(operation: Operation) -> list[Standing]:
    """Every institution of the pack, in its order."""
    pack, picture = record.pack_of(operation), record.current_picture(operation)
    acts = dict(
        EntryRow.objects.filter(operation=operation).order_by()
        .values_list("agency").annotate(at=Max("at"))
    )  # fmt: skip
    still_open = open_things(picture)
    return [_standing(operation, pack, picture, one.id, acts.get(one.id), still_open[one.id])
            for one in pack.agencies.values()]  # fmt: skip


def _standing(
    operation: Operation, pack: Pack, picture: Picture, agency: str, last: datetime | None,
    still_open: int,
) -> Standing:  # fmt: skip
    left = picture.institutions.get(agency)
    members = sum(one.owner == agency and not one.left for one in picture.members.values())
    sealing = current_key(picture.sealing_keys.values(), agency)
    signing = current_countersign_key(picture.countersign_keys, agency)
    spec, tokens = pack.agencies[agency], _tokens(operation, agency).count()
    return Standing(
        agency, pack.text(spec.name, pack.languages[0]), spec.kind,
        left.state if left else "takes part" if members else "silent",
        left.successor if left else None, members, sealing.id if sealing else None,
        signing.id if signing else _countersigned_by(picture, agency), tokens, last, still_open,
    )  # fmt: skip


def _countersigned_by(picture: Picture, agency: str) -> str | None:
    """The public key of its last cosignature; None where it never countersigned."""
    found = [
        key for one in picture.seals.values()
        for key, owner in zip(one.countersigned, one.countersigners, strict=True) if owner == agency
    ]  # fmt: skip
    return found[-1] if found else None


def _tokens(operation: Operation, agency: str) -> Any:
    return TokenRow.objects.filter(operation=operation, agency=agency, revoked_at=None)


def open_things(picture: Picture) -> Counter[str]:
    """How many things of each institution are not closed."""
    things: Iterator[Any] = (one for name in OPEN for one in getattr(picture, name).values())
    return Counter(one.owner for one in things if str(one.state) not in SHUT)


# Leaving and coming back


def let_institution_go(
    operation: Operation, agency: str, reason: str, successor: str = ""
) -> Leaving:
    """End an institution's part in one transaction; what it did and owns stays its own.

    Its members leave, its accounts are shut, its tokens and hooks revoked, its keys retired. Raises
    NotAllowed where that cannot be.
    """
    _check_reason(operation, reason)
    _check_successor(operation, agency, successor)
    now = datetime.now(UTC)
    kept: list[Picture] = []

    def decide(picture: Picture) -> tuple[Entry, ...]:
        if has_left(picture.institutions, agency):
            raise NotAllowed("{agency} left already", agency=agency)
        kept.append(picture)
        return tuple(_leaving_entries(operation, picture, agency, reason, successor))

    with record.lock(), transaction.atomic():
        made = record.write(operation, decide)
        members = list(Member.objects.select_related("user").filter(
            operation=operation, agency=agency, user__is_active=True))  # fmt: skip
        for member in members:
            accounts.shut(member)
        tokens = _tokens(operation, agency).update(revoked_at=now)
        hooks = HookRow.objects.filter(operation=operation, agency=agency, revoked_at=None)
        revoked = hooks.update(revoked_at=now)
        tell(TOKENS)
    gate.forget()
    keys = tuple(one.subject for one in made if one.thing in KEY_THINGS.values())
    return Leaving(len(members), tokens, revoked, keys, open_things(kept[0])[agency],
                   successor or None)  # fmt: skip


def _leaving_entries(
    operation: Operation, picture: Picture, agency: str, reason: str, successor: str
) -> Iterator[Entry]:
    at = max(actions.now_of(operation), picture.at or actions.now_of(operation))
    data = {"reason": reason} | ({"successor": successor} if successor else {})
    yield _entry(at, "institution.left", agency, data, Handling.PUBLIC)
    for member in picture.members.values():
        if member.owner == agency and not member.left:
            yield _entry(at, "member.left", member.id, {}, Handling.INSTITUTIONS)
    for report in picture.taken_reports():
        if report.taken_by == agency:  # nobody is there to judge it
            yield _entry(at, "report.released", report.id, {}, Handling(report.handling))
    if (sealing := current_key(picture.sealing_keys.values(), agency)) is not None:
        yield _entry(at, "sealing_key.retired", sealing.id, {"reason": reason}, Handling.PUBLIC)
    if (signing := current_countersign_key(picture.countersign_keys, agency)) is not None:
        yield _entry(at, "countersign_key.revoked", signing.id, {"reason": reason}, Handling.PUBLIC)


def let_institution_back(operation: Operation, agency: str, reason: str) -> None:
    """Let an institution take part again; its members are admitted anew, one by one."""
    _check_reason(operation, reason)

    def decide(picture: Picture) -> tuple[Entry, ...]:
        if not has_left(picture.institutions, agency):
            raise NotAllowed("{agency} takes part: there is nothing to take back", agency=agency)
        return (_at_the_end(operation, picture, "institution.returned", agency, reason),)

    record.write(operation, decide)


def _check_reason(operation: Operation, reason: str) -> None:
    if not 1 <= len(reason.strip()) <= PROSE_LIMIT:
        raise NotAllowed("say why in 1 to {most} characters: the log tells it", most=PROSE_LIMIT)
    if hits := record.rules_of(operation).screen(reason):
        raise NotAllowed("this may name a person or a party: {found}. Write it without.",
                         found="; ".join(hits))  # fmt: skip


def _check_successor(operation: Operation, agency: str, successor: str) -> None:
    """Refuse whoever could not speak for the institution: only one of the same kind can."""
    agencies = record.rules_of(operation).agencies
    for one in (agency, *([successor] if successor else [])):
        if one not in agencies:
            raise NotAllowed("there is no institution {agency}; there are: {known}",
                             agency=one, known=", ".join(sorted(agencies)))  # fmt: skip
    if not successor:
        return
    left = record.current_picture(operation).institutions
    kin = (one.id for one in agencies.values() if one.kind == agencies[agency].kind)
    fit = sorted(one for one in kin if one != agency and not has_left(left, one))
    if successor not in fit:
        raise NotAllowed(
            "{successor} cannot speak for {agency}: only an institution of the same kind that "
            "takes part can; there are: {known}",
            successor=successor, agency=agency, known=", ".join(fit) or "none",
        )  # fmt: skip


# Keys


@dataclass(frozen=True, slots=True)
class KeyStanding:
    """A key that the log or the data folder knows; never the key itself where it is secret."""

    id: str
    what: str  # sealing, countersigning, log, or secret
    agency: str
    state: str
    public: str
    since: datetime | None = None
    reason: str = ""


def keys(operation: Operation) -> list[KeyStanding]:
    """The public keys of all institutions, the log's, and the names of the machine's secrets."""
    picture = record.current_picture(operation)
    found = [
        KeyStanding(one.id, "sealing", one.owner, one.state, one.fingerprint, one.published_at,
                    one.reason or "")
        for one in picture.sealing_keys.values()
    ]  # fmt: skip
    found += [
        KeyStanding(one.id, "countersigning", one.owner, one.state, one.public, one.published_at,
                    one.reason or "")
        for one in picture.countersign_keys.values()
    ]  # fmt: skip
    return [*found, *_used_keys(picture), *_machine_keys(picture)]


def _used_keys(picture: Picture) -> Iterator[KeyStanding]:
    """Keys that countersigned without having been published, by their first use."""
    published = {one.public for one in picture.countersign_keys.values()}
    first: dict[str, KeyStanding] = {}
    for one in picture.seals.values():
        for key, owner in zip(one.countersigned, one.countersigners, strict=True):
            if key not in published:
                first.setdefault(
                    key, KeyStanding("-", "countersigning", owner, "used", key, one.signed_at)
                )
    return iter(first.values())


def _machine_keys(picture: Picture) -> Iterator[KeyStanding]:
    for key in dict.fromkeys(one.key for one in picture.seals.values()):
        yield KeyStanding("-", "log", RULES_AGENCY, "used", key)
    for path in sorted(settings.DATA_FOLDER.keys.glob("*")):
        if path.is_file() and not path.name.startswith("."):
            state = "kept" if path.stat().st_mode & 0o077 == 0 else "readable by others: chmod 600"
            yield KeyStanding(path.name, "secret", RULES_AGENCY, state, "")


def retire_key(operation: Operation, ident: str, reason: str) -> str:
    """Retire a sealing key or revoke a countersigning key for its institution; returns its owner.

    As when the institution has lost it and none of its members can sign in. Raises NotAllowed.
    """
    _check_reason(operation, reason)
    thing = KEY_THINGS.get(ident.partition("-")[0], "")
    kind = {"sealing_key": "sealing_key.retired", "countersign_key": "countersign_key.revoked"}
    owners: list[str] = []

    def decide(picture: Picture) -> tuple[Entry, ...]:
        key: Any = picture.find(thing, ident) if thing else None
        if key is None:
            raise NotAllowed("there is no key {id}: anoa admin keys lists them", id=ident)
        if key.state in ("retired", "revoked"):
            raise NotAllowed("{id} is {state} already", id=ident, state=key.state)
        owners.append(key.owner)
        return (_at_the_end(operation, picture, kind[thing], ident, reason),)

    record.write(operation, decide)
    return owners[0]


def _at_the_end(
    operation: Operation, picture: Picture, kind: str, subject: str, reason: str
) -> Entry:
    now = actions.now_of(operation)
    at = max(now, picture.at or now)
    return _entry(at, kind, subject, {"reason": reason}, Handling.PUBLIC)


def _entry(
    at: datetime, kind: str, subject: str, data: dict[str, Json], handling: Handling
) -> Entry:
    return Entry(0, at, HOST, RULES_AGENCY, kind, VERSION, subject, data, handling)
