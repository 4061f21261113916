"""The log's work by the clock."""

from celery import shared_task

from audit import monitor


@shared_task
def watch_witnesses() -> None:
    """What each witness saw of our log is held against our tree."""
    monitor.watch_witnesses()
