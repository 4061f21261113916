"""The catalogue's work in the background and by the clock: each task takes identifiers and calls one function."""

from celery import shared_task

from audit.actor import service
from catalog import copies, exporter, exports, loader, sweeps, uploads
from catalog.actions import bases, destruction, memberships, retention
from catalog.actions.exports import end_exports as end_past_exports
from catalog.sources import clock


@shared_task
def run_job(job_id: str) -> None:
    """Does one load, if nobody else does it."""
    loader.run(job_id)


@shared_task
def run_export(export_id: str) -> None:
    """Makes one export, if nobody else does it and it is its turn; then it is the turn of the next."""
    if exporter.run(export_id) and (waiting := exports.next_waiting()):
        run_export.delay(waiting)


@shared_task
def sweep_jobs() -> None:
    """Loads and exports that nobody has in hand are queued again; those that failed too often end with a sentence."""
    for job_id in sweeps.left_alone():
        run_job.delay(job_id)
    for export_id in sweeps.exports_left_alone():
        run_export.delay(export_id)


@shared_task
def end_exports() -> None:
    """Exports whose time, basis or version is over end, and their files go."""
    end_past_exports(by=service("clock"))


@shared_task
def clear_leftovers() -> None:
    """Files that crashes left behind are removed."""
    uploads.clear_leftovers()
    exports.clear_loose()
    exports.forget_old()


@shared_task
def drop_old_versions() -> None:
    """Versions that the settings of their datasets no longer keep are dropped."""
    retention.drop_old_versions(by=service("clock"))


@shared_task
def carry_out_purges() -> None:
    """Destructions by law that were decided are carried on with."""
    destruction.carry_out_all(by=service("destruction"))


@shared_task
def look_after_purges() -> None:
    """For two days after its end a destruction is looked at again."""
    destruction.look_again(by=service("destruction"))


@shared_task
def forget_destroyed() -> None:
    """Serving copies of what was destroyed are gone from this machine."""
    copies.forget_destroyed()


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
