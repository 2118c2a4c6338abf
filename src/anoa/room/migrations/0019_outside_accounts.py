import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("room", "0018_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="TieCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=80)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("ends_at", models.DateTimeField()),
                ("member", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="room.member")),
            ],
        ),
        migrations.CreateModel(
            name="ContactRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mark", models.CharField(max_length=64)),
                ("encrypted", models.BinaryField()),
                ("ends_at", models.DateTimeField()),
                ("operation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="room.operation")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["operation", "mark"], name="one_contact_a_mark")],
            },
        ),
        migrations.CreateModel(
            name="ReleasedPicture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("found", models.CharField(max_length=40)),
                ("encrypted", models.BinaryField()),
                ("attachment", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="room.attachmentrow")),
            ],
        ),
    ]
