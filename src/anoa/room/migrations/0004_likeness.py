from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("room", "0003_locked_screen"),
    ]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="likeness",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
    ]
