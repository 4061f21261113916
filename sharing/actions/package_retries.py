"""Planned packages that could not be made are tried again while their period lasts, more and more seldom."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils import timezone

from audit.actor import Actor
from catalog.gone import VersionGone
from catalog.models import Export
from sharing.actions.packages import locked, make_again
from sharing.models import Package, PackagePlan
from sharing.packages.periods import last_start, period_of

log = logging.getLogger(__name__)
AT_ONCE = 200
FIRST_WAIT = timedelta(minutes=10)
PASSING = ["busy", "storage-away", "disk-full", "worker-died", "unexpected", "basis-ended"]  # others would fail again


def retry_packages(*, by: Actor, now: datetime | None = None) -> int:
    """Those of the period that lasts which failed long enough ago; for the clock. How many are on their way again.

    `by` has them made; each is made in the name of whoever answers for its plan. One that fails keeps no other waiting.
    """
    now, begun = now or timezone.now(), 0
    for package in failed_packages(now)[:AT_ONCE]:
        try:
            begun += _retry(package, by=by, now=now)
        except (PermissionDenied, ValidationError, Http404, VersionGone):
            continue  # what stands in the way may pass; if it does not, the next period says so
        except Exception:
            log.exception("The package %s could not be tried again.", package.pk)
    return begun


def failed_packages(now: datetime):
    """The newest package of each active plan, where it failed a while ago, of what may pass."""
    later = Package.objects.filter(plan=OuterRef("plan"), asked_at__gt=OuterRef("asked_at"))
    failed = Package.objects.filter(
        ~Exists(later),
        plan__state=PackagePlan.State.ACTIVE,
        export__state=Export.State.FAILED,
        export__error__code__in=PASSING,
        export__ended_at__lte=now - FIRST_WAIT,
    )
    return failed.select_related("plan__responsible", "export").order_by("export__ended_at")


@transaction.atomic
def _retry(package: Package, *, by: Actor, now: datetime) -> bool:
    package = locked(package)
    plan = PackagePlan.objects.select_related("responsible").get(pk=package.plan_id)
    if not is_due(package, plan, now):
        return False
    responsible = Actor(user=plan.responsible, request_id=f"{by.service}-{plan.pk}")
    return bool(make_again(package, by=responsible))


def is_due(package: Package, plan: PackagePlan, now: datetime) -> bool:
    """True while its period lasts, once as much time has passed since it failed as had passed before: waits double."""
    if package.export is None or package.export.state != Export.State.FAILED:
        return False
    if package.period != period_of(plan.every, plan.hour, now):
        return False
    failed = package.export.ended_at
    tried_for = failed - max(last_start(plan.every, plan.hour, now), plan.made_at)
    return now >= failed + max(FIRST_WAIT, tried_for)
