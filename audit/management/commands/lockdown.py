"""Gives the application's database role what it needs, and on events no more than to insert and read."""

from django.core.management.base import BaseCommand
from django.db import connections

APPEND_ONLY = ("audit_event",)


class Command(BaseCommand):
    """Run as the owner after each `migrate`; doing it again changes nothing."""

    help = (
        "Grants the application's role (DATABASE_URL) the use of all tables, and takes from it every way to change "
        "events. Runs as the owner's role (DATABASE_OWNER_URL). Run it after each migrate."
    )

    def handle(self, *args, **options):
        role = connections["default"].settings_dict["USER"]
        owner = connections["owner"].settings_dict["USER"]
        if not role or role == owner:
            self.stderr.write(
                "The application uses the role that owns the tables: it could change events unseen. "
                "Set DATABASE_OWNER_URL to another role, see docs/operator.md."
            )
            return
        with connections["owner"].cursor() as cursor:
            name = connections["owner"].ops.quote_name(role)
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
            for table in APPEND_ONLY:
                cursor.execute(f"REVOKE ALL ON {table} FROM {name}")
                cursor.execute(f"GRANT SELECT, INSERT ON {table} TO {name}")
        if options["verbosity"]:
            self.stdout.write(f"The role {role} may use all tables; events it may only insert and read.")
