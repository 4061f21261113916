"""What the clock does about sources: says how runs ended, and begins those that are due. Several may tick at once."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit.actor import Actor
from catalog.actions.messages import tell_owner
from catalog.actions.source_runs import CLOCK, begin_run, rest, settle
from catalog.models import Dataset, Job, Source, Version
from catalog.permissions import can, check_may_keep
from catalog.sources.schedule import next_run

AT_ONCE = 50


def tick() -> None:
    """Everything that is to be done about sources at this moment."""
    for step in (_settle_one, _begin_one):
        for _turn in range(AT_ONCE):
            if not step():
                break


@transaction.atomic
def _settle_one() -> bool:
    """Draws the conclusions of one run that has ended; false where there is none."""
    ended = _free().filter(running__state__in=[Job.State.DONE, Job.State.FAILED]).first()
    if ended is None:
        return False
    settle(ended)
    return True


@transaction.atomic
def _begin_one() -> bool:
    """Begins one run that is due, in the name of the steward who set the source up; false where none is due."""
    due = _free().filter(state=Source.State.ACTIVE, running=None, next_run_at__lte=timezone.now()).first()
    if due is None:
        return False
    steward = Actor(user=due.set_by)
    with translation.override(settings.LANGUAGE_CODE):
        if due.dataset.state == Dataset.State.RETIRED:
            rest(due, _("The dataset is retired."), by=CLOCK)
        elif not can(check_may_keep, steward, due.dataset):
            rest(due, _("Whoever set it up keeps this dataset no more. Another steward resumes it."), by=CLOCK)
            text = _("The source %(source)s is paused: whoever set it up keeps this dataset no more. Resume it.")
            tell_owner(due.dataset, text % {"source": due.place}, by=CLOCK)
        elif _waits(due):
            due.next_run_at = next_run(due, timezone.now())
            due.save(update_fields=["next_run_at"])
        else:
            begin_run(due, asked_by=steward, by=CLOCK)
    return True


def _free():
    """Sources that nobody else has in hand, those that wait longest first."""
    found = Source.objects.select_for_update(of=("self",), skip_locked=True)
    return found.select_related("dataset__department", "running__version", "set_by").order_by("next_run_at", "id")


def _waits(source: Source) -> bool:
    """True while a version that the source brought is still to be looked at: the source stops there."""
    return source.runs.filter(version__state=Version.State.PROPOSED).exists()
