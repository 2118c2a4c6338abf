"""The rows of intake: a batch of submissions in one transaction, each once.

The writer is the one thread of ``desk``, or whoever calls ``store`` within a transaction of his
own. A batch looks for what was here before by one question, and inserts the rest by one statement.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from anoa.errors import StorageError
from anoa.oplog import Json
from anoa.room.intake.bulk_insert import insert_new, insert_unless
from anoa.room.intake.values import PRINTABLE, Arrival, Conflict, Receipt, Refused, State, Trouble
from anoa.room.intake.vault import KEY_FILE, Vault, new_key
from anoa.room.models import AttachmentRow, SubmissionRow
from anoa.seals import commitment_to

EXTRACTED = ("region", "sub_district", "polling_station", "kind", "urgency")
COLUMNS = (
    "number", "operation_id", "scope", "sender_id", "digest", "sha256", "cipher", "encrypted",
    "size", "form", "form_version", "channel", "token", "agency", "member", "received_at",
    "observed_at", "state", "trouble", "subject", *EXTRACTED,
)  # fmt: skip
TABLE = SubmissionRow._meta.db_table
KEY_COLUMNS = ("operation_id", "sender_id", "scope")
KNOWN_AT_ONCE = 400  # ids in one question


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The vault of this data folder; its key is made on first use."""
    return Vault(settings.DATA_FOLDER.secret(KEY_FILE, new_key))


