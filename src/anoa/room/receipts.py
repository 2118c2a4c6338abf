"""Where a submission stands, for whoever holds its receipt; no account is asked for.

By the code alone one learns where it stands, and nothing of what it says. Number and code together
are known to the sender, and to whom he gave them: they open the proof. What stands in it follows
the rule of sight: an entry that was made in the sender's own name holds what he sent and what
written rules make of it; one that a person of an institution made is shown as an outsider sees it.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime

from anoa.errors import NotAllowed, StorageError
from anoa.logfile import LogLine
from anoa.oplog import Entry, Handling
from anoa.room import access, record
from anoa.room.intake.storing import opened, row_name, vault
from anoa.room.intake.values import PRINTABLE, State
from anoa.room.models import EntryRow, Operation, SealFile, SubmissionRow
from anoa.seals import LogProof, Tree, make_receipt, parse_seal
from anoa.seals import SealFile as Seal

OF_OWNERS = (State.SEALED, State.READ, State.ANSWERED)
NAMED_BY_COMMITMENT = "gcm2"  # rows of this cipher; see ``models.SubmissionRow``


def row_of(operation: Operation, code: str, number: int | None = None) -> SubmissionRow | None:
    """The submission of a code; None for what is no code, or not the one of that number."""
    found = vault().number(code) if PRINTABLE.match(code) else None
    if found is None or number not in (None, found):
        return None
    return SubmissionRow.objects.filter(operation=operation, number=found).first()


def is_purged(row: SubmissionRow) -> bool:
    """Whether what was sent was deleted when its time was over."""
    return not row.encrypted


def seal_over(operation: Operation, seq: int) -> SealFile | None:
    """The first digital seal that covers an entry; None before the next one is signed."""
    return SealFile.objects.filter(operation=operation, size__gte=seq).order_by("size").first()


@dataclass(frozen=True, slots=True)
class Standing:
    """What whoever holds the code alone may know.

    ``is_sealed`` says whether a digital seal covers it; None while that is not known. ``owners`` is
    how a sealed text stands with its owner, and then only its ``day`` is known.
    """

    is_filed: bool
    is_with_person: bool
    received_at: datetime
    is_purged: bool
    is_sealed: bool | None
    owners: str = ""
    day: str = ""


def standing_of(operation: Operation, row: SubmissionRow) -> Standing:
    """Where a submission stands, and nothing of what it says."""
    sealed = None if row.seq is None else seal_over(operation, row.seq) is not None
    owners, day = "", ""
    if row.state in OF_OWNERS:  # such a row holds no time of day
        owners = row.state
        day = record.pack_of(operation).local(row.received_at).date().isoformat()
    return Standing(
        row.state == State.FILED, row.state in (State.NEEDS_PERSON, State.DISCARDED),
        row.received_at, is_purged(row), sealed, owners, day,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proved:
    """What whoever holds number and code gets: the file, and what stands in it."""

    data: bytes
    line: LogLine
    seal: Seal
    ident: str  # of the seal
    sha256: str | None

    @property
    def entry(self) -> Entry | None:
        """The entry itself, where it is for the sender's eyes."""
        return self.line if isinstance(self.line, Entry) else None


def proved(operation: Operation, row: SubmissionRow) -> Proved:
    """The proof that the sealed log holds the submission.

    Raises NotAllowed with a sentence while there is none, and StorageError when the log is not the
    one that was sealed.
    """
    _need_filed(row)
    entry = _entry_of(operation, row)
    sealed = seal_over(operation, entry.seq)
    if sealed is None:
        raise NotAllowed("It is filed. The proof can be had after the next seal of the log.")
    seal = parse_seal(bytes(sealed.content), sealed.ident)
    path = _path_to(operation, entry, seal)
    line = line_for_bearer(operation, row, entry)
    safe, sha256 = vault(), None if is_purged(row) else _hash_of(row)
    is_named = row.cipher == NAMED_BY_COMMITMENT
    opening = safe.opening(row_name(row.scope, row.sender_id)) if is_named else None
    data = make_receipt(
        LogProof(entry.seq - 1, path, seal.checkpoint), line, row.sha256, opening, sha256
    )
    return Proved(data, line, seal, sealed.ident, sha256)


