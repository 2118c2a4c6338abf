"""An exercise in the room: opened from a pack, played by injects, moved on by a button."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from anoa.coordination.actors import Actor
from anoa.errors import InputError, NotAllowed
from anoa.oplog import Entry
from anoa.pack import Inject, Pack, load_pack
from anoa.picture import bind, names_of, opening
from anoa.room import accounts, actions, record
from anoa.room.models import Member, Operation, SealFile
from anoa.room.storage import storage_errors
from anoa.seals import KeyKind, PrivateKey, parse_seal, read_private_key, write_private_key

STEP = timedelta(hours=1)


def open_exercise(folder: Path) -> tuple[Operation, dict[str, str]]:
    """Open the pack's exercise, play it as far as its demo goes, and make the users of its cast.

    All in one transaction. Returns the operation and the new passwords by user name.
    """
    pack = load_pack(folder)
    exercise = pack.exercise
    if exercise is None:
        raise NotAllowed("the pack {pack} has no exercise", pack=pack.id)
    snapshot = _snapshot(folder, pack)
    with transaction.atomic():
        operation = Operation.objects.create(
            ident=pack.id, pack_folder=snapshot, pack_digest=pack.digest,
            time_zone=pack.time_zone, exercise=True,
        )  # fmt: skip
        first = opening(pack, exercise.injects[0].at, exercise=True)
        record.write(operation, lambda picture: first)
        for inject in exercise.injects[: exercise.play_until]:
            _play(operation, pack, inject)
        passwords = accounts.admit(operation, pack.cast.values())
    return operation, passwords


def _snapshot(folder: Path, pack: Pack) -> str:
    """Copy the pack into the data folder under its digest; returns its place there."""
    place = f"packs/{pack.id}-{pack.digest[:16]}"
    target: Path = settings.DATA_FOLDER.path / place
    if target.is_dir():
        return place
    with storage_errors(settings.DATA_FOLDER.path):
        half = target.with_name(f".{target.name}")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(folder, half)
        half.replace(target)
    return place


def _play(operation: Operation, pack: Pack, inject: Inject) -> tuple[Entry, ...]:
    """Play one inject and remember what it named; the operation row is written with it."""
    at = max(inject.at, record.current_picture(operation).at or inject.at)
    actions.let_clocks_run(operation, at)
    member = pack.cast[inject.who]
    actor = Actor(member.id, member.agency, member.role)
    subject, data = bind(operation.inject_names, inject.subject or "", inject.data)
    if inject.verb == "seal.countersign":
        data = {"key": _cosignature(operation, member.agency, subject, at)} | data
    made = actions.perform(actions.Deed(operation, actor, inject.verb, subject, data, at))
    operation.inject_names |= names_of(inject, made)
    operation.injects_played = inject.number
    operation.save(update_fields=["inject_names", "injects_played"])
    return made


def _cosignature(operation: Operation, agency: str, seal: str, at: datetime) -> str:
    """The two lines that an institution would paste after ``anoa countersign``.

    An institution keeps its key on a machine of its own. In an exercise one machine plays all of
    them, under names that say so.
    """
    row = SealFile.objects.filter(operation=operation, ident=seal).first()
    if row is None:
        raise NotAllowed("There is no {thing} {id}.", thing="seal", id=seal)
    keys: Path = settings.DATA_FOLDER.keys
    path = keys / f"exercise-{agency}.key"
    if not path.exists():
        seed = secrets.token_bytes(32)
        write_private_key(path, PrivateKey(f"exercise.{agency}", KeyKind.COSIGNER, seed))
    key = read_private_key(path)
    signed = parse_seal(bytes(row.content)).cosigned(key, at)
    return f"{key.public.vkey}\n{signed.checkpoint.note.splitlines()[-1]}"


def next_inject(operation: Operation) -> Inject | None:
    """The inject that the button plays next; None when all are played."""
    exercise = record.pack_of(operation).exercise
    if exercise is None or operation.injects_played >= len(exercise.injects):
        return None
    return exercise.injects[operation.injects_played]


def play_on(operation: Operation, until: datetime | None, told: Callable[[Inject], object]) -> int:
    """Play the injects that lie before ``until``, or all that are left; how many were played.

    ``told`` is called after each. Each inject is a transaction of its own, so that a long play that
    is stopped goes on from where it was. One that no longer follows is left out, as by the button.
    """
    played = 0
    while (inject := next_inject(operation)) and (until is None or inject.at < until):
        with record.lock(), transaction.atomic():
            operation = Operation.objects.select_for_update().get(pk=operation.pk)
            _play_or_leave(operation, inject)
        played += 1
        told(inject)
    return played


def advance(member: Member) -> list[Entry]:
    """Play the next inject, or move the clock by an hour when none is left.

    An inject whose time has passed is played at the exercise's present time. One that no longer
    follows, because people acted otherwise, is left out and the clock moves to its time. Raises
    NotAllowed outside an exercise.
    """
    with record.lock(), transaction.atomic():
        operation = Operation.objects.select_for_update().get(pk=member.operation.pk)
        if not operation.exercise:
            raise NotAllowed("only the clock of an exercise can be moved")
        inject = next_inject(operation)
        if inject is None:
            return _move_clock(member, operation, actions.now_of(operation) + STEP)
        if made := _play_or_leave(operation, inject):
            return made
        return _move_clock(member, operation, max(inject.at, actions.now_of(operation)))


def _play_or_leave(operation: Operation, inject: Inject) -> list[Entry]:
    """Play an inject; one that does not follow from what people did is left out and counted."""
    try:
        with transaction.atomic():
            return list(_play(operation, record.pack_of(operation), inject))
    except (NotAllowed, InputError):
        operation.injects_played = inject.number
        operation.save(update_fields=["injects_played"])
        return []


def _move_clock(member: Member, operation: Operation, at: datetime) -> list[Entry]:
    actions.let_clocks_run(operation, at)
    actor = Actor(member.ident, member.agency, member.role)
    return list(actions.perform(actions.Deed(operation, actor, "clock.advance", "", {}, at)))
