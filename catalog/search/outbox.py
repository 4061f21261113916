"""What the engine beside the database must still be told: a change waits here, from its own transaction on.

Until it was told, the engine is asked of all other datasets only: so a withdrawal is seen at once, whatever it holds.
"""

from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q
from elasticsearch import ApiError, TransportError

from catalog.models import SearchEntry, SearchIndex, SearchPending
from catalog.search import elastic

AT_ONCE = 500
ADD = """
INSERT INTO catalog_searchpending (dataset, revision, since, error)
SELECT unnest(%s::uuid[]), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, now(), ''
ON CONFLICT (dataset) DO UPDATE SET revision = greatest(EXCLUDED.revision, catalog_searchpending.revision + 1)
"""


def add(datasets: list[UUID]) -> None:
    """In the transaction of the change: the engine must be told of these datasets."""
    if settings.SEARCH_URL:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [[str(pk) for pk in datasets]])


def waiting(most: int) -> list[UUID]:
    """Datasets of which the engine may not have been told yet."""
    return list(SearchPending.objects.order_by().values_list("pk", flat=True)[:most])


def send(of: list[UUID] | None = None) -> int:
    """Tells the engine of some that wait; how many it took. Those that it does not take wait on, with the reason.

    It may run many times at once: the newest state of a dataset wins, whoever brings it last. Who fills a build sends
    what waits of the datasets that it just read, and refreshes the build itself before it is read.
    """
    if not settings.SEARCH_URL:
        SearchPending.objects.all().delete()
        return 0
    waits = SearchPending.objects.all() if of is None else SearchPending.objects.filter(pk__in=of)
    pending = {row.pk: row.revision for row in waits[:AT_ONCE]}
    if not pending:
        return 0
    builds = dict(SearchIndex.objects.values_list("name", "state"))  # read after what waits: see `rebuilding`
    read = [name for name, state in builds.items() if of is None or state == SearchIndex.State.LIVE]
    try:
        refused = dict(elastic.write(_acts(pending, list(builds)), again=0 if of is None else elastic.PATIENT))
        elastic.refresh(read)
    except (ApiError, TransportError) as reason:
        SearchPending.objects.filter(pk__in=pending).update(error=f"{type(reason).__name__}: {reason}"[:300])
        raise elastic.Unavailable(str(reason)) from reason
    for pk, why in refused.items():
        SearchPending.objects.filter(pk=pk).update(error=why)
    told = Q(pk__in=[])
    for pk, revision in pending.items():
        if str(pk) not in refused:
            told |= Q(pk=pk, revision=revision)
    return SearchPending.objects.filter(told).delete()[0]


def _acts(pending: dict[UUID, int], names: list[str]):
    """The writes: what an entry holds goes with the revision that it has, read in one statement."""
    held = SearchEntry.objects.filter(dataset__in=pending).select_related("department")
    entries = {(entry.dataset_id, entry.audience): entry for entry in held.defer("words")}
    for name in names:
        for dataset, revision in pending.items():
            for audience in elastic.AUDIENCES:
                entry = entries.get((dataset, audience))
                yield elastic.put(entry, name) if entry else elastic.forget(dataset, audience, revision, name)
