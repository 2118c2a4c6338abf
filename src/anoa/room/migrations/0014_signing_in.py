import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("room", "0013_export_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="member",
            name="signed_out_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="WrongTries",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="MemberPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hashed", models.CharField(max_length=200)),
                ("set_at", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("member", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="pin", to="room.member")),
            ],
        ),
        migrations.CreateModel(
            name="KnownMachine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("signed_in_at", models.DateTimeField()),
                ("member", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="room.member")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("digest", "member"), name="one_row_a_machine_member")],
            },
        ),
    ]
