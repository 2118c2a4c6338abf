"""The OpenAPI document of what programs send and read, made of the types that do it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from django.utils.translation import gettext_noop as _

from anoa.room.api.reading import LISTS, List
from anoa.room.intake import import_front, json_front
from anoa.room.intake.http import Receive, Scope, Send, WrongMethod, answer

DOCUMENT = "/api/v1/openapi.json"
SEND_ONE, SEND_MANY = _("Send one submission."), _("Send many submissions, one a line.")
SEND_TABLE = _("Send a table, one submission a row.")
ABOUT = (
    "Programs send reports, and read what the institution of their token may see. A token stands "
    "in the header `Authorization: Bearer anoa_…`, or in the address as `/t/TOKEN/api/v1/…`; it is "
    "made on the page `/tokens` or by `anoa token new --scopes …`. Addresses and fields of v1 "
    "stay; fields may come to an answer, and values to a field."
)
SAYS = {
    304: "nothing changed since the answer of that ETag",
    400: "it cannot be read", 401: "no valid token", 403: "the token is not for this",
    405: "the address is not asked so", 409: "the id was used before for other bytes",
    413: "more than is taken at once", 415: "a media type that is not read here",
    422: "it was read and cannot be kept", 429: "too many wrong tokens; wait",
    503: "busy, or the disk is full; send it again after Retry-After",
}  # fmt: skip
ALWAYS = (400, 401, 403, 405, 429, 503)


class Problem(msgspec.Struct):
    """RFC 9457: what went wrong, in a sentence."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: dict[str, str] = {}


class ReceiptOut(msgspec.Struct):
    """The receipt of a stored submission."""

    number: int
    code: str
    state: str
    received_at: str
    sha256: str


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document, in OpenAPI 3.1."""
    given = [
        Problem,
        ReceiptOut,
        json_front.Sent,
        *dict.fromkeys(one.gives for one in LISTS.values()),
    ]
    _refs, schemas = msgspec.json.schema_components(
        given, ref_template="#/components/schemas/{name}"
    )
    paths = {
        json_front.ONE: {"post": _one()}, json_front.BATCH: {"post": _many()},
        import_front.PATH: {"post": _table()},
        **{path: {"get": _listed(one)} for path, one in LISTS.items()},
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": "anoa", "version": "1", "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _refusals(*more: int) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": _ref("Problem")}}
    return {str(one): {"description": SAYS[one], "content": problem} for one in (*ALWAYS, *more)}


def _answers(media_type: str, schema: dict[str, Any], about: str) -> dict[str, Any]:
    return {"description": about, "content": {media_type: {"schema": schema}}}


def _one() -> dict[str, Any]:
    receipt = _ref("ReceiptOut")
    return {
        "operationId": "submit",
        "summary": SEND_ONE,
        "description": "Scope `submit`. The same bytes under the same id give the same receipt.",
        "requestBody": {
            "required": True, "content": {"application/json": {"schema": _ref("Sent")}}
        },
        "responses": {
            "201": _answers("application/json", receipt, "stored"),
            "200": _answers("application/json", receipt, "these bytes were stored before"),
            **_refusals(409, 413, 415, 422),
        },
    }  # fmt: skip


def _many() -> dict[str, Any]:
    lines = {"type": "string", "description": "one submission a line, as `submit` takes them"}
    return {
        "operationId": "submitMany",
        "summary": SEND_MANY,
        "description": "Scope `bulk`. At most 5,000 lines and 32 MB; a bad line fails alone.",
        "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": lines}}},
        "responses": {
            "207": _answers("application/x-ndjson", {"type": "string"},
                            "a line for each line: `line`, `status`, the receipt or the problem"),
            **_refusals(413, 415),
        },
    }  # fmt: skip


def _table() -> dict[str, Any]:
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    asked = {
        "form": ("the form that the rows fill in", {"type": "string"}),
        "dry": ("1: only check", {"type": "string", "enum": ["0", "1"]}),
        "mapping": (
            "JSON with `columns` (head to field) and `fixed` (field to value); without it "
            "the columns are recognised by their heads",
            {"type": "string"},
        ),
    }
    answered = {
        "type": "object",
        "required": ["dry", "counts", "mapping", "left_out", "notes", "faults"],
        "properties": {
            "dry": {"type": "boolean"},
            "counts": {"type": "object"},
            "mapping": {"type": "object"},
            "left_out": {"type": "object"},
            "notes": {"type": "array", "items": {"type": "string"}},
            "faults": {"type": "array", "items": {"type": "object"}},
        },
    }
    return {
        "operationId": "submitTable",
        "summary": SEND_TABLE,
        "description": "Scope `bulk`. CSV or XLSX, at most 50 MB and 100,000 rows; a bad row "
                       "waits for a person, and no row is taken twice.",
        "parameters": [
            {"name": name, "in": "query", "required": name == "form", "description": about,
             "schema": schema}
            for name, (about, schema) in asked.items()
        ],
        "requestBody": {
            "required": True, "content": {kind: {"schema": binary} for kind in import_front.KINDS}
        },
        "responses": {
            "200": _answers("application/json", answered, "what became of the rows"),
            **_refusals(413, 415, 422),
        },
    }  # fmt: skip


def _listed(one: List) -> dict[str, Any]:
    schema = msgspec.json.schema(one.asks)
    asked = schema["$defs"][one.asks.__name__]["properties"]
    answered = {
        "type": "object", "required": ["items", "seq", "next"],
        "properties": {
            "items": {"type": "array", "items": _ref(one.gives.__name__)},
            "seq": {"type": "integer", "description": "the entry up to which this counts"},
            "next": {"type": ["string", "null"], "description": "the cursor of what follows"},
        },
    }  # fmt: skip
    return {
        "operationId": "read" + one.path.rpartition("/")[2].title(),
        "summary": one.about,
        "description": f"Scope `{one.scope}`.",
        "parameters": [
            {"name": name, "in": "query", "schema": kind} for name, kind in asked.items()
        ],
        "responses": {
            "200": _answers("application/json", answered, "the things that follow the cursor"),
            "304": {"description": SAYS[304]},
            **_refusals(),
        },
    }


@dataclass(frozen=True, slots=True)
class Address:
    """An address as the page lists it; ``about`` is in English."""

    method: str
    path: str
    scope: str
    about: str
    asks: tuple[str, ...] = ()


def addresses() -> tuple[Address, ...]:
    """What programs can call, in order."""
    return (
        Address("POST", json_front.ONE, "submit", SEND_ONE),
        Address("POST", json_front.BATCH, "bulk", SEND_MANY),
        Address("POST", import_front.PATH, "bulk", SEND_TABLE, ("form", "dry", "mapping")),
        *(
            Address("GET", one.path, one.scope, one.about, one.asks.__struct_fields__)
            for one in LISTS.values()
        ),
    )


async def show(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the document; no token is needed, as it says nothing of the operation."""
    if scope["method"] not in ("GET", "HEAD"):
        raise WrongMethod("ask for this by GET", "GET, HEAD")
    await answer(send, 200, msgspec.json.encode(document()))
