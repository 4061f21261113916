"""The page of a version that is gone (410): when, and by what law. Programs get the same as a problem of the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from catalog.gone import VersionGone


class GonePages:
    """Shows the tombstone wherever a page comes upon a version that was there for its reader and is gone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page, for that exception alone."""
        if not isinstance(exception, VersionGone):
            return None
        version = exception.version
        shown = {"section": "data", "version": version, "purge": version.purge, "words": str(exception)}
        response = render(request, "portal/gone.html", shown, status=410)
        response["Cache-Control"] = "no-store"
        return response
