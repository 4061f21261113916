"""Which engine answers: the one beside the database where there is one that knows all, else the database itself."""

import logging
import time
from dataclasses import replace
from functools import partial
from uuid import UUID

from django.conf import settings

from audit.actor import Actor
from catalog.models import SearchIndex
from catalog.search import elastic, lately, outbox, postgres, visible
from catalog.search.asked import Asked
from catalog.search.expanding import expand
from catalog.search.found import Found
from catalog.search.mapping import MAPPING
from catalog.search.parsing import parse
from catalog.search.query import SearchQuery, SearchResults
from catalog.search.tsquery import matching
from catalog.search.vocabulary import Vocabulary
from catalog.search.why import explain

log = logging.getLogger(__name__)
FAR_BEHIND = 500  # datasets that it was not told of: with more, the database answers
FEW = 5  # datasets: with fewer, those that hold a part of the words follow
PAUSE = 3  # seconds before a process asks an engine again that was down
_down_until = 0.0


def search(query: SearchQuery) -> SearchResults:
    """The datasets that match, as this reader may know of them; where few do, those that match less strictly too."""
    asked = expand(parse(query.q), Vocabulary(query.by))
    unsure = _untold()
    found, degraded = _answer(query, asked, unsure)
    missed = not found.total
    while found.total < FEW and asked.loosened is not None:
        asked = asked.loosened
        found, degraded = _answer(query, asked, unsure)
    loosened = missed and bool(found.total)
    why = explain(found.ids, asked, visible.audience(query.by))
    more = {"degraded": degraded, "loosened": loosened, "corrected": asked.corrected, "why": why}
    return SearchResults(found.ids, found.total, found.facets, found.next, **more)


def match(q: str, by: Actor) -> str:
    """What an entry for officers must hold to be found by these words, as a tsquery."""
    return matching(expand(parse(q), Vocabulary(by)))


def _untold() -> list[UUID] | None:
    """Datasets of which the engine beside the database may not know; None where the database is to answer."""
    if not settings.SEARCH_URL:
        return None
    if not SearchIndex.objects.filter(state=SearchIndex.State.LIVE, mapping=MAPPING).exists():
        return None
    unsure = outbox.waiting(FAR_BEHIND + 1)
    return unsure if len(unsure) <= FAR_BEHIND else None


def _answer(query: SearchQuery, asked: Asked, unsure: list[UUID] | None) -> tuple[Found, bool]:
    """What is found, and whether the engine that should have answered did not."""
    if unsure is None:
        return _within(query, asked), False
    try:
        return _beside(query, asked, unsure), False
    except elastic.Unavailable as reason:
        _pause(reason)
        return _within(query, asked), True


def _within(query: SearchQuery, asked: Asked) -> Found:
    """What the database itself found."""
    return lately.search(query, asked, postgres.search, postgres.NAME)


def _beside(query: SearchQuery, asked: Asked, unsure: list[UUID]) -> Found:
    """What the engine beside the database found and the database confirms."""
    if time.monotonic() < _down_until:
        raise elastic.Unavailable("it was down a moment ago")
    found = lately.search(query, asked, partial(elastic.search, unsure=unsure), elastic.NAME, sorted(unsure))
    known = postgres.still_known(query, found.ids)
    ids = [pk for pk in found.ids if pk in known]
    return replace(found, ids=ids, total=found.total - len(found.ids) + len(ids))


def _pause(reason: elastic.Unavailable) -> None:
    global _down_until
    if time.monotonic() >= _down_until:
        log.warning("The search engine did not answer (%s): the database answers.", reason)
        _down_until = time.monotonic() + PAUSE


def resume() -> None:
    """The engine is asked again at once."""
    global _down_until
    _down_until = 0.0
