"""The list of datasets: found by words, or all that one may know of, newest first; filtered and counted by facet."""

from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog import codes
from catalog.api.access import dated
from catalog.api.pages import PAGE, limit_of, page_of
from catalog.api.problems import bad_parameter
from catalog.models import Basis, Dataset, Department, Distribution, Format
from catalog.permissions import visible_datasets
from catalog.search import FacetValue, SearchQuery, search
from catalog.search.parameters import CODES, LISTS, MOST_CHOSEN, NAMES, read_query
from catalog.search.query import LONGEST, SORTS

PARAMETERS = frozenset({*NAMES, "limit", "after"})
MOST_OPTIONS = 100
# What the catalogue itself answers whoever signed in: it knows of their new dataset before the index does.
PLAIN = ("themes", "departments", "formats", "licences")


@dataclass(frozen=True)
class Listing:
    """A page of the list, with what is said about all of it."""

    items: list[Dataset]
    total: int
    next: str | None
    facets: dict[str, list[dict]]


@dataclass(frozen=True)
class DatasetFilter:
    """What a caller looks for; each of the facets may name several."""

    query: SearchQuery

    @classmethod
    def from_params(cls, params) -> "DatasetFilter":
        """The filter that an address states; a parameter or a code that is none says so."""
        for name in params:
            if name not in PARAMETERS:
                raise bad_parameter(name, _("There is no parameter “%(name)s” here.") % {"name": name[:80]})
        for name, known in CODES.items():
            if set(params.getlist(name)) - set(known.values):
                raise bad_parameter(name, _("This is one of: %(known)s.") % {"known": ", ".join(known.values)})
        if params.get("sort", "") not in {"", *SORTS}:
            raise bad_parameter("sort", _("This is one of: %(known)s.") % {"known": ", ".join(SORTS)})
        if len(params.get("q", "").strip()) > LONGEST:
            raise bad_parameter("q", _("Search for fewer than %(most)s characters.") % {"most": LONGEST})
        for name in LISTS:
            if len(params.getlist(name)) > MOST_CHOSEN:
                raise bad_parameter(name, _("Name at most %(most)s of these.") % {"most": MOST_CHOSEN})
        try:
            return cls(read_query(params.getlist))
        except ValidationError as reason:
            name, words = next(iter(reason.message_dict.items()))
            raise bad_parameter(name, words[0]) from None

    @property
    def is_plain(self) -> bool:
        """True where the catalogue answers, without the index."""
        return self.query == SearchQuery(**{name: getattr(self.query, name) for name in PLAIN})

    def apply(self, datasets: QuerySet[Dataset], *, but: str = "") -> QuerySet[Dataset]:
        """Those that match, leaving one list out of account."""
        wanted = self.query
        if wanted.themes and but != "theme":
            datasets = datasets.filter(theme__in=wanted.themes)
        if wanted.departments and but != "department":
            datasets = datasets.filter(department__code__in=wanted.departments)
        if wanted.licences and but != "licence":
            datasets = datasets.filter(licence__in=wanted.licences)
        if wanted.formats and but != "format":
            files = _files().filter(basis__dataset=OuterRef("pk"), format__in=wanted.formats)
            datasets = datasets.filter(Exists(files))
        return datasets


def listing(wanted: DatasetFilter, request, *, by: Actor) -> Listing:
    """The page that the request asks for: from the search index, but for the plain lists of whoever signed in."""
    if by.user is None or not wanted.is_plain:
        return _searched(wanted, request, by)
    datasets = wanted.apply(visible_datasets(by)).select_related("department")
    page = page_of(dated(datasets, by), request, order=("-shown_at", "-id"), about=f"datasets {wanted}")
    indexed = search(replace(wanted.query, by=by, limit=1)).facets
    shown = {name: _named(name, indexed.get(field, [])) for name, field in LISTS.items() if field not in PLAIN}
    return Listing(page.items, datasets.count(), page.next, facets(by, wanted) | shown)


def _searched(wanted: DatasetFilter, request, by: Actor) -> Listing:
    limit = limit_of(request, default=PAGE)
    results = search(replace(wanted.query, after=request.GET.get("after", ""), limit=limit, by=by))
    found = dated(visible_datasets(by), by).select_related("department").in_bulk(results.ids)
    items = [found[pk] for pk in results.ids if pk in found]
    shown = {name: _named(name, results.facets.get(field, [])) for name, field in LISTS.items()}
    return Listing(items, results.total, results.next or None, shown)


def _named(name: str, values: list[FacetValue]) -> list[dict]:
    """The choices of a facet with the names that people read; a department that is no more is left out."""
    codes_there = [value.code for value in values]
    if name == "department":
        names = {row.code: row.name for row in Department.objects.filter(code__in=codes_there)}
    elif name in CODES:
        names = {code: str(label) for code, label in CODES[name].choices}
    else:
        names = {code: code for code in codes_there}
    return [
        {"code": value.code, "name": names[value.code], "count": value.count} for value in values if value.code in names
    ]


def facets(by: Actor, wanted: DatasetFilter) -> dict[str, list[dict]]:
    """For each list, how many datasets each of its values would give with the other filters as they are."""
    seen = visible_datasets(by)
    formats = _files().filter(basis__dataset__in=wanted.apply(seen, but="format").values("pk"))
    counts = {name: _counts(wanted.apply(seen, but=name), name) for name in ("theme", "licence")}
    departments = _counts(wanted.apply(seen, but="department"), "department")
    names = {row.pk: row for row in Department.objects.filter(pk__in=departments)}
    by_format = dict(
        formats.values_list("format").annotate(n=Count("basis__dataset", distinct=True)).order_by("-n")[:MOST_OPTIONS]
    )
    return {
        "theme": _options(counts["theme"], codes.Theme),
        "department": [{"code": names[pk].code, "name": names[pk].name, "count": n} for pk, n in departments.items()],
        "format": _options(by_format, Format),
        "licence": _options(counts["licence"], codes.Licence),
    }


def _files() -> QuerySet[Distribution]:
    return Distribution.objects.filter(basis__in=Basis.objects.live().releases())


def _counts(datasets: QuerySet[Dataset], field: str) -> dict:
    counted = datasets.order_by().values_list(field).annotate(n=Count("pk"))
    return dict(counted.order_by("-n", field)[:MOST_OPTIONS])


def _options(counts: dict[str, int], known) -> list[dict]:
    return [{"code": code, "name": str(known(code).label), "count": n} for code, n in counts.items()]
