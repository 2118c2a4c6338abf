"""The seal ceremony: what is sealed, who has countersigned it, and countersigned files coming back.

An institution countersigns on a machine of its own (``anoa countersign``) and hands the file in
here. Of the file only the cosignature is taken up, and only one that its key made over this very
seal; everything else in it is compared and told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count

from anoa.coordination.sealing import Sealing
from anoa.errors import LogError, NotAllowed
from anoa.oplog import Entry, Handling
from anoa.picture import Picture
from anoa.room import actions, record
from anoa.room.log_view import LogView
from anoa.room.models import EntryRow, Member, Operation, SealFile
from anoa.seals import (
    Checkpoint,
    KeyKind,
    PublicKey,
    check_signatures,
    parse_seal,
    parse_vkey,
)
from anoa.seals import SealFile as Seal
from anoa.sight import may_see

LARGEST = 4 << 20  # bytes of a file that is handed in
LINE_CHARS = 2_000
ONE_BY_ONE = 5_000  # entries that the rule of sight is asked of one by one


# What is sealed


@dataclass(frozen=True, slots=True)
class Range:
    """The entries since the seal before, by kind as the reader may see them."""

    first: int
    last: int
    kinds: tuple[tuple[str, int], ...]
    hidden: int

    @property
    def count(self) -> int:
        """How many entries they are."""
        return max(0, self.last - self.first + 1)


def entries_since(log: LogView, first: int, last: int) -> Range:
    """What lies between two seals: counts by kind, and how many are not for the reader's eyes."""
    if last - first < ONE_BY_ONE:
        lines = log.lines(first - 1, last)
        kinds = Counter(line.kind for line in lines if isinstance(line, Entry))
    else:
        kinds = _counted(log, first, last)
    told = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    return Range(first, last, tuple(told), max(0, last - first + 1) - kinds.total())


def _counted(log: LogView, first: int, last: int) -> Counter[str]:
    """The same of very many by the database, which does not know whose a rule's entry is.

    Such an entry counts as hidden where the reader's institution may not read those of others.
    """
    kinds = Counter[str]()
    rows = EntryRow.objects.filter(operation=log.operation, seq__gte=first, seq__lte=last)
    grouped = rows.values_list("kind", "handling", "agency").annotate(count=Count("seq"))
    for kind, handling, owner, count in grouped.order_by():
        if may_see(Handling(handling), owner, log.agency, log.widest):
            kinds[kind] += count
    return kinds


def size_before(picture: Picture, size: int) -> int:
    """The size of the seal before the one of that size; 0 for the first."""
    return max((one.size for one in picture.seals.values() if one.size < size), default=0)


# Who has signed


@dataclass(frozen=True, slots=True)
class Signer:
    """An institution at the ceremony: its key, and when it signed by it; None while it has not.

    ``is_named``: the pack names it. ``is_new_key``: it signed earlier seals by another key only.
    """

    agency: str
    is_named: bool
    key: PublicKey | None = None
    signed_at: datetime | None = None
    is_new_key: bool = False


def signers(picture: Picture, named: Iterable[str], sealing: Sealing, seal: Seal) -> list[Signer]:
    """The institutions that the pack names, then others that signed this seal."""
    named = tuple(named)
    signed = dict(zip(sealing.countersigners, sealing.countersigned, strict=True))
    return [
        _signer(picture, agency, agency in named, signed.get(agency), sealing, seal)
        for agency in (*named, *(one for one in signed if one not in named))
    ]


def _signer(
    picture: Picture, agency: str, is_named: bool, vkey: str | None, sealing: Sealing, seal: Seal
) -> Signer:
    if vkey is None:
        return Signer(agency, is_named)
    key = parse_vkey(vkey)
    earlier = {k for k in keys_of(picture, agency, before=sealing.size) if k != vkey}
    used_before = vkey in keys_of(picture, agency, before=sealing.size)
    at = _time_of(seal.checkpoint, key)
    return Signer(agency, is_named, key, at, bool(earlier) and not used_before)


def keys_of(picture: Picture, agency: str, before: int | None = None) -> set[str]:
    """The public keys by which an institution countersigned, of seals below a size if given.

    Without a size also the key that it published.
    """
    published = {
        one.public for one in picture.countersign_keys.values()
        if one.owner == agency and one.state == "current" and before is None
    }  # fmt: skip
    return published | {
        key
        for one in picture.seals.values()
        if before is None or one.size < before
        for key, owner in zip(one.countersigned, one.countersigners, strict=True)
        if owner == agency
    }


