"""Reactions as tasks: each takes identifiers and calls one function."""

from celery import shared_task

from catalog.search import use
from opendata.usage import times_by_dataset
from portal import reactions


@shared_task
def react(event_uuid: str, name: str) -> None:
    """Runs one reaction to one event."""
    reactions.react(event_uuid, name)


@shared_task
def sweep_reactions() -> None:
    """Queues the reactions that were left undone."""
    for event_uuid, name in reactions.left_undone():
        react.delay(event_uuid, name)


@shared_task
def weigh_by_use() -> None:
    """The search is told how often open datasets were used of late."""
    use.note_use(times_by_dataset(use.DAYS))
