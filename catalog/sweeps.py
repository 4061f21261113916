"""Work that nobody has in hand is found: queued again, or given up when its workers died again and again."""

from collections.abc import Callable

from catalog import jobs
from catalog.actions.exports import give_up_export
from catalog.actions.loads import give_up
from catalog.models import Export, Job
from catalog.models.work import Work

AT_ONCE = 200


def left_alone() -> list[str]:
    """The loads to put into the queue now, marked as queued; those whose workers died too often are ended."""
    return _left_alone(Job, give_up)


def exports_left_alone() -> list[str]:
    """The exports to put into the queue now, in the same way."""
    return _left_alone(Export, give_up_export)


def _left_alone(kind: type[Work], end: Callable[[Work], None]) -> list[str]:
    for job in jobs.abandoned(kind).order_by("created_at")[:AT_ONCE]:
        if job.tries >= jobs.MOST_TRIES:
            end(job)
        else:
            jobs.take_away(job)
    waiting = list(jobs.never_started(kind).order_by("created_at")[:AT_ONCE])
    for job in waiting:
        jobs.mark_queued(job)
    return [str(job.pk) for job in waiting]
