"""Prints the second step of the demo's accounts, for whoever tries them without a phone."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.accounts.codes import STEP, code_of, present_step
from portal.demo.people import demo_secret
from portal.models import User


class Command(BaseCommand):
    help = (
        "Print the present sign-in code of the demo accounts that need one (approvers, reviewers, the authority), or "
        "of the one account that is named. Only in demo mode (DEMO=1). A code is good once, for about a minute."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("email", nargs="?", help="one account; all of them where none is named")

    def handle(self, email: str | None = None, **_) -> None:
        if not settings.DEMO:
            raise CommandError("Codes are printed for the accounts of a demo only. Set DEMO=1.")
        held = User.objects.exclude(authenticator=None).order_by("email")
        if email:
            held = held.filter(email=User.objects.normalize(email))
        if not held:
            raise CommandError("No such account signs in with a code.")
        step = present_step()
        for user in held:
            self.stdout.write(f"{code_of(demo_secret(user.email), step)}  {user.email}")
        self.stdout.write(f"They change every {STEP} seconds, and each is good once.")
