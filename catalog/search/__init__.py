"""Search over the catalogue: one interface. Nothing is found that the reader may not know of."""

from catalog.search.engines import match, search
from catalog.search.indexing import index_dataset
from catalog.search.query import FacetValue, SearchQuery, SearchResults

__all__ = ["FacetValue", "SearchQuery", "SearchResults", "index_dataset", "match", "search"]
