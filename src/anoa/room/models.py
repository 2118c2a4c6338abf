"""The rows: operations, their log, the things that follow from it, and frozen files.

Only ``record`` writes the log and the things; what stands in a thing is what replaying gives.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

ID_CHARS = 80
WORD_CHARS = 40


class Operation(models.Model):
    """One run of a pack. ``pack_folder`` lies in the data folder; injects are the exercise's."""

    ident = models.CharField(max_length=ID_CHARS, primary_key=True)
    pack_folder = models.CharField(max_length=ID_CHARS)
    pack_digest = models.CharField(max_length=ID_CHARS)
    time_zone = models.CharField(max_length=ID_CHARS)
    exercise = models.BooleanField()
    injects_played = models.PositiveIntegerField(default=0)
    inject_names = models.JSONField(default=dict)


class EntryRow(models.Model):
    """One entry of the log."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="entry_rows")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=ID_CHARS)
    agency = models.CharField(max_length=ID_CHARS)
    kind = models.CharField(max_length=ID_CHARS)
    v = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=ID_CHARS)
    data = models.JSONField()
    handling = models.CharField(max_length=WORD_CHARS)
    cause = models.PositiveBigIntegerField(null=True)
    salt = models.CharField(max_length=32)

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "seq"], name="one_entry_a_seq"),
            models.UniqueConstraint(
                fields=["operation", "cause", "kind", "subject"],
                condition=models.Q(cause__isnull=False),
                name="one_consequence_a_cause",
            ),
        ]


class ThingRow(models.Model):
    """The present value of a thing, as the log gives it."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    thing = models.CharField(max_length=WORD_CHARS)
    ident = models.CharField(max_length=ID_CHARS)
    owner = models.CharField(max_length=ID_CHARS)
    region = models.CharField(max_length=ID_CHARS, blank=True)
    state = models.CharField(max_length=WORD_CHARS, blank=True)
    handling = models.CharField(max_length=WORD_CHARS)
    due = models.DateTimeField(null=True)
    value = models.JSONField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "thing", "ident"], name="one_row_a_thing")
        ]
        indexes = [  # noqa: RUF012
            models.Index(fields=["operation", "thing", "state"], name="things_by_state"),
            models.Index(fields=["operation", "region"], name="things_by_region"),
        ]


class Member(models.Model):
    """Who a signed-in user is; ``agency`` is empty for the host's administrator."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="member"
    )
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    ident = models.CharField(max_length=ID_CHARS)
    agency = models.CharField(max_length=ID_CHARS, blank=True)
    role = models.CharField(max_length=WORD_CHARS)

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "ident"], name="one_member_an_ident")
        ]


class Submission(models.Model):
    """A reporter's words, encrypted; the log holds only their hash, so that they can be purged."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    sha256 = models.CharField(max_length=64)
    agency = models.CharField(max_length=ID_CHARS)
    encrypted = models.BinaryField()
    likeness = models.CharField(max_length=64, blank=True, default="")  # see ``likeness``

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "sha256", "agency"], name="words_once")
        ]


class Draft(models.Model):
    """What a member has begun to write, encrypted; see ``drafts``."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    saved_at = models.DateTimeField()
    encrypted = models.BinaryField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["member", "key"], name="one_draft_a_key")
        ]


class LockedScreen(models.Model):
    """A session whose screen is locked; see ``locking``."""

    session_key = models.CharField(max_length=40, primary_key=True)
    locked_at = models.DateTimeField()


class SitrepFile(models.Model):
    """A report as it was issued: one row a form (html, pdf, txt)."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    ident = models.CharField(max_length=ID_CHARS)
    form = models.CharField(max_length=WORD_CHARS)
    language = models.CharField(max_length=WORD_CHARS)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "ident", "form"], name="one_file_a_form")
        ]


class SealFile(models.Model):
    """A digital seal of the record as a file; a countersigned one takes its place."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    ident = models.CharField(max_length=ID_CHARS)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "ident"], name="one_seal_an_ident")
        ]
