"""The class of the reason why a submission was set aside, which its sender is told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("room", "0015_sealed_index")]

    operations = [
        migrations.AddField(
            model_name="submissionrow",
            name="aside",
            field=models.CharField(db_default="", default="", max_length=40),
        ),
    ]
