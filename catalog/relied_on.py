"""Which versions somebody relies on: what was lent or released can be shown again, so it is never dropped."""

from django.db.models import Q
from django.utils import timezone

from audit.erasure import open_holds
from audit.models import Hold
from catalog.models import Basis, Dataset, Version

IN_FORCE = (Basis.State.ACTIVE, Basis.State.SUSPENDED)


def is_relied_on(version: Version) -> bool:
    """True where a release or a grant cites the version, or cited it: pinned, or current while the grant was in force.

    So does a duty that is in force over this one version: somebody reviews it now.
    """
    bases = Basis.objects.filter(dataset=version.dataset_id)
    pinned = Q(version=version) & (~Q(kind=Basis.Kind.DUTY) | Q(state__in=IN_FORCE))
    if version.confirmed_at is None:
        return bases.filter(pinned).exists()
    later = Version.objects.filter(dataset=version.dataset_id, number__gt=version.number, confirmed_at__isnull=False)
    until = later.order_by("number").values_list("confirmed_at", flat=True).first() or timezone.now()
    over = Q(state__in=IN_FORCE) | Q(state_at__gt=version.confirmed_at)
    followed = Q(kind=Basis.Kind.GRANT, version=None, valid_from__lt=until, valid_until__gt=version.confirmed_at) & over
    return bases.filter(pinned | followed).exists()


def is_held(dataset: Dataset) -> bool:
    """True where an auditor's legal hold stands over the dataset or its department."""
    about = Q(kind=Hold.Kind.DATASET, about=dataset.pk) | Q(kind=Hold.Kind.DEPARTMENT, about=dataset.department_id)
    return open_holds().filter(about).exists()
