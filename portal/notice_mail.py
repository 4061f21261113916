"""Notices by e-mail: each once, in the language of whoever gets it, while that person may know of what it is about."""

from datetime import timedelta

from django.utils import timezone, translation

from audit.actor import Actor
from audit.models import Event
from catalog.models import Membership
from portal.mail import address, post
from sharing.models import Notice
from sharing.notice_words import sentence
from sharing.notices import give_notices, own_departments, page_behind, visible_notices


def give_notice(event: Event) -> None:
    """Whom the event concerns finds a notice on the page."""
    give_notices(event)


def mail_notice(event: Event) -> None:
    """The same by e-mail. One that a crash left out is sent when this runs again; the others are not sent twice."""
    give_notices(event)
    waiting = Notice.objects.filter(event=event.uuid, mailed_at=None, user__is_active=True).select_related("user")
    for notice in waiting.iterator():
        _send(notice)


def tell_acting(event: Event) -> None:
    """Who was named to act for an approver learns of it, from when to when."""
    found = Membership.objects.filter(pk=event.subject.partition(":")[2], acting_for__isnull=False, ended_at=None)
    held = found.select_related("user", "acting_for", "department").first()
    if held is None:
        return
    with translation.override(held.user.language):
        department = held.department.name
    post("acting", to=held.user.email, language=held.user.language, name=held.user.name, other=held.acting_for.name,
         department=department, first=held.starts_at, last=held.ends_at - timedelta(seconds=1),
         url=address("desk"))  # fmt: skip


def _send(notice: Notice) -> None:
    user = notice.user
    by = Actor(user=user)
    if shown := visible_notices(by).filter(pk=notice.pk).first():
        name, pk = page_behind(shown, own_departments(by))
        with translation.override(user.language):
            said = sentence(shown)
        post("notice", to=user.email, language=user.language, name=user.name, sentence=said,
             url=address(name, pk=pk), notices=address("notices"))  # fmt: skip
    Notice.objects.filter(pk=notice.pk).update(mailed_at=timezone.now())
