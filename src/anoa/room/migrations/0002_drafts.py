import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("room", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("saved_at", models.DateTimeField()),
                ("encrypted", models.BinaryField()),
                ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="room.member")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("member", "key"), name="one_draft_a_key")],
            },
        ),
    ]
