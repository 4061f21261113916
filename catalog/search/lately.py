"""What was found a moment ago, kept in the cache: while the index stands as it stood, it is found again at once.

Every change of an entry leaves a mark in its own transaction. The marks that a search sees, the moment at which time
alone will change something next, and for officers what is hidden from them, name the state of the index; what was kept
under another name is never read. So a withdrawal or a lost right is seen with its commit, as without a cache.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from audit.actor import PUBLIC, Actor
from catalog.models import SearchEntry
from catalog.search import visible
from catalog.search.asked import Asked
from catalog.search.forms import current_form
from catalog.search.found import Found
from catalog.search.query import FacetValue, SearchQuery

log = logging.getLogger(__name__)
SECONDS = 600  # that something is kept
MOST_MARKS = "10 minutes"  # for so long a mark stays, and the newest for ever
MOST_HIDDEN = 2_000  # datasets; where more are hidden from an officer, nothing is kept
NEXT = "(SELECT min({0}) FROM catalog_searchentry WHERE audience = %(audience)s AND {0} > now())"
STATE = f"""SELECT count(*), sum(mark), least({", ".join(map(NEXT.format, ("valid_until", "late_at", "overdue_at")))})
    FROM catalog_searchchange"""
MARK = "INSERT INTO catalog_searchchange (mark, at) VALUES ((random() * 4611686018427387904)::bigint, now())"
FORGET = f"""DELETE FROM catalog_searchchange WHERE at < now() - interval '{MOST_MARKS}'
    AND id < (SELECT max(id) FROM catalog_searchchange)"""


def search(query: SearchQuery, asked: Asked, look: Callable[[SearchQuery, Asked], Found], *engine: object) -> Found:
    """What `look` finds; what was kept of the same state is not looked up again.

    `engine` is what the answer hangs on besides: which engine it is, and what it may not have been told of.
    """
    state = _state(query.by)
    if not state:
        return look(query, asked)
    page, counts = _names((*state, *engine), query, asked)
    kept = _recall([page, counts])
    if page in kept and (counts in kept or not query.counted):
        return _read(query, kept[page], kept.get(counts))
    if counts in kept:
        found = look(replace(query, counted=False), asked)
        _keep({page: _page_of(found)})
        return _read(query, _page_of(found), kept[counts])
    found = look(query, asked)
    _keep({page: _page_of(found)} | ({counts: _counts_of(found)} if query.counted else {}))
    return found


def leave_mark() -> None:
    """As the trigger does: the engine beside the database was mended, and what it said before does not stand."""
    with connection.cursor() as cursor:
        cursor.execute(MARK)


def forget_marks() -> None:
    """Old marks go; what was kept under them is looked up anew."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET)


def _state(by: Actor) -> tuple:
    """What names the state of the index for this reader; empty where no change left a mark, or too much is hidden."""
    audience = visible.audience(by)
    hidden = visible.hidden(by, MOST_HIDDEN + 1) if audience == SearchEntry.Audience.INTERNAL else []
    with connection.cursor() as cursor:
        cursor.execute(STATE, {"audience": audience.value})
        number, marks, turns = cursor.fetchone()
    return (audience.value, number, marks, turns, hidden) if number and len(hidden) <= MOST_HIDDEN else ()


def _names(state: tuple, query: SearchQuery, asked: Asked) -> tuple[str, str]:
    """What a page is kept under, and what the counts are, which all pages and orders of a search share."""
    asked = replace(asked, loosened=None, corrected="")
    whole = replace(query, by=PUBLIC, counted=True)
    bare = replace(whole, sort="", after="", limit=0)
    return _name(state, whole, asked), _name(state, bare, asked)


def _name(*facts) -> str:
    return "search:" + sha256(repr((current_form(), *facts)).encode()).hexdigest()


def _page_of(found: Found) -> list:
    return [[str(pk) for pk in found.ids], found.total, found.next]


def _counts_of(found: Found) -> list:
    facets = {name: [[value.code, value.count] for value in values] for name, values in found.facets.items()}
    return [found.total, facets]


def _read(query: SearchQuery, page: list, counts: list | None) -> Found:
    ids, total, after = page
    total, facets = counts or (total, {})
    shown = {
        name: [FacetValue(code, count, code in getattr(query, name)) for code, count in values]
        for name, values in facets.items()
    }
    return Found([UUID(pk) for pk in ids], total, shown, after)


def _recall(names: list[str]) -> dict[str, list]:
    try:
        return {name: json.loads(text) for name, text in cache.get_many(names).items()}
    except (RedisError, OSError) as reason:
        log.warning("The cache does not answer (%s): a search is made anew.", type(reason).__name__)
        return {}


def _keep(found: dict[str, list]) -> None:
    try:
        cache.set_many({name: json.dumps(facts) for name, facts in found.items()}, SECONDS)
    except (RedisError, OSError) as reason:
        log.warning("The cache does not answer (%s): a search is not kept.", type(reason).__name__)
