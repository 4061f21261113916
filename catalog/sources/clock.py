"""What the clock does about sources: says how runs ended, and begins those that are due. Several may tick at once."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actor import Actor, service
from audit.log import record
from catalog.actions.messages import tell_owner
from catalog.actions.sources import begin_run, rest
from catalog.models import Dataset, Job, Source, Version
from catalog.permissions import can, check_may_keep
from catalog.reading_words import error_words
from catalog.sources.schedule import MOST_FAILURES, after_failure, next_run

CLOCK = service("clock")
AT_ONCE = 50


def tick() -> None:
    """Everything that is to be done about sources at this moment."""
    for step in (_settle_one, _begin_one):
        for _turn in range(AT_ONCE):
            if not step():
                break


@transaction.atomic
def _settle_one() -> bool:
    """Draws the conclusions of one run that has ended; false where there is none."""
    ended = _free().filter(running__state__in=[Job.State.DONE, Job.State.FAILED]).first()
    if ended is None:
        return False
    job, ended.last_run, ended.running = ended.running, ended.running, None
    with translation.override(settings.LANGUAGE_CODE):  # the owner's desk is read by several people
        _failed(ended, job) if job.state == Job.State.FAILED else _went_well(ended, job)
    return True


def _went_well(source: Source, job: Job) -> None:
    source.failures = 0
    source.next_run_at = next_run(source, timezone.now()) if source.state == Source.State.ACTIVE else None
    source.save(update_fields=["running", "last_run", "failures", "next_run_at"])

    facts = {"place": source.place, "version": job.version.number if job.version else None}
    _record("source.ran", source, facts)
    new = job.version is not None and not job.brought.get("unchanged")
    if new and job.version.state == Version.State.PROPOSED:
        text = _("The source %(source)s brought version %(number)s. It waits until a steward has looked at it.")
        tell_owner(source.dataset, text % {"source": source.place, "number": job.version.number}, by=CLOCK)


def _failed(source: Source, job: Job) -> None:
    source.failures += 1
    source.next_run_at = after_failure(source, timezone.now()) if source.state == Source.State.ACTIVE else None
    source.save(update_fields=["running", "last_run", "failures", "next_run_at"])

    _record("source.failed", source, {"code": job.error["code"], "failures": source.failures})
    words = {"source": source.place, "why": error_words(job.error), "count": source.failures}
    if source.failures >= MOST_FAILURES and source.state == Source.State.ACTIVE:
        rest(source, _("It failed %(count)s times in a row.") % words, by=CLOCK)
        text = _("The source %(source)s failed %(count)s times in a row and is paused now. Last reason: %(why)s")
        tell_owner(source.dataset, text % words, by=CLOCK)
    elif source.failures == 1:
        text = _("The source %(source)s could not be fetched: %(why)s It is tried again by its schedule.")
        tell_owner(source.dataset, text % words, by=CLOCK)


@transaction.atomic
def _begin_one() -> bool:
    """Begins one run that is due, in the name of the steward who set the source up; false where none is due."""
    due = _free().filter(state=Source.State.ACTIVE, running=None, next_run_at__lte=timezone.now()).first()
    if due is None:
        return False
    steward = Actor(user=due.set_by)
    with translation.override(settings.LANGUAGE_CODE):
        if due.dataset.state == Dataset.State.RETIRED:
            rest(due, _("The dataset is retired."), by=CLOCK)
        elif not can(check_may_keep, steward, due.dataset):
            rest(due, _("Whoever set it up keeps this dataset no more. Another steward resumes it."), by=CLOCK)
            text = _("The source %(source)s is paused: whoever set it up keeps this dataset no more. Resume it.")
            tell_owner(due.dataset, text % {"source": due.place}, by=CLOCK)
        elif _waits(due):
            due.next_run_at = next_run(due, timezone.now())
            due.save(update_fields=["next_run_at"])
        else:
            begin_run(due, asked_by=steward, by=CLOCK)
    return True


def _free():
    """Sources that nobody else has in hand, those that wait longest first."""
    found = Source.objects.select_for_update(of=("self",), skip_locked=True)
    return found.select_related("dataset__department", "running__version", "set_by").order_by("next_run_at", "id")


def _waits(source: Source) -> bool:
    """True while a version that the source brought is still to be looked at: the source stops there."""
    return source.runs.filter(version__state=Version.State.PROPOSED).exists()


def _record(kind: str, source: Source, facts: dict) -> None:
    dataset = source.dataset
    record(kind, by=CLOCK, on=source, department=dataset.department, dataset=dataset, facts=facts)
