"""How many rows changed from one version to the next is counted once and kept."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_sources")]
    operations = [
        migrations.CreateModel(
            name="RowChanges",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table", models.CharField(max_length=80)),
                (
                    "key",
                    models.JSONField(default=list, help_text="the columns that rows were held together by"),
                ),
                ("added", models.BigIntegerField()),
                ("removed", models.BigIntegerField()),
                ("changed", models.BigIntegerField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "basis",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="row_changes",
                        to="catalog.basis",
                    ),
                ),
                (
                    "since",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.version"
                    ),
                ),
                (
                    "since_basis",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.basis"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="row_changes", to="catalog.version"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "row changes",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "since", "table", "basis", "since_basis"),
                        name="row_changes_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis", None), ("since_basis", None))
                        | models.Q(("basis__isnull", False), ("since_basis__isnull", False)),
                        name="row_changes_bases",
                    ),
                ],
            },
        ),
    ]
