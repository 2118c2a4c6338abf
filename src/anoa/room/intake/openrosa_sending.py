"""A submission as OpenRosa sends it: one body of parts, or several that repeat the same XML.

The XML is the submission, byte for byte; pictures are attached to it as they come, by whichever
body. Kept are the files that the form asks for, and no others: above all not what a phone may add
of itself. When a body is cut off after its XML, the words are stored and the picture follows by the
phone's next try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from anoa.errors import Saying, SubmissionError
from anoa.openrosa import Parsed, parse_submission
from anoa.openrosa.submissions import BESIDE
from anoa.room.intake.desk import desk
from anoa.room.intake.http import (
    Gone,
    Receive,
    Scope,
    TooLarge,
    Unreadable,
    WrongMediaType,
    in_thread,
)
from anoa.room.intake.meaning import NOT_BY_THIS_WAY
from anoa.room.intake.multipart import CutOff, Part, Parts, read_parts
from anoa.room.intake.openrosa_forms import Shelf, known_shelf, shelf_of
from anoa.room.intake.storing import seal
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.urgent import unheld
from anoa.room.intake.values import (
    ATTACHMENTS_LIMIT,
    NAME_LIMIT,
    PRINTABLE,
    Arrival,
    Attachment,
    Channel,
    Conflict,
    Receipt,
    Refused,
    told_time,
)
from anoa.room.models import AttachmentRow

XML_PART, MORE_PART = "xml_submission_file", "*isIncomplete*"
XML_TYPES = ("text/xml", "application/xml", "")
IMAGES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/gif")


class Changed(Refused):
    """The same id came before with other bytes."""

    code = "conflict"
    status = 409


@dataclass(frozen=True, slots=True)
class Taken:
    """What was stored, which files are still to come, and what to tell beside it."""

    receipt: Receipt
    missing: tuple[str, ...] = ()
    refusal: Refused | None = None

    def message(self) -> str:
        """What the phone shows, in the language that is active."""
        if self.refusal is not None:
            return gettext("The words of this report are stored, receipt {code}.").format(
                code=self.receipt.code
            )
        if self.missing:
            return gettext("Received, receipt {code}. Still to come: {files}").format(
                code=self.receipt.code, files=", ".join(self.missing)
            )
        return gettext("Received, receipt {code}").format(code=self.receipt.code)


async def take(scope: Scope, receive: Receive, bearer: Bearer) -> Taken:
    """Store what a body brings.

    Raises Gone when nobody waits for an answer, and Refused when nothing of it was stored.
    """
    parts = await read_parts(scope, receive)
    body = xml_of(parts)
    shelf = known_shelf(bearer) or await in_thread(shelf_of, bearer)
    try:
        parsed = parse_submission(body, shelf.pack.forms)
    except SubmissionError as error:
        raise Unreadable(error.sentence, **error.values) from error
    bearer.need("submit", parsed.form_id)
    arrival = arrival_of(body, parsed, parts, shelf)
    receipt = await _stored(bearer, arrival)
    if isinstance(parts.trouble, CutOff):
        raise Gone
    sent = {one.name for one in arrival.attachments}
    missing = tuple(name for name in parsed.pictures if name not in sent)
    if missing:
        missing = await in_thread(still_missing, receipt.number, missing)
    return Taken(receipt, missing, parts.trouble if isinstance(parts.trouble, Refused) else None)


def xml_of(parts: Parts) -> bytes:
    """The bytes of the one part that is the submission.

    Raises what kept it from arriving, Unreadable, or WrongMediaType.
    """
    found = [one for one in parts.parts if one.name == XML_PART]
    if not found:
        if isinstance(parts.trouble, CutOff):
            raise Gone
        raise parts.trouble or Unreadable("there is no part '{name}'", name=XML_PART)
    if len(found) > 1:
        raise Unreadable("there are two parts '{name}'", name=XML_PART)
    if found[0].media_type not in XML_TYPES:
        raise WrongMediaType(
            "the part '{name}' is {said}, not {known}",
            name=XML_PART, said=found[0].media_type[:80], known=XML_TYPES[0],
        )  # fmt: skip
    return bytes(found[0].content)


def arrival_of(body: bytes, parsed: Parsed, parts: Parts, shelf: Shelf) -> Arrival:
    """The submission as every channel hands it over, with what a person must look at."""
    files = [one for one in parts.parts if one.name not in (XML_PART, MORE_PART)]
    kept, problems = kept_files(files, parsed)
    if parsed.form is not None and parsed.form.id not in shelf.forms:
        problems.append(Saying(NOT_BY_THIS_WAY, form=parsed.form_id))
    if isinstance(parts.trouble, TooLarge):
        problems.append(Saying("a file was too large and was not kept"))
    elif isinstance(parts.trouble, Unreadable):
        problems.append(Saying("what came after the words could not be read"))
    bearer = shelf.bearer
    observed_at, _odd = told_time(parsed.fields.get("observed_at"))  # who files it judges it
    arrival = Arrival(
        parsed.instance_id, parsed.form_id, parsed.version, Channel.OPENROSA, bearer.token,
        bearer.agency, bearer.member, body, dict(parsed.fields), tuple(kept),
        observed_at, (*parsed.problems, *problems),
    )  # fmt: skip
    return unheld(arrival, shelf.pack)


def kept_files(files: Sequence[Part], parsed: Parsed) -> tuple[list[Attachment], list[str]]:
    """The files to be kept, and in sentences why others were not.

    Of a form that the room does not know all pictures are kept, as nobody can say which belong.
    """
    kept: dict[str, Attachment] = {}
    problems: list[str] = []
    for one in files:
        name = one.file_name or one.name
        if name in kept or name in BESIDE:
            continue
        if why := _why_not(one, name, parsed, len(kept)):
            problems.append(Saying(f"the file '{{name}}' was not kept: {why}", name=_shown(name)))
        else:
            kept[name] = Attachment(name, one.media_type, bytes(one.content))
    return list(kept.values()), problems


def _why_not(one: Part, name: str, parsed: Parsed, kept: int) -> str:
    if not 1 <= len(name) <= NAME_LIMIT or not PRINTABLE.match(name):
        return "its name cannot be used"
    if parsed.form is not None and name not in parsed.pictures:
        return "no answer of the form names it"
    if one.media_type not in IMAGES:
        return "it is no picture"
    return "there are too many" if kept >= ATTACHMENTS_LIMIT else ""


def _shown(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[:60]


async def _stored(bearer: Bearer, arrival: Arrival) -> Receipt:
    """Store it; pictures are encrypted beside the event loop. Raises Refused or StorageError."""
    if arrival.attachments:
        sealed = await in_thread(seal, bearer.operation, arrival)
    else:
        sealed = seal(bearer.operation, arrival)
    (outcome,) = await desk.receipts([sealed])
    if isinstance(outcome, Conflict):
        raise Changed(
            "a report with this id came before and said something else, or its picture did: "
            "fill in a new one"
        ) from outcome
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def still_missing(number: int, names: Sequence[str]) -> tuple[str, ...]:
    """Which of these files a submission has not got yet; asks the database."""
    held = set(
        AttachmentRow.objects.filter(submission=number, name__in=names).values_list(
            "name", flat=True
        )
    )
    return tuple(name for name in names if name not in held)
