"""Making, describing, retiring and restoring datasets."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.actions.bases import suspend_live
from catalog.actions.changes import keep_change, set_fields
from catalog.actions.duties import make_owner_duty
from catalog.models import Basis, Dataset, Department
from catalog.permissions import check_may_create_in, check_may_keep
from catalog.policies import DESCRIBED, check_described, check_not_open, check_not_retired
from catalog.states import DATASET


@transaction.atomic
def create_dataset(department: Department, fields: dict[str, Any], *, by: Actor) -> Dataset:
    """A draft of the department, with the duty under which its own people may look at the rows."""
    check_may_create_in(by, department)

    dataset = Dataset(department=department, created_by=by.user)
    set_fields(dataset, fields, DESCRIBED)
    check_described(dataset)

    dataset.save(force_insert=True)
    make_owner_duty(dataset, by=by)

    record("dataset.created", by=by, on=dataset, department=department, dataset=dataset)
    return dataset


@transaction.atomic
def change_dataset(dataset: Dataset, fields: dict[str, Any], *, by: Actor) -> Dataset:
    """The description says what the fields say; only what differs is kept in the history."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_not_retired(dataset)
    before, after = set_fields(dataset, fields, DESCRIBED)
    check_described(dataset)
    if not after:
        return dataset

    dataset.save(update_fields=list(after))
    digest = keep_change(dataset, "dataset", before, after, by=by)

    record(
        "dataset.changed",
        by=by,
        on=dataset,
        department=dataset.department,
        dataset=dataset,
        facts={"fields": sorted(after), "change_sha256": digest},
    )
    return dataset


@transaction.atomic
def activate_dataset(dataset: Dataset, *, by: Actor) -> Dataset:
    """The draft stands in the catalogue for the officers of the city."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    state = DATASET.after(dataset.state, "activate")
    check_described(dataset)

    _move(dataset, state, by=by)

    record("dataset.activated", by=by, on=dataset, department=dataset.department, dataset=dataset)
    return dataset


@transaction.atomic
def retire_dataset(dataset: Dataset, *, reason: str, by: Actor) -> Dataset:
    """Nothing is loaded, lent or opened of it any more; its page and its history stay.

    The grants in force are suspended with it, for this reason; restoring the dataset resumes none.
    """
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    state = DATASET.after(dataset.state, "retire")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is retired: the history keeps the reason.")})
    check_not_open(dataset)

    dataset.retired_at, dataset.retired_by = timezone.now(), by.user
    _move(dataset, state, by=by, reason=reason.strip())
    why = _("The dataset was retired: %(reason)s") % {"reason": reason.strip()}
    suspend_live(Basis.objects.filter(dataset=dataset), by=by, reason=why)

    record(
        "dataset.retired",
        by=by,
        on=dataset,
        department=dataset.department,
        dataset=dataset,
        facts={"reason": reason.strip()},
    )
    return dataset


@transaction.atomic
def restore_dataset(dataset: Dataset, *, by: Actor) -> Dataset:
    """The retired dataset is active again. What was withdrawn or revoked stays so."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    state = DATASET.after(dataset.state, "restore")

    dataset.retired_at = dataset.retired_by = None
    _move(dataset, state, by=by)

    record("dataset.restored", by=by, on=dataset, department=dataset.department, dataset=dataset)
    return dataset


def locked(dataset: Dataset) -> Dataset:
    """The dataset as it is now, held until the transaction ends; what only refers to it is written meanwhile."""
    return Dataset.objects.select_for_update(of=("self",), no_key=True).select_related("department").get(pk=dataset.pk)


def _move(dataset: Dataset, state: str, *, by: Actor, reason: str = "") -> None:
    before, dataset.state = dataset.state, state
    dataset.save(update_fields=["state", "retired_at", "retired_by"])
    after = {"state": str(state)} | ({"reason": reason} if reason else {})
    keep_change(dataset, "dataset", {"state": before}, after, by=by)
