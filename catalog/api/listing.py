"""The list of datasets: found by words, or all that one may know of, newest first; filtered and counted by facet."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog import codes
from catalog.api.access import dated
from catalog.api.pages import PAGE, limit_of, page_of
from catalog.api.problems import bad_parameter
from catalog.models import Basis, Dataset, Department, Distribution, Format
from catalog.permissions import visible_datasets
from catalog.search import SearchQuery, search

PARAMETERS = frozenset({"q", "theme", "department", "format", "licence", "limit", "after"})
LISTS = {"theme": codes.Theme, "format": Format, "licence": codes.Licence}
MOST_OPTIONS = 100
LONGEST = 200
FACETS = {"theme": "themes", "department": "departments", "format": "formats", "licence": "licences"}


@dataclass(frozen=True)
class Listing:
    """A page of the list, with what is said about all of it."""

    items: list[Dataset]
    total: int
    next: str | None
    facets: dict[str, list[dict]]


@dataclass(frozen=True)
class DatasetFilter:
    """What a caller looks for; each of the lists may name several."""

    q: str = ""
    theme: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    format: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()

    @classmethod
    def from_params(cls, params) -> "DatasetFilter":
        """The filter that an address states; a parameter or a code that is none says so."""
        for name in params:
            if name not in PARAMETERS:
                raise bad_parameter(name, _("There is no parameter “%(name)s” here.") % {"name": name[:80]})
        lists = {
            name: tuple(sorted(set(params.getlist(name)))) for name in ("theme", "department", "format", "licence")
        }
        for name, known in LISTS.items():
            if set(lists[name]) - set(known.values):
                raise bad_parameter(name, _("This is one of: %(known)s.") % {"known": ", ".join(known.values)})
        q = params.get("q", "").strip()
        if len(q) > LONGEST:
            raise bad_parameter("q", _("Search for fewer than %(most)s characters.") % {"most": LONGEST})
        return cls(q=q, **lists)

    def apply(self, datasets: QuerySet[Dataset], *, but: str = "") -> QuerySet[Dataset]:
        """Those that match, leaving one list out of account."""
        if self.theme and but != "theme":
            datasets = datasets.filter(theme__in=self.theme)
        if self.department and but != "department":
            datasets = datasets.filter(department__code__in=self.department)
        if self.licence and but != "licence":
            datasets = datasets.filter(licence__in=self.licence)
        if self.format and but != "format":
            datasets = datasets.filter(Exists(_files().filter(basis__dataset=OuterRef("pk"), format__in=self.format)))
        return datasets


def listing(wanted: DatasetFilter, request, *, by: Actor) -> Listing:
    """The page that the request asks for. With words it comes from the search index, without from the catalogue."""
    if wanted.q:
        return _searched(wanted, request, by)
    datasets = wanted.apply(visible_datasets(by)).select_related("department")
    page = page_of(dated(datasets, by), request, order=("-shown_at", "-id"), about=f"datasets {wanted}")
    return Listing(page.items, datasets.count(), page.next, facets(by, wanted))


def _searched(wanted: DatasetFilter, request, by: Actor) -> Listing:
    chosen = {other: getattr(wanted, name) for name, other in FACETS.items()}
    query = SearchQuery(
        q=wanted.q, after=request.GET.get("after", ""), limit=limit_of(request, default=PAGE), by=by, **chosen
    )
    results = search(query)
    found = dated(visible_datasets(by), by).select_related("department").in_bulk(results.ids)
    items = [found[pk] for pk in results.ids if pk in found]
    counts = {
        name: {value.code: value.count for value in results.facets.get(other, [])} for name, other in FACETS.items()
    }
    names = {row.code: row for row in Department.objects.filter(code__in=counts["department"])}
    departments = [
        {"code": code, "name": names[code].name, "count": count}
        for code, count in counts["department"].items()
        if code in names
    ]
    shown = {name: _options(counts[name], known) for name, known in LISTS.items()}
    return Listing(items, results.total, results.next or None, shown | {"department": departments})


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
