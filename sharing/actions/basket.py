"""The basket: what a person collects in the catalogue before asking. It gives no right, and is not in the log."""

from collections import defaultdict

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.models import Dataset, Department
from sharing.actions.drafting import start_requests
from sharing.models import BasketItem, Request
from sharing.permissions import askable_datasets

MOST = 500


@transaction.atomic
def put_in_basket(dataset: Dataset, columns: list[tuple[str, str]], *, by: Actor) -> None:
    """These columns, each with its table, lie in the person's basket; what lay there stays."""
    if not askable_datasets(by).filter(pk=dataset.pk).exists():
        raise PermissionDenied(_("Only who finds a dataset in the internal catalogue can ask for it."))

    if not columns:
        raise ValidationError(_("Tick at least one column."))
    tables = {table.name: table.types for table in dataset.current.tables.all()} if dataset.current else {}
    for table, name in columns:
        if name not in tables.get(table, {}):
            raise ValidationError(_("Its newest version has no column “%(name)s”."), params={"name": name})
    if len(columns) + by.user.basket.count() > MOST:
        raise ValidationError(
            _("A basket holds %(most)s columns at most. Ask for these first, then go on."), params={"most": MOST}
        )

    items = [BasketItem(user=by.user, dataset=dataset, table=table, column=name) for table, name in columns]
    BasketItem.objects.bulk_create(items, ignore_conflicts=True)


@transaction.atomic
def take_from_basket(numbers: list[int], *, by: Actor) -> None:
    """These items lie in the person's basket no longer."""
    BasketItem.objects.filter(user=by.user, pk__in=numbers).delete()


@transaction.atomic
def ask_for_basket(*, department: Department, by: Actor) -> list[Request]:
    """A draft for each table in the basket, all of one bundle; the basket is empty."""
    wanted: dict[tuple[Dataset, str], list[str]] = defaultdict(list)
    items = BasketItem.objects.filter(user=by.user, dataset__in=askable_datasets(by))
    for item in items.select_related("dataset__current", "dataset__department"):
        wanted[item.dataset, item.table].append(item.column)
    if not wanted:
        raise ValidationError(_("The basket is empty. Choose columns in the catalogue first."))

    begun = start_requests([(*key, names) for key, names in wanted.items()], department=department, by=by)
    items.delete()
    return begun
