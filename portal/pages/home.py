"""The first page: search, true numbers, themes, what is new."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.codes import Theme
from portal.pages.caching import revalidated
from portal.pages.calls import calls
from portal.pages.open_data import Numbers, newest_open, numbers, theme_counts

NEWEST = 6
SUGGESTED = 5


@require_safe
@revalidated
def home(request: HttpRequest) -> HttpResponse:
    """Where everybody begins."""
    newest = list(newest_open(NEWEST))
    return render(
        request,
        "portal/home.html",
        {
            "stats": stats(numbers()),
            "themes": [theme for theme in themes(theme_counts()) if theme["count"]],
            "newest": newest,
            "suggested": suggested(newest),
            "example_call": calls(newest[0])[0] if newest else None,
        },
    )


def stats(counted: Numbers) -> list[dict]:
    """The numbers with their names, in the order of the page."""
    named = [
        (_("open datasets"), counted.datasets),
        (_("rows to read"), counted.rows),
        (_("departments that share"), counted.departments),
        (_("files to download"), counted.files),
        (_("downloads in thirty days"), counted.downloads),
    ]
    return [{"label": label, "value": f"{value:,}"} for label, value in named]


def themes(counts: dict[str, int]) -> list[dict]:
    """Every theme with its number of open datasets, the empty ones last."""
    found = [{"code": theme.value, "label": theme.label, "count": counts.get(theme.value, 0)} for theme in Theme]
    return sorted(found, key=lambda theme: (theme["count"] == 0, theme["label"]))


def suggested(datasets: list) -> list[str]:
    """Words that are sure to find something: a keyword of each of the newest datasets."""
    words = dict.fromkeys(dataset.keywords[0] for dataset in datasets if dataset.keywords)
    return list(words)[:SUGGESTED]
