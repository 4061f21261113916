import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]

    operations = [
        migrations.AddField("user", "authenticator", models.UUIDField(editable=False, null=True)),
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("secret", models.TextField(help_text="sealed for its account by portal/accounts/vault.py")),
                ("set_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_step", models.BigIntegerField(help_text="of the last code taken: no code is taken twice")),
                ("failures", models.PositiveIntegerField(default=0, help_text="in a row")),
                ("locked_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "authenticator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="portal.authenticator"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("authenticator", "digest"), name="recovery_code_once")
                ]
            },
        ),
    ]
