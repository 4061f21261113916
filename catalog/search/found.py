"""What an engine answers: the same from every engine."""

from dataclasses import dataclass, field

from catalog.search.query import FacetValue


@dataclass(frozen=True)
class Found:
    """Identifiers of datasets in order, how many there are in all, the facets, and where the next page begins."""

    ids: list
    total: int
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    next: str = ""
