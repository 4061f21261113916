"""The dictionary: what each column of a dataset means, and how careful one must be with it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.changes import keep_change, set_fields
from catalog.actions.datasets import locked
from catalog.models import Column, Dataset
from catalog.permissions import check_may_keep
from catalog.policies import check_not_retired, faults

FIELDS = (
    "title_en",
    "title_zh",
    "meaning_en",
    "meaning_zh",
    "unit",
    "code_list",
    "sensitivity",
    "identity_role",
    "row_key",
)


def change_column(column: Column, fields: dict[str, Any], *, by: Actor) -> Column:
    """One entry of the dictionary says what the fields say."""
    return change_columns(column.dataset, {column.pk: fields}, by=by)[0]


@transaction.atomic
def change_columns(dataset: Dataset, changes: dict[int, dict[str, Any]], *, by: Actor) -> list[Column]:
    """Many entries at once, by the columns' identifiers: all of them or none. Each keeps its own change."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_not_retired(dataset)
    columns = list(Column.objects.select_for_update().filter(dataset=dataset, pk__in=changes))
    if len(columns) != len(changes):
        raise ValidationError(_("Some of these columns are not in this dataset's dictionary. Load the page again."))

    for column in columns:
        _change(dataset, column, changes[column.pk], by=by)
    return columns


def _change(dataset: Dataset, column: Column, fields: dict[str, Any], *, by: Actor) -> None:
    before, after = set_fields(column, fields, FIELDS)
    wrong = faults(column, FIELDS)
    if wrong:
        raise ValidationError(wrong)
    if not after:
        return

    column.save(update_fields=list(after))
    digest = keep_change(dataset, f"column {column.table}.{column.name}", before, after, by=by)

    record(
        "column.changed",
        by=by,
        on=column,
        department=dataset.department,
        dataset=dataset,
        facts={"table": column.table, "column": column.name, "fields": sorted(after), "change_sha256": digest},
    )
