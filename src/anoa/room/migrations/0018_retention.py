"""Certificates of deletion, and by which one something was purged."""

import django.db.models.deletion
from django.db import migrations, models


def certificate_of(model: str) -> migrations.AddField:
    return migrations.AddField(
        model_name=model,
        name="certificate",
        field=models.CharField(db_default="", default="", max_length=80),
    )


class Migration(migrations.Migration):
    dependencies = [("room", "0017_receipts")]

    operations = [
        certificate_of("submissionrow"),
        certificate_of("attachmentrow"),
        certificate_of("importrow"),
        migrations.CreateModel(
            name="CertificateFile",
            fields=[
                ("id", models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                )),
                ("ident", models.CharField(max_length=80)),
                ("content", models.BinaryField()),
                ("operation", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, to="room.operation"
                )),
            ],
            options={"constraints": [models.UniqueConstraint(
                fields=("operation", "ident"), name="one_certificate_an_ident"
            )]},
        ),
    ]
