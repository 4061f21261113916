"""What is looked for, and what comes back: the one interface of search, whatever the engine."""

from dataclasses import dataclass, field
from datetime import date

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from audit.actor import PUBLIC, Actor

LONGEST = 200
PAGE = 20
MOST = 100
# Each facet of a search: several codes of one are alternatives, different facets all hold. `geo` and `api` know only
# codes.Yes; `updates` are codes.UpdateState, `opening` codes.OpeningClass, a place is its name as the index has it.
FACETS = (
    "themes", "departments", "formats", "licences", "updates", "places", "geo", "api", "opening",
)  # fmt: skip
SORTS = ("relevance", "newest", "title", "used")


@dataclass(frozen=True)
class SearchQuery:
    """Words, chosen facets and a period that what is found must touch; either end of it may be open."""

    q: str = ""
    themes: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    sort: str = ""
    after: str = ""
    limit: int = PAGE
    by: Actor = PUBLIC
    counted: bool = True  # with facets; a search that only wants the first hits goes without

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
    """Identifiers of datasets in order, how many there are in all, the facets, and where the next page begins.

    Where few hold all words, those that hold some follow. `loosened` says that nothing holds all and these hold some;
    `corrected` is the query as it was repaired, empty where it was taken as written; `degraded` says that the search
    engine did not answer and the database did; `why` says for each dataset why it was found.
    """

    ids: list
    total: int
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    next: str = ""
    degraded: bool = False
    loosened: bool = False
    corrected: str = ""
    why: dict = field(default_factory=dict)


def write_place(query: SearchQuery, engine: str, passed: int, keys: list) -> str:
    """The cursor of the page that begins after this place, where so many hits were passed."""
    return signing.dumps([query.order, engine, passed, *keys], salt="catalog.search", compress=True)


@dataclass(frozen=True)
class Place:
    """Where a page begins: behind how many hits, and behind which, by the keys of the engine that found it."""

    passed: int
    keys: list | None


def read_place(query: SearchQuery, engine: str, keys: int) -> Place | None:
    """The place in a cursor; None where there is no cursor. Of another engine's only the number of hits is of use."""
    if not query.after:
        return None
    try:
        order, wrote, passed, *found = signing.loads(query.after, salt="catalog.search")
    except (signing.BadSignature, ValueError):
        order = None
    if order != query.order:
        raise ValidationError(_("This cursor does not belong to this search. Start again."), code="bad-cursor")
    return Place(passed, found if wrote == engine and len(found) == keys else None)
