"""A link counts all bytes that leave by it, from wherever in the file."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sharing', '0013_told_shares'),
    ]

    operations = [
        migrations.AlterField(
            model_name='packagelink',
            name='sent',
            field=models.BigIntegerField(default=0, help_text='bytes that left by it or are leaving, of whichever part'),
        ),
        migrations.AlterField(
            model_name='packagelink',
            name='spent_at',
            field=models.DateTimeField(help_text='when as many bytes as the file has had left', null=True),
        ),
    ]
