"""Files that people bring in: kept encrypted, mapped, checked, taken in; each row once.

The steps of an import are ``begin``, ``assign``, then ``check`` and ``take``, which go through all
rows alike, the one storing nothing. A large file is gone through in a thread of its own; when the
server ends meanwhile, the same step may be begun again and doubles nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from django.db import close_old_connections, connection

from anoa.errors import AccessDenied, AnoaError, NotAllowed, Saying
from anoa.forms import Form
from anoa.pack import Pack
from anoa.room import access, record
from anoa.room.intake import heads
from anoa.room.intake.desk import desk
from anoa.room.intake.heads import Assignment
from anoa.room.intake.rows import Fault, Reader, RowRead
from anoa.room.intake.storing import vault
from anoa.room.intake.tables import Row, Table, cell_text, open_table
from anoa.room.intake.tokens import ALPHABET
from anoa.room.intake.values import Arrival, Busy, Conflict, Receipt, Refused
from anoa.room.list_export import plain_cell
from anoa.room.models import ImportRow, Member, Operation
from anoa.room.stations import places_of

NEW, CHECKED, TAKEN, FAILED, AWAY = "new", "checked", "taken", "failed", "away"
CHECKING, TAKING = "checking", "taking"
AT_ONCE = 500
FAULTS_KEPT = 20_000
IN_TURN = 200_000  # bytes: a smaller file is gone through while the person waits
PREVIEW = 20
BUSY_S, BUSY_TRIES = 1.0, 120
KEPT = timedelta(days=14)  # a file that nobody took in
LOST_S = 60  # a step that was not heard of for so long has ended with its server
COUNTS = ("rows", "good", "faulty", "received", "repeated", "conflict")
log = logging.getLogger("anoa.intake")
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from: which institution answers for it, and which member, if any."""

    operation: Operation
    agency: str
    member: str


def may_import(member: Member) -> bool:
    """Whether the member brings in files for an institution."""
    return access.reads_own(member) and access.may(member.role, "report.file")


def forms_for(pack: Pack, agency: str) -> dict[str, Form]:
    """The forms that an institution may bring in as tables."""
    known = pack.agencies.get(agency)
    return {
        ident: one for ident, one in pack.forms.items()
        if known is not None and one.is_for(known.kind) and "file" in one.channels
    }  # fmt: skip


def form_of(pack: Pack, agency: str, ident: str) -> Form:
    """One of those forms; raises AccessDenied for any other."""
    found = forms_for(pack, agency).get(ident)
    if found is None:
        raise AccessDenied("the form '{form}' is not for this institution by this way", form=ident)
    return found


# A file


@dataclass(frozen=True)
class Opened:
    """A file that was opened: its table, what is left out, and what each column may be."""

    table: Table
    form: Form
    pack: Pack
    refused: Mapping[str, Saying]
    sample: Sequence[tuple[int, Row]]

    def reader(self, assignment: Assignment, language: str) -> Reader:
        """Who reads its rows."""
        places = places_of(self.pack)
        return Reader(self.table.head, assignment, self.form, self.pack, places, language)


def opened(content: bytes, form: Form, pack: Pack) -> Opened:
    """Open a file; raises NoTable with a sentence that says what to do."""
    table = open_table(content)
    sample = list(islice(table.rows(), heads.SAMPLE))
    return Opened(table, form, pack, heads.left_out(table.head, sample, form, pack), sample)


def begin(source: Source, content: bytes, form: Form, pack: Pack) -> ImportRow:
    """Keep a file until it is taken in, with the columns as they were mapped the last time.

    Raises NoTable.
    """
    found = opened(content, form, pack)
    forgotten = ImportRow.objects.filter(made_at__lt=datetime.now(UTC) - KEPT)
    forgotten.exclude(encrypted=b"").update(encrypted=b"", state=AWAY)
    head = vault().digest("\x1f".join([form.id, *found.table.head]).encode())
    before = ImportRow.objects.filter(
        operation=source.operation, agency=source.agency, head=head
    ).exclude(mapping={}).order_by("-made_at").first()  # fmt: skip
    known = heads.recognised(found.table.head, form, pack)
    usual = {one: name for one, name in known.items() if name and one not in found.refused}
    mapping = before.mapping if before else {"columns": usual, "fixed": {}}
    ident = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return ImportRow.objects.create(
        ident=ident, operation=source.operation, agency=source.agency, member=source.member,
        form=form.id, head=head, mapping=mapping, made_at=datetime.now(UTC),
        facts={"size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
               "remembered": before is not None},
        encrypted=vault().seal(_name(ident), content),
    )  # fmt: skip


