"""How often datasets are opened, as the search weighs and sorts them: told from outside, by who counts it."""

from itertools import islice
from uuid import UUID

from django.db import connection
from django.db.models import Max

from catalog.models import SearchEntry
from catalog.search import postgres
from catalog.search.indexing import make_entries

DAYS = 90  # that count
BATCH = 200
MUCH = 10  # a change of less than one in so many moves no dataset past another that matters


def note_use(times: dict[UUID, int]) -> int:
    """Datasets of which the use changed by much are indexed by the new number; how many. What is not named has none."""
    indexed = SearchEntry.objects.order_by().values_list("dataset").annotate(most=Max("used")).filter(most__gt=0)
    before = dict(indexed.iterator())
    changed = iter([pk for pk in sorted({*times, *before}) if _by_much(before.get(pk, 0), times.get(pk, 0))])
    done = 0
    while batch := list(islice(changed, BATCH)):
        done += len(_index(batch, [times.get(pk, 0) for pk in batch]))
    return done


def _by_much(before: int, now: int) -> bool:
    return abs(now - before) * MUCH > before


def _index(ids: list[UUID], times: list[int]) -> list[UUID]:
    """The numbers stand in the entries, which are then made of them anew: a dataset without an entry gets none."""
    with postgres.alone(*ids):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE catalog_searchentry e SET used = n.times"
                " FROM unnest(%s::uuid[], %s::bigint[]) AS n (dataset, times) WHERE e.dataset_id = n.dataset",
                [list(map(str, ids)), times],
            )
        return make_entries(ids)
