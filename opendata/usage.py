"""How often open data is used: counted by dataset and day, never by whom."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Dataset
from opendata.models import Usage

ADD = """
SET LOCAL synchronous_commit TO OFF;
INSERT INTO opendata_usage (dataset_id, day, what, times, rows, bytes) VALUES (%s, %s, %s, 1, %s, %s)
ON CONFLICT (dataset_id, day, what) DO UPDATE SET
    times = opendata_usage.times + 1,
    rows = opendata_usage.rows + EXCLUDED.rows,
    bytes = opendata_usage.bytes + EXCLUDED.bytes
"""


def count(dataset_id, what: str, rows: int = 0, bytes: int = 0) -> None:
    """One more view, download or call today: many at once lose none, a crash of the database may lose the last."""
    values = [dataset_id, timezone.localdate(), Usage.What(what), rows, bytes]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(ADD, values)


def times_by_dataset(days: int) -> dict[UUID, int]:
    """How often each dataset was viewed, downloaded and called in the last days; what was not has no number."""
    recent = Usage.objects.filter(day__gt=timezone.localdate() - timedelta(days=days))
    return dict(recent.order_by().values_list("dataset").annotate(n=Sum("times")))


def totals(dataset: Dataset, days: int | None = None) -> dict[str, dict[str, int]]:
    """For each kind of use how often, how many rows and bytes: in all, or in the last days."""
    used = Usage.objects.filter(dataset=dataset)
    if days is not None:
        used = used.filter(day__gt=timezone.localdate() - timedelta(days=days))
    sums = used.order_by().values("what").annotate(n=Sum("times"), r=Sum("rows"), b=Sum("bytes"))
    found = {item["what"]: {"times": item["n"], "rows": item["r"], "bytes": item["b"]} for item in sums}
    return {what: found.get(what, {"times": 0, "rows": 0, "bytes": 0}) for what in Usage.What.values}
