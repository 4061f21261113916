"""Who holds a job: taken by a lease, kept by a heartbeat, and written to only under the fence it was taken with.

All times are the database's, so that workers with wrong clocks agree. A worker that was stopped and wakes up late
finds another fence on its job: it may finish nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from catalog.models import Job
from catalog.models.work import Work

log = logging.getLogger(__name__)

MOST_TRIES = 3
REPORT_EVERY = 0.5
QUEUED_FOR = timedelta(seconds=60)
UNCLAIMED_FOR = timedelta(seconds=20)


class LeaseLost(Exception):
    """The job belongs to another worker now, or is over: whoever held it before writes nothing."""


def lease_time() -> timedelta:
    """For how long a worker may be silent."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


@transaction.atomic
def claim(job_id, kind: type[Work] = Job) -> Work | None:
    """Takes the job up under a new fence; None where another worker holds it, or it is over, or failed too often."""
    free = Q(state=kind.State.WAITING) | Q(state=kind.State.RUNNING, lease_until__lt=Now())
    job = kind.objects.select_for_update(of=("self",)).filter(free, pk=job_id, tries__lt=MOST_TRIES).first()
    if job is None:
        return None
    kind.objects.filter(pk=job.pk).update(
        state=kind.State.RUNNING,
        stage="",
        rows_done=0,
        bytes_done=0,
        fence=F("fence") + 1,
        tries=F("tries") + 1,
        lease_until=Now() + lease_time(),
        heartbeat_at=Now(),
        started_at=Coalesce("started_at", Now()),
    )
    return kind.objects.select_related(*kind.NEEDS).get(pk=job.pk)


def held(job: Work) -> QuerySet:
    """The job's row while it is still ours, and no row otherwise."""
    return type(job).objects.filter(pk=job.pk, fence=job.fence, state=job.State.RUNNING)


def hold_to_write(job: Work) -> Work:
    """Locks the job's row until the transaction ends; raises `LeaseLost` where it is no longer ours."""
    mine = held(job).select_for_update(of=("self",)).first()
    if mine is None:
        raise LeaseLost(job)
    return mine


def hand_back(job: Work) -> None:
    """Gives a job up that could not be finished this time; the sweep finds another worker for it."""
    held(job).update(state=job.State.WAITING, stage="", fence=F("fence") + 1, lease_until=Now())


def never_started(kind: type[Work] = Job) -> QuerySet:
    """Jobs that wait although nobody has them in a queue for all we know."""
    forgotten = Q(lease_until=None, created_at__lt=Now() - UNCLAIMED_FOR) | Q(lease_until__lt=Now())
    return kind.objects.filter(forgotten, state=kind.State.WAITING)


def abandoned(kind: type[Work] = Job) -> QuerySet:
    """Jobs whose worker has been silent for longer than its lease."""
    return kind.objects.filter(state=kind.State.RUNNING, lease_until__lt=Now())


def take_away(job: Work) -> bool:
    """Fences the silent worker off and lets the job wait for the queue; false where it spoke up in the meantime."""
    return bool(
        abandoned(type(job))
        .filter(pk=job.pk, fence=job.fence)
        .update(state=job.State.WAITING, stage="", fence=F("fence") + 1, lease_until=Now() - QUEUED_FOR)
    )


def mark_queued(job: Work) -> None:
    """Remembers that the job was put into the queue, so that it is not put there again at once."""
    type(job).objects.filter(pk=job.pk, state=job.State.WAITING).update(lease_until=Now() + QUEUED_FOR)


class Lease:
    """Keeps a claimed job ours while the block runs, by a thread with a database connection of its own.

    Where it is lost, `on_lost` is called, once and from any thread.
    """

    def __init__(self, job: Work):
        self.job = job
        self.on_lost: Callable[[], None] = lambda: None
        self._lost, self._over = threading.Event(), threading.Event()
        self._reported, self._stage = 0.0, ""
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, *_reason) -> None:
        self._over.set()
        self._thread.join(timeout=10)

    @property
    def lost(self) -> bool:
        """True once another worker has the job; asked often, answered from memory."""
        return self._lost.is_set()

    def check(self) -> None:
        """Raises `LeaseLost` where the job is no longer ours."""
        if self.lost:
            raise LeaseLost(self.job)

    def report(self, stage: str, *, rows: int = 0, done: int = 0, total: int = 0, left: int | None = None) -> None:
        """Shows how far it is: at once on a new stage, else twice a second at most. No database: no matter."""
        now = time.monotonic()
        if stage == self._stage and now - self._reported < REPORT_EVERY:
            return
        self._stage, self._reported = stage, now
        try:
            ours = held(self.job).update(
                stage=stage, rows_done=rows, bytes_done=done, bytes_total=total, seconds_left=left
            )
        except Error:
            connection.close()
            return
        if not ours:
            self.lose()

    def _beat(self) -> None:
        every = min(settings.JOB_LEASE_SECONDS / 3, 5.0)
        try:
            while not self._over.wait(every) and not self.lost:
                self._extend()
        finally:
            connection.close()

    def _extend(self) -> None:
        try:
            if not held(self.job).update(lease_until=Now() + lease_time(), heartbeat_at=Now()):
                self.lose()
        except Error as reason:  # the database may come back; until then nothing can be written anyway
            log.warning("No heartbeat for job %s: %s", self.job.pk, reason)
            connection.close()

    def lose(self) -> None:
        """It is not ours any more, whoever found that out; may be called from any thread."""
        if not self.lost:
            self._lost.set()
            self.on_lost()
