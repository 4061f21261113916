"""Two persons agree to a bridge, and there is one between two grants at a time."""

from django.db import migrations, models
from django.db.models.functions import Greatest, Least


class Migration(migrations.Migration):
    dependencies = [("sharing", "0018_bridges_agreed_to")]

    operations = [
        migrations.AddConstraint(
            "bridge",
            models.CheckConstraint(
                condition=models.Q(decided_by=None)
                | models.Q(agreed_by=None)
                | ~models.Q(decided_by=models.F("agreed_by")),
                name="bridge_two_agree",
            ),
        ),
        migrations.AddConstraint(
            "bridge",
            models.CheckConstraint(
                condition=models.Q(agreed_at=None, agreed_by=None)
                | models.Q(agreed_at__isnull=False, agreed_by__isnull=False),
                name="bridge_agreed_by",
            ),
        ),
        migrations.AddConstraint(
            "bridge",
            models.CheckConstraint(
                condition=~models.Q(state__in=["active", "ended"]) | models.Q(agreed_at__isnull=False),
                name="bridge_agreed",
            ),
        ),
        migrations.AddConstraint(
            "bridge",
            models.UniqueConstraint(
                Least("one", "other"),
                Greatest("one", "other"),
                condition=models.Q(state__in=["asked", "active"]),
                name="bridge_open_once",
            ),
        ),
    ]
