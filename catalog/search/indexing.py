"""Keeps the index as the datasets are: in the database at once, in the engine beside it as soon as it listens."""

import logging
from uuid import UUID

from django.db import transaction

from catalog.models import Dataset
from catalog.search import elastic, outbox, postgres
from catalog.search.documents import entries_of
from catalog.search.forms import current_form

log = logging.getLogger(__name__)


def index_dataset(dataset: Dataset) -> None:
    """The index says what the dataset is at this moment."""
    if make_entries([dataset.pk]):
        transaction.on_commit(_tell)


def make_entries(ids: list[UUID]) -> list[UUID]:
    """The entries of these datasets are as they would be made now; those that this changed."""
    with postgres.alone(*ids):
        datasets = list(Dataset.objects.filter(pk__in=ids).select_related("department", "current"))
        changed = sorted(postgres.put(entries_of(datasets), form=current_form()))
        outbox.add(changed)
    return changed


def _tell() -> None:
    """What waits is told at once where that can be; else the clock tells it."""
    try:
        outbox.send()
    except elastic.Unavailable as reason:
        log.warning("The search engine was not told (%s): the clock will try again.", reason)
