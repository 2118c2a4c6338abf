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
    rows_shape = models.CharField(max_length=64, default="", db_default="")  # see record.renew_rows


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
        indexes = [  # noqa: RUF012
            models.Index(fields=["operation", "handling", "seq"], name="entries_by_handling"),
            models.Index(
                fields=["operation", "handling", "agency", "seq"], name="entries_by_agency"
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


class SearchRow(models.Model):
    """The words by which a thing is found, as ``searching.document`` gives them; see ``search``.

    SQLite keeps an index of them in the table ``room_searchtext`` (by triggers), PostgreSQL in an
    index on the words.
    """

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    thing = models.CharField(max_length=WORD_CHARS)
    ident = models.CharField(max_length=ID_CHARS)
    owner = models.CharField(max_length=ID_CHARS)
    handling = models.CharField(max_length=WORD_CHARS)
    text = models.TextField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(
                fields=["operation", "thing", "ident"], name="one_search_row_a_thing"
            )
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
    signed_out_at = models.DateTimeField(null=True)  # every session that began before has ended

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "ident"], name="one_member_an_ident")
        ]


class MemberPin(models.Model):
    """By what a member takes the duty over at a machine known to the room; see ``pins``."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="pin")
    hashed = models.CharField(max_length=200)
    set_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # wrong ones since the last right one


class KnownMachine(models.Model):
    """A browser at which a member signed in fully, by the hash of its cookie; see ``pins``."""

    digest = models.CharField(max_length=64)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    signed_in_at = models.DateTimeField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["digest", "member"], name="one_row_a_machine_member")
        ]


class TieCode(models.Model):
    """A code by which an account of an institution is tied to a member, as a keyed hash.

    See ``identity.ties``.
    """

    member = models.OneToOneField(Member, on_delete=models.CASCADE)
    provider = models.CharField(max_length=ID_CHARS)
    digest = models.CharField(max_length=64, unique=True)
    ends_at = models.DateTimeField()


class WrongTries(models.Model):
    """How often a password, a code or an address was wrong; see ``limits``. Says of nobody who."""

    key = models.CharField(max_length=64, primary_key=True)  # keyed, so that it names nobody
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    last_at = models.DateTimeField()


class TokenRow(models.Model):
    """By what a phone, a gateway or a program may send or read; only a hash of its secret is kept.

    ``scopes`` and ``forms`` are words separated by blanks; no forms mean all.
    """

    ident = models.CharField(max_length=WORD_CHARS, primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.CharField(max_length=200)
    forms = models.CharField(max_length=400, blank=True)
    agency = models.CharField(max_length=ID_CHARS)
    member = models.CharField(max_length=ID_CHARS, blank=True)
    region = models.CharField(max_length=ID_CHARS, blank=True)
    label = models.CharField(max_length=ID_CHARS)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=ID_CHARS, blank=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class StationRow(models.Model):
    """One polling station of the register; ``value`` is what the register says of it."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    code = models.CharField(max_length=ID_CHARS)
    sub_district = models.CharField(max_length=ID_CHARS)
    value = models.JSONField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "code"], name="one_station_a_code")
        ]
        indexes = [  # noqa: RUF012
            models.Index(fields=["operation", "sub_district"], name="stations_by_sub_district")
        ]


class SubmissionRow(models.Model):
    """What was sent, byte for byte and encrypted, and where it stands; see ``intake.storing``.

    ``digest`` is a keyed digest of the bytes. ``sha256`` is the name by which the entry at ``seq``
    carries it: a commitment to the bytes (``seals.commitment_to``), or for what was stored before
    receipts could be proved the hash of ``encrypted``. ``encrypted`` is empty when it was purged.
    What may quote the sender (``trouble``) is encrypted too. The columns from ``region`` on were
    extracted.
    """

    number = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, db_index=False)
    scope = models.CharField(max_length=ID_CHARS + WORD_CHARS)
    sender_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    cipher = models.CharField(max_length=8, default="gcm1")
    encrypted = models.BinaryField()
    size = models.PositiveIntegerField()
    form = models.CharField(max_length=ID_CHARS)
    form_version = models.CharField(max_length=ID_CHARS)
    channel = models.CharField(max_length=WORD_CHARS)
    token = models.CharField(max_length=WORD_CHARS)
    agency = models.CharField(max_length=ID_CHARS)
    member = models.CharField(max_length=ID_CHARS)
    received_at = models.DateTimeField()
    observed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=WORD_CHARS, default="received")
    trouble = models.BinaryField(default=b"")
    subject = models.CharField(max_length=ID_CHARS, default="")
    seq = models.PositiveBigIntegerField(null=True)  # of the entry that filed it; see ``receipts``
    reason = models.BinaryField(default=b"", db_default=b"")  # why a person set it aside, encrypted
    aside = models.CharField(max_length=WORD_CHARS, default="", db_default="")  # class of reason
    closed_by = models.CharField(max_length=ID_CHARS, default="", db_default="")
    closed_at = models.DateTimeField(null=True)
    likeness = models.CharField(max_length=64, default="", db_default="")  # see ``likeness``
    region = models.CharField(max_length=ID_CHARS, default="")
    sub_district = models.CharField(max_length=ID_CHARS, default="")
    polling_station = models.CharField(max_length=ID_CHARS, default="")
    kind = models.CharField(max_length=ID_CHARS, default="")
    urgency = models.CharField(max_length=WORD_CHARS, default="")
    certificate = models.CharField(max_length=ID_CHARS, default="", db_default="")  # of its purge

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(
                fields=["operation", "sender_id", "scope"], name="one_submission_a_sender_id"
            ),
        ]
        indexes = [  # noqa: RUF012
            models.Index(
                fields=["number"], name="submissions_waiting",
                condition=models.Q(state="received"),
            ),
            models.Index(
                fields=["agency", "number"], name="submissions_for_a_person",
                condition=models.Q(state="needs_person"),
            ),
            models.Index(
                fields=["sha256"], name="submissions_filed",
                condition=models.Q(state="filed"),
            ),
            models.Index(
                fields=["subject", "received_at"], name="submissions_sealed",
                condition=models.Q(scope="sealed"),
            ),
        ]  # fmt: skip


