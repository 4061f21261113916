"""How long a dataset keeps its versions: its steward sets it, the clock carries it out; what is relied on stays."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog import uploads
from catalog.actions.changes import keep_change, set_fields
from catalog.actions.datasets import locked
from catalog.actions.manifests import files_of, remove_files, rows_of
from catalog.manifests import manifest_path
from catalog.models import Dataset, Document, Extent, Table, Version
from catalog.permissions import check_may_keep
from catalog.policies import check_not_retired
from catalog.relied_on import is_held, is_relied_on
from catalog.states import VERSION

MOST_VERSIONS, MOST_DAYS = 10_000, 36_500
AT_ONCE = 100


@transaction.atomic
def set_retention(dataset: Dataset, *, versions: int | None, days: int | None, by: Actor) -> Dataset:
    """The newest so many versions stay, and those confirmed in the last so many days; without either, all for ever."""
    check_may_keep(by, dataset)

    dataset = locked(dataset)
    check_not_retired(dataset)
    check_range("versions", versions, MOST_VERSIONS)
    check_range("days", days, MOST_DAYS)
    before, after = set_fields(dataset, {"keep_versions": versions, "keep_days": days}, ("keep_versions", "keep_days"))
    if not after:
        return dataset

    dataset.save(update_fields=list(after))
    digest = keep_change(dataset, "dataset", before, after, by=by)

    record(
        "dataset.retention_set",
        by=by,
        on=dataset,
        department=dataset.department,
        dataset=dataset,
        facts={"versions": versions, "days": days, "change_sha256": digest},
    )
    return dataset


def drop_old_versions(*, by: Actor) -> int:
    """Drops what the datasets' settings let go, the oldest first, a bounded number at a time; how many went."""
    limited = Dataset.objects.filter(Q(keep_versions__isnull=False) | Q(keep_days__isnull=False)).order_by("pk")
    dropped = 0
    for dataset in limited.iterator(chunk_size=AT_ONCE):
        if dropped >= AT_ONCE or is_held(dataset):
            continue
        for version in past_keeping(dataset).order_by("number")[: AT_ONCE - dropped]:
            if not is_relied_on(version):
                dropped += drop_version(version, by=by)
    return dropped


def past_keeping(dataset: Dataset) -> QuerySet[Version]:
    """The kept versions that the dataset's setting does not keep; the current one is never among them."""
    kept = dataset.versions.filter(state=Version.State.KEPT)
    past = kept.exclude(pk=dataset.current_id)
    if dataset.keep_versions is None and dataset.keep_days is None:
        return past.none()
    if dataset.keep_versions is not None:
        newest = kept.order_by("-number").values("pk")[: dataset.keep_versions]
        past = past.exclude(pk__in=list(newest.values_list("pk", flat=True)))
    if dataset.keep_days is not None:
        past = past.filter(confirmed_at__lt=timezone.now() - timedelta(days=dataset.keep_days))
    return past


@transaction.atomic
def drop_version(version: Version, *, by: Actor) -> bool:
    """The rows and files of a version go, unless shared; that it was there stays. False where it may not go any more.

    For the clock, which acts by the dataset's setting: whoever set that was asked then.
    """
    dataset = locked(version.dataset)
    version = past_keeping(dataset).filter(pk=version.pk).first()
    if version is None or is_held(dataset) or is_relied_on(version):
        return False
    rows, files = rows_of(version), files_of(version)
    copies = list(version.tables.values_list("sha256", flat=True))
    version.state, version.dropped_at = VERSION.after(version.state, "drop"), timezone.now()
    version.save(update_fields=["state", "dropped_at"])
    for kind in (Table, Document, Extent):
        kind.objects.filter(version=version).delete()

    record(
        "version.dropped",
        by=by,
        on=version,
        department=dataset.department,
        dataset=dataset,
        facts={"version": version.number, "sha256": version.identity, "rows": rows},
    )
    transaction.on_commit(lambda: _remove(version, files, copies), robust=True)
    return True


def check_range(name: str, value: int | None, most: int) -> None:
    """A number that makes sense, or none."""
    if value is not None and not 1 <= value <= most:
        raise ValidationError({name: _("Choose a number from 1 to %(most)s, or leave it empty.") % {"most": most}})


def _remove(version: Version, files: list[str], copies: list[str]) -> None:
    remove_files(files, copies, "")
    uploads.remove(manifest_path(version))
