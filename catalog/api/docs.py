"""The OpenAPI document, and two ways to read it: Swagger UI and Redoc, from files of ours."""

from functools import cache

from csp.constants import SELF
from csp.decorators import csp_update
from django.utils import translation
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from catalog.api.base import ApiView

# Both tools write <style> elements and style attributes while they run. Only these two pages may; scripts stay strict.
styles_inline = csp_update({"style-src": [SELF, "'unsafe-inline'"]})


@cache
def document(language: str) -> dict:
    """The OpenAPI document, which changes only with the code: made once for each language."""
    with translation.override(language):
        return SchemaGenerator().get_schema(request=None, public=True)


class Schema(ApiView):
    """`/api/openapi.json`."""

    @extend_schema(exclude=True)
    def get(self, request):
        return self.whole(document(translation.get_language()))


@method_decorator(styles_inline, name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """`/api/docs/`: try the API in the page, with a key of one's own or with none."""

    template_name = "api/docs.html"
    title = "Causeway API"


@method_decorator(styles_inline, name="dispatch")
class Redoc(SpectacularRedocView):
    """`/api/redoc/`: the same document to read through."""

    template_name = "api/redoc.html"
