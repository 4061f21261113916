"""Every component of the design system on one page, for the tests to look at."""

from datetime import UTC, datetime
from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import path

from portal import urls
from portal.charts import BarChart
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401  (this module is a map of the site)

PAGE = Path(__file__).with_name("gallery.html")
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CURL = 'curl "https://data.example/api/v1/datasets/3f2b/rows?limit=100&district=North"'


class ExampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="Title", help_text="As a citizen would say it.", max_length=60)
    email = forms.EmailField(label="E-mail address", required=False)
    theme = forms.ChoiceField(label="Theme", choices=[("", "Choose one"), ("health", "Health"), ("housing", "Housing")])
    sharing = forms.ChoiceField(
        label="How may departments share it?",
        help_text="The law decides what may be withheld.",
        choices=[("a", "Unconditional: any department may have it"), ("b", "Conditional: for a stated purpose")],
        widget=forms.RadioSelect,
    )
    columns = forms.MultipleChoiceField(
        label="Columns to lend",
        choices=[(name, name) for name in ("person_code", "name", "birth_date", "district", "household")],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices-columns"}),
    )
    until = forms.DateField(label="Until when?")
    file = forms.FileField(label="File", help_text="CSV, TSV, XLSX or GeoJSON; gzip and zip are fine.")
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"data-left": "%d characters left"}), max_length=400
    )
    sure = forms.BooleanField(label="I have read the terms", help_text="They are on the page about this portal.")


def things() -> dict:
    """What the gallery shows in each component."""
    at = datetime(2026, 5, 3, 14, 30, tzinfo=UTC)
    return {
        "stats": [
            {"label": "open datasets", "value": "1,204", "url": "#"},
            {"label": "rows", "value": "48.2 million"},
            {"label": "departments", "value": "31"},
            {"label": "downloads this month", "value": "9,377"},
        ],
        "tabs": [{"label": "Data", "url": "#", "current": True}, {"label": "Versions", "url": "#", "count": 12}],
        "rows": [
            {"label": "Title", "value": "Bus stops", "change": "#"},
            {"label": "Licence", "value": "CC BY 4.0"},
            {"label": "Legal basis", "value": ""},
        ],
        "steps": [
            {"label": "File", "state": "done", "url": "#"},
            {"label": "Types", "state": "current"},
            {"label": "Check", "state": "todo"},
        ],
        "tasks": [
            {"label": "Describe the dataset", "url": "#", "state": "done"},
            {"label": "Explain each column", "url": "#", "state": "todo", "hint": "3 of 9 are explained"},
            {"label": "Submit for release", "state": "blocked", "hint": "First explain each column"},
        ],
        "items": [
            {
                "at": at,
                "who": "Wei Lin, Transport",
                "what": "Changed the description",
                "changes": [{"label": "Title in English", "before": "Stops", "after": "Bus stops and shelters"}],
            },
            {"at": at, "who": "Ana Reyes, Transport", "what": "Made version 3 current", "text": "12,004 rows."},
        ],
        "files": [
            {
                "mark": "CSV",
                "name": "bus-stops.csv",
                "format": "CSV",
                "rows": 12004,
                "bytes": 1834211,
                "sha256": SHA,
                "url": "#",
                "built_at": at,
            },
            {
                "mark": "PQ",
                "name": "bus-stops.parquet",
                "format": "Parquet",
                "rows": 12004,
                "bytes": 402113,
                "sha256": SHA,
                "url": "#",
                "built_at": at,
            },
        ],
        "facets": [
            {
                "label": "Theme",
                "open": True,
                "options": [
                    {"label": "Transport", "count": 214, "url": "#", "chosen": True},
                    {"label": "Environment", "count": 98, "url": "#"},
                    {"label": "Justice", "count": 0},
                ],
            },
            {"label": "Format", "open": True, "options": [{"label": "CSV", "count": 1200, "url": "#"}]},
        ],
        "chips": [{"label": "Transport", "url": "#"}, {"label": "Parquet", "url": "#"}],
        "chart": BarChart(
            "Rows added a month",
            "Month",
            "rows",
            [("2026-01", 120), ("2026-02", 340), ("2026-03", 90), ("2026-04", 510), ("2026-05", 1)],
        ),
        "code": CURL,
        "wide": [[f"value {row}.{column}" for column in range(14)] for row in range(6)],
    }


def gallery(request):
    """The gallery; with `?wrong=1` its form was sent empty."""
    messages.success(request, "Version 3 is now current.")
    messages.error(request, "The file could not be read: row 17 has 9 cells, the header has 8.")
    form = ExampleForm({} if "wrong" in request.GET else None)
    shown = RequestContext(request, things() | {"form": form, "section": "data"})
    return HttpResponse(Template(PAGE.read_text()).render(shown))


urlpatterns = [*urls.urlpatterns, path("gallery/", gallery)]
