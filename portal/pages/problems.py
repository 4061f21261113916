"""A page for each kind of problem that the API answers with: its address is the `type` of the answer."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.api.problem_types import PROBLEM_TYPES
from portal.pages.caching import revalidated


@require_safe
@revalidated
def problems(request: HttpRequest) -> HttpResponse:
    """All kinds of problems, by status."""
    kinds = sorted(PROBLEM_TYPES.values(), key=lambda kind: (kind.status, kind.code))
    return render(request, "portal/problems.html", {"section": "developers", "problems": kinds})


@require_safe
@revalidated
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """One kind of problem: what it means and what to do."""
    if code not in PROBLEM_TYPES:
        raise Http404
    return render(request, "portal/problem.html", {"section": "developers", "problem": PROBLEM_TYPES[code]})
