"""Checks the log and the database of this deployment, and takes events away as a file."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from audit import verify
from audit.actor import service
from audit.export import export_lines
from audit.log import record
from audit.models import Event, LogState
from audit.signing import log_keys
from audit.tiles import CHECKPOINT, log_store
from audit.witnesses import read_policy

FOUND_OTHERWISE = """
SELECT uuid, kind FROM audit_event WHERE CASE WHEN body IS JSON OBJECT THEN
       (body::json ->> 'id', body::json ->> 'kind', (body::json ->> 'time')::timestamptz,
        concat(body::json #>> '{object,type}', ':', body::json #>> '{object,id}'))
       IS DISTINCT FROM (uuid::text, kind, time, subject::text)
    OR (body::json #>> '{actor,id}', body::json #>> '{department,id}', body::json #>> '{dataset,id}',
        body::json #>> '{basis,id}')
       IS DISTINCT FROM (actor::text, department::text, dataset::text, basis::text)
END LIMIT 1000
"""


class Command(BaseCommand):
    help = (
        "audit verify: checks this deployment's log and the events in its database; takes the arguments of "
        "audit/verify.py (audit verify --help) and needs none. "
        "audit export: writes all events as NDJSON, which verify.py compares with the log on another machine."
    )

    def add_arguments(self, parser):
        parser.add_argument("what", choices=["verify", "export"])
        parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see audit verify --help, audit export --help")

    def handle(self, *, what: str, arguments: list[str], **_):
        try:
            code = self.verify(arguments) if what == "verify" else self.export(arguments)
        except (verify.Refused, ImproperlyConfigured) as reason:
            raise CommandError(str(reason), returncode=2) from None
        if code:
            sys.exit(code)

    def verify(self, arguments: list[str]) -> int:
        """Everything, or what the arguments ask for; the exit code of verify.py."""
        trust = verify.Trust(tuple(log_keys()), read_policy())
        defaults = verify.Defaults(log_store(), trust, _database, _found_otherwise)
        if arguments:
            return verify.main(arguments, defaults, "manage.py audit verify")
        codes = [verify.main([what], defaults, "manage.py audit verify") for what in ("log", "export")]
        return max(codes, key=[0, 2, 1].index)

    def export(self, arguments: list[str]) -> int:
        """Writes every event, the published checkpoint first; the export is itself an event."""
        parser = argparse.ArgumentParser(prog="manage.py audit export")
        parser.add_argument("--out", metavar="FILE", help="a new file; without it, the standard output")
        out = parser.parse_args(arguments).out
        with transaction.atomic():
            facts = {"filters": {}, "count": Event.objects.count()}
            state = LogState.objects.first() or LogState(size=0)
            record("log.exported", by=service("audit export"), on=state, facts=facts)
        try:
            with open(out, "x", encoding="utf-8") if out else nullcontext(self.stdout) as file:
                for line in _lines():
                    file.write(line)
        except FileExistsError:
            raise CommandError(f"{out} is there already: name a new file.") from None
        return 0


def _lines() -> Iterator[str]:
    """Every event as the database holds it in one moment, which is after the checkpoint was published."""
    data = log_store().read(CHECKPOINT)
    point = verify.Checkpoint.parse(data) if data is not None else None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield from export_lines(Event.objects.all(), checkpoint=point, origin=settings.LOG_ORIGIN, filters={})


def _database() -> tuple[dict, Iterator]:
    """The same as the verifier reads it: what the first line says, and the rows."""
    lines = _lines()
    return json.loads(next(lines)), verify.rows_of(lines)


def _found_otherwise() -> list[str]:
    """Events that lists find under another time, person or thing than their text states."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND_OTHERWISE)
        found = cursor.fetchall()
    return [
        f"Event {uuid} ({kind}) is found under other columns than its text states: they were changed."
        for uuid, kind in found
    ]
