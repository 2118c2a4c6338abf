"""The lines that the room writes about itself, for people or as JSON, without personal data.

A line holds what this program says of itself. Whatever might quote a request is left out: the
messages of libraries keep their template and lose what fills it, and an error is told by its type
and the places in the source, never by its message.
"""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anoa.errors import AnoaError, StorageError

FORMS = ("quiet", "text", "json")  # quiet: only what broke
OURS, PLAIN = "anoa", ("uvicorn",)  # whose messages hold nothing of a request
REQUESTS = "anoa.requests"
WITHHELD = "(its message may quote what was sent, so it is not shown)"
FRAMES = 12  # of one error, the innermost


def form_of(text: str) -> str:
    """The form of the lines that ``ANOA_LOG`` names; StorageError for any other word."""
    if (text or FORMS[0]) not in FORMS:
        raise StorageError("ANOA_LOG is {known}, not {text}", known=" or ".join(FORMS), text=text)
    return text or FORMS[0]


def configuration(form: str) -> dict[str, Any]:
    """What Django's setting LOGGING is for that form."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "anoa.room.watch.lines.Lines", "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
            "django.security.DisallowedHost": {"level": "CRITICAL", "propagate": False},
            REQUESTS: {"level": "WARNING" if form == "quiet" else "INFO"},
        },
    }


class Lines(logging.Formatter):
    """Makes one line of a record, without anything that a request brought."""

    def __init__(self, form: str = "text") -> None:
        super().__init__()
        self._is_json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        facts = facts_of(record)
        if self._is_json:
            return json.dumps(facts, ensure_ascii=False)
        head = (facts.pop(name) for name in ("at", "level", "logger", "message"))
        return " ".join([*head, *(f"{name}={_short(value)}" for name, value in facts.items())])


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What may be told of a record: when, how bad, whose, what, and of an error where."""
    facts: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(), "logger": record.name, "message": _message(record),
    }  # fmt: skip
    facts |= getattr(record, "facts", {}) if record.name.startswith(OURS) else {}
    if "request" not in facts and (ident := _request_of(record)):
        facts["request"] = ident
    if record.exc_info and (error := record.exc_info[1]) is not None:
        facts |= error_facts(error)
    return facts


def error_facts(error: BaseException) -> dict[str, Any]:
    """The type of an error and of what caused it, and where in the source each was raised.

    Of an error of our own the sentence stands too, without what fills it.
    """
    chain = [*_causes(error)]
    facts: dict[str, Any] = {"error": " < ".join(type(one).__name__ for one in chain)}
    if said := [one.sentence for one in chain if isinstance(one, AnoaError) and one.sentence]:
        facts["said"] = said[0]
    frames = [_place(frame) for frame in traceback.extract_tb(chain[-1].__traceback__)]
    return facts | {"where": frames[-FRAMES:]}


def told_by_thread(args: threading.ExceptHookArgs) -> None:
    """Log the error that ended a thread, in place of Python's own hook, which prints messages."""
    error = args.exc_value
    if error is not None:
        logging.getLogger("anoa.threads").error(
            "a thread ended by an error", exc_info=(args.exc_type, error, args.exc_traceback)
        )


def _message(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] in (OURS, *PLAIN):
        return record.getMessage().strip()
    return str(record.msg) if record.args else WITHHELD


def _request_of(record: logging.LogRecord) -> str:
    meta: Mapping[str, Any] = getattr(getattr(record, "request", None), "META", {})
    return str(meta.get("HTTP_X_REQUEST_ID", ""))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(map(str, value)).replace(" ", ":")
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text else text
