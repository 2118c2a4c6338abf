"""The page of a receipt, and the file that proves it: open to all, without an account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from anoa.errors import AnoaError, StorageError
from anoa.room import receipts, record
from anoa.room.intake import inbox, tokens
from anoa.room.models import Operation, SubmissionRow
from anoa.room.outgoing import header_of
from anoa.room.views import words
from anoa.room.views.intake import BECAME_WORDS
from anoa.seals import KeyKind, parse_vkey

CODE_CHARS, NUMBER_DIGITS = 20, 15
TOO_MANY = 429
REFUSED = {
    404: _(
        "There is no receipt of this code. Compare it letter by letter; there is no O, 0, I, 1, L "
        "or U in it."
    ),
    TOO_MANY: _("Too many codes that do not exist came from your address. Wait a minute."),
}
NOT_THIS_PAIR = _("Number and code do not belong together. Both stand on the receipt.")


@never_cache
@require_safe
def receipt(request: HttpRequest, code: str = "") -> HttpResponse:
    """Where a submission stands by its code; by number and code also the proof."""
    asked = request.GET.get("language", "")
    if asked in dict(settings.LANGUAGES):
        translation.activate(asked)
    code = (code or request.GET.get("code", "")).strip()[:CODE_CHARS]
    typed = request.GET.get("number", "").strip()[:NUMBER_DIGITS]
    number = int(typed) if typed.isdecimal() and typed.isascii() else None
    operation = record.current_operation()
    row, status = None, 200
    if code:
        row, status = _found(request, operation, code, 0 if typed and not number else number)
    told = _told(operation, row, number) if operation and row else {}
    refused = (NOT_THIS_PAIR if typed and status == 404 else REFUSED.get(status)) if code else ""
    context = {"code": code, "number": typed, "status": status, "refused": refused, **told}
    return render(request, "room/receipt.html", context, status=status)


@never_cache
@require_safe
def proof(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The receipt file of a submission; a sentence where there is none yet."""
    operation = record.current_operation()
    row, status = _found(request, operation, code[:CODE_CHARS], number)
    if operation is None or row is None:
        return _said(NOT_THIS_PAIR if status == 404 else REFUSED[status], status)
    try:
        found = receipts.proved(operation, row)
    except StorageError as error:
        return _said(words.sentence(error), 500)
    except AnoaError as error:
        return _said(words.sentence(error), 409)
    answer = HttpResponse(found.data, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{number}.tlog-proof"'
    return answer


def _said(sentence: object, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _found(
    request: HttpRequest, operation: Operation | None, code: str, number: int | None
) -> tuple[SubmissionRow | None, int]:
    """The submission, and the status of HTTP; wrong tries of an address are counted."""
    address = request.META.get("REMOTE_ADDR", "")
    if tokens.guesses.is_over(address):
        return None, TOO_MANY
    row = receipts.row_of(operation, code, number) if operation else None
    if row is None:
        tokens.guesses.count(address)
        return None, 404
    return row, 200


def _told(operation: Operation, row: SubmissionRow, number: int | None) -> dict[str, object]:
    told: dict[str, object] = {
        "found": receipts.standing_of(operation, row),
        "became": BECAME_WORDS.get(inbox.became(operation, row), ""),
    }
    if number is None:
        return told
    told["row"] = row
    try:
        found = receipts.proved(operation, row)
    except StorageError as error:
        return told | {"broken": words.sentence(error)}
    except AnoaError as error:
        return told | {"not_yet": words.sentence(error)}
    seal = found.seal.checkpoint
    return told | {
        "found": receipts.standing_of(operation, row), "proved": found, "size": seal.size,
        "seq": found.line.seq, "leaf": found.line.leaf.hex(), "root": seal.root.hex(),
        "names": _cosigners(operation, found.ident), "origin": header_of(operation).origin,
    }  # fmt: skip


def _cosigners(operation: Operation, ident: str) -> list[str]:
    sealing = record.current_picture(operation).seals.get(ident)
    keys = [parse_vkey(key) for key in sealing.countersigned] if sealing else []
    return [key.name for key in keys if key.kind is KeyKind.COSIGNER]
