"""How runs of a source begin and end, for whoever checked and holds its row: its steward's actions, and the clock."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actor import Actor, service
from audit.log import record
from catalog import jobs
from catalog.actions.messages import tell_owner
from catalog.models import Job, Source, Version
from catalog.reading_words import error_words_without_cells
from catalog.sources.schedule import MOST_FAILURES, after_failure, next_run
from catalog.states import SOURCE

CLOCK = service("clock")


def begin_run(source: Source, *, asked_by: Actor, by: Actor) -> Job:
    """The bare start of a run of a locked source: a steward asked for it, or the clock."""
    pk = uuid.uuid4()
    job = Job.objects.create(
        id=pk,
        dataset=source.dataset,
        origin=source,
        source_name=source.place[-255:],
        source_path=f"uploads/{pk}/source",
        source_sha256="",
        source_bytes=0,
        confirm=source.confirm,
        created_by=asked_by.user,
        key=asked_by.key,
    )
    source.running, source.next_run_at = job, None
    source.save(update_fields=["running", "next_run_at"])

    about = {"department": source.dataset.department, "dataset": source.dataset}
    record("source.run_started", by=by, on=job, **about, facts={"place": source.place})
    return job


def settle(source: Source) -> None:
    """Draws the conclusions of a locked source's run, if it has ended: when the clock sees it, or before the next."""
    job = source.running
    if job is None or not job.is_over:
        return
    source.last_run, source.running = job, None
    with translation.override(settings.LANGUAGE_CODE):  # the owner's desk is read by several people
        _failed(source, job) if job.state == Job.State.FAILED else _went_well(source, job)


def rest(source: Source, reason: str, *, by: Actor) -> Source:
    """The bare pause of a locked source."""
    source.state, source.paused_because = SOURCE.after(source.state, "pause"), reason[:500]
    source.next_run_at = None
    source.save(update_fields=["state", "paused_because", "next_run_at"])

    record_of(source, "source.paused", by=by, facts={"reason": reason[:500]})
    return source


@transaction.atomic
def end_unchanged(job: Job, marks: dict) -> Job:
    """The run is over: what it fetched is what the last one fetched. Raises `LeaseLost` where it is no longer ours."""
    mine = jobs.hold_to_write(job)
    before = last_done(mine.origin)
    mine.state, mine.stage, mine.brought = Job.State.DONE, "", {**marks, "unchanged": True}
    mine.version = before.version if before else None
    mine.ended_at, mine.lease_until = timezone.now(), None
    mine.save(update_fields=["state", "stage", "version", "brought", "ended_at", "lease_until"])

    about = {"department": mine.dataset.department, "dataset": mine.dataset}
    record("source.unchanged", by=Actor(service="loader"), on=mine, **about)
    return mine


def last_done(source: Source) -> Job | None:
    """The last run that came to its end."""
    return source.runs.filter(state=Job.State.DONE).select_related("version").order_by("-created_at").first()


def check_not_running(source: Source) -> None:
    """One run at a time."""
    if source.running is not None and not source.running.is_over:
        raise ValidationError(_("This source is being fetched right now. Wait until that has ended."))


def record_of(source: Source, kind: str, *, by: Actor, facts: dict | None = None) -> None:
    """Writes down what happened to the source."""
    dataset = source.dataset
    record(kind, by=by, on=source, department=dataset.department, dataset=dataset, facts=facts)


def _went_well(source: Source, job: Job) -> None:
    source.failures = 0
    source.next_run_at = next_run(source, timezone.now()) if source.state == Source.State.ACTIVE else None
    source.save(update_fields=["running", "last_run", "failures", "next_run_at"])

    facts = {"place": source.place, "version": job.version.number if job.version else None}
    record_of(source, "source.ran", by=CLOCK, facts=facts)
    new = job.version is not None and not job.brought.get("unchanged")
    if new and job.version.state == Version.State.PROPOSED:
        text = _("The source %(source)s brought version %(number)s. It waits until a steward has looked at it.")
        tell_owner(source.dataset, text % {"source": source.place, "number": job.version.number}, by=CLOCK)


def _failed(source: Source, job: Job) -> None:
    source.failures += 1
    source.next_run_at = after_failure(source, timezone.now()) if source.state == Source.State.ACTIVE else None
    source.save(update_fields=["running", "last_run", "failures", "next_run_at"])

    record_of(source, "source.failed", by=CLOCK, facts={"code": job.error["code"], "failures": source.failures})
    words = {"source": source.place, "why": error_words_without_cells(job.error), "count": source.failures}
    if source.failures >= MOST_FAILURES and source.state == Source.State.ACTIVE:
        rest(source, _("It failed %(count)s times in a row.") % words, by=CLOCK)
        text = _("The source %(source)s failed %(count)s times in a row and is paused now. Last reason: %(why)s")
        tell_owner(source.dataset, text % words, by=CLOCK)
    elif source.failures == 1:
        text = _("The source %(source)s could not be fetched: %(why)s It is tried again by its schedule.")
        tell_owner(source.dataset, text % words, by=CLOCK)
