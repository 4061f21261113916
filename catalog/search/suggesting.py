"""What a reader may mean while they type: datasets, columns, departments, and words that others found things with."""

from dataclasses import dataclass, replace

from django.db.models import Q

from audit.actor import Actor
from catalog.models import Basis, Column, Dataset, Department
from catalog.permissions import is_officer
from catalog.search import SearchQuery, search
from catalog.search.demand import frequent
from catalog.search.gathering import columns_of, let_out_of
from catalog.search.query import LONGEST
from catalog.search.words import fold, runs

MOST_DATASETS = 5
MOST_OTHERS = 3
MOST_COLUMNS = 200


@dataclass(frozen=True)
class Suggestion:
    """One thing that may be meant; `target` is a dataset's identifier, a department's code, or words to search for."""

    kind: str
    text: str
    target: str


def suggest(q: str, *, by: Actor) -> list[Suggestion]:
    """At most fourteen suggestions, made only of what this reader may know of."""
    q = q.replace("\x00", "").strip()[:LONGEST]
    if not runs(q):
        return []
    ids = search(SearchQuery(q=q, by=by, limit=MOST_DATASETS, counted=False)).ids
    known = Dataset.objects.in_bulk(ids)
    datasets = [Suggestion("dataset", known[pk].title, str(pk)) for pk in ids if pk in known]
    return [*_queries(q, by), *datasets, *_columns(runs(q)[-1], ids, by), *_departments(q)]


def _queries(q: str, by: Actor) -> list[Suggestion]:
    """Frequent words; only those with which this reader finds something now."""
    bare = SearchQuery(by=by, limit=1, counted=False)
    there = [words for words in frequent(q, MOST_OTHERS) if search(replace(bare, q=words)).total]
    return [Suggestion("query", words, words) for words in there]


def _columns(run: str, ids: list, by: Actor) -> list[Suggestion]:
    """Columns of the datasets found whose name or title holds the last word, of those that this reader may know of."""
    named = Q(name__icontains=run) | Q(title_en__icontains=run) | Q(title_zh__icontains=run)
    columns = Column.objects.filter(named, dataset__in=ids).order_by("dataset", "table", "position")[:MOST_COLUMNS]
    if not is_officer(by):
        open_ones = _released(ids)
        columns = [column for column in columns if (column.dataset_id, column.table, column.name) in open_ones]
    shown = dict.fromkeys((column.title or column.name, column.name) for column in columns)
    return [Suggestion("column", title, name) for title, name in list(shown)[:MOST_OTHERS]]


def _released(ids: list) -> set[tuple]:
    """The columns that the newest live release of each of these datasets lets out."""
    releases = Basis.objects.live().releases().filter(dataset__in=ids).order_by("dataset_id", "-version__number")
    newest = releases.distinct("dataset_id").select_related("version").prefetch_related("version__tables")
    return {
        (release.dataset_id, *column)
        for release in newest
        for column in columns_of(let_out_of(release, release.version.tables.all()))
    }


def _departments(q: str) -> list[Suggestion]:
    text = fold(q)
    named = Q(code__istartswith=text) | Q(name_en__icontains=text) | Q(name_zh__icontains=text)
    found = Department.objects.exclude(kind=Department.Kind.ENTERPRISE).filter(named).order_by("code")[:MOST_OTHERS]
    return [Suggestion("department", department.name, department.code) for department in found]
