"""Notices: given to whom an event concerns, once; shown while one may know of what they are about."""

import json
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.actor import Actor
from audit.models import Event
from catalog.models import Basis
from catalog.permissions import departments_of
from sharing.circles import Matter, who_hears
from sharing.models import Bridge, Notice, Request
from sharing.permissions import READERS, visible_bridges, visible_grants, visible_requests

KEPT = timedelta(days=400)
AT_ONCE = 5000
AT_A_TIME = 500
MOST_COUNTED = 100
SAID = ("stage", "mark", "due_on")  # the facts that the words need; reasons are read on the page itself


def give_notices(event: Event) -> None:
    """Everybody whom the event concerns has a notice of it; once, however often this runs."""
    matter = matter_of(event)
    if matter is None:
        return
    said = {name: matter.facts[name] for name in SAID if matter.facts.get(name) is not None}
    Notice.objects.bulk_create(
        (
            Notice(
                user_id=user, at=event.time, event=event.uuid, kind=event.kind, facts=said,
                request=matter.request, grant=matter.grant, bridge=matter.bridge,
            )
            for user in who_hears(matter)
        ),
        batch_size=AT_A_TIME,
        ignore_conflicts=True,
    )  # fmt: skip


def matter_of(event: Event) -> Matter | None:
    """What the event is about as it stands now; nothing where that is gone."""
    noun, _colon, pk = event.subject.partition(":")
    facts = json.loads(event.body)["facts"]
    if noun == "request":
        request = Request.objects.select_related("dataset__department").filter(pk=pk).first()
        return request and Matter(event.kind, request=request, actor=event.actor, facts=facts)
    if noun == "bridge":
        bridge = Bridge.objects.select_related("one__dataset", "other__dataset").filter(pk=pk).first()
        return bridge and Matter(event.kind, bridge=bridge, actor=event.actor, facts=facts)
    grant = Basis.objects.select_related("dataset").filter(pk=event.basis, kind=Basis.Kind.GRANT).first()
    return grant and Matter(event.kind, grant=grant, actor=event.actor, facts=facts)


def visible_notices(by: Actor) -> QuerySet[Notice]:
    """One's own, about what one may know of now: a right that has ended takes its notices along."""
    if by.user is None:
        return Notice.objects.none()
    known = (
        Q(request__in=visible_requests(by).order_by().values("pk"))
        | Q(grant__in=visible_grants(by).values("pk"))
        | Q(bridge__in=visible_bridges(by).order_by().values("pk"))
    )
    found = Notice.objects.filter(known, user=by.user_id)
    return found.select_related(
        "request__dataset__department", "request__department", "grant__dataset__department", "grant__department",
        "bridge__one__dataset__department", "bridge__one__department",
        "bridge__other__dataset__department", "bridge__other__department",
    )  # fmt: skip


def own_departments(by: Actor) -> frozenset:
    """The departments in whose name this person asks, as `page_behind` needs them."""
    return frozenset(departments_of(by, *READERS).values_list("pk", flat=True))


def page_behind(notice: Notice, own: frozenset) -> tuple[str, UUID]:
    """The name and the identifier of the page to go to: who asked has one page of a request, who answers another."""
    if notice.grant_id:
        return "grant", notice.grant_id
    if notice.bridge_id:
        return "bridge", notice.bridge_id
    return "request" if notice.request.department_id in own else "inbox-request", notice.request_id


def count_unread(user) -> int:
    """How many the person has not read, up to a hundred: one question, answered from an index."""
    return Notice.objects.filter(user=user.pk, read_at=None).order_by()[:MOST_COUNTED].count()


def read_notice(pk: int, *, by: Actor) -> None:
    """This one is read; of another person's nothing happens."""
    Notice.objects.filter(pk=pk, user=by.user_id, read_at=None).update(read_at=timezone.now())


def read_all_notices(*, by: Actor, until) -> None:
    """All that were there at this moment are read."""
    Notice.objects.filter(user=by.user_id, read_at=None, at__lte=until).update(read_at=timezone.now())


def forget_old_notices() -> int:
    """Notices older than a year and a month go, a part at a time; the log has what happened."""
    old = Notice.objects.filter(at__lt=timezone.now() - KEPT).order_by("at").values("pk")[:AT_ONCE]
    return Notice.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
