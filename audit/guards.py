"""What the database lets the application's role do to the log, and in which sentences that is too much.

`RIGHTS` is the whole of it: `manage.py lockdown` gives exactly that, `weaknesses` finds what goes beyond.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

# Table -> what the application may do. Every other table of ours is its to read and write.
RIGHTS = {
    "audit_event": ("SELECT", "INSERT"),
    "audit_entry": ("SELECT", "INSERT"),
    "audit_eventdetail": ("SELECT", "INSERT", "DELETE"),
    "audit_logstate": ("SELECT", "INSERT", "UPDATE"),
    "audit_alarm": ("SELECT", "INSERT", "UPDATE"),
    "audit_retention": ("SELECT", "INSERT"),
    "audit_hold": ("SELECT", "INSERT", "UPDATE"),
}
# Columns that the database fills: who could choose them could hide an event from the log.
FILLED_BY_DATABASE = {"audit_event": ("id", "xact")}
CHANGES = ("UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
# Table -> what a trigger of it must stop, in the bits of pg_trigger.tgtype.
ROW, BEFORE, DELETE, UPDATE, TRUNCATE = 1, 2, 8, 16, 32
TRIGGERS = {
    "audit_event": (ROW | BEFORE | UPDATE, ROW | BEFORE | DELETE, BEFORE | TRUNCATE),
    "audit_entry": (ROW | BEFORE | UPDATE, ROW | BEFORE | DELETE, BEFORE | TRUNCATE),
    "audit_logstate": (ROW | BEFORE | UPDATE, ROW | BEFORE | DELETE, BEFORE | TRUNCATE),
}
STOPPED = {UPDATE: "UPDATE", DELETE: "DELETE", TRUNCATE: "TRUNCATE"}

# Every role that the application's can act as, itself among them.
ROLES = "SELECT oid, rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER')"
# Each guarded table with its partitions.
TABLES = """
    SELECT rule.name AS rule, rule.name::regclass::oid AS oid, rule.name AS name FROM unnest(%(tables)s) AS rule(name)
    UNION SELECT rule.name, tree.relid::oid, tree.relid::regclass::text
    FROM unnest(%(tables)s) AS rule(name), pg_partition_tree(rule.name::regclass) AS tree
"""
POWERS = f"""
    SELECT rolname FROM pg_roles JOIN ({ROLES}) AS mine USING (oid, rolname)
    WHERE rolsuper OR rolname IN ('pg_execute_server_program', 'pg_write_server_files')
"""
OWNED = f"""
    WITH mine AS ({ROLES}), guarded AS ({TABLES})
    SELECT 'table ' || name FROM guarded JOIN pg_class USING (oid) WHERE relowner IN (SELECT oid FROM mine)
    UNION SELECT 'function ' || proname FROM pg_proc JOIN pg_trigger ON tgfoid = pg_proc.oid
        WHERE tgrelid IN (SELECT oid FROM guarded) AND NOT tgisinternal AND proowner IN (SELECT oid FROM mine)
    UNION SELECT 'schema ' || nspname FROM pg_namespace
        WHERE oid IN (SELECT relnamespace FROM guarded JOIN pg_class USING (oid)) AND nspowner IN (SELECT oid FROM mine)
    UNION SELECT 'database ' || datname FROM pg_database
        WHERE datname = current_database() AND datdba IN (SELECT oid FROM mine)
    ORDER BY 1
"""
CHANGEABLE = f"""
    WITH mine AS ({ROLES}), guarded AS ({TABLES})
    SELECT DISTINCT guarded.rule, guarded.name, change FROM guarded, mine, unnest(%(changes)s) AS change
    WHERE has_table_privilege(mine.oid, guarded.oid, change)
       OR (change IN ('UPDATE', 'REFERENCES') AND has_any_column_privilege(mine.oid, guarded.oid, change))
    ORDER BY 1, 2, 3
"""
CHOOSABLE = f"""
    WITH mine AS ({ROLES})
    SELECT DISTINCT attname FROM pg_attribute, mine
    WHERE attrelid = %(table)s::regclass AND attname = ANY(%(columns)s)
      AND has_column_privilege(mine.oid, attrelid, attname, 'INSERT') ORDER BY 1
"""
SEQUENCES = f"""
    WITH mine AS ({ROLES}), guarded AS ({TABLES})
    SELECT DISTINCT sequence.relname FROM pg_class AS sequence JOIN pg_depend ON objid = sequence.oid, mine
    WHERE sequence.relkind = 'S' AND refobjid IN (SELECT oid FROM guarded)
      AND has_sequence_privilege(mine.oid, sequence.oid, 'UPDATE') ORDER BY 1
