"""A file that was not there any more is not said to have been destroyed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0018_destruction_by_law"),
    ]

    operations = [
        migrations.AddField(
            model_name="purgedfile",
            name="found_at",
            field=models.DateTimeField(
                help_text="right before it went; null where it was not there any more", null=True
            ),
        ),
        migrations.RunSQL("UPDATE catalog_purgedfile SET found_at = gone_at", migrations.RunSQL.noop),
    ]
