"""Seals the secrets of all authenticator apps with the newest key."""

from django.core.management.base import BaseCommand
from django.db import transaction

from portal.accounts import vault
from portal.models import Authenticator, User


class Command(BaseCommand):
    help = "Seals the secrets of authenticator apps with the first of TOTP_KEYS; older keys can be dropped after it."

    def handle(self, *_args, **_options):
        """Each app by itself; names the accounts whose secret no key opens any more."""
        done = lost = 0
        for user in User.objects.exclude(authenticator=None).order_by("pk").iterator():
            with transaction.atomic():
                held = Authenticator.objects.select_for_update().filter(pk=user.authenticator).first()
                if held is None:  # reset or replaced a moment ago
                    continue
                secret = vault.unseal(user, held.secret)
                if not secret:
                    lost += 1
                    self.stderr.write(f"No key opens the secret of {user.email}: an administrator must reset that app.")
                    continue
                held.secret = vault.seal(user, secret)
                held.save(update_fields=["secret"])
                done += 1
        self.stdout.write(f"Sealed anew: {done}. Lost: {lost}.")
