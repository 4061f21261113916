"""Search results: words, facets that add up, cards, and the next page. The search itself is `catalog.search`."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.actor import Actor
from catalog.models import Dataset
from catalog.permissions import is_officer
from catalog.search import SearchQuery, SearchResults, search
from catalog.search.demand import count_search
from catalog.search.parameters import period, read_query
from portal.pages.addresses import Address
from portal.pages.caching import revalidated
from portal.pages.facets import chips_of, facets_of
from portal.pages.highlight import snippet
from portal.pages.nearby import narrowed, nearest_terms, without_choices
from portal.pages.open_data import for_cards

TYPING = "X-Typing"  # sent by the search box while somebody types


@require_safe
@revalidated
def datasets(request: HttpRequest) -> HttpResponse:
    """What matches, as this reader may know of it."""
    address, wrong = _asked(request)
    query = query_of(address, by=request.actor, after=request.GET.get("after", ""))
    try:
        found = search(query)
    except ValidationError:  # the place belongs to another search: begin at its beginning
        return redirect(address.link(address.pairs))

    _count(request, query, found)
    facets = facets_of(found, address)
    shown = {
        "section": "data",
        "q": query.q,
        "found": found,
        "cards": cards_of(found, query.q),
        "facets": facets,
        "chips": chips_of(facets, address),
        "kept": address.without("q"),
        "period": {name: request.GET.get(name, "")[:10] for name in ("from", "to")},
        "period_kept": address.without("from", "to"),
        "wrong": wrong,
        "clear": address.link([pair for pair in address.pairs if pair[0] == "q"]),
        "sorts": _sorts(query, address),
        "older": address.link([*address.pairs, ("after", found.next)]) if found.next else "",
        "newer": address.link(address.pairs) if query.after else "",
        "corrected": address.with_one("q", found.corrected),
        "wish": f"{reverse('dataset-wanted')}?{urlencode({'q': query.q})}",
        "feed": address.at("datasets-feed", address.without("sort")),
    }
    if not found.total:
        shown |= {"terms": nearest_terms(query), "unnarrowed": without_choices(query)}
    return render(request, "portal/search.html", shown)


def _count(request: HttpRequest, query: SearchQuery, found: SearchResults) -> None:
    """Counts whole searches by words alone: not what is half typed, and not an officer's finds, which may be hidden."""
    if request.method != "GET" or TYPING in request.headers or query.after or narrowed(query):
        return
    whole = bool(found.total) and not found.loosened
    if not whole or not is_officer(request.actor):
        count_search(query.q, found=whole)


def _asked(request: HttpRequest) -> tuple[Address, dict[str, str]]:
    """What the address states; a period that is none is left out, with the sentence that says why."""
    address = Address.of(request.GET)
    try:
        period(*(next(iter(address.values(name)), "") for name in ("from", "to")))
    except ValidationError as reason:
        return Address(tuple(address.without("from", "to"))), {n: w[0] for n, w in reason.message_dict.items()}
    return address, {}


def query_of(address: Address, *, by: Actor, after: str = "") -> SearchQuery:
    """The search at an address."""
    return read_query(address.values, by=by, after=after)


def cards_of(found: SearchResults, q: str) -> list[dict]:
    """The datasets found, in order, as cards show them."""
    known = {dataset.pk: dataset for dataset in for_cards(Dataset.objects.filter(pk__in=found.ids))}
    shown = [known[pk] for pk in found.ids if pk in known]
    cards = []
    for dataset in shown:
        reasons = found.why.get(dataset.pk, [])
        marked = snippet(dataset.description, q, [reason.word for reason in reasons])
        cards.append({"dataset": dataset, "snippet": marked, "why": [reason.sentence for reason in reasons]})
    return cards


def _sorts(query: SearchQuery, address: Address) -> list[dict]:
    named = [("newest", _("Newest")), ("title", _("Title")), ("used", _("Most used"))]
    if query.q.strip():
        named.insert(0, ("relevance", _("Best match")))
    return [
        {"label": label, "url": address.with_one("sort", code), "current": query.order == code} for code, label in named
    ]
