"""The pages of departments and of themes: who keeps what, and where to read on."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.codes import Theme
from portal.pages.caching import revalidated
from portal.pages.home import themes as all_themes
from portal.pages.open_data import departments_with_counts, for_cards, open_datasets, theme_counts
from portal.paging import page_of

PAGE = 60
SHOWN = 12


@require_safe
@revalidated
def departments(request: HttpRequest) -> HttpResponse:
    """The city and its departments, by code, a page at a time."""
    page = page_of(departments_with_counts(), request, order=("code",), size=PAGE)
    return render(request, "portal/departments.html", {"section": "departments", "page": page})


@require_safe
@revalidated
def department(request: HttpRequest, code: str) -> HttpResponse:
    """One department: its duties, whom to ask, its newest open datasets."""
    found = get_object_or_404(departments_with_counts(), code=code)
    return render(
        request,
        "portal/department.html",
        {
            "section": "departments",
            "department": found,
            "children": list(departments_with_counts().filter(parent=found)[:PAGE]),
            "datasets": _newest(department=found),
            "all": f"{reverse('datasets')}?{urlencode({'department': found.code})}",
        },
    )


@require_safe
@revalidated
def themes(request: HttpRequest) -> HttpResponse:
    """All themes with the number of open datasets in each."""
    return render(request, "portal/themes.html", {"section": "data", "themes": all_themes(theme_counts())})


@require_safe
@revalidated
def theme(request: HttpRequest, code: str) -> HttpResponse:
    """One theme: its newest open datasets."""
    if code not in Theme.values:
        raise Http404
    return render(
        request,
        "portal/theme.html",
        {
            "section": "data",
            "theme": Theme(code),
            "count": open_datasets().filter(theme=code).count(),
            "datasets": _newest(theme=code),
            "all": f"{reverse('datasets')}?{urlencode({'theme': code})}",
        },
    )


def _newest(**which) -> list:
    return list(for_cards(open_datasets().filter(**which)).order_by("-released_at", "-id")[:SHOWN])
