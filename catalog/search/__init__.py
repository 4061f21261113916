"""Search over the catalogue: one interface. Nothing is found that the reader may not know of."""

from catalog.models import Dataset
from catalog.search import postgres
from catalog.search.documents import entries
from catalog.search.query import FacetValue, SearchQuery, SearchResults

__all__ = ["FacetValue", "SearchQuery", "SearchResults", "index_dataset", "search"]


def search(query: SearchQuery) -> SearchResults:
    """The datasets that match, as this reader may know of them."""
    return postgres.search(query)


def index_dataset(dataset: Dataset) -> None:
    """The index says what the dataset is at this moment."""
    with postgres.alone(dataset):
        postgres.put(dataset, entries(dataset))
