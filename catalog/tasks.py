"""The catalogue's work in the background and by the clock: each task takes identifiers and calls one function."""

from contextlib import suppress

from celery import shared_task
from django.conf import settings

from audit.actor import service
from catalog import copies, exporter, exports, loader, sweeps, uploads
from catalog.actions import bases, destruction, memberships, retention
from catalog.actions.exports import end_exports as end_past_exports
from catalog.search import demand, lately, outbox, rebuilding
from catalog.search.elastic import Unavailable
from catalog.search.refreshing import refresh_vocabulary
from catalog.sources import clock

GRACE = 60  # seconds that a worker has to leave an export whose time is over, before its process is ended


@shared_task
def run_job(job_id: str) -> None:
    """Does one load, if nobody else does it."""
    loader.run(job_id)


@shared_task(time_limit=settings.EXPORT_SECONDS + GRACE)
def run_export(export_id: str) -> None:
    """Makes one export, if nobody else does it and it is its turn; then it is the turn of the next."""
    exporter.run(export_id)
    if waiting := exports.next_waiting():
        run_export.delay(waiting)


@shared_task
def sweep_jobs() -> None:
    """Loads and exports that nobody has in hand are queued again; those that failed too often end with a sentence."""
    for job_id in sweeps.left_alone():
        run_job.delay(job_id)
    for export_id in sweeps.exports_left_alone():
        run_export.delay(export_id)


@shared_task
def refresh_search_words() -> None:
    """What searches repair and weigh words by is counted anew."""
    refresh_vocabulary()


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
def forget_old_demand() -> None:
    """What was searched for long ago is no longer counted."""
    demand.forget_old_demand()


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


@shared_task
def tell_search() -> None:
    """The search engine beside the database is told of what waits."""
    with suppress(Unavailable):  # it waits on, and the pages say that the engine is down
        while outbox.send():
            pass


@shared_task
def look_after_search() -> None:
    """Entries made by other rules are made anew, indexes of another mapping built anew, old marks of changes go."""
    lately.forget_marks()
    if rebuilding.due():
        with suppress(Unavailable, rebuilding.AlreadyRunning):
            rebuilding.rebuild()


@shared_task
def reconcile_search() -> None:
    """What the index holds is compared with what there is, and mended."""
    with suppress(Unavailable, rebuilding.AlreadyRunning):
        rebuilding.reconcile()
