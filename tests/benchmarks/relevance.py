"""How good the search is on both engines: the judged queries of the test half, beside a plain search."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean
from uuid import uuid4

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from audit.actor import Actor
from catalog.models import Dataset, Department, Link
from catalog.search import SearchQuery, engines, search
from catalog.search.rebuilding import rebuild
from catalog.search.refreshing import refresh_vocabulary
from portal.models import User
from tests import elastic, world
from tests.benchmarks.measure import Figure, Sizes
from tests.benchmarks.scene import Scene
from tests.relevance import catalogues
from tests.relevance.judged import CLASSES, Query, judged

TOP = 10
FLOOR, ABOVE = 0.75, 0.15
PATIENCE = 10  # times that a busy engine is asked
MOST_FILES = 50
PLAIN = """CREATE TABLE relevance_plain AS SELECT id, to_tsvector('english', concat_ws(' ', title_en, title_zh,
    array_to_string(keywords_en, ' '), description_en, description_zh)) AS words FROM catalog_dataset"""
LIKE = """SELECT id FROM relevance_plain, websearch_to_tsquery('english', %s) AS q WHERE words @@ q
          ORDER BY ts_rank(words, q) DESC, id LIMIT 10"""
Search = Callable[[str], list[str]]


@dataclass(frozen=True)
class Outcome:
    """What one query came to."""

    query: Query
    ndcg: float
    rank: float  # one over the place of the first record that answers, nought where there is none
    empty: bool


def measure(scene: Scene, sizes: Sizes) -> list[Figure]:
    """NDCG@10, MRR and queries without a hit, of the test half alone; nothing where the records are not there."""
    if catalogues.missing() or not sizes.queries:
        return []
    by = world.by(scene.by.user)
    titles = fill(sizes.records, scene.version.dataset.department.parent, by.user)
    plain = outcomes(lambda q: _plainly(q, titles), "test", most=sizes.queries)
    found = _table("a plain search of one field", plain)
    for engine, place in (("PostgreSQL", in_the_database), ("Elasticsearch", beside_the_database)):
        try:
            with place():
                ours = outcomes(lambda q: answered(q, by, titles), "test", most=sizes.queries)
        except pytest.skip.Exception as reason:
            found.append(Figure(f"{engine}: {reason.msg}", math.nan, ""))
            continue
        found += _table(engine, ours, floor=FLOOR)
        more = mean(ours) - mean(plain)
        found.append(Figure(f"{engine} above the plain search, NDCG@10", more, "", f"≥ {ABOVE}", more >= ABOVE))
    return found


@contextmanager
def in_the_database() -> Iterator[None]:
    """Searches are answered by PostgreSQL."""
    with override_settings(SEARCH_URL=""):
        yield


@contextmanager
def beside_the_database() -> Iterator[None]:
    """Searches are answered by an Elasticsearch that holds the same; where there is none, pytest's skip says why."""
    try:
        with override_settings(SEARCH_URL=elastic.shared_node(), SEARCH_PREFIX=elastic.PREFIX):
            rebuild()
            yield
    finally:
        elastic.stop_shared()


def outcomes(ask: Search, half: str, *, most: int = 1_000) -> list[Outcome]:
    """Each query of the half, or so many of them, as this search answers it."""
    found = []
    for query in judged(half)[:most]:
        ids = ask(query.text)[:TOP]
        places = [place for place, name in enumerate(ids, start=1) if query.grades.get(name, 0) >= 2]
        rank = 1 / places[0] if places else 0.0
        found.append(Outcome(query, ndcg(ids, query.grades), rank, not ids))
    return found


def ndcg(ids: Iterable[str], grades: dict[str, int]) -> float:
    """Discounted gain of the first ten over the best that is possible; gains are 2**grade - 1."""
    best = sorted(grades.values(), reverse=True)[:TOP]
    return _gain(grades.get(name, 0) for name in ids) / _gain(best)


def mean(found: list[Outcome]) -> float:
    """NDCG@10 over all of them."""
    return fmean(outcome.ndcg for outcome in found)


def fill(records: int, city: Department, owner: User) -> dict:
    """So many of the records as datasets of the city, indexed, and the words counted; which is which."""
    departments, titles, rows, links = {}, {}, [], []
    for record in list(catalogues.records().values())[:records]:
        department = departments.get(record.publisher)
        if department is None:
            department = departments[record.publisher] = _department(record, len(departments), city)
        rows.append(_dataset(record, department, owner))
        titles[rows[-1].pk] = record.id
        files = [name[:200] for name in dict.fromkeys(record.files) if name][:MOST_FILES]
        links += [Link(dataset=rows[-1], title_en=name, url="https://example.org/") for name in files]
    Department.objects.bulk_create(departments.values())
    Dataset.objects.bulk_create(rows, batch_size=1_000)
    Link.objects.bulk_create(links, batch_size=1_000)
    rebuild()
    refresh_vocabulary()
    with connections["owner"].cursor() as cursor:
        cursor.execute(PLAIN)
        cursor.execute("GRANT SELECT ON relevance_plain TO PUBLIC")
        cursor.execute("ANALYZE")
    return titles


def _department(record: catalogues.Record, number: int, city: Department) -> Department:
    named = {f"name_{record.language}": record.publisher[:100] or "-"}
    return Department(code=f"publisher-{number}", kind=Department.Kind.DEPARTMENT, parent=city, **named)


def _dataset(record: catalogues.Record, department: Department, owner) -> Dataset:
    keywords = [word[:60] for word in dict.fromkeys((*record.keywords, *record.themes))]
    told = {"title": record.title[:200] or "-", "description": record.description[:20_000], "keywords": keywords}
    return Dataset(
        id=uuid4(),
        department=department,
        created_by=owner,
        theme="environment",
        frequency="annual",
        licence="cc-by-4.0",
        sharing_class="conditional",
        opening_class="open",
        state="active",
        updated_at=timezone.now(),
        **{f"{name}_{record.language}": value for name, value in told.items()},
    )


def answered(q: str, by: Actor, titles: dict) -> list[str]:
    """The records that the search finds; an engine that another one stood in for is asked again, as it was busy."""
    for _attempt in range(PATIENCE):
        results = search(SearchQuery(q=q, by=by, limit=TOP))
        if not results.degraded:
            return [titles[pk] for pk in results.ids if pk in titles]
        engines.resume()
    raise RuntimeError(f"The engine did not answer “{q}”.")


def _plainly(q: str, titles: dict) -> list[str]:
    with connections["default"].cursor() as cursor:
        cursor.execute(LIKE, [q])
        return [titles[pk] for (pk,) in cursor.fetchall() if pk in titles]


def _gain(grades: Iterable[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))


def _table(name: str, found: list[Outcome], *, floor: float = 0) -> list[Figure]:
    budget = (f"≥ {floor}", mean(found) >= floor) if floor else ("", None)
    kinds = defaultdict(list)
    for outcome in found:
        kinds[outcome.query.kind].append(outcome)
    return [
        Figure(f"{name}: NDCG@10, {len(found)} queries", mean(found), "", *budget),
        Figure(f"{name}: MRR", fmean(outcome.rank for outcome in found), ""),
        Figure(f"{name}: queries without a hit", 100 * fmean(outcome.empty for outcome in found), "%"),
        *(Figure(f"{name}: NDCG@10, {kind}", mean(kinds[kind]), "") for kind in CLASSES if kinds[kind]),
    ]
