import django.utils.timezone
from django.db import migrations, models

FORWARDS = """
-- Each change of the entries names a new state of the index: what was found in another one is not found again.
CREATE FUNCTION catalog_search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_searchchange (mark, at) VALUES ((random() * 4611686018427387904)::bigint, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_search_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog_searchentry
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_changed();
"""
BACKWARDS = """
DROP TRIGGER catalog_search_changed ON catalog_searchentry;
DROP FUNCTION catalog_search_changed();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0032_search_by_audience"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "mark",
                    models.BigIntegerField(help_text="a number by chance: no two states have the same sum of them"),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["audience", "valid_until"], name="search_valid_until"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["audience", "late_at"], name="search_late_at"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["audience", "overdue_at"], name="search_overdue_at"),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
