"""Search results: words, facets that add up, cards, and the next page. The search itself is `catalog.search`."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.codes import Licence, Theme
from catalog.models import Dataset, Department, Format
from catalog.search import FacetValue, SearchQuery, SearchResults, search
from portal.pages.caching import revalidated
from portal.pages.highlight import snippet
from portal.pages.open_data import for_cards

# The name in the address, the name in the search, and how many choices are shown open.
FACETS = {"theme": "themes", "department": "departments", "format": "formats", "licence": "licences"}
MOST_CHOSEN = 20


@dataclass(frozen=True)
class Address:
    """The state of the page as its address: pairs in a fixed order, so that one state has one address."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, asked: QueryDict) -> "Address":
        """The known parameters of a request, without empty ones and without the place in the list."""
        named = [(name, value) for name in ("q", *FACETS, "sort") for value in asked.getlist(name)[:MOST_CHOSEN]]
        return cls(tuple((name, value.replace("\x00", "")) for name, value in named if value.strip()))

    def values(self, name: str) -> tuple[str, ...]:
        """What is chosen under a name."""
        return tuple(value for other, value in self.pairs if other == name)

    def toggled(self, name: str, value: str) -> str:
        """The address with one choice more, or less where it was chosen."""
        pair = (name, value)
        pairs = [p for p in self.pairs if p != pair] if pair in self.pairs else [*self.pairs, pair]
        return self.link(pairs)

    def with_one(self, name: str, value: str) -> str:
        """The address with just this value under the name; without any where the value is empty."""
        return self.link([p for p in self.pairs if p[0] != name] + ([(name, value)] if value else []))

    def link(self, pairs) -> str:
        """The page at these pairs."""
        return f"{reverse('datasets')}?{urlencode(list(pairs))}" if pairs else reverse("datasets")


@require_safe
@revalidated
def datasets(request: HttpRequest) -> HttpResponse:
    """What matches, as this reader may know of it."""
    address = Address.of(request.GET)
    after = request.GET.get("after", "")
    query = SearchQuery(
        q=(address.values("q") or ("",))[0][:200],
        sort=(address.values("sort") or ("",))[0],
        after=after,
        by=request.actor,
        **{plural: address.values(name) for name, plural in FACETS.items()},
    )
    try:
        found = search(query)
    except ValidationError:  # the place belongs to another search: begin at its beginning
        return redirect(address.link(address.pairs))

    facets = _facets(found, address)
    return render(
        request,
        "portal/search.html",
        {
            "section": "data",
            "q": query.q,
            "found": found,
            "cards": _cards(found, query.q),
            "facets": facets,
            "chips": [
                {"label": option["label"], "url": option["url"]}
                for facet in facets
                for option in facet["options"]
                if option["chosen"]
            ],
            "kept": [pair for pair in address.pairs if pair[0] != "q"],
            "clear": address.link([pair for pair in address.pairs if pair[0] == "q"]),
            "sorts": _sorts(query, address),
            "older": address.link([*address.pairs, ("after", found.next)]) if found.next else "",
            "newer": address.link(address.pairs) if after else "",
        },
    )


def _cards(found: SearchResults, q: str) -> list[dict]:
    known = {dataset.pk: dataset for dataset in for_cards(Dataset.objects.filter(pk__in=found.ids))}
    shown = [known[pk] for pk in found.ids if pk in known]
    return [{"dataset": dataset, "snippet": snippet(dataset.description, q)} for dataset in shown]


def _sorts(query: SearchQuery, address: Address) -> list[dict]:
    named = [("newest", _("Newest"))]
    if query.q.strip():
        named.insert(0, ("relevance", _("Best match")))
    return [
        {"label": label, "url": address.with_one("sort", code), "current": query.order == code} for code, label in named
    ]


def _facets(found: SearchResults, address: Address) -> list[dict]:
    departments = found.facets.get("departments", [])
    codes = {value.code for value in departments} | set(address.values("department"))
    names = {d.code: d.name for d in Department.objects.filter(code__in=codes)}
    labels = {
        "theme": (_("Theme"), dict(Theme.choices)),
        "department": (_("Department"), names),
        "format": (_("Format"), dict(Format.choices)),
        "licence": (_("Licence"), dict(Licence.choices)),
    }
    return [
        {
            "label": label,
            "open": name in {"theme", "format"} or bool(address.values(name)),
            "options": [_option(name, value, named, address) for value in _with_chosen(found, name, address)],
        }
        for name, (label, named) in labels.items()
    ]


def _with_chosen(found: SearchResults, name: str, address: Address) -> list[FacetValue]:
    """The values that were counted, and those chosen that nothing meets: these must be there to be taken back."""
    counted = found.facets.get(FACETS[name], [])
    known = {value.code for value in counted}
    return counted + [FacetValue(code, 0, True) for code in address.values(name) if code not in known]


def _option(name: str, value: FacetValue, named: dict, address: Address) -> dict:
    return {
        "id": f"{name}-{value.code}",
        "label": str(named.get(value.code, value.code)),
        "count": value.count,
        "url": address.toggled(name, value.code) if value.count or value.chosen else "",
        "chosen": value.chosen,
    }
