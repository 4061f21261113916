"""The dictionary says which columns together name one row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_digests_of_bad_cells")]
    operations = [
        migrations.AddField(
            model_name="column",
            name="row_key",
            field=models.BooleanField(
                default=False,
                help_text="The columns that together name one row: two versions are compared by them.",
                verbose_name="part of the row key",
            ),
        ),
    ]
