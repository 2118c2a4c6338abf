from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('room', '0011_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='rows_shape',
            field=models.CharField(db_default='', default='', max_length=64),
        ),
    ]
