"""Reads the vocabulary anew from the index: what is new, what is gone, what became more or less common."""

from contextlib import suppress

from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Count, Sum
from redis.exceptions import RedisError

from catalog.models import SearchChange, SearchEntry, SearchTerm
from catalog.search.vocabulary import near_keys

# Of the internal index only what every officer may know of, so that nothing withheld is ever offered as a repair.
SEEN = {
    "public": "SELECT words FROM catalog_searchentry WHERE audience = 'public'",
    "internal": "SELECT words FROM catalog_searchentry WHERE audience = 'internal' AND general",
}
BATCH = 2_000
READ = "search-vocabulary"  # where the cache keeps the state of the index that was read last


def refresh_vocabulary() -> int:
    """The vocabulary of both audiences is that of the index now; returns how many words are new.

    While no change of an entry left a mark since the last time, nothing is read.
    """
    state = list(SearchChange.objects.aggregate(number=Count("id"), marks=Sum("mark")).values())
    with suppress(RedisError, OSError):
        if cache.get(READ) == state:
            return 0
    new = sum(_refresh(audience) for audience in SearchEntry.Audience.values)
    with suppress(RedisError, OSError):
        cache.set(READ, state, None)
    return new


@transaction.atomic
def _refresh(audience: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.vocabulary', 0))")
        cursor.execute(
            """WITH fresh AS MATERIALIZED (
                   SELECT word COLLATE "C" AS word, ndoc AS datasets FROM ts_stat(%(seen)s)
                   WHERE left(word, 1) NOT IN ('=', '^') AND length(word) <= 61
                   UNION ALL SELECT '', count(*) FROM catalog_searchentry WHERE audience = %(audience)s),
               gone AS (DELETE FROM catalog_searchterm t WHERE t.audience = %(audience)s
                        AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.word = t.word)),
               changed AS (UPDATE catalog_searchterm t SET datasets = f.datasets FROM fresh f
                           WHERE t.audience = %(audience)s AND t.word = f.word AND t.datasets <> f.datasets)
               SELECT f.word, f.datasets FROM fresh f WHERE NOT EXISTS (
                   SELECT 1 FROM catalog_searchterm t WHERE t.audience = %(audience)s AND t.word = f.word)""",
            {"seen": SEEN[audience], "audience": audience},
        )
        new = cursor.fetchall()
    for start in range(0, len(new), BATCH):
        SearchTerm.objects.bulk_create(
            SearchTerm(audience=audience, word=word, datasets=datasets, near=near_keys(word) if word else [])
            for word, datasets in new[start : start + BATCH]
        )
    return len(new)
