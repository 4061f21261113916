"""Seals the passwords of all sources with the newest key."""

from django.core.management.base import BaseCommand
from django.db import transaction

from catalog.models import Source
from catalog.sources import vault
from catalog.sources.errors import SourceError


class Command(BaseCommand):
    help = "Seals the passwords of all sources with the first of SOURCE_KEYS; older keys can be dropped after it."

    def handle(self, *_args, **_options):
        """Each source by itself; names those that no key opens any more."""
        done = lost = 0
        for pk in Source.objects.exclude(secret="").values_list("pk", flat=True):
            with transaction.atomic():
                source = Source.objects.select_for_update().get(pk=pk)
                try:
                    source.secret = vault.sealed_anew(source)
                except SourceError:
                    lost += 1
                    self.stderr.write(f"No key opens the password of source {pk}: it must be entered again.")
                    continue
                source.save(update_fields=["secret"])
                done += 1
        self.stdout.write(f"Sealed anew: {done}. Lost: {lost}.")
