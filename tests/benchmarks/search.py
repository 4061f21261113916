"""How fast the search is over many datasets, at the HTTP boundary, on both engines; and how long its index takes."""

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.http import QueryDict
from django.test import override_settings

from catalog.models import SearchIndex
from catalog.search import elastic, postgres, rebuilding
from catalog.search.asked import Asked
from catalog.search.expanding import expand
from catalog.search.found import Found
from catalog.search.parameters import read_query
from catalog.search.parsing import parse
from catalog.search.query import SearchQuery
from catalog.search.refreshing import refresh_vocabulary
from catalog.search.vocabulary import Vocabulary
from tests.benchmarks import synthetic
from tests.benchmarks.measure import Figure, Sizes, asked, p50, percentile
from tests.benchmarks.scene import Scene
from tests.elastic import Node
from tests.server import web_server

BUDGET_MS, BUDGET_S = 50, 300
PREFIX = f"bench-{uuid4().hex[:12]}"
AT_ONCE = 16
BARE = 20  # wordings by which the engine alone is measured
COMMON = 400  # words of each language that are searched for: those of cities, the common and the rare ones alike
LIMITS = {"API_LIMIT_ANONYMOUS": "100000000", "API_LIMIT_KEY": "100000000"}
LIST, SUGGEST, PAGE = "/api/v1/datasets", "/api/v1/suggest", "/datasets/"
CHOICES = {"theme": ["health", "transport"], "format": "csv"}


@dataclass(frozen=True)
class Work:
    """One kind of question, in as many wordings as are measured: its addresses, and whether an officer asks."""

    name: str
    paths: list[str]
    by_officer: bool = False


@dataclass(frozen=True)
class Engine:
    """One engine: what it is called, where it is, and the call that all the rest is around."""

    name: str
    url: str
    search: Callable[[SearchQuery, Asked], Found]


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """The index first, then each kind of question on each engine."""
    synthetic.fill(sizes.datasets, scene.version.dataset.department.parent, scene.by.user)
    works = _works(sizes.searches)
    with _beside() as url:
        found = _index(sizes.datasets, url)
        for engine in _engines(url):
            with web_server(workers=2, threads=8, SEARCH_URL=engine.url, SEARCH_PREFIX=PREFIX, **LIMITS) as address:
                for work in works:
                    found += _asked(engine, work, address, scene.token if work.by_officer else "")
    return found


def _engines(url: str) -> list[Engine]:
    ours = Engine("PostgreSQL", "", postgres.search)
    beside = Engine("Elasticsearch", url, lambda query, asked: elastic.search(query, asked, unsure=[]))
    return [ours, beside] if url else [ours]


@contextmanager
def _beside() -> Iterator[str]:
    """The address of a search engine beside the database; empty, with the reason said, where there is none."""
    with ExitStack() as stack:
        url = os.environ.get("TEST_SEARCH_URL", "")
        if not url:
            try:
                node = Node(stack.enter_context(TemporaryDirectory(prefix="causeway-elastic-")), heap="2g")
            except pytest.skip.Exception as reason:
                print(f"Elasticsearch is not measured: {reason}")
            else:
                stack.callback(node.stop)
                url = node.url
        with override_settings(SEARCH_URL=url, SEARCH_PREFIX=PREFIX):
            yield url
            SearchIndex.objects.all().delete()
            if url:
                elastic.remove_all_but([])


def _index(number: int, url: str) -> list[Figure]:
    """All entries made, and the engine's index filled of them, as `manage.py reindex` does."""
    began = time.monotonic()
    rebuilding.rebuild()
    ended = time.monotonic()
    refresh_vocabulary()
    counted = time.monotonic()
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as it does by itself a minute later
    named = f"{number:,} datasets" + (", in both engines" if url else "")
    found = [
        Figure(f"the whole index made anew, {named}", ended - began, "s", f"≤ {BUDGET_S} s", ended - began <= BUDGET_S),
        Figure("the vocabulary counted anew", counted - ended, "s"),
        Figure("PostgreSQL: size of the index", _size("catalog_searchentry") + _size("catalog_searchterm"), "MB"),
    ]
    if url:
        told = elastic.client().indices.stats(index=f"{PREFIX}-*", metric="store")
        size = told["_all"]["primaries"]["store"]["size_in_bytes"] / 1e6
        found.append(Figure("Elasticsearch: size of the index", size, "MB"))
    return found


def _size(table: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return cursor.fetchone()[0] / 1e6


def _works(number: int) -> list[Work]:
    """The kinds of questions: words of cities in both languages, half of each."""
    chance = random.Random(synthetic.SEED)
    languages = [words.words[:COMMON] for words in synthetic.vocabularies(chance)]

    def asking(path: str, words: int, **more) -> list[str]:
        paths = []
        for place in range(number):
            q = " ".join(chance.sample(languages[place % 2], words))
            paths.append(f"{path}?{urlencode(({'q': q} if words else {}) | more, doseq=True)}")
        return paths

    beginnings = [word[: max(2, len(word) // 2)] for pair in zip(*languages, strict=True) for word in pair]
    suggested = [f"{SUGGEST}?{urlencode({'q': word})}" for word in chance.sample(beginnings, number)]
    return [
        Work("no words", asking(LIST, 0)),
        Work("no words, an order", asking(LIST, 0, sort="newest")),
        Work("one word", asking(LIST, 1)),
        Work("two words", asking(LIST, 2)),
        Work("three words", asking(LIST, 3)),
        Work("one word, a period and a place chosen", asking(LIST, 1, **{"from": "2015", "geo": "yes"})),
        Work("one word, three choices of two facets", asking(LIST, 1, **CHOICES)),
        Work("one word, asked by an officer", asking(LIST, 1), by_officer=True),
        Work("one word, as a page", asking(PAGE, 1)),
        Work("suggestions", suggested),
    ]


def _asked(engine: Engine, work: Work, address: str, token: str) -> list[Figure]:
    """Each wording for the first time, then again, then by many at once; and the share that is the engine's own."""

    def once(path: str) -> float:
        began = time.perf_counter()
        asked(address, path, token)
        return 1000 * (time.perf_counter() - began)

    name = f"{engine.name}, {work.name}"
    first = [once(path) for path in work.paths]
    again = [once(path) for path in work.paths]
    with ThreadPoolExecutor(AT_ONCE) as clients:
        together = list(clients.map(once, work.paths))
    late = percentile(again, 0.95)
    found = [
        _told(f"{name}, for the first time", first),
        _told(f"{name}, again", again, f"≤ {BUDGET_MS} ms", late <= BUDGET_MS),
        _told(f"{name}, {AT_ONCE} clients", together),
    ]
    if work.paths[0].startswith(LIST) and not work.by_officer:
        bare = percentile([_bare(engine, path) for path in work.paths[:BARE]], 0.5)
        found.append(Figure(f"{name}: the whole, times the engine's own", percentile(again, 0.5) / bare, "x"))
    return found


def _told(name: str, taken: list[float], *budget) -> Figure:
    middle, late, latest = (percentile(taken, share) for share in (0.5, 0.95, 0.99))
    return Figure(name, late, f"ms at p95 (p50 {middle:.0f}, p99 {latest:.0f})", *budget)


def _bare(engine: Engine, path: str) -> float:
    """Milliseconds of the engine's call alone."""
    query = read_query(QueryDict(path.partition("?")[2]).getlist)
    meant = expand(parse(query.q), Vocabulary(query.by))
    return p50(lambda: engine.search(query, meant), 1, 1.0)
