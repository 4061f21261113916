"""Counts calls of the API that read open rows: how often and how many, never by whom."""

from django.http import HttpRequest, HttpResponse

from opendata.models import Usage
from opendata.usage import count

ROWS = frozenset({"api-rows", "api-table-rows", "api-version-rows", "api-version-table-rows"})


class CountCalls:
    """One more call for each answer with open rows; what was read under a right stands in the log instead."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if match and match.url_name in ROWS and request.method == "GET" and is_open(response):
            rows = 0 if response.streaming else len(response.data["results"])
            count(
                match.kwargs["pk"], Usage.What.CALL, rows=rows, bytes=0 if response.streaming else len(response.content)
            )
        return response


def is_open(response: HttpResponse) -> bool:
    """True where the rows left under a release, as everybody gets them."""
    return response.status_code == 200 and response.get("Cache-Control", "").startswith("public")
