"""Suggestions as a page of links, for whoever has no script; the search box shows the same ones while one types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.search.suggesting import Suggestion, suggest
from portal.pages.caching import revalidated

KINDS = ("query", "dataset", "column", "department")


@require_safe
@revalidated
def suggestions(request: HttpRequest) -> HttpResponse:
    """What may be meant by the first letters; each leads to what it names."""
    q = request.GET.get("q", "").replace("\x00", "")[:200].strip()
    found = suggest(q, by=request.actor)
    words = kind_words()
    groups = [(words[kind], [linked(one) for one in found if one.kind == kind]) for kind in KINDS]
    shown = {"section": "data", "q": q, "groups": [group for group in groups if group[1]], "total": len(found)}
    return render(request, "portal/suggestions.html", shown)


def linked(one: Suggestion) -> dict:
    """A suggestion with the address that it leads to."""
    if one.kind in {"dataset", "department"}:
        return {"text": one.text, "url": reverse(one.kind, args=[one.target])}
    return {"text": one.text, "url": f"{reverse('datasets')}?{urlencode({'q': one.target})}"}


def kind_words() -> dict[str, str]:
    """What each kind is called."""
    return {
        "query": _("Often searched"),
        "dataset": _("Datasets"),
        "column": _("Columns"),
        "department": _("Departments"),
    }
