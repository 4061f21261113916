"""The log's work by the clock."""

from celery import shared_task

from audit import erasure, monitor, months


@shared_task
def watch_witnesses() -> None:
    """What each witness saw of our log is held against our tree."""
    monitor.watch_witnesses()


@shared_task
def prepare_months() -> None:
    """Events of the next months have their place."""
    months.prepare_months()


@shared_task
def erase_old_details() -> None:
    """Personal details older than the retention are erased."""
    erasure.erase_old()
