"""Sealed submissions are found by an index of their own, which holds nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0014_signing_in")]

    operations = [
        migrations.AddIndex(
            model_name="submissionrow",
            index=models.Index(
                condition=models.Q(scope="sealed"),
                fields=["subject", "received_at"],
                name="submissions_sealed",
            ),
        ),
    ]
