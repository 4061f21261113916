"""The catalogue's work in the background and by the clock: each task takes identifiers and calls one function."""

from celery import shared_task

from audit.actor import service
from catalog import loader, sweeps, uploads
from catalog.actions import bases, memberships, retention
from catalog.sources import clock


@shared_task
def run_job(job_id: str) -> None:
    """Does one load, if nobody else does it."""
    loader.run(job_id)


@shared_task
def sweep_jobs() -> None:
    """Loads that nobody has in hand are queued again; those that failed too often end with a sentence."""
    for job_id in sweeps.left_alone():
        run_job.delay(job_id)


@shared_task
def clear_leftovers() -> None:
    """Files that crashes left behind are removed."""
    uploads.clear_leftovers()


@shared_task
def drop_old_versions() -> None:
    """Versions that the settings of their datasets no longer keep are dropped."""
    retention.drop_old_versions(by=service("clock"))


@shared_task
def expire_bases() -> None:
    """Grants and duties whose date has passed say so."""
    bases.expire_bases(by=service("clock"))


@shared_task
def end_memberships() -> None:
    """Roles whose date has passed end, with the rights derived from them."""
    memberships.end_past_roles()


@shared_task
def run_sources() -> None:
    """Sources that are due are fetched; what runs gave is settled."""
    clock.tick()
