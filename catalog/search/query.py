"""What is looked for, and what comes back: the one interface of search, whatever the engine."""

from dataclasses import dataclass, field

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actor import PUBLIC, Actor

LONGEST = 200
PAGE = 20
MOST = 100
FACETS = ("themes", "departments", "formats", "licences")
SORTS = ("relevance", "newest")


@dataclass(frozen=True)
class SearchQuery:
    """Words and chosen facets. Several values of one facet are alternatives; different facets all hold."""

    q: str = ""
    themes: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    sort: str = ""
    after: str = ""
    limit: int = PAGE
    by: Actor = PUBLIC

    @property
    def order(self) -> str:
        """By relevance where there are words, unless another order was asked for."""
        return self.sort if self.sort in SORTS else ("relevance" if self.q.strip() else "newest")


@dataclass(frozen=True)
class FacetValue:
    """One choice of a facet: its code, how many datasets it would leave, and whether it is chosen."""

    code: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class SearchResults:
    """Identifiers of datasets in order, how many there are in all, the facets, and where the next page begins."""

    ids: list
    total: int
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    next: str = ""


def write_place(query: SearchQuery, place: list) -> str:
    """The cursor of the page that begins after this place."""
    return signing.dumps([query.order, *place], salt="catalog.search", compress=True)


def read_place(query: SearchQuery) -> list | None:
    """The place in a cursor; None where there is no cursor."""
    if not query.after:
        return None
    try:
        order, *place = signing.loads(query.after, salt="catalog.search")
    except (signing.BadSignature, ValueError):
        order, place = None, []
    if order != query.order or len(place) != 3:
        raise ValidationError(_("This cursor does not belong to this search. Start again."), code="bad-cursor")
    return place
