"""Who agrees to a bridge first is kept: it was who asked for it, and may now be asked for by the recipient of both."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def askers_agreed(apps, editor):
    bridges = apps.get_model("sharing", "Bridge").objects.using(editor.connection.alias)
    bridges.update(agreed_by=models.F("asked_by"), agreed_at=models.F("asked_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0017_lapses_stand_in_deadlines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("bridge", "agreed_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "bridge",
            "agreed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(askers_agreed, migrations.RunPython.noop),
    ]