@dataclass(frozen=True, slots=True)
class SealedAttachment:
    """An attachment as it is stored."""

    name: str
    media_type: str
    digest: str
    size: int
    encrypted: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A submission as it is stored, but for its number; made outside the writer."""

    operation: str
    scope: str
    sender_id: str
    digest: str
    plain_sha256: str
    received_at: datetime
    values: tuple[Any, ...]  # the columns from sha256 on, without received_at and observed_at
    observed_at: datetime | None
    attachments: tuple[SealedAttachment, ...]
    weight: int  # bytes it holds in memory

    @property
    def key(self) -> tuple[str, str]:
        """Within an operation, what makes it the same submission."""
        return self.sender_id, self.scope


def seal(operation: str, arrival: Arrival, received_at: datetime | None = None) -> Sealed:
    """Encrypt what arrived; needs no database."""
    safe, name = vault(), row_name(arrival.scope, arrival.sender_id)
    plain_sha256 = hashlib.sha256(arrival.body).hexdigest()
    encrypted = safe.pack(name, arrival.fields, arrival.body)
    trouble = safe.pack_troubles(name, [Trouble.of(one) for one in arrival.problems])
    state = State.NEEDS_PERSON if arrival.problems else State.RECEIVED
    state = State.SEALED if arrival.is_sealed else state
    attachments = tuple(
        SealedAttachment(
            one.name, one.media_type, safe.digest(one.content), len(one.content),
            safe.seal(f"{name}|{one.name}", one.content),
        )
        for one in arrival.attachments
    )  # fmt: skip
    return Sealed(
        operation, arrival.scope, arrival.sender_id, safe.digest(arrival.body),
        plain_sha256, received_at or datetime.now(UTC),
        (
            commitment_to(safe.opening(name), plain_sha256), "gcm2", encrypted, len(arrival.body),
            arrival.form, arrival.form_version, str(arrival.channel), arrival.token,
            arrival.agency, arrival.member, str(state), trouble, "",
            *(_word(arrival.fields.get(column)) for column in EXTRACTED),
        ),
        arrival.observed_at, attachments,
        len(encrypted) + sum(one.size for one in attachments),
    )  # fmt: skip


def row_name(scope: str, sender_id: str) -> str:
    """What binds a ciphertext to its row."""
    return f"{scope}|{sender_id}"


def _word(value: Json) -> str:
    """A value as it may stand in a column that is searched; free text never does."""
    fits = isinstance(value, str) and len(value) <= 40 and PRINTABLE.match(value)
    return value if fits and " " not in value else ""


Outcome = Receipt | Refused


def store(batch: Sequence[Sealed]) -> list[Outcome]:
    """Store a batch in one transaction, or in the one that is open; an outcome for each.

    Raises DatabaseError or OSError when nothing of it was kept.
    """
    if not batch:
        return []
    wanted: dict[tuple[str, str], Sealed] = {}
    for one in batch:
        wanted.setdefault(one.key, one)
    with transaction.atomic():
        is_shared = connection.vendor == "postgresql"
        known, numbers = _inserted_if_new(wanted) if is_shared else _known_or_inserted(wanted)
        for key, number in numbers.items():
            first = wanted[key]
            known[key] = number, first.digest, first.received_at
            if first.attachments:
                _attach(number, first.attachments)
        return [
            _outcome(one, known[one.key], one.key in numbers and wanted[one.key] is one)
            for one in batch
        ]


Key = tuple[str, str]


def _known_or_inserted(wanted: Mapping[Key, Sealed]) -> tuple[Known, dict[Key, int]]:
    """What was known, and the numbers of the rest: this transaction holds SQLite's write lock.

    As most batches hold nothing that was known, it is asked for only when less went in than came.
    A number that was meant for something known is left out.
    """
    first = _next_number()
    numbers = {key: first + place for place, key in enumerate(wanted)}
    rows = [(numbers[key], *_row(one, _utc_text)) for key, one in wanted.items()]
    if insert_unless(SubmissionRow, COLUMNS, rows, KEY_COLUMNS) == len(rows):
        return {}, numbers
    known = _known(list(wanted.values()))
    fresh = {key: number for key, number in numbers.items() if known[key][0] == number}
    return {key: said for key, said in known.items() if key not in fresh}, fresh


def _inserted_if_new(wanted: Mapping[Key, Sealed]) -> tuple[Known, dict[Key, int]]:
    """The same by one question less, and whatever other processes store at this moment."""
    rows = [_row(one, _as_it_is) for one in wanted.values()]
    made = insert_new(SubmissionRow, COLUMNS[1:], rows, ("number", "sender_id", "scope"))
    numbers = {(sender, scope): number for number, sender, scope in made}
    return _known([one for key, one in wanted.items() if key not in numbers]), numbers


Known = dict[tuple[str, str], tuple[int, str, datetime]]


def _known(batch: Sequence[Sealed]) -> Known:
    """Number, digest and time of what is stored already, by key."""
    found: Known = {}
    ids = list({one.sender_id for one in batch})
    for start in range(0, len(ids), KNOWN_AT_ONCE):
        rows = SubmissionRow.objects.filter(
            operation=batch[0].operation, sender_id__in=ids[start : start + KNOWN_AT_ONCE]
        ).values_list("sender_id", "scope", "number", "digest", "received_at")
        found |= {(sender, scope): (n, digest, at) for sender, scope, n, digest, at in rows}
    return found


def _next_number() -> int:
    """A number after which nobody else takes any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [TABLE])
        row = cursor.fetchone()
    return (row[0] if row else 0) + 1


def _utc_text(at: datetime | None) -> str | None:
    """A time as Django keeps it in SQLite, in a third of the time."""
    return None if at is None else str(at.astimezone(UTC).replace(tzinfo=None))


def _as_it_is(at: datetime | None) -> datetime | None:
    return at


def _row(one: Sealed, time_of: Callable[[datetime | None], Any]) -> tuple[Any, ...]:
    sha256, cipher, encrypted, size, form, version, channel, token, agency, member, *rest = (
        one.values
    )
    return (
        one.operation, one.scope, one.sender_id, one.digest, sha256, cipher, encrypted,
        size, form, version, channel, token, agency, member, time_of(one.received_at),
        time_of(one.observed_at), *rest,
    )  # fmt: skip


