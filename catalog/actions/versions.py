"""What a steward decides about a version that was read: it is right, it is wrong, or it is to be read otherwise."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog import uploads
from catalog.actions.datasets import locked
from catalog.actions.documents import add_documents
from catalog.actions.loads import begin
from catalog.actions.manifests import drop, make_current
from catalog.actions.schema import settle_columns
from catalog.models import Dataset, Job, Version
from catalog.permissions import check_may_keep
from catalog.policies import check_not_destroyed, check_not_retired
from catalog.reading_settings import check_reading
from catalog.schema_changes import SchemaAnswer, changes_of, check_answered
from catalog.states import VERSION

__all__ = ["add_documents", "confirm_version", "discard_version", "read_again"]


@transaction.atomic
def confirm_version(version: Version, *, by: Actor, answer: SchemaAnswer | None = None) -> Version:
    """The version never changes any more and is the dataset's current one; the next file is read as this one was.

    Where columns went or changed their type against the current version, `answer` says that this was seen.
    """
    check_may_keep(by, version.dataset)

    dataset = locked(version.dataset)
    version = waiting(version, dataset, "confirm")
    check_not_retired(dataset)
    check_not_destroyed(dataset, [version.source_sha256])
    check_not_read_now(version)
    check_is_newest(version, dataset)
    changes = changes_of(version)
    check_answered(changes, answer)

    settle_columns(version, changes, answer, by=by)
    return make_current(version, dataset, by=by)


@transaction.atomic
def discard_version(version: Version, *, by: Actor, reason: str) -> Version:
    """The version goes, with its files unless another version shares them; that it was there stays written."""
    check_may_keep(by, version.dataset)

    dataset = locked(version.dataset)
    version = waiting(version, dataset, "discard")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is discarded.")})

    return drop(version, dataset, by=by, reason=reason.strip())


@transaction.atomic
def read_again(version: Version, *, reading: dict, by: Actor) -> Job:
    """Asks a worker to read the same file otherwise; the new version takes the place of this one, which waits."""
    check_may_keep(by, version.dataset)

    dataset = locked(version.dataset)
    version = waiting(version, dataset, "discard")
    check_not_retired(dataset)
    check_not_read_now(version)
    check_reading(reading)
    if not version.source_path:
        raise ValidationError(_("The file of this version is no longer kept. Upload it again."))

    job = Job(
        dataset=dataset,
        source_name=version.source_name,
        source_path=version.source_path,
        source_sha256=version.source_sha256,
        source_bytes=version.source_bytes,
        reading=reading,
        mode=version.mode,
    )
    return begin(job, by=by)


def waiting(version: Version, dataset: Dataset, verb: str) -> Version:
    """The version as it is now; refuses where it no longer waits for the steward."""
    version = dataset.versions.get(pk=version.pk)
    VERSION.after(version.state, verb)
    return version


def check_not_read_now(version: Version) -> None:
    """One reading of a file at a time."""
    if version.source_path and Job.objects.filter(source_path=version.source_path, state__in=uploads.OPEN).exists():
        raise ValidationError(_("This file is being read again with other settings. Wait until that has ended."))


def check_is_newest(version: Version, dataset: Dataset) -> None:
    """What is current never goes back."""
    if dataset.current and dataset.current.number > version.number:
        raise ValidationError(
            _("Version %(number)s arrived later and is current already. Discard this one, or upload its file again."),
            params={"number": dataset.current.number},
        )