def find(source: Source, ident: str) -> ImportRow | None:
    """An import of the institution."""
    return ImportRow.objects.filter(
        operation=source.operation, agency=source.agency, ident=ident
    ).first()


def content_of(row: ImportRow) -> bytes:
    """The file; raises NotAllowed when it was taken in or thrown away."""
    if not row.encrypted:
        raise NotAllowed("the file is no longer kept: bring it again")
    return vault().open(_name(row.ident), bytes(row.encrypted))


Chosen = Mapping[str, Mapping[str, str]]


def assign(row: ImportRow, chosen: Chosen, found: Opened) -> Assignment:
    """Say which field each column is; what was checked before must be checked again.

    Raises NotAllowed.
    """
    assignment = heads.checked(chosen, found.table.head, found.refused, found.form)
    if assignment.as_json() != row.mapping:
        row.mapping = assignment.as_json()
        row.state = NEW
        row.save(update_fields=["mapping", "state"])
    return assignment


def throw_away(row: ImportRow) -> None:
    """Forget the file; what was taken in stays."""
    row.encrypted, row.state, row.done_at = b"", AWAY, datetime.now(UTC)
    row.save(update_fields=["encrypted", "state", "done_at"])


def preview(found: Opened, assignment: Assignment, language: str) -> list[RowRead]:
    """The first rows as they would be read."""
    reader = found.reader(assignment, language)
    return [reader.read(number, row) for number, row in found.sample[:PREVIEW]]


# Going through all rows


def start(row: ImportRow, step: str, language: str) -> None:
    """Check or take in: at once when the file is small, else in a thread of its own."""
    if is_running(row):
        return
    row.state = CHECKING if step == CHECKED else TAKING
    row.facts = row.facts | {"beat": time.time()} | dict.fromkeys(COUNTS, 0)
    row.save(update_fields=["state", "facts"])
    if connection.in_atomic_block or row.facts["size"] < IN_TURN:
        run(row.ident, step, language)
        return
    threading.Thread(
        target=_run_apart, args=(row.ident, step, language), name="import", daemon=True
    ).start()


def is_running(row: ImportRow) -> bool:
    """Whether a step is under way, and not lost with the server that began it."""
    if row.state not in (CHECKING, TAKING):
        return False
    return time.time() - float(row.facts.get("beat", 0)) < LOST_S


def _run_apart(ident: str, step: str, language: str) -> None:
    close_old_connections()
    try:
        run(ident, step, language)
    finally:
        connection.close()


def run(ident: str, step: str, language: str) -> ImportRow:
    """Go through all rows of an import: ``CHECKED`` stores nothing, ``TAKEN`` stores them."""
    row = ImportRow.objects.select_related("operation").get(ident=ident)
    try:
        pack = record.pack_of(row.operation)
        found = opened(content_of(row), form_of(pack, row.agency, row.form), pack)
        assignment = heads.checked(row.mapping, found.table.head, found.refused, found.form)
        outcome = through(
            found.table.rows(), found.reader(assignment, language),
            Source(row.operation, row.agency, row.member), is_dry=step == CHECKED,
            told=lambda counts: _beat(row, counts), head_row=found.table.head_row,
        )  # fmt: skip
    except AnoaError as error:
        return _ended(row, FAILED, Saying(error.sentence or str(error), **error.values))
    except Exception:
        log.exception("an import broke")
        return _ended(row, FAILED, Saying("this could not be finished; begin it again"))
    row.facts = row.facts | outcome.counts
    row.faults = vault().seal(_name(row.ident, "faults"), packed_faults(outcome.faults))
    return _ended(row, step, None)


def _ended(row: ImportRow, state: str, why: Saying | None) -> ImportRow:
    said = [why.sentence, dict(why.values)] if why is not None else None
    row.state, row.facts = state, row.facts | {"why": said}
    if state == TAKEN:
        row.encrypted, row.done_at = b"", datetime.now(UTC)
    row.save(update_fields=["state", "facts", "faults", "encrypted", "done_at"])
    return row


