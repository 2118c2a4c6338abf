"""How the attempts reach anoa: by its pages, by packs, by what is sent in, by files of the log."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.room.test_intake import REPORT, arrival, stored
from tests.small_pack import Change, write

from anoa.coordination.kinds import KINDS
from anoa.pack import check_pack
from anoa.pack.tables import TABLES
from anoa.room import record
from anoa.room.intake.filing import file_some
from anoa.room.models import EntryRow, SubmissionRow

DUE = "2024-08-12T12:00"
PROMISE = {"debtor": "kpu-prov", "creditor": "polda-sultra", "proof": "A list", "due": DUE}


def field_names() -> Iterator[str]:
    """Every field of an entry and of a table of a pack."""
    for kind, fields in KINDS.items():
        yield from (f"{kind}.{field.name}" for field in fields)
    for table in TABLES:
        yield from (f"{table.file}.{field.name}" for field in table.record.fields)


def fields_that_hold(*words: str) -> list[str]:
    """The fields whose name says that they could hold one of these."""
    return [
        name for name in field_names()
        if set(re.split(r"[._/]", name.lower().split(".")[-1])) & set(words)
    ]  # fmt: skip


def problems(folder: Path, **changes: Change) -> str:
    """What ``anoa check`` says to the small pack with these changes."""
    return "\n".join(str(one) for one in check_pack(write(folder, **changes)).problems)


def send(client, page: str, verb: str, subject: str = "", **data: str):
    """A form of a page, sent as a browser sends it."""
    client.cookies["django_language"] = "en"
    return client.post(page, {"verb": verb, "subject": subject, **data})


def refused(client, page: str, verb: str, subject: str = "", **data: str) -> str:
    """What the page says to a form that must not be carried out; the log did not grow."""
    before = EntryRow.objects.count()
    answer = send(client, page, verb, subject, **data)
    assert answer.status_code in (403, 404, 422), answer.status_code
    assert EntryRow.objects.count() == before
    return answer.content.decode()


def submitted(operation, sender_id: str = "m-1", body: bytes = b"{}", **fields) -> SubmissionRow:
    """What a program sent with fields of its own, after the rules looked at it."""
    (receipt,) = stored(operation, arrival(sender_id, body, fields=REPORT | fields))
    while file_some(operation, turn_s=60):
        pass
    return SubmissionRow.objects.get(number=receipt.number)


def submitted_by_form(operation, **more) -> SubmissionRow:
    """The same by the first form of the pack that becomes a report."""
    forms = record.pack_of(operation).forms.values()
    form = next(one for one in forms if one.becomes == "report" and one.field("region"))
    (receipt,) = stored(operation, arrival(
        "by-form", form=form.id, form_version=form.version, fields=REPORT | more
    ))  # fmt: skip
    while file_some(operation, turn_s=60):
        pass
    return SubmissionRow.objects.get(number=receipt.number)


def everything_in_the_log() -> str:
    """All that stands in entries, as text."""
    return json.dumps(list(EntryRow.objects.values_list("by", "subject", "data")))


def page(client, path: str, status: int = 200) -> str:
    """A page in English."""
    client.cookies["django_language"] = "en"
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()