def _outcome(one: Sealed, known: tuple[int, str, datetime], is_new: bool) -> Outcome:
    number, digest, received_at = known
    if digest != one.digest:
        return Conflict(one.sender_id)
    if not is_new and one.attachments and (refused := _attach_more(number, one)):
        return refused
    state = "received" if is_new else "repeated"
    return Receipt(number, vault().code(number), received_at, state, one.plain_sha256)


def _attach(number: int, attachments: Iterable[SealedAttachment]) -> None:
    AttachmentRow.objects.bulk_create(
        AttachmentRow(
            submission_id=number, name=one.name, media_type=one.media_type, digest=one.digest,
            size=one.size, encrypted=one.encrypted,
        )
        for one in attachments
    )  # fmt: skip


def _attach_more(number: int, one: Sealed) -> Refused | None:
    """Add attachments that came by a later try; a known name with other bytes is refused."""
    held = dict(AttachmentRow.objects.filter(submission=number).values_list("name", "digest"))
    if any(held.get(new.name, new.digest) != new.digest for new in one.attachments):
        return Conflict(one.sender_id)
    _attach(number, (new for new in one.attachments if new.name not in held))
    return None


# Reading back


class Purged(StorageError):
    """What was sent was deleted when its time was over; ``certificate`` names by which step."""

    code = "purged"

    def __init__(self, certificate: str) -> None:
        self.certificate = certificate
        super().__init__(
            "this was deleted when its time was over: see certificate {id}", id=certificate or "–"
        )


def standing(state: State) -> Any:
    """The rows in a state, read by the index of that state alone.

    The word stands in the statement itself, as SQLite uses such an index for no parameter.
    """
    return SubmissionRow.objects.extra(where=[f"{TABLE}.state = '{state}'"])  # noqa: S610


def opened(row: SubmissionRow) -> tuple[dict[str, Json], bytes]:
    """What was understood of a submission, and its bytes as they were sent.

    Raises StorageError when the key was lost or exchanged, and Purged when it was deleted.
    """
    if not row.encrypted:
        raise Purged(row.certificate)
    if row.cipher == "fernet":
        return {}, _of_old_key(bytes(row.encrypted))
    return vault().unpack(row_name(row.scope, row.sender_id), bytes(row.encrypted))


def trouble(row: SubmissionRow) -> list[str]:
    """Why a person must look at it, in English sentences."""
    return [str(one) for one in why(row)]


def why(row: SubmissionRow) -> list[Trouble]:
    """Why a person must look at it, so that it can be said in any language."""
    return vault().unpack_troubles(row_name(row.scope, row.sender_id), bytes(row.trouble))


def sealed_trouble(row: SubmissionRow, troubles: Sequence[Trouble]) -> bytes:
    """Such sentences as the row keeps them."""
    return vault().pack_troubles(row_name(row.scope, row.sender_id), troubles)


def sealed_reason(row: SubmissionRow, reason: str) -> bytes:
    """Why a person set it aside, as the row keeps it."""
    return vault().seal(f"{row_name(row.scope, row.sender_id)}|reason", reason.encode())


def reason(row: SubmissionRow) -> str:
    """Why a person set it aside; empty when nobody did."""
    name = f"{row_name(row.scope, row.sender_id)}|reason"
    return vault().open(name, bytes(row.reason)).decode() if row.reason else ""


def attachment(row: AttachmentRow) -> bytes:
    """The content of an attachment; Purged when it was deleted."""
    if not row.encrypted:
        raise Purged(row.certificate)
    name = row_name(row.submission.scope, row.submission.sender_id)
    return vault().open(f"{name}|{row.name}", bytes(row.encrypted))


def _of_old_key(encrypted: bytes) -> bytes:
    """Words that version 0.1.0 encrypted."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        key = settings.DATA_FOLDER.secret("submissions.key", Fernet.generate_key)
        return Fernet(key).decrypt(encrypted)
    except InvalidToken as error:
        raise StorageError("the key of the stored words does not fit: restore keys/") from error
