"""What public pages ask about open data. Each function is one query, whatever the size of the catalogue."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from catalog.models import Basis, Dataset, Department, Distribution, Extent
from opendata.models import Usage


def latest_releases() -> QuerySet[Basis]:
    """Of each open dataset the release of the newest version that was cleared."""
    return Basis.objects.releases().live().order_by("dataset_id", "-version__number").distinct("dataset_id")


def open_datasets() -> QuerySet[Dataset]:
    """The datasets that everybody may read."""
    return Dataset.objects.filter(Exists(Basis.objects.releases().live().filter(dataset=OuterRef("pk"))))


def for_cards(datasets: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """Adds what a card shows of the open part: when released, how fresh, how many rows, in which formats."""
    release = Basis.objects.releases().live().filter(dataset=OuterRef("pk")).order_by("-version__number")
    newest = release.values("pk")[:1]
    rows = Extent.objects.filter(basis=OuterRef("release_id")).order_by().values("basis").annotate(sum=Sum("rows"))
    formats = Distribution.objects.filter(basis=OuterRef("release_id")).order_by("format").distinct("format")
    return datasets.select_related("department").annotate(
        release_id=Subquery(newest),
        released_at=Subquery(release.values("valid_from")[:1]),
        data_at=Subquery(release.values("version__confirmed_at")[:1]),
        open_rows=Subquery(rows.values("sum")),
        open_formats=ArraySubquery(formats.values("format")),
    )


@dataclass(frozen=True)
class Numbers:
    """What is open in this city at this moment."""

    datasets: int
    departments: int
    rows: int
    files: int
    downloads: int


def numbers() -> Numbers:
    """The city's open data counted, and how often it was downloaded in thirty days."""
    month_ago = timezone.now().date() - timedelta(days=30)
    latest = latest_releases().values("pk")
    return Numbers(
        **open_datasets().aggregate(datasets=Count("pk"), departments=Count("department", distinct=True)),
        rows=Extent.objects.filter(basis__in=latest).aggregate(sum=Sum("rows"))["sum"] or 0,
        files=Distribution.objects.filter(basis__in=latest).count(),
        downloads=Usage.objects.filter(what=Usage.What.DOWNLOAD, day__gte=month_ago).aggregate(sum=Sum("times"))["sum"]
        or 0,
    )


def theme_counts() -> dict[str, int]:
    """How many open datasets each theme has; themes without one are absent."""
    return dict(open_datasets().order_by().values_list("theme").annotate(Count("pk")))


def departments_with_counts() -> QuerySet[Department]:
    """The city and its departments by code, each with the number of its open datasets."""
    count = open_datasets().filter(department=OuterRef("pk")).order_by().values("department").annotate(n=Count("pk"))
    return (
        Department.objects.exclude(kind=Department.Kind.ENTERPRISE)
        .select_related("parent")
        .annotate(open_count=Subquery(count.values("n")))
        .order_by("code")
    )


def newest_open(limit: int) -> QuerySet[Dataset]:
    """The datasets whose newest version was opened last."""
    return for_cards(open_datasets()).order_by("-released_at", "-id")[:limit]
