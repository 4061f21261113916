"""Compiles every template of the project, so that a misspelt tag is found before a visitor finds it."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError
from django.template.loader import get_template

RENDERED = {".html", ".txt", ".xml", ".json"}


class Command(BaseCommand):
    help = "Compile every template below templates/ and name those that cannot be."
    requires_system_checks = ()

    def handle(self, **options) -> None:
        wrong, folder = [], Path(settings.BASE_DIR, "templates")
        names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in RENDERED)
        for name in names:
            try:
                get_template(name)
            except TemplateSyntaxError as error:
                wrong.append(f"{name}: {error}")
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(names)} templates compile.")
