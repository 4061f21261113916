"""The search engine beside the database, for a city that outgrows PostgreSQL's: any Elasticsearch 8 or 9."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from elasticsearch import ApiError, Elasticsearch, TransportError
from elasticsearch.helpers import streaming_bulk

from catalog.models import SearchEntry
from catalog.search import visible
from catalog.search.asked import Asked
from catalog.search.elastic_query import body, buckets_of
from catalog.search.found import Found
from catalog.search.mapping import MAPPINGS, SETTINGS, document, microseconds
from catalog.search.query import FACETS, FacetValue, SearchQuery, read_place, write_place

NAME = "elastic"
AUDIENCES = tuple(SearchEntry.Audience.values)
SECONDS = 2  # that a reader waits for it, before the database answers
MOST_EXTRA = 20_000  # datasets that a reader may know of beyond what every officer may
DEEPEST = 9_000  # hits that can be passed by their number alone
BATCH = 200
PATIENT = 8  # times that who builds an index asks an engine again that has too much to do
PAUSE = 0.5  # seconds before the first of them


class Unavailable(Exception):
    """The engine did not answer, or not as it should."""


@cache
def client_of(url: str) -> Elasticsearch:
    """One client, with its connections, for each address."""
    return Elasticsearch([part for part in url.split(",") if part], max_retries=0, request_timeout=60)


def client() -> Elasticsearch:
    """The client of the engine that the settings name."""
    return client_of(settings.SEARCH_URL)


def alias(audience: str) -> str:
    """The name under which an audience's index is read."""
    return f"{settings.SEARCH_PREFIX}-{audience}"


def index_of(audience: str, name: str) -> str:
    """The index of a build for an audience."""
    return f"{alias(audience)}-{name}"


def create(name: str) -> None:
    """The empty indexes of a build; nobody reads them yet, so what is written there is shown at the switch."""
    unread = SETTINGS | {"refresh_interval": "-1"}
    for audience in AUDIENCES:
        client().indices.create(index=index_of(audience, name), settings={"index": unread}, mappings=MAPPINGS)


def switch(name: str) -> None:
    """From this moment readers read this build: both audiences in one act."""
    refresh([name])
    acts = []
    for audience in AUDIENCES:
        client().indices.put_settings(index=index_of(audience, name), settings={"index": SETTINGS})
        acts.append({"remove": {"index": f"{alias(audience)}-*", "alias": alias(audience), "must_exist": False}})
        acts.append({"add": {"index": index_of(audience, name), "alias": alias(audience)}})
    client().indices.update_aliases(actions=acts)


def remove_all_but(names: list[str]) -> None:
    """Indexes of builds that are neither in use nor being built are gone."""
    for audience in AUDIENCES:
        kept = {index_of(audience, name) for name in names}
        there = client().indices.get(index=f"{alias(audience)}-*", expand_wildcards="all")
        for index in set(there) - kept:
            client().options(ignore_status=404).indices.delete(index=index)


def refresh(names: list[str]) -> None:
    """What was written to these builds is found from now on."""
    if indexes := [index_of(audience, name) for name in names for audience in AUDIENCES]:
        client().indices.refresh(index=indexes, ignore_unavailable=True)


def write(acts: Iterable[dict], *, again: int = 0) -> Iterator[tuple[str, str]]:
    """Sends writes in batches; gives the ids that were refused with why. What is there in a newer state stays.

    An engine that has too much to do (429) is asked so many times again, each time after a longer pause.
    """
    how = {"chunk_size": BATCH, "max_retries": again, "initial_backoff": PAUSE, "max_backoff": 16 * PAUSE}
    sent = streaming_bulk(client(), acts, raise_on_error=False, raise_on_exception=True, **how)
    for was_done, told in sent:
        (answer,) = told.values()
        if not was_done and answer["status"] not in (404, 409):
            yield answer["_id"], str(answer.get("error"))[:300]


def put(entry: SearchEntry, name: str) -> dict:
    """The write of an entry into a build. A write of an older revision that comes late changes nothing."""
    return _versioned("index", entry.audience, name, entry.dataset_id, entry.revision) | {"_source": document(entry)}


