from datetime import UTC, datetime
from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def move_words(apps: Any, schema_editor: Any) -> None:
    """Move the words of earlier reports as they lie, so that their hashes in the log still hold.

    Their number in the old table tells them apart; no digest of their plain bytes is known here.
    """
    old, new = apps.get_model("room", "Submission"), apps.get_model("room", "SubmissionRow")
    filed = {
        entry.data["submission"]: entry
        for entry in apps.get_model("room", "EntryRow").objects.filter(kind="report.filed").iterator()
        if entry.data.get("submission")
    }
    for one in old.objects.order_by("pk").iterator():
        entry = filed.get(one.sha256)
        new.objects.create(
            operation_id=one.operation_id, scope="0.1.0", sender_id=f"words-{one.pk}", digest="",
            sha256=one.sha256, cipher="fernet", encrypted=one.encrypted,
            size=len(one.encrypted), form="words", form_version="", channel="web", token="",
            agency=one.agency, member=entry.by if entry else "",
            received_at=entry.at if entry else datetime(2024, 1, 1, tzinfo=UTC),
            state="filed", likeness=one.likeness, subject=entry.subject if entry else "",
        )


class Migration(migrations.Migration):

    dependencies = [
        ('room', '0004_likeness'),
    ]

    operations = [
        migrations.CreateModel(
            name='SubmissionRow',
            fields=[
                ('number', models.BigAutoField(primary_key=True, serialize=False)),
                ('scope', models.CharField(max_length=120)),
                ('sender_id', models.CharField(max_length=100)),
                ('digest', models.CharField(max_length=64)),
                ('sha256', models.CharField(max_length=64)),
                ('cipher', models.CharField(default='gcm1', max_length=8)),
                ('encrypted', models.BinaryField()),
                ('size', models.PositiveIntegerField()),
                ('form', models.CharField(max_length=80)),
                ('form_version', models.CharField(max_length=80)),
                ('channel', models.CharField(max_length=40)),
                ('token', models.CharField(max_length=40)),
                ('agency', models.CharField(max_length=80)),
                ('member', models.CharField(max_length=80)),
                ('received_at', models.DateTimeField()),
                ('observed_at', models.DateTimeField(null=True)),
                ('state', models.CharField(default='received', max_length=40)),
                ('trouble', models.BinaryField(default=b'')),
                ('subject', models.CharField(default='', max_length=80)),
                ('reason', models.BinaryField(db_default=b'', default=b'')),
                ('closed_by', models.CharField(db_default='', default='', max_length=80)),
                ('closed_at', models.DateTimeField(null=True)),
                ('likeness', models.CharField(db_default='', default='', max_length=64)),
                ('region', models.CharField(default='', max_length=80)),
                ('sub_district', models.CharField(default='', max_length=80)),
                ('polling_station', models.CharField(default='', max_length=80)),
                ('kind', models.CharField(default='', max_length=80)),
                ('urgency', models.CharField(default='', max_length=40)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='room.operation')),
            ],
        ),
        migrations.CreateModel(
            name='AttachmentRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=150)),
                ('media_type', models.CharField(max_length=80)),
                ('digest', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('encrypted', models.BinaryField()),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='room.submissionrow')),
            ],
        ),
        migrations.CreateModel(
            name='TokenRow',
            fields=[
                ('ident', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('secret_sha256', models.CharField(max_length=64)),
                ('scopes', models.CharField(max_length=200)),
                ('forms', models.CharField(blank=True, max_length=400)),
                ('agency', models.CharField(max_length=80)),
                ('member', models.CharField(blank=True, max_length=80)),
                ('region', models.CharField(blank=True, max_length=80)),
                ('label', models.CharField(max_length=80)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.CharField(blank=True, max_length=80)),
                ('expires_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='room.operation')),
            ],
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(condition=models.Q(('state', 'received')), fields=['number'], name='submissions_waiting'),
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(condition=models.Q(('state', 'needs_person')), fields=['agency', 'number'], name='submissions_for_a_person'),
        ),
        migrations.AddIndex(
            model_name='submissionrow',
            index=models.Index(fields=['sha256'], name='submissions_by_hash'),
        ),
        migrations.AddConstraint(
            model_name='submissionrow',
            constraint=models.UniqueConstraint(fields=('operation', 'sender_id', 'scope'), name='one_submission_a_sender_id'),
        ),
        migrations.AddConstraint(
            model_name='attachmentrow',
            constraint=models.UniqueConstraint(fields=('submission', 'name'), name='one_attachment_a_name'),
        ),
        migrations.RunPython(move_words, migrations.RunPython.noop),
        migrations.DeleteModel(
            name='Submission',
        ),
    ]
