"""What the authority asked in its check of form is answered to the check, and not past it."""

from importlib import import_module

from django.db import migrations

kept = import_module("sharing.migrations.0004_requests_keep_their_word")
reworded = import_module("sharing.migrations.0011_frozen_grants").reworded
PAIRS = kept.PAIRS | {"incomplete": ("compliance-check", *kept.PAIRS["incomplete"])}
TO_THE_OWNER = "('incomplete', 'reply-due')"
TO_EITHER = f"('incomplete', 'compliance-check'), {TO_THE_OWNER}"


class Migration(migrations.Migration):
    dependencies = [("sharing", "0014_links_count_all_that_leaves")]
    operations = [
        migrations.RunSQL(
            reworded("sharing_request_keeps_its_word", TO_THE_OWNER, TO_EITHER),
            reworded("sharing_request_keeps_its_word", TO_EITHER, TO_THE_OWNER),
        )
    ]
