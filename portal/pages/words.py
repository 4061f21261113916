"""Pages that explain: what this is, how to use it, how to build on it, what an error means."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.pages.caching import revalidated
from portal.pages.calls import Call, calls
from portal.pages.open_data import newest_open


@require_safe
@revalidated
def about(request: HttpRequest) -> HttpResponse:
    """What this is, how it is kept honest, and how to check that."""
    return render(request, "portal/about.html", {"section": "about"})


@require_safe
@revalidated
def help_page(request: HttpRequest) -> HttpResponse:
    """How to find, read and download data, and who may do what."""
    return render(request, "portal/help.html", {"section": "help"})


@require_safe
@revalidated
def developers(request: HttpRequest) -> HttpResponse:
    """The first call in one minute, on a dataset that is open now, and the rules that scripts may rely on."""
    example = newest_open(1).first()
    shown: list[Call] = calls(example) if example else []
    return render(request, "portal/developers.html", {"section": "developers", "example": example, "calls": shown})
