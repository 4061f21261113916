"""How many different questions may be asked in a month under a basis that lets out counts only.

Each answer tells a little, and many tell much. A question that was asked before costs nothing: its answer is the same.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from catalog.metering import LimitReached
from catalog.models import Basis, CountedQuestion


@transaction.atomic
def take_question(basis: Basis, digest: str, *, now: datetime | None = None) -> None:
    """One of the month's questions is used up, unless it was asked before; refuses with when there are more.

    The row of the basis is locked meanwhile, so that many at once never get more than the number agreed to.
    """
    now = now or timezone.now()
    Basis.objects.select_for_update(no_key=True).only("pk").get(pk=basis.pk)
    if CountedQuestion.objects.filter(basis=basis, digest=digest).exists():
        return
    if questions_left(basis, now=now) < 1:
        opens_at = _month(now, later=1)
        said = ngettext(
            "This grant answers %(most)s question a month, and it was asked. It answers that one again, and a new one "
            "from %(when)s on.",
            "This grant answers %(most)s different questions a month, and they were asked. It answers those again, and "
            "new ones from %(when)s on.",
            basis.questions_most,
        )
        when = date_format(timezone.localtime(opens_at), "DATETIME_FORMAT")
        raise LimitReached(said % {"most": f"{basis.questions_most:,}", "when": when}, opens_at)
    CountedQuestion.objects.create(basis=basis, digest=digest, asked_at=now)


def questions_left(basis: Basis, *, now: datetime | None = None) -> int:
    """How many new questions may still be asked in this month, by the city's clock."""
    now = now or timezone.now()
    asked = CountedQuestion.objects.filter(basis=basis, asked_at__gte=_month(now), asked_at__lt=_month(now, later=1))
    return max(0, basis.questions_most - asked.count())


def _month(now: datetime, *, later: int = 0) -> datetime:
    """When the month of this moment began, or the one that comes so much later."""
    here = timezone.localtime(now)
    years, month = divmod(here.month - 1 + later, 12)
    return timezone.make_aware(datetime(here.year + years, month + 1, 1))
