"""Where a program starts, and where it ends that asks for what is not there."""

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema

from catalog.api.base import ApiView

PLACES = {
    "datasets": "api-datasets",
    "departments": "api-departments",
    "themes": "api-themes",
    "keys": "api-keys",
    "openapi": "schema",
    "docs": "api-docs",
}


class Root(ApiView):
    @extend_schema(exclude=True)
    def get(self, request):
        return self.whole({name: request.build_absolute_uri(reverse(place)) for name, place in PLACES.items()})


class Nowhere(ApiView):
    """Every other address: the same answer as for a thing that the caller may not know of."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        raise Http404
