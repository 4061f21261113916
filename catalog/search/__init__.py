"""Search over the catalogue: one interface. Nothing is found that the reader may not know of."""

from catalog.models import Dataset, SearchEntry
from catalog.search import postgres
from catalog.search.documents import entries
from catalog.search.query import FacetValue, SearchQuery, SearchResults

__all__ = ["FacetValue", "SearchQuery", "SearchResults", "index_dataset", "missing_entries", "search"]


def search(query: SearchQuery) -> SearchResults:
    """The datasets that match, as this reader may know of them."""
    return postgres.search(query)


def index_dataset(dataset: Dataset) -> None:
    """The index says what the dataset is at this moment."""
    with postgres.alone(dataset):
        postgres.put(dataset, entries(dataset))


def missing_entries() -> list:
    """Identifiers of datasets that the index has never heard of, at most a thousand."""
    known = SearchEntry.objects.filter(audience=SearchEntry.Audience.INTERNAL).values("dataset")
    return list(Dataset.objects.exclude(pk__in=known).values_list("pk", flat=True)[:1000])
