"""`manage.py states`: prints the tables of moves as diagrams into docs/states.md."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.states import DATASET, DUTY, EXPORT, GRANT, PURGE, RELEASE, SOURCE, VERSION
from opendata.states import SUBMISSION
from sharing.states import BRIDGE, PACKAGE_PLAN, RECIPIENT_KEY, RENEWAL, REQUEST

PAGE = settings.BASE_DIR / "docs" / "states.md"
OF_GRANTS = (REQUEST, GRANT, RENEWAL, BRIDGE, PACKAGE_PLAN, RECIPIENT_KEY)
TABLES = (DATASET, VERSION, SOURCE, *OF_GRANTS, DUTY, SUBMISSION, RELEASE, EXPORT, PURGE)
HEAD = """# States

Which state follows which, by what, and whose move it is. Printed from the tables of moves in the code by
`python manage.py states`; whatever is not drawn here is refused with a sentence.
"""


def page() -> str:
    """The whole page, as it should be."""
    parts = [f"## {moves.name}\n\n```mermaid\n{moves.diagram()}\n```\n" for moves in TABLES]
    return "\n".join([HEAD, *parts])


class Command(BaseCommand):
    help = "Prints the state diagrams into docs/states.md."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="write nothing; fail where the page is not fresh")

    def handle(self, *args, check: bool, **options):
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if check and not fresh:
            raise CommandError("docs/states.md is not what the tables of moves say. Run: python manage.py states")
        if not fresh:
            PAGE.parent.mkdir(exist_ok=True)
            PAGE.write_text(page(), encoding="utf-8")
            self.stdout.write("Wrote docs/states.md.")
