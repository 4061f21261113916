"""Erases what events keep of one person's values, as a law asks."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actor import service
from catalog.permissions import OPERATOR
from portal.models import User
from portal.retention.actions import erase_details


class Command(BaseCommand):
    help = (
        "Erase the personal details that events keep of one account: its name, its addresses, and what it searched "
        "for. The events stay, and every proof of them; the erasure is itself an event. What is under a hold stays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="e-mail address of the account")
        parser.add_argument("--reason", required=True, help="why: kept in the log, so without personal data")
        parser.add_argument("--article", required=True, help="the article of the law that asks for it")

    def handle(self, *, account: str, reason: str, article: str, **_) -> None:
        person = User.objects.filter(email=User.objects.normalize(account)).first()
        if person is None:
            raise CommandError(f"No account has the address {account}.")
        try:
            erased, held = erase_details(person, by=service(OPERATOR), reason=reason, article=article)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        self.stdout.write(f"Erased in {erased} events." + (f" {held} are under a hold and stay." if held else ""))
