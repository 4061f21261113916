"""What follows from what: one table from a kind of event to the reactions that it starts.

A lower room makes an upper one act by recording an event, nothing else. `hear` is called for each committed event;
the sweep runs what a crash or a full queue left undone. Each reaction takes the event and may run twice.
"""

import logging
from contextlib import contextmanager
from datetime import timedelta

from celery import current_app
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from audit.models import Event
from portal import notice_mail as notices
from portal import reaction_steps as steps
from portal.accounts import steps as accounts
from portal.models import Reaction
from sharing.circles import HEAR

log = logging.getLogger(__name__)

REACTIONS = {
    "load.started": (steps.start_job,),
    "source.run_started": (steps.start_job,),
    "export.asked": (steps.start_export,),
    "export.ready": (steps.sign_package,),
    "version.confirmed": (steps.index_dataset, steps.write_manifest, steps.count_changes),
    "release.made": (steps.measure_basis, steps.index_dataset, steps.build_files, steps.count_changes),
    "release.files_built": (steps.index_dataset,),
    "link.added": (steps.index_dataset,),
    "link.removed": (steps.index_dataset,),
    "release.withdrawn": (steps.index_dataset, steps.remove_files, steps.count_changes, steps.end_exports),
    "grant.revoked": (steps.end_exports, steps.end_request),
    "grant.expired": (steps.end_exports, steps.end_request),
    "grant.returned": (steps.end_exports, steps.end_request),
    "grant.superseded": (steps.end_exports,),
    "grant.ended": (steps.close_request,),
    "duty.closed": (steps.end_exports,),
    "version.dropped": (steps.end_exports,),
    "version.discarded": (steps.end_exports,),
    "purge.decided": (steps.carry_out_purge, steps.index_dataset, steps.count_changes),
    "dataset.created": (steps.index_dataset,),
    "dataset.changed": (steps.index_dataset,),
    "dataset.activated": (steps.index_dataset,),
    "column.changed": (steps.index_dataset, steps.count_changes),
    "dataset.retired": (steps.index_dataset,),
    "dataset.restored": (steps.index_dataset,),
    "department.changed": (steps.index_department,),
    "message.sent": (steps.tell_owner,),
    "message.answered": (steps.tell_sender,),
    "membership.given": (notices.tell_acting,),
    "account.sign_up_asked": (accounts.send_sign_up,),
    "account.invited": (accounts.send_invitation,),
    "account.reactivated": (accounts.send_invitation,),
    "account.reset_asked": (accounts.send_reset,),
    "account.totp_set": (accounts.tell_of_authenticator,),
    "account.totp_removed": (accounts.tell_of_authenticator, accounts.send_invitation),
}
# Whom an event of exchange concerns is told, on the page and by e-mail: `sharing/circles.py` says who.
for _kind in HEAR:
    REACTIONS[_kind] = (*REACTIONS.get(_kind, ()), notices.give_notice, notices.mail_notice)
# Of many such reactions that wait for one dataset the last says it all: a dictionary of 200 columns is indexed once.
LAST_SAYS_ALL = {steps.index_dataset, steps.count_changes}
LOOK_BACK = timedelta(days=2)
GRACE = timedelta(seconds=20)
MOST_TRIES = 8
AT_ONCE = 200


def hear(event: Event) -> None:
    """Queues the reactions to a committed event. Where the queue is down the sweep finds them later."""
    for step in REACTIONS.get(event.kind, ()):
        try:
            current_app.send_task("portal.tasks.react", (str(event.uuid), step.__name__), retry=False)
        except Exception as reason:  # the act is done; only its consequences wait
            log.warning("The queue did not take %s of %s (%s); the sweep will.", step.__name__, event.uuid, reason)


def react(event_uuid: str, name: str) -> None:
    """Runs one reaction to one event unless it ran already or runs now; a failure is kept and tried again."""
    event = Event.objects.get(uuid=event_uuid)
    step = next(step for step in REACTIONS[event.kind] if step.__name__ == name)
    with _alone(f"{event_uuid} {name}") as alone:
        if not alone:
            return
        reaction, _new = Reaction.objects.get_or_create(event=event.uuid, name=name)
        if reaction.done_at is not None:
            return
        if step in LAST_SAYS_ALL and _is_said_later(event, step):
            Reaction.objects.filter(pk=reaction.pk).update(done_at=timezone.now())
            return
        Reaction.objects.filter(pk=reaction.pk).update(tries=F("tries") + 1, tried_at=timezone.now())
        try:
            step(event)
        except Exception as reason:
            Reaction.objects.filter(pk=reaction.pk).update(error=f"{type(reason).__name__}: {reason}"[:2000])
            raise
        Reaction.objects.filter(pk=reaction.pk).update(done_at=timezone.now(), error="")


def left_undone() -> list[tuple[str, str]]:
    """Reactions to recent events that have neither been done nor tried in the last moments, oldest first."""
    now = timezone.now()
    undone = []
    for step in {step for steps_of in REACTIONS.values() for step in steps_of}:
        kinds = [kind for kind, steps_of in REACTIONS.items() if step in steps_of]
        settled = Reaction.objects.filter(
            Q(done_at__isnull=False) | Q(tries__gte=MOST_TRIES) | Q(tried_at__gt=now - GRACE),
            event=OuterRef("uuid"),
            name=step.__name__,
        )
        events = Event.objects.filter(kind__in=kinds, time__gt=now - LOOK_BACK, time__lt=now - GRACE)
        found = events.filter(~Exists(settled)).order_by("time", "id").values_list("uuid", flat=True)
        undone += [(str(event), step.__name__) for event in found[:AT_ONCE]]
    return undone


def _is_said_later(event: Event, step) -> bool:
    """True where a later event of the dataset calls for the same reaction, and nobody has begun with that."""
    kinds = [kind for kind, steps_of in REACTIONS.items() if step in steps_of]
    begun = Reaction.objects.filter(event=OuterRef("uuid"), name=step.__name__)
    return Event.objects.filter(~Exists(begun), dataset=event.dataset, kind__in=kinds, id__gt=event.id).exists()


@contextmanager
def _alone(name: str):
    """True for one process at a time; the lock goes with the connection, so a killed worker leaves none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        alone = cursor.fetchone()[0]
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
