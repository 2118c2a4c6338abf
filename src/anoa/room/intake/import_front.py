"""Tables by token: ``POST /api/v1/imports?form=ID`` with the file as the body; scope ``bulk``.

``dry=1`` only checks. ``mapping`` is JSON with ``columns`` (head → field) and ``fixed`` (field →
value); without it the columns are recognised by their heads. The answer says what was done: counts,
columns, what was left out and why, and every fault with row, column, value and what to do.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
from django.db import close_old_connections

from anoa.room import record
from anoa.room.intake import heads, importing
from anoa.room.intake.http import (
    Receive,
    Scope,
    Send,
    Unreadable,
    WrongMediaType,
    WrongMethod,
    answer_json,
    bearer_of,
    body_of,
    header,
)
from anoa.room.intake.importing import Source
from anoa.room.intake.rows import Fault
from anoa.room.intake.tables import FILE_LIMIT
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.values import Busy
from anoa.room.models import Operation

PATH = "/api/v1/imports"
KINDS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
UNSAID = ("application/octet-stream", "")  # then the bytes say what it is
ASKED = ("form", "dry", "mapping")
AT_ONCE = 2  # files in memory
BUSY_S = 20
_thread = ThreadPoolExecutor(1, thread_name_prefix="imports")  # phones are answered meanwhile
_under_way = [0]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    form: str
    is_dry: bool
    mapping: importing.Chosen | None


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one file: 200 with what became of it."""
    if scope["method"] != "POST":
        raise WrongMethod("send this by POST")
    bearer = await bearer_of(scope)
    asked = _asked(scope.get("query_string", b""))
    _need_table(header(scope, b"content-type"))
    bearer.need("bulk", asked.form)
    if _under_way[0] >= AT_ONCE:
        raise Busy(BUSY_S)
    _under_way[0] += 1
    try:
        content = await body_of(scope, receive, FILE_LIMIT)
        loop = asyncio.get_running_loop()
        said = await loop.run_in_executor(_thread, _taken, bearer, asked, content)
    finally:
        _under_way[0] -= 1
    await answer_json(send, 200, said)


def _need_table(said: str) -> None:
    kind = said.partition(";")[0].strip().lower()
    if kind not in (*KINDS, *UNSAID):
        raise WrongMediaType("send {known}, not {said}", known=" or ".join(KINDS), said=kind[:80])


def _asked(query: bytes) -> Asked:
    try:
        given = {
            name: values[0]
            for name, values in parse_qs(query.decode(), keep_blank_values=True).items()
        }
        text = given.get("mapping", "")
        mapping = msgspec.json.decode(text, type=dict[str, dict[str, str]]) if text else None
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise Unreadable("the mapping is no JSON of columns and fixed") from error
    for name in given:
        if name not in ASKED:
            raise Unreadable(
                "there is no '{name}' to ask for; these are: {known}",
                name=name[:40], known=", ".join(ASKED),
            )  # fmt: skip
    if (dry := given.get("dry", "0")) not in ("0", "1"):
        raise Unreadable("dry is 0 or 1, not '{said}'", said=dry[:40])
    return Asked(given.get("form", ""), dry == "1", mapping)


def _taken(bearer: Bearer, asked: Asked, content: bytes) -> dict[str, Any]:
    close_old_connections()
    operation = Operation.objects.get(pk=bearer.operation)
    pack = record.pack_of(operation)
    form = importing.form_of(pack, bearer.agency, asked.form)
    found = importing.opened(content, form, pack)
    usual = {"columns": heads.recognised(found.table.head, form, pack), "fixed": {}}
    assignment = heads.checked(asked.mapping or usual, found.table.head, found.refused, form)
    outcome = importing.through(
        found.table.rows(), found.reader(assignment, pack.languages[0]),
        Source(operation, bearer.agency, bearer.member), is_dry=asked.is_dry,
        head_row=found.table.head_row,
    )  # fmt: skip
    return {
        "dry": asked.is_dry, "counts": outcome.counts, "mapping": assignment.as_json(),
        "left_out": {head: str(why) for head, why in found.refused.items()},
        "notes": [str(note) for note in found.table.notes],
        "faults": [_fault(one) for one in outcome.faults],
    }  # fmt: skip


def _fault(one: Fault) -> dict[str, Any]:
    return {"row": one.row, "column": one.column, "value": one.value, "what": str(one.what),
            "hint": str(one.hint)}  # fmt: skip
