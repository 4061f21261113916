"""All open versions of a dataset, a page at a time."""

import uuid

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.models import Basis, Dataset, Version
from portal.pages.caching import revalidated
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
    cleared = Version.objects.filter(bases__in=live).annotate(opened_at=F("bases__valid_from"))
    page = page_of(cleared, request, order=("-number",))
    return render(request, "portal/versions.html", {"section": "data", "dataset": dataset, "page": page})