def line_for_bearer(operation: Operation, row: SubmissionRow, entry: Entry) -> LogLine:
    """The entry as whoever holds the receipt may see it: his own, or what an outsider sees."""
    sender = row.member or f"token-{row.token}"
    if (entry.by, entry.agency) == (sender, row.agency):
        return entry
    picture = record.current_picture(operation)
    return access.log_line(entry, picture, None, Handling.PUBLIC)


def _need_filed(row: SubmissionRow) -> None:
    if row.state == State.DISCARDED:
        raise NotAllowed(
            "A person of the institution read it and set it aside. It is not in the log, so there "
            "is no proof; it can still be taken up again."
        )
    if row.state in OF_OWNERS:
        raise NotAllowed(
            "It is sealed for its owner. The log tells only the day of such a text, so there is no "
            "proof of it alone."
        )
    if row.state == State.NEEDS_PERSON:
        raise NotAllowed("It is not in the log yet: a person of the institution must look at it.")
    if row.state != State.FILED:
        raise NotAllowed("It is stored and not in the log yet. Ask again in a minute.")


def _hash_of(row: SubmissionRow) -> str:
    return hashlib.sha256(opened(row)[1]).hexdigest()


def _entry_of(operation: Operation, row: SubmissionRow) -> Entry:
    """The entry that carries a submission; what was filed by an earlier anoa is searched for."""
    rows = EntryRow.objects.filter(operation=operation)
    if row.seq is None:
        named = rows.filter(subject=row.subject, data__submission=row.sha256)
        row.seq = named.order_by("seq").values_list("seq", flat=True).first()
        if row.seq is None:
            raise NotAllowed(
                "It was put to a thing that stood in the log already, and has no entry of its own: "
                "there is no proof of it alone."
            )
        SubmissionRow.objects.filter(pk=row.pk).update(seq=row.seq)
    found = rows.filter(seq=row.seq or 0).values_list(*record.COLUMNS).first()
    entry = record.entry_of(found) if found else None
    if entry is None or entry.data.get("submission") != row.sha256:
        raise StorageError(
            "The log does not hold this submission where it should. Keep your receipt and tell the "
            "institutions that countersign the log."
        )
    return entry


# The tree of what is sealed


_TREES: dict[str, Tree] = {}
_LOCK = threading.Lock()


def _path_to(operation: Operation, entry: Entry, seal: Seal) -> tuple[bytes, ...]:
    """The inclusion proof of an entry in a seal; StorageError when the seal was of another."""
    tree = _tree_of(operation, seal)
    if tree.leaf(entry.seq - 1) != entry.leaf:
        raise StorageError(
            "Entry {seq} of the log is not the one that was sealed. Keep your receipt and tell the "
            "institutions that countersign the log.", seq=entry.seq,
        )  # fmt: skip
    return tree.inclusion_proof(entry.seq - 1, seal.size)


def _tree_of(operation: Operation, seal: Seal) -> Tree:
    """The tree up to a seal, of the leaf hashes that the seals themselves carry.

    It is kept and grows with the next seal. What is kept is compared with the root of the seal
    before each use, as another process may have restored the room meanwhile.
    """
    with _LOCK:
        for tree in (_TREES.get(operation.pk, Tree()), Tree()):
            _grow(operation, tree, seal.size)
            if tree.size >= seal.size and tree.root(seal.size) == seal.checkpoint.root:
                _TREES[operation.pk] = tree
                return tree
        _TREES.pop(operation.pk, None)
    raise StorageError(
        "The digital seals of this room do not fit together. Keep your receipt and tell the "
        "institutions that countersign the log."
    )


def _grow(operation: Operation, tree: Tree, size: int) -> None:
    rows = SealFile.objects.filter(operation=operation, size__gt=tree.size, size__lte=size)
    for row in rows.order_by("size").iterator(chunk_size=1):
        seal = parse_seal(bytes(row.content), row.ident)
        if seal.from_size != tree.size:
            return
        tree.extend(seal.leaves)
