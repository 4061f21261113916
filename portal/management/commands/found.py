"""Founds the city of an empty portal: its root and the first administrator."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.actor import service
from portal.accounts.actions.founding import found_city


class Command(BaseCommand):
    help = (
        "Found the city of an empty portal, once: its root, named by CITY_NAME_EN and CITY_NAME_ZH, and its first "
        "administrator, who gets an e-mail with a link to set the password, and then invites everybody else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True, help="address of the first administrator")
        parser.add_argument("--name", required=True, help="name of the first administrator")
        parser.add_argument("--code", default="city", help="short code of the city, kept for ever (default: city)")

    def handle(self, *, email: str, name: str, code: str, **_) -> None:
        fields = {"name_en": settings.CITY_NAME_EN, "name_zh": settings.CITY_NAME_ZH}
        try:
            administrator = found_city(code, fields, email=email, name=name, by=service("found"))
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        self.stdout.write(
            f"The city is founded. {administrator.email} gets a link to set the password, by the worker's next e-mail; "
            f"if none comes, check EMAIL_HOST and ask for a new password at {settings.ADDRESS}."
        )
