from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_tables_of_several_files")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="seconds_left",
            field=models.PositiveIntegerField(help_text="about; null where unknown", null=True),
        ),
    ]
