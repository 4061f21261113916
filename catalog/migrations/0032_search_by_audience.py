import django.contrib.postgres.indexes
from django.db import migrations, models

FORWARDS = """
-- What facets and orders look at stays in the row: to fetch it from beside it costs more than all the rest of a search.
ALTER TABLE catalog_searchentry ALTER COLUMN places SET STORAGE PLAIN;
ALTER TABLE catalog_searchentry ALTER COLUMN formats SET STORAGE PLAIN;
ALTER TABLE catalog_searchentry ALTER COLUMN title SET STORAGE PLAIN;
DROP INDEX search_title_words;
CREATE INDEX search_public_titles ON catalog_searchentry
    USING gin (ts_filter(words, '{a}')) WHERE audience = 'public';
CREATE INDEX search_internal_titles ON catalog_searchentry
    USING gin (ts_filter(words, '{a}')) WHERE audience = 'internal';
"""
BACKWARDS = """
DROP INDEX search_internal_titles;
DROP INDEX search_public_titles;
CREATE INDEX search_title_words ON catalog_searchentry USING gin (ts_filter(words, '{a}'));
ALTER TABLE catalog_searchentry ALTER COLUMN title SET STORAGE EXTENDED;
ALTER TABLE catalog_searchentry ALTER COLUMN formats SET STORAGE EXTENDED;
ALTER TABLE catalog_searchentry ALTER COLUMN places SET STORAGE EXTENDED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0031_demand_is_counted"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="searchentry", name="search_words"),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("audience", "public")), fields=["words"], name="search_public_words"
            ),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("audience", "internal")), fields=["words"], name="search_internal_words"
            ),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(
                condition=models.Q(
                    ("state", "active"), models.Q(("sharing_class", "withheld"), _negated=True), _negated=True
                ),
                fields=["id"],
                name="dataset_not_for_all",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
