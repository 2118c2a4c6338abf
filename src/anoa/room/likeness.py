"""Whether words were stored before: by a keyed hash over them, as a plain one could be guessed.

Two texts are alike when they have the same letters and figures in the same order, whatever stands
between them. The key lies in ``keys/`` of the data folder.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from django.conf import settings

from anoa.picture import Picture
from anoa.room.models import Member, SubmissionRow


def likeness_of(words: str) -> str:
    """The keyed hash of a text's letters and figures, as 64 hexadecimal digits."""
    plain = "".join(re.findall(r"[^\W_]+", words)).casefold()
    return hmac.new(key(), plain.encode(), hashlib.sha256).hexdigest()


def key() -> bytes:
    """The key of the hashes, made on first use."""
    found: bytes = settings.DATA_FOLDER.secret("likeness.key", lambda: secrets.token_bytes(32))
    return found


def reports_by_likeness(member: Member, picture: Picture) -> dict[str, str]:
    """The reports of the member's own institution whose words are stored, by likeness."""
    rows = SubmissionRow.objects.filter(operation=member.operation, agency=member.agency)
    likeness = dict(rows.exclude(likeness="").values_list("sha256", "likeness"))
    found = {}
    for report in picture.reports.values():
        if report.owner == member.agency and report.submission in likeness:
            found[likeness[report.submission]] = report.id
    return found
