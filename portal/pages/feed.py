"""A saved search: an address that a feed reader asks again, newest datasets first (Atom, RFC 4287)."""

from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.models import Dataset
from catalog.models.bilingual import in_language
from catalog.search import search
from catalog.search.parameters import read_query
from portal.pages.addresses import Address
from portal.pages.caching import revalidated
from portal.pages.open_data import for_cards
from portal.templatetags.causeway import plain

ENTRIES = 50
LONGEST = 500
SORTED = "newest"
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class PagedFeed(Atom1Feed):
    """A feed whose older entries stand under a next address (RFC 5005)."""

    def add_root_elements(self, handler) -> None:
        """Adds the address of the next page."""
        super().add_root_elements(handler)
        for relation, address in self.feed["links"]:
            handler.addQuickElement("link", "", {"rel": relation, "href": address})

    def latest_post_date(self) -> datetime:
        """When the newest entry changed; an empty feed has one date for ever, so that it stays the same."""
        return super().latest_post_date() if self.items else NEVER


@require_safe
@revalidated
def feed(request: HttpRequest) -> HttpResponse:
    """The datasets of this search as entries; what is withdrawn is in no entry from that moment on."""
    asked = Address.of(request.GET, page="datasets-feed")
    address = Address(tuple(asked.without("sort")), page="datasets-feed")
    try:
        query = read_query(
            lambda name: (SORTED,) if name == "sort" else address.values(name),
            by=request.actor,
            after=request.GET.get("after", ""),
            limit=ENTRIES,
        )
        found = search(replace(query, counted=False))
    except ValidationError as reason:
        return HttpResponse(" ".join(reason.messages), status=400, content_type="text/plain; charset=utf-8")

    made = _feed(request, address, query.q, found.next)
    known = {dataset.pk: dataset for dataset in for_cards(Dataset.objects.filter(pk__in=found.ids))}
    for dataset in (known[pk] for pk in found.ids if pk in known):
        _add(made, dataset, request)
    response = HttpResponse(made.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
    response["X-Robots-Tag"] = "noindex"
    return response


def _feed(request: HttpRequest, address: Address, q: str, after: str) -> PagedFeed:
    page = request.build_absolute_uri(address.at("datasets", address.pairs))
    own = request.build_absolute_uri(address.link(address.pairs))
    links = [("first", own)]
    if after:
        links.append(("next", request.build_absolute_uri(address.link([*address.pairs, ("after", after)]))))
    title = _("Datasets for “%(q)s”") % {"q": printable(q)} if q else _("New and updated datasets")
    here = own if "after" not in request.GET else request.build_absolute_uri()
    return PagedFeed(
        title=title,
        link=page,
        description="",
        author_name=in_language(settings.CITY_NAME_EN, settings.CITY_NAME_ZH),
        feed_url=here,
        feed_guid=own,
        language=get_language(),
        links=links,
    )


def _add(made: PagedFeed, dataset: Dataset, request: HttpRequest) -> None:
    moment = dataset.released_at or dataset.updated_at
    made.add_item(
        title=printable(dataset.title),
        link=request.build_absolute_uri(reverse("dataset", args=[dataset.pk])),
        description=printable(plain(dataset.description))[:LONGEST],
        unique_id=dataset.pk.urn,
        updateddate=moment,
        pubdate=dataset.created_at if dataset.created_at <= moment else moment,
        author_name=printable(dataset.department.name),
        categories=[str(dataset.get_theme_display())],
    )


def printable(text: str) -> str:
    """The text without the control characters that XML has no way to say."""
    return "".join(c if c in "\t\n" or (c.isprintable() and c not in "\ufffe\uffff") else " " for c in text)
