"""The OpenAPI document, and two ways to read it: Swagger UI and Redoc, from files of ours."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

# Both tools write <style> elements and style attributes while they run. Only these two pages may; scripts stay strict.
styles_inline = csp_update({"style-src": [SELF, "'unsafe-inline'"]})


class Schema(SpectacularJSONAPIView):
    """`/api/openapi.json`."""


@method_decorator(styles_inline, name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """`/api/docs/`: try the API in the page, with a key of one's own or with none."""

    template_name = "api/docs.html"
    title = "Causeway API"


@method_decorator(styles_inline, name="dispatch")
class Redoc(SpectacularRedocView):
    """`/api/redoc/`: the same document to read through."""

    template_name = "api/redoc.html"
