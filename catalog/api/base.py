"""What every view of the API starts from."""

from django.http import HttpResponse
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.actor import Actor
from catalog.api.conditional import CLOSED, etag_of, not_modified, stamp
from catalog.api.parsers import FormParser, JsonParser
from catalog.api.problems import Problem
from catalog.permissions import can, check_has_scope, check_signed_in


class ApiView(APIView):
    """A view whose methods may each need a signed-in caller and a scope; the object itself is fetched by rights."""

    parser_classes = [JsonParser]
    scopes: dict[str, str] = {}
    signed_in = False

    @property
    def by(self) -> Actor:
        """Who calls."""
        return self.request.actor

    @property
    def is_public(self) -> bool:
        """True where the answer is what everybody gets."""
        return self.by.user is None

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        scope = self.scopes.get(request.method)
        if self.signed_in or scope:
            check_signed_in(self.by)
        if scope and not can(check_has_scope, self.by, scope):
            raise Problem("scope-missing", needs=scope)

    def options(self, request, *args, **kwargs):
        """The methods that the address takes."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if "Cache-Control" not in response:
            response["Cache-Control"] = CLOSED
        return response

    def whole(self, data) -> HttpResponse:
        """The data with an ETag over all of it, or 304 for whoever has it already."""
        etag = etag_of(data)
        unchanged = not_modified(self.request, etag, public=self.is_public)
        return unchanged or stamp(Response(data), etag, public=self.is_public)


class FormView(ApiView):
    """A view that takes a file with its form."""

    parser_classes = [FormParser]
