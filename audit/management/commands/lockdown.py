"""Gives the application's database role what it needs, and on events no more than to insert and read."""

from django.core.management.base import BaseCommand
from django.db import connections, transaction

from audit.guards import FILLED_BY_DATABASE, RIGHTS, weaknesses

OUTSIDE = "audit_event_other"  # the partition of events that belong to no month
USUAL = ("SELECT", "INSERT", "UPDATE", "DELETE")
OURS = """
    SELECT relname, relispartition FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND pg_has_role(relowner, 'USAGE')
"""
COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"


class Command(BaseCommand):
    """Run as the owner after each `migrate`; doing it again changes nothing."""

    help = (
        "Grants the application's role (DATABASE_URL) the use of all tables, and takes from it every way to change "
        "events, in the months to come too. Runs as the owner's role (DATABASE_OWNER_URL). Run it after each migrate."
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
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            quote = connections["owner"].ops.quote_name
            prepare_months(cursor)
            close_surroundings(cursor, quote(role), quote(connections["owner"].settings_dict["NAME"]))
            cursor.execute(OURS)
            for table, is_partition in cursor.fetchall():
                cursor.execute(f"REVOKE ALL ON {quote(table)} FROM {quote(role)}, PUBLIC")
                if table == OUTSIDE:  # only to see that it is empty
                    cursor.execute(f"GRANT SELECT ON {quote(table)} TO {quote(role)}")
                elif not is_partition:  # a partition is read and written through its table alone
                    cursor.execute(f"GRANT {rights_on(cursor, table, quote)} ON {quote(table)} TO {quote(role)}")
            cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {quote(role)}, PUBLIC")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quote(role)}")
            cursor.execute(f"GRANT EXECUTE ON FUNCTION audit_prepare_months TO {quote(role)}")
        for sentence in weaknesses(connections["default"]):
            self.stderr.write(f"Not closed: {sentence}")
        if options["verbosity"]:
            self.stdout.write(f"The role {role} may use all tables; events it may only insert and read.")


def rights_on(cursor, table: str, quote) -> str:
    """What the application gets on a table, as GRANT says it."""
    rights = RIGHTS.get(table, USUAL)
    if table not in FILLED_BY_DATABASE:
        return ", ".join(rights)
    cursor.execute(COLUMNS, [table])
    given = ", ".join(quote(name) for (name,) in cursor.fetchall() if name not in FILLED_BY_DATABASE[table])
    return ", ".join(f"INSERT ({given})" if right == "INSERT" else right for right in rights)


def prepare_months(cursor) -> None:
    """This month and the next ones have their partitions."""
    cursor.execute("SELECT audit_prepare_months((now() AT TIME ZONE 'UTC')::date, 3)")


def close_surroundings(cursor, role: str, database: str) -> None:
    """Nothing that the role makes can stand in front of our tables, and tables to come are closed to it at first."""
    cursor.execute(f"REVOKE CREATE ON SCHEMA public FROM {role}, PUBLIC")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    cursor.execute(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM {role}, PUBLIC")
    cursor.execute(f"ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {role}, PUBLIC")
    cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM {role}, PUBLIC")
