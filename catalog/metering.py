"""How often and how much may leave under a basis: reserved in the database before an exit opens, settled when it ends.

The counter's row is locked while it is asked, so that many at once never get more than the limit. What an exit reserved
and did not use is given back, all but one row: an empty answer says something too, as does one that is refused because
it is larger than what is left. One that was never closed (a crash) counts as what it reserved.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from catalog.models import Basis, Meter, Span, Way

READINGS_USED = {
    Span.HOUR: ngettext_lazy(
        "This grant allows %(most)s reading an hour: it is used up. It opens again at %(when)s.",
        "This grant allows %(most)s readings an hour: they are used up. It opens again at %(when)s.",
        "number",
    ),
    Span.DAY: ngettext_lazy(
        "This grant allows %(most)s reading a day: it is used up. It opens again at %(when)s.",
        "This grant allows %(most)s readings a day: they are used up. It opens again at %(when)s.",
        "number",
    ),
}
ROWS_USED = {
    Span.DAY: ngettext_lazy(
        "This grant lets out %(most)s row a day, and it is used up or is leaving now. It opens again at %(when)s.",
        "This grant lets out %(most)s rows a day, and they are used up or are leaving now. It opens again at %(when)s.",
        "number",
    ),
    Span.TOTAL: ngettext_lazy(
        "This grant lets out %(most)s row in all, and it is used up or is leaving now. Ask its owner to renew it.",
        "This grant lets out %(most)s rows in all, and they are used up or are leaving now. Ask its owner to renew it.",
        "number",
    ),
}


class Limited(PermissionDenied):
    """The basis holds for the reader, and lets nothing out by this way, or no more."""


class LimitReached(Limited):
    """The basis lets out no more at this moment; `opens_at` is when it does again, or None where it never does."""

    def __init__(self, sentence: str, opens_at: datetime | None):
        super().__init__(sentence)
        self.opens_at = opens_at


@dataclass(frozen=True)
class Reservation:
    """What an exit may let out: so many rows at most (None: any number), and the counter that they were taken from."""

    rows: int | None = None
    meter: int | None = None
    opens_at: datetime | None = None


UNLIMITED = Reservation()


def check_way(basis: Basis, way: str) -> None:
    """Rows leave by the way that was agreed to: the API and pages, encrypted files, or both."""
    if basis.way in {Way.BOTH, way}:
        return
    if basis.way == Way.FILE:
        raise Limited(_("This grant hands over encrypted files only. Fetch the last one, or ask for another."))
    raise Limited(_("This grant is for the API and pages only: no encrypted files are made under it."))


def is_counted(basis: Basis) -> bool:
    """True where a reading takes something of what is left: readings, rows, or questions about counts."""
    return bool(basis.least) or basis.is_limited


def reserve(basis: Basis, rows: int, *, now: datetime | None = None) -> Reservation:
    """One reading, and as many of these rows as are left; refuses with the moment at which it opens again."""
    if not basis.is_limited:
        return UNLIMITED
    now = now or timezone.now()
    with transaction.atomic():
        spans = sorted({basis.readings_span, basis.rows_span} - {""})
        meters = {span: _locked(basis, span, now) for span in spans}
        if basis.readings_most is not None:
            _count(basis, meters[basis.readings_span])
        kept = UNLIMITED if basis.rows_most is None else _take(basis, meters[basis.rows_span], rows)
        for meter in meters.values():
            meter.save(update_fields=["readings", "rows"])
    return kept


def settle(kept: Reservation, rows: int) -> None:
    """What was reserved and is not counted is there again."""
    if kept.meter is not None and rows < kept.rows:
        Meter.objects.filter(pk=kept.meter).update(rows=F("rows") - (kept.rows - rows))


def too_many(kept: Reservation) -> LimitReached:
    """The refusal of an answer that is larger than what is left."""
    said = _("Of this grant's rows %(left)s were left, and the answer has more. Ask for fewer, with “limit” or a "
             "filter; this answer counted as one row.")  # fmt: skip
    return LimitReached(said % {"left": f"{kept.rows:,}"}, kept.opens_at)


def left_of(basis: Basis, *, now: datetime | None = None) -> dict[str, int | None]:
    """How many readings and rows are left at this moment; None where there is no limit."""
    now = now or timezone.now()
    found = {(one.span, one.begins_at): one for one in Meter.objects.filter(basis=basis)}

    def left(span: str, most: int | None, name: str) -> int | None:
        meter = found.get((span, begin(basis, span, now))) if span else None
        return None if most is None else max(0, most - (getattr(meter, name) if meter else 0))

    return {
        "readings": left(basis.readings_span, basis.readings_most, "readings"),
        "rows": left(basis.rows_span, basis.rows_most, "rows"),
    }


def begin(basis: Basis, span: str, now: datetime) -> datetime:
    """When the hour or the day of this moment began, by the city's clock; of all, when the basis did."""
    if span == Span.TOTAL:
        return basis.valid_from
    here = timezone.localtime(now)
    if span == Span.HOUR:
        return here.replace(minute=0, second=0, microsecond=0)
    return timezone.make_aware(datetime.combine(here.date(), time()))


def end(span: str, begun: datetime) -> datetime | None:
    """When the next one begins; None where none does."""
    if span == Span.TOTAL:
        return None
    if span == Span.HOUR:
        return begun + timedelta(hours=1)
    return timezone.make_aware(datetime.combine(timezone.localtime(begun).date() + timedelta(days=1), time()))


def _locked(basis: Basis, span: str, now: datetime) -> Meter:
    """The counter of this moment, held until the transaction ends."""
    place = {"basis": basis, "span": span, "begins_at": begin(basis, span, now)}
    Meter.objects.bulk_create([Meter(**place)], ignore_conflicts=True)
    return Meter.objects.select_for_update(no_key=True).get(**place)


def _count(basis: Basis, meter: Meter) -> None:
    if meter.readings >= basis.readings_most:
        raise _used_up(READINGS_USED[meter.span], basis.readings_most, meter)
    meter.readings += 1


def _take(basis: Basis, meter: Meter, rows: int) -> Reservation:
    left = max(0, basis.rows_most - meter.rows)
    if not left and rows:
        raise _used_up(ROWS_USED[meter.span], basis.rows_most, meter)
    taken = min(rows, left)
    meter.rows += taken
    return Reservation(taken, meter.pk, end(meter.span, meter.begins_at))


def _used_up(sentence, most: int, meter: Meter) -> LimitReached:
    opens_at = end(meter.span, meter.begins_at)
    when = date_format(timezone.localtime(opens_at), "DATETIME_FORMAT") if opens_at else ""
    return LimitReached(sentence % {"number": most, "most": f"{most:,}", "when": when}, opens_at)
