from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('room', '0013_export_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='submissionrow',
            name='seq',
            field=models.PositiveBigIntegerField(null=True),
        ),
    ]
