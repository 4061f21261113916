"""Where a dataset's data comes from by itself: set, tried, run, paused, resumed and removed by a steward."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.actions.changes import set_fields
from catalog.actions.datasets import locked
from catalog.actions.source_runs import begin_run, check_not_running, record_of, rest, settle
from catalog.models import Dataset, Job, Source
from catalog.permissions import check_may_keep
from catalog.policies import check_not_retired, faults
from catalog.sources import credentials, fetching
from catalog.sources.definition import FIELDS, WHERE, check_definition
from catalog.sources.errors import SourceError
from catalog.sources.parts import Sample
from catalog.sources.schedule import next_run
from catalog.states import SOURCE


@transaction.atomic
def set_source(dataset: Dataset, fields: dict[str, Any], *, by: Actor) -> Source:
    """The dataset is fetched from there. What opens it stays where nothing new is stated, while the place stays."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_not_retired(dataset)
    source = source_of(dataset) or Source(dataset=dataset, kind=fields["kind"])
    check_not_running(source)
    new, before = source._state.adding, {name: getattr(source, name) for name in FIELDS}
    changed = set_fields(source, {name: value for name, value in fields.items() if name in FIELDS}, FIELDS)
    check_definition(source)
    if wrong := faults(source, FIELDS):
        raise ValidationError(wrong)

    moved = not new and any(getattr(source, name) != before[name] for name in WHERE)
    opens = credentials.keep(source, fields, before=before["sign_in"], moved=moved)
    if moved:
        source.host_key = ""
    source.set_at, source.set_by = timezone.now(), by.user
    source.next_run_at = next_run(source, timezone.now()) if source.state == Source.State.ACTIVE else None
    source.save()

    told = {"source_kind": str(source.kind), "place": source.place, "schedule": str(source.schedule)}
    if new:
        record_of(source, "source.set", by=by, facts=told)
    else:
        record_of(source, "source.changed", by=by, facts={**told, "fields": sorted({*changed[1], *opens})})
    return source


def test_source(source: Source, *, by: Actor) -> Sample:
    """The first rows of the source as they are now: the department's own, seen by its steward, and written down."""
    check_may_keep(by, source.dataset)

    check_not_retired(source.dataset)
    try:
        found = fetching.sample(source)
    except SourceError as error:
        _told_of_test(source, error.code, 0, by=by)
        raise ValidationError(error.words, code=error.code) from None
    _told_of_test(source, "unknown key" if found.key else "answered", len(found.rows), by=by)
    return found


@transaction.atomic
def trust_key(source: Source, key: str, *, by: Actor) -> Source:
    """The server that shows this key is the one that is meant; none else is sent the password."""
    check_may_keep(by, source.dataset)

    source = locked_source(source)
    if source.kind != Source.Kind.SFTP or not key:
        raise ValidationError(_("Test the source first: it shows the key of the server."))
    source.host_key = key
    source.save(update_fields=["host_key"])

    record_of(source, "source.changed", by=by, facts={**_place(source), "fields": ["host_key"]})
    return source


@transaction.atomic
def renew_key(source: Source, *, by: Actor) -> Source:
    """A new pair of keys: the server lets the source in when its keeper has put the new public half in place."""
    check_may_keep(by, source.dataset)

    source = locked_source(source)
    check_not_running(source)
    if source.sign_in != Source.SignIn.MADE:
        raise ValidationError(_("This source does not sign in with a key that was made here. Change how it signs in."))
    credentials.make_key(source)
    source.save(update_fields=["secret", "public_key"])

    record_of(source, "source.changed", by=by, facts={**_place(source), "fields": ["key"]})
    return source


@transaction.atomic
def run_source(source: Source, *, by: Actor) -> Job:
    """Asks a worker to fetch it now."""
    check_may_keep(by, source.dataset)

    source = locked_source(source)
    check_not_retired(source.dataset)
    check_not_running(source)
    settle(source)
    if source.state == Source.State.PAUSED:
        raise ValidationError(_("This source is paused. Resume it first."))

    return begin_run(source, asked_by=by, by=by)


@transaction.atomic
def pause_source(source: Source, *, reason: str, by: Actor) -> Source:
    """It is not fetched until somebody resumes it; a run that is under way comes to its end."""
    check_may_keep(by, source.dataset)

    return rest(locked_source(source), reason.strip() or _("Paused by a steward."), by=by)


@transaction.atomic
def resume_source(source: Source, *, by: Actor) -> Source:
    """It is fetched again by its schedule, in the name of whoever resumed it."""
    check_may_keep(by, source.dataset)

    source = locked_source(source)
    check_not_retired(source.dataset)
    source.state, source.paused_because = SOURCE.after(source.state, "resume"), ""
    source.failures, source.set_by = 0, by.user
    source.next_run_at = next_run(source, timezone.now())
    source.save(update_fields=["state", "paused_because", "failures", "set_by", "next_run_at"])

    record_of(source, "source.resumed", by=by)
    return source


@transaction.atomic
def remove_source(source: Source, *, by: Actor) -> Source:
    """It is fetched no more, and what opened it is forgotten. Versions and the list of runs stay."""
    check_may_keep(by, source.dataset)

    source = locked_source(source)
    check_not_running(source)
    settle(source)
    source.state, source.next_run_at = SOURCE.after(source.state, "remove"), None
    source.secret = source.host_key = source.public_key = ""
    source.sign_in = Source.SignIn.PASSWORD
    source.save(update_fields=["state", "secret", "host_key", "public_key", "sign_in", "next_run_at"])

    record_of(source, "source.removed", by=by, facts=_place(source))
    return source


def source_of(dataset: Dataset) -> Source | None:
    """The dataset's source, if it has one."""
    return dataset.sources.exclude(state=Source.State.REMOVED).select_related("dataset__department").first()


def locked_source(source: Source) -> Source:
    """The source as it is now, held until the transaction ends; refuses one that was removed."""
    found = Source.objects.select_for_update(of=("self",)).select_related("dataset__department", "running", "set_by")
    source = found.get(pk=source.pk)
    if source.state == Source.State.REMOVED:
        raise ValidationError(_("This source was removed. Set it up again."))
    return source


@transaction.atomic
def _told_of_test(source: Source, outcome: str, rows: int, *, by: Actor) -> None:
    record_of(source, "source.tested", by=by, facts={**_place(source), "outcome": outcome, "rows": rows})


def _place(source: Source) -> dict:
    return {"place": source.place}
