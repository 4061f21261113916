"""All open versions of a dataset, a page at a time."""

import uuid

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.gone import gone_words
from catalog.models import Basis, Dataset, Version
from catalog.version_lines import Line, lines
from catalog.versions import tombstones
from portal.pages.caching import revalidated
from portal.pages.change_words import change_words
from portal.pages.open_data import open_datasets
from portal.paging import page_of


@require_safe
@revalidated
def versions(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The versions of an open dataset that were cleared and not withdrawn, newest first."""
    dataset: Dataset | None = open_datasets().filter(pk=pk).first()
    if dataset is None:
        raise Http404
    live = Basis.objects.releases().live().filter(dataset=dataset)
    opened = Basis.objects.filter(Q(pk__in=live) | Q(pk__in=tombstones(dataset)))
    since = opened.filter(version=OuterRef("pk")).order_by("-valid_from").values("valid_from")[:1]
    cleared = Version.objects.filter(pk__in=opened.order_by().values("version")).annotate(opened_at=Subquery(since))
    cleared = cleared.select_related("purge")
    page = page_of(cleared, request, order=("-number",))
    told = {line.version.pk: line for line in _lines(dataset, page.items, cleared if page.older else None)}
    shown = [
        {
            "version": version,
            "line": told.get(version.pk),
            "gone": gone_words(version) if version.purge_id else "",
            "words": change_words(told[version.pk]) if version.pk in told else [],
        }
        for version in page.items
    ]
    return render(
        request, "portal/versions.html", {"section": "data", "dataset": dataset, "page": page, "shown": shown}
    )


def _lines(dataset: Dataset, items: list[Version], more: QuerySet[Version] | None) -> list[Line]:
    """The versions of this page under their releases; the last is compared with the first of the next page."""
    older = more.filter(number__lt=items[-1].number).order_by("-number")[:1] if more is not None else []
    versions = [*items, *older]
    releases = Basis.objects.releases().live().filter(dataset=dataset, version__in=[one.pk for one in versions])
    by_version = {release.version_id: release for release in releases}
    opened = [(version, by_version[version.pk]) for version in versions if version.pk in by_version]
    return lines(opened, shown=len(items))
