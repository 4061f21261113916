"""A decision that waits for a second approver stands no more once the request goes to the authority."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

reworded = import_module("sharing.migrations.0011_frozen_grants").reworded
BY_A_PERSON, BY_ANYBODY = "OLD.overturned_by_id IS NOT NULL AND", "OLD.overturned_at IS NOT NULL AND"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0015_back_to_whoever_asked")]
    operations = [
        migrations.RemoveConstraint(model_name="decision", name="decision_overturned_by"),
        migrations.AlterField(
            model_name="decision",
            name="overturned_at",
            field=models.DateTimeField(help_text="from when on it does not stand", null=True),
        ),
        migrations.AlterField(
            model_name="decision",
            name="overturned_by",
            field=models.ForeignKey(
                help_text="the second approver, who did not agree; empty: it went to the authority before",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("overturned_by", None), ("overturned_at__isnull", False), _connector="OR"),
                name="decision_overturned_by",
            ),
        ),
        migrations.RunSQL(
            reworded("sharing_decisions_stay", BY_A_PERSON, BY_ANYBODY),
            reworded("sharing_decisions_stay", BY_ANYBODY, BY_A_PERSON),
        ),
    ]
