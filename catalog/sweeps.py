"""Finds the loads that nobody has in hand: never queued, or held by a worker that fell silent."""

from catalog import jobs
from catalog.actions.loads import give_up

AT_ONCE = 200


def left_alone() -> list[str]:
    """The jobs to put into the queue now, marked as queued; those whose workers died too often are ended."""
    for job in jobs.abandoned().order_by("created_at")[:AT_ONCE]:
        if job.tries >= jobs.MOST_TRIES:
            give_up(job)
        else:
            jobs.take_away(job)
    waiting = list(jobs.never_started().order_by("created_at")[:AT_ONCE])
    for job in waiting:
        jobs.mark_queued(job)
    return [str(job.pk) for job in waiting]
