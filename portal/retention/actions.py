"""Deciding about personal details: the authority sets their time and erases, the auditor holds against it.

The log itself (`audit/erasure.py`) knows nobody's roles; who may is asked here.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import erasure
from audit.actor import Actor
from audit.log import record
from audit.models import Hold, Retention
from catalog.models import Basis, Dataset, Department
from catalog.permissions import check_may_erase, check_may_hold, check_may_set_retention
from portal.models import User

SHORTEST, LONGEST = 6, 1200
NOUNS = {
    Hold.Kind.DATASET: Dataset,
    Hold.Kind.DEPARTMENT: Department,
    Hold.Kind.ACCOUNT: User,
    Hold.Kind.BASIS: Basis,
}


@transaction.atomic
def set_retention(months: int | None, *, by: Actor, reason: str) -> Retention:
    """Personal details go when they are so many months old; None keeps them for ever."""
    check_may_set_retention(by)

    check_why(reason)
    if months is not None and not SHORTEST <= months <= LONGEST:
        raise ValidationError(
            _("Keep personal details from %(shortest)s to %(longest)s months, or for ever."),
            params={"shortest": SHORTEST, "longest": LONGEST},
        )
    erasure.wait_for_others()
    before = erasure.retention()
    if (before.months if before else None) == months:
        raise ValidationError(_("That is how long they are kept already."))

    kept = Retention.objects.create(months=months, reason=reason.strip(), set_at=timezone.now(), set_by=by.user_id)
    facts = {"months": months, "before": before.months if before else None, "reason": kept.reason}
    record("retention.set", by=by, on=kept, facts=facts)
    return kept


@transaction.atomic
def place_hold(about: Dataset | Department | User | Basis, *, by: Actor, reason: str) -> Hold:
    """No personal details of events about this are erased until the hold is lifted."""
    check_may_hold(by)

    check_why(reason)
    erasure.wait_for_others()
    kind = next(kind for kind, noun in NOUNS.items() if isinstance(about, noun))
    if erasure.open_holds().filter(kind=kind, about=about.pk).exists():
        raise ValidationError(_("A hold on this stands already."))

    hold = Hold.objects.create(
        kind=kind, about=about.pk, reason=reason.strip(), placed_at=timezone.now(), placed_by=by.user_id
    )
    _record("hold.placed", hold, about, by=by, reason=hold.reason)
    return hold


@transaction.atomic
def lift_hold(hold: Hold, *, by: Actor, reason: str) -> Hold:
    """What the hold was about may be erased again, by its age or on request."""
    check_may_hold(by)

    check_why(reason)
    erasure.wait_for_others()
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    if hold.lifted_at is not None:
        raise ValidationError(_("This hold was lifted already."))

    hold.lifted_at, hold.lifted_by = timezone.now(), by.user_id
    hold.save(update_fields=["lifted_at", "lifted_by"])
    _record("hold.lifted", hold, NOUNS[hold.kind].objects.get(pk=hold.about), by=by, reason=reason.strip())
    return hold


@transaction.atomic
def erase_details(person: User, *, by: Actor, reason: str, article: str) -> tuple[int, int]:
    """What events keep of this person's values is gone, as a law's article asks: (events erased, events under a hold).

    The events stand, with the person's identifier and the commitments, and every proof of them holds.
    """
    check_may_erase(by)

    check_why(reason)
    if not article.strip():
        raise ValidationError({"article": _("Name the article of the law that asks for it.")})

    erased, held = erasure.erase_person(person.pk, [person.email])
    if not erased:
        raise ValidationError(
            _("Everything that events keep of this person is under a hold. An auditor can lift it.")
            if held
            else _("Events keep nothing of this person that could be erased.")
        )

    facts = {"count": erased, "held": held, "reason": reason.strip(), "article": article.strip()}
    record("details.erased", by=by, on=person, facts=facts)
    return erased, held


def check_why(reason: str) -> None:
    """Whoever decides about what is kept says why; the log keeps it."""
    if not reason.strip():
        raise ValidationError({"reason": _("Give a reason: the log keeps it, and auditors read it.")})


def _record(kind: str, hold: Hold, about: Any, *, by: Actor, reason: str) -> None:
    """A person's name stands in no event; all else is named as it is called."""
    stated = {"type": hold.kind, "id": hold.about}
    person = about.name if hold.kind == Hold.Kind.ACCOUNT else ""
    record(
        kind,
        by=by,
        on=hold,
        department=about if hold.kind == Hold.Kind.DEPARTMENT else None,
        dataset=about if hold.kind == Hold.Kind.DATASET else getattr(about, "dataset", None),
        basis=about if hold.kind == Hold.Kind.BASIS else None,
        facts={"about": stated if person else {**stated, "name": _called(about)}, "reason": reason},
        private={"person": person} if person else {},
    )


def _called(about: Dataset | Department | Basis) -> str:
    if isinstance(about, Basis):
        return str(about)
    return about.title_en or about.title_zh if isinstance(about, Dataset) else about.name_en or about.name_zh