def forget(dataset: UUID, audience: str, revision: int, name: str) -> dict:
    """The write that removes a dataset from a build."""
    return _versioned("delete", audience, name, dataset, revision)


def _versioned(kind: str, audience: str, name: str, dataset: UUID, revision: int) -> dict:
    where = {"_op_type": kind, "_index": index_of(audience, name), "_id": str(dataset)}
    return where | {"version": revision, "version_type": "external_gte"}


def hashes(audience: str, name: str) -> Iterator[tuple[str, str]]:
    """Every dataset of a build with its digest, in the order of the ids, all that was written until now included."""
    client().indices.refresh(index=index_of(audience, name))
    after = None
    while True:
        told = client().search(
            index=index_of(audience, name), size=2_000, sort=[{"dataset": "asc"}], source=["hash"], search_after=after
        )
        hits = told["hits"]["hits"]
        yield from ((hit["_id"], hit["_source"]["hash"]) for hit in hits)
        if not hits:
            return
        after = hits[-1]["sort"]


def search(query: SearchQuery, asked: Asked, *, unsure: list[UUID]) -> Found:
    """As PostgreSQL's, of all but the datasets that the engine may not have been told of yet.

    Raises Unavailable.
    """
    now = timezone.now()
    filters, audience = _allowed(query, now)
    if asked.empty and query.q.strip():
        filters.append({"match_none": {}})
    asking = body(query, asked, filters=filters, unsure=unsure, now=now)
    place = read_place(query, NAME, len(asking["sort"]))
    if place and place.keys:
        asking["search_after"] = place.keys
    elif place:
        asking["from_"] = min(place.passed, DEEPEST)
    try:
        told = client().options(request_timeout=SECONDS).search(index=alias(audience), **asking)
    except (ApiError, TransportError) as reason:
        raise Unavailable(str(reason)) from reason
    if told["timed_out"] or told["_shards"]["failed"]:
        raise Unavailable("it answered in part")
    return _found(query, told, place.passed if place else 0)


def _allowed(query: SearchQuery, now: datetime) -> tuple[list[dict], str]:
    """Which documents this reader may know of, and the audience whose index has them."""
    audience = visible.audience(query.by)
    if audience == SearchEntry.Audience.PUBLIC:
        lasting = {"range": {"valid_until": {"gt": microseconds(now)}}}
        unending = {"bool": {"must_not": [{"exists": {"field": "valid_until"}}]}}
        return [{"bool": {"should": [lasting, unending], "minimum_should_match": 1}}], audience
    beyond = visible.beyond_general(query.by).values_list("pk", flat=True)
    extra = [str(pk) for pk in beyond[: MOST_EXTRA + 1]]
    if len(extra) > MOST_EXTRA:
        raise Unavailable("this reader may know of more than can be said")
    known = [{"term": {"general": True}}, {"terms": {"dataset": extra}}]
    return [{"bool": {"should": known, "minimum_should_match": 1}}], audience


def _found(query: SearchQuery, told: dict, passed: int) -> Found:
    hits = told["hits"]["hits"]
    ids = [UUID(hit["_id"]) for hit in hits[: query.limit]]
    more = len(hits) > query.limit
    after = write_place(query, NAME, passed + len(ids), hits[query.limit - 1]["sort"]) if more else ""
    facets = {name: _values(query, name, buckets_of(each)) for name, each in _facets(told)}
    return Found(ids, told["hits"]["total"]["value"], facets, after)


def _facets(told) -> list[tuple[str, dict]]:
    counted = told.get("aggregations", {})
    return [(name, counted[name]) for name in FACETS if name in counted]


def _values(query: SearchQuery, name: str, buckets) -> list[FacetValue]:
    if isinstance(buckets, dict):
        counted = [(code, bucket["doc_count"]) for code, bucket in buckets.items() if bucket["doc_count"]]
    else:
        counted = [(bucket["key"], bucket["doc_count"]) for bucket in buckets]
    counted.sort(key=lambda item: (-item[1], item[0]))
    return [FacetValue(code, count, code in getattr(query, name)) for code, count in counted]