"""
SURROUNDINGS = f"""
    WITH mine AS ({ROLES})
    SELECT bool_or(has_parameter_privilege(oid, 'session_replication_role', 'SET'))
               OR current_setting('session_replication_role') <> 'origin',
           bool_or(has_database_privilege(oid, current_database(), 'CREATE')),
           bool_or(has_database_privilege(oid, current_database(), 'TEMPORARY')),
           (SELECT string_agg(DISTINCT name, ', ') FROM unnest(current_schemas(false)) AS name, mine AS who
             WHERE has_schema_privilege(who.oid, name::text, 'CREATE'))
    FROM mine
"""
TRIGGERS_OF = f"""
    WITH guarded AS ({TABLES})
    SELECT guarded.rule, guarded.name, coalesce(array_agg(tgtype::integer) FILTER (WHERE
        tgenabled IN ('O', 'A') AND tgqual IS NULL
        AND proname LIKE 'audit\\_refuse\\_%%' AND prosrc LIKE '%%RAISE EXCEPTION%%'
    ), '{{}}')
    FROM guarded LEFT JOIN pg_trigger ON tgrelid = guarded.oid LEFT JOIN pg_proc ON tgfoid = pg_proc.oid
    GROUP BY 1, 2 ORDER BY 1, 2
"""
TO_COME = f"""
    WITH mine AS ({ROLES})
    SELECT DISTINCT privilege_type FROM pg_default_acl, aclexplode(defaclacl)
    WHERE defaclobjtype = 'r' AND defaclrole = (SELECT relowner FROM pg_class WHERE oid = 'audit_event'::regclass)
      AND (grantee = 0 OR grantee IN (SELECT oid FROM mine)) AND privilege_type = ANY(%(changes)s) ORDER BY 1
"""
NEEDED = """
    SELECT name, need FROM unnest(%(tables)s, %(needs)s) AS wanted(name, need)
    WHERE NOT has_any_column_privilege(name, need) ORDER BY 1, 2
"""


def weaknesses(connection: BaseDatabaseWrapper) -> list[str]:
    """Sentences that say what the role of this connection can do to events and must not, or cannot and must."""
    return too_much(connection) + too_little(connection)


def too_much(connection: BaseDatabaseWrapper) -> list[str]:
    """Every way in which the role of this connection, or one that it can act as, could change what was written."""
    powers = _ask(connection, POWERS)
    if powers:
        return [f"The application can act as {name}: nothing in the database is closed to it." for (name,) in powers]
    return [*_ownership(connection), *_rights(connection), *_surroundings(connection), *_triggers(connection)]


def too_little(connection: BaseDatabaseWrapper) -> list[str]:
    """What the application must be able to do with the log and cannot."""
    # INSERT and SELECT may be given by column; DELETE only as a whole, and its lack stops no act.
    pairs = [(table, need) for table, needs in RIGHTS.items() for need in needs if need != "DELETE"]
    missing = _ask(connection, NEEDED, tables=[table for table, _ in pairs], needs=[need for _, need in pairs])
    return [f"The application lacks {need} on {table}." for table, need in missing]


def _ownership(connection) -> list[str]:
    return [f"The application owns the {what}, or can act as its owner." for (what,) in _ask(connection, OWNED)]


def _rights(connection) -> list[str]:
    found = [
        f"The application may {change} on {name}."
        for rule, name, change in _ask(connection, CHANGEABLE)
        if change not in RIGHTS[rule] or rule != name
    ]
    for table, columns in FILLED_BY_DATABASE.items():
        chosen = _ask(connection, CHOOSABLE, table=table, columns=list(columns))
        found += [f"The application may choose {column} of {table}, which the database fills." for (column,) in chosen]
    found += [f"The application may set the sequence {name} back." for (name,) in _ask(connection, SEQUENCES)]
    found += [f"The application will get {change} on tables to come, so on each new month of events."
              for (change,) in _ask(connection, TO_COME)]  # fmt: skip
    return found


def _surroundings(connection) -> list[str]:
    ((replication, create, temporary, schemas),) = _ask(connection, SURROUNDINGS)
    return [
        *(["The application may set session_replication_role, which switches triggers off."] if replication else []),
        *(["The application may make schemas, whose tables would hide ours."] if create else []),
        *(["The application may make temporary tables, which would hide ours."] if temporary else []),
        *([f"The application may make tables and functions in the schema {schemas}."] if schemas else []),
    ]


def _triggers(connection) -> list[str]:
    return [
        f"No trigger stops {STOPPED[wanted & (DELETE | UPDATE | TRUNCATE)]} on {name}: it is missing, or switched off."
        for rule, name, types in _ask(connection, TRIGGERS_OF, tables=list(TRIGGERS))
        for wanted in TRIGGERS[rule]
        if not any(kind & wanted == wanted and kind & ROW == wanted & ROW for kind in types)
    ]


def _ask(connection, question: str, **values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question, {"tables": list(RIGHTS), "changes": list(CHANGES), **values})
        return cursor.fetchall()
