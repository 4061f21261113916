"""Plans of packages: made by a person of the recipient, carried out by the clock in that person's name."""

import logging
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.log import record
from catalog.gone import VersionGone, check_shown
from catalog.holding import held
from catalog.metering import check_way
from catalog.models import Basis, Export, Way
from catalog.permissions import check_at_keyboard
from sharing.actions.packages import begin_package
from sharing.models import Every, PackageFormat, PackagePlan
from sharing.packages.periods import next_start, period_of
from sharing.packages.permissions import check_may_fetch
from sharing.policies.grants import check_lets_out, is_over
from sharing.policies.packages import check_as_often_as_lent, check_can_be_signed, key_in_use
from sharing.states import PACKAGE_PLAN

log = logging.getLogger(__name__)
AT_ONCE = 200
LATER = timedelta(hours=1)
Why = PackagePlan.Why
STANDING = (Basis.State.ACTIVE, Basis.State.SUSPENDED)


@transaction.atomic
def make_plan(grant: Basis, *, kind: str, every: str, by: Actor, hour: int = 5, only_new: bool = True) -> PackagePlan:
    """A package in each period from now on, the first at once; whoever makes the plan answers for its readings.

    No key makes one: it would go on reading after the key is revoked.
    """
    check_may_fetch(by, grant)
    check_at_keyboard(by)

    if kind not in PackageFormat.values or every not in Every.values or not 0 <= hour <= 23:
        raise ValidationError(_("Choose a format, how often, and an hour from 0 to 23."))
    check_lets_out(grant)
    check_way(grant, Way.FILE)
    check_as_often_as_lent(grant, every)
    key_in_use(grant)
    check_can_be_signed()
    Basis.objects.select_for_update(no_key=True, of=("self",)).get(pk=grant.pk)
    standing = PackagePlan.objects.filter(grant=grant, format=kind, every=every)
    if standing.exclude(state=PackagePlan.State.ENDED).exists():
        raise ValidationError(_("There is such a plan already. End it first, or take it over."))
    plan = PackagePlan.objects.create(
        grant=grant, format=kind, every=every, hour=hour, only_new=only_new, responsible=by.user, made_by=by.user
    )

    _say("package_plan.made", plan, by=by, facts={"every": every, "format": kind, "hour": hour})
    return plan


@transaction.atomic
def take_over_plan(plan: PackagePlan, *, by: Actor) -> PackagePlan:
    """Another person of the recipient answers for the plan from now on; one that stood still goes on."""
    check_may_fetch(by, plan.grant)
    check_at_keyboard(by)

    plan = _locked(plan)
    PACKAGE_PLAN.after(plan.state, "take over")
    check_lets_out(plan.grant)
    key_in_use(plan.grant)
    _move(plan, "take over")
    plan.responsible, plan.next_at = by.user, timezone.now()
    plan.save(update_fields=["responsible", "next_at"])

    _say("package_plan.taken_over", plan, by=by, facts={})
    return plan


@transaction.atomic
def end_plan(plan: PackagePlan, *, by: Actor) -> PackagePlan:
    """No further packages are made by it; those that are there stay for their time."""
    check_may_fetch(by, plan.grant)
    check_at_keyboard(by)

    plan = _locked(plan)
    _move(plan, "end", Why.ASKED)

    _say("package_plan.ended", plan, by=by, facts={"reason": Why.ASKED.value})
    return plan


def run_plans(*, by: Actor, now: datetime | None = None) -> int:
    """The packages of the periods that have begun; for the clock, as often as it likes: one a period. How many.

    A plan that fails keeps no other waiting.
    """
    now, begun = now or timezone.now(), 0
    due = PackagePlan.objects.filter(state=PackagePlan.State.ACTIVE, next_at__lte=now).order_by("next_at")
    for plan in due[:AT_ONCE]:
        try:
            begun += run_plan(plan, by=by, now=now)
        except Exception:
            log.exception("The plan %s could not be carried out; it is tried again.", plan.pk)
    return begun


@transaction.atomic
def run_plan(plan: PackagePlan, *, by: Actor, now: datetime) -> bool:
    """The package of the period that began last, unless it is there; a plan that cannot go on stops, and says why."""
    plan = _locked(plan)
    if plan.state != PackagePlan.State.ACTIVE or plan.next_at > now:
        return False
    if plan.grant.state not in STANDING or is_over(plan.grant):
        return _stop(plan, Why.GRANT_OVER, by=by)
    if plan.grant.state == Basis.State.SUSPENDED:
        return _look_again(plan, now + LATER)
    if held(plan.grant, Actor(user=plan.responsible)) is None:
        return _stop(plan, Why.NOBODY, by=by)
    try:
        period, begun = period_of(plan.every, plan.hour, now), False
        if not _is_there(plan, period):
            responsible = Actor(user=plan.responsible, request_id=f"plan-{plan.pk}")
            begun = bool(begin_package(plan.grant, plan.format, plan=plan, period=period, by=responsible))
    except (PermissionDenied, ValidationError, Http404, VersionGone) as refusal:
        why = Why.NO_KEY if getattr(refusal, "code", "") == "no-recipient-key" else Why.REFUSED
        return _stop(plan, why, by=by, said=_sentence(refusal))
    _look_again(plan, next_start(plan.every, plan.hour, now))
    return begun


def _is_there(plan: PackagePlan, period: str) -> bool:
    """Whether the period has its package, or nothing new came since the last one that could be fetched."""
    if plan.packages.filter(period=period).exists():
        return True
    key = key_in_use(plan.grant)
    made = plan.packages.filter(export__version=check_shown(plan.grant), key=key)
    return plan.only_new and made.filter(export__state__in=[*Export.OPEN, Export.State.READY]).exists()


def _look_again(plan: PackagePlan, at: datetime) -> bool:
    """Nothing to make before then."""
    plan.next_at = at
    plan.save(update_fields=["next_at"])
    return False


def _stop(plan: PackagePlan, why: str, *, by: Actor, said: str = "") -> bool:
    """It makes nothing more: for good with its grant, or until somebody takes it over."""
    ended = why == Why.GRANT_OVER
    _move(plan, "end" if ended else "stop", why, said)
    _say("package_plan.ended" if ended else "package_plan.stopped", plan, by=by, facts={"reason": str(why)})
    return False


def _move(plan: PackagePlan, verb: str, why: str = "", said: str = "") -> None:
    plan.state, plan.state_at = PACKAGE_PLAN.after(plan.state, verb), timezone.now()
    plan.state_why, plan.state_said = why, said[:500]
    plan.save(update_fields=["state", "state_why", "state_said", "state_at"])


def _sentence(refusal: Exception) -> str:
    return " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)


def _locked(plan: PackagePlan) -> PackagePlan:
    related = ("grant__dataset__department", "grant__dataset__current", "grant__department", "grant__version")
    found = PackagePlan.objects.select_for_update(of=("self",)).select_related(*related, "responsible")
    return found.get(pk=plan.pk)


def _say(kind: str, plan: PackagePlan, *, by: Actor, facts: dict) -> None:
    grant = plan.grant
    record(kind, by=by, on=plan, department=grant.department, dataset=grant.dataset, basis=grant, facts=facts)