def _time_of(head: Checkpoint, key: PublicKey) -> datetime | None:
    for one in check_signatures(head, [key]).cosigned:
        return _instant(one.time)
    return None


def _instant(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


# Files that come back


def hand_in(member: Member, ident: str, content: bytes, key_line: str = "") -> list[Entry]:
    """Take up the institution's cosignature out of a countersigned seal file.

    ``key_line`` is its public key, needed the first time. Raises LogError or NotAllowed with a
    sentence that says what is wrong with the file; then nothing is kept.
    """
    picture = record.current_picture(member.operation)
    stored = stored_seal(member.operation, ident)
    handed = _readable(content)
    _need_same_head(stored, handed)
    keys = _keys_to_try(picture, member, key_line)
    found = check_signatures(handed.checkpoint, {*keys, *_known_keys(picture)})
    if found.forged:
        raise NotAllowed(
            "The signature in the name of {name} is forged or damaged: its key did not make it. "
            "Nothing was taken. Tell {name} by another way than this file.", name=found.forged[0],
        )  # fmt: skip
    key = next((one for one in keys if _signed(handed, one)), None)
    if key is None:
        raise NotAllowed(_why_none(stored, handed))
    line = next(one.line for one in handed.checkpoint.signatures if one.claims(key))
    return actions.do(member, "seal.countersign", ident, {"key": f"{key.vkey}\n{line}"})


def stored_seal(operation: Operation, ident: str) -> Seal:
    """The seal as it lies in the room; NotAllowed when there is none."""
    row = SealFile.objects.filter(operation=operation, ident=ident).first()
    if row is None:
        raise NotAllowed("There is no {thing} {id}.", thing="seal", id=ident)
    return parse_seal(bytes(row.content), ident)


def _readable(content: bytes) -> Seal:
    if len(content) > LARGEST:
        raise NotAllowed("This file is too large for a seal: at most {mb} MB.", mb=LARGEST >> 20)
    try:
        return parse_seal(content)
    except LogError as error:
        raise NotAllowed(
            "This is no seal file, or it was changed on the way: {why}", why=str(error)
        ) from error


def _need_same_head(stored: Seal, handed: Seal) -> None:
    """Refuse a file of another seal, and say plainly when it shows another log."""
    mine, other = stored.checkpoint, handed.checkpoint
    if (mine.origin, mine.size) != (other.origin, other.size):
        raise NotAllowed(
            "This is the seal of {origin} at {size} entries, not the one of this page.",
            origin=other.origin, size=other.size,
        )  # fmt: skip
    if mine.root != other.root:
        raise NotAllowed(
            "The root in this file is not the root of this page: you were shown another log than "
            "this room holds. Sign nothing, and tell the other institutions now."
        )
    if mine.body != other.body or (stored.leaves != handed.leaves and handed.leaves):
        raise NotAllowed("The file was changed: what stands above the signatures is not the same.")


def _keys_to_try(picture: Picture, member: Member, key_line: str) -> list[PublicKey]:
    """The keys by which the institution signed before, and the one it hands in now."""
    keys = [parse_vkey(one) for one in sorted(keys_of(picture, member.agency))]
    if line := key_line.strip()[:LINE_CHARS]:
        try:
            given = parse_vkey(line)
        except LogError as error:
            raise NotAllowed("This is no public key: {why}", why=str(error)) from error
        if given.kind is not KeyKind.COSIGNER:
            raise NotAllowed("{name} is the key of a log: give your cosigner key.", name=given.name)
        keys = [given, *(one for one in keys if one != given)]
    return keys


def _known_keys(picture: Picture) -> set[PublicKey]:
    """Every key that the log names: its own, and those of all institutions."""
    seals = picture.seals.values()
    return {parse_vkey(key) for one in seals for key in (one.key, *one.countersigned)}


def _signed(handed: Seal, key: PublicKey) -> bool:
    return bool(check_signatures(handed.checkpoint, [key]).cosigned)


def _why_none(stored: Seal, handed: Seal) -> str:
    """Why no cosignature was taken from a file that is otherwise right."""
    known = {one.line for one in stored.checkpoint.signatures}
    new = [one.name for one in handed.checkpoint.signatures if one.line not in known]
    if not new:
        return "The file has no signature that is not here already: countersign it first."
    return (
        "The file has a new signature, but no key of your institution made it: paste the public "
        "line of your key, as anoa keys show prints it."
    )
