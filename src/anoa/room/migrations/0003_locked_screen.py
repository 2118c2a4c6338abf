from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("room", "0002_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="LockedScreen",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("locked_at", models.DateTimeField()),
            ],
        ),
    ]