def _beat(row: ImportRow, counts: Mapping[str, int]) -> None:
    row.facts = row.facts | counts | {"beat": time.time()}
    row.save(update_fields=["facts"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all rows: counts, and the list of faults as far as it is kept."""

    counts: dict[str, int]
    faults: list[Fault]


def through(
    rows: Iterator[tuple[int, Row]], reader: Reader, source: Source, *, is_dry: bool,
    told: Callable[[Mapping[str, int]], None] = lambda counts: None, head_row: int = 1,
) -> Outcome:  # fmt: skip
    """Read all rows, and store them unless it is dry; a bad row never fails the others."""
    counts, faults = dict.fromkeys(COUNTS, 0), reader.whole_faults(head_row)
    read = (reader.read(number, row) for number, row in rows)
    while batch := list(islice(read, AT_ONCE)):
        for one in batch:
            counts["rows"] += 1
            counts["good" if one.is_good else "faulty"] += 1
            faults += one.faults[: max(0, FAULTS_KEPT - len(faults))]
        if not is_dry:
            _store(batch, reader, source, counts, faults)
        told(counts)
    return Outcome(counts, faults)


def _store(
    batch: Sequence[RowRead], reader: Reader, source: Source, counts: dict[str, int],
    faults: list[Fault],
) -> None:  # fmt: skip
    arrivals = [reader.arrival(one, source.agency, source.member) for one in batch]
    for one, outcome in zip(batch, _kept(arrivals), strict=True):
        if isinstance(outcome, Receipt):
            counts[outcome.state] += 1
        elif isinstance(outcome, Conflict):
            counts["conflict"] += 1
            what = Saying("this row came before and said something else; that one stands")
            hint = Saying("give a changed row a number of its own")
            faults.append(Fault(one.number, reader.assignment.id_head, "", what, hint))
        else:
            raise outcome


def _kept(arrivals: list[Arrival]) -> Sequence[Receipt | Refused]:
    """Hand in a batch; where phones keep the room busy, the file waits."""
    for _ in range(BUSY_TRIES):
        try:
            return desk.put_many(arrivals).result()
        except Busy:
            time.sleep(BUSY_S)
    raise Busy()


# Faults


def packed_faults(faults: Sequence[Fault]) -> bytes:
    """The list of faults as it is kept."""
    return msgspec.json.encode([
        (one.row, one.column, one.value, *(x for said in (one.what, one.hint)
                                           for x in (said.sentence, dict(said.values))))
        for one in faults
    ])  # fmt: skip


def faults_of(row: ImportRow) -> list[Fault]:
    """The list of faults of the last step."""
    if not row.faults:
        return []
    kept = msgspec.json.decode(vault().open(_name(row.ident, "faults"), bytes(row.faults)))
    return [
        Fault(number, column, value, Saying(what, **values), Saying(hint, **more))
        for number, column, value, what, values, hint, more in kept
    ]


def spoken(said: Saying, translate: Translate) -> str:
    """A sentence in the reader's language."""
    known = translate(said.sentence)
    return known.format(**said.values) if said.values else known


def faults_csv(
    faults: Sequence[Fault], heading: Sequence[str], translate: Translate, copy: str = ""
) -> bytes:
    """The list as CSV that a spreadsheet opens: row, column, value, what is wrong, what to do.

    No cell of it is taken for a formula. Where ``copy`` says whose copy it is, each row ends so.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    for one in faults:
        cells = (one.column, one.value, spoken(one.what, translate), spoken(one.hint, translate))
        writer.writerow([one.row, *map(plain_cell, cells), *([copy] if copy else [])])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def shown_rows(found: Opened) -> list[tuple[int, list[str]]]:
    """The first rows as they stand in the file, without the columns that are left out."""
    return [
        (number, ["" if head in found.refused else cell_text(cell)[:80]
                  for head, cell in zip(found.table.head, row, strict=True)])
        for number, row in found.sample[:PREVIEW]
    ]  # fmt: skip


def _name(ident: str, part: str = "file") -> str:
    return f"import|{ident}|{part}"
