"""`manage.py audit`: this deployment's log and database, checked with nothing to say; and events taken away."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from audit.actor import service
from audit.log import record
from audit.models import Event
from audit.signing import log_keys
from tests import world
from tests.audit.apart import verifier
from tests.database import as_superuser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_log")]


def happen(times: int = 5) -> None:
    """So many events, each in a transaction of its own, and all of them in the log."""
    on = world.city()
    for _time in range(times):
        with transaction.atomic():
            record("account.signed_in", by=service("test"), on=on)
    call_command("sequencer", "--once")


def audit(*args) -> int:
    """The exit code of `manage.py audit`."""
    try:
        call_command("audit", *args)
    except SystemExit as end:
        return end.code
    return 0


def test_it_checks_log_and_database_without_being_told_anything(capsys):
    happen()

    assert audit("verify") == 0
    out = capsys.readouterr().out
    count = Event.objects.count()
    assert f"All tiles and entries of {count} entries lead to the signed root." in out
    assert f"{count} rows of the database are what the log holds." in out


def test_it_names_the_event_that_the_superuser_changed(capsys):
    happen()
    event = Event.objects.order_by("id")[3]
    as_superuser(
        "SET session_replication_role = replica",
        f"UPDATE audit_event SET body = replace(body, 'signed_in', 'signed_out') WHERE id = {event.pk}",
    )

    assert audit("verify") == 1
    out = capsys.readouterr().out
    assert f"WRONG Event {event.entry.index} (account.signed_out" in out
    assert str(event.uuid) in out


def test_it_names_the_event_whose_columns_say_something_else(capsys):
    happen()
    event = Event.objects.order_by("id")[3]
    as_superuser(
        "SET session_replication_role = replica", f"UPDATE audit_event SET kind = 'log.viewed' WHERE id = {event.pk}"
    )

    assert audit("verify", "export") == 1
    assert f"Event {event.uuid} (log.viewed) is found under other columns" in capsys.readouterr().out


def test_it_survives_a_body_that_is_no_record(capsys):
    happen()
    as_superuser("SET session_replication_role = replica", "UPDATE audit_event SET body = '{'")

    assert audit("verify") == 1
    assert capsys.readouterr().out.count("was changed: the log holds something else there.") == Event.objects.count()


def test_it_takes_all_arguments_of_the_verifier(capsys, own_log):
    happen()

    assert audit("verify", "checkpoint", str(own_log / "checkpoint")) == 0
    assert audit("verify", "log", "--hashes-only", "--json") == 0
    assert audit("verify", "receipt", "nowhere") == 2
    assert "nowhere cannot be read" in capsys.readouterr().err


def test_it_exports_what_a_verifier_elsewhere_compares_with_the_log(tmp_path, own_log):
    happen()
    auditor = verifier(tmp_path / "auditor")
    key = ("--key", log_keys()[0])

    call_command("audit", "export", "--out", str(auditor.folder / "events.ndjson"))

    exported, before = Event.objects.get(kind="log.exported"), Event.objects.count() - 1
    assert json.loads(exported.body)["facts"] == {"filters": {}, "count": before}
    said = auditor.says("export", "events.ndjson", "--log", own_log, *key)
    assert (said["code"], said["rows"], said["notes"]) == (0, before + 1, ["1 events wait for their entry."])
    assert auditor.says("export", "events.ndjson", *key)["code"] == 0
    with pytest.raises(CommandError, match="is there already"):
        call_command("audit", "export", "--out", str(auditor.folder / "events.ndjson"))


def test_it_writes_to_the_standard_output(capsys):
    happen(2)

    call_command("audit", "export")

    lines = capsys.readouterr().out.splitlines()
    assert json.loads(lines[0])["filter"] == {}
    before = Event.objects.count() - 1
    assert [json.loads(line)["index"] for line in lines[1:]] == [*range(before), None]
