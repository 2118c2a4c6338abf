from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('room', '0016_class_of_reason'),
    ]

    operations = [
        migrations.AddField(
            model_name='submissionrow',
            name='seq',
            field=models.PositiveBigIntegerField(null=True),
        ),
    ]
