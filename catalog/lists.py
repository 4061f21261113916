"""Lists on pages: one page of a list, and the address of the next one."""

from django.db.models import QuerySet
from django.http import Http404

from catalog.api.pages import Page, page_of
from catalog.api.problems import Problem
from catalog.rows.errors import QueryError


def listed(queryset: QuerySet, request, *, order: tuple[str, ...], about: str) -> Page:
    """The page of the list that the address asks for; an address that was tampered with is not there."""
    try:
        return page_of(queryset, request, order=order, about=about)
    except (Problem, QueryError) as wrong:
        raise Http404 from wrong


def next_address(request, page: Page) -> str:
    """The address of the next page; empty on the last."""
    if not page.next:
        return ""
    params = request.GET.copy()
    params["after"] = page.next
    return f"?{params.urlencode()}"