class HookRow(models.Model):
    """An address at which a gateway or a program calls, with its secret encrypted; see ``hooks``.

    ``mapping`` says where in a call each thing stands. The counts are of calls, not of reports.
    """

    ident = models.CharField(max_length=WORD_CHARS, primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    kind = models.CharField(max_length=WORD_CHARS)
    label = models.CharField(max_length=ID_CHARS)
    agency = models.CharField(max_length=ID_CHARS)
    form = models.CharField(max_length=ID_CHARS, blank=True)
    mapping = models.JSONField(default=dict)
    replies = models.BooleanField(default=True)
    encrypted = models.BinaryField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=ID_CHARS, blank=True)
    revoked_at = models.DateTimeField(null=True)
    taken = models.PositiveIntegerField(default=0)
    repeated = models.PositiveIntegerField(default=0)
    forged = models.PositiveIntegerField(default=0)
    replayed = models.PositiveIntegerField(default=0)
    unusable = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=WORD_CHARS, blank=True)


class ImportRow(models.Model):
    """A table that somebody brings in, encrypted until it was taken; see ``intake.importing``.

    ``facts`` are what was found in the file and by the check, without any word of a row.
    """

    ident = models.CharField(max_length=WORD_CHARS, primary_key=True)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    agency = models.CharField(max_length=ID_CHARS)
    member = models.CharField(max_length=ID_CHARS, blank=True)
    form = models.CharField(max_length=ID_CHARS)
    head = models.CharField(max_length=64)  # digest of the head of the table
    mapping = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=WORD_CHARS, default="new")
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    encrypted = models.BinaryField()  # the file; empty when it was taken or thrown away
    faults = models.BinaryField(default=b"")  # what is wrong row by row, encrypted
    certificate = models.CharField(max_length=ID_CHARS, default="", db_default="")

    class Meta:
        indexes = [  # noqa: RUF012
            models.Index(fields=["agency", "head"], name="imports_by_head"),
        ]


class AttachmentRow(models.Model):
    """A picture or file of a submission, encrypted; ``digest`` is keyed like the submission's."""

    submission = models.ForeignKey(SubmissionRow, on_delete=models.CASCADE)
    name = models.CharField(max_length=150)
    media_type = models.CharField(max_length=ID_CHARS)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    encrypted = models.BinaryField()  # empty when it was purged, by that certificate
    certificate = models.CharField(max_length=ID_CHARS, default="", db_default="")

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["submission", "name"], name="one_attachment_a_name")
        ]


class ContactRow(models.Model):
    """The number of whoever called for help by SMS, encrypted, under a keyed mark.

    See ``intake.contacts``.
    """

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    mark = models.CharField(max_length=64)
    encrypted = models.BinaryField()
    ends_at = models.DateTimeField()  # from then on it is forgotten

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "mark"], name="one_contact_a_mark")
        ]


class ReleasedPicture(models.Model):
    """A copy of a picture for those who see the report, encrypted; see ``intake.releasing``."""

    attachment = models.OneToOneField(AttachmentRow, on_delete=models.CASCADE)
    found = models.CharField(max_length=WORD_CHARS)
    encrypted = models.BinaryField()


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


class KeyMark(models.Model):
    """A keyed digest of a key file, so that machines on one database hold the same keys."""

    name = models.CharField(max_length=ID_CHARS, primary_key=True)
    mark = models.CharField(max_length=64)


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


class ExportFile(models.Model):
    """A file of reports that a member had made; see ``list_files``. Nothing of it is in the log.

    ``query`` is what the list was asked for, ``reason`` a word for why it broke off.
    """

    ident = models.CharField(max_length=WORD_CHARS, unique=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    form = models.CharField(max_length=WORD_CHARS)
    name = models.CharField(max_length=ID_CHARS)
    query = models.TextField(blank=True)
    rows = models.PositiveIntegerField()
    rows_done = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=WORD_CHARS, default="making")
    reason = models.CharField(max_length=WORD_CHARS, blank=True)
    started_at = models.DateTimeField()
    moved_at = models.DateTimeField()


class ExportPiece(models.Model):
    """A part of such a file, compressed."""

    file = models.ForeignKey(ExportFile, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["file", "number"], name="one_piece_a_number")
        ]


class CertificateFile(models.Model):
    """A certificate of deletion as a file: its entry, and the names of what was deleted."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT)
    ident = models.CharField(max_length=ID_CHARS)
    content = models.BinaryField()

    class Meta:
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["operation", "ident"], name="one_certificate_an_ident")
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
